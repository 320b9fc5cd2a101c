"""When a plain statement holds, from the dates given with it, and all that its reader sees of these dates."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from msgspec import Struct

from cobalens.intake.entries import Times
from cobalens.intake.fhir.person import placed
from cobalens.intake.fhir.typed import Condition, MedicationRequest, Observation, Procedure, Typed
from cobalens.intake.recall import order
from cobalens.model.record import UNDATED, Span

Key = tuple[Any, ...]
SURVEY = b'"survey"'
OVER = frozenset({"completed", "stopped", "on-hold"})
"""States of an order that is no longer carried out."""


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
    if type(one) is MedicationRequest:
        return "m", one.status.strip().lower() in OVER
    assert type(one) is Procedure
    return "p", not one.performed_date_time and one.performed_period is not None


def days_of(one: Typed) -> tuple[str, str]:
    """The dates as they are written: of the start, and of the end where there may be one."""
    if type(one) is Observation:
        return one.effective_date_time, ""
    if type(one) is Condition:
        return one.onset_date_time, one.abatement_date_time
    if type(one) is MedicationRequest:
        return one.authored_on, ""
    assert type(one) is Procedure
    lasting = one.performed_period
    if one.performed_date_time or lasting is None:
        return one.performed_date_time, ""
    return lasting.start, lasting.end


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
    elif sort == ("m", True):
        stop = Span(start.first, None)
    elif sort == ("c",) and stop.last is not None and stop.last > 0:
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
