"""One person in the course of reading: what has been found, the calendar, and what became of each resource."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from cobalens import errors
from cobalens.intake import dates
from cobalens.intake.casefile import read_case
from cobalens.intake.entries import ANY_TIME, Found, Times, Tools, nothing_yet, read_text
from cobalens.intake.fhir.bundle import Directory, told_by
from cobalens.intake.fhir.coded import KEPT, Lexis, concepts
from cobalens.intake.fhir.shapes import Coding, Json, bare, codings, items, obj, text, words
from cobalens.intake.fhir.typed import Patient
from cobalens.intake.patterns import pattern
from cobalens.intake.recall import LONGEST, Recall, again, order
from cobalens.intake.testssaid import of_code
from cobalens.intake.words.datedwords import names_a_day
from cobalens.intake.words.phrases import read_phrase
from cobalens.model.cohort import NO_DAYS
from cobalens.model.record import UNDATED, Event, Lab, Note, Record, Span, Unread

INSUFFICIENT = "data_quality:insufficient_data"
USED, UNDERSTOOD, NOT_UNDERSTOOD, SET_ASIDE = "used", "understood", "not_understood", "set_aside"
MAX_NOTE = 100_000
_TIME = pattern(r"T(\d{2}:\d{2}(?::\d{2})?)\S*")


class Fate(NamedTuple):
    """What became of a resource, where its reader knows; else it follows from what was found in it."""

    fate: str
    reason: str


class Person(Struct):
    tools: Tools
    lexis: Lexis
    found: Found
    day: dt.date | None
    index: Directory
    sex: str = ""
    age: Any = None
    born: str = ""
    today: str = ""
    """The day of decision, which words such as "since 2019" are read by."""
    first: dict[tuple[str, Span], Lab] = {}
    """The first result of each test and day."""
    seen: set[tuple[Any, ...]] = set()
    """All results of a test and a day of which there are several, so that a repeated one counts once."""
    attached: set[Lab] = set()
    """Those of attached printouts."""
    reports: dict[int, str] = {}
    """Observation -> the date of the report that lists it."""
    pdfs: int = 0
    """Attached PDFs read so far."""
    died: Span | None = None


def is_again(lab: Lab, person: Person) -> bool:
    """Whether the same result was met before; from now on it was."""
    # Most are alone on their day, and numbers take long to hash.
    other = person.first.setdefault((lab.analyte, lab.when), lab)
    if other is lab:
        return False
    person.seen.add(_said_by(other))
    if (same := _said_by(lab)) in person.seen:
        return True
    person.seen.add(same)
    return False


def _said_by(lab: Lab) -> tuple[Any, ...]:
    return lab.analyte, lab.lo, lab.hi, lab.unit, lab.qualitative, lab.when, lab.time, lab.problem


# --- Dates --------------------------------------------------------------------------------------------------------


def span(value: Any, where: str, person: Person) -> tuple[Span, str]:
    """A FHIR date, dateTime or instant as days before the decision, with its time of day; not a date: undated."""
    if not isinstance(value, str) or not (said := value.strip()):
        return UNDATED, ""
    if person.day is None:
        raise errors.as_of_needed("input")
    found = placed(said, person.day)
    if found is None:
        person.found.unread.append(Unread(where, "a date that is not understood", "YYYY-MM-DD"))
        return UNDATED, ""
    return found


def placed(said: str, day: dt.date) -> tuple[Span, str] | None:
    """The days and the time of day of a date; the many that are whole are put together from a day and a clock."""
    if said[10:11] == "T" and (at := on_day(said[:10], day)) is not None and (time := clock(said[10:])):
        return at, time
    return _placed(said, day)


@lru_cache(maxsize=32_768)
def _placed(said: str, day: dt.date) -> tuple[Span, str] | None:
    found = _parsed(said)
    if found is None:
        return None
    first, last, time = found
    return Span((first - day).days, (last - day).days), time


@lru_cache(maxsize=32_768)
def _parsed(said: str) -> tuple[dt.date, dt.date, str] | None:
    try:
        return dates.parse_date(said)
    except dates.DateError:
        return None


@lru_cache(maxsize=32_768)
def on_day(said: str, day: dt.date) -> Span | None:
    """A day written in ten signs."""
    found = _placed(said, day) if said[4:5] == "-" and said[7:8] == "-" else None
    return found[0] if found is not None else None


@lru_cache(maxsize=32_768)
def clock(said: str) -> str:
    """The time of day behind a date, to the second where it is given."""
    found = _TIME.fullmatch(said)
    return found[1] if found else ""


def period(value: Any, where: str, person: Person) -> tuple[Span, Span]:
    given = obj(value)
    return span(given.get("start"), where, person)[0], span(given.get("end"), where, person)[0]


def between(start: Span, end: Span) -> Span:
    """A day somewhere from the start to the end of a period; whichever of the two comes first is its start."""
    if start.first is not None and end.last is not None and start.first > end.last:
        start, end = end, start
    return Span(start.first, end.last) if start.known or end.known else UNDATED


def moment(resource: Json, stem: str, where: str, person: Person) -> tuple[Span, Span, str]:
    """Start, end and time of day of `effective[x]`, `performed[x]`, `onset[x]` and their like."""
    for name in ("DateTime", "Instant", "Date", ""):
        value = resource.get(stem + name)
        if isinstance(value, str) and value.strip():
            at, time = span(value, where, person)
            return at, UNDATED, time
    if given := obj(resource.get(f"{stem}Period")):
        start, end = period(given, f"{where} {stem}", person)
        return start, end, ""
    timing = obj(resource.get(f"{stem}Timing"))
    events = timing.get("event")
    if isinstance(events, list) and events:
        at, time = span(events[0], f"{where} {stem}", person)
        return at, UNDATED, time
    aged = obj(resource.get(f"{stem}Age"))
    if aged and person.born and person.day:
        return _at_age(aged, person), UNDATED, ""
    return UNDATED, UNDATED, ""


def _at_age(aged: Json, person: Person) -> Span:
    """ "Onset at the age of 40" as the year in which the person was so old."""
    unit = text(aged.get("code")) or text(aged.get("unit")).lower()
    given = aged.get("value")
    if (
        unit not in ("a", "year", "years", "yr")
        or isinstance(given, bool)
        or not isinstance(given, int | Decimal)
        or not 0 <= given < 150
    ):
        return UNDATED
    years = int(given)
    born = text(person.born)[:10]
    try:
        first, last, _ = dates.parse_date(born)
        begin = first.replace(year=first.year + years, day=1)
        end = last.replace(year=last.year + years + 1, day=1)
    except (dates.DateError, ValueError, OverflowError):
        return UNDATED
    assert person.day is not None
    return Span((begin - person.day).days, min((end - person.day).days, 0))


# --- Words --------------------------------------------------------------------------------------------------------


def read_words(
    said: str, where: str, field: str, person: Person, times: Times = ANY_TIME, route: str | None = None, dose: str | None = None
) -> list[Event]:  # fmt: skip
    """As ``read_text``; a short phrase that was met before is not read again."""
    if not said.strip():
        return []
    found = person.found
    short = len(said) <= LONGEST
    today = "" if short and is_timeless(said, person.lexis) else person.today
    key = (said, field, route, dose, today, order(times))
    recalled = person.lexis.recalled
    if (
        short
        and (known := recalled.get(key)) is not None
        and (told := again(known, where, times)) is not None
    ):
        found.understood += known.understood
        found.unread += [replace(one, where=where) for one in known.unread]
        return told
    before = (len(found.understood), len(found.unread), len(found.text_labs), len(found.notes))
    # What this text declares complete is told apart from what was complete already.
    complete, found.complete = found.complete, set()
    events = read_text(said[:MAX_NOTE], where, field, person.tools, found, person.day, times, route, dose)
    plain = not found.complete and before[2:] == (len(found.text_labs), len(found.notes))
    found.complete |= complete
    if short and plain:
        if len(recalled) >= KEPT:
            recalled.clear()
        recalled[key] = Recall(
            tuple(events), times, tuple(found.understood[before[0] :]), tuple(found.unread[before[1] :])
        )
    return events


def statement(
    concept: Any, where: str, field: str, person: Person, times: Times = ANY_TIME, route: str | None = None,
    dose: str | None = None, more: str = "",
) -> list[Event]:  # fmt: skip
    """What a CodeableConcept says: its codes, and its words with ``more`` beside them; words say more than a code."""
    given = codings(concept)
    said = words(concept)
    names = [said] if said else []
    for one in given:
        if one.display and (name := bare(one.display)) not in names:
            names.append(name)
    meant, coding = concepts(given, person.lexis)
    spoken: list[Event] = []
    unread = person.found.unread
    begin, told = len(unread), len(person.found.text_labs)
    for name in names:
        at = len(unread)
        spoken = read_words(f"{name}{more}", where, field, person, times, route, dose)
        if spoken and not meant:
            del unread[begin:at]  # another name of the same thing says it
        elif meant or name is not names[0]:
            del unread[at:]
        if spoken:
            break
    known = {event.concept for event in spoken}
    missing = [name for name in meant if name not in known]
    if missing and coding is not None:
        coded = [_coded(name, coding, said, where, field, person, times, route, dose) for name in missing]
        found = person.found
        found.text_labs += of_code(coded, found.text_labs[told:], person.tools, times)
        spoken = [*coded, *spoken]
    if not names and not meant:
        _code_alone(given, where, person)
    return spoken


def _coded(
    concept: str, coding: Coding, said: str, where: str, field: str, person: Person, times: Times, route: str | None, dose: str | None
) -> Event:  # fmt: skip
    """One concept by its code; the phrase reader turns the dose into micrograms, any of the concept's phrases will do."""
    shown = said or f"{coding.system.rsplit('/', 1)[-1]} {coding.code}".strip()
    phrase = next(iter(person.tools.ruleset.concepts[concept].phrases), "")
    read = read_phrase(
        phrase, where, field, person.tools.lexicon, times.start, times.stop, route, dose
    ).events
    plain = Event(
        concept=concept,
        where=where,
        text=shown,
        start=times.start,
        stop=times.stop,
        route=route,
        dose_text=dose,
    )
    return next(
        (replace(event, text=shown) for event in read if event.concept == concept and event.affirmed), plain
    )


