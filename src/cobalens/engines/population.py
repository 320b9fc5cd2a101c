"""The reference population: survey-weighted percentiles, shares and their intervals, from the file that ships.

The standard library's arrays and bisection are enough for it. It informs; it decides nothing.
"""

from __future__ import annotations

import json
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from math import sqrt
from pathlib import Path
from typing import Any

from msgspec import Struct

import cobalens.knowledge
from cobalens.engines.cells import Cell

SEXES = {"male": 1, "female": 2}
OLDEST = 200
PLACE = "H"
"""Array type of a person's place among the people."""


class Population(Struct, frozen=True):
    """Columns of equal length; a result that is missing is 0."""

    columns: dict[str, array[Any]]
    factors: dict[str, int]
    order: dict[str, array[int]]
    """Analyte -> the people who have it, by rising value."""

    def value(self, analyte: str, person: int) -> float:
        stored: int = self.columns[analyte][person]
        return stored / self.factors[analyte]


class Group(Struct, frozen=True):
    """Who counts, none of them pregnant: an age range with both ends included, and a sex or either."""

    youngest: int
    oldest: int = OLDEST
    sex: int | None = None


class Share(Struct, frozen=True):
    """A weighted share with the people behind it."""

    share: float
    people: int
    counted: int
    effective: float
    """The effective number of people after weighting (Kish)."""


@lru_cache(maxsize=2)
def population(file: str) -> Population:
    content = (Path(cobalens.knowledge.__file__).parent / "population" / file).read_bytes()
    first, _, rest = content.partition(b"\n")
    header = json.loads(first)
    columns: dict[str, array[Any]] = {}
    order: dict[str, array[int]] = {}
    at = 0

    def taken(code: str, count: int) -> array[Any]:
        nonlocal at
        values: array[Any] = array(code)
        size = values.itemsize * count
        values.frombytes(rest[at : at + size])
        if sys.byteorder == "big":
            values.byteswap()
        at += size
        return values

    for column in header["columns"]:
        columns[column["name"]] = taken(column["type"], header["people"])
    for one in header["orders"]:
        order[one["name"]] = taken(PLACE, one["people"])
    return Population(columns, {one["name"]: one["factor"] for one in header["columns"]}, order)


def members(people: Population, group: Group, among: Iterable[int]) -> list[int]:
    """Those of a group, in the order given."""
    age, pregnant, sex = (people.columns[name] for name in ("age", "pregnant", "sex"))
    low, high, wanted = group.youngest, group.oldest, group.sex
    return [
        one
        for one in among
        if low <= age[one] <= high and not pregnant[one] and (wanted is None or sex[one] == wanted)
    ]


def in_cell(people: Population, analyte: str, cell: Cell) -> Sequence[int]:
    """The people whose result lies in a stretch, by rising value."""
    column, factor, order = people.columns[analyte], people.factors[analyte], people.order[analyte]
    start, stop = 0, len(order)
    if cell.low is not None:
        start = place(order, cell.low.value * factor, lambda one: Decimal(column[one]), cell.low.after)
    if cell.high is not None:
        stop = place(order, cell.high.value * factor, lambda one: Decimal(column[one]), cell.high.after)
    return order[start:stop]


def place(order: Sequence[int], value: Decimal, key: Callable[[int], Decimal], after: bool) -> int:
    return (bisect_right if after else bisect_left)(order, value, key=key)


def share(people: Population, among: Iterable[int], counts: Callable[[int], bool]) -> Share:
    """The weighted share of those who count."""
    weight = people.columns["weight"]
    total = squares = hit = 0.0
    size = hits = 0
    for one in among:
        heavy = weight[one]
        total += heavy
        squares += heavy * heavy
        size += 1
        if counts(one):
            hit += heavy
            hits += 1
    return Share(hit / total if total else 0.0, size, hits, total * total / squares if squares else 0.0)


def wilson(found: float, effective: float, z: float) -> tuple[float, float]:
    """Wilson's interval of a share among an effective number of people."""
    if effective <= 0:
        return 0.0, 1.0
    square = z * z / effective
    centre = (found + square / 2) / (1 + square)
    half = z / (1 + square) * sqrt(found * (1 - found) / effective + square / (4 * effective))
    return max(0.0, centre - half), min(1.0, centre + half)


@lru_cache(maxsize=512)
def ladder(file: str, analyte: str, group: Group) -> tuple[array[int], list[float]]:
    """The stored results of a group by rising value, and the weight up to each."""
    people = population(file)
    chosen = members(people, group, people.order[analyte])
    column, weight = people.columns[analyte], people.columns["weight"]
    return array("q", map(column.__getitem__, chosen)), list(accumulate(map(weight.__getitem__, chosen)))


def percentile(file: str, analyte: str, group: Group, value: Decimal) -> tuple[float, int] | None:
    """The weighted percentile of a value (half of those who have the very value lie below), and the group's size."""
    stored, weights = ladder(file, analyte, group)
    if not weights:
        return None
    scaled = value * population(file).factors[analyte]
    low, high = bisect_left(stored, scaled), bisect_right(stored, scaled)
    below, upto = (weights[at - 1] if at else 0.0 for at in (low, high))
    return 100 * (below + upto) / 2 / weights[-1], len(weights)


@lru_cache(maxsize=512)
def frequencies(
    file: str, analyte: str, cells: tuple[Cell, ...], b12: Cell | None, group: Group
) -> tuple[tuple[float, ...], int]:
    """The weighted frequency of each stretch of an analyte, among people whose B12 lies in a stretch."""
    people = population(file)
    if b12 is None:
        stored, weights = ladder(file, analyte, group)
        scale = people.factors[analyte]
        below = [0.0, *weights]
        ends = [
            (
                0 if cell.low is None else _rung(stored, cell.low.value * scale, cell.low.after),
                len(stored) if cell.high is None else _rung(stored, cell.high.value * scale, cell.high.after),
            )
            for cell in cells
        ]
        sums = [below[stop] - below[start] if stop > start else 0.0 for start, stop in ends]
        size = len(stored)
    else:
        column, weight = people.columns[analyte], people.columns["weight"]
        chosen = {one for one in members(people, group, in_cell(people, "vitamin_b12", b12)) if column[one]}
        sums = [sum(weight[one] for one in in_cell(people, analyte, cell) if one in chosen) for cell in cells]
        size = len(chosen)
    total = sum(sums)
    return (tuple(one / total for one in sums) if total else ()), size


def _rung(stored: Sequence[int], value: Decimal, after: bool) -> int:
    return (bisect_right if after else bisect_left)(stored, value)
