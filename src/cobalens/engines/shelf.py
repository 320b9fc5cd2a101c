"""What counterfactuals need of one ruleset under one pack, prepared once: who reads what, what implies what, what can change."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cobalens.engines.cells import Bound
from cobalens.engines.scenarios import Program, prepare
from cobalens.model.counterfactual import QUESTIONS
from cobalens.model.ruleset import UNKNOWN, Fact, Pack, Row, Ruleset, Table

NEVER, ASK, REMEASURE, TIME, FOLLOWS = "never", "ask", "remeasure", "time", "follows"
AGE = "age"
DOSING = frozenset({"treatment_state", "sample_timing"})
IMPLIES = {
    "ever": {"ever", "suspected"},
    "current": {"current", "ever", "suspected", "current_or_planned"},
    "lasting": {"lasting", "begun", "current", "ever", "suspected", "current_or_planned"},
    "begun": {"begun", "ever", "suspected"},
    "planned": {"planned", "current_or_planned"},
    "suspected": {"suspected"},
    "current_or_planned": {"current_or_planned"},
}
"""What a yes along one timeline makes certain along others."""
_KEPT = 16


class Shelf(Struct):
    """What is prepared once per ruleset and pack."""

    ruleset: Ruleset
    pack: Pack
    program: Program
    """The tables below the questions."""
    everything: Program
    labs: dict[str, tuple[Fact, ...]]
    """Analyte -> all facts that read it, for analytes on which the questions depend."""
    stated: tuple[Fact, ...]
    yes: dict[str, tuple[str, ...]]
    """Fact -> facts that are a yes when it is."""
    no: dict[str, tuple[str, ...]]
    revisable: dict[str, str]
    lines: dict[tuple[str, str], tuple[Bound, ...]]
    """Analyte, unit -> where its limits cut the line; filled as units are met."""
    dosed: frozenset[str]
    """Concepts that say when B12 was given."""
    untreated: frozenset[str]
    """Analytes that are read without the vitamin in them."""
    dose_facts: tuple[str, ...]
    """Facts on which a dose can bear."""
    owned: frozenset[str]
    """Concepts on which some fact rests."""
    result_facts: tuple[Fact, ...]
    """Every fact that reads a result, age left out."""
    sampled: dict[str, frozenset[str]]
    """Facts about the time from dose to sample -> the tests of which the sample may be."""
    readers: dict[str, str]
    """Fact -> the first question that reads it."""
    rows: dict[tuple[str, str], Row]
    questions: dict[str, Table]
    """The tables of the questions asked."""


_shelves: dict[tuple[int, str], Shelf] = {}


def shelf_for(ruleset: Ruleset, pack: Pack) -> Shelf:
    key = (id(ruleset), pack.name)
    found = _shelves.get(key)
    if found is None or found.ruleset is not ruleset or found.pack is not pack:
        if len(_shelves) >= _KEPT:
            _shelves.clear()
        found = _shelves[key] = make_shelf(ruleset, pack)
    return found


def make_shelf(ruleset: Ruleset, pack: Pack) -> Shelf:
    program = prepare(ruleset, pack, QUESTIONS)
    made = {step.name: step for step in program.steps}
    read = set(program.facts)
    by_analyte: dict[str, list[Fact]] = {}
    for fact in ruleset.facts.values():
        if fact.lab:
            by_analyte.setdefault(fact.of[0], []).append(fact)
    revisable = {name: revisable_of(ruleset, fact) for name, fact in ruleset.facts.items()}
    yes, no = implications(ruleset)
    dosed = frozenset(n for f in ruleset.facts.values() if f.timeline in DOSING for n in concepts_of(f))
    untreated = frozenset(f.of[0] for f in ruleset.facts.values() if f.lab and f.timeline == "untreated")
    return Shelf(
        ruleset=ruleset,
        pack=pack,
        program=program,
        everything=prepare(ruleset, pack, made=made),
        labs={a: tuple(facts) for a, facts in by_analyte.items() if any(f.name in read for f in facts)},
        stated=tuple(f for f in ruleset.facts.values() if not f.lab and f.name in read),
        yes=yes,
        no=no,
        revisable=revisable,
        lines={},
        dosed=dosed,
        untreated=untreated,
        dose_facts=tuple(
            f.name
            for f in ruleset.facts.values()
            if (f.of[0] in untreated if f.lab else dosed.issuperset(concepts_of(f)))
        ),
        owned=frozenset(n for f in ruleset.facts.values() if not f.lab for n in concepts_of(f)),
        result_facts=tuple(f for f in ruleset.facts.values() if f.lab and f.of[0] != AGE),
        sampled={
            f.name: frozenset(f.samples) or untreated
            for f in ruleset.facts.values()
            if f.timeline == "sample_timing"
        },
        readers={name: table.name for table in reversed(ruleset.tables) for name in table.inputs},
        rows={(table.name, row.name): row for table in ruleset.tables for row in table.rows},
        questions={table.name: table for table in ruleset.tables if table.name in QUESTIONS},
    )


def revisable_of(ruleset: Ruleset, fact: Fact) -> str:
    """How a fact could become otherwise: by its own entry, else by its timeline, else by the kinds of its concepts."""
    table = ruleset.lexicon.get("revisable", {})
    own = table.get("facts", {}).get(fact.name) or table.get("timelines", {}).get(fact.timeline)
    if own:
        return str(own)
    if fact.lab:
        return REMEASURE
    kinds = {ruleset.concepts[name].kind for name in concepts_of(fact) if name in ruleset.concepts}
    by_kind = {str(table.get("kinds", {}).get(kind, ASK)) for kind in kinds}
    return next((one for one in (NEVER, TIME, ASK) if one in by_kind), ASK)


def concepts_of(fact: Fact) -> tuple[str, ...]:
    return (*fact.of, *fact.routed, *(name for names in fact.answers.values() for name in names))


def implications(ruleset: Ruleset) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Between facts that rest on the same statements: a narrower yes makes a wider one, a wider no a narrower one."""
    plain = [
        fact
        for fact in ruleset.facts.values()
        if not fact.lab and not fact.answers and not fact.routed and fact.timeline in IMPLIES
    ]
    rests = {fact.name: frozenset(fact.of) for fact in plain}
    resting: dict[str, list[Fact]] = {}
    for fact in plain:
        for concept in rests[fact.name]:
            resting.setdefault(concept, []).append(fact)
    yes: dict[str, list[str]] = {}
    no: dict[str, list[str]] = {}
    for narrow in plain:
        for wide in resting[narrow.of[0]] if narrow.of else plain:
            if (
                narrow is not wide
                and rests[narrow.name] <= rests[wide.name]
                and wide.timeline in IMPLIES[narrow.timeline]
                and (narrow.timeline != wide.timeline or (narrow.lingers <= wide.lingers))
                and (wide.for_at_least or 0) <= (narrow.for_at_least or 0)
            ):
                yes.setdefault(narrow.name, []).append(wide.name)
                no.setdefault(wide.name, []).append(narrow.name)
    return {n: tuple(found) for n, found in yes.items()}, {n: tuple(found) for n, found in no.items()}


def suppose(shelf: Shelf, values: Mapping[str, int], fact: str, value: int) -> dict[str, int]:
    """The facts that change when one is set, with those that it implies."""
    sets = {fact: value}
    word = shelf.ruleset.facts[fact].values[value]
    for other in shelf.yes.get(fact, ()) if word == "yes" else shelf.no.get(fact, ()) if word == "no" else ():
        sets[other] = shelf.ruleset.facts[other].values.index(word)
    return {name: one for name, one in sets.items() if one != values.get(name, UNKNOWN) or name == fact}
