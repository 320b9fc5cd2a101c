"""Condition, medicines, Procedure, AllergyIntolerance, FamilyMemberHistory, NutritionOrder: statements with their status."""

from __future__ import annotations

from typing import Any

from cobalens.intake.entries import Times
from cobalens.intake.fhir.person import SET_ASIDE, UNDERSTOOD, Fate, Person, between, marked, moment, period, read_words, span, statement
from cobalens.intake.fhir.shapes import Json, annotations, bare, code_in, codings, first_code, items, number, obj, text, words
from cobalens.model.record import UNDATED, Event, Span

VOID = "entered-in-error"
SHORT = 200
"""Characters of a note that speaks of the medicine it stands by; a longer one speaks for itself."""
DOUBT = frozenset({"unconfirmed", "provisional", "differential"})
OVER = frozenset({"inactive", "remission", "resolved"})
ABORTED = frozenset({"cancelled", "abandoned", "declined", "rejected", "revoked"})
PLANNED = frozenset({"draft", "intended", "preparation", "planned", "proposed", "scheduled", "on-hold", "ready", "requested", "accepted", "received"})
ENTERED = Fate(SET_ASIDE, "entered in error")


def read_condition(resource: Json, where: str, person: Person) -> Fate | None:
    sure, state = first_code(resource.get("verificationStatus")), first_code(resource.get("clinicalStatus"))
    if VOID in (sure, state):
        return ENTERED
    start, end, _ = moment(resource, "onset", where, person)
    stop, last, _ = moment(resource, "abatement", where, person)
    stop = between(stop, last) if last.known else stop
    onset = text(resource.get("onsetString"))
    if not start.known and not onset and _is_of_a_visit(resource):
        start = _recorded(resource, where, person)
    if stop.last is not None and stop.last > 0:
        stop = UNDATED
    over = state in OVER or resource.get("abatementBoolean") is True or bool(text(resource.get("abatementString")))
    site = _site(resource)
    more = f"{site}, {onset}" if onset else site
    events = statement(resource.get("code"), where, "conditions", person, Times(start, stop), more=more)
    for stage in items(resource.get("stage")):
        if said := words(stage.get("summary")):
            said = said if "stage" in said.lower() or said[:1] in "TNMctp" else f"stage {said}"
            events += read_words(said, f"{where} stage", "conditions", person, Times(start, stop))
    events = marked(events, denied=sure == "refuted", doubt=sure in DOUBT, past=over or stop.known)
    if sure == "refuted":
        events = [event for event in events if not event.affirmed]
    person.found.events += events
    if sure != "refuted":
        _notes(resource, where, person)
    return None


def _is_of_a_visit(resource: Json) -> bool:
    return any(one.code == "encounter-diagnosis" for category in items(resource.get("category")) for one in codings(category))


def _recorded(resource: Json, where: str, person: Person) -> Span:
    """A diagnosis of one visit was there on that day."""
    visit = obj(person.index.find(resource.get("encounter"), resource).get("period"))
    return span(visit.get("start") or resource.get("recordedDate"), where, person)[0]


def _site(resource: Json) -> str:
    """Where in the body, where the name of the thing does not say so itself."""
    name = words(resource.get("code")).lower()
    sites = [said for one in items(resource.get("bodySite")) if (said := words(one)) and said.lower() not in name]
    return f" of {' and '.join(sites)}" if sites else ""


def _notes(resource: Json, where: str, person: Person, times: Times = Times()) -> None:  # noqa: B008 - frozen
    for said in annotations(resource):
        person.found.events += read_words(said, f"{where} note", "note", person, times)


# --- Medicines ----------------------------------------------------------------------------------------------------


def read_request(resource: Json, where: str, person: Person) -> Fate | None:
    """An order: given from the day it was written, unless it was stopped, withdrawn or never more than a plan."""
    status, intent = text(resource.get("status")).lower(), text(resource.get("intent")).lower()
    if status == VOID:
        return ENTERED
    if status in ABORTED or intent == "option":
        return Fate(SET_ASIDE, f"an order that was not carried out: {status if status in ABORTED else intent}")
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
        resource, items(resource.get("dosage")), where, person, start, stop, over, status == "intended", status == "not-taken"
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
    return _medicine(resource, items(resource.get("dosage")), where, person, start, stop if stop.known else start, given, status == "on-hold")


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
    return _medicine(resource, items(resource.get("dosageInstruction")), where, person, start, stop, stop.known, planned)


