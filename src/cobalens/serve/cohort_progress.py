"""Lines of progress while a population is read and answered: how much is done, how fast, and the time left; on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A line with the share done, the rate and the time left, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda people: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} people"),
        BarColumn(),
        TextColumn("{task.fields[rate]:,.0f} a second"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    begun = time.monotonic()
    with bar:
        task = bar.add_task("", total=total, rate=0)

        def advance(people: int) -> None:
            done = bar.tasks[0].completed + people
            bar.update(task, advance=people, rate=done / max(1e-3, time.monotonic() - begun))

        yield advance


@contextmanager
def telling(quiet: bool) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Begins lines of progress, one for each stage of the gathering; on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda what, total: lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]:,.1f} a second"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:

        def begin(what: str, total: int) -> Callable[[int], None]:
            task, begun = bar.add_task(what, total=total, rate=0.0), time.monotonic()

            def advance(done: int) -> None:
                so_far = bar.tasks[task].completed + done
                bar.update(task, advance=done, rate=so_far / max(1e-3, time.monotonic() - begun))

            return advance

        yield begin
