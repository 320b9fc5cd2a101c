"""On which day somebody is judged where none is given for all: the days of the results that are decided on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence

from cobalens.model.cohort import EPOCH
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

DATE, LATEST, EACH = "date", "latest", "each-result"
NO_RESULT = "no dated result to be judged"
HAS_DIED = "died before the day of decision"
"""Or on that day."""
MARKERS = (("total_b12", "holotc"), ("mma", "homocysteine"))
"""The facts whose results set the day of decision: those of the second row where none of the first has a day.

Of the latest day, also those of the second that came later, as long as what was measured first still counts.
"""
CANCELLED = "cancelled"
"""The problem of a result that the laboratory took back: it is none, and no day is judged for it."""
NO_DAY = 0
"""The day of whoever is judged on none, as a case in relative days is."""
_DAY = re.compile(rb'"(\d{4}-\d{2}-\d{2})')


def scouted(content: bytes) -> str:
    """A day from which every result can be seen: today, or a later one that is written."""
    days = [day for day in map(day_of, set(_DAY.findall(content))) if day is not None]
    return max([today(), *(day.isoformat() for day in days)])


def day_of(text: bytes) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.decode())
    except ValueError:
        return None


def markers_of(ruleset: Ruleset) -> tuple[frozenset[str], ...]:
    """The tests whose results are judged, as ``MARKERS``."""
    return tuple(
        frozenset(name for fact in row if fact in ruleset.facts for name in ruleset.facts[fact].of)
        for row in MARKERS
    )


def lasts_of(ruleset: Ruleset) -> int:
    """For how many days a result of the first row of ``MARKERS`` counts."""
    return min(
        (ruleset.facts[fact].current_for or 0 for fact in MARKERS[0] if fact in ruleset.facts), default=0
    )


def days_of(record: Record, markers: Sequence[Collection[str]], lasts: int | None = None) -> list[str]:
    """The days of the results that are to be judged; a result without a day stands for today, where no other has one.

    ``lasts``: the latest day alone is asked for, and a result of the first row counts for so long.
    """
    if record.as_of is None:
        return []
    as_of = dt.date.fromisoformat(record.as_of)
    stands = [lab for lab in record.labs if lab.problem != CANCELLED]
    found = [{lab.when.first for lab in stands if lab.analyte in row} for row in markers]
    dated = [sorted(day for day in days if day is not None) for days in found]
    own = next(filter(None, dated), [])
    if own and lasts is not None:
        own = [max(day for days in dated for day in days if day <= own[-1] + lasts)]
    if own:
        return [(as_of + dt.timedelta(days=day)).isoformat() for day in own]
    return [today()] if any(found) else []


def today() -> str:
    return dt.datetime.now(tz=dt.UTC).date().isoformat()


def number_of(day: str) -> int:
    return (dt.date.fromisoformat(day) - EPOCH).days