def _code_alone(given: list[Coding], where: str, person: Person) -> None:
    for one in given:
        if one.code:
            person.found.unread.append(Unread(where, f"{one.system} {one.code}".strip()[:120]))
            return


def marked(
    events: Iterable[Event], *, denied: bool = False, doubt: bool = False, past: bool = False, planned: bool = False, family: bool = False
) -> list[Event]:  # fmt: skip
    """What the status of a resource adds to its words."""
    made = []
    for event in events:
        if denied:
            event = replace(event, affirmed=False)
        if doubt:
            event = replace(event, doubt=True)
        if planned and event.affirmed:
            event = replace(event, time="planned")
        elif past and event.time == "current":
            event = replace(event, time="past")
        if family:
            event = replace(event, family=True)
        made.append(event)
    return made


def note(where: str, message: str, person: Person, code: str = INSUFFICIENT) -> None:
    person.found.notes.append(Note(code, where, message))


# --- Demographics -------------------------------------------------------------------------------------------------


def read_patient(resource: Json, where: str, person: Person, as_of: str | None) -> Fate | None:
    """Birth date, sex, ethnicity and death; names and numbers are not read."""
    born = text(resource.get("birthDate"))
    given: dict[str, Any] = {}
    if born:
        given["birth_date"] = born
    sex = text(resource.get("gender")).lower()
    by_extension = ""
    for one in items(resource.get("extension")):
        address = text(one.get("url")).lower()
        if "birthsex" in address or address.endswith(("us-core-sex", "recordedsexorgender")):
            value = text(one.get("valueCode")) or words(one.get("valueCodeableConcept"))
            by_extension = {"f": "female", "m": "male", "248152002": "female", "248153007": "male"}.get(
                value.lower(), value.lower()
            )
        elif "race" in address or "ethnic" in address:
            given.setdefault("ethnicity", []).extend(_ethnicity(one))
    if sex not in ("male", "female"):
        sex = by_extension if by_extension in ("male", "female") else ""
    if sex:
        given["sex"] = sex
    person.born, person.sex = born, sex
    said = _demographics(given, as_of, person)
    found = person.found
    person.age = said.age
    found.events += [replace(event, where=where) for event in said.events]
    found.notes += [replace(one, where=where) for one in said.notes]
    found.understood += said.understood
    day = text(resource.get("deceasedDateTime"))
    if resource.get("deceasedBoolean") is True or day:
        note(where, "The record says that this person has died.", person)
        person.died = died_on(day, person.day)
    return (
        Fate(USED, "")
        if said.age is not None or sex
        else Fate(UNDERSTOOD, "it gives neither birth date nor sex")
    )


