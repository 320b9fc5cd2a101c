"""Every way in which one result could be learned or be otherwise: a result moves all facts that read it together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import log

from msgspec.structs import replace

from cobalens.engines.cells import Bound, Cell, cells_of, inside, nearest, passes, words
from cobalens.engines.person import FAR, KNOWN_OTHERWISE, LEARNED, SUPPOSED, WERE, Move, Person, known, reread
from cobalens.engines.shelf import AGE, ASK, REMEASURE
from cobalens.model.record import Event, Lab, Span
from cobalens.model.ruleset import UNKNOWN, Fact, Ruleset

READ_ALONE = frozenset({"latest", "range"})
"""Timelines that one new result decides by itself."""
UNSOURCED = 0.15
"""The spread by which nearness is judged where no variation is sourced; it orders, and decides nothing."""


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
            analyte=analyte,
            where=SUPPOSED,
            text=text,
            lo=value,
            hi=value,
            unit=unit,
            when=Span(0, 0),
            time="~",
        )
    return replace(
        lab,
        text=text,
        lo=value,
        hi=value,
        lo_open=False,
        hi_open=False,
        unit=unit,
        qualitative=None,
        problem=None,
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
            now = (
                UNKNOWN
                if cuts is None
                else 1 + sum(passes(value, Bound(c.value, c.edge == "<=")) for c in cuts)
            )
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
    # Of several tests whose samples are held against the doses, one speaks for all.
    beside = {one: of for one, of in shelf.sampled.items() if analyte in of}
    if not fed:
        near = {analyte}.union(*beside.values())
        labs = tuple(one for one in labs if one.analyte in near)
    narrow = replace(person.record, labs=labs, events=bearing_events(person))
    facts = shelf.result_facts if fed else shelf.labs[analyte]
    names = tuple(f.name for f in facts)
    return reread(person, narrow, (*names, *beside))


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
                facts[0].name,
                word,
                words(cell, unit),
                LEARNED,
                sets,
                FAR[ASK],
                cell=cell,
                unit=unit,
                place=place,
            )
