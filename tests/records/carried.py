"""What a record in another format must keep of a worked case: the answer, the deficiency and every finding."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cobalens.engines import reference
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.record import Record
from cobalens.model.trace import SUPPORTED
from tests.robustness.cases import PACK, RULES, Case, cases
from tests.robustness.numbers import molar_units, other_units

DAY_ZERO = dt.date(2026, 3, 2)
OF_LATER_DAYS = frozenset({"four-readings-two-units-one-line", "letter-with-a-table-of-three-dates"})
"""Cases without a day of their own whose words name days after ``DAY_ZERO``: a dated format judges them on that day."""
SHARED = Path(__file__).parents[3] / "shared"
FATES = {"used", "understood", "not_understood", "set_aside"}


def outcome(record: Record) -> tuple[str, str, frozenset[str]]:
    trace = reference.run(RULES, facts_of(record, RULES, PACK), PACK)
    return (
        trace.answer("answer"),
        trace.answer("deficiency"),
        frozenset(one.code for one in trace.findings if one.status == SUPPORTED),
    )


def of_case(case: Case) -> tuple[str, str, frozenset[str]]:
    return outcome(read_case(case, RULES))


@functools.lru_cache(maxsize=1)
def variants() -> dict[str, Case]:
    """Each worked case as it stands, and once more in the other system of units where it has one."""
    found: dict[str, Case] = {}
    for name, case in cases().items():
        if name in OF_LATER_DAYS:
            continue
        found[name] = case
        other = next(iter(molar_units(name, case)), None) or next(iter(other_units(name, case)), None)
        if other is not None and other.case != case:
            found[f"{name}, other units"] = other.case
    return found


def date_of(day: Any) -> dt.date | None:
    """A day of a worked case in the calendar."""
    return None if day is None else DAY_ZERO + dt.timedelta(days=int(day))


def birth_of(age: Any) -> dt.date | None:
    """A birthday half a year before the age was reached would be another; this one makes the age exact."""
    if age is None:
        return None
    years = int(float(age))
    return dt.date(DAY_ZERO.year - years, 1, 15)


def accounted(record: Record, count: int) -> None:
    """Every piece has one of the four fates, and there are as many as went in."""
    assert len(record.elements) == count
    assert {one.fate for one in record.elements} <= FATES
    assert all(one.reason for one in record.elements if one.fate == "set_aside")


def differences(found: Iterable[tuple[str, tuple[Any, ...], tuple[Any, ...]]]) -> list[str]:
    told = []
    for name, expected, got in found:
        if expected != got:
            lost, new = sorted(expected[2] - got[2]), sorted(got[2] - expected[2])
            told.append(f"{name}: {expected[:2]} -> {got[:2]} lost {lost} new {new}")
    return told
