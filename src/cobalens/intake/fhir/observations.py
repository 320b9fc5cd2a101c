"""Observation: a laboratory result, or a finding, habit or answer for the phrase reader."""

from __future__ import annotations

from cobalens.intake.entries import Times
from cobalens.intake.fhir.answers import (
    answered,
    beside,
    is_measure,
    said_alone,
    stripped,
    within_the_question,
)
from cobalens.intake.fhir.coded import Test, test_of
from cobalens.intake.fhir.person import (
    SET_ASIDE,
    UNDERSTOOD,
    Fate,
    Person,
    between,
    moment,
    note,
    read_words,
    span,
)
from cobalens.intake.fhir.quantities import Written, value_of
from cobalens.intake.fhir.results import PANEL, capital, read_result
from cobalens.intake.fhir.shapes import (
    Json,
    absent,
    codings,
    first_code,
    items,
    obj,
    remarks,
    text,
    words,
)
from cobalens.model.record import UNDATED, Event, Span, Unread

VOID = frozenset({"entered-in-error"})
CATEGORIES = {
    "exam": "examination",
    "imaging": "imaging",
    "survey": "symptoms",
    "social-history": "conditions",
    "procedure": "procedures",
}
"""Category of an Observation -> the field that the phrase reader is told."""
VITAL = "vital-signs"
MAX_COMPONENTS = 500