def died_on(said: str, day: dt.date | None) -> Span:
    """The day of a death; open where it is not said so that it can be read."""
    found = None if day is None else placed(said.strip(), day)
    if found is None or day is None or found[0].first is None:
        return UNDATED
    return UNDATED if day + dt.timedelta(days=found[0].first) in NO_DAYS else found[0]


class Born(NamedTuple):
    """What a person's own resource says, whosever it is."""

    fate: Fate | None
    sex: str
    age: Any
    events: tuple[Event, ...]
    notes: tuple[Note, ...]
    understood: tuple[str, ...]


def known_patient(patient: Patient, person: Person) -> Born:
    """A plain Patient; many people share a birthday, a sex and a background."""
    kept = person.lexis.born
    dead = bool(patient.deceased_date_time) or patient.deceased_boolean
    # Of a whole date of birth only the completed years are told.
    years = None if person.day is None else _years(patient.birth_date, person.day)
    born = patient.birth_date if years is None else years
    background = bytes(patient.extension)
    today = "" if years is not None and is_timeless(background, person.lexis) else person.today
    key = (born, patient.gender, dead, background, today)
    found: Born | None = kept.get(key)
    if found is None:
        if len(kept) >= KEPT:
            kept.clear()
        alone = Person(
            person.tools, person.lexis, nothing_yet(), person.day, person.index, today=person.today
        )
        fate = read_patient(told_by(patient), "", alone, person.today or None)
        said = alone.found
        found = kept[key] = Born(
            fate, alone.sex, alone.age, tuple(said.events), tuple(said.notes), tuple(said.understood)
        )
    return found


