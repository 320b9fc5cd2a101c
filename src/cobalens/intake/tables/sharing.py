"""A table too large to be read at once, shared out by person into pieces, each of which ``pieces.py`` reads.

The rows of a person stay together and in their order, and keep the numbers that they have in the source.
"""

from __future__ import annotations

import csv
from array import array
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Any
from zlib import crc32

from msgspec import Struct, msgpack
from msgspec.structs import replace

from cobalens import errors
from cobalens.intake.casefile import tools_for
from cobalens.intake.tables.cells import Cell
from cobalens.intake.tables.columns import in_columns, uncollected
from cobalens.intake.tables.grid import (
    HEAD_BYTES,
    MAX_BYTES,
    MAX_CELL,
    MAX_ROWS,
    PARQUET,
    WHERE,
    delimiter_of,
    is_workbook,
    numbered,
    of_arrow,
    other_encoding,
)
from cobalens.intake.tables.headings import Header, words_for
from cobalens.intake.tables.mapping import NOTHING_GIVEN, Mapped, mapping_of
from cobalens.intake.tables.pieces import COMMA, NUMBERS, WHOLE, Whole
from cobalens.intake.tables.table import (
    Known,
    Shown,
    Signs,
    Table,
    below_the_headings,
    header_in,
    ids_of,
    naming,
    signs_for,
    table_of,
)
from cobalens.model.ruleset import Ruleset

LARGE_BYTES, LARGE_ROWS = MAX_BYTES // 2, MAX_ROWS // 2
"""A table of more is shared out: it could be read whole up to twice as much, by one process and in twice the memory."""
PIECE_BYTES, PIECE_ROWS = 24_000_000, 80_000
MOST_PIECES = 4_000
AT_ONCE = 50_000
"""Rows that are looked at and written together."""
READ_BYTES = 1 << 20
NOTHING_SHOWN = Shown(None, {}, frozenset())
Advance = Callable[[int], None]


class Block(Struct, frozen=True):
    """Rows that follow each other, with their numbers; the first ``below`` of them are headings."""

    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    below: int
    kept: Any
    """The same as they are written into pieces."""


class Large(Struct, frozen=True):
    """A table that is to be shared out."""

    path: Path
    rows: int
    encoding: str = ""
    """Empty where cells come as numbers and dates."""
    mark: str = COMMA


def share_out(
    path: Path,
    folder: Path,
    ruleset: Ruleset,
    mapping: bytes | None,
    advance: Advance,
    beside: bool = False,
    called: str = "",
) -> int:
    """Shares a table out into the folder, as a whole or not at all; how many pieces, none where it is to be read whole.

    Read whole is what is not that large, a workbook, and a table that names nobody. ``beside``: as in ``tables.opened``.
    ``called``: the name of the file.
    """
    large = large_at(path)
    if large is None:
        return 0
    mapped = mapping_of(mapping, tools_for(ruleset).analytes) if mapping is not None else NOTHING_GIVEN
    coming = folder.with_name(folder.name + ".coming")
    whole = None
    for quoted in (True, False):
        rmtree(coming, ignore_errors=True)
        coming.mkdir(parents=True)
        try:
            with uncollected():
                whole = _shared(
                    large, _blocks(large, quoted, advance), ruleset, mapped, beside, coming, called
                )
            break
        except csv.Error:
            # Quotes that do not close: as in smaller tables, all lines are then parted at the delimiter.
            continue
    if whole is None:
        rmtree(coming)
        return 0
    (coming / WHOLE).write_bytes(msgpack.encode(whole))
    rmtree(folder, ignore_errors=True)
    coming.replace(folder)
    return len(whole.pieces)


def large_at(path: Path) -> Large | None:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(PARQUET):
        return _large_parquet(path, size)
    if is_workbook(head[:65_536]) or size <= LARGE_ROWS:
        return None
    rows, encoding = _measured(path)
    if size <= LARGE_BYTES and rows <= LARGE_ROWS:
        return None
    if size > MOST_PIECES * PIECE_BYTES:
        raise errors.file_too_large(WHERE, size, MOST_PIECES * PIECE_BYTES)
    encoding = encoding or other_encoding(head[:4096])
    text = getincrementaldecoder(encoding)("replace").decode(head)
    text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    mark = delimiter_of(text) or COMMA
    return Large(path, rows, encoding, mark)


def _measured(path: Path) -> tuple[int, str]:
    """How many lines, and whether they are in UTF-8: else nothing is said of how they are written."""
    decode = getincrementaldecoder("utf-8-sig")().decode
    rows, encoding = 0, "utf-8-sig"
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            rows += block.count(b"\n")
            try:
                if encoding:
                    decode(block)
            except UnicodeDecodeError:
                encoding = ""
    try:
        if encoding:
            decode(b"", True)
    except UnicodeDecodeError:
        encoding = ""
    return rows, encoding


def _large_parquet(path: Path, size: int) -> Large | None:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        return None
    try:
        with parquet.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if size <= LARGE_BYTES and rows <= LARGE_ROWS:
                return None
            return Large(path, rows)
    except (arrow.ArrowException, OSError, ValueError, OverflowError):
        # Reading it whole says what is wrong with it.
        return None


def _blocks(large: Large, quoted: bool, advance: Advance) -> Iterator[Block]:
    if not large.encoding:
        yield from _blocks_of_parquet(large, advance)
        return
    csv.field_size_limit(MAX_CELL)
    before = 0
    ends = "" if quoted else None
    with (
        large.path.open("rb") as raw,
        TextIOWrapper(raw, large.encoding, errors="replace", newline=ends) as lines,
    ):
        rows = numbered(lines, large.mark) if quoted else _parted(lines, large.mark)
        while block := list(islice(rows, AT_ONCE)):
            written = [row for _, row in block]
            yield Block(in_columns(written, len(written)), [number for number, _ in block], 0, written)
            at = raw.tell()
            advance(at - before)
            before = at


