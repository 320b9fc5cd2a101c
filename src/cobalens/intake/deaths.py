"""That somebody has died, and when: what each format says of it, as days from the decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from cobalens.intake.dates import parse_date
from cobalens.model.cohort import NO_DAYS
from cobalens.model.record import UNDATED, Span, Unread

_NO, _YES = frozenset({"", "no", "false", "alive"}), frozenset({"yes", "true"})


def death_in(said: Iterable[str], as_of: str | None) -> Span | None:
    """The earliest of the days; open where none can be read or placed, and nothing where no death is said at all.

    ``said``: days as they are written, and an empty text for a death without one.
    """
    found = list(said)
    days = []
    for one in found:
        with suppress(ValueError):
            first, last, _ = parse_date(one)
            if first not in NO_DAYS:
                days.append((first, last))
    if not days or not as_of:
        return UNDATED if found else None
    today = dt.date.fromisoformat(as_of)
    first, last = min(days)
    return Span((first - today).days, (last - today).days)


def stands_for_none(said: str) -> bool:
    """Whether it is a date that programs write where they have none."""
    with suppress(ValueError):
        return parse_date(said)[0] in NO_DAYS
    return False


def death_of_case(value: Any, day: dt.date | None, unread: list[Unread]) -> Span | None:
    """What a case file says: a date, or yes or no; a no is of the day on which it was written, and says nothing of today."""
    text = "" if value is None else str(value).strip().lower()
    if text in _NO:
        return None
    try:
        first, last, _ = parse_date(text)
    except ValueError:
        if text not in _YES:
            unread.append(Unread("patient.died", text[:30], "a date, yes or no"))
        return UNDATED if text in _YES else None
    if first in NO_DAYS:
        unread.append(Unread("patient.died", text[:30], "the day of death"))
    return UNDATED if day is None or first in NO_DAYS else Span((first - day).days, (last - day).days)
