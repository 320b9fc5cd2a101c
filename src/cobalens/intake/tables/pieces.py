"""A piece of a table that was too large to be read at once: its rows are read with what the whole shows of how it is written."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from msgspec import Struct, msgpack
from msgspec.structs import replace

from cobalens.intake.casefile import tools_for
from cobalens.intake.tables.grid import Grid, of_arrow, of_text
from cobalens.intake.tables.headings import Header, words_for
from cobalens.intake.tables.mapping import Mapped
from cobalens.intake.tables.table import LOOKED_AT, Known, Shown, Table, table_of
from cobalens.model.ruleset import Ruleset

WHOLE, NUMBERS = "whole", ".numbers"
COMMA = ","


class Whole(Struct, frozen=True):
    """What is known of a table that stands in pieces."""

    header: Header
    shown: Shown
    told: dict[int, str]
    """Number of a row below the headings that holds units or ranges -> which of these."""
    each_says: bool
    """Whether each row names its person."""
    pieces: tuple[str, ...]
    """Names of their files; the headings are accounted for with the first."""
    typed: bool
    """Whether cells come as numbers and dates."""


class Piece(Struct, frozen=True):
    """How the rows of one piece are to be read."""

    whole: Whole
    numbers: Sequence[int]
    first: bool


def whole_in(folder: Path) -> Whole:
    return msgpack.decode((folder / WHOLE).read_bytes(), type=Whole)


def piece_at(path: Path) -> Piece:
    whole = whole_in(path.parent)
    numbers = array("q")
    numbers.frombytes(path.with_suffix(NUMBERS).read_bytes())
    return Piece(whole, numbers, path.name == whole.pieces[0])


def table_of_piece(source: bytes, piece: Piece, ruleset: Ruleset, mapped: Mapped) -> Table:
    whole, numbers = piece.whole, piece.numbers
    grid = _typed(source) if whole.typed else of_text(source.decode(), COMMA)
    begin = numbers[: whole.header.below + LOOKED_AT]
    told = {at: whole.told[number] for at, number in enumerate(begin) if number in whole.told}
    words, index = words_for(ruleset), tools_for(ruleset).analytes
    table = table_of(grid.rows, numbers, "", whole.header, words, index, mapped, Known(whole.shown, told))
    return table if piece.first else replace(table, continued=True)


def _typed(source: bytes) -> Grid:
    """Rows that were added at several times, each time as a stream of their own."""
    import pyarrow as arrow

    buffer, parts = BytesIO(source), list[Any]()
    while buffer.tell() < len(source):
        parts += arrow.ipc.open_stream(buffer)
    return of_arrow(arrow.Table.from_batches(parts))