def _parted(lines: Iterable[str], mark: str) -> Iterator[tuple[int, list[str]]]:
    """Lines parted at each delimiter, quoted or not."""
    number = 0
    for several in lines:
        for line in several.splitlines():
            number += 1
            if line.strip():
                yield number, line.split(mark)


def _blocks_of_parquet(large: Large, advance: Advance) -> Iterator[Block]:
    import pyarrow as arrow
    from pyarrow import parquet

    size, done = large.path.stat().st_size, 0
    with parquet.ParquetFile(large.path) as file:
        for batch in file.iter_batches(batch_size=AT_ONCE):
            table = arrow.Table.from_batches([batch])
            count = table.num_rows
            yield Block(of_arrow(table).rows, [1, *range(done + 2, done + count + 2)], 1, table)
            advance(size * (done + count) // large.rows - size * done // large.rows)
            done += count


class Naming(Struct):
    """Whose the rows met so far are."""

    runs: array[int]
    """What tells apart whom rows name that follow each other, once for each such run."""
    held: str = ""
    """Whom the last row names that names anybody: a merged cell stands once for the rows below it."""
    last: str | None = None
    each_says: bool = False
    unnamed: bool = False
    """Whether there is a row that names nobody."""

    def look(self, said: str) -> None:
        if not said:
            self.unnamed = True
        elif said == self.last:
            self.each_says = True
        elif not self.each_says:
            self.runs.append(hash(said))
        self.last = said

    def over(self) -> bool:
        """Whether each row names its person, as of a table that is read whole."""
        return self.each_says or not self.unnamed or len(set(self.runs)) < len(self.runs)


def _shared(
    large: Large,
    blocks: Iterable[Block],
    ruleset: Ruleset,
    mapped: Mapped,
    beside: bool,
    folder: Path,
    called: str,
) -> Whole | None:
    words, index = words_for(ruleset), tools_for(ruleset).analytes
    size = large.path.stat().st_size
    count = min(MOST_PIECES, max(-(-size // PIECE_BYTES), -(-large.rows // PIECE_ROWS)))
    signs: Signs | None = None
    header: Header | None = None
    names = Naming(array("q"))
    told: dict[int, str] = {}
    writing = Writing(folder, not large.encoding)
    for block in blocks:
        rows, numbers = block.rows, block.numbers
        if header is None or signs is None:
            header = header_in(rows, numbers, words, index, mapped, beside, called)
            if header is None or not naming(header):
                return None
            below = header.below
            header, at = below_the_headings(rows, header, words, index)
            told = {numbers[row]: reason for row, reason in at.items()}
            signs = signs_for(header, words)
            writing.headings = writing.some(block, range(below)), numbers[:below]
        else:
            below, at = block.below, {}
        signs.look(rows, below)
        here = replace(header, first=0, below=below)
        table = table_of(rows, numbers, "", here, words, index, mapped, Known(NOTHING_SHOWN, at))
        places = _places(table, names, count)
        writing.add(block, places, below)
    if header is None or signs is None:
        return None
    return Whole(header, signs.shown(mapped), told, names.over(), tuple(writing.met), not large.encoding)


def _places(table: Table, names: Naming, count: int) -> list[int]:
    """The piece of each row below the headings: that of its person, or of the person before where it names none."""
    aside, below = table.aside, table.header.below
    found: list[int] = []
    place = crc32(names.held.encode()) % count
    for row, said in enumerate(ids_of(table, naming(table.header)), below):
        names.look(said)
        if said and said != names.held and row not in aside:
            names.held = said
            place = crc32(said.encode()) % count
        found.append(place)
    return found


class Writing:
    """The pieces under way: rows are added to their files a block at a time, so that few files are open at once."""

    def __init__(self, folder: Path, typed: bool) -> None:
        self.folder, self.typed = folder, typed
        self.headings: tuple[Any, Sequence[int]] = ((), ())
        self.met: dict[str, None] = {}
        """Files, in the order in which the first row of each is met."""

    def add(self, block: Block, places: Sequence[int], below: int) -> None:
        parted: dict[int, list[int]] = {}
        for row, place in enumerate(places, below):
            parted.setdefault(place, []).append(row)
        for place, rows in parted.items():
            name = f"{place:05}.{'rows' if self.typed else 'csv'}"
            if name not in self.met:
                self.met[name] = None
                self._append(name, *self.headings)
            self._append(name, self.some(block, rows), [block.numbers[row] for row in rows])

    def some(self, block: Block, rows: Sequence[int]) -> Any:
        """These rows as they are written."""
        if not self.typed:
            return [block.kept[row] for row in rows]
        import pyarrow as arrow

        # The names of the columns are no row here.
        return block.kept.take(arrow.array([row - 1 for row in rows if row], arrow.int64()))

    def _append(self, name: str, rows: Any, numbers: Sequence[int]) -> None:
        place = self.folder / name
        if self.typed:
            import pyarrow as arrow

            with place.open("ab") as into, arrow.ipc.new_stream(into, rows.schema) as stream:
                stream.write_table(rows)
        else:
            with place.open("a", encoding="utf-8", newline="") as text:
                csv.writer(text).writerows(rows)
        with place.with_suffix(NUMBERS).open("ab") as into:
            array("q", numbers).tofile(into)
