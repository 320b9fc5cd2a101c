"""A ruleset under one pack as boolean formulas: every fact free, every answer and finding defined by its table.

Only what a question depends on is handed to the solver, so that one invariant is a matter of milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import z3

from cobalens.model.ruleset import Fact, Pack, Row, Ruleset, Table

Cells = tuple[tuple[str, int], ...]
YES, NO = 1, 2


def any_of(parts: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """One of them at least; of none, false."""
    found = list(parts)
    return z3.Or(found) if found else z3.BoolVal(False)


def at_most_one(values: list[z3.BoolRef]) -> list[z3.BoolRef]:
    """Written out in pairs, so that any solver can read it."""
    return [z3.Not(z3.And(one, other)) for one, other in combinations(values, 2)]


def included(part: Fact, whole: Fact) -> bool:
    """Whether whatever makes the first fact true, on its timeline, makes the second true."""
    same = part.timeline == whole.timeline and part.lingers <= whole.lingers and part.within == whole.within
    if part.timeline in ("lasting", "begun") and whole.timeline in (part.timeline, "begun"):
        return (whole.for_at_least or 0) <= (part.for_at_least or 0)
    return (
        same
        or (part.timeline in ("current", "lasting", "begun") and whole.timeline == "ever")
        or (part.timeline, whole.timeline) == ("lasting", "current")
    )


_pairs: dict[int, tuple[Ruleset, list[tuple[str, str]]]] = {}


def pairs_of(ruleset: Ruleset) -> list[tuple[str, str]]:
    """Facts of which the first makes the second true, because its concepts are among the other's."""
    kept = _pairs.get(id(ruleset))
    if kept is None or kept[0] is not ruleset:
        plain = [
            f
            for f in ruleset.facts.values()
            if f.values == ("unknown", "yes", "no") and not f.lab and not f.routed
        ]
        found = [
            (part.name, whole.name)
            for part in plain
            for whole in plain
            if part is not whole and set(part.of) <= set(whole.of) and included(part, whole)
        ]
        kept = _pairs[id(ruleset)] = (ruleset, found)
    return kept[1]


