"""Medicines ordered, taken, given and handed out: which, from when to when, how, and whether at all."""

from __future__ import annotations

from msgspec.structs import replace

from cobalens.intake.entries import Times
from cobalens.intake.fhir.bundle import Directory
from cobalens.intake.fhir.person import (
    SET_ASIDE,
    Fate,
    Person,
    marked,
    moment,
    period,
    read_words,
    span,
    statement,
)
from cobalens.intake.fhir.shapes import (
    NOTHING,
    Json,
    codings,
    items,
    number,
    obj,
    remarks,
    text,
    words,
)
from cobalens.intake.fhir.statements import ABORTED, ENTERED, VOID, emptied
from cobalens.intake.testssaid import lay
from cobalens.model.record import UNDATED, Event, Span

SHORT = 200
"""Characters of a note that speaks of the medicine it stands by; a longer one speaks for itself."""


def read_request(resource: Json, where: str, person: Person) -> Fate | None:
    """An order: given from the day it was written, unless it was stopped, withdrawn or never more than a plan."""
    status, intent = text(resource.get("status")).lower(), text(resource.get("intent")).lower()
    if status == VOID:
        return ENTERED
    if status in ABORTED or intent == "option":
        return Fate(
            SET_ASIDE, f"an order that was not carried out: {status if status in ABORTED else intent}"
        )
    if resource.get("doNotPerform") is True:
        return Fate(SET_ASIDE, "an order not to give it")
    dosages = items(resource.get("dosageInstruction"))
    start, stop = _course(dosages, where, person)
    if not start.known:
        start = span(resource.get("authoredOn"), where, person)[0]
    over = status in ("completed", "stopped", "on-hold")
    planned = status == "draft" or intent in ("proposal", "plan")
    return _medicine(resource, dosages, where, person, start, stop, over, planned)


