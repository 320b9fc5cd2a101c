"""The many plain resources of a record: what the first of its wording was found to say is known of the next one.

All but days and numbers must be equal, byte for byte; the record is the same with and without this shortcut.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.entries import Found, Times
from cobalens.intake.fhir.coded import KEPT, test_of
from cobalens.intake.fhir.person import NOT_UNDERSTOOD, UNDERSTOOD, USED, Fate, Person, placed
from cobalens.intake.fhir.quantities import value_of
from cobalens.intake.fhir.recall import again, order
from cobalens.intake.fhir.results import PLAIN, flag_of
from cobalens.intake.fhir.shapes import Json
from cobalens.intake.fhir.typed import EMPTY, Condition, MedicationRequest, Observation, Quantity, Typed
from cobalens.intake.intervals import against_range
from cobalens.model.record import UNDATED, Element, Event, Lab, Span, Unread

Key = tuple[Any, ...]
GREAT = 10**30
SILENT_KINDS = (b'"laboratory"', b'"vital-signs"')
"""Categories of Observations whose number says nothing where nobody knows the test."""
SURVEY = b'"survey"'
BESIDE_SURVEY = (b'"exam"', b'"imaging"', b'"social-history"', b'"procedure"')
OVER = frozenset({"completed", "stopped", "on-hold"})
"""States of an order that is no longer carried out."""
OF_SOME = (b'"appliesTo"', b'"age"')
"""What makes a range one of some people."""
UNREAD_SO = (b"boundsPeriod", b"encounter-diagnosis")
"""Where days stand elsewhere than in a field of their own: of a course, of a visit."""


class Series(Struct, frozen=True, gc=False):
    """What a plain result was of: all but its number and its day."""

    name: str
    fate: Fate
    analyte: str
    unit: str
    ucum: str
    status: str
    least: Decimal
    most: Decimal
    ref_low: Decimal | None = None
    ref_high: Decimal | None = None
    word: str | None = None
    """The laboratory's flag."""

    def flagged(self, number: Decimal) -> tuple[bool, str | None]:
        """Whether flag and range agree about a number, and what they say of it."""
        if self.ref_low is None and self.ref_high is None:
            return True, self.word
        place = against_range(number, number, False, False, self.ref_low, self.ref_high)
        return {self.word, place} != {"low", "high"}, self.word or place


class Told(Struct, frozen=True):
    """What was found of a resource that gave no result."""

    name: str
    fate: Fate
    understood: tuple[str, ...]
    unread: tuple[Unread, ...]
    events: tuple[Event, ...] = ()
    times: Times = Times()


class Count(NamedTuple):
    """How much had been found before a resource was read."""

    events: int
    labs: int
    text_labs: int
    notes: int
    understood: int
    unread: int


def count(found: Found) -> Count:
    return Count(
        len(found.events),
        len(found.labs),
        len(found.text_labs),
        len(found.notes),
        len(found.understood),
        len(found.unread),
    )


# --- What was met before ------------------------------------------------------------------------------------------


def recalled(one: Typed, where: str, person: Person) -> Element | None:
    """Takes a resource like one that was read before: what became of it, and nothing where it has to be read."""
    if person.day is None:
        return None
    if isinstance(one, Observation) and (quantity := measured(one)) is not None:
        return _result(one, quantity, where, person.day, person)
    key, known = wording(one), person.lexis.known
    if key is None:
        return None
    told = known.get(key)
    times = times_of(one, person)
    if times is None:
        return None
    if told is None:
        told = known.get((*key, *order_of(times, person)))
        if told is None:
            return None
    found = person.found
    if told.events:
        events = again(told, where, times)
        if events is None:
            return None
        found.events += events
    _say(told, where, found)
    return Element(where, told.name, *told.fate)


