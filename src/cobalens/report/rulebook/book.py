"""What every page of the rulebook draws on: the ruleset, the worked patients, what was shown, and who uses what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from cobalens.model.ruleset import Fact, Invariant, Limit, Pack, Ruleset, Table

LANGUAGE = "en"
NOT_RUN = "not_run"


class Worked(Struct, frozen=True):
    """One worked patient of a question: what is known, and what must follow."""

    sentence: str
    given: dict[str, str]
    then: str
    pack: str = ""
    code: str = ""
    row: str = ""


class Use(Struct, frozen=True):
    """A place that uses something: a page, the place on it, and what it is called."""

    href: str
    label: str


class Book(Struct, frozen=True, kw_only=True):
    """The knowledge, with the indexes that pages need."""

    ruleset: Ruleset
    primary: Pack
    version: str
    worked: Mapping[str, tuple[Worked, ...]]
    shown: Mapping[str, str]
    """Invariant -> how its check went: ``holds``, ``broken``, or ``not_run``."""
    guides: Mapping[str, str]
    """Name of a page -> its Markdown, as written by hand."""
    tables: dict[str, Table]
    readers: dict[str, tuple[str, ...]]
    """An input as rules write it -> the questions that read it."""
    cited: dict[str, tuple[Use, ...]]
    """Evidence -> the rows, limits, policies and regimens that rest on it."""
    spoken_of: dict[str, tuple[Invariant, ...]]
    """Question -> the invariants whose conditions name it or what it finds."""

    def chapters(self) -> dict[str, list[Table]]:
        found: dict[str, list[Table]] = {}
        for table in self.ruleset.tables:
            found.setdefault(table.chapter, []).append(table)
        return found

    def codes(self, table: Table) -> tuple[str, ...]:
        """The findings of a collect table, in row order."""
        if table.kind == "choose":
            return ()
        return tuple(dict.fromkeys(code for row in table.rows for code in row.then))

    def limits(self, fact: Fact, pack: Pack) -> dict[str, Limit]:
        return {one.name: one for one in pack.limits.get(fact.limits_of, ())}

    def status(self, limit: Limit) -> str:
        return limit.status or self.ruleset.evidence[limit.evidence].status

    def reviewed(self, table: Table) -> bool:
        return bool(table.reviewed_by and table.reviewed_on)


def book_of(
    ruleset: Ruleset,
    primary: str,
    version: str,
    worked: Mapping[str, tuple[Worked, ...]],
    shown: Mapping[str, str],
    guides: Mapping[str, str],
) -> Book:
    """The book with its indexes built once."""
    return Book(
        ruleset=ruleset,
        primary=ruleset.packs[primary],
        version=version,
        worked=worked,
        shown={one.id: shown.get(one.id, NOT_RUN) for one in ruleset.invariants},
        guides=guides,
        tables={table.name: table for table in ruleset.tables},
        readers=readers(ruleset),
        cited=citations(ruleset),
        spoken_of=invariants_by_table(ruleset),
    )


def readers(ruleset: Ruleset) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for table in ruleset.tables:
        for name in table.inputs:
            found[name].append(table.name)
    return {name: tuple(tables) for name, tables in found.items()}


def citations(ruleset: Ruleset) -> dict[str, tuple[Use, ...]]:
    found: dict[str, dict[Use, None]] = defaultdict(dict)
    for table in ruleset.tables:
        for row in table.rows:
            for one in row.evidence:
                use = Use(f"question-{table.name}.html#{table.name}.{row.name}", f"{table.name}: {row.name}")
                found[one][use] = None
    for pack in ruleset.packs.values():
        for analyte, limits in pack.limits.items():
            for limit in limits:
                if limit.pack == pack.name:
                    use = Use(f"limits.html#limit-{analyte}", f"{pack.name}: {analyte} {limit.name}")
                    found[limit.evidence][use] = None
        for policy, one in pack.policy_evidence.items():
            if pack.inherits is None or one != ruleset.packs[pack.inherits].policy_evidence.get(policy):
                found[one][Use(f"policies.html#policy-{policy}", f"{pack.name}: {policy}")] = None
    for name, entry in regimens(ruleset).items():
        found[entry["source"]][Use(f"regimens.html#regimen-{name}", f"regimen: {entry['label']}")] = None
    return {one: tuple(uses) for one, uses in found.items()}


def regimens(ruleset: Ruleset) -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = ruleset.lexicon.get("regimens", {}).get("regimen", {})
    return table


def invariants_by_table(ruleset: Ruleset) -> dict[str, tuple[Invariant, ...]]:
    found: dict[str, dict[str, Invariant]] = defaultdict(dict)
    for one in ruleset.invariants:
        for name in tables_named(ruleset, one):
            found[name][one.id] = one
    return {name: tuple(ones.values()) for name, ones in found.items()}


def tables_named(ruleset: Ruleset, one: Invariant) -> list[str]:
    """The questions that an invariant speaks of: by name, by a finding of theirs, or by words it requires."""
    names = {table.name for table in ruleset.tables}
    found: dict[str, None] = {}
    for condition in one.never:
        for name, _ in condition:
            if name in names:
                found[name] = None
            elif name.startswith("any."):
                found[name.removeprefix("any.")] = None
            elif name.startswith("finding."):
                found.update(dict.fromkeys(ruleset.codes[name.removeprefix("finding.")]))
    for code in one.require:
        found.update(dict.fromkeys(ruleset.codes.get(code, ())))
        found.update(dict.fromkeys({code.partition("=")[0]} & names))
    return list(found)