def read_statement(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    start, stop, _ = moment(resource, "effective", where, person)
    over = status in ("completed", "stopped", "on-hold")
    if over and not stop.known and isinstance(resource.get("effectiveDateTime"), str):
        stop = Span(start.first, None)
    return _medicine(
        resource,
        items(resource.get("dosage")),
        where,
        person,
        start,
        stop,
        over,
        status == "intended",
        status == "not-taken" or resource.get("taken") == "n",
    )


def read_administration(resource: Json, where: str, person: Person) -> Fate | None:
    """One dose, or an infusion of some hours: over when it was given."""
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    if status == "not-done":
        return Fate(SET_ASIDE, "a dose that was not given")
    start, stop, _ = moment(resource, "effective", where, person)
    given = status in ("completed", "stopped")
    return _medicine(
        resource,
        items(resource.get("dosage")),
        where,
        person,
        start,
        stop if stop.known else start,
        given,
        status == "on-hold",
    )


def read_dispense(resource: Json, where: str, person: Person) -> Fate | None:
    """Handed out, and taken for as many days as it lasts."""
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    if status in ABORTED:
        return Fate(SET_ASIDE, f"not handed out: {status}")
    start = span(resource.get("whenHandedOver") or resource.get("whenPrepared"), where, person)[0]
    days = number(obj(resource.get("daysSupply")).get("value")).partition(".")[0]
    stop = UNDATED
    if start.last is not None and days.isdecimal() and len(days) < 5 and start.last + int(days) < 0:
        stop = Span(start.first + int(days) if start.first is not None else None, start.last + int(days))
    planned = status in ("preparation", "in-progress")
    return _medicine(
        resource, items(resource.get("dosageInstruction")), where, person, start, stop, stop.known, planned
    )


def _by_hand(events: list[Event], person: Person) -> list[Event]:
    """What stands for a habit where somebody tells of it stands for none where it was ordered, handed out or given."""
    meant = person.lexis.data.get("by_hand", {})
    told = {event.concept for event in events}
    return [
        replace(event, concept=meant.get(event.concept, event.concept))
        for event in events
        if meant.get(event.concept) not in told
    ]


def _medicine(
    resource: Json, dosages: list[Json], where: str, person: Person, start: Span, stop: Span, over: bool, planned: bool, denied: bool = False
) -> Fate | None:  # fmt: skip
    drug = product(resource, person.index)
    if (empty := emptied(drug, person)) is not None:
        return empty
    name = _name(drug, person)
    if not name and not codings(drug):
        return Fate(SET_ASIDE, "it does not say which medicine")
    if over and not stop.known:
        stop = Span(start.first, None)
    if stop.last is not None and stop.last > 0:
        stop = UNDATED
    dose, route = _dose(dosages, person), _route(dosages, name, person)
    notes = list(remarks(resource))
    beside = [_instructions(dosages), *(" ".join(one.split()) for one in notes if len(one) <= SHORT)]
    said = ", ".join(one for one in beside if one)
    concept = {"text": name, "coding": drug.get("coding")} if name else drug
    times = Times(start, stop)
    events = statement(
        concept, where, "medications", person, times, route, dose, more=f", {said}" if said else ""
    )
    if resource.get("resourceType") != "MedicationStatement":
        events = _by_hand(events, person)
    past = over or (stop.last is not None and stop.last < 0)
    events = marked(
        events,
        denied=denied,
        past=past,
        planned=planned and not denied,
    )
    person.found.events += events
    if not denied:
        told = len(person.found.text_labs)
        for reason in (*items(resource.get("reasonCode")), *items(resource.get("statusReason"))):
            person.found.events += statement(reason, f"{where} reason", "conditions", person)
        if past:
            lay(person.found, told, start)
    for said in notes:
        if len(said) > SHORT:
            person.found.events += read_words(said, f"{where} note", "note", person)
    return None


def product(resource: Json, index: Directory) -> Json:
    """The medicine as a CodeableConcept: its own, or that of the Medication it refers to, ingredients and form included."""
    # Since FHIR R5 a concept and a reference stand in one field.
    later = obj(resource.get("medication"))
    if own := obj(resource.get("medicationCodeableConcept")) or obj(later.get("concept")):
        return own
    reference = obj(resource.get("medicationReference")) or obj(later.get("reference"))
    found = index.find(reference, resource)
    code = obj(found.get("code"))
    parts = [
        said for one in items(found.get("ingredient")) if (said := words(one.get("itemCodeableConcept")))
    ]
    name = words(code) or " / ".join(parts) or text(reference.get("display"))
    form = words(found.get("form"))
    if form and form.lower() not in name.lower():
        name = f"{name} {form}".strip()
    more = [
        coding
        for one in items(found.get("ingredient"))
        for coding in items(obj(one.get("itemCodeableConcept")).get("coding"))
    ]
    return {"text": name, "coding": [*items(code.get("coding")), *more]}


def _name(drug: Json, person: Person) -> str:
    return words(drug)


def _course(dosages: list[Json], where: str, person: Person) -> tuple[Span, Span]:
    bounds = course_in(dosages)
    return period(bounds, where, person) if bounds else (UNDATED, UNDATED)


def course_in(dosages: list[Json]) -> Json:
    """From when to when an instruction holds, as the first that says so says it."""
    given = (obj(obj(obj(one.get("timing")).get("repeat")).get("boundsPeriod")) for one in dosages)
    return next(filter(None, given), NOTHING)


def _dose(dosages: list[Json], person: Person) -> str | None:
    """The amount of one dose with how often; a number of tablets is no amount."""
    for one in dosages:
        parts = items(one.get("doseAndRate"))
        quantities = [
            obj(part.get("doseQuantity")) or obj(obj(part.get("doseRange")).get("high")) for part in parts
        ]
        for quantity in (*quantities, obj(one.get("dose")), obj(one.get("doseQuantity"))):
            value, unit = (
                number(quantity.get("value")),
                text(quantity.get("unit")) or text(quantity.get("code")),
            )
            if value and unit and unit.lower() not in person.lexis.pieces and unit not in person.lexis.pieces:
                how_often = words(obj(one.get("timing")).get("code"))
                return f"{value} {unit}" + (f", {how_often}" if how_often else "")
    return None


def _route(dosages: list[Json], name: str, person: Person) -> str | None:
    routes = person.lexis.data.get("routes", {})
    for one in dosages:
        concept = one.get("route")
        if found := next(
            (
                routes[code]
                for c in codings(concept)
                if (code := c.code) in routes or (code := c.code.upper()) in routes
            ),
            "",
        ):
            return str(found)
        low = words(concept).lower()
        for word in (low, low.removesuffix(" route").removesuffix(" use")):
            if word and (by_word := routes.get(word.upper())):
                return str(by_word)
        if low:
            return low.removesuffix(" route").removesuffix(" use")
    spoken = frozenset(name.lower().replace(",", " ").split())
    for route, forms in person.lexis.data.get("forms", {}).items():
        if not spoken.isdisjoint(forms) and not (route == "oral" and "sublingual" in spoken):
            return str(route)
    return None


def _instructions(dosages: list[Json]) -> str:
    """What was written for the patient; it may hold dose, route and how it is taken."""
    said = [text(one.get("text")) or text(one.get("patientInstruction")) for one in dosages]
    return "; ".join(dict.fromkeys(one for one in said if one))[:400]
