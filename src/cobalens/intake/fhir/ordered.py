"""When a plain statement holds, from the dates given with it, and all that its reader sees of these dates."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from cobalens.intake.entries import Times
from cobalens.intake.fhir.medicines import course_in
from cobalens.intake.fhir.person import placed
from cobalens.intake.fhir.shapes import items
from cobalens.intake.fhir.typed import (
    Condition,
    MedicationOrder,
    MedicationUse,
    Observation,
    Period,
    Procedure,
    Typed,
)
from cobalens.intake.recall import order
from cobalens.model.record import UNDATED, Span

Key = tuple[Any, ...]
SURVEY = b'"survey"'
OVER = frozenset({"completed", "stopped", "on-hold"})
"""States of an order that is no longer carried out."""


BOUNDS = b"boundsPeriod"
"""Where an instruction tells from when to when it holds."""
_COURSE = re.compile(rb'"boundsPeriod"\s*:\s*(\{[^{}]*\})')
_dates = msgspec.json.Decoder(Period)


class Order(Struct, frozen=True, cache_hash=True):
    """All that reading sees of the days of a statement, where its words name none."""

    seen: Key


When = tuple[Times, Order]


def sort_of(one: Typed) -> Key:
    """All that decides, beside its days, when a statement holds."""
    if type(one) is Observation:
        return "o", SURVEY in bytes(one.category)
    if type(one) is Condition:
        return ("c",)
    if isinstance(one, MedicationOrder | MedicationUse):
        return "m", one.status.strip().lower() in OVER
    assert type(one) is Procedure
    return "p", not one.performed_date_time and one.performed_period is not None


def days_of(one: Typed) -> tuple[str, str]:
    """The dates as they are written: of the start, and of the end where there may be one."""
    if type(one) is Observation:
        return one.effective_date_time, ""
    if type(one) is Condition:
        return one.onset_date_time, one.abatement_date_time
    if isinstance(one, MedicationOrder):
        return order_days(one)
    if isinstance(one, MedicationUse):
        return use_days(one)
    assert type(one) is Procedure
    return _from_to(one.performed_date_time, one.performed_period)


def _from_to(on: str, lasting: Period | None) -> tuple[str, str]:
    return (on, "") if on or lasting is None else (lasting.start, lasting.end)


def use_days(one: MedicationUse) -> tuple[str, str]:
    return _from_to(one.effective_date_time, one.effective_period)


def order_days(one: MedicationOrder) -> tuple[str, str]:
    """The days of the course that the instruction gives; where it gives no first one, that on which the order was written."""
    course = course_of(bytes(one.dosage_instruction))
    return (one.authored_on, "") if course is None else (course.start or one.authored_on, course.end)


class Course(Struct, frozen=True):
    """An instruction without the days of its course, and these."""

    rest: bytes
    start: str = ""
    end: str = ""


@lru_cache(maxsize=32_768)
def course_of(dosage: bytes) -> Course | None:
    """Nothing where days stand otherwise than once, in their place, as two dates."""
    if BOUNDS not in dosage:
        return Course(dosage)
    found = list(_COURSE.finditer(dosage))
    if len(found) != 1 or dosage.count(BOUNDS) != 1:
        return None
    try:
        given = _dates.decode(found[0][1])
        meant = course_in(items(msgspec.json.decode(dosage)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if any(meant.get(name, "") != said for name, said in (("start", given.start), ("end", given.end))):
        return None
    return Course(dosage[: found[0].start(1)] + b"{}" + dosage[found[0].end(1) :], given.start, given.end)


@lru_cache(maxsize=32_768)
def when(sort: Key, first: str, second: str, day: dt.date) -> When | None:
    """From when to when it holds, and what is seen of that; nothing where one of the dates is none."""
    start, stop = _day(first, day), _day(second, day)
    if start is None or stop is None:
        return None
    if sort[0] == "o" and not first:
        return None
    if sort == ("o", True):
        # Whoever is asked tells of what was there by then.
        start = Span(None, start.last)
    elif sort == ("m", True) and not stop.known:
        stop = Span(start.first, None)
    elif sort[0] in ("c", "m") and stop.last is not None and stop.last > 0:
        stop = UNDATED
    times = Times(start, stop)
    return times, Order((*order(times), _side(start), _side(stop)))


def _day(said: str, day: dt.date) -> Span | None:
    if not said:
        return UNDATED
    found = placed(said.strip(), day)
    return None if found is None else found[0]


def _side(span: Span) -> int:
    """Before the day of decision, on it, after it; or not known."""
    last = span.last
    return 2 if last is None else (last > 0) - (last < 0)