def _medicine(
    resource: Json, dosages: list[Json], where: str, person: Person, start: Span, stop: Span, over: bool, planned: bool, denied: bool = False
) -> Fate | None:  # fmt: skip
    drug = product(resource, person)
    name = _name(drug, person)
    if not name and not codings(drug):
        return Fate(SET_ASIDE, "it does not say which medicine")
    if over and not stop.known:
        stop = Span(start.first, None)
    if stop.last is not None and stop.last > 0:
        stop = UNDATED
    dose, route = _dose(dosages, person), _route(dosages, name, person)
    notes = list(annotations(resource))
    beside = [_instructions(dosages), *(" ".join(one.split()) for one in notes if len(one) <= SHORT)]
    said = ", ".join(one for one in beside if one)
    concept = {"text": name, "coding": drug.get("coding")} if name else drug
    times = Times(start, stop)
    events = statement(concept, where, "medications", person, times, route, dose, more=f", {said}" if said else "")
    events = marked(events, denied=denied, past=over or (stop.known and stop.last is not None and stop.last < 0), planned=planned and not denied)
    person.found.events += events
    if not denied:
        for reason in (*items(resource.get("reasonCode")), *items(resource.get("statusReason"))):
            person.found.events += statement(reason, f"{where} reason", "conditions", person)
    for said in notes:
        if len(said) > SHORT:
            person.found.events += read_words(said, f"{where} note", "note", person)
    return None


def product(resource: Json, person: Person) -> Json:
    """The medicine as a CodeableConcept: its own, or that of the Medication it refers to, ingredients and form included."""
    if own := obj(resource.get("medicationCodeableConcept")):
        return own
    reference = obj(resource.get("medicationReference"))
    found = person.index.find(reference, resource)
    code = obj(found.get("code"))
    parts = [said for one in items(found.get("ingredient")) if (said := words(one.get("itemCodeableConcept")))]
    name = words(code) or " / ".join(parts) or text(reference.get("display"))
    form = words(found.get("form"))
    if form and form.lower() not in name.lower():
        name = f"{name} {form}".strip()
    more = [coding for one in items(found.get("ingredient")) for coding in items(obj(one.get("itemCodeableConcept")).get("coding"))]
    return {"text": name, "coding": [*items(code.get("coding")), *more]}


def _name(drug: Json, person: Person) -> str:
    return words(drug)


def _course(dosages: list[Json], where: str, person: Person) -> tuple[Span, Span]:
    for one in dosages:
        bounds = obj(obj(obj(one.get("timing")).get("repeat")).get("boundsPeriod"))
        if bounds:
            return period(bounds, where, person)
    return UNDATED, UNDATED


def _dose(dosages: list[Json], person: Person) -> str | None:
    """The amount of one dose with how often; a number of tablets is no amount."""
    for one in dosages:
        parts = items(one.get("doseAndRate"))
        quantities = [obj(part.get("doseQuantity")) or obj(obj(part.get("doseRange")).get("high")) for part in parts]
        for quantity in (*quantities, obj(one.get("dose")), obj(one.get("doseQuantity"))):
            value, unit = number(quantity.get("value")), text(quantity.get("unit")) or text(quantity.get("code"))
            if value and unit and unit.lower() not in person.lexis.pieces and unit not in person.lexis.pieces:
                how_often = words(obj(one.get("timing")).get("code"))
                return f"{value} {unit}" + (f", {how_often}" if how_often else "")
    return None


def _route(dosages: list[Json], name: str, person: Person) -> str | None:
    routes = person.lexis.data.get("routes", {})
    for one in dosages:
        concept = one.get("route")
        if found := next((routes[code] for c in codings(concept) if (code := c.code) in routes or (code := c.code.upper()) in routes), ""):
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


# --- Operations and plans -----------------------------------------------------------------------------------------


