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
FINDING, ANY = "finding.", "any."
FOUND = (FINDING, ANY)
"""What was found, asked as a question; nothing stands behind a policy."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def leaves(case: Case, rows: Iterable[tuple[str, Row]]) -> list[Leaf]:
    """The facts that rows rest on, in reading order: their own first, then those of the questions they read.

    A fact that is unknown is listed only where a row itself asks for its being unknown.
    """
    found: dict[Leaf, None] = {}
    for group in followed(case, rows):
        found.update(dict.fromkeys(group))
    return list(found)


def followed(case: Case, rows: Iterable[tuple[str, Row]]) -> Iterator[Sequence[Leaf]]:
    """The facts of one row after the other, looked up as far as somebody reads on."""
    seen: set[RowKey] = set()
    level = [(table, row.name) for table, row in rows]
    depth = 0
    while level:
        below: list[RowKey] = []
        for key in level:
            if key in seen:
                continue
            seen.add(key)
            rests = case.rests.get(key) or rests_of(case, key)
            if group := rests.asked if depth == 0 else rests.known:
                yield group
            below += rests.behind
        level, depth = below, depth + 1


def rests_of(case: Case, key: RowKey) -> Rests:
    """What one row rests on, looked up once for a person."""
    asked = case.shelf.asked.get(key) or asked_by(case, key)
    values, choices, truths = case.facts.values, case.trace.choices, case.trace.values
    known = [leaf for leaf in asked.facts if leaf[0] in values and values[leaf[0]].value != UNKNOWN]
    under: list[RowKey] = []
    for name in asked.questions:
        if name in choices:
            under.append((name, choices[name].rows[0]))
        elif truths.get(name) == YES:
            under += keys_behind(case, name)
    found = case.rests[key] = Rests(asked.facts, known, under)
    return found


def asked_by(case: Case, key: RowKey) -> Asked:
    """What the cells of a row name, looked up once for everybody."""
    row = case.rows[key]
    facts = [(name, row.written.get(name, "")) for name, _ in row.cells if name in case.ruleset.facts]
    named = dict.fromkeys(name for name, _ in row.cells if name not in case.ruleset.facts)
    questions = tuple(name for name in named if name in case.tables or name.startswith(FOUND))
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
    return [(key[0], case.rows[key]) for key in keys_behind(case, name)]


def keys_behind(case: Case, name: str) -> Sequence[RowKey]:
    """The same rows by table and name."""
    if (choice := case.trace.choices.get(name)) is not None:
        return [(name, choice.rows[0])]
    if case.trace.values.get(name) != YES:
        return ()
    if name.startswith(FINDING):
        holding = case.given.get(name.removeprefix(FINDING), ())
        return [(one.table, row) for one in holding if one.status == SUPPORTED for row in one.rows]
    if name.startswith(ANY):
        table = name.removeprefix(ANY)
        return [
            (table, row)
            for one in case.trace.findings
            if one.table == table and one.status == SUPPORTED
            for row in one.rows
        ]
    return ()


def used(case: Case, asked: Iterable[Leaf]) -> tuple[Used, ...]:
    """Facts as the record gave them, each once."""
    return tuple(one for name in dict.fromkeys(name for name, _ in asked) for one in entries(case, name))


def named_first(case: Case, rows: Iterable[tuple[str, Row]]) -> Iterator[str]:
    """The facts that rows rest on by name, for whoever needs the first few: nothing is looked up beyond."""
    names: set[str] = set()
    for group in followed(case, rows):
        for name, _ in group:
            if name not in names:
                names.add(name)
                yield name


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
    fact, known = case.ruleset.facts[leaf[0]], case.value(leaf[0])
    unit = unit_of(case, known.basis[0]) if known.basis else None
    for limit in limits_named(case, leaf):
        yield (fact.limits_of, limit.name), limit_used(case, fact, limit, unit)


def limits_named(case: Case, leaf: Leaf) -> tuple[Limit, ...]:
    """The limits that a cell names, where its fact is known."""
    name, written = leaf
    fact = case.ruleset.facts[name]
    if not fact.limits or case.value(name).value == UNKNOWN:
        return ()
    return named(case, fact, written)


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
