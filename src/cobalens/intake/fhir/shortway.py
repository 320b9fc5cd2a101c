"""The lines of one person of many, where each of them is of a wording that the reader has met before.

What every wording says was found by that reader; here only days and numbers are put in its place. Whoever has a line of
another shape, of a new wording or with something to be said about it is left to the reader.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from cobalens.intake.entries import Tools, nothing_yet
from cobalens.intake.fhir import LOOKED_UP, NOT_NEEDED
from cobalens.intake.fhir.alike import (
    GREAT,
    Happened,
    Series,
    Told,
    key_of,
    measured,
    order_of,
    tense_of,
    times_of,
    wording,
)
from cobalens.intake.fhir.bundle import Directory
from cobalens.intake.fhir.coded import KEPT, lexis
from cobalens.intake.fhir.person import Person, known_patient, placed
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


Result = tuple[Series, Decimal | int, Span, str, str | None]
"""Of which series, its number, its days since 1970-01-01 and time of day, and what flag and range say of the number."""


class Said(Struct):
    """What they come to on one day of decision."""

    age: Decimal | None
    events: list[Happened]
    results: list[Result]
    codes: frozenset[str]
    """What was noticed of the person's own line."""
    doubtful: set[str]
    """Tests with two results of one day, or with a vague day."""


def plain_lines(lines: Sequence[bytes], who: str) -> Plain | None:
    """The lines as typed values; nothing where one of them is not plain or is not of this person alone."""
    address = f"Patient/{who}"
    patient: Patient | None = None
    found: list[Typed] = []
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
        if type(one) is Patient:
            if patient is not None or one.id != who:
                return None
            patient = one
        elif one.subject is None or one.subject.reference != address:
            return None
        else:
            found.append(one)
    if patient is None or _is_repeated(found):
        return None
    return Plain(patient, found)


def _is_repeated(found: Sequence[Typed]) -> bool:
    """Whether two resources of a kind have one id."""
    ids = [one.id for one in found if one.id]
    if len(ids) == len(set(ids)):
        return False
    kinds = [(type(one), one.id) for one in found if one.id]
    return len(kinds) != len(set(kinds))


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
            at = _days().at(one.effective_date_time)
            if at is None or at[0].first is None:
                return None
            found.add(EPOCH + dt.timedelta(days=at[0].first))
    return sorted(found)


def said_by(plain: Plain, day: dt.date, tools: Tools) -> Said | None:
    """What the lines say on a day of decision; nothing where the reader has to be asked."""
    person = Person(tools, lexis(tools), nothing_yet(), day, _NOBODY, today=day.isoformat())
    days = _days()
    spans, clocks = days.spans, days.clocks
    born = known_patient(plain.patient, person)
    known, passing = person.lexis.known, person.lexis.data.get("passing", {})
    results: list[Result] = []
    events: list[Happened] = [
        (one, one.start, one.stop, tense_of(one, one.start, one.stop, passing.get(one.concept)))
        for one in dict.fromkeys(born.events)
    ]
    met: set[tuple[str, int]] = set()
    doubtful: set[str] = set()
    for one in plain.resources:
        if type(one) is Observation and (quantity := measured(one)) is not None:
            told = known.get(key_of(one, quantity))
            at = one.effective_date_time
            when, time = spans.get(at[:10]), clocks.get(at[10:])
            if when is None or time is None:
                found = days.at(at)
                if found is None:
                    return None
                when, time = found
            number = quantity.value
            if told is None or not _is_shown(number):
                return None
            if type(told) is Told:
                continue
            first, analyte, word = when.first, told.analyte, told.word
            if first is None or when.last is None or not told.least <= number <= told.most:
                return None
            if told.ref_low is not None or told.ref_high is not None:
                agree, word = told.flagged(Decimal(number))
                if not agree:
                    return None
            result = (told, number, when, time, word)
            if first != when.last:
                doubtful.add(analyte)
            key = (analyte, first)
            if key not in met:
                met.add(key)
            elif any(_is_same(result, other) for other in results):
                continue
            else:
                doubtful.add(analyte)
            results.append(result)
            continue
        words = wording(one)
        times = times_of(one, person)
        if words is None or times is None:
            return None
        told = known.get(words) or known.get((*words, *order_of(times, person)))
        if told is None:
            return None
        for part in told.moving:
            happened = part.at(times)
            if happened is None:
                return None
            events.append(happened)
    codes = frozenset(note.code for note in born.notes)
    return Said(born.age, events, results, codes, doubtful)


def _is_shown(number: object) -> bool:
    """Whether it is a number, and short enough to be written out."""
    if type(number) is int:
        return -GREAT < number < GREAT
    return type(number) is Decimal and -30 < number.adjusted() < 30


def _is_same(one: Result, other: Result) -> bool:
    return one[0].analyte == other[0].analyte and one[0].ucum == other[0].ucum and one[1:] == other[1:]


def labs_of(results: Sequence[Result], day: int) -> list[Lab]:
    """The results as those of a record of a day of decision."""
    return [
        Lab(
            analyte=of.analyte, where=f"{WHERE}[{place}]", text=f"{number} {of.unit}", lo=Decimal(number), hi=Decimal(number), unit=of.ucum,
            when=_counted(when, day), time=time, ref_low=of.ref_low, ref_high=of.ref_high, qualitative=word, status=of.status,
        )
        for place, (of, number, when, time, word) in enumerate(results)
    ]  # fmt: skip


def _counted(when: Span, day: int) -> Span:
    """From the day of decision on."""
    return Span(
        None if when.first is None else when.first - day, None if when.last is None else when.last - day
    )


def events_of(said: Said) -> tuple[Event, ...]:
    """The statements as those of a record."""
    return tuple(
        replace(event, where=f"{WHERE}[{place}]", start=start, stop=stop, time=tense)
        for place, (event, start, stop, tense) in enumerate(said.events)
    )


class _Days(Struct):
    """Days since 1970-01-01 and times of day met, each kept without the other."""

    spans: dict[str, Span]
    clocks: dict[str, str]

    def at(self, said: str) -> tuple[Span, str] | None:
        span, clock = self.spans.get(said[:10]), self.clocks.get(said[10:])
        if span is not None and clock is not None:
            return span, clock
        found = placed(said.strip(), EPOCH)
        if found is not None and len(self.spans) + len(self.clocks) < KEPT:
            self._keep(said, *found)
        return found

    def _keep(self, said: str, span: Span, clock: str) -> None:
        """Where the day stands in ten signs and the time of day behind a T, each is read without the other."""
        if said[4:5] == said[7:8] == "-" and (
            len(said) == 10 or (clock and said[10:].startswith("T" + clock))
        ):
            whole = placed(said[:10], EPOCH)
            if whole == (span, "") and said == said.strip():
                self.spans[said[:10]] = span
                self.clocks[said[10:]] = clock


@lru_cache(maxsize=1)
def _days() -> _Days:
    return _Days({}, {"": ""})


_NOBODY = Directory([])
