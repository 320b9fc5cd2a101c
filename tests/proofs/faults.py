"""Plants a fault in the rules for each forbidden combination, so that every proof is seen to be able to fail."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cobalens.model.ruleset import Invariant, Row, Ruleset, Table

YES = 1


def faults(ruleset: Ruleset, one: Invariant, pattern: int) -> Iterator[tuple[Ruleset, str]]:
    """Rules with something broken that this combination forbids, and what was broken, in words."""
    cells = one.never[pattern]
    broken, told = ruleset, []
    for name, mask in cells:
        if name.startswith("finding."):
            code = name.removeprefix("finding.")
            said = bool(mask >> YES & 1)
            broken = always_said(broken, code) if said else silenced(broken, code)
            told.append(f"{code} is said of everybody" if said else f"no rule says {code} any more")
        elif name.startswith("any."):
            broken = emptied(broken, name.removeprefix("any."))
            told.append(f"{name.removeprefix('any.')} says nothing any more")
    if told:
        yield broken, "; ".join(told)
    tables = {table.name: table for table in ruleset.tables}
    for name, mask in cells:
        if name in tables:
            value = next(v for v in range(len(tables[name].values) + 1) if mask >> v & 1)
            answer = "unknown" if value == 0 else tables[name].values[value - 1]
            yield always_answered(ruleset, name, answer), f"{name} always answers {answer}"


def changed(ruleset: Ruleset, tables: dict[str, Table]) -> Ruleset:
    return replace(ruleset, tables=tuple(tables.get(t.name, t) for t in ruleset.tables))


def silenced(ruleset: Ruleset, code: str) -> Ruleset:
    """Every row that says the code can no longer hold."""
    tables = {}
    for name in ruleset.codes[code]:
        table = next(t for t in ruleset.tables if t.name == name)
        rows = tuple(never(row) if code in row.then else row for row in table.rows)
        tables[name] = replace(table, rows=rows)
    return changed(ruleset, tables)


def emptied(ruleset: Ruleset, name: str) -> Ruleset:
    table = next(t for t in ruleset.tables if t.name == name)
    return changed(ruleset, {name: replace(table, rows=tuple(never(row) for row in table.rows))})


def never(row: Row) -> Row:
    return replace(row, cells=tuple((name, 0) for name, _ in row.cells[:1]))


def always_said(ruleset: Ruleset, code: str) -> Ruleset:
    name = ruleset.codes[code][0]
    table = next(t for t in ruleset.tables if t.name == name)
    rows = tuple(replace(row, cells=()) if code in row.then else row for row in table.rows)
    return changed(ruleset, {name: replace(table, rows=rows)})


def always_answered(ruleset: Ruleset, name: str, answer: str) -> Ruleset:
    table = next(t for t in ruleset.tables if t.name == name)
    rows = tuple(replace(row, then=(answer,)) for row in table.rows)
    return changed(ruleset, {name: replace(table, rows=rows)})
