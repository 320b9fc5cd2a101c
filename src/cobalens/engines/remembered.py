"""The reference engine for one person after another: a table that meets the same inputs again gives what it gave then.

Most tables meet few combinations, since most facts of most people are unknown. The meaning stays with ``reference``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from msgspec import Struct

from cobalens.engines.reference import answer_index, choose, collect, either, note_findings, policy_values
from cobalens.model.facts import Facts
from cobalens.model.ruleset import UNKNOWN, Pack, Ruleset, Table
from cobalens.model.trace import Choice, Finding, Trace

Values = dict[str, int]
KEPT, FINDINGS_KEPT = 1000, 20_000
"""Combinations kept per table, and findings over all of them; what is full begins anew."""


class Met(Struct, frozen=True, gc=False):
    """What a table gave: the answer with its number, or the findings, and what later questions read of it."""

    choice: Choice | None
    findings: list[Finding]
    read_later: Values


class Step(Struct, frozen=True):
    """One table, how its inputs are taken from all values, and what it has met."""

    table: Table
    inputs: Callable[[Values], object]
    alone: bool
    """No other table gives one of its codes."""
    met: dict[object, Met]


class Memory(Struct, frozen=True):
    """The tables of one ruleset in their order. Holds places in lists of values; nothing in it tells of a person."""

    unknown: Values
    """Every input, as unknown."""
    steps: tuple[Step, ...]
    same: dict[Finding, Finding]
    """Each finding that was ever given, once: tables meet many combinations, and say few things of them."""

    def clear(self) -> None:
        for step in self.steps:
            step.met.clear()
        self.same.clear()


def memory_of(ruleset: Ruleset) -> Memory:
    sharing = {name for tables in ruleset.codes.values() if len(tables) > 1 for name in tables}
    return Memory(
        dict.fromkeys([name for table in ruleset.tables for name in table.inputs], UNKNOWN),
        tuple(
            [
                Step(
                    table,
                    itemgetter(*table.inputs) if table.inputs else lambda _: (),
                    table.name not in sharing,
                    {},
                )
                for table in ruleset.tables
            ]
        ),
        {},
    )


def run(ruleset: Ruleset, facts: Facts, pack: Pack, memory: Memory) -> Trace:
    """As ``reference.run``, with what was seen before taken from ``memory``, which belongs to this ruleset alone."""
    values = {name: fact.value for name, fact in facts.values.items()} | policy_values(ruleset, pack)
    seen = memory.unknown | values
    choices: dict[str, Choice] = {}
    findings: list[Finding] = []
    for step in memory.steps:
        key = step.inputs(seen)
        found = step.met.get(key)
        if found is None:
            if len(step.met) >= KEPT:
                step.met.clear()
            if len(memory.same) >= FINDINGS_KEPT:
                memory.same.clear()
            found = step.met[key] = asked(step.table, values, memory.same)
        later = found.read_later
        if found.choice is not None:
            choices[step.table.name] = found.choice
            if step.table.name in values:
                continue
        else:
            findings.extend(found.findings)
            if not step.alone:
                later = {n: either(values[n], truth) if n in values else truth for n, truth in later.items()}
        values.update(later)
        seen.update(later)
    return Trace(pack.name, choices, tuple(findings), values)


def asked(table: Table, values: Values, same: dict[Finding, Finding]) -> Met:
    later: Values = {}
    if table.kind == "choose":
        choice = choose(table, values)
        later[table.name] = answer_index(table, choice.answer)
        return Met(choice, [], later)
    found = collect(table, values)
    note_findings(table, found, later, {})
    return Met(None, [same.setdefault(one, one) for one in found], later)
