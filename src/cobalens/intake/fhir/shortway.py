"""The lines of one person of many, where each of them is of a wording that the reader has met before.

What every wording says was found by that reader; here only days and numbers are put in its place. Whoever has a line of
another shape, of a new wording or with something to be said about it is left to the reader.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from cobalens.intake.entries import Tools, nothing_yet
from cobalens.intake.fhir import LOOKED_UP, NOT_NEEDED, passed
from cobalens.intake.fhir.alike import Series, Told, key_of, measured, order_of, times_of, wording
from cobalens.intake.fhir.bundle import Directory
from cobalens.intake.fhir.coded import KEPT, lexis
from cobalens.intake.fhir.person import Person, placed, read_patient
from cobalens.intake.fhir.recall import again
from cobalens.intake.fhir.typed import EMPTY, Named, Observation, Patient, Typed
from cobalens.model.cohort import EPOCH
from cobalens.model.record import Event, Lab, Span

WHERE = "lines"
IGNORED = frozenset(LOOKED_UP) | NOT_NEEDED
"""Kinds that say nothing about anybody by themselves."""
REPORT = "DiagnosticReport"
_lines = msgspec.json.Decoder(Typed | Patient, float_hook=Decimal)


class Head(Struct, rename="camel", gc=False):
    resource_type: str
    id: str = ""
    subject: Named | None = None
    patient: Named | None = None
    result: list[Named] = []
    conclusion: Raw = EMPTY
    conclusion_code: Raw = EMPTY
    presented_form: Raw = EMPTY


_heads = msgspec.json.Decoder(Head)


class Plain(Struct, gc=False):
    """The lines of one person, before any day of decision is known."""

    patient: Patient
    resources: list[Typed]


class Result(Struct, frozen=True, gc=False):
    of: Series
    number: Decimal
    when: Span
    time: str
    word: str | None
    """What flag and range say of the number."""


class Said(Struct):
    """What they come to on one day of decision."""

    age: Decimal | None
    events: list[Event]
    results: list[Result]
    codes: frozenset[str]
    """What was noticed of the person's own line."""


class Born(Struct, frozen=True):
    """What the line of a person says."""

    age: Decimal | None
    events: tuple[Event, ...]
    codes: frozenset[str]


def plain_lines(lines: Iterable[bytes], who: str) -> Plain | None:
    """The lines as typed values; nothing where one of them is not plain or is not of this person alone."""
    address = f"Patient/{who}"
    patient: Patient | None = None
    found: list[Typed] = []
    met: set[tuple[type, str]] = set()
    for line in lines:
        try:
            one = _lines.decode(line)
        except msgspec.ValidationError:
            if not _ignored(line, address):
                return None
            continue
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if not line.isascii():
            return None
        if isinstance(one, Patient):
            if patient is not None or one.id != who:
                return None
            patient = one
            continue
        if one.subject is None or one.subject.reference != address:
            return None
        if one.id:
            if (type(one), one.id) in met:
                return None
            met.add((type(one), one.id))
        found.append(one)
    return None if patient is None else Plain(patient, found)


def _ignored(line: bytes, address: str) -> bool:
    """Whether a line is of a kind that changes nothing, and of this person."""
    try:
        head = _heads.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    whose = head.subject or head.patient
    # A report that only lists results says nothing by itself, and every plain result has a day of its own.
    listing = (
        head.resource_type == REPORT
        and head.result not in ((), [])
        and head.conclusion == head.conclusion_code == head.presented_form == EMPTY
    )
    return (
        (head.resource_type in IGNORED or listing)
        and whose is not None
        and whose.reference == address
        and b'"contained"' not in line
    )


def days_of_results(plain: Plain, analyte: str, tools: Tools) -> list[dt.date] | None:
    """The days of the results of a test, oldest first; nothing where a wording is new."""
    known = lexis(tools).known
    found: set[dt.date] = set()
    for one in plain.resources:
        quantity = measured(one) if isinstance(one, Observation) else None
        if not isinstance(one, Observation) or quantity is None:
            continue
        told = known.get(key_of(one, quantity))
        if told is None:
            return None
        if type(told) is Series and told.analyte == analyte:
            at = placed(one.effective_date_time.strip(), EPOCH)
            if at is None or at[0].first is None:
                return None
            found.add(EPOCH + dt.timedelta(days=at[0].first))
    return sorted(found)


def said_by(plain: Plain, day: dt.date, tools: Tools) -> Said | None:
    """What the lines say on a day of decision; nothing where the reader has to be asked."""
    person = Person(tools, lexis(tools), nothing_yet(), day, _NOBODY, today=day.isoformat())
    born = _born(plain.patient, person)
    known = person.lexis.known
    results: list[Result] = []
    events: list[Event] = []
    seen: set[tuple[Any, ...]] = set()
    for place, one in enumerate(plain.resources):
        if isinstance(one, Observation) and (quantity := measured(one)) is not None:
            told = known.get(key_of(one, quantity))
            at = placed(one.effective_date_time.strip(), day)
            if told is None or at is None:
                return None
            number = quantity.value
            if type(number) is int:
                number = Decimal(number)
            elif type(number) is not Decimal:
                return None
            if type(told) is Told:
                continue
            if not told.least <= number <= told.most or not -30 < number.adjusted() < 30:
                return None
            agree, word = told.flagged(number)
            if not agree:
                return None
            key = (told.analyte, number, told.ucum, word, *at)
            if key not in seen:
                seen.add(key)
                results.append(Result(told, number, *at, word))
            continue
        words = wording(one)
        times = times_of(one, person)
        if words is None or times is None:
            return None
        told = known.get(words) or known.get((*words, *order_of(times, person)))
        if told is None:
            return None
        if told.events:
            moved = again(told, f"{WHERE}[{place}]", times)
            if moved is None:
                return None
            events += moved
    return Said(born.age, [*born.events, *passed(dict.fromkeys(events), person)], results, born.codes)


def labs_of(results: Sequence[Result], analytes: frozenset[str] | None = None) -> list[Lab]:
    """The results as those of a record, of all tests or of these."""
    return [
        Lab(
            analyte=one.of.analyte, where=f"{WHERE}[{place}]", text=f"{one.number} {one.of.unit}", lo=one.number, hi=one.number,
            unit=one.of.ucum, when=one.when, time=one.time, ref_low=one.of.ref_low, ref_high=one.of.ref_high, qualitative=one.word,
            status=one.of.status,
        )
        for place, one in enumerate(results)
        if analytes is None or one.of.analyte in analytes
    ]  # fmt: skip


_NOBODY = Directory([])


def _born(patient: Patient, person: Person) -> Born:
    kept = person.lexis.born
    dead = patient.deceased_date_time
    key = (patient.birth_date, patient.gender, bool(dead), bytes(patient.extension), person.today)
    found = kept.get(key)
    if found is None:
        if len(kept) >= KEPT:
            kept.clear()
        given: dict[str, Any] = {"birthDate": patient.birth_date, "gender": patient.gender}
        if dead:
            given["deceasedDateTime"] = dead
        if patient.extension != EMPTY:
            given["extension"] = msgspec.json.decode(patient.extension)
        read_patient(given, WHERE, person, person.today)
        said = person.found
        events = tuple(passed(dict.fromkeys(said.events), person))
        found = kept[key] = Born(person.age, events, frozenset(note.code for note in said.notes))
    return found
