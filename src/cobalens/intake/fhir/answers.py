"""What an answer says in the light of its question: yes and no speak of the question, other words of themselves."""

from __future__ import annotations

from typing import Any

from cobalens.intake.entries import Times
from cobalens.intake.fhir.person import (
    Person,
    marked,
    read_words,
    statement,
)
from cobalens.intake.fhir.shapes import (
    Json,
    bare,
    codings,
    obj,
    text,
    words,
)
from cobalens.model.record import Event


def within_the_question(
    events: list[Event], matter: str, field: str, where: str, person: Person
) -> list[Event]:
    """ "None" answers its question: it empties a list only where the question was about that list."""
    declared, person.found.complete = person.found.complete, set()
    if not declared:
        return events
    unread = len(person.found.unread)
    read_words(f"no {matter}", where, field, person)
    del person.found.unread[unread:]
    asked_about, person.found.complete = person.found.complete, declared
    if declared <= asked_about:
        return events
    person.found.complete = set()
    return [event for event in events if event.affirmed]


MEASURE = ("[", " specimen", " in tissue", "receptor", " by immune", " titer", " titre")
"""What the name of a test holds, and the name of a sign does not: neither its "positive" nor its "negative" is a statement."""
LONG = 10
"""Words of a question that is more than the name of one matter."""


def is_measure(asked: Any) -> bool:
    names = [text(obj(asked).get("text")), *(one.display for one in codings(asked))]
    return any(sign in name.lower() for name in names for sign in MEASURE)


def answered(
    asked: Any, value: str, concept: Json, where: str, field: str, person: Person, times: Times
) -> list[Event]:
    """What an answer says once its question is known: yes and no speak of the question, other words of themselves."""
    data = person.lexis.data
    polarity = data.get("polarity", {})
    low = value.lower().strip(" .!")
    matter = stripped(words(asked), data)
    if low in polarity.get("unsaid", ()):
        return []
    if low in polarity.get("findings", ()) and matter:
        changed = beside(matter, low, where, field, person, times, by="")
        if changed or low in ("normal", "abnormal"):
            return changed
    if low in polarity.get("yes", ()) or low in polarity.get("no", ()):
        if len(matter.split()) > LONG:
            return []
        if low in polarity.get("no", ()):
            return denied(asked, matter, where, field, person, times)
        return statement({"text": matter, "coding": obj(asked).get("coding")}, where, field, person, times)
    return said_alone(asked, value, concept, where, field, person, times) or (
        beside(matter, value, where, field, person, times) if matter and len(matter.split()) <= LONG else []
    )


def said_alone(
    asked: Any, value: str, concept: Json, where: str, field: str, person: Person, times: Times
) -> list[Event]:
    """The answer's own words, with the word before them that its question stands for."""
    prefix = next(
        (p for one in codings(asked) if (p := person.lexis.data.get("prefix", {}).get(one.code))), ""
    )
    if prefix:
        return read_words(
            value if prefix in value.lower() else f"{prefix} {value}", where, field, person, times
        )
    return (
        statement(concept, where, field, person, times)
        if concept
        else read_words(value, where, field, person, times)
    )


def beside(
    matter: str, value: str, where: str, field: str, person: Person, times: Times, by: str = ":"
) -> list[Event]:
    """What question and answer say together, without what the question says alone."""
    alone = {(event.concept, event.affirmed) for event in read_words(matter, where, field, person, times)}
    together = read_words(f"{matter}{by} {value}", where, field, person, times)
    return [event for event in together if (event.concept, event.affirmed) not in alone]


def denied(asked: Any, matter: str, where: str, field: str, person: Person, times: Times) -> list[Event]:
    """A "no": what the question is about is denied, by its words and by its codes."""
    events = read_words(f"no {matter}", where, field, person, times) if matter else []
    if any(not event.affirmed for event in events):
        return events
    return marked(statement(asked, where, field, person, times), denied=True)


def stripped(question: str, data: Json) -> str:
    """What a question is about: "Do you have numbness?" asks for numbness."""
    said = bare(question).strip(" ?:.")
    low = said.lower()
    for start in data.get("question", {}).get("starts", ()):
        if low.startswith(f"{start} "):
            rest = said[len(start) :].strip(" :")
            return stripped(rest, data) if rest else said
    return said
