"""The canonical tables of a cohort: one row a person, a result or a statement, and the way there and back from a record.

Days are whole days since 1970-01-01 (or any common origin); what is not known is NULL, never a number that stands for it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Ruleset

EPOCH = dt.date(1970, 1, 1)
LISTED_AS_PROCEDURE = "procedures"
AGE, YEARS = "age", "a"
DIED, DEATH_DAY = "died", "death_day"
"""Columns of ``person`` that need not be there, the first also one of facts and answers: that somebody has died, and when."""
NO_DAYS = frozenset(
    dt.date(*one)
    for one in (
        (1, 1, 1),
        (1753, 1, 1),
        (1899, 12, 30),
        (1899, 12, 31),
        (1900, 1, 1),
        (1901, 1, 1),
        (1970, 1, 1),
    )
)
"""What programs write where they have no date: as a day of death, one that is not known."""
NO_DAYS_COUNTED = tuple(sorted((one - EPOCH).days for one in NO_DAYS))
COMPLETE = "complete_"
"""Before the name of a list: the column of ``person`` that says whether that list is complete."""


class PersonRow(Struct, frozen=True):
    """One person on one day of decision; ``complete`` becomes one column a list."""

    person_id: str
    index_day: int
    age: float | None
    complete: frozenset[str] = frozenset()


class LabRow(Struct, frozen=True):
    """One result, as in ``record.Lab``. ``place`` keeps the order of the source."""

    person_id: str
    place: int
    analyte: str
    lo: float | None
    hi: float | None
    lo_open: bool
    hi_open: bool
    unit: str | None
    first_day: int | None
    last_day: int | None
    clock: str
    ref_low: float | None
    ref_high: float | None
    qualitative: str | None
    problem: str | None
    status: str
    derived: bool
    for_index: int | None = None
    """Of a row that a record does not hold (a derived result, the age): the one day of decision for which it stands."""


class EventRow(Struct, frozen=True):
    """One statement, as in ``record.Event``."""

    person_id: str
    place: int
    concept: str
    affirmed: bool
    doubt: bool
    family: bool
    tense: str
    start_first: int | None
    start_last: int | None
    stop_first: int | None
    stop_last: int | None
    route: str | None
    dose_ug: float | None
    adherence: str | None
    listed_as_procedure: bool


class Rows(Struct, frozen=True):
    """What the three tables hold of some people."""

    person: tuple[PersonRow, ...] = ()
    lab: tuple[LabRow, ...] = ()
    event: tuple[EventRow, ...] = ()


class Scale(Struct, frozen=True):
    """The limits of one analyte in one unit under one pack, in rising order, for all facts that cut it."""

    analyte: str
    unit: str
    cuts: tuple[tuple[str, str], ...]
    """``(number, edge)``: the exact decimal as text, and the side on which the limit itself lies."""
    weight: str | None = None
    """How much one of this unit is beside the analyte's other units; ``None`` where units cannot be compared."""


_TYPES = {
    "str": "VARCHAR", "str | None": "VARCHAR", "bool": "BOOLEAN", "int": "INTEGER", "int | None": "INTEGER",
    "float | None": "DOUBLE",
}  # fmt: skip


def lists_of(ruleset: Ruleset) -> tuple[str, ...]:
    """Every list that may be declared complete: the kinds and groups of concepts, and what facts add."""
    found = {one for concept in ruleset.concepts.values() for one in (concept.kind, *concept.group)}
    found |= {one for fact in ruleset.facts.values() for one in fact.complete}
    return tuple(sorted(found))


def columns(ruleset: Ruleset) -> dict[str, tuple[tuple[str, str], ...]]:
    """Table -> its columns with their SQL types."""
    found = {}
    for name, row in (("person", PersonRow), ("lab", LabRow), ("event", EventRow)):
        types: Mapping[str, str] = row.__annotations__
        found[name] = tuple((c, _TYPES[t]) for c, t in types.items() if c != "complete")
    found["person"] += tuple((COMPLETE + one, "BOOLEAN") for one in lists_of(ruleset))
    return found


# --- From a record and back ---------------------------------------------------------------------------------------