def read_observation(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    test = test_of(resource.get("code"), person.lexis)
    if status in VOID:
        return _void(test, where, person)
    when, time = dated(resource, where, person)
    fate = _one(resource, resource, test, where, when, time, status, person)
    components = items(resource.get("component"))
    if not components and "note" not in resource and "hasMember" not in resource:
        return fate
    members = read_contained(resource, "hasMember", where, person)
    for place, part in enumerate(components[:MAX_COMPONENTS]):
        _one(
            part,
            resource,
            test_of(part.get("code"), person.lexis),
            f"{where} component[{place}]",
            when,
            time,
            status,
            person,
        )
    for said in remarks(resource):
        person.found.events += read_words(said, f"{where} note", "lab_note", person, Times(start=when))
    if fate is None or fate.fate == SET_ASIDE:
        return fate
    # What its members or notes say counts for the whole; without any, a panel is only a frame.
    if components or items(resource.get("note")) or any(one is None for one in members):
        return None
    return Fate(UNDERSTOOD, PANEL) if items(resource.get("hasMember")) else fate


def read_contained(resource: Json, field: str, where: str, person: Person) -> list[Fate | None]:
    """The results that a report or a panel carries in itself; those that stand elsewhere are read in their place."""
    found: list[Fate | None] = []
    for place, one in enumerate(items(resource.get(field))):
        if text(one.get("reference")).startswith("#"):
            held = person.index.find(one, resource)
            if held.get("resourceType") == "Observation" and held is not resource and "hasMember" not in held:
                own = held if _DATED.intersection(held) else {**_day_of(resource), **held}
                found.append(read_observation(own, f"{where} {field}[{place}]", person))
    return found


_DATED = frozenset({"effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming", "issued"})


def _day_of(resource: Json) -> Json:
    """What a panel or a report says of the day, for those of its results that say nothing of it themselves."""
    return {name: resource[name] for name in sorted(_DATED & set(resource))}


NO_VALUE = "it holds no result"


def _void(test: Test, where: str, person: Person) -> Fate:
    analyte = person.tools.analytes.analytes.get(test.analyte)
    if analyte is not None and analyte.used:
        note(
            where,
            f"{capital(analyte.label)}: the result is marked as entered in error; it is not used.",
            person,
        )
    return Fate(SET_ASIDE, "entered in error")


def dated(resource: Json, where: str, person: Person) -> tuple[Span, str]:
    """When the sample was taken: effective time, specimen, the report that lists it, the visit, the day of issue."""
    if isinstance(at := resource.get("effectiveDateTime"), str) and at:
        return span(at, where, person)
    start, end, time = moment(resource, "effective", where, person)
    if start.known or end.known:
        return (between(start, end) if end.known else start), time
    specimen = person.index.find(resource.get("specimen"), resource)
    if collection := obj(specimen.get("collection")):
        start, end, time = moment(collection, "collected", where, person)
        if start.known or end.known:
            return (between(start, end) if end.known else start), time
    if reported := person.reports.get(id(resource)):
        return span(reported, where, person)
    visit = obj(person.index.find(resource.get("encounter"), resource).get("period"))
    if visit:
        begin, end = span(visit.get("start"), where, person)[0], span(visit.get("end"), where, person)[0]
        if begin.known:
            return between(begin, end) if end.known else begin, ""
    return span(resource.get("issued"), where, person)


def _one(
    part: Json, whole: Json, test: Test, where: str, when: Span, time: str, status: str, person: Person
) -> Fate | None:  # fmt: skip
    """One value: the Observation's own, or that of a component."""
    for code in test.rejected:
        person.found.unread.append(
            Unread(f"{where} code", code, "a code whose check digit holds; its words are read instead")
        )
    value, unit, sign = value_of(part, test, person)
    missing = _missing(part) if value is None else ""
    if test.clash:
        person.found.unread.append(
            Unread(where, test.name[:80] or test.code, "codes that mean the same test")
        )
        return Fate(SET_ASIDE, "its codes mean different tests")
    if test.analyte:
        return read_result(part, whole, test, value, unit, sign, missing, where, when, time, status, person)
    if is_vital(whole):
        return Fate(UNDERSTOOD, "a vital sign; no rule reads it")
    if status == "cancelled":
        return Fate(SET_ASIDE, "cancelled")
    if missing and value is None:
        return Fate(SET_ASIDE, f"no value: {missing}"[:80])
    if value is None and not isinstance(part.get("valueBoolean"), bool):
        return Fate(UNDERSTOOD, NO_VALUE) if part is whole else None
    person.found.events += _finding(part, whole, value, unit, where, when, person)
    return None


def _missing(part: Json) -> str:
    """Why there is no value, where the source says so."""
    extended = (
        part.get(name)
        for name in ("valueQuantity", "_valueString", "_valueBoolean", "_valueInteger", "_valueDateTime")
    )
    return first_code(part.get("dataAbsentReason")) or next(
        (why for one in extended if (why := absent(one))), ""
    )


def is_vital(whole: Json) -> bool:
    return any(
        one.get("code") == VITAL
        for category in items(whole.get("category"))
        for one in items(category.get("coding"))
    )


def _finding(
    part: Json, whole: Json, value: Written | None, unit: str, where: str, when: Span, person: Person
) -> list[Event]:
    """A sign, a habit, an answer: the value in the light of what was asked. What is not understood is named once."""
    kinds = [one.code for c in items(whole.get("category")) for one in codings(c)]
    field = next((CATEGORIES[kind] for kind in kinds if kind in CATEGORIES), "note")
    of_laboratory, of_life = "laboratory" in kinds, bool({"survey", "social-history"} & set(kinds))
    times = (
        Times(start=when)
        if field != "symptoms"
        else Times(start=Span(None, when.last) if when.known else UNDATED)
    )
    unread = person.found.unread
    begin = len(unread)
    yes = part.get("valueBoolean")
    measured = bool(part.get("valueQuantity")) or part.get("valueInteger") is not None
    if isinstance(yes, bool):
        value = "yes" if yes else "no"
    assert value is not None
    value = str(value)
    asked, concept = part.get("code"), obj(part.get("valueCodeableConcept"))
    matter = stripped(words(asked), person.lexis.data)
    complete, person.found.complete = person.found.complete, set()
    if measured:
        events = (
            []
            if of_laboratory or is_measure(asked)
            else beside(matter, f"{value} {unit}".strip(), where, field, person, times)
        )
    elif is_measure(asked):
        events = said_alone(asked, value, concept, where, field, person, times)
    else:
        events = answered(asked, value, concept, where, field, person, times)
    events = within_the_question(events, matter, field, where, person)
    person.found.complete |= complete
    if of_laboratory:
        signs = ("finding", "symptom")
        events = [
            event
            for event in events
            if person.tools.lexicon.kinds.get(event.concept) in signs or event.where != where
        ]
    missed = measured or is_measure(asked) or len(unread) > begin
    del unread[begin:]
    if missed and not events and not of_life:
        unread.append(
            Unread(where, (words(asked) or next((f"{c.system} {c.code}" for c in codings(asked)), ""))[:120])
        )
    elif not events and of_life:
        person.found.understood.append("an answer about how the person lives")
    return events
