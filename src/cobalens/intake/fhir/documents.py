"""What stands in words: reports, attachments, documents and their sections, questionnaires that were answered."""

from __future__ import annotations

from typing import Any

from cobalens.intake.entries import Times
from cobalens.intake.fhir.answers import answered, stripped, within_the_question
from cobalens.intake.fhir.attachments import read_attachment
from cobalens.intake.fhir.observations import read_contained
from cobalens.intake.fhir.person import (
    SET_ASIDE,
    UNDERSTOOD,
    Fate,
    Person,
    moment,
    note,
    read_words,
    span,
    statement,
)
from cobalens.intake.fhir.shapes import (
    Json,
    bare,
    codings,
    first_code,
    items,
    number,
    obj,
    plain,
    text,
    words,
)
from cobalens.model.record import UNDATED, Event, Span, Unread

VOID = "entered-in-error"
MAX_ITEMS, MAX_DEPTH = 2_000, 20
KINDS = {"rad": "imaging", "ct": "imaging", "nmr": "imaging", "img": "imaging", "radiology": "imaging", "imaging": "imaging",
         "lp29684-5": "imaging", "path": "biopsies", "sp": "biopsies", "pat": "biopsies", "lp7839-6": "biopsies", "cp": "biopsies"}  # fmt: skip
"""Category of a report -> the field that the phrase reader is told."""


def read_report(resource: Json, where: str, person: Person) -> Fate | None:
    """A report's own words; its results are read as Observations."""
    status = text(resource.get("status")).lower()
    if status in (VOID, "cancelled"):
        return Fate(SET_ASIDE, "entered in error" if status == VOID else "cancelled")
    start, _, _ = moment(resource, "effective", where, person)
    field = next(
        (
            KINDS[c.code.lower()]
            for one in items(resource.get("category"))
            for c in codings(one)
            if c.code.lower() in KINDS
        ),
        "note",
    )
    times = Times(start=start)
    read = False
    if (conclusion := resource.get("conclusion")) and isinstance(conclusion, str) and conclusion.strip():
        person.found.events += read_words(conclusion, f"{where} conclusion", field, person, times)
        read = True
    for one in items(resource.get("conclusionCode")):
        person.found.events += statement(one, f"{where} conclusion", "conditions", person, times)
        read = True
    aside = [
        read_attachment(one, f"{where} attachment", field, person, times)
        for one in items(resource.get("presentedForm"))
    ]
    read = read or "" in aside
    if within := read_contained(resource, "result", where, person):
        read = read or any(fate is None for fate in within)
    if (
        not read
        and not items(resource.get("result"))
        and (said := plain(obj(resource.get("text")).get("div")))
    ):
        person.found.events += read_words(said, f"{where} text", field, person, times)
        read = True
    if any(aside) and not read:
        return Fate(SET_ASIDE, next(why for why in aside if why))
    _left(aside, f"{where} attachment", person)
    return None if read else Fate(UNDERSTOOD, "a report; its results are read one by one")


def read_document(resource: Json, where: str, person: Person) -> Fate | None:
    """DocumentReference: texts that are carried along."""
    if VOID in (text(resource.get("status")).lower(), text(resource.get("docStatus")).lower()):
        return Fate(SET_ASIDE, "entered in error")
    start = span(resource.get("date"), where, person)[0]
    aside = [
        read_attachment(obj(one.get("attachment")), where, "note", person, Times(start=start))
        for one in items(resource.get("content"))
    ]
    if "" not in aside:
        return Fate(SET_ASIDE, next(iter(aside), "a document without a content"))
    _left(aside, where, person)
    return None


def _left(aside: list[str], where: str, person: Person) -> None:
    """Says which attachments were not read, where others or other words of the same resource were."""
    person.found.unread += [Unread(where, why) for why in dict.fromkeys(aside) if why]


def read_composition(resource: Json, where: str, person: Person) -> Fate | None:
    """Sections: what they say is empty, and the words of those that list nothing."""
    if text(resource.get("status")).lower() == VOID:
        return Fate(SET_ASIDE, "entered in error")
    lists, read = person.lexis.data.get("sections", {}), False
    sections = [(one, 0) for one in items(resource.get("section"))]
    count = 0
    while sections and count < MAX_ITEMS:
        one, depth = sections.pop(0)
        count += 1
        if depth < MAX_DEPTH:
            sections += [(inner, depth + 1) for inner in items(one.get("section"))]
        kind = next((lists[c.code] for c in codings(one.get("code")) if c.code in lists), "")
        if first_code(one.get("emptyReason")) == "nilknown" and kind:
            person.found.complete.add(kind)
            read = True
        elif not items(one.get("entry")) and (said := plain(obj(one.get("text")).get("div"))):
            person.found.events += read_words(said, f"{where} section", "note", person)
            read = True
    return None if read else Fate(UNDERSTOOD, "a document's frame; what it lists is read one by one")


