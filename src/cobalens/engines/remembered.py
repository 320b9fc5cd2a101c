"""The reference engine for one person after another: a table that meets the same inputs again gives what it gave then.

Most tables meet few combinations, since most facts of most people are unknown. The meaning stays with ``reference``.
"""

from __future__ import annotations

from cobalens.engines.reference import answer_index, choose, collect, note_findings, policy_values
from cobalens.model.facts import Facts
from cobalens.model.ruleset import UNKNOWN, Pack, Ruleset
from cobalens.model.trace import Choice, Finding, Trace

Inputs = tuple[int, ...]
Memory = dict[str, dict[Inputs, Choice | list[Finding]]]
"""Table -> the values of its inputs -> what it gave. Holds places in lists of values; nothing in it tells of a person."""
KEPT = 1000
"""Combinations kept per table; a full one begins anew."""


def run(ruleset: Ruleset, facts: Facts, pack: Pack, memory: Memory) -> Trace:
    """As ``reference.run``, with what was seen before taken from ``memory``, which belongs to this ruleset alone."""
    values = {name: fact.value for name, fact in facts.values.items()} | policy_values(ruleset, pack)
    get = values.get
    choices: dict[str, Choice] = {}
    findings: list[Finding] = []
    for table in ruleset.tables:
        known = memory.setdefault(table.name, {})
        key = tuple([get(name, UNKNOWN) for name in table.inputs])
        found = known.get(key)
        if found is None:
            if len(known) >= KEPT:
                known.clear()
            found = known[key] = (choose if table.kind == "choose" else collect)(table, values)
        if isinstance(found, Choice):
            choices[table.name] = found
            values.setdefault(table.name, answer_index(table, found.answer))
        else:
            findings.extend(found)
            note_findings(table, found, values, {})
    return Trace(pack.name, choices, tuple(findings), values)
