"""What differs between two rulesets: limits, policies, rows, vocabulary and sentences, each by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from cobalens.model.ruleset import Limit, Pack, Ruleset

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class Difference(Struct, frozen=True):
    """One entry of the knowledge that is not the same in both. ``old`` and ``new`` stand where they are short."""

    kind: str
    name: str
    how: str
    old: str = ""
    new: str = ""


def differences(old: Ruleset, new: Ruleset) -> tuple[Difference, ...]:
    """Everything that is not the same, in the order in which it bears on a person."""
    parts: list[tuple[str, Callable[[Ruleset], Mapping[str, Any]]]] = [
        ("limit", limits),
        ("policy", policies),
        ("row", rows),
        ("question", questions),
        ("fact", lambda r: r.facts),
        ("analyte", lambda r: r.analytes),
        ("concept", lambda r: r.concepts),
        ("reading", lambda r: r.lexicon),
        ("evidence", lambda r: r.evidence),
        ("source", lambda r: r.sources),
        ("sentence", sentences),
        ("invariant", lambda r: {one.id: one for one in r.invariants}),
    ]
    return tuple(one for kind, take in parts for one in between(kind, take(old), take(new)))


def between(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    found = []
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            found.append(Difference(kind, name, REMOVED, old=words(old[name])))
        elif name not in old:
            found.append(Difference(kind, name, ADDED, new=words(new[name])))
        elif old[name] != new[name]:
            before, after = words(old[name]), words(new[name])
            same = before == after
            found.append(Difference(kind, name, CHANGED, "" if same else before, "" if same else after))
    return found


def words(value: Any) -> str:
    """A limit or a policy in words; anything larger is looked up by its name."""
    if isinstance(value, Limit):
        return ", ".join(f"{value.edge} {number} {unit}" for unit, number in value.values.items())
    return value if isinstance(value, str) else ""


def own(pack: Pack, limit: Limit) -> bool:
    """Held by the pack itself; what it takes from another is told there."""
    return limit.pack == pack.name


def limits(ruleset: Ruleset) -> dict[str, Limit]:
    return {
        f"{pack.name} {of}.{limit.name}": limit
        for pack in ruleset.packs.values()
        for of, group in pack.limits.items()
        for limit in group
        if own(pack, limit)
    }


def policies(ruleset: Ruleset) -> dict[str, str]:
    """By pack, where a pack does not merely follow the one it is built on."""
    return {
        f"{pack.name} {name}": value
        for pack in ruleset.packs.values()
        for name, value in pack.policies.items()
        if pack.inherits is None or ruleset.packs[pack.inherits].policies.get(name) != value
    }


def rows(ruleset: Ruleset) -> dict[str, Any]:
    return {f"{table.name}.{row.name}": row for table in ruleset.tables for row in table.rows}


def questions(ruleset: Ruleset) -> dict[str, Any]:
    return {table.name: (table.chapter, table.kind, table.question, table.values) for table in ruleset.tables}


def sentences(ruleset: Ruleset) -> dict[str, Any]:
    return {
        f"{language} {code}": say for language, said in ruleset.text.items() for code, say in said.items()
    }