def read_impression(resource: Json, where: str, person: Person) -> Fate | None:
    """ClinicalImpression, Flag, Goal, Communication: their words."""
    if text(resource.get("status")).lower() == VOID:
        return Fate(SET_ASIDE, "entered in error")
    kind = text(resource.get("resourceType"))
    said = [text(resource.get("summary")), text(resource.get("description"))]
    field = "note"
    if kind == "Goal":
        field, said = "goal", [words(resource.get("description"))]
    elif kind == "Flag":
        said = [words(resource.get("code"))]
    elif kind == "Communication":
        said = [text(one.get("contentString")) for one in items(resource.get("payload"))]
    said = [one for one in said if one]
    for one in said:
        person.found.events += read_words(one, where, field, person)
    return None if said else Fate(UNDERSTOOD, "it holds no words")


# --- Answered questionnaires --------------------------------------------------------------------------------------


def read_form(resource: Json, where: str, person: Person) -> Fate | None:
    """A QuestionnaireResponse: our own by the names of its items, any other by its words."""
    status = text(resource.get("status")).lower()
    if status in (VOID, "stopped"):
        return Fate(SET_ASIDE, "entered in error" if status == VOID else "it was not finished")
    day = span(resource.get("authored"), where, person)[0]
    waiting: list[tuple[Json, int, str]] = [(one, 0, "") for one in items(resource.get("item"))]
    count = answers = 0
    while waiting:
        one, depth, group = waiting.pop(0)
        count += 1
        if count > MAX_ITEMS:
            note(where, f"The form has more than {MAX_ITEMS} answers; the rest is not read.", person)
            break
        given = items(one.get("answer"))
        link = text(one.get("linkId"))
        if depth < MAX_DEPTH:
            inner = [
                *items(one.get("item")),
                *(nested for answer in given for nested in items(answer.get("item"))),
            ]
            waiting = [*((nested, depth + 1, link or group) for nested in inner), *waiting]
        for answer in given:
            answers += 1
            events = _item(one, link, answer, f"{where} {link}"[:200], day, person)
            person.found.events += events
    return None if answers else Fate(UNDERSTOOD, "a form without answers")


FIELDS = {"symptoms": "symptoms", "function": "function", "diet": "diet", "supplements": "supplements", "exposures": "conditions",
          "goal": "goal", "medications": "medications", "conditions": "conditions", "procedures": "procedures"}  # fmt: skip
"""First part of an item's name -> the field that the phrase reader is told."""


def _item(item: Json, link: str, answer: Json, where: str, day: Span, person: Person) -> list[Event]:
    group, _, name = link.partition(".")
    field = FIELDS.get(group, "note")
    asked: Any = {"text": text(item.get("text"))}
    yes = answer.get("valueBoolean")
    if name in person.tools.ruleset.concepts and isinstance(yes, bool):
        label = (
            bare(stripped(text(item.get("text")), person.lexis.data))
            or person.tools.ruleset.concepts[name].label
        )
        start, stop = _course(item, answer, link, where, person) if yes else (UNDATED, UNDATED)
        over = stop.last is not None and stop.last < 0
        return [
            Event(
                concept=name,
                where=where,
                text=label if yes else f"no {label}",
                affirmed=yes,
                start=start,
                stop=stop,
                time="past" if over else "current",
            )
        ]
    if group in FIELDS and name.endswith((".since", ".last")):
        return []
    concept = obj(answer.get("valueCoding"))
    value = text(concept.get("display")) or text(answer.get("valueString"))
    if not value and concept:
        value = person.lexis.data.get("answers", {}).get(text(concept.get("code")), "") or text(
            concept.get("code")
        )
    if isinstance(yes, bool):
        value = "yes" if yes else "no"
    if not value:
        quantity = obj(answer.get("valueQuantity"))
        value = (
            number(quantity.get("value"))
            or number(answer.get("valueInteger"))
            or number(answer.get("valueDecimal"))
        )
        value = f"{value} {text(quantity.get('unit'))}".strip()
    if not value:
        person.found.unread.append(
            Unread(where, text(item.get("text"))[:80] or link, "an answer in words, a number, yes or no")
        )
        return []
    if name == "other" or not asked["text"]:
        return read_words(value, where, field, person)
    coded = {"coding": [concept]} if concept else {}
    complete, person.found.complete = person.found.complete, set()
    events = answered(
        asked, value, coded, where, field, person, Times(start=Span(None, day.last) if day.known else UNDATED)
    )
    events = within_the_question(events, stripped(asked["text"], person.lexis.data), field, where, person)
    person.found.complete |= complete
    return events


def _course(item: Json, answer: Json, link: str, where: str, person: Person) -> tuple[Span, Span]:
    """Since when, and when last, as the two questions below the one give it."""
    found: dict[str, Span] = {}
    for part in (*items(answer.get("item")), *items(item.get("item"))):
        name = text(part.get("linkId")).removeprefix(f"{link}.")
        for one in items(part.get("answer")):
            found.setdefault(name, span(one.get("valueDate") or one.get("valueDateTime"), where, person)[0])
    return found.get("since", UNDATED), found.get("last", UNDATED)
