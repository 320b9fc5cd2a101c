"""Every way in which one thing about a person could be learned or be otherwise, as changes of facts.

A result moves all facts that read it; a statement takes the facts along that it implies.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cobalens.engines.person import FAR, KNOWN_OTHERWISE, LEARNED, SUPPOSED, WERE, Move, Person, known, reread
from cobalens.engines.remeasure import result_moves
from cobalens.engines.shelf import DOSING, FOLLOWS, NEVER, Shelf, concepts_of, suppose
from cobalens.model.record import Event
from cobalens.model.ruleset import UNKNOWN, Fact


def all_moves(person: Person) -> list[Move]:
    """Results first, then statements, in the ruleset's order."""
    found: list[Move] = []
    for analyte in person.shelf.labs:
        found += result_moves(person, analyte)
    for fact in person.shelf.stated:
        found += statement_moves(person, fact)
    return found


def statement_moves(person: Person, fact: Fact) -> Iterator[Move]:
    shelf = person.shelf
    how = shelf.revisable[fact.name]
    is_known = known(person, fact.name)
    if how == FOLLOWS or (is_known and how == NEVER):
        return
    for value, word in enumerate(fact.values):
        if value in (UNKNOWN, person.values.get(fact.name, UNKNOWN)):
            continue
        if needs_reading(shelf, fact):
            sets = by_statement(person, fact, word)
        else:
            sets = suppose(shelf, person.values, fact.name, value)
        if sets.get(fact.name) == value:
            far = FAR[how] + (KNOWN_OTHERWISE if is_known else 0.0)
            yield Move(fact.name, word, word, WERE if is_known else LEARNED, sets, far)


def needs_reading(shelf: Shelf, fact: Fact) -> bool:
    """What bears on doses or formulas is read anew from the record; the rest is set as a fact."""
    return bool(fact.answers) or fact.timeline in DOSING or not shelf.dosed.isdisjoint(concepts_of(fact))


def by_statement(person: Person, fact: Fact, word: str) -> dict[str, int]:
    """What differs when the record says one thing more, or denies it."""
    names = fact.answers.get(word) or concepts_of(fact)
    if word in ("no", "never"):
        events = tuple(e for e in person.record.events if e.concept not in names)
        said = tuple(Event(concept=n, where=SUPPOSED, text=SUPPOSED, affirmed=False) for n in names)
    elif word == "yes" or word in fact.answers:
        events = person.record.events
        said = (Event(concept=names[0], where=SUPPOSED, text=SUPPOSED),)
    else:
        return {}
    record = replace(person.record, events=events + said)
    if fact.answers:
        return reread(person, record)
    shelf = person.shelf
    record = replace(
        record,
        labs=tuple(lab for lab in record.labs if lab.analyte in shelf.untreated),
        events=tuple(e for e in record.events if e.concept in shelf.dosed or e.concept not in shelf.owned),
    )
    return reread(person, record, shelf.dose_facts)
