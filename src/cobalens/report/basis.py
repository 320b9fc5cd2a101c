"""What a row rests on, followed through earlier questions down to entries of the record, limits and sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from cobalens.model.facts import Basis
from cobalens.model.interpretation import Citation, LimitUsed, Used
from cobalens.model.ruleset import UNKNOWN, Fact, Limit, Row
from cobalens.model.trace import SUPPORTED
from cobalens.report.case import NOBODY, Asked, Case, Leaf, LimitKey, Rests, RowKey, citation, when

YES = 1
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def leaves(case: Case, rows: Iterable[tuple[str, Row]]) -> list[Leaf]:
    """The facts that rows rest on, in reading order: their own first, then those of the questions they read.

    A fact that is unknown is listed only where a row itself asks for its being unknown.
    """
    seen: set[RowKey] = set()
    found: dict[Leaf, None] = {}
    level = list(rows)
    depth = 0
    while level:
        below: list[tuple[str, Row]] = []
        for table, row in level:
            key = (table, row.name)
            if key in seen:
                continue
            seen.add(key)
            rests = case.rests.get(key) or rests_of(case, key)
            found |= rests.asked if depth == 0 else rests.known
            below += rests.behind
        level, depth = below, depth + 1
    return list(found)


def rests_of(case: Case, key: RowKey) -> Rests:
    """What one row rests on, looked up once for a person."""
    asked = case.shelf.asked.get(key) or asked_by(case, key)
    values = case.facts.values
    known = {leaf: None for leaf in asked.facts if leaf[0] in values and values[leaf[0]].value != UNKNOWN}
    under = [row for name in asked.questions for row in behind(case, name)]
    found = case.rests[key] = Rests(asked.facts, known, under)
    return found


def asked_by(case: Case, key: RowKey) -> Asked:
    """What the cells of a row name, looked up once for everybody."""
    row = case.rows[key]
    facts = {(name, row.written.get(name, "")): None for name, _ in row.cells if name in case.ruleset.facts}
    questions = tuple(name for name, _ in row.cells if name not in case.ruleset.facts)
    found = case.shelf.asked[key] = Asked(facts, questions)
    return found


def chain(case: Case) -> list[Leaf]:
    """The facts on which answer and deficiency rest."""
    if case.chains:
        return case.chains[0]
    rows = [
        (question, case.row(question, name))
        for question in ("answer", "deficiency")
        if (choice := case.choice(question)) is not None
        for name in choice.rows
    ]
    case.chains.append(leaves(case, rows))
    return case.chains[0]


def behind(case: Case, name: str) -> Sequence[tuple[str, Row]]:
    """The rows that gave an input its value, when it is itself an answer or a finding."""
    if (choice := case.trace.choices.get(name)) is not None:
        return [(name, case.rows[name, choice.rows[0]])]
    if case.trace.values.get(name) != YES:
        return ()
    if name.startswith("finding."):
        return case.holding(name.removeprefix("finding."))
    if name.startswith("any."):
        table = name.removeprefix("any.")
        return [
            (table, case.rows[table, row])
            for one in case.trace.findings
            if one.table == table and one.status == SUPPORTED
            for row in one.rows
        ]
    return ()


def used(case: Case, asked: Iterable[Leaf]) -> tuple[Used, ...]:
    """Facts as the record gave them, each once."""
    return tuple(one for name in dict.fromkeys(name for name, _ in asked) for one in entries(case, name))


def entries(case: Case, name: str) -> tuple[Used, ...]:
    """One fact, by each entry of the record that it rests on."""
    if name not in case.entries:
        case.entries[name] = tuple(described(case, name))
    return case.entries[name]


def described(case: Case, name: str) -> Iterator[Used]:
    fact = case.ruleset.facts[name]
    known = case.facts.values.get(name, NOBODY)
    reading = fact.values[known.value]
    if not known.basis:
        yield Used(fact=name, label=fact.label, value=reading, date=None, from_=None, note=known.note)
    for basis in known.basis:
        date, day = when(basis)
        yield Used(
            fact=name,
            label=fact.label,
            value=basis.text if fact.lab else reading,
            date=date,
            from_=basis.where,
            unit=unit_of(case, basis) if fact.lab else None,
            day=day,
            reading=reading if fact.lab else None,
            words=None if fact.lab else basis.text,
            note=known.note,
        )


def unit_of(case: Case, basis: Basis) -> str | None:
    """The unit of a result; one entry, such as a note, may hold several results, each in its own."""
    return case.units.get((basis.where, basis.text), case.units.get((basis.where, "")))


def limits(case: Case, asked: Iterable[Leaf]) -> tuple[LimitUsed, ...]:
    """The limits that the cells named, in the unit reported where they are published in it."""
    found: dict[LimitKey, LimitUsed] = {}
    for leaf in asked:
        used_there = case.limits.get(leaf)
        if used_there is None:
            used_there = case.limits[leaf] = tuple(limits_of(case, leaf))
        for key, one in used_there:
            found.setdefault(key, one)
    return tuple(found.values())


def limits_of(case: Case, leaf: Leaf) -> Iterator[tuple[LimitKey, LimitUsed]]:
    name, written = leaf
    fact, known = case.ruleset.facts[name], case.value(name)
    if not fact.limits or known.value == UNKNOWN:
        return
    unit = unit_of(case, known.basis[0]) if known.basis else None
    for limit in named(case, fact, written):
        yield (fact.limits_of, limit.name), limit_used(case, fact, limit, unit)


def named(case: Case, fact: Fact, written: str) -> tuple[Limit, ...]:
    """The limits that a cell names, looked up once for everybody."""
    key = (case.pack.name, fact.name, written)
    found = case.shelf.named.get(key)
    if found is None:
        words = set(_NAME.findall(written)) & set(fact.limits)
        of_fact = case.pack.limits.get(fact.limits_of, ())
        found = case.shelf.named[key] = tuple(one for one in of_fact if one.name in words)
    return found


def limit_used(case: Case, fact: Fact, limit: Limit, unit: str | None) -> LimitUsed:
    shown = unit if unit in limit.values else next(iter(limit.values))
    assert shown is not None
    return LimitUsed(
        fact=fact.name,
        limit=limit.name,
        value=limit.values[shown],
        unit=shown,
        edge=limit.edge,
        pack=limit.pack,
        status=case.limit_status(limit),
        source=limit.evidence,
    )


def citations(case: Case, rows: Iterable[tuple[str, Row]]) -> tuple[Citation, ...]:
    """What rows cite, each statement once."""
    ids = dict.fromkeys(one for _, row in rows for one in row.evidence)
    return tuple(cited(case, one) for one in ids)


def cited(case: Case, evidence: str) -> Citation:
    found = case.shelf.cited.get(evidence)
    if found is None:
        found = case.shelf.cited[evidence] = citation(case.ruleset, evidence)
    return found
