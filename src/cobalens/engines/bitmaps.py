"""Answers many people at once on bitmaps: a condition is one bit a person, of which one step of the processor joins hundreds.

It runs a query whose conditions are bits; what they mean is said in ``sql/``, and every other engine reads the same columns.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from cobalens.engines.sql.algebra import AND, NOT, Node, denied, read
from cobalens.engines.sql.answers import Output, Query
from cobalens.engines.sql.rules import Column

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Bits: TypeAlias = NDArray[np.uint8]
    """Eight people in each."""
    Numbers: TypeAlias = NDArray[Any]
    """One for each person."""

FINDINGS = "findings"
WHEN = re.compile(r"WHEN (.+?) = ([01]) THEN (\d+)")
OTHERWISE = re.compile(r"(?:ELSE|0 \+) (\d+)")
IS = re.compile(r"\((\w+) = (\d+)\)::UTINYINT")
AMONG = re.compile(r"(\w+) IN \(([\d, ]+)\)")
COMPARED = re.compile(r"(\w+) (=|<>|<=|>=|<|>) (\d+)")
COMPARISONS = {
    "=": operator.eq, "<>": operator.ne, "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip


class Number(Struct, frozen=True):
    """The number of the first condition that holds."""

    name: str
    cases: tuple[tuple[Node, int], ...]
    otherwise: int
    same_as: str = ""
    """The column that holds it already."""


class Plan(Struct, frozen=True):
    """A query as it is worked out: its columns, each after those that it reads, and what the result is made of."""

    steps: tuple[tuple[str, Node] | Number, ...]
    numbers: tuple[Number, ...]
    findings: tuple[Node, ...]
    """That each finding of the list is supported, in the order of the result."""


def planned(query: Query) -> Plan:
    columns = [column for stage in query.stages for column in stage]
    return Plan(
        steps=tuple(
            of_column(column) if column.number else (column.name, read(column.condition))
            for column in columns
        ),
        numbers=tuple(of_output(one) for one in query.outputs if one.cases),
        findings=tuple(read(one.status.holds) for one in query.outputs if one.code and one.status),
    )


def of_column(column: Column) -> Number:
    cases = [
        (read(condition) if bit == "1" else denied(read(condition)), int(number))
        for condition, bit, number in WHEN.findall(column.condition)
    ]
    return Number(column.name, tuple(cases), int(OTHERWISE.findall(column.condition)[-1]))


def of_output(one: Output) -> Number:
    direct = [IS.fullmatch(condition) for condition, _ in one.cases]
    columns = {found[1] for found in direct if found}
    alike = all(found and int(found[2]) == n for found, (_, n) in zip(direct, one.cases, strict=True))
    whole = one.otherwise == 0 and len(one.cases) == len(one.words) - 1
    cases = tuple((read(condition), number) for condition, number in one.cases)
    return Number(
        one.name, cases, one.otherwise, columns.pop() if alike and whole and len(columns) == 1 else ""
    )


class People:
    """The people of a batch: their facts, and what was worked out of them so far."""

    def __init__(self, facts: dict[str, Numbers], count: int) -> None:
        import numpy

        self.np = numpy
        self.count = count
        self.numbers = facts
        self.bitmaps: dict[str, Bits] = {}

    def run(self, plan: Plan) -> None:
        for step in plan.steps:
            if isinstance(step, Number):
                self.numbers[step.name] = self.number(step)
            else:
                self.bitmaps[step[0]] = self.bits(step[1])

    def bits(self, node: Node) -> Bits:
        """Of whom a condition holds."""
        if isinstance(node, str):
            if node not in self.bitmaps:
                self.bitmaps[node] = self.packed(self.tested(node))
            return self.bitmaps[node]
        parts = [self.bits(part) for part in node.parts]
        if node.sign == NOT:
            return ~parts[0]
        return reduce(operator.and_ if node.sign == AND else operator.or_, parts)

    def tested(self, text: str) -> NDArray[np.bool_]:
        """A comparison as ``masks`` writes it, or a fact that is no more than a yes."""
        if text in ("TRUE", "FALSE"):
            return self.np.full(self.count, text == "TRUE")
        if text in self.numbers:
            yes: NDArray[np.bool_] = self.numbers[text] == 1
            return yes
        among = AMONG.search(text)
        found = (
            [self.numbers[among[1]] == int(value) for value in among[2].split(",")]
            if among
            else [
                COMPARISONS[sign](self.numbers[name], int(value))
                for name, sign, value in COMPARED.findall(text)
            ]
        )
        return reduce(operator.and_ if " AND " in text else operator.or_, found)

    def packed(self, flags: NDArray[np.bool_]) -> Bits:
        return self.np.packbits(flags, bitorder="little")

    def spread(self, bits: Bits) -> Numbers:
        """One for whom this holds, else nought."""
        return self.np.unpackbits(bits, count=self.count, bitorder="little")

    def number(self, one: Number) -> Numbers:
        """Digit by digit: of whom the number of the first condition that holds has this bit."""
        if one.same_as:
            return self.numbers[one.same_as]
        digits: dict[int, Bits] = {}

        def put(who: Bits, number: int) -> None:
            for place in range(number.bit_length()):
                if number >> place & 1:
                    digits[place] = digits[place] | who if place in digits else who

        last, left = one.otherwise, None
        for node, number in one.cases:
            if node == "TRUE":
                last = number
                break
            held = self.bits(node)
            put(held if left is None else held & left, number)
            left = ~held if left is None else left & ~held
        put(self.bits("TRUE") if left is None else left, last)
        found = self.np.zeros(self.count, small(1 + max((last, *(number for _, number in one.cases)))))
        for place, who in digits.items():
            ones = self.spread(who)
            found += ones * found.dtype.type(1 << place) if place else ones
        return found

    def listed(self, findings: Sequence[Node]) -> tuple[Numbers, Numbers]:
        """The places of what is supported, counted from one, person after person; and where each person's begin."""
        supported = [self.spread(self.bits(node)) for node in findings]
        starts = self.np.zeros(self.count + 1, "int32")
        for ones in supported:
            starts[1:] += ones
        self.np.cumsum(starts, out=starts)
        free = starts[:-1].copy()
        found = self.np.empty(starts[-1], small(1 + len(findings)))
        for place, ones in enumerate(supported, 1):
            who = self.np.flatnonzero(ones)
            here = free[who]
            found[here] = place
            free[who] = here + 1
        return found, starts


def small(size: int) -> str:
    """The narrowest whole number that tells so many values apart."""
    return "uint8" if size <= 256 else "uint16"


def answered(plan: Plan, batch: pa.RecordBatch, keys: Sequence[str]) -> pa.RecordBatch:
    """A batch of facts, none of them missing -> the keys, a number for every output that is not the same for all, the list."""
    import pyarrow as pa

    facts = {name: batch.column(name).to_numpy() for name in batch.schema.names if name not in keys}
    people = People(facts, batch.num_rows)
    people.run(plan)
    columns = {key: batch.column(key) for key in keys}
    if plan.findings:
        found, starts = people.listed(plan.findings)
        columns[FINDINGS] = pa.ListArray.from_arrays(pa.array(starts), pa.array(found))
    columns |= {one.name: pa.array(people.number(one)) for one in plan.numbers}
    return pa.RecordBatch.from_pydict(columns)
