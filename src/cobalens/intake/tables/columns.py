"""Rows kept as columns, and what is done to a whole column at once: its cells, what tells them apart, their words."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar, overload

from cobalens.intake.tables.cells import Cell, text_of

BLOCK = 256
"""Rows that are turned into columns at a time: so few that they are still at hand."""
FIRST = 32
"""Rows among which the headings are; what they hold is not counted among the results."""
MOST_SHARED = 20_000
"""Different cells of a column of which one is kept for all that are equal."""
Made = TypeVar("Made")


@contextmanager
def uncollected() -> Iterator[None]:
    """Rows refer to nothing that refers back: among so many there is no garbage to be looked for."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class Columns(Sequence[Sequence[Cell]]):
    """Rows of one length as columns; a row is made when it is asked for."""

    __slots__ = ("columns", "keys", "met", "met_from", "size")

    def __init__(
        self,
        columns: Sequence[Sequence[Cell]],
        size: int,
        keys: Sequence[Sequence[Any]] | None = None,
        met: Sequence[Mapping[Any, Cell]] = (),
        met_from: int = FIRST,
    ) -> None:
        self.columns = columns
        self.size = size
        self.keys = columns if keys is None else keys
        """What tells the cells apart, where they are not all text."""
        self.met = met
        """The different cells of each column from row ``met_from`` on, where they are few and are known."""
        self.met_from = met_from

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, at: int) -> Sequence[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Sequence[Cell]]: ...
    def __getitem__(self, at: int | slice) -> Sequence[Cell] | Sequence[Sequence[Cell]]:
        if isinstance(at, slice):
            return Columns([column[at] for column in self.columns], len(range(*at.indices(self.size))))
        return [column[at] for column in self.columns]

    def __iter__(self) -> Iterator[list[Cell]]:
        return map(list, zip(*self.columns, strict=True))


def in_columns(rows: Iterable[Sequence[str]], most: int) -> Sequence[Sequence[Cell]]:
    """Rows of text as columns, or as they are where they are not all of one length; a row more than ``most`` is the last."""
    source = iter(rows)
    begin = list(islice(source, min(FIRST, most + 1)))
    count, width = len(begin), len(begin[0]) if begin else 0
    if set(map(len, begin)) != {width}:
        return [*begin, *islice(source, most + 1 - count)]
    columns: list[list[Cell]] = [list(cells) for cells in zip(*begin, strict=True)]
    met: list[dict[str, str]] = [{} for _ in columns]
    while block := list(islice(source, min(BLOCK, most + 1 - count))):
        if set(map(len, block)) != {width}:
            return [*Columns(columns, count), *block, *islice(source, most + 1 - count - len(block))]
        for column, shared, cells in zip(columns, met, zip(*block, strict=True), strict=True):
            column.extend(map(shared.setdefault if len(shared) < MOST_SHARED else shared.get, cells, cells))
        count += len(block)
    return Columns(columns, count, met=met)


def turned(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The columns of rows of one length."""
    columns: list[list[Any]] = [[] for _ in rows[0]] if rows else []
    for at in range(0, len(rows), BLOCK):
        for column, cells in zip(columns, zip(*rows[at : at + BLOCK], strict=True), strict=True):
            column.extend(cells)
    return columns


def keyed(cells: list[Cell]) -> list[Any]:
    """Cells as keys: ``1``, ``1.0`` and yes are three things, but equal in Python."""
    if set(map(type, cells)) <= {str, type(None)}:
        return cells
    return [one if one is None or isinstance(one, str) else (type(one), str(one)) for one in cells]


def width_of(rows: Sequence[Sequence[Cell]]) -> int:
    return len(rows.columns) if type(rows) is Columns else max(map(len, rows), default=0)


# --- One column ---------------------------------------------------------------------------------------------------


def cells_below(rows: Sequence[Sequence[Cell]], at: int, first: int = 0) -> Sequence[Cell]:
    """One cell of each row from ``first`` on; nothing where a row does not reach so far."""
    if type(rows) is Columns:
        if at >= len(rows.columns):
            return [None] * (len(rows) - first)
        return rows.columns[at][first:] if first else rows.columns[at]
    return [row[at] if at < len(row) else None for row in islice(rows, first, None)]


def keys_below(rows: Sequence[Sequence[Cell]], at: int, first: int = 0) -> Sequence[Any]:
    """What tells these cells apart."""
    if type(rows) is Columns and at < len(rows.columns):
        return rows.keys[at][first:] if first else rows.keys[at]
    return cells_below(rows, at, first)


def distinct(rows: Sequence[Sequence[Cell]], at: int, first: int = 0) -> Mapping[Any, Cell]:
    """The different cells of a column, by their keys."""
    if type(rows) is Columns and rows.met and at < len(rows.met) and first <= rows.met_from:
        met = rows.met[at]
        if 0 < len(met) < MOST_SHARED:
            begin = rows.columns[at][first : rows.met_from]
            return {**met, **dict(zip(begin, begin, strict=True))}
    keys = keys_below(rows, at, first)
    return dict(zip(keys, cells_below(rows, at, first), strict=True))


def each(rows: Sequence[Sequence[Cell]], at: int, read: Callable[[Cell], Made], first: int = 0) -> list[Made]:
    """Reads each cell of a column; what is the same in many cells is read once."""
    made = {key: read(cell) for key, cell in distinct(rows, at, first).items()}
    return list(map(made.__getitem__, keys_below(rows, at, first)))


def is_filled(cell: Cell) -> bool:
    return bool(text_of(cell))


def after_a_space(cell: Cell) -> str:
    """The words of a cell with one space between them, and one before them where there are any."""
    words = text_of(cell)
    if not words.isalnum():
        words = " ".join(words.split())
    return f" {words}" if words else ""