def is_timeless(said: bytes | str, lexis: Lexis) -> bool:
    """Whether JSON or words say the same on every day."""
    known = lexis.timeless.get(said)
    if known is None:
        if len(lexis.timeless) >= KEPT:
            lexis.timeless.clear()
        known = lexis.timeless[said] = not names_a_day((said,), lexis.tools.lexicon)
    return known


def read_known_patient(patient: Patient, where: str, person: Person) -> Fate | None:
    """As ``read_patient``."""
    known, found = known_patient(patient, person), person.found
    person.born, person.sex, person.age = text(patient.birth_date), known.sex, known.age
    found.events += [replace(event, where=where) for event in known.events]
    found.notes += [replace(one, where=where) for one in known.notes]
    found.understood += known.understood
    if patient.deceased_date_time or patient.deceased_boolean:
        person.died = died_on(patient.deceased_date_time, person.day)
    return known.fate


@lru_cache(maxsize=32_768)
def _years(born: str, day: dt.date) -> int | None:
    if (found := _parsed(born)) is None:
        return None
    first, last, _ = found
    return dates.age_on(first, last, day)[0] if first == last and first <= day else None


def _demographics(given: dict[str, Any], as_of: str | None, person: Person) -> Record:
    """As the reader of case files understands them; many people share a birthday, a sex and a background."""
    born = given.get("birth_date")
    # Of a whole date of birth only the completed years are told.
    age = None if born is None or person.day is None else _years(born, person.day)
    key = (born if age is None else age, given.get("sex"), tuple(given.get("ethnicity", ())), as_of)
    kept = person.lexis.patients
    said = kept.get(key)
    if said is None:
        if len(kept) >= KEPT:
            kept.clear()
        said = kept[key] = read_case({"patient": given, "facts": {}}, person.tools.ruleset, as_of)
    return said


def _ethnicity(extension: Json) -> list[str]:
    """Words of a race or ethnicity extension, in the forms of US Core, UK Core and others."""
    said = [
        words(extension.get("valueCodeableConcept")),
        text(extension.get("valueString")),
        text(obj(extension.get("valueCoding")).get("display")),
    ]
    for inner in items(extension.get("extension")):
        said += [text(inner.get("valueString")), text(obj(inner.get("valueCoding")).get("display"))]
    return list(dict.fromkeys(one for one in said if one))
