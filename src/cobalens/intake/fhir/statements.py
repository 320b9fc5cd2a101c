"""Condition, Procedure, ServiceRequest, AllergyIntolerance, FamilyMemberHistory, NutritionOrder: statements with their status."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from cobalens.intake.entries import ANY_TIME, Times
from cobalens.intake.fhir.person import (
    SET_ASIDE,
    UNDERSTOOD,
    USED,
    Fate,
    Person,
    between,
    marked,
    moment,
    read_words,
    span,
    statement,
)
from cobalens.intake.fhir.shapes import (
    Json,
    bare,
    code_in,
    codings,
    first_code,
    items,
    obj,
    remarks,
    text,
    words,
)
from cobalens.intake.testssaid import lay, take_back
from cobalens.intake.words.datedwords import names_a_day
from cobalens.model.record import UNDATED, Event, Span

VOID = "entered-in-error"
DOUBT = frozenset({"unconfirmed", "provisional", "differential"})
OVER = frozenset({"inactive", "remission", "resolved"})
ABORTED = frozenset({"cancelled", "abandoned", "declined", "rejected", "revoked"})
PLANNED = frozenset(
    {
        "draft",
        "intended",
        "preparation",
        "planned",
        "proposed",
        "scheduled",
        "on-hold",
        "ready",
        "requested",
        "accepted",
        "received",
    }
)
UNSAID = frozenset({"", "unknown"})
"""Nobody knows how far it is: its day tells."""
ENTERED = Fate(SET_ASIDE, "entered in error")
OCCURRED = "occurrence"
AHEAD = Span(1, None)
"""Some day after the decision."""


def read_condition(resource: Json, where: str, person: Person) -> Fate | None:
    sure, state = first_code(resource.get("verificationStatus")), first_code(resource.get("clinicalStatus"))
    if VOID in (sure, state):
        return ENTERED
    if (empty := emptied(resource.get("code"), person)) is not None:
        return empty
    start, _end, _ = moment(resource, "onset", where, person)
    stop, last, _ = moment(resource, "abatement", where, person)
    stop = between(stop, last) if last.known else stop
    onset = text(resource.get("onsetString"))
    if not start.known and not onset and _is_of_a_visit(resource):
        start = _recorded(resource, where, person)
    if stop.last is not None and stop.last > 0:
        stop = UNDATED
    over = (
        state in OVER
        or resource.get("abatementBoolean") is True
        or bool(text(resource.get("abatementString")))
    )
    site = _site(resource)
    more = f"{site}, {onset}" if onset else site
    told = len(person.found.text_labs)
    events = statement(resource.get("code"), where, "conditions", person, Times(start, stop), more=more)
    for stage in items(resource["stage"]) if "stage" in resource else ():
        if said := words(stage.get("summary")):
            said = said if "stage" in said.lower() or said[:1] in "TNMctp" else f"stage {said}"
            events += read_words(said, f"{where} stage", "conditions", person, Times(start, stop))
    events = marked(events, denied=sure == "refuted", doubt=sure in DOUBT, past=over or stop.known)
    if sure == "refuted":
        events = [event for event in events if not event.affirmed]
    person.found.events += events
    if sure == "refuted" or sure in DOUBT or over or stop.known:
        take_back(person.found, told)
    if sure != "refuted":
        _notes(resource, where, person)
    return None


def _is_of_a_visit(resource: Json) -> bool:
    return any(
        one.code == "encounter-diagnosis"
        for category in items(resource.get("category"))
        for one in codings(category)
    )


def _recorded(resource: Json, where: str, person: Person) -> Span:
    """A diagnosis of one visit was there on that day."""
    visit = obj(person.index.find(resource.get("encounter"), resource).get("period"))
    return span(visit.get("start") or resource.get("recordedDate"), where, person)[0]


def _site(resource: Json) -> str:
    """Where in the body, where the name of the thing does not say so itself."""
    if "bodySite" not in resource:
        return ""
    name = words(resource.get("code")).lower()
    sites = [
        said for one in items(resource.get("bodySite")) if (said := words(one)) and said.lower() not in name
    ]
    return f" of {' and '.join(sites)}" if sites else ""


def _notes(resource: Json, where: str, person: Person, times: Times = ANY_TIME) -> None:
    for said in remarks(resource):
        person.found.events += read_words(said, f"{where} note", "note", person, times)


# --- Operations and plans -----------------------------------------------------------------------------------------


def read_procedure(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    if (empty := emptied(resource.get("code"), person)) is not None:
        return empty
    # Since FHIR R5 it is called so.
    later = any(name.startswith(OCCURRED) for name in resource)
    start, end, _ = moment(resource, OCCURRED if later else "performed", where, person)
    if said := text(resource.get("performedString")):
        said = f", {said}"
    more, plans = _site(resource) + said, person.tools.lexicon.only_planned
    if status in PLANNED or (status in UNSAID and _is_ahead(start)):
        events = marked(read_ahead(resource.get("code"), where, person, start, more), planned=True)
    else:
        events = statement(resource.get("code"), where, "procedures", person, Times(start=start), more=more)
        # Of these only a plan would be of use, and what is done or not done is none, whatever its day.
        events = [event for event in events if event.concept not in plans]
        events = _at_once(events, end if end.known else UNDATED, person)
    events = marked(events, denied=status == "not-done", doubt=status == "stopped")
    if status == "not-done":
        events = [event for event in events if not event.affirmed]
    person.found.events += done(events, words(resource.get("code")), person)
    if status != "not-done":
        told = len(person.found.text_labs)
        for reason in (*items(resource.get("reasonCode")), *items(resource.get("complication"))):
            person.found.events += statement(reason, f"{where} reason", "conditions", person)
        lay(person.found, told, UNDATED if _is_ahead(start) else start)
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
    kinds = person.tools.lexicon.kinds
    made = []
    for event in events:
        once = (
            kinds.get(event.concept) in ("drug", "exposure")
            and event.affirmed
            and not event.stop.known
            and event.time != "planned"
        )
        if (
            once
            and (stop := end if end.known else event.start).known
            and stop.last is not None
            and stop.last <= 0
        ):
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
    if any(
        "lab" in (one.code or one.display).lower() or one.code == "108252007"
        for c in items(resource.get("category"))
        for one in codings(c)
    ):
        return Fate(UNDERSTOOD, "a laboratory request")
    start, _, _ = moment(resource, "occurrence", where, person)
    events = read_ahead(resource.get("code"), where, person, start, _site(resource))
    plans = person.tools.lexicon.only_planned
    for category in items(resource.get("category")):
        # An order for anything of the kind *surgical procedure* is one for an operation.
        begin, told = len(person.found.unread), {event.concept for event in events}
        found = read_ahead(category, where, person, start, "")
        events += [one for one in found if one.concept in plans and one.concept not in told]
        del person.found.unread[begin:]
    person.found.events += marked(events, planned=True, doubt=_is_overdue(resource, where, person, start))
    return None


def _is_overdue(resource: Json, where: str, person: Person, start: Span) -> bool:
    """Whether an order was left open so long that it may have been carried out, or given up, without a word."""
    after = person.lexis.data.get("overdue", {})
    written = UNDATED if start.known else span(resource.get("authoredOn"), where, person)[0]
    return _is_before(start, after.get("day")) or _is_before(written, after.get("written"))


def _is_before(when: Span, days: int | None) -> bool:
    return days is not None and when.last is not None and when.last < -days


def read_ahead(concept: Any, where: str, person: Person, start: Span, more: str) -> list[Event]:
    """What a plan speaks of. It lies ahead, whatever day was meant for it: a *hip replacement* is told only where it is a plan.

    Where somebody is asked about an operation, or is to see to what follows it, nobody says that one is planned.
    """
    named = words(concept)
    dated = names_a_day((named, more), person.tools.lexicon)
    times = Times(start=start if dated or _is_ahead(start) else AHEAD)
    events = statement(concept, where, "procedures", person, times, more=more)
    around = frozenset(person.lexis.data.get("around", {}).get("words", ()))
    unsure = not around.isdisjoint(
        named.lower().replace("-", " ").replace("(", " ").replace(",", " ").split()
    )
    return marked([replace(one, start=start) if one.start == AHEAD else one for one in events], doubt=unsure)


def _is_ahead(start: Span) -> bool:
    return start.first is not None and start.first > 0


# --- Allergies, relatives, food -----------------------------------------------------------------------------------


def read_allergy(resource: Json, where: str, person: Person) -> Fate | None:
    sure, state = first_code(resource.get("verificationStatus")), first_code(resource.get("clinicalStatus"))
    if VOID in (sure, state):
        return ENTERED
    if (empty := emptied(resource.get("code"), person)) is not None:
        return empty
    said = words(resource.get("code"))
    if not said:
        said = next(
            (person.tools.ruleset.concepts[name].label for name in _coded(resource.get("code"), person)), ""
        )
    if not said:
        return (
            Fate(SET_ASIDE, "it does not say to what")
            if not codings(resource.get("code"))
            else Fate("not_understood", "a code without words")
        )
    low = said.lower()
    kind = "intolerance of" if text(resource.get("type")) == "intolerance" else "allergy to"
    named = (
        said
        if any(word in low for word in ("allerg", "intoleran", "hypersensitiv", "anaphyla"))
        else f"{kind} {said}"
    )
    begin = len(person.found.unread)
    events = read_words(named, where, "conditions", person)
    if not events:
        del person.found.unread[begin:]
        return Fate(UNDERSTOOD, "an allergy for which no rule asks")
    events = marked(
        events, denied=sure == "refuted", doubt=sure in DOUBT or sure == "presumed", past=state in OVER
    )
    person.found.events += events
    return None


def _coded(concept: Any, person: Person) -> tuple[str, ...]:
    from cobalens.intake.fhir.coded import concepts

    return concepts(codings(concept), person.lexis)[0]


def emptied(concept: Any, person: Person) -> Fate | None:
    """A code that stands for a whole list: there is nothing on it, or nobody knows what is."""
    known = person.lexis.data.get("nothing_known", {})
    if listed := code_in(concept, known):
        person.found.complete.add(known[listed])
        return Fate(USED, "")
    if code_in(concept, person.lexis.data.get("nothing_told", {})):
        return Fate(UNDERSTOOD, "it says that nothing is known of this list")
    return None


def read_family(resource: Json, where: str, person: Person) -> Fate | None:
    if text(resource.get("status")).lower() == VOID:
        return ENTERED
    told = len(person.found.text_labs)
    for one in items(resource.get("condition")):
        events = statement(one.get("code"), where, "conditions", person)
        person.found.events += marked(events, family=True)
        for said in remarks(one):
            person.found.events += marked(
                read_words(said, f"{where} note", "conditions", person), family=True
            )
    for said in remarks(resource):
        person.found.events += marked(read_words(said, f"{where} note", "conditions", person), family=True)
    del person.found.text_labs[told:]
    return (
        None
        if items(resource.get("condition"))
        else Fate(UNDERSTOOD, "a relative of whom no disease is told")
    )


def read_nutrition(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    if status in ABORTED:
        return Fate(SET_ASIDE, f"an order that was not carried out: {status}")
    start = span(resource.get("dateTime"), where, person)[0]
    flags = {
        "past": status == "completed",
        "planned": status in PLANNED or text(resource.get("intent")) in ("proposal", "plan"),
    }
    parts: list[tuple[Any, str, str]] = [
        (one, "diet", "") for one in items(obj(resource.get("oralDiet")).get("type"))
    ]
    parts += [(one, "diet", "") for one in items(resource.get("foodPreferenceModifier"))]
    parts += [
        ({"text": f"no {words(one)}"}, "diet", "")
        for one in items(resource.get("excludeFoodModifier"))
        if words(one)
    ]
    for one in items(resource.get("supplement")):
        parts.append(
            (
                one.get("type") or {"text": text(one.get("productName"))},
                "supplements",
                text(one.get("instruction")),
            )
        )
    formula = obj(resource.get("enteralFormula"))
    if formula:
        named = words(formula.get("baseFormulaType")) or text(formula.get("baseFormulaProductName"))
        parts.append(
            ({"text": bare(f"enteral feeding with {named}" if named else "enteral feeding")}, "diet", "")
        )
    instruction = text(obj(resource.get("oralDiet")).get("instruction"))
    if instruction:
        parts.append(({"text": instruction}, "diet", ""))
    for concept, field, more in parts:
        times = Times(start=start) if field == "supplements" else Times()
        events = statement(concept, where, field, person, times, more=f", {more}" if more else "")
        person.found.events += marked(events, past=flags["past"], planned=flags["planned"])
    _notes(resource, where, person)
    return None if parts else Fate(UNDERSTOOD, "an order without a diet")
