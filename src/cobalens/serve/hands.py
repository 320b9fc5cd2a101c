"""Jobs done by several processes: one pool for all the stages of a run, begun with the first stage that has two jobs or more."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from threading import Thread, active_count
from typing import TYPE_CHECKING, Any, TypeVar
from warnings import catch_warnings, simplefilter

from cobalens.serve import refusals

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Result = TypeVar("Result")


UNCOLLECTED = 200_000
"""Objects made before what is left over is looked for; the many rows that wait are no reason to."""
COPIED, ANEW = "fork", "spawn"
"""Ways to begin a process: as a copy of this one with all that is loaded, or from nothing."""


class Hands:
    """So many processes at most. ``ready``: modules that they all need, loaded here first where processes are copies."""

    def __init__(self, most: int | None, ready: Sequence[str] = ()) -> None:
        self.most = most or os.cpu_count() or 1
        self.ready = tuple(ready)
        self.pool: ProcessPoolExecutor | None = None

    def each(
        self, function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Result]]:
        """The place of each job and what it gave, in the order in which they end."""
        if min(self.most, len(jobs)) <= 1:
            for place, job in enumerate(jobs):
                yield place, function(*job)
            return
        from concurrent.futures import as_completed
        from concurrent.futures.process import BrokenProcessPool

        self.begin(len(jobs))
        assert self.pool is not None
        waiting = {}
        try:
            for place, job in enumerate(jobs):
                waiting[self.pool.submit(function, *job)] = place
            for one in as_completed(waiting):
                yield waiting[one], one.result()
        except BrokenProcessPool:
            raise refusals.worker_lost() from None
        finally:
            for one in waiting:
                one.cancel()

    def begin(self, jobs: int) -> None:
        """Begins the processes, where there are jobs for two: best before anything else is begun here, such as the line of progress."""
        if self.pool is not None or min(self.most, jobs) <= 1:
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        alone = _is_alone()
        if alone:
            for name in self.ready:
                import_module(name)
        context = get_context(COPIED if alone else ANEW)
        self.pool = ProcessPoolExecutor(self.most, mp_context=context, initializer=_begin)
        with catch_warnings():
            # From 3.12 on it is told of every thread that a process which is copied has.
            simplefilter("ignore", DeprecationWarning)
            self.pool.submit(_nothing)


def _nothing() -> None:
    """The first job: with it processes begin."""


def _is_alone() -> bool:
    """Whether a copy of this process holds all that goes on in it, so that nothing in the copy waits for what is not there.

    The threads of numpy and pyarrow, which look after themselves when a process is copied, are not Python's and not counted.
    """
    return sys.platform == "linux" and active_count() == 1


def _begin() -> None:
    """What every process does first."""
    gc.set_threshold(UNCOLLECTED, *gc.get_threshold()[1:])
    # Whoever waits for jobs is not told that the process that gives them is gone.
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


@contextmanager
def hands(most: int | None, ready: Sequence[str] = ()) -> Iterator[Hands]:
    """The processes end with what they were begun for."""
    found = Hands(most, ready)
    try:
        yield found
    finally:
        if found.pool is not None:
            found.pool.shutdown(cancel_futures=True)
