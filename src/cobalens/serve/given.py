"""What stands on the command line beside the files: looked at before anything is read, and refused as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cobalens.api import Cobalens
from cobalens.intake import dates
from cobalens.serve import output_refusals, refusals
from cobalens.serve.inputs import Place


def refuse_early(door: Cobalens, as_of: str | None, complete: Iterable[str]) -> None:
    """A slip in an option is one of the command, and not of every person that would be read with it."""
    if as_of is not None and not is_day(as_of):
        raise output_refusals.no_such_day()
    for name in sorted(complete):
        # A misspelt name would leave a list open of which everything depends on its being complete.
        if not door.read({"facts": {}}, complete=(name,)).complete:
            from cobalens.intake.casefile import LISTS

            raise refusals.no_such_list(name, LISTS)


def is_day(text: str) -> bool:
    try:
        first, last, _ = dates.parse_date(text)
    except dates.DateError:
        return False
    return first == last


def refuse_overwriting(out: str | None, places: Iterable[Place]) -> None:
    """What is read must still be there afterwards."""
    if out is None:
        return
    try:
        there = Path(out).stat()
    except OSError:
        return
    if not Path(out).is_file():
        return
    for place in places:
        for path in place.files:
            try:
                own = path.stat()
            except OSError:
                continue
            if (own.st_dev, own.st_ino) == (there.st_dev, there.st_ino):
                raise output_refusals.output_is_read(Path(out).name)
