"""The many plain resources of a record: what the first of its wording was found to say is known of the next one.

All but days and numbers must be equal, byte for byte; the record is the same with and without this shortcut.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.entries import Found, Times, is_backwards
from cobalens.intake.fhir.coded import KEPT, test_of
from cobalens.intake.fhir.ordered import SURVEY, Key, Order, course_of, days_of, sort_of, when
from cobalens.intake.fhir.person import (
    NOT_UNDERSTOOD,
    UNDERSTOOD,
    USED,
    Fate,
    Person,
    is_again,
    is_timeless,
    placed,
)
from cobalens.intake.fhir.quantities import value_of
from cobalens.intake.fhir.results import PLAIN, flag_of
from cobalens.intake.fhir.shapes import Json
from cobalens.intake.fhir.statements import UNSAID
from cobalens.intake.fhir.typed import (
    EMPTY,
    Condition,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    MedicationUse,
    Observation,
    Quantity,
    Typed,
)
from cobalens.intake.laboratory.intervals import against_range
from cobalens.intake.prose.sexranges import names_a_sex
from cobalens.intake.words.datedwords import names_a_day
from cobalens.model.record import UNDATED, Element, Event, Lab, Span, Unread

GREAT = 10**30
LONGEST_NAME = 250
NUL = b"\0"
"""What cannot stand in JSON."""
SILENT_KINDS = (b'"laboratory"', b'"vital-signs"')
"""Categories of Observations whose number says nothing where nobody knows the test."""
BESIDE_SURVEY = (b'"exam"', b'"imaging"', b'"social-history"', b'"procedure"')
NOTED = " note"
"""What follows the place of a resource in that of its note."""
OF_SOME = (b'"appliesTo"', b'"age"')
"""What makes a range one of some people."""
OF_A_VISIT = b"encounter-diagnosis"
"""Where the day may be that of a visit."""
REASON = " reason"
"""What follows the place of a resource in that of the reason for it."""


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
    lab: Lab
    """A result of it, of which number, day and place are to be exchanged."""
    short: bool
    """Whether its name is told whole, whatever the number."""
    ref_low: Decimal | None = None
    ref_high: Decimal | None = None
    word: str | None = None
    """The laboratory's flag."""
    understood: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    """What stands in its note, where that gives nothing."""

    def flagged(self, number: Decimal) -> tuple[bool, str | None]:
        """Whether flag and range agree about a number, and what they say of it."""
        if self.ref_low is None and self.ref_high is None:
            return True, self.word
        place = against_range(number, number, False, False, self.ref_low, self.ref_high)
        return {self.word, place} != {"low", "high"}, self.word or place


Seen = Order | tuple[Order, dt.date]


class Told(Struct, frozen=True):
    """What was found of a resource that gave no result."""

    name: str
    fate: Fate
    understood: tuple[str, ...]
    unread: tuple[Unread, ...]
    moving: tuple[Moving, ...] = ()
    short: bool = False
    """Whether it was of a number, with a name that is told whole."""


class Statements(Struct, frozen=True):
    """What was found of the resources of one wording, which says something, by what is seen of their days.

    Words that name a day are counted from the day of decision, so that what they say is of that day alone.
    """

    dated: bool
    told: dict[Seen, Told]

    def on(self, order: Order, day: dt.date) -> Told | None:
        return self.told.get((order, day) if self.dated else order)


class Moving(Struct, frozen=True, gc=False):
    """A statement, and which of the days given stand in it."""

    event: Event
    start: int
    stop: int
    passes: int | None
    """After how many days a state of the body that passes of itself is over."""

    def at(self, times: Times) -> Happened | None:
        """The statement with its days; nothing where it would end before it begins."""
        given = (self.event.start, times.start, times.stop)
        start = given[self.start]
        stop = self.event.stop if self.stop == AS_READ else given[self.stop]
        if is_backwards(start, stop):
            return None
        return self.event, start, stop, tense_of(self.event, start, stop, self.passes)


AS_READ, START, STOP = range(3)
"""A day out of the words, the day on which the statement starts, that on which it stops."""
Happened = tuple[Event, Span, Span, str]
"""A statement, from when and to when it holds, and whether it is over."""


def tense_of(event: Event, start: Span, stop: Span, passes: int | None) -> str:
    over = passes is not None and start.last is not None and start.last < -passes and not stop.known
    return "past" if over and event.time == "current" else event.time


def moving(event: Event, times: Times, passes: int | None) -> Moving:
    """Which of the days that were given with a statement stand in it."""

    def whose(span: Span, own: Span, other: Span, one: int, another: int) -> int:
        if not span.known:
            return AS_READ
        return one if span == own else another if span == other else AS_READ

    return Moving(
        event,
        whose(event.start, times.start, times.stop, START, STOP),
        whose(event.stop, times.stop, times.start, STOP, START),
        passes,
    )


