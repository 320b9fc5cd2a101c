"""Every way in which one thing about a person could be learned or be otherwise, as changes of facts.

A result moves all facts that read it together; a statement takes the facts along that it implies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import log

from msgspec import Struct
from msgspec.structs import replace

from cobalens.engines.cells import Bound, Cell, cells_of, inside, nearest, passes, words
from cobalens.engines.scenarios import Program, prepare
from cobalens.model.counterfactual import QUESTIONS, Intake
from cobalens.model.facts import Facts
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import UNKNOWN, Fact, Pack, Row, Ruleset, Table

LEARNED, WERE = "learned", "were"
NEVER, ASK, REMEASURE, TIME, FOLLOWS = "never", "ask", "remeasure", "time", "follows"
AGE = "age"
SUPPOSED = "what-if"
READ_ALONE = frozenset({"latest", "range"})
"""Timelines that one new result decides by itself."""
DOSING = frozenset({"treatment_state", "sample_timing"})
IMPLIES = {
    "ever": {"ever", "suspected"},
    "current": {"current", "ever", "suspected", "current_or_planned"},
    "planned": {"planned", "current_or_planned"},
    "suspected": {"suspected"},
    "current_or_planned": {"current_or_planned"},
}
"""What a yes along one timeline makes certain along others."""
UNSOURCED = 0.15
"""The spread by which nearness is judged where no variation is sourced; it orders, and decides nothing."""
FAR = {NEVER: 4.0, ASK: 3.0, REMEASURE: 2.0, TIME: 6.0}
"""How near something unknown counts; what is known lies further than what could be asked."""
KNOWN_OTHERWISE = 3.0
_KEPT = 16


class Move(Struct, frozen=True):
    """One change: how it is named, and what it does to the facts."""

    fact: str
    value: str
    """The value's own name in the ruleset."""
    words: str
    kind: str
    sets: dict[str, int]
    distance: float
    cell: Cell | None = None
    unit: str | None = None
    place: int = 0
    """The order among the neighbouring stretches of one result."""
    side: int = 0
    """Below (-1) or above (1) the present result."""


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
    dose_facts: frozenset[str]
    """Facts on which a dose can bear."""
    owned: frozenset[str]
    """Concepts on which some fact rests."""
    result_facts: tuple[Fact, ...]
    """Every fact that reads a result, age left out."""
    sampled: frozenset[str]
    """Facts about the time from dose to sample."""
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
        everything=prepare(ruleset, pack),
        labs={a: tuple(facts) for a, facts in by_analyte.items() if any(f.name in read for f in facts)},
        stated=tuple(f for f in ruleset.facts.values() if not f.lab and f.name in read),
        yes=yes,
        no=no,
        revisable=revisable,
        lines={},
        dosed=dosed,
        untreated=untreated,
        dose_facts=frozenset(
            f.name
            for f in ruleset.facts.values()
            if (f.of[0] in untreated if f.lab else dosed.issuperset(concepts_of(f)))
        ),
        owned=frozenset(n for f in ruleset.facts.values() if not f.lab for n in concepts_of(f)),
        result_facts=tuple(f for f in ruleset.facts.values() if f.lab and f.of[0] != AGE),
        sampled=frozenset(f.name for f in ruleset.facts.values() if f.timeline == "sample_timing"),
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
        if not fact.lab and not fact.answers and not fact.routed and not fact.route and fact.timeline in IMPLIES
    ]
    yes: dict[str, list[str]] = {}
    no: dict[str, list[str]] = {}
    for narrow in plain:
        for wide in plain:
            if (
                narrow is not wide
                and set(narrow.of) <= set(wide.of)
                and wide.timeline in IMPLIES[narrow.timeline]
                and (narrow.timeline != wide.timeline or (narrow.lingers <= wide.lingers))
                and wide.dose_at_least is None
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


# --- One person -----------------------------------------------------------------------------------------------------


class Person(Struct, frozen=True):
    """One person in hand."""

    shelf: Shelf
    facts: Facts
    values: dict[str, int]
    record: Record
    intake: Intake


def all_moves(person: Person) -> list[Move]:
    """Results first, then statements, in the ruleset's order."""
    found: list[Move] = []
    for analyte in person.shelf.labs:
        found += result_moves(person, analyte)
    for fact in person.shelf.stated:
        found += statement_moves(person, fact)
    return found


def known(person: Person, fact: str) -> bool:
    return person.values.get(fact, UNKNOWN) != UNKNOWN


# --- Statements -----------------------------------------------------------------------------------------------------


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


def reread(person: Person, record: Record, only: frozenset[str] | None = None) -> dict[str, int]:
    """What differs once the record does; ``only``: the facts that it can bear on."""
    found = person.intake.reread(record).values
    names = only if only is not None else dict.fromkeys((*found, *person.facts.values))
    now = {name: found[name].value if name in found else UNKNOWN for name in names}
    return {name: value for name, value in now.items() if value != person.values.get(name, UNKNOWN)}


# --- Results --------------------------------------------------------------------------------------------------------


def result_moves(person: Person, analyte: str) -> Iterator[Move]:
    if analyte == AGE:
        yield from age_moves(person)
        return
    facts = person.shelf.labs[analyte]
    measured = [f for f in facts if f.limits and f.timeline in ("untreated", "latest")]
    if not measured:
        for fact in facts:
            if fact.timeline == "range" and fact.name in person.shelf.program.facts:
                yield from word_moves(person, fact)
        return
    lab = lab_in_hand(person, analyte)
    is_known = any(known(person, fact.name) for fact in measured)
    yield from value_moves(person, analyte, measured, lab, is_known)


def word_moves(person: Person, fact: Fact) -> Iterator[Move]:
    """A result that rules read against the printed range alone."""
    here = person.values.get(fact.name, UNKNOWN)
    for value, word in enumerate(fact.values):
        if value in (UNKNOWN, here) or word in not_a_result(person.shelf.ruleset, fact.name):
            continue
        yield Move(
            fact.name, word, range_words(person.shelf.ruleset, fact.name, word), WERE if here else LEARNED,
            {fact.name: value}, FAR[REMEASURE] + (KNOWN_OTHERWISE if here else 0.0), place=value,
            side=(value > here) - (value < here) if here else 0,
        )  # fmt: skip


def range_words(ruleset: Ruleset, fact: str, word: str) -> str:
    table = ruleset.lexicon.get("tests", {}).get("range_words", {})
    return str(table.get(fact, {}).get(word) or table.get("any", {}).get(word) or word)


def not_a_result(ruleset: Ruleset, fact: str) -> frozenset[str]:
    """Words of a printed range that this test never gives: no antibody is "below" its range."""
    own = ruleset.lexicon.get("tests", {}).get("range_words", {}).get(fact, {})
    return frozenset({"below", "within", "above"} - set(own)) if own else frozenset()


def lab_in_hand(person: Person, analyte: str) -> Lab | None:
    """The result on which the newest known reading of an analyte rests; ``None`` when there is none, or it was calculated."""
    facts = sorted(person.shelf.labs[analyte], key=lambda f: f.timeline != "latest")
    for fact in facts:
        if fact.limits and known(person, fact.name):
            where = {basis.where for basis in person.facts.values[fact.name].basis}
            for lab in person.record.labs:
                if lab.analyte == analyte and lab.where in where:
                    return lab
    return None


def unit_of(person: Person, facts: list[Fact], lab: Lab | None) -> str | None:
    """The unit reported, else the first in which the limits are had."""
    analyte = person.shelf.ruleset.analytes[facts[0].of[0]]
    for unit in dict.fromkeys((lab.unit if lab else None, *analyte.units)):
        if unit is not None and line(person, analyte.name, facts, unit):
            return unit
    return None


def line(person: Person, analyte: str, facts: list[Fact], unit: str) -> tuple[Bound, ...]:
    """Where the limits that rules read cut the line of an analyte in a unit."""
    key = (analyte, unit)
    found = person.shelf.lines.get(key)
    if found is None:
        bounds: dict[Bound, None] = {}
        for fact in facts:
            for cut in person.intake.cuts(fact, unit) or ():
                bounds[Bound(cut.value, cut.edge == "<=")] = None
        found = person.shelf.lines[key] = tuple(sorted(bounds))
    return found


def printed(lab: Lab | None) -> list[Bound]:
    """The ends of the printed range."""
    if lab is None:
        return []
    ends = [Bound(lab.ref_low, False)] if lab.ref_low is not None else []
    return [*ends, Bound(lab.ref_high, True)] if lab.ref_high is not None else ends


def value_moves(
    person: Person, analyte: str, measured: list[Fact], lab: Lab | None, is_known: bool
) -> Iterator[Move]:
    unit = unit_of(person, measured, lab)
    if unit is None:
        return
    lab = lab if lab is not None and lab.unit == unit else None
    ranged = any(f.name in person.shelf.program.facts for f in person.shelf.labs[analyte] if not f.limits)
    cells = cells_of((*line(person, analyte, measured, unit), *(printed(lab) if ranged else ())))
    value = exact(lab)
    here = place_here(person, cells, measured, value)
    main = next((f for f in measured if f.name in person.shelf.program.facts), measured[0])
    for place, cell in enumerate(cells):
        if place == here:
            continue
        chosen = nearest(cell, value) if value is not None else inside(cell)
        sets = with_result(person, analyte, lab, unit, chosen)
        name = next((f.name for f in measured if f.name in sets), main.name)
        if not sets:
            continue
        fact = person.shelf.ruleset.facts[name]
        yield Move(
            fact=name,
            value=fact.values[sets.get(name, person.values.get(name, UNKNOWN))],
            words=words(cell, unit),
            kind=WERE if is_known else LEARNED,
            sets=sets,
            distance=apart(person, analyte, value, chosen, is_known),
            cell=cell,
            unit=unit,
            place=place,
            side=0 if here is None else 1 if place > here else -1,
        )


def exact(lab: Lab | None) -> Decimal | None:
    """The figure of a result that is one number."""
    return lab.lo if lab is not None and lab.lo is not None and lab.lo == lab.hi else None


def place_here(
    person: Person, cells: tuple[Cell, ...], measured: list[Fact], value: Decimal | None
) -> int | None:
    """The cell in which the person's own result lies."""
    if value is not None:
        return next((n for n, cell in enumerate(cells) if cell.holds(value)), None)
    for fact in measured:
        index = person.values.get(fact.name, UNKNOWN)
        if index and len(fact.limits) + 1 == len(cells):
            return index - 1
    return None


def apart(person: Person, analyte: str, value: Decimal | None, chosen: Decimal, is_known: bool) -> float:
    """How far a result would have to move, in multiples of its variation."""
    if value is None or value <= 0 or chosen <= 0:
        return FAR[REMEASURE] + (KNOWN_OTHERWISE if is_known else 0.0)
    spread = spread_of(person.shelf.ruleset, analyte)
    return abs(log(float(chosen / value))) / (spread or UNSOURCED)


def spread_of(ruleset: Ruleset, analyte: str) -> float | None:
    """The standard deviation of the logarithm of one re-measurement, from the sourced variations."""
    entry = ruleset.lexicon.get("variation", {}).get("analyte", {}).get(analyte)
    if entry is None:
        return None
    parts = (float(entry["within"]) / 100, float(entry.get("analytical", "0")) / 100)
    return float(log(1 + sum(part * part for part in parts)) ** 0.5)


def with_result(person: Person, analyte: str, lab: Lab | None, unit: str, value: Decimal) -> dict[str, int]:
    """The facts that differ when a result is this value, or when a new one is."""
    facts = person.shelf.labs[analyte]
    new = supposed(analyte, lab, unit, value)
    if all(f.timeline in READ_ALONE for f in facts) and not (lab and feeds(person, lab)):
        return alone(person, facts, new, value)
    return reread_lab(person, analyte, lab, new)


def supposed(analyte: str, lab: Lab | None, unit: str, value: Decimal) -> Lab:
    text = f"{value} {unit}"
    if lab is None:
        return Lab(
            analyte=analyte, where=SUPPOSED, text=text, lo=value, hi=value, unit=unit, when=Span(0, 0), time="~"
        )
    return replace(
        lab, text=text, lo=value, hi=value, lo_open=False, hi_open=False, unit=unit, qualitative=None, problem=None
    )


def feeds(person: Person, lab: Lab) -> bool:
    """Whether something was calculated from this result."""
    return any(
        basis.where == lab.where
        for name, fact in person.facts.values.items()
        if (one := person.shelf.ruleset.facts[name]).lab and one.of[0] != lab.analyte
        for basis in fact.basis
    )


def alone(person: Person, facts: tuple[Fact, ...], lab: Lab, value: Decimal) -> dict[str, int]:
    """Read without the record: the stretch between limits, and the word against the printed range."""
    sets = {}
    for fact in facts:
        if fact.limits:
            cuts = person.intake.cuts(fact, lab.unit or "")
            now = UNKNOWN if cuts is None else 1 + sum(passes(value, Bound(c.value, c.edge == "<=")) for c in cuts)
        else:
            now = against_range(fact, lab, value)
        if now != person.values.get(fact.name, UNKNOWN):
            sets[fact.name] = now
    return sets


def against_range(fact: Fact, lab: Lab, value: Decimal) -> int:
    if lab.ref_low is None and lab.ref_high is None:
        return UNKNOWN
    below = lab.ref_low is not None and value < lab.ref_low
    above = lab.ref_high is not None and value > lab.ref_high
    return fact.values.index("below" if below else "above" if above else "within")


def reread_lab(person: Person, analyte: str, lab: Lab | None, new: Lab) -> dict[str, int]:
    """The facts that differ once a result does, from a record cut down to what bears on it."""
    record = person.record
    labs = tuple(new if one is lab else one for one in record.labs) if lab else (*record.labs, new)
    return narrow_reread(person, analyte, labs, lab)


def narrow_reread(person: Person, analyte: str, labs: tuple[Lab, ...], lab: Lab | None) -> dict[str, int]:
    shelf = person.shelf
    fed = lab is not None and feeds(person, lab)
    if not fed:
        labs = tuple(one for one in labs if one.analyte == analyte)
    narrow = replace(person.record, labs=labs, events=bearing_events(person))
    facts = shelf.result_facts if fed else shelf.labs[analyte]
    names = {f.name for f in facts}
    if analyte in shelf.untreated:
        names |= shelf.sampled
    return reread(person, narrow, frozenset(names))


def bearing_events(person: Person) -> tuple[Event, ...]:
    """What is said of doses, of the person, and what no fact reads by itself."""
    concepts = person.shelf.ruleset.concepts
    doses, owned = person.shelf.dosed, person.shelf.owned
    return tuple(
        event
        for event in person.record.events
        if event.concept in doses
        or event.concept not in owned
        or (event.concept in concepts and concepts[event.concept].kind == "person")
    )


def age_moves(person: Person) -> Iterator[Move]:
    """An age can be learned, never be otherwise."""
    facts = [f for f in person.shelf.labs[AGE] if f.limits]
    if known(person, facts[0].name):
        return
    unit = unit_of(person, facts, None)
    for place, cell in enumerate(cells_of(line(person, AGE, facts, unit)) if unit else ()):
        sets = reread(person, replace(person.record, age=inside(cell)))
        if facts[0].name in sets:
            word = facts[0].values[sets[facts[0].name]]
            yield Move(
                facts[0].name, word, words(cell, unit), LEARNED, sets, FAR[ASK], cell=cell, unit=unit, place=place
            )
