"""The line of one laboratory result, cut where the rules or the printed range would read it differently."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from cobalens.model.printing import printed

BARE = {"a": "years", "1": ""}
"""What stands behind a number where there is no unit of measurement."""
SIGNIFICANT = 4


class Bound(Struct, frozen=True, order=True):
    """One cut. ``after``: the value itself still lies below it."""

    value: Decimal
    after: bool


class Cell(Struct, frozen=True):
    """A stretch in which every reading reads alike. ``None``: open-ended."""

    low: Bound | None
    high: Bound | None

    def holds(self, value: Decimal) -> bool:
        above = self.low is None or passes(value, self.low)
        return above and not (self.high is not None and passes(value, self.high))


def passes(value: Decimal, bound: Bound) -> bool:
    return value > bound.value if bound.after else value >= bound.value


def cells_of(bounds: Iterable[Bound]) -> tuple[Cell, ...]:
    cuts = sorted(set(bounds))
    ends: list[Bound | None] = [None, *cuts, None]
    return tuple(Cell(low, high) for low, high in itertools.pairwise(ends))


def inside(cell: Cell) -> Decimal:
    """Some value well inside."""
    if cell.low is None:
        return cell.high.value / 2 if cell.high is not None and cell.high.value > 0 else Decimal(1)
    if cell.high is None:
        return cell.low.value * 3 / 2 if cell.low.value > 0 else cell.low.value + 1
    return (cell.low.value + cell.high.value) / 2


def nearest(cell: Cell, value: Decimal) -> Decimal:
    """The value in the cell that lies nearest to one outside it, at the precision of its limit."""
    if cell.holds(value):
        return value
    if cell.low is not None and not passes(value, cell.low):
        found = cell.low.value + step(cell.low.value, value) if cell.low.after else cell.low.value
    elif cell.high is not None:
        found = cell.high.value if cell.high.after else cell.high.value - step(cell.high.value, value)
    else:
        return value
    return found if cell.holds(found) else inside(cell)


def step(*values: Decimal) -> Decimal:
    """One unit of the last place in which any of the values is written."""
    places = max((-int(one.as_tuple().exponent) for one in values), default=0)
    return Decimal(1).scaleb(-min(max(places, 0), 6))


def union(cells: Sequence[Cell]) -> Cell:
    """Neighbouring cells, lowest first, as one stretch."""
    return Cell(cells[0].low, cells[-1].high)


def words(cell: Cell, unit: str | None) -> str:
    """``≥ 60 mL/min/1.73m2``, ``> 0.28 and ≤ 0.40 µmol/L``."""
    parts = []
    if cell.low is not None:
        parts.append(f"{'>' if cell.low.after else '≥'} {number(cell.low.value)}")
    if cell.high is not None:
        parts.append(f"{'≤' if cell.high.after else '<'} {number(cell.high.value)}")
    return " ".join(part for part in (" and ".join(parts), pretty(unit)) if part) if parts else ""


def pretty(unit: str | None) -> str:
    """A unit as people write it."""
    if not unit:
        return ""
    if unit in BARE:
        return BARE[unit]
    return f"µ{unit[1:]}" if unit.startswith("u") and not unit.startswith("unit") else printed(unit)


def number(value: Decimal) -> str:
    """As published; a converted limit to four figures."""
    digits = value.as_tuple().digits
    if len(digits) > SIGNIFICANT + 2:
        value = Decimal(f"{value:.{SIGNIFICANT}g}")
    return f"{value:f}"
