"""Jobs done by several processes: one pool for all the stages of a run, begun with the first stage that has two jobs or more."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from threading import Thread, active_count
from typing import TYPE_CHECKING, Any, TypeVar
from warnings import catch_warnings, simplefilter

from cobalens.serve.cohort import refusals

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Result = TypeVar("Result")


UNCOLLECTED = 200_000
"""Objects made before what is left over is looked for; the many rows that wait are no reason to."""
PATIENCE, A_MOMENT = 10, 0.01
COPIED, ANEW = "fork", "spawn"
"""Ways to begin a process: as a copy of this one with all that is loaded, or from nothing."""


class Hands:
    """So many processes at most. ``ready``: modules that they all need, loaded here first where processes are copies.

    ``later``: those that the processes of the next stage need; they are loaded here while those of this one are at work.
    """

    def __init__(self, most: int | None, ready: Sequence[str] = (), later: Sequence[str] = ()) -> None:
        self.most = most or os.cpu_count() or 1
        self.ready, self.later = tuple(ready), tuple(later)
        self.copies = False
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
            if self.copies:
                load(self.later)
            for one in as_completed(waiting):
                yield waiting[one], one.result()
        except BrokenProcessPool:
            raise refusals.worker_lost() from None

    def begin(self, jobs: int) -> None:
        """Begins the processes, where there are jobs for two: best before anything else is begun here, such as the line of progress."""
        if self.pool is not None or min(self.most, jobs) <= 1:
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self.copies = _is_alone()
        if self.copies:
            load(self.ready)
        context = get_context(COPIED if self.copies else ANEW)
        self.pool = ProcessPoolExecutor(self.most, mp_context=context, initializer=_begin)
        with catch_warnings():
            # From 3.12 on it is told of every thread that a process which is copied has.
            simplefilter("ignore", DeprecationWarning)
            self.pool.submit(_nothing)

    def end(self) -> None:
        """Ends the processes; the next stage begins new ones, which hold nothing of what this one left in memory."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)
            self.pool = None
        self.ready, self.later = (*self.ready, *self.later), ()


def load(modules: Sequence[str]) -> None:
    for name in modules:
        import_module(name)


def _nothing() -> None:
    """The first job: with it processes begin."""


def _is_alone() -> bool:
    """Whether a copy of this process holds all that goes on in it, so that nothing in the copy waits for what is not there.

    Threads that have been told to end are waited for; they take less than a moment.
    The threads of numpy and pyarrow, which look after themselves when a process is copied, are not Python's and not counted.
    """
    for _ in range(PATIENCE):
        if active_count() == 1:
            return sys.platform == "linux"
        time.sleep(A_MOMENT)
    return False


def _begin() -> None:
    """What every process does first."""
    gc.set_threshold(UNCOLLECTED, *gc.get_threshold()[1:])
    # Ctrl+C goes to all of them: each ends at once, and the one that gave the jobs tells of it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
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
        found.end()
