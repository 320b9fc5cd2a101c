"""The meaning of the rules for one person, with the full trace. No optimisation: this is the page to read aloud."""

from __future__ import annotations

from cobalens.model.facts import Facts
from cobalens.model.ruleset import UNKNOWN, Pack, Row, Ruleset, Table
from cobalens.model.trace import (
    NOT_LOOKED_FOR,
    NOT_SUPPORTED,
    SUPPORTED,
    Choice,
    Finding,
    Trace,
)

YES, NO = 1, 2
STATUS = {YES: SUPPORTED, NO: NOT_SUPPORTED, UNKNOWN: NOT_LOOKED_FOR}
TRUTH = {status: truth for truth, status in STATUS.items()}


def run(ruleset: Ruleset, facts: Facts, pack: Pack, assume: dict[str, int] | None = None) -> Trace:
    """Answers every question for one person under one pack.

    ``assume`` fixes the value of inputs (facts or earlier answers) for worked patients and what-ifs.
    """
    values = {name: fact.value for name, fact in facts.values.items()} | policy_values(ruleset, pack)
    fixed = assume or {}
    values.update(fixed)
    choices: dict[str, Choice] = {}
    findings: list[Finding] = []
    for table in ruleset.tables:
        if table.kind == "choose":
            choice = choose(table, values)
            choices[table.name] = choice
            values.setdefault(table.name, answer_index(table, choice.answer))
        else:
            found = collect(table, values)
            findings.extend(found)
            note_findings(table, found, values, fixed)
    return Trace(pack.name, choices, tuple(findings), values)


def policy_values(ruleset: Ruleset, pack: Pack) -> dict[str, int]:
    """A pack's policies as inputs; those that are numbers belong to the timelines, and rules do not read them."""
    return {
        f"policy.{name}": ruleset.policies[name].index(value) + 1
        for name, value in pack.policies.items()
        if ruleset.policies[name]
    }


def answer_index(table: Table, answer: str) -> int:
    """An answer's number: 0 for the answer "unknown", else its place among the declared ones, from 1."""
    return UNKNOWN if answer == "unknown" else table.values.index(answer) + 1


def choose(table: Table, values: dict[str, int]) -> Choice:
    """The answer on which all rows that hold, and are not overridden, agree."""
    holding = [row for row in table.rows if holds(row, values)]
    dropped = {other for row in holding for other in row.overrides}
    left = [row for row in holding if row.name not in dropped] if dropped else holding
    return Choice(table.name, left[0].then[0], tuple([row.name for row in left]))


def holds(row: Row, values: dict[str, int]) -> bool:
    """Two-valued: every cell names the value that its input has."""
    for name, mask in row.cells:  # noqa: SIM110 - all() over a generator takes twice as long
        if not mask >> values.get(name, UNKNOWN) & 1:
            return False
    return True


def collect(table: Table, values: dict[str, int]) -> list[Finding]:
    """Every code of the table with its status: the "or" of its rows, in Kleene's three values."""
    by_code: dict[str, list[tuple[Row, int]]] = {}
    for row in table.rows:
        truth = conjunction(row, values)
        for code in row.then:
            by_code.setdefault(code, []).append((row, truth))
    return [finding(table.name, code, rows, values) for code, rows in by_code.items()]


def conjunction(row: Row, values: dict[str, int]) -> int:
    """``YES``, ``NO`` or unknown: false if any cell is false, else unknown if any cell is."""
    truth = YES
    for name, mask in row.cells:
        value = values.get(name, UNKNOWN)
        if not mask >> value & 1:
            if value != UNKNOWN:
                return NO
            truth = UNKNOWN
    return truth


def finding(table: str, code: str, rows: list[tuple[Row, int]], values: dict[str, int]) -> Finding:
    """One code: supported by the rows that hold, or waiting for the facts that are unknown."""
    held = [row.name for row, truth in rows if truth == YES]
    if held:
        return Finding(code, table, SUPPORTED, tuple(held))
    open_rows = [row for row, truth in rows if truth == UNKNOWN]
    if not open_rows:
        return Finding(code, table, NOT_SUPPORTED)
    waiting = [
        name
        for row in open_rows
        for name, mask in row.cells
        if not mask & 1 and values.get(name, UNKNOWN) == UNKNOWN
    ]
    names = tuple([row.name for row in open_rows])
    return Finding(code, table, NOT_LOOKED_FOR, names, tuple(dict.fromkeys(waiting)))


def note_findings(table: Table, found: list[Finding], values: dict[str, int], fixed: dict[str, int]) -> None:
    """Makes ``finding.<code>`` and ``any.<table>`` readable by later questions."""
    said = [TRUTH[one.status] for one in found]
    for one, truth in zip(found, said, strict=True):
        name = f"finding.{one.code}"
        if name not in fixed:
            values[name] = either(values[name], truth) if name in values else truth
    name = f"any.{table.name}"
    if name not in fixed:
        values[name] = YES if YES in said else UNKNOWN if UNKNOWN in said else NO


def either(a: int, b: int) -> int:
    """Kleene's or."""
    if YES in (a, b):
        return YES
    return UNKNOWN if UNKNOWN in (a, b) else NO