def rows_of(record: Record, derived: Iterable[Lab] = (), person_id: str | None = None) -> Rows:
    """The rows of one record. ``derived``: results calculated from its own, which a record does not hold."""
    person = record.id if person_id is None else person_id
    today = (dt.date.fromisoformat(record.as_of) - EPOCH).days if record.as_of else 0
    labs = [replace(lab, derived=False) for lab in record.labs] + [
        replace(lab, derived=True) for lab in derived
    ]
    rows = [_lab_row(lab, person, place, today) for place, lab in enumerate(labs)]
    age = _number(record.age)
    if age is not None and any(lab.analyte == AGE for lab in labs):
        rows.append(_age_row(person, age, len(rows), today))
    return Rows(
        (PersonRow(person, today, age, record.complete),),
        tuple(rows),
        tuple(_event_row(event, person, place, today) for place, event in enumerate(record.events)),
    )


def record_of(person: PersonRow, labs: Sequence[LabRow], events: Sequence[EventRow]) -> Record:
    """The record that these rows of one person come to on their day of decision, without derived results."""
    today = person.index_day
    return Record(
        id=person.person_id,
        age=_exact(person.age),
        complete=person.complete,
        labs=tuple(_lab(row, today) for row in sorted(labs, key=lambda r: r.place) if row.for_index is None),
        events=tuple(_event(row, today) for row in sorted(events, key=lambda r: r.place)),
    )


def together(found: Iterable[Rows]) -> Rows:
    """The rows of several people."""
    all_rows = tuple(found)
    return Rows(
        tuple(row for one in all_rows for row in one.person),
        tuple(row for one in all_rows for row in one.lab),
        tuple(row for one in all_rows for row in one.event),
    )


def _number(value: Decimal | None) -> float | None:
    """The nearest double, of which the shortest decimal is the number again; no NaN and no infinity enters."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _exact(value: float | None) -> Decimal | None:
    return None if value is None or not math.isfinite(value) else Decimal(repr(value))


def _day(day: int | None, today: int) -> int | None:
    return None if day is None else day + today


def _lab_row(lab: Lab, person: str, place: int, today: int) -> LabRow:
    return LabRow(
        person, place, lab.analyte, _number(lab.lo), _number(lab.hi), lab.lo_open, lab.hi_open, lab.unit,
        _day(lab.when.first, today), _day(lab.when.last, today), lab.time, _number(lab.ref_low), _number(lab.ref_high),
        lab.qualitative or None, lab.problem, lab.status, lab.derived, today if lab.derived else None,
    )  # fmt: skip


def _age_row(person: str, age: float, place: int, today: int) -> LabRow:
    """Where an age stands among the results, the person's own age stands beside it, so that the two can be weighed."""
    return LabRow(
        person, place, AGE, age, age, False, False, YEARS, today, today, "", None, None, None, None, "final", False, today
    )  # fmt: skip


def _event_row(event: Event, person: str, place: int, today: int) -> EventRow:
    return EventRow(
        person, place, event.concept, event.affirmed, event.doubt, event.family, event.time,
        _day(event.start.first, today), _day(event.start.last, today),
        _day(event.stop.first, today), _day(event.stop.last, today), event.route, _number(event.dose_ug),
        event.adherence, event.where.startswith(LISTED_AS_PROCEDURE),
    )  # fmt: skip


def _span(first: int | None, last: int | None, today: int) -> Span:
    return Span(None if first is None else first - today, None if last is None else last - today)


def _lab(row: LabRow, today: int) -> Lab:
    lo, hi = _exact(row.lo), _exact(row.hi)
    return Lab(
        analyte=row.analyte, where=f"lab[{row.place}]", text=f"{row.lo}..{row.hi} {row.unit}", lo=lo, hi=hi,
        lo_open=row.lo_open, hi_open=row.hi_open, unit=row.unit, when=_span(row.first_day, row.last_day, today),
        time=row.clock, ref_low=_exact(row.ref_low), ref_high=_exact(row.ref_high), qualitative=row.qualitative,
        problem=row.problem, status=row.status,
    )  # fmt: skip


def _event(row: EventRow, today: int) -> Event:
    where = LISTED_AS_PROCEDURE if row.listed_as_procedure else "event"
    return Event(
        concept=row.concept, where=f"{where}[{row.place}]", text=row.concept, affirmed=row.affirmed, doubt=row.doubt,
        family=row.family, time=row.tense, start=_span(row.start_first, row.start_last, today),
        stop=_span(row.stop_first, row.stop_last, today), route=row.route, dose_ug=_exact(row.dose_ug),
        adherence=row.adherence,
    )  # fmt: skip