class Count(NamedTuple):
    """How much had been found before a resource was read."""

    events: int
    labs: int
    text_labs: int
    notes: int
    taken_back: int
    understood: int
    unread: int


def count(found: Found) -> Count:
    return Count(
        len(found.events),
        len(found.labs),
        len(found.text_labs),
        len(found.notes),
        found.taken_back,
        len(found.understood),
        len(found.unread),
    )


# --- What was met before ------------------------------------------------------------------------------------------


def recalled(one: Typed, where: str, person: Person) -> Element | None:
    """Takes a resource like one that was read before: what became of it, and nothing where it has to be read."""
    day = person.day
    if day is None:
        return None
    if type(one) is Observation and (quantity := measured(one)) is not None:
        told = person.lexis.known.get(key_of(one, quantity))
        return None if told is None else _result(told, one, quantity, where, day, person)
    key = wording(one)
    if key is None or (known := person.lexis.known.get(key)) is None:
        return None
    at = when(sort_of(one), *days_of(one), day)
    if at is None:
        return None
    times, order = at
    said: Told | None = known.on(order, day) if type(known) is Statements else known
    if said is None or not happen(said, where, times, person.found):
        return None
    return Element(where, said.name, said.fate.fate, said.fate.reason)


def happen(told: Told, where: str, times: Times, found: Found) -> bool:
    """Takes what such a statement says with these days; nothing of it where something would end before it begins."""
    if told.moving:
        events = []
        for one in told.moving:
            happened = one.at(times)
            if happened is None:
                return False
            event, start, stop, tense = happened
            events.append(replace(event, where=f"{where}{event.where}", start=start, stop=stop, time=tense))
        found.events += events
    say(told, where, found)
    return True


def _result(
    told: Series | Told, one: Observation, quantity: Quantity, where: str, day: dt.date, person: Person
) -> Element | None:
    number = quantity.value
    at, shown = placed(one.effective_date_time.strip(), day), written(number)
    if at is None or shown is None:
        return None
    name = f"{told.name} {shown} {quantity.unit or quantity.code}"
    if len(name) > 300:
        return None
    name, fate = name.rstrip(), told.fate
    if isinstance(told, Told):
        say(told, where, person.found)
        return Element(where, name, fate.fate, fate.reason)
    if type(number) is int:
        number = Decimal(number)
    agree, word = told.flagged(number)
    if not agree or not told.least <= number <= told.most:
        return None
    when, time = at
    say(told, where, person.found)
    lab = replace(
        told.lab, where=where, text=f"{number} {told.unit}", lo=number, hi=number, when=when, time=time, qualitative=word
    )  # fmt: skip
    if is_again(lab, person):
        return Element(where, name, "set_aside", "the same result was met before")
    person.found.labs.append(lab)
    return Element(where, name, fate.fate, fate.reason)


def say(told: Series | Told, where: str, found: Found) -> None:
    if told.understood:
        found.understood += told.understood
    if told.unread:
        found.unread += [replace(one, where=f"{where}{one.where}") for one in told.unread]


def written(value: Any) -> str | None:
    """A plain number as it is shown."""
    if type(value) is Decimal:
        shown = str(value)
        if len(shown) < 30 and shown.replace(".", "").isdecimal():
            return shown
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < 30 else None
    return str(value) if type(value) is int and abs(value) < GREAT else None


def measured(one: Observation) -> Quantity | None:
    """The number of an Observation that has nothing else to say."""
    said = one.value_codeable_concept
    return one.value_quantity if not one.component and (said is EMPTY or said == EMPTY) else None


def key_of(one: Observation, quantity: Quantity) -> Key:
    beside = NUL.join((one.code, one.category, one.interpretation, one.reference_range, one.note))
    return one.status, quantity.unit, quantity.code, beside


def wording(one: Typed) -> Key | None:
    """All of a statement but its days; nothing where days stand in places that are not looked at here."""
    if isinstance(one, Observation):
        concept = bytes(one.value_codeable_concept)
        if one.value_quantity is not None or bool(one.component) == bool(concept) or bytes(one.note):
            return None
        if SURVEY in (category := bytes(one.category)) and any(other in category for other in BESIDE_SURVEY):
            return None
        parts = ((bytes(c.code), c.value_quantity.unit, c.value_quantity.code) for c in one.component)
        beside = bytes(one.interpretation), bytes(one.reference_range)
        return "o", bytes(one.code), category, one.status, concept, *beside, *parts
    if isinstance(one, Condition):
        category = bytes(one.category)
        if not one.onset_date_time and OF_A_VISIT in category:
            return None
        return "c", bytes(one.code), bytes(one.clinical_status), bytes(one.verification_status), category
    if isinstance(one, MedicationRequest):
        return ordered(one, "m", bytes(one.medication_codeable_concept))
    if isinstance(one, MedicationStatement):
        return used(one, "s", bytes(one.medication_codeable_concept))
    # Where nobody knows how far an operation is, its day tells whether it says anything at all.
    return None if one.status.strip().lower() in UNSAID else ("p", bytes(one.code), one.status)


