"""A patient who breaks an invariant: as few known facts as possible, the rows that fired, the nearest repair."""

from __future__ import annotations

import z3
from msgspec import Struct

from cobalens.model.ruleset import Row, Ruleset, Table
from cobalens.proofs.encoding import Cells, Encoding


class Counterexample(Struct, frozen=True):
    """Facts by value index; what was forbidden and held; ``table.row`` that fired; what would mend it."""

    facts: dict[str, int]
    cells: tuple[tuple[str, str], ...]
    rows: tuple[str, ...]
    repairs: tuple[str, ...]


def smallest(
    encoding: Encoding, solver: z3.Solver, bad: z3.BoolRef, cells: Cells, written: dict[str, str]
) -> Counterexample:
    """Forgets every fact that the failure does not need."""
    facts = encoding.values(solver.model())
    for name in sorted(facts):
        fewer = {n: v for n, v in facts.items() if n != name}
        if solver.check(bad, *encoding.known(fewer)) == z3.sat:
            facts = fewer
    solver.check(bad, *encoding.known(facts))
    model = solver.model()
    asked = {name for name, _ in cells}
    fired = tuple(
        f"{table}.{row}"
        for (table, row), left in encoding.active.items()
        if z3.is_true(model.eval(left)) and (table in asked or speaks(encoding, table, row, facts))
    )
    says = [
        r
        for name, mask in cells
        if name.startswith("finding.") and (r := repair(encoding, model, name, mask))
    ]
    answers = [r for name, mask in cells if name != "in_scope" and (r := repair(encoding, model, name, mask))]
    repairs = tuple(says or answers[-1:])
    return Counterexample(facts, tuple(written.items()), fired, repairs)


def speaks(encoding: Encoding, table: str, row: str, facts: dict[str, int]) -> bool:
    """Whether a row rests on something that is known of this patient."""
    cells = next(r.cells for r in encoding.tables[table].rows if r.name == row)
    return any(name in facts and not mask & 1 for name, mask in cells)


def repair(encoding: Encoding, model: z3.ModelRef, name: str, mask: int) -> str:
    """The change of one row that would keep this patient out of the forbidden combination."""
    if name.startswith("finding."):
        code = name.removeprefix("finding.")
        if mask >> 1 & 1 == 0:
            near = min(
                (
                    (missed(encoding, model, row), table.name, row.name)
                    for table, row in encoding.rows_behind(name)
                ),
                key=lambda one: (len(one[0]), one[1], one[2]),
            )
            return f"let row {near[2]!r} of {near[1]!r} say {code} here too: it misses by {', '.join(near[0]) or 'nothing'}"
        return f"narrow the row that says {code}"
    if name in encoding.tables:
        row = next(
            (
                r.name
                for r in encoding.tables[name].rows
                if z3.is_true(model.eval(encoding.active[name, r.name]))
            ),
            "",
        )
        return f"narrow row {row!r} of {name!r}, or let a stricter row override it" if row else ""
    return ""


def missed(encoding: Encoding, model: z3.ModelRef, row: Row) -> list[str]:
    """The cells of a row that this patient does not meet, as written."""
    return [
        f"{name} = {row.written.get(name, '')!r}"
        for name, mask in row.cells
        if not z3.is_true(model.eval(encoding.cell(name, mask), model_completion=True))
    ]


def in_words(ruleset: Ruleset, pack: str, one: Counterexample) -> list[str]:
    """The patient as a person would describe one, then why, then what to do."""
    lines = ["A patient of whom this is known, and nothing else:"]
    lines += [
        f"  - {ruleset.facts[n].label}: {value(ruleset, n, v)}" for n, v in sorted(one.facts.items())
    ] or ["  - nothing at all"]
    lines.append(
        f"Under {ruleset.packs[pack].title if pack in ruleset.packs else pack} this holds together, and must not:"
    )
    lines += [f"  - {question(ruleset, name)}: {cell}" for name, cell in one.cells]
    lines.append("because of these rows:")
    tables = {table.name: table for table in ruleset.tables}
    lines += [f"  - {row}: {why(tables, row)}" for row in one.rows]
    if one.repairs:
        lines.append("Nearest repair: " + "; or ".join(one.repairs) + ".")
    return lines


def value(ruleset: Ruleset, name: str, index: int) -> str:
    return ruleset.facts[name].values[index].replace("_", " ")


def question(ruleset: Ruleset, name: str) -> str:
    if name in ruleset.facts:
        return ruleset.facts[name].label
    words = ruleset.text.get("en", {}).get(name.removeprefix("finding."))
    return words.title if words and name.startswith("finding.") else name.replace("_", " ")


def why(tables: dict[str, Table], row: str) -> str:
    table, _, name = row.partition(".")
    return next((r.why for r in tables[table].rows if r.name == name), "")