def read_procedure(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    start, end, _ = moment(resource, "performed", where, person)
    if said := text(resource.get("performedString")):
        said = f", {said}"
    day = start
    events = statement(resource.get("code"), where, "procedures", person, Times(start=day), more=_site(resource) + said)
    events = _at_once(events, end if end.known else UNDATED, person)
    events = marked(events, denied=status == "not-done", doubt=status == "stopped", planned=status in PLANNED)
    if status == "not-done":
        events = [event for event in events if not event.affirmed]
    person.found.events += done(events, words(resource.get("code")), person)
    if status != "not-done":
        for reason in (*items(resource.get("reasonCode")), *items(resource.get("complication"))):
            person.found.events += statement(reason, f"{where} reason", "conditions", person)
        _notes(resource, where, person)
    return None


def done(events: list[Event], name: str, person: Person) -> list[Event]:
    """A search for a disease is no word about the disease: of a screening, only what was done counts."""
    looking = frozenset(person.lexis.data.get("looking", {}).get("words", ()))
    if looking.isdisjoint(name.lower().replace("(", " ").replace(",", " ").split()):
        return events
    kinds = person.tools.lexicon.kinds
    return [event for event in events if kinds.get(event.concept) in ("procedure", "drug", "exposure")]


def _at_once(events: list[Event], end: Span, person: Person) -> list[Event]:
    """What was done among the operations was done on its day; a drug or a gas does not go on from there."""
    from msgspec.structs import replace

    kinds = person.tools.lexicon.kinds
    made = []
    for event in events:
        once = kinds.get(event.concept) in ("drug", "exposure") and event.affirmed and not event.stop.known and event.time != "planned"
        if once and (stop := end if end.known else event.start).known and stop.last is not None and stop.last <= 0:
            event = replace(event, stop=stop, time="past" if stop.last < 0 else event.time)
        made.append(event)
    return made


def read_service(resource: Json, where: str, person: Person) -> Fate | None:
    """A request for something to be done: a plan, as long as it stands."""
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    if status in ABORTED or status == "completed" or resource.get("doNotPerform") is True:
        return Fate(UNDERSTOOD, f"a request that is {status or 'not to be carried out'}")
    if any("lab" in (one.code or one.display).lower() or one.code == "108252007" for c in items(resource.get("category")) for one in codings(c)):
        return Fate(UNDERSTOOD, "a laboratory request")
    start, _, _ = moment(resource, "occurrence", where, person)
    events = statement(resource.get("code"), where, "procedures", person, Times(start=start), more=_site(resource))
    person.found.events += marked(events, planned=True)
    return None


# --- Allergies, relatives, food -----------------------------------------------------------------------------------


def read_allergy(resource: Json, where: str, person: Person) -> Fate | None:
    sure, state = first_code(resource.get("verificationStatus")), first_code(resource.get("clinicalStatus"))
    if VOID in (sure, state):
        return ENTERED
    if listed := code_in(resource.get("code"), nothing_known(person)):
        person.found.complete.add(nothing_known(person)[listed])
        return Fate("used", "")
    said = words(resource.get("code"))
    if not said:
        said = next((person.tools.ruleset.concepts[name].label for name in _coded(resource.get("code"), person)), "")
    if not said:
        return Fate(SET_ASIDE, "it does not say to what") if not codings(resource.get("code")) else Fate("not_understood", "a code without words")
    low = said.lower()
    kind = "intolerance of" if text(resource.get("type")) == "intolerance" else "allergy to"
    named = said if any(word in low for word in ("allerg", "intoleran", "hypersensitiv", "anaphyla")) else f"{kind} {said}"
    begin = len(person.found.unread)
    events = read_words(named, where, "conditions", person)
    if not events:
        del person.found.unread[begin:]
        return Fate(UNDERSTOOD, "an allergy for which no rule asks")
    events = marked(events, denied=sure == "refuted", doubt=sure in DOUBT or sure == "presumed", past=state in OVER)
    person.found.events += events
    return None


def _coded(concept: Any, person: Person) -> tuple[str, ...]:
    from cobalens.intake.fhir.coded import concepts

    return concepts(codings(concept), person.tools)[0]


def nothing_known(person: Person) -> dict[str, str]:
    return dict(person.lexis.data.get("nothing_known", {}))


def read_family(resource: Json, where: str, person: Person) -> Fate | None:
    if text(resource.get("status")).lower() == VOID:
        return ENTERED
    for one in items(resource.get("condition")):
        events = statement(one.get("code"), where, "conditions", person)
        person.found.events += marked(events, family=True)
        for said in annotations(one):
            person.found.events += marked(read_words(said, f"{where} note", "conditions", person), family=True)
    for said in annotations(resource):
        person.found.events += marked(read_words(said, f"{where} note", "conditions", person), family=True)
    return None if items(resource.get("condition")) else Fate(UNDERSTOOD, "a relative of whom no disease is told")


def read_nutrition(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    if status in ABORTED:
        return Fate(SET_ASIDE, f"an order that was not carried out: {status}")
    start = span(resource.get("dateTime"), where, person)[0]
    flags = {"past": status in ("completed",), "planned": status in PLANNED or text(resource.get("intent")) in ("proposal", "plan")}
    parts: list[tuple[Any, str, str]] = [(one, "diet", "") for one in items(obj(resource.get("oralDiet")).get("type"))]
    parts += [(one, "diet", "") for one in items(resource.get("foodPreferenceModifier"))]
    parts += [({"text": f"no {words(one)}"}, "diet", "") for one in items(resource.get("excludeFoodModifier")) if words(one)]
    for one in items(resource.get("supplement")):
        parts.append((one.get("type") or {"text": text(one.get("productName"))}, "supplements", text(one.get("instruction"))))
    formula = obj(resource.get("enteralFormula"))
    if formula:
        named = words(formula.get("baseFormulaType")) or text(formula.get("baseFormulaProductName"))
        parts.append(({"text": bare(f"enteral feeding with {named}" if named else "enteral feeding")}, "diet", ""))
    instruction = text(obj(resource.get("oralDiet")).get("instruction"))
    if instruction:
        parts.append(({"text": instruction}, "diet", ""))
    for concept, field, more in parts:
        times = Times(start=start) if field == "supplements" else Times()
        events = statement(concept, where, field, person, times, more=f", {more}" if more else "")
        person.found.events += marked(events, past=flags["past"], planned=flags["planned"])
    _notes(resource, where, person)
    return None if parts else Fate(UNDERSTOOD, "an order without a diet")