def ordered(one: MedicationOrder, *what: Any) -> Key | None:
    """The wording of an order of what is told so."""
    course = course_of(bytes(one.dosage_instruction))
    return None if course is None else (*what, one.status, one.intent, course.rest, bytes(one.reason_code))


def used(one: MedicationUse, *what: Any) -> Key:
    """The wording of what says that somebody takes it."""
    return (*what, one.status, bytes(one.dosage), bytes(one.reason_code))


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
    if now[1:5] != before[1:5]:
        if isinstance(one, Observation) and _only_a_result(before, now):
            unread = found.unread[before.unread :]
            if all(each.where == f"{element.where}{NOTED}" for each in unread):
                _begin(one, element, resource, before, person)
        return
    number = measured(one) if isinstance(one, Observation) else None
    told = Told(
        element.text,
        fate,
        tuple(found.understood[before.understood :]),
        tuple(found.unread[before.unread :]),
    )
    events = list(dict.fromkeys(found.events[before.events :]))
    places = {one.where for one in told.unread} | {one.where for one in events}
    behind = {f"{element.where}{part}": part for part in ("", NOTED, REASON)}
    if not places <= behind.keys() or (events and f"{element.where}{NOTED}" in places):
        return
    told = replace(told, unread=tuple(replace(one, where=behind[one.where]) for one in told.unread))
    events = [replace(one, where=behind[one.where]) for one in events]
    if isinstance(one, Observation) and number is not None:
        if not events:
            _keep_silent(one, number, told, day, person)
        return
    key, at = wording(one), when(sort_of(one), *days_of(one), day)
    if key is None or at is None or fate.fate not in (USED, UNDERSTOOD, NOT_UNDERSTOOD):
        return
    times, order = at
    if isinstance(one, Observation) and not _moves_along(one, events, times):
        return
    kept = known.get(key)
    if not events and type(kept) is not Statements:
        known[key] = told
        return
    lasts = person.lexis.data.get("passing", {})
    moved = tuple(moving(event, times, lasts.get(event.concept)) for event in events)
    if type(kept) is not Statements or len(kept.told) >= KEPT:
        kept = known[key] = Statements(names_a_day(key, person.tools.lexicon), {})
    kept.told[(order, day) if kept.dated else order] = replace(told, moving=moved)


def _only_a_result(before: Count, now: Count) -> bool:
    """Whether a result was found, and no statement beside it."""
    return now[:5] == before._replace(labs=before.labs + 1)[:5]


def _moves_along(one: Observation, events: list[Event], times: Times) -> bool:
    """Whether what was found is of the day of the Observation, and of none of its numbers."""
    if one.component:
        return not events and any(kind in bytes(one.category) for kind in SILENT_KINDS)
    return all(event.start in (UNDATED, times.start) and not event.stop.known for event in events)


def _keep_silent(one: Observation, quantity: Quantity, told: Told, day: dt.date, person: Person) -> None:
    """A number of which nothing is said, whatever the number."""
    end = _ending(quantity)
    if (
        told.fate.fate not in (UNDERSTOOD, NOT_UNDERSTOOD)
        or not any(kind in bytes(one.category) for kind in SILENT_KINDS)
        or end is None
        or not told.name.endswith(end)
        or placed(one.effective_date_time.strip(), day) is None
        or not is_timeless(bytes(one.note), person.lexis)
    ):
        return
    person.lexis.known[key_of(one, quantity)] = replace(
        told, name=told.name.removesuffix(end), short=is_short(told.name)
    )


def _begin(one: Observation, element: Element, resource: Json, before: Count, person: Person) -> None:
    quantity, found = measured(one), person.found
    if quantity is None or not is_timeless(bytes(one.note), person.lexis):
        return
    lab = found.labs[-1]
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
        or names_a_sex(bytes(one.reference_range))
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
        lab,
        is_short(element.text),
        lab.ref_low,
        lab.ref_high,
        word,
        tuple(found.understood[before.understood :]),
        tuple(replace(each, where=NOTED) for each in found.unread[before.unread :]),
    )
    if lab.lo is not None and made.flagged(lab.lo) == (True, lab.qualitative):
        person.lexis.known[key_of(one, quantity)] = made


def is_short(name: str) -> bool:
    """Whether a name would be told whole beside any number that is read here."""
    return len(name) <= LONGEST_NAME


def _ending(quantity: Quantity) -> str | None:
    """How the name of a result ends: its number and unit as they were written."""
    shown = written(quantity.value)
    return None if shown is None else f" {shown} {quantity.unit or quantity.code}".rstrip()


def is_plain(lab: Lab) -> bool:
    """A number and its unit, and nothing beside them but a flag and a range."""
    extra = (lab.problem, lab.method, lab.specimen)
    return all(one is None for one in extra) and lab.lo is not None and lab.lo == lab.hi