def _result(one: Observation, quantity: Quantity, where: str, day: dt.date, person: Person) -> Element | None:
    value, unit = quantity.value, quantity.unit
    known = person.lexis.known.get(key_of(one, quantity))
    if known is None:
        return None
    at, shown = placed(one.effective_date_time.strip(), day), written(value)
    if at is None or shown is None:
        return None
    name = f"{known.name} {shown} {unit or quantity.code}"
    if len(name) > 300:
        return None
    name = name.rstrip()
    if type(known) is Told:
        _say(known, where, person.found)
        return Element(where, name, *known.fate)
    number = value if type(value) is Decimal else Decimal(value)
    agree, word = known.flagged(number)
    if not agree or not known.least <= number <= known.most:
        return None
    when, time = at
    same = (known.analyte, number, number, known.ucum, word, when, time, None)
    if same in person.seen:
        return Element(where, name, "set_aside", "the same result was met before")
    person.seen.add(same)
    person.found.labs.append(
        Lab(
            analyte=known.analyte,
            where=where,
            text=f"{number} {known.unit}",
            lo=number,
            hi=number,
            unit=known.ucum,
            when=when,
            time=time,
            ref_low=known.ref_low,
            ref_high=known.ref_high,
            qualitative=word,
            status=known.status,
        )
    )
    return Element(where, name, *known.fate)


def _say(told: Told, where: str, found: Found) -> None:
    if told.understood:
        found.understood += told.understood
    if told.unread:
        found.unread += [replace(one, where=where) for one in told.unread]


def written(value: Any) -> str | None:
    """A plain number as it is shown."""
    if type(value) is Decimal:
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < 30 else None
    return str(value) if type(value) is int and abs(value) < GREAT else None


def measured(one: Observation) -> Quantity | None:
    """The number of an Observation that has nothing else to say."""
    return one.value_quantity if not one.component and one.value_codeable_concept == EMPTY else None


def key_of(one: Observation, quantity: Quantity) -> Key:
    return (
        bytes(one.code), bytes(one.category), one.status, quantity.unit, quantity.code,
        bytes(one.interpretation), bytes(one.reference_range),
    )  # fmt: skip


def wording(one: Typed) -> Key | None:
    """All of a statement but its days; nothing where days stand in places that are not looked at here."""
    if isinstance(one, Observation):
        concept = bytes(one.value_codeable_concept)
        if one.value_quantity is not None or bool(one.component) == bool(concept):
            return None
        if SURVEY in (category := bytes(one.category)) and any(other in category for other in BESIDE_SURVEY):
            return None
        parts = ((bytes(c.code), c.value_quantity.unit, c.value_quantity.code) for c in one.component)
        beside = bytes(one.interpretation), bytes(one.reference_range)
        return "o", bytes(one.code), category, one.status, concept, *beside, *parts
    if isinstance(one, Condition):
        category = bytes(one.category)
        if not one.onset_date_time and UNREAD_SO[1] in category:
            return None
        return "c", bytes(one.code), bytes(one.clinical_status), bytes(one.verification_status), category
    if isinstance(one, MedicationRequest):
        dosage = bytes(one.dosage_instruction)
        if UNREAD_SO[0] in dosage:
            return None
        return "m", bytes(one.medication_codeable_concept), one.status, one.intent, dosage
    return "p", bytes(one.code), one.status


def times_of(one: Typed, person: Person) -> Times | None:
    """The days of a statement as its reader sees them; nothing where one of them is no date."""
    start: Span | None
    stop: Span | None = UNDATED
    if isinstance(one, Observation):
        start = _day(one.effective_date_time, person) if one.effective_date_time else None
        if start is not None and SURVEY in bytes(one.category):
            # Whoever is asked tells of what was there by then.
            start = Span(None, start.last)
    elif isinstance(one, Condition):
        start, stop = _day(one.onset_date_time, person), _day(one.abatement_date_time, person)
        if stop is not None and stop.last is not None and stop.last > 0:
            stop = UNDATED
    elif isinstance(one, MedicationRequest):
        start = _day(one.authored_on, person)
        if start is not None and one.status.strip().lower() in OVER:
            stop = Span(start.first, None)
    elif one.performed_date_time:
        start = _day(one.performed_date_time, person)
    elif one.performed_period is not None:
        start, stop = _day(one.performed_period.start, person), _day(one.performed_period.end, person)
    else:
        start = UNDATED
    return None if start is None or stop is None else Times(start, stop)


def _day(said: str, person: Person) -> Span | None:
    if not said or person.day is None:
        return UNDATED
    found = placed(said.strip(), person.day)
    return None if found is None else found[0]


def order_of(times: Times, person: Person) -> Key:
    """All that reading sees of the days, and the day that words with dates are counted from."""
    return (*order(times), side(times.start), side(times.stop), person.today)


def side(span: Span) -> int:
    """Before the day of decision, on it, after it; or not known."""
    last = span.last
    return 2 if last is None else (last > 0) - (last < 0)


# --- What is kept -------------------------------------------------------------------------------------------------


