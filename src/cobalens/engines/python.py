"""The rules as one generated Python function: the same answers and leading rows as the reference engine, without the trace.

For many people at once and for what-ifs. It lands only because a generated test shows that it equals the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from msgspec import Struct

from cobalens.model.ruleset import Pack, Row, Ruleset, Table

YES, NO, UNKNOWN = 1, 2, 0
KLEENE = 0b111


class Outcome(Struct, frozen=True):
    """Answers by index and leading row; codes by Kleene status (1 supported, 2 not, 0 not looked for) and leading row."""

    answers: dict[str, tuple[int, str]]
    codes: dict[tuple[str, str], tuple[int, str]]


class Program(Struct, frozen=True):
    """A compiled ruleset under one pack: ``run`` takes the known facts by name."""

    source: str
    slots: tuple[tuple[str, str], ...]
    """What each place of the raw result is: ``(table, "")`` for an answer, ``(table, code)`` for a finding."""
    names: tuple[tuple[str, ...], ...]
    """Row names of each place, by the number in the raw result."""
    raw: Callable[[Mapping[str, int]], tuple[int, ...]]
    """Statuses and row numbers, interleaved."""

    def run(self, facts: Mapping[str, int]) -> Outcome:
        result = self.raw(facts)
        answers: dict[str, tuple[int, str]] = {}
        codes: dict[tuple[str, str], tuple[int, str]] = {}
        for place, (table, code) in enumerate(self.slots):
            status, row = result[2 * place], self.names[place][result[2 * place + 1]]
            if code:
                codes[table, code] = (status, row)
            else:
                answers[table] = (status, row)
        return Outcome(answers, codes)


def generate(ruleset: Ruleset, pack: Pack, chapters: Collection[str] = ()) -> Program:
    """Writes and compiles the function for one pack; of some ``chapters`` only, what others answer is then an input."""
    writer = Writer(ruleset, pack)
    for table in ruleset.tables:
        if chapters and table.chapter not in chapters:
            continue
        if table.kind == "choose":
            writer.choose(table)
        else:
            writer.collect(table)
    source = writer.text()
    space: dict[str, Any] = {}
    exec(compile(source, "<ruleset>", "exec"), space)
    return Program(source, tuple(writer.slots), tuple(writer.rows), space["interpret"])


def domains(ruleset: Ruleset) -> dict[str, int]:
    """Every fact and answer -> the mask of the values that it can have."""
    found = {name: (1 << len(fact.values)) - 1 for name, fact in ruleset.facts.items()}
    for table in ruleset.tables:
        if table.kind == "choose":
            found[table.name] = sum(
                1 << answer_index(table, answer) for answer in {row.then[0] for row in table.rows}
            )
    return found


def answer_index(table: Table, answer: str) -> int:
    return UNKNOWN if answer == "unknown" else table.values.index(answer) + 1


class Writer:
    """Turns tables into statements over local variables."""

    def __init__(self, ruleset: Ruleset, pack: Pack) -> None:
        self.policies = {
            f"policy.{n}": ruleset.policies[n].index(v) + 1
            for n, v in pack.policies.items()
            if ruleset.policies[n]
        }
        self.domains = domains(ruleset)
        self.lines: list[str] = []
        self.slots: list[tuple[str, str]] = []
        self.rows: list[tuple[str, ...]] = []
        self.variables: dict[str, str] = {}
        self.facts: list[str] = []
        self.truths: dict[str, list[str]] = {}

    def variable(self, name: str) -> str:
        """The local that holds an input; a fact is fetched once, at the top."""
        if name not in self.variables:
            if name in self.truths:
                self.variables[name] = self.combined(name)
            else:
                self.variables[name] = f"f{len(self.facts)}"
                self.facts.append(name)
        return self.variables[name]

    def combined(self, name: str) -> str:
        """Kleene's or over the statuses that make up a finding or a table."""
        parts = self.truths[name]
        if len(parts) == 1:
            return parts[0]
        made = f"t{len(self.lines)}"
        any_yes = " or ".join(f"{p} == 1" for p in parts) or "False"
        any_open = " or ".join(f"{p} == 0" for p in parts) or "False"
        self.lines.append(f"    {made} = 1 if {any_yes} else 0 if {any_open} else 2")
        return made

    def condition(self, cells: tuple[tuple[str, int], ...], also: int = 0) -> str:
        """All cells hold; ``also`` adds values to every mask (bit 0: or unknown)."""
        parts = []
        for name, mask in cells:
            if name in self.policies:
                if not mask >> self.policies[name] & 1:
                    return "False"
                continue
            parts.append(test(self.variable(name), mask | also, self.domains.get(name, KLEENE)))
        return " and ".join(p for p in parts if p != "True") or "True"

    def place(self, table: Table, code: str, rows: list[Row]) -> tuple[str, str]:
        """Registers a place of the result and returns its two locals."""
        place = len(self.slots)
        self.slots.append((table.name, code))
        self.rows.append(("", *(row.name for row in rows)))
        return f"s{place}", f"r{place}"

    def choose(self, table: Table) -> None:
        status, row_number = self.place(table, "", list(table.rows))
        over: dict[str, list[Row]] = {}
        for row in table.rows:
            for other in row.overrides:
                over.setdefault(other, []).append(row)
        held = [
            (row, self.condition(row.cells), [self.condition(o.cells) for o in over.get(row.name, [])])
            for row in table.rows
        ]
        word = "if"
        for number, (row, condition, others) in enumerate(held, 1):
            if condition == "False":
                continue
            unless = "".join(f" and not ({o})" for o in others if o != "False")
            value = answer_index(table, row.then[0])
            self.lines.append(f"    {word} {condition}{unless}: {status} = {value}; {row_number} = {number}")
            word = "elif"
        self.variables[table.name] = status

    def collect(self, table: Table) -> None:
        by_code: dict[str, list[Row]] = {}
        for row in table.rows:
            for code in row.then:
                by_code.setdefault(code, []).append(row)
        conditions = {row.name: (self.condition(row.cells), self.possible(row)) for row in table.rows}
        for code, rows in by_code.items():
            status, row_number = self.place(table, code, rows)
            word = "if"
            for number, row in enumerate(rows, 1):
                if conditions[row.name][0] != "False":
                    self.lines.append(
                        f"    {word} {conditions[row.name][0]}: {status} = 1; {row_number} = {number}"
                    )
                    word = "elif"
            for number, row in enumerate(rows, 1):
                if conditions[row.name][1] != conditions[row.name][0] and conditions[row.name][1] != "False":
                    self.lines.append(
                        f"    {word} {conditions[row.name][1]}: {status} = 0; {row_number} = {number}"
                    )
                    word = "elif"
            last = f"{status} = 2; {row_number} = 0"
            self.lines.append(f"    else: {last}" if word == "elif" else f"    {last}")
            self.truths.setdefault(f"finding.{code}", []).append(status)
            self.truths.setdefault(f"any.{table.name}", []).append(status)
            self.variables.pop(f"finding.{code}", None)

    def possible(self, row: Row) -> str:
        """The row is not false: every cell holds or is unknown."""
        return self.condition(row.cells, also=1)

    def text(self) -> str:
        fetch = [f"    f{n} = get({name!r}, 0)" for n, name in enumerate(self.facts)]
        back = ", ".join(f"s{n}, r{n}" for n in range(len(self.slots)))
        return "\n".join(
            ["def interpret(facts):", "    get = facts.get", *fetch, *self.lines, f"    return ({back},)", ""]
        )


def test(variable: str, mask: int, domain: int) -> str:
    """The cheapest Python test that a value of the domain is in the mask."""
    inside = [v for v in range(domain.bit_length()) if (domain & mask) >> v & 1]
    outside = [v for v in range(domain.bit_length()) if domain >> v & 1 and not mask >> v & 1]
    if not outside:
        return "True"
    if not inside:
        return "False"
    if outside == [UNKNOWN]:
        return variable
    if inside == [UNKNOWN]:
        return f"not {variable}"
    if len(inside) == 1:
        return f"{variable} == {inside[0]}"
    if len(outside) == 1:
        return f"{variable} != {outside[0]}"
    if inside[-1] < outside[0]:
        return f"{variable} <= {inside[-1]}"
    if inside[0] > outside[-1]:
        return f"{variable} >= {inside[0]}"
    if not any(inside[0] < v < inside[-1] for v in outside):
        return f"{inside[0]} <= {variable} <= {inside[-1]}"
    return f"{variable} in {tuple(inside)}"
