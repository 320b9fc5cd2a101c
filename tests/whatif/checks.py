"""What must hold of every person's counterfactuals; shared by the short tests and the long form."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from functools import lru_cache
from math import exp, log

from msgspec.structs import replace

from cobalens.engines import python
from cobalens.engines.cells import nearest
from cobalens.engines.changes import all_changes, run_singles
from cobalens.engines.firmness import read_labs
from cobalens.engines.moves import all_moves
from cobalens.engines.person import Move, Person
from cobalens.engines.remeasure import exact, spread_of
from cobalens.engines.shelf import DOSING, suppose
from cobalens.model.counterfactual import Counterfactuals
from cobalens.model.record import Lab, Record
from tests.whatif.people import knowledge, lent, pack_of

Answers = tuple[str, str]


@lru_cache(maxsize=4)
def program(pack: str = "nice-ng239") -> python.Program:
    return python.generate(knowledge(), pack_of(pack))


def answers(values: dict[str, int]) -> Answers:
    """Answer and deficiency by the generated function, which the tests hold against the reference engine."""
    tables = {table.name: table for table in knowledge().tables}
    found = program().run(values).answers
    first, second = (tables[name].values[found[name][0] - 1] for name in ("answer", "deficiency"))
    return first, second


def after(one: Person, sets: dict[str, int]) -> Answers:
    return answers({**one.values, **sets})


def broken_promises(one: Person) -> list[str]:
    """Changes whose facts, once set, give something else than they say, or that change nothing."""
    here = answers(one.values)
    wrong = []
    for change in all_changes(one, run_singles(one, all_moves(one))):
        assert isinstance(change.values, dict)
        there = after(one, change.values)
        if there != (change.answer, change.deficiency) or there == here:
            wrong.append(
                f"{one.record.id}: {change.set} promises {change.answer, change.deficiency}, gives {there}"
            )
    return wrong


def missed_statements(one: Person) -> list[str]:
    """Single statements that move the answer and are not listed: every fact that rules read, every value, by brute force."""
    here = answers(one.values)
    listed = {
        (name, value, (change.answer, change.deficiency))
        for change in all_changes(one, run_singles(one, all_moves(one)))
        if len(change.set) == 1
        for name, value in change.set.items()
    }
    reads = set(one.shelf.program.facts)
    missed = []
    for fact in knowledge().facts.values():
        if (
            fact.name not in reads
            or fact.lab
            or fact.answers
            or not one.shelf.dosed.isdisjoint((*fact.of, *fact.routed))
            or fact.timeline in DOSING
        ):
            continue
        how, is_known = one.shelf.revisable[fact.name], fact.name in one.values and one.values[fact.name] != 0
        if how == "follows" or (how == "never" and is_known):
            continue
        for value, word in enumerate(fact.values):
            if value and value != one.values.get(fact.name, 0):
                there = after(one, suppose(one.shelf, one.values, fact.name, value))
                if there != here and (fact.name, word, there) not in listed:
                    missed.append(f"{one.record.id}: {fact.name} = {word} gives {there}")
    return missed


def with_value(record: Record, lab: Lab, value: Decimal) -> Record:
    new = replace(
        lab,
        lo=value,
        hi=value,
        lo_open=False,
        hi_open=False,
        qualitative=None,
        problem=None,
        text=f"{value} {lab.unit}",
    )
    return replace(record, labs=tuple(new if other is lab else other for other in record.labs))


def read_values(record: Record) -> dict[str, int]:
    return {name: fact.value for name, fact in lent().reread(record).values.items()}


def missed_results(one: Person, probes: int = 14) -> list[str]:
    """Values of a result in hand that move the answer, read anew from the whole record, with no such change listed."""
    here = answers(one.values)
    moves = all_moves(one)
    listed = {
        (knowledge().facts[name].of[0], change.answer, change.deficiency)
        for change in all_changes(one, run_singles(one, moves))
        if len(change.set) == 1
        for name in change.set
    }
    single = Counter(lab.analyte for lab in one.record.labs)
    missed = []
    for lab in one.record.labs:
        value = exact(lab)
        if single[lab.analyte] != 1 or value is None or value <= 0 or lab.analyte not in one.shelf.labs:
            continue
        if not any(one.values.get(f.name, 0) for f in one.shelf.labs[lab.analyte]):
            continue
        if not any(f.limits for f in one.shelf.labs[lab.analyte]):
            continue
        for probe in range(probes):
            other = Decimal(f"{float(value) * exp(-3 + 6 * probe / (probes - 1)):.4g}")
            there = answers(read_values(with_value(one.record, lab, other)))
            if there != here and (lab.analyte, *there) not in listed:
                missed.append(f"{one.record.id}: {lab.analyte} {other} {lab.unit} gives {there}")
    return missed


def unfaithful_moves(one: Person, moves: list[Move]) -> list[str]:
    """Moves of results in hand whose facts are not those that the whole record gives."""
    wrong = []
    by_analyte = {lab.analyte: lab for lab in one.record.labs}
    counts = Counter(lab.analyte for lab in one.record.labs)
    for move in moves:
        fact = knowledge().facts[move.fact]
        lab = by_analyte.get(fact.of[0]) if fact.lab else None
        value = exact(lab) if lab else None
        if (
            lab is None
            or value is None
            or move.cell is None
            or counts[lab.analyte] != 1
            or move.unit != lab.unit
        ):
            continue
        whole = read_values(with_value(one.record, lab, nearest(move.cell, value)))
        names = {*whole, *one.values}
        sets = {n: whole.get(n, 0) for n in names if whole.get(n, 0) != one.values.get(n, 0)}
        if sets != move.sets:
            wrong.append(f"{one.record.id}: {move.fact} {move.words}: {move.sets} instead of {sets}")
    return wrong


def sampled_firmness(one: Person, found: Counterfactuals, draws: int, seed: int) -> tuple[float, float]:
    """The shares by sampling: every varied result drawn anew, the whole record read again for each kind of draw.

    Earlier readings stay as they were.
    """
    assert found.firmness is not None
    dice = random.Random(seed)
    here = answers(one.values)
    axes: list[list[tuple[tuple[str, int], ...]]] = []
    for lab in one.record.labs:
        value = exact(lab)
        if (
            lab.analyte not in found.firmness.varied
            or value is None
            or lab not in read_labs(one, lab.analyte)
        ):
            continue
        spread = spread_of(knowledge(), lab.analyte)
        assert spread is not None
        axes.append(drawn(one, lab, log(float(value)), spread, draws, dice))
    stands = [0, 0]
    known: dict[tuple[tuple[tuple[str, int], ...], ...], Answers] = {}
    for combination, times in Counter(zip(*axes, strict=True)).items():
        if combination not in known:
            sets = {name: value for part in combination for name, value in part}
            known[combination] = after(one, sets)
        for place in (0, 1):
            stands[place] += times * (known[combination][place] == here[place])
    return stands[0] / draws, stands[1] / draws


def drawn(
    one: Person, lab: Lab, middle: float, spread: float, draws: int, dice: random.Random
) -> list[tuple[tuple[str, int], ...]]:
    """Draws of one result as the facts they change; values closer than a fiftieth of the spread are read once."""
    read: dict[int, tuple[tuple[str, int], ...]] = {}
    found = []
    for _ in range(draws):
        deviations = dice.gauss(0, 1)
        bin_ = round(deviations * 50)
        if bin_ not in read:
            value = Decimal(repr(exp(middle + bin_ / 50 * spread)))
            whole = read_values(with_value(one.record, lab, value))
            names = sorted({*whole, *one.values})
            read[bin_] = tuple((n, whole.get(n, 0)) for n in names if whole.get(n, 0) != one.values.get(n, 0))
        found.append(read[bin_])
    return found