def keep(one: Typed, element: Element, resource: Json, before: Count, person: Person) -> None:
    """Keeps what was found of a resource where nothing but its days and its number can differ in the next."""
    if (day := person.day) is None:
        return
    found, now = person.found, count(person.found)
    known = person.lexis.known
    if len(known) >= KEPT:
        known.clear()
    fate = Fate(element.fate, element.reason)
    if now[1:4] != before[1:4]:
        if isinstance(one, Observation) and _only_a_result(before, now):
            _begin(one, element, resource, found.labs[-1], person)
        return
    number = measured(one) if isinstance(one, Observation) else None
    told = Told(
        element.text,
        fate,
        tuple(found.understood[before.understood :]),
        tuple(found.unread[before.unread :]),
        tuple(found.events[before.events :]),
    )
    places = {one.where for one in told.unread} | {one.where for one in told.events}
    if places - {element.where}:
        return
    if isinstance(one, Observation) and number is not None:
        _keep_silent(one, number, told, day, person)
    elif isinstance(one, Observation) and not _moves_along(one, told, person):
        return
    elif fate.fate in (USED, UNDERSTOOD, NOT_UNDERSTOOD):
        key, times = wording(one), times_of(one, person)
        if key is not None and times is not None:
            if told.events:
                known[*key, *order_of(times, person)] = replace(told, times=times)
            else:
                known[key] = told


def _only_a_result(before: Count, now: Count) -> bool:
    return now == before._replace(labs=before.labs + 1)


def _moves_along(one: Observation, told: Told, person: Person) -> bool:
    """Whether what was found is of the day of the Observation, and of none of its numbers."""
    times = times_of(one, person)
    if one.component:
        return not told.events and any(kind in bytes(one.category) for kind in SILENT_KINDS)
    return times is not None and all(
        event.start in (UNDATED, times.start) and not event.stop.known for event in told.events
    )


def _keep_silent(one: Observation, quantity: Quantity, told: Told, day: dt.date, person: Person) -> None:
    """A number of which nothing is said, whatever the number."""
    end = _ending(quantity)
    if (
        told.events
        or told.fate.fate not in (UNDERSTOOD, NOT_UNDERSTOOD)
        or not any(kind in bytes(one.category) for kind in SILENT_KINDS)
        or end is None
        or not told.name.endswith(end)
        or placed(one.effective_date_time.strip(), day) is None
    ):
        return
    person.lexis.known[key_of(one, quantity)] = replace(told, name=told.name.removesuffix(end))


def _begin(one: Observation, element: Element, resource: Json, lab: Lab, person: Person) -> None:
    quantity = measured(one)
    if quantity is None:
        return
    test = test_of(resource["code"], person.lexis)
    value, unit, sign = value_of(resource, test, person)
    scale = person.lexis.scales.get((test.analyte, unit))
    end = _ending(quantity)
    flag = flag_of(resource, person)
    word = person.tools.analytes.words.flags.get(flag) if flag else None
    if (
        element.fate not in (USED, UNDERSTOOD)
        or not test.agrees
        or isinstance(value, str)
        or sign
        or scale is None
        or scale.ucum is None
        or not is_plain(lab)
        or end is None
        or not element.text.endswith(end)
        or (flag and word not in PLAIN)
        or any(mark in bytes(one.reference_range) for mark in OF_SOME)
        or (lab.ref_low is not None and lab.ref_high is not None and lab.ref_low > lab.ref_high)
    ):
        return
    made = Series(
        element.text.removesuffix(end),
        Fate(element.fate, element.reason),
        lab.analyte,
        unit,
        scale.ucum,
        lab.status,
        scale.least,
        scale.most,
        lab.ref_low,
        lab.ref_high,
        word,
    )
    if lab.lo is not None and made.flagged(lab.lo) == (True, lab.qualitative):
        person.lexis.known[key_of(one, quantity)] = made


def _ending(quantity: Quantity) -> str | None:
    """How the name of a result ends: its number and unit as they were written."""
    shown = written(quantity.value)
    return None if shown is None else f" {shown} {quantity.unit or quantity.code}".rstrip()


def is_plain(lab: Lab) -> bool:
    """A number and its unit, and nothing beside them but a flag and a range."""
    extra = (lab.problem, lab.method, lab.specimen)
    return all(one is None for one in extra) and lab.lo is not None and lab.lo == lab.hi
