"""The generated function of three chapters against the same three by hand: first that they agree, then how long each takes."""

from __future__ import annotations

import random
from collections.abc import Mapping

from bench import by_hand
from cobalens.engines import python
from cobalens.engines.python import Program
from cobalens.model.ruleset import Pack, Ruleset

CHAPTERS = ("picture", "deficiency", "follow_up")
STATUS = ("not_looked_for", "supported", "not_supported")


def program(ruleset: Ruleset, pack: Pack) -> Program:
    return python.generate(ruleset, pack, CHAPTERS)


def inputs(ruleset: Ruleset) -> dict[str, tuple[tuple[int, str], ...]]:
    """What the three chapters ask of others: each input with the values, and their words, that it can have."""
    inside = {table.name for table in ruleset.tables if table.chapter in CHAPTERS}
    tables = {table.name: table for table in ruleset.tables}
    possible = python.domains(ruleset)
    found = {}
    for table in ruleset.tables:
        if table.chapter in CHAPTERS:
            for name in table.inputs:
                if name not in inside and not name.startswith("policy."):
                    fact = ruleset.facts.get(name)
                    words = fact.values if fact else ("unknown", *tables[name].values)
                    found[name] = tuple((v, w) for v, w in enumerate(words) if possible[name] >> v & 1)
    return found


def patients(ruleset: Ruleset, count: int, seed: str = "patients") -> list[tuple[dict[str, int], dict[str, str]]]:
    """The same random people twice: in numbers for the generated function, in words for the one by hand."""
    chance = random.Random(seed)
    asked = inputs(ruleset)
    found = []
    for number in range(count):
        known = (0.3, 0.6, 0.9)[number % 3]
        drawn = {
            name: chance.choice(values)
            for name, values in asked.items()
            if values[0][0] != 0 or chance.random() < known
        }
        found.append(({n: v for n, (v, _) in drawn.items()}, {n: w for n, (_, w) in drawn.items()}))
    return found


def disagreement(made: Program, ruleset: Ruleset, numbers: Mapping[str, int], words: Mapping[str, str]) -> str:
    """The first thing on which the two differ, in words; empty when they agree."""
    outcome = made.run(numbers)
    tables = {table.name: table for table in ruleset.tables}
    for (table, code), said in zip(by_hand.PLACES, by_hand.read(words), strict=True):
        if code:
            expected = STATUS[outcome.codes[table, code][0]]
        else:
            expected = ("unknown", *tables[table].values)[outcome.answers[table][0]]
        if said != expected:
            return f"{table} {code}: by hand {said}, the rules {expected}"
    if len(by_hand.PLACES) != len(made.slots):
        return f"{len(made.slots) - len(by_hand.PLACES)} answers or findings of the rules are not written by hand"
    return ""
