"""CarePlan: what it lists as still to be done is a plan, what is under way or done is read as that, the rest is set aside."""

from __future__ import annotations

from typing import Any

from cobalens.intake.entries import Times
from cobalens.intake.fhir.coded import test_of
from cobalens.intake.fhir.person import (
    SET_ASIDE,
    UNDERSTOOD,
    Fate,
    Person,
    marked,
    moment,
    read_words,
    statement,
)
from cobalens.intake.fhir.shapes import Json, codings, items, obj, remarks, text, words
from cobalens.intake.fhir.statements import ENTERED, VOID, done, read_ahead
from cobalens.model.record import UNDATED, Event, Span, Unread

DROPPED = frozenset({"cancelled", "revoked", VOID})
WAITING = frozenset({"", "not-started", "scheduled", "on-hold", "draft"})
OVER = frozenset({"completed", "stopped"})
MAX_ACTIVITIES = 500


def read_plan(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    if status == VOID:
        return ENTERED
    if status == "revoked" or text(resource.get("intent")).lower() == "option":
        return Fate(SET_ASIDE, "a plan that was withdrawn or never more than a choice")
    activities = items(resource.get("activity"))
    said = False
    for place, one in enumerate(activities[:MAX_ACTIVITIES]):
        if detail := obj(one.get("detail")):
            said = _activity(detail, status, f"{where} activity[{place}]", person) or said
    if len(activities) > MAX_ACTIVITIES:
        return Fate(
            SET_ASIDE, f"a plan of more than {MAX_ACTIVITIES} activities; the first of them were read"
        )
    for note in remarks(resource):
        person.found.events += read_words(note, f"{where} note", "note", person)
        said = True
    return None if said else Fate(UNDERSTOOD, "a plan's frame; what it refers to is read one by one")


def _activity(detail: Json, plan: str, where: str, person: Person) -> bool:
    """One activity; whether it says anything."""
    status = text(detail.get("status")).lower()
    waiting = status in WAITING
    if status in DROPPED or detail.get("doNotPerform") is True or (waiting and plan == "completed"):
        person.found.understood.append("an activity of a plan that was not carried out")
        return True
    product = obj(detail.get("productCodeableConcept")) or obj(
        person.index.find(detail.get("productReference"), detail).get("code")
    )
    drug = bool(product) or text(detail.get("kind")) == "MedicationRequest"
    concept: Any = product or obj(detail.get("code")) or {"text": text(detail.get("description"))}
    if not drug and test_of(concept, person.lexis).analyte:
        person.found.understood.append(f"a test in a plan: {words(concept)}"[:120])
        return True
    field = (
        "medications" if drug else "diet" if text(detail.get("kind")) == "NutritionOrder" else "procedures"
    )
    start, stop, _ = moment(detail, "scheduled", where, person)
    planned = waiting or plan == "draft" or (start.first is not None and start.first > 0)
    over = not planned and (status in OVER or plan == "completed")
    begin = len(person.found.unread)
    if not words(concept) and not codings(concept):
        person.found.unread.append(Unread(where, "an activity of a plan without a name"))
        return True
    beside = [text(detail.get("scheduledString")), text(detail.get("description"))]
    more = "".join(f", {one}" for one in beside if one and one != words(concept))
    if planned and field == "procedures":
        events = read_ahead(concept, where, person, start, more)
    else:
        events = statement(concept, where, field, person, _times(start, stop, planned, over), more=more)
    if not drug and field == "procedures":
        # Advice names what it is about; only what is done with the person is taken from it.
        spoken, events = events, done(_of_procedures(events, person), words(concept), person)
        if spoken and not events:
            del person.found.unread[begin:]
            person.found.understood.append("an activity of a plan that no rule needs")
    doubt = status == "unknown" and not planned
    person.found.events += marked(events, planned=planned, past=over, doubt=doubt)
    return True


def _times(start: Span, stop: Span, planned: bool, over: bool) -> Times:
    """An end that is still to come is no end yet; a plan has none."""
    if planned or (stop.last is not None and stop.last > 0):
        stop = UNDATED
    return Times(start, stop if stop.known or not over else Span(start.first, None))


def _of_procedures(events: list[Event], person: Person) -> list[Event]:
    """What is done with the person; that an activity leaves something out says nothing of how it was before."""
    kinds = person.tools.lexicon.kinds
    return [event for event in events if event.affirmed and kinds.get(event.concept) in ("procedure", "drug")]
