"""Which answers differ once some inputs are otherwise, by the reference meaning: another pack, say.

Only the tables below the questions asked are looked at, and of these only the ones that a change reaches.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from cobalens.engines.reference import NO, answer_index, choose, collect, either
from cobalens.model.ruleset import UNKNOWN, Ruleset, Table
from cobalens.model.trace import NOT_LOOKED_FOR, NOT_SUPPORTED, SUPPORTED, Trace

TRUTH = {SUPPORTED: 1, NOT_SUPPORTED: NO, NOT_LOOKED_FOR: UNKNOWN}
Given = dict[str, dict[str, int]]
"""Code -> table -> 1 said, 2 not, 0 open."""


class Plan(Struct, frozen=True):
    """The tables below some questions, and who reads what."""

    tables: tuple[Table, ...]
    readers: dict[str, tuple[int, ...]]
    """Input -> places in ``tables``."""
    facts: tuple[str, ...]


def plan_for(ruleset: Ruleset, questions: Iterable[str]) -> Plan:
    """Prepared once per ruleset and questions."""
    wanted = below(ruleset, questions)
    read = {name for table in wanted for name in table.inputs}
    tables = tuple(without_idle_rows(table, read) for table in wanted)
    readers: dict[str, list[int]] = {}
    for place, table in enumerate(tables):
        for name in table.inputs:
            readers.setdefault(name, []).append(place)
    facts = tuple(name for name in readers if name in ruleset.facts)
    return Plan(tables, {name: tuple(places) for name, places in readers.items()}, facts)


def without_idle_rows(table: Table, read: set[str]) -> Table:
    """A table of findings without the rows whose codes no later question reads."""
    if table.kind == "choose" or f"any.{table.name}" in read:
        return table
    rows = tuple(row for row in table.rows if any(f"finding.{code}" in read for code in row.then))
    inputs = dict.fromkeys(name for row in rows for name, _ in row.cells)
    return replace(table, rows=rows, inputs=tuple(inputs))


def below(ruleset: Ruleset, questions: Iterable[str]) -> tuple[Table, ...]:
    """The questions and all tables that they read, directly or not, in evaluation order."""
    tables = {table.name: table for table in ruleset.tables}
    wanted: set[str] = set()
    open_names = list(questions)
    while open_names:
        name = open_names.pop()
        if name in wanted or name not in tables:
            continue
        wanted.add(name)
        for one in tables[name].inputs:
            if one.startswith("finding."):
                open_names += ruleset.codes.get(one.removeprefix("finding."), ())
            else:
                open_names.append(one.removeprefix("any."))
    return tuple(table for table in ruleset.tables if table.name in wanted)


def given_by(plan: Plan, trace: Trace) -> Given:
    """What each table said of the codes that later questions read."""
    given: Given = {}
    for one in trace.findings:
        if f"finding.{one.code}" in plan.readers:
            given.setdefault(one.code, {})[one.table] = TRUTH[one.status]
    return given


def rerun(plan: Plan, trace: Trace, given: Given, inputs: dict[str, int]) -> dict[str, str]:
    """The answers that differ once some inputs (facts or policies) have other values."""
    values = {**trace.values, **inputs}
    answers: dict[str, str] = {}
    said: Given = {}
    waiting = {place for name in inputs for place in plan.readers.get(name, ())}
    while waiting:
        place = min(waiting)
        waiting.discard(place)
        table = plan.tables[place]
        if table.kind == "choose":
            answer = choose(table, values).answer
            moved = {}
            if answer != trace.choices[table.name].answer:
                answers[table.name] = answer
                moved[table.name] = answer_index(table, answer)
        else:
            moved = collected(plan, table, values, given, said)
        for changed, now in moved.items():
            if values.get(changed, UNKNOWN) != now and changed in plan.readers:
                values[changed] = now
                waiting.update(plan.readers[changed])
    return answers


def collected(plan: Plan, table: Table, values: dict[str, int], given: Given, said: Given) -> dict[str, int]:
    """What later questions read of a table of findings: ``finding.<code>`` over all its tables, and ``any.<table>``.

    ``given`` is what tables said before the change; ``said`` keeps what they say since.
    """
    moved = {}
    whole = NO
    for one in collect(table, values):
        truth = TRUTH[one.status]
        whole = either(whole, truth)
        if one.code in given:
            now = said.setdefault(one.code, dict(given[one.code]))
            now[table.name] = truth
            combined = NO
            for other in now.values():
                combined = either(combined, other)
            moved[f"finding.{one.code}"] = combined
    moved[f"any.{table.name}"] = whole
    return moved
