"""The rules as SQL text: one row of facts in, one row of answers and findings out, for every engine that speaks SQL.

Comparisons of small integers, AND, OR, NOT and nothing cleverer. Every answer is one flag for each of its values, every
finding two (it holds; it is not excluded), so that nothing is NULL; what later questions read is a column of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from cobalens.engines.sql.masks import BITS, CONDITIONS, asked_bit, bit
from cobalens.model import trace
from cobalens.model.ruleset import UNKNOWN, Pack, Row, Ruleset, Table

STATUSES = (trace.NOT_LOOKED_FOR, trace.SUPPORTED, trace.NOT_SUPPORTED)
NOT_LOOKED_FOR, SUPPORTED, NOT_SUPPORTED = range(3)
WORD = re.compile(r"[a-z][a-z0-9_]*")
LONGEST = 58
"""Letters in a column's name: PostgreSQL cuts longer ones off at 63."""
ROW = "__row"
"""After the name of a question or finding: the row that leads there."""


class Column(Struct, frozen=True):
    """One flag, by a condition over facts and columns; or a number, by an expression."""

    name: str
    condition: str
    number: bool = False


class Answer(Struct, frozen=True):
    """What a question answers: a flag for each value but one, which is the answer where no flag stands."""

    flags: dict[int, str]
    otherwise: int


class Status(Struct, frozen=True):
    """What is said of a finding: that it holds, and that it may (where it may not, it is not supported)."""

    holds: str
    may: str


def column_name(*parts: str) -> str:
    """A name that every dialect takes without quotes."""
    return "__".join(part.replace(":", "__").replace("-", "_").replace(".", "__") for part in parts if part)


