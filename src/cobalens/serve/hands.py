"""Jobs done by several processes: one pool for all the stages of a run, begun with the first stage that has two jobs or more."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from cobalens.serve import refusals

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Result = TypeVar("Result")


UNCOLLECTED = 200_000
"""Objects made before what is left over is looked for; the many rows that wait are no reason to."""


def collect_seldom() -> None:
    gc.set_threshold(UNCOLLECTED, *gc.get_threshold()[1:])


class Hands:
    """So many processes at most."""

    def __init__(self, most: int | None) -> None:
        self.most = most or os.cpu_count() or 1
        self.pool: ProcessPoolExecutor | None = None

    def each(
        self, function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Result]]:
        """The place of each job and what it gave, in the order in which they end."""
        if min(self.most, len(jobs)) <= 1:
            for place, job in enumerate(jobs):
                yield place, function(*job)
            return
        from concurrent.futures import ProcessPoolExecutor, as_completed
        from concurrent.futures.process import BrokenProcessPool
        from multiprocessing import get_context

        if self.pool is None:
            self.pool = ProcessPoolExecutor(
                self.most, mp_context=get_context("spawn"), initializer=collect_seldom
            )
        waiting = {self.pool.submit(function, *job): place for place, job in enumerate(jobs)}
        try:
            for one in as_completed(waiting):
                yield waiting[one], one.result()
        except BrokenProcessPool:
            raise refusals.worker_lost() from None
        finally:
            for one in waiting:
                one.cancel()


@contextmanager
def hands(most: int | None) -> Iterator[Hands]:
    """The processes end with what they were begun for."""
    found = Hands(most)
    try:
        yield found
    finally:
        if found.pool is not None:
            found.pool.shutdown(cancel_futures=True)
