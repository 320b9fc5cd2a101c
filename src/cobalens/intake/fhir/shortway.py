"""What plain lines of many people say: of each wording, number and pair of days once.

What every wording says was found by the reader of one person's record; here only days and numbers are put in its place.
Whatever is not known of a wording is left to that reader.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal

from msgspec import Struct

from cobalens.intake.entries import Tools, nothing_yet
from cobalens.intake.fhir.alike import (
    GREAT,
    Happened,
    Seen,
    Series,
    Statements,
    Told,
    key_of,
    tense_of,
    wording,
)
from cobalens.intake.fhir.bundle import Directory
from cobalens.intake.fhir.coded import lexis
from cobalens.intake.fhir.ordered import Key, Order, When, sort_of, when
from cobalens.intake.fhir.person import Person, is_timeless, known_patient, placed
from cobalens.intake.fhir.rows import DATE
from cobalens.intake.fhir.typed import Observation, Patient, Typed
from cobalens.model.cohort import EPOCH
from cobalens.model.record import Span

SOME_DAY = "2000-01-01"
"""Of a time of day it is asked beside this one what it says."""


class Day(Struct, frozen=True):
    """Ten signs, or all of a shorter date, as days since 1970-01-01."""

    first: int | None
    last: int | None
    alone: bool
    """Whether it is a date where nothing follows."""
    followed: bool
    """Whether a time of day may follow."""


class Said(Struct, frozen=True):
    """What a person's own line says on a day of decision."""

    age: Decimal | None
    events: tuple[Happened, ...]
    codes: frozenset[str]
    """Of what was noticed."""


def day_of(said: str) -> Day:
    if len(said) == DATE and said[4] == said[7] == "-":
        # As nearly all are written; what this does not understand may still be a date.
        with suppress(ValueError):
            day = dt.date.fromisoformat(said).toordinal() - _FIRST
            return Day(day, day, True, True)
    found = placed(said.strip(), EPOCH)
    if found is None or found[1]:
        return Day(None, None, False, False)
    followed = len(said) == DATE and said[4] == said[7] == "-" and said == said.strip()
    return Day(found[0].first, found[0].last, True, followed)


def clock_of(said: str) -> str | None:
    """The time of day in what follows a day; nothing where it is not to be read without the day."""
    if not said:
        return ""
    found = placed(SOME_DAY + said, EPOCH)
    alone = placed(SOME_DAY, EPOCH)
    if found is None or alone is None or found[0] != alone[0] or said != said.strip():
        return None
    return found[1] if found[1] and said.startswith("T" + found[1]) else None


def meaning_of(one: Observation, tools: Tools) -> Series | Told | None:
    """What is known of a result, but for its number and its day."""
    assert one.value_quantity is not None
    found: Series | Told | None = lexis(tools).known.get(key_of(one, one.value_quantity))
    return found


def is_shown(number: Decimal) -> bool:
    """Whether it is short enough to be written out."""
    return -GREAT < number < GREAT and number.adjusted() > -30


def measured_as(series: Series, number: Decimal) -> tuple[bool, str | None]:
    """Whether the number can be, and whether flag and range agree about it; and what they say of it."""
    if not series.least <= number <= series.most:
        return False, None
    return series.flagged(number)


def is_silent(of: Statement, tools: Tools) -> bool:
    """Whether a wording is known to say nothing, on whatever days."""
    return type(lexis(tools).known.get(of.words)) is Told


class Reader(Struct, frozen=True):
    """What statements are read with on a day of decision."""

    person: Person
    passing: dict[str, int]


def reader_on(day: dt.date, tools: Tools) -> Reader:
    words = lexis(tools)
    person = Person(tools, words, nothing_yet(), day, _NOBODY, today=day.isoformat())
    return Reader(person, words.data.get("passing", {}))


class Statement(Struct, frozen=True):
    """A wording that gives no number: its first resource, by what it is known, and what was known of it in which order of days."""

    one: Typed
    words: Key
    sort: Key
    told: dict[Seen, Told] = {}


def statement_of(one: Typed) -> Statement:
    words = wording(one)
    assert words is not None
    return Statement(one, words, sort_of(one))


def names_days(of: Statement, tools: Tools) -> bool:
    """Whether what the words say is known to be of the day of decision alone."""
    known = lexis(tools).known.get(of.words)
    return type(known) is Statements and known.dated


def when_on(sort: Key, first: str, second: str, reader: Reader) -> When | None:
    """As ``when``, on the reader's day of decision."""
    day = reader.person.day
    assert day is not None
    return when(sort, first, second, day)


def told_as(of: Statement, order: Order, reader: Reader) -> Told | Seen:
    """What a statement says with days in this order; else the order, or the day of decision, in which it has not been met."""
    day = reader.person.day
    assert day is not None
    told = of.told.get(order) or of.told.get((order, day))
    if told is None:
        known = reader.person.lexis.known.get(of.words)
        seen = (order, day) if type(known) is Statements and known.dated else order
        told = known.told.get(seen) if type(known) is Statements else known
        if told is None:
            return seen
        of.told[seen] = told
    return told


def born_as(patient: Patient, reader: Reader) -> Said:
    born = known_patient(patient, reader.person)
    events = tuple(
        (one, one.start, one.stop, tense_of(one, one.start, one.stop, reader.passing.get(one.concept)))
        for one in dict.fromkeys(born.events)
    )
    return Said(born.age, events, frozenset(note.code for note in born.notes))


def is_told_by_age(patient: Patient, tools: Tools) -> bool:
    """Whether a person's own line, but for the date of birth, says the same on every day of decision."""
    return is_timeless(bytes(patient.extension), lexis(tools))


def counted(when: Span, day: int) -> tuple[int | None, int | None]:
    """Days since 1970-01-01, of those that are counted from the day of decision."""
    return None if when.first is None else when.first + day, None if when.last is None else when.last + day


_NOBODY = Directory([])
_FIRST = EPOCH.toordinal()