class Writer:
    """Writes columns, each once, for one ruleset and any number of packs."""

    def __init__(
        self,
        ruleset: Ruleset,
        pack: Pack,
        differs: Mapping[str, Iterable[str]] | None = None,
        flag: str = "{}",
        bits: bool = False,
    ) -> None:
        """``differs``: by other pack, the facts that it cuts otherwise; each has a column of its own, named for the pack.

        ``flag`` says how a flag is read: as it is, or where a dialect has no truth values, as a comparison. ``bits``:
        every condition is a small integer instead.
        """
        self.ruleset = ruleset
        self.pack = pack
        self.flag = flag
        self.bits = bits
        self.logic = BITS if bits else CONDITIONS
        self.differs = {name: frozenset(facts) for name, facts in (differs or {}).items()}
        self.tables = {table.name: (place, table) for place, table in enumerate(ruleset.tables)}
        self.domains = {name: (1 << len(fact.values)) - 1 for name, fact in ruleset.facts.items()}
        self.slots = [(t, code) for t in ruleset.tables if t.kind == "collect" for code in codes_of(t)]
        self.facts: dict[str, str] = {}
        """Fact columns that are read -> the fact."""
        self.columns: dict[str, Column] = {}
        self.known: set[str] = set()
        """Names that are taken: columns that are read, and those made of them, each after what it reads."""
        self.same: dict[str, str] = {}
        self.answers: dict[tuple[str, str], Answer] = {}
        self.statuses: dict[tuple[str, str, str], Status] = {}

    # --- conditions -------------------------------------------------------------------------------------------

    def condition(self, pack: Pack, row: Row, place: int, also: int = 0) -> str:
        """All cells of a row of the table at ``place`` hold; ``also`` adds values to every mask (bit 0: or unknown)."""
        return self.logic.both(self.cell(pack, name, mask | also, place) for name, mask in row.cells)

    def cell(self, pack: Pack, name: str, mask: int, place: int) -> str:
        if name.startswith("policy."):
            return "TRUE" if mask >> self.policy(pack, name.removeprefix("policy.")) & 1 else "FALSE"
        if name in self.ruleset.facts:
            return self.about(self.fact(pack, name), mask, self.domains[name])
        if name in self.tables:
            table = self.tables[name][1]
            return self.shared(
                self.one_of(self.answer(pack, table), mask),
                self.own(pack, name, *words_in(table, mask)),
            )
        found = self.said(pack, name, place)
        if found is None:
            return "TRUE" if mask >> UNKNOWN & 1 else "FALSE"
        return self.in_kleene(found, mask)

    def about(self, column: str, mask: int, domain: int) -> str:
        """That a fact has one of these values; as a bit, a column of its own, since many rows ask the same."""
        tested = self.logic.test(column, mask, domain)
        if not self.bits or tested in ("TRUE", "FALSE"):
            return tested
        values = (str(value) for value in range(domain.bit_length()) if (domain & mask) >> value & 1)
        return self.add(column_name(column, "is", *values), tested)

    def equals(self, column: str, number: int) -> str:
        return bit(f"{column} = {number}") if self.bits else f"{column} = {number}"

    def when(self, condition: str) -> str:
        """As what a CASE asks."""
        return asked_bit(condition) if self.bits else condition

    def shared(self, condition: str, name: str) -> str:
        """A column for what many rows ask, unless it is as simple as a column."""
        if " " not in condition.removeprefix(self.read("")):
            return condition
        return self.read(self.add(name, condition))

    def policy(self, pack: Pack, name: str) -> int:
        values = self.ruleset.policies.get(name, ())
        return values.index(pack.policies[name]) + 1 if values and name in pack.policies else UNKNOWN

    def fact(self, pack: Pack, name: str) -> str:
        own = pack.name != self.pack.name and name in self.differs.get(pack.name, ())
        column = column_name(name, pack.name) if own else name
        self.facts.setdefault(column, name)
        self.known.add(column)
        return column

    def one_of(self, answer: Answer, mask: int) -> str:
        """That the answer is one of these."""
        inside = [flag for value, flag in answer.flags.items() if mask >> value & 1]
        outside = [flag for value, flag in answer.flags.items() if not mask >> value & 1]
        if mask >> answer.otherwise & 1:
            return self.logic.negated(self.logic.either(self.read(flag) for flag in outside))
        return self.logic.either(self.read(flag) for flag in inside)

    def in_kleene(self, found: Status, mask: int) -> str:
        holds, may = self.read(found.holds), self.read(found.may)
        parts = []
        if mask >> SUPPORTED & 1:
            parts.append(may if mask >> NOT_LOOKED_FOR & 1 else holds)
        elif mask >> NOT_LOOKED_FOR & 1:
            if mask >> NOT_SUPPORTED & 1:
                return self.logic.negated(holds)
            parts.append("FALSE" if holds == may else self.logic.both([may, self.logic.negated(holds)]))
        if mask >> NOT_SUPPORTED & 1:
            if parts == [may]:
                return "TRUE"
            parts.append(self.logic.negated(may))
        return self.logic.either(parts)

    def read(self, flag: str) -> str:
        return flag if flag in ("TRUE", "FALSE") else self.flag.format(flag)

    # --- tables -----------------------------------------------------------------------------------------------

    def answer(self, pack: Pack, table: Table) -> Answer:
        """The flags of a question. Rows that hold agree, so that their order decides nothing."""
        key = (pack.name, table.name)
        if key not in self.answers:
            groups: dict[int, list[str]] = {}
            for row, condition in self.choosing(pack, table):
                if condition != "FALSE":
                    groups.setdefault(answer_index(table, row.then[0]), []).append(condition)
            joined = {value: self.logic.either(held) for value, held in groups.items()}
            last = max(joined, key=lambda value: (joined[value] == "TRUE", len(joined[value]), value))
            self.answers[key] = Answer(
                {
                    value: self.add(self.own(pack, table.name, word_of(table, value)), condition)
                    for value, condition in joined.items()
                    if value != last
                },
                last,
            )
        return self.answers[key]

    def choosing(self, pack: Pack, table: Table) -> list[tuple[Row, str]]:
        """Every row with the condition under which it holds and is not overridden."""
        place = self.tables[table.name][0]
        plain = {row.name: self.condition(pack, row, place) for row in table.rows}
        for row in table.rows:
            if row.overrides:
                name = self.own(pack, table.name, row.name, "holds")
                plain[row.name] = self.shared(plain[row.name], name)
        return [
            (
                row,
                self.logic.both(
                    [
                        plain[row.name],
                        *(
                            self.logic.negated(plain[other.name])
                            for other in table.rows
                            if row.name in other.overrides
                        ),
                    ]
                ),
            )
            for row in table.rows
        ]

    def status(self, pack: Pack, table: Table, code: str) -> Status:
        """What one table says of one code."""
        key = (pack.name, table.name, code)
        if key not in self.statuses:
            rows = [row for row in table.rows if code in row.then]
            name = self.slot_name(table, code)
            holds = self.add(
                self.own(pack, name), self.logic.either(self.truth(pack, table, row) for row in rows)
            )
            may = self.logic.either(self.truth(pack, table, row, also=1) for row in rows)
            self.statuses[key] = Status(holds, self.add(self.own(pack, name, "may"), may))
        return self.statuses[key]

    def truth(self, pack: Pack, table: Table, row: Row, also: int = 0) -> str:
        """The condition of a row; a column of its own where several codes rest on it."""
        condition = self.condition(pack, row, self.tables[table.name][0], also)
        if len(row.then) == 1 or condition in ("TRUE", "FALSE"):
            return condition
        return self.read(
            self.add(self.own(pack, table.name, row.name, "may" if also else "holds"), condition)
        )

    def said(self, pack: Pack, name: str, place: int) -> Status | None:
        """``finding.<code>`` or ``any.<table>``, from the tables before this place; ``None`` where none speaks of it."""
        parts = [
            self.status(pack, table, code)
            for table, code in self.slots
            if name in (f"finding.{code}", f"any.{table.name}") and self.tables[table.name][0] < place
        ]
        if len(parts) < 2:
            return parts[0] if parts else None
        return Status(
            self.add(self.own(pack, name), self.logic.either(self.read(one.holds) for one in parts)),
            self.add(self.own(pack, name, "may"), self.logic.either(self.read(one.may) for one in parts)),
        )

    def slot_name(self, table: Table, code: str) -> str:
        """The code's name; with the table's, where several tables can give it."""
        several = len(self.ruleset.codes.get(code, ())) > 1
        return column_name(code, table.name if several else "")

    def own(self, pack: Pack, *parts: str) -> str:
        return column_name(*parts, "" if pack.name == self.pack.name else pack.name)

    # --- leading rows -----------------------------------------------------------------------------------------

    def leading(self, table: Table, code: str = "") -> str:
        """The column with the number of the row that leads, in the order of the file; 0 where none does."""
        name = self.slot_name(table, code) if code else table.name
        rows = [row for row in table.rows if not code or code in row.then]
        if code:
            cases = [
                (self.truth(self.pack, table, row, also), n)
                for also in (0, 1)
                for n, row in enumerate(rows, 1)
            ]
        else:
            cases = [(held, n) for n, (_, held) in enumerate(self.choosing(self.pack, table), 1)]
        parts, last = [], 0
        for condition, number in cases:
            if condition == "TRUE":
                last = number
                break
            if condition != "FALSE":
                parts.append(f"WHEN {self.when(condition)} THEN {number}")
        return self.add(
            name + ROW, f"CASE {' '.join(parts)} ELSE {last} END" if parts else f"0 + {last}", number=True
        )

    # --- columns ----------------------------------------------------------------------------------------------

    def add(self, name: str, condition: str, number: bool = False) -> str:
        """A column by this condition: an earlier one where that says the same, none where it is always so."""
        if condition in ("TRUE", "FALSE"):
            return condition
        for found in (self.same.get(condition), condition if self.flag == "{}" else None):
            if found in self.known:
                return found
        name = name if len(name) <= LONGEST else f"{name[: LONGEST - 6]}_{len(self.columns)}"
        while name in self.known:
            name += "_"
        self.columns[name] = Column(name, condition, number)
        self.known.add(name)
        if not number:
            self.same[condition] = self.same[self.flag.format(name)] = name
        return name


def word_of(table: Table, value: int) -> str:
    return ("unknown", *table.values)[value]


def words_in(table: Table, mask: int) -> list[str]:
    """The answers in a mask, or "not" and those outside it, whichever is shorter to say."""
    words = ("unknown", *table.values)
    inside = [word for value, word in enumerate(words) if mask >> value & 1]
    outside = [word for value, word in enumerate(words) if not mask >> value & 1]
    return ["or".join(("", *inside)).removeprefix("or")] if len(inside) <= len(outside) else ["not", *outside]


def answer_index(table: Table, answer: str) -> int:
    return UNKNOWN if answer == "unknown" else table.values.index(answer) + 1


def codes_of(table: Table) -> tuple[str, ...]:
    """What a table can find, each once, in the order of its rows."""
    return tuple(dict.fromkeys(code for row in table.rows for code in row.then))