class Encoding:
    """Formulas for values of facts, answers and findings."""

    def __init__(self, ruleset: Ruleset, pack: Pack) -> None:
        self.ruleset, self.pack = ruleset, pack
        self.tables = {table.name: table for table in ruleset.tables}
        self.policies = {
            f"policy.{name}": ruleset.policies[name].index(value) + 1
            for name, value in pack.policies.items()
            if ruleset.policies[name]
        }
        self.defined: dict[str, list[z3.BoolRef]] = {}
        self.variables: dict[tuple[str, int], z3.BoolRef] = {}
        self.active: dict[tuple[str, str], z3.BoolRef] = {}
        self.kept = z3.Solver()
        self.told: set[str] = set()
        self.related: set[tuple[str, str]] = set()

    # -- what stands for a value -----------------------------------------------------------------

    def variable(self, name: str, value: int) -> z3.BoolRef:
        """The proposition that an input has this value (never asked for a fact's unknown)."""
        key = (name, value)
        if key not in self.variables:
            self.variables[key] = z3.Bool(f"{name}={value}")
        return self.variables[key]

    def is_fact(self, name: str) -> bool:
        return name in self.ruleset.facts

    def count(self, name: str) -> int:
        if self.is_fact(name):
            return len(self.ruleset.facts[name].values)
        return len(self.tables[name].values) + 1 if name in self.tables else 3

    def cell(self, name: str, mask: int) -> z3.BoolRef:
        """The input has one of the values of the mask."""
        if name in self.policies:
            return z3.BoolVal(bool(mask >> self.policies[name] & 1))
        self.define(name)
        known = range(1, self.count(name))
        if mask & 1:
            return z3.Not(any_of([self.variable(name, v) for v in known if not mask >> v & 1]))
        return any_of([self.variable(name, v) for v in known if mask >> v & 1])

    def all_of(self, cells: Cells, also: int = 0) -> z3.BoolRef:
        found = [self.cell(name, mask | also) for name, mask in cells]
        return z3.And(found) if found else z3.BoolVal(True)

    # -- what defines it -------------------------------------------------------------------------

    def define(self, name: str) -> None:
        """Adds the constraints that give a name its meaning, once."""
        if name in self.defined:
            return
        self.defined[name] = []
        if self.is_fact(name):
            values = [self.variable(name, v) for v in range(1, self.count(name))]
            self.defined[name] = at_most_one(values)
        elif name in self.tables:
            self.defined[name] = self.answers(self.tables[name])
        else:
            self.defined[name] = self.truth(name)

    def answers(self, table: Table) -> list[z3.BoolRef]:
        """An answer holds exactly when a row that says it is left."""
        rows = {row.name: self.all_of(row.cells) for row in table.rows}
        over: dict[str, list[z3.BoolRef]] = {}
        for row in table.rows:
            for other in row.overrides:
                over.setdefault(other, []).append(rows[row.name])
        saying: dict[int, list[z3.BoolRef]] = {}
        for row in table.rows:
            left = z3.And(rows[row.name], z3.Not(any_of(over.get(row.name, []))))
            self.active[table.name, row.name] = left
            value = 0 if row.then[0] == "unknown" else table.values.index(row.then[0]) + 1
            saying.setdefault(value, []).append(left)
        return [
            self.variable(table.name, value) == any_of(saying.get(value, []))
            for value in range(1, len(table.values) + 1)
        ]

    def truth(self, name: str) -> list[z3.BoolRef]:
        """A finding, or any of a table: yes when a row holds, no when none can."""
        rows = self.rows_behind(name)
        holds = any_of([self.holds(table, row) for table, row in rows])
        can = any_of([self.all_of(row.cells, also=1) for _, row in rows])
        return [self.variable(name, YES) == holds, self.variable(name, NO) == z3.Not(can)]

    def holds(self, table: Table, row: Row) -> z3.BoolRef:
        key = (table.name, row.name)
        if key not in self.active:
            self.active[key] = self.all_of(row.cells)
        return self.active[key]

    def rows_behind(self, name: str) -> list[tuple[Table, Row]]:
        """The collect rows that decide ``finding.<code>`` or ``any.<table>``."""
        if name.startswith("any."):
            table = self.tables[name.removeprefix("any.")]
            return [(table, row) for row in table.rows]
        code = name.removeprefix("finding.")
        return [
            (self.tables[t], row)
            for t in self.ruleset.codes[code]
            for row in self.tables[t].rows
            if code in row.then
        ]

    # -- asking ----------------------------------------------------------------------------------

    def solver(self) -> z3.Solver:
        """A solver that knows everything defined so far; kept, so that each definition is handed over once."""
        for name, constraints in self.defined.items():
            if name not in self.told:
                self.told.add(name)
                self.kept.add(*constraints)
        self.kept.add(*self.meanings())
        return self.kept

    def meanings(self) -> list[z3.BoolRef]:
        """What the names of facts mean to each other: whoever has a member of a group has the group.

        No patient is excluded as unlikely; only two facts made of the same concepts cannot disagree.
        """
        found = []
        for part, whole in pairs_of(self.ruleset):
            pair = (part, whole)
            if pair not in self.related and part in self.defined and whole in self.defined:
                self.related.add(pair)
                found.append(z3.Implies(self.variable(part, YES), self.variable(whole, YES)))
                found.append(z3.Implies(self.variable(whole, NO), self.variable(part, NO)))
        return found

    def values(self, model: z3.ModelRef) -> dict[str, int]:
        """The known facts of a model."""
        found = {}
        for name in self.defined:
            if self.is_fact(name):
                for value in range(1, self.count(name)):
                    if z3.is_true(model.eval(self.variable(name, value))):
                        found[name] = value
        return found

    def known(self, facts: dict[str, int]) -> list[z3.BoolRef]:
        """Exactly these facts are known; all others are unknown."""
        return [
            self.variable(name, value) if facts.get(name) == value else z3.Not(self.variable(name, value))
            for name in self.defined
            if self.is_fact(name)
            for value in range(1, self.count(name))
        ]
