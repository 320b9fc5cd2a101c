"""The generated function of three chapters against the same three by hand: first that they agree, then how long each takes.

The chapters are kept as they stood when they were written by hand (``three_chapters.json``), so that the yardstick does not move with the rules.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench import by_hand
from cobalens.engines import python
from cobalens.engines.python import Program
from cobalens.model.ruleset import Fact, Pack, Row, Ruleset, Table

FILE = Path(__file__).parent / "three_chapters.json"
STATUS = ("not_looked_for", "supported", "not_supported")


class Chapters(NamedTuple):
    program: Program
    words: dict[str, tuple[str, ...]]
    """Every input and question -> the words for its values, ``unknown`` first."""
    asked: dict[str, tuple[int, ...]]
    """Every input from elsewhere -> the values that it can have."""


def chapters() -> Chapters:
    kept = json.loads(FILE.read_bytes())
    tables = msgspec.convert(with_reasons(kept["tables"]), tuple[Table, ...])
    elsewhere = tuple(
        Table(
            name,
            "elsewhere",
            "choose",
            "",
            (),
            tuple(Row(a, (), (a,), "") for a in one["given"]),
            tuple(one["values"]),
        )
        for name, one in kept["answers"].items()
    )
    facts = {name: Fact(name, name, tuple(values), "", ()) for name, values in kept["facts"].items()}
    policies = {name: tuple(values) for name, values in kept["policies"].items()}
    nothing: dict[str, Any] = {}
    ruleset = Ruleset(
        "", "", nothing, nothing, nothing, nothing, facts, policies, elsewhere + tables, nothing, nothing
    )
    pack = Pack("kept", "", "guideline", {}, kept["pack"])
    possible = python.domains(ruleset)
    words = {name: fact.values for name, fact in facts.items()}
    words |= {table.name: ("unknown", *table.values) for table in ruleset.tables}
    asked = {
        name: tuple(value for value in range(len(words[name])) if possible[name] >> value & 1)
        for name in (*facts, *kept["answers"])
    }
    program = python.generate(ruleset, pack, {table.chapter for table in tables})
    return Chapters(program, words, asked)


def with_reasons(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**table, "rows": [{"why": "", **row} for row in table["rows"]]} for table in tables]


def patients(kept: Chapters, count: int) -> list[tuple[dict[str, int], dict[str, str]]]:
    """The same random people twice: in numbers for the generated function, in words for the one by hand."""
    chance = random.Random("patients")
    found = []
    for number in range(count):
        known = (0.3, 0.6, 0.9)[number % 3]
        numbers = {
            name: chance.choice(values)
            for name, values in kept.asked.items()
            if values[0] != 0 or chance.random() < known
        }
        found.append((numbers, {name: kept.words[name][value] for name, value in numbers.items()}))
    return found


def disagreement(kept: Chapters, numbers: Mapping[str, int], said: Mapping[str, str]) -> str:
    """The first thing on which the two differ, in words; empty when they agree."""
    outcome = kept.program.run(numbers)
    if missing := set(kept.program.slots) ^ set(by_hand.PLACES):
        return f"not in both: {sorted(missing)}"
    for (table, code), here in zip(by_hand.PLACES, by_hand.read(said), strict=True):
        status = outcome.codes[table, code][0] if code else outcome.answers[table][0]
        there = STATUS[status] if code else kept.words[table][status]
        if here != there:
            return f"{table} {code}: by hand {here}, the rules {there}"
    return ""
