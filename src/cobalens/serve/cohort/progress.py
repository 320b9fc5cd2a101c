"""One line of progress while a population is read and answered: how much is done, how fast, and the time left; on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
MILLION = 1_000_000
Telling = Callable[[str, int, int], Advance]
"""Begins the line of a stage: of what, how many in all, and how many were done before this run; gives what to call for more."""


@contextmanager
def progress(total: int, quiet: bool, before: int = 0) -> Iterator[Advance]:
    """The line of the answering."""
    with telling(quiet) as begin:
        yield begin("people answered", total, before)


@contextmanager
def telling(quiet: bool) -> Iterator[Telling]:
    """One line, in the place of which the next stage begins its own; it goes when all is done. Silent where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda what, total, before: lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("gone"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
    )
    try:

        def begin(what: str, total: int, before: int) -> Advance:
            # Not before: processes are best copied while nothing else runs here.
            bar.start()
            for earlier in bar.task_ids:
                bar.remove_task(earlier)
            # So many bytes that their digits would leave no room for the time are counted in millions.
            unit = MILLION if "bytes" in what and total >= 10 * MILLION else 1
            shown = what.replace("bytes", "MB") if unit > 1 else what
            task, begun, here = (
                bar.add_task(shown, total=total / unit, completed=before // unit, rate=""),
                time.monotonic(),
                0,
            )

            def advance(done: int) -> None:
                nonlocal here
                here += done
                rate = rate_of(here // unit, time.monotonic() - begun)
                bar.update(task, advance=done / unit, rate=rate)
                if before + here >= total:
                    # Its thread ends with it, so that the next stage may begin processes as copies.
                    bar.stop()

            return advance

        yield begin
    finally:
        bar.stop()


def rate_of(done: int, seconds: float) -> str:
    """What this run alone has done, by the second, or by the minute where it is less than one."""
    if not done or seconds <= 0:
        return ""
    return f"{done / seconds:,.0f} a second" if done >= seconds else f"{60 * done / seconds:,.1f} a minute"
