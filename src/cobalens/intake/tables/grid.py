"""Bytes of a text table, a workbook or a Parquet file to rows of cells. What the cells mean is not asked here."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from msgspec import Struct

from cobalens import errors
from cobalens.intake.source import _TOML_START
from cobalens.intake.tables.cells import Cell
from cobalens.intake.tables.columns import Columns, in_columns, keyed, turned, width_of
from cobalens.intake.tables.refusals import broken_parquet, broken_workbook, parquet_not_installed

WHERE = "input"
MAX_BYTES = 100_000_000
MAX_ROWS = 500_000
MAX_COLUMNS = 2_000
MAX_CELL = 50_000
HEAD_BYTES = 1 << 18
"""Of a table that is not read at once, how much its headings are looked for in."""
LOOKED_AT = 25
"""Lines from which delimiter and shape are told."""
MANY_COLUMNS = 4
"""Cells of which sentences seldom have as many, line after line."""
DELIMITERS = "\t;|,"
WORKBOOK, PARQUET = b"PK\x03\x04", b"PAR1"

_CASE = re.compile(
    r"^(?:patient|facts|labs|symptoms|conditions|medications|supplements|procedures|note|notes|diet|goal|as_of|id|[a-z_]+: &\w+)"
    r"\s*:\s*(?:$|[\[{|>&\"'\d]|[a-z])",
    re.MULTILINE,
)
_TOML_KEY = re.compile(
    r"^\s*(?:\[+\s*[\w.\"-]+|\"?(?:patient|facts|labs|symptoms|conditions|medications|supplements|procedures|notes?|diet|goal|function|as_of|id|age|sex)[\w.\"-]*\s*=)",
    re.MULTILINE,
)
_FIRST_KEY = re.compile(r"[a-z_]+\s*:(?:\s|$)")


class Grid(Struct, frozen=True):
    """One table as rows of cells. ``numbers`` are the rows' numbers in the source, counted from 1."""

    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    name: str = ""
    """The sheet, where there are several."""


# --- Text ---------------------------------------------------------------------------------------------------------


def decoded(source: bytes, where: str = WHERE) -> str:
    """Text in UTF-8 or UTF-16, else in the Western code page that older programs write."""
    try:
        if source[:2] not in UTF_16_MARKS:
            return source.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    return source.decode(other_encoding(source[:4096], where), errors="replace")


UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def other_encoding(head: bytes, where: str = WHERE) -> str:
    """In what a text is written that begins so and is not UTF-8."""
    if head[:2] in UTF_16_MARKS:
        return "utf-16"
    if b"\x00" in head:
        even, odd = head[0:200:2].count(0), head[1:200:2].count(0)
        if odd > 60 > even:
            return "utf-16-le"
        raise errors.not_readable_text(where)
    if any(byte < 9 or 13 < byte < 27 for byte in head):
        raise errors.not_readable_text(where)
    return "cp1252"


def head_text(head: bytes) -> str | None:
    """The beginning of a content as text, or ``None``; a character cut in two at the end does not matter."""
    try:
        return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 4 and error.start > 0:
            return head[: error.start].removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    try:
        return decoded(head)
    except errors.CobalensError:
        return None


def is_case(text: str) -> bool:
    """Whether a text is a case file, or another format that its first characters tell."""
    start = text.lstrip()
    if start[:1] in ("{", "[", "<") or start[:4] in ("MSH|", "FHS|", "BHS|", "\x0bMSH"):
        return True
    if _TOML_START.match(text):
        # "B12 = 148. 77F, numb feet" is a note.
        return _TOML_KEY.search(text) is not None
    first = _FIRST_KEY.match(start)
    return first is not None and (_CASE.search(text) is not None)


def delimiter_of(text: str) -> str | None:
    """What parts the cells of a text, when the lines agree on it."""
    lines = [line for line in text[:60_000].splitlines() if line.strip()][:LOOKED_AT]
    best: tuple[float, int, str] | None = None
    for mark in DELIMITERS:
        if len(lines) < 2 or not any(mark in line for line in lines):
            continue
        try:
            cells = [row for row in csv.reader(lines, delimiter=mark) if row]
        except csv.Error:
            continue
        usual, often = (
            Counter(len(row) for row in cells if len(row) > 1).most_common(1)[0]
            if any(len(row) > 1 for row in cells)
            else (0, 0)
        )
        agreed = often / len(cells)
        if often < 2 or agreed < 0.5 or (mark == "," and _is_prose(cells, usual)):
            continue
        rank = (round(agreed, 1), usual, mark)
        if best is None or rank[:2] > best[:2]:
            best = rank
    return best[2] if best else None


def _is_prose(rows: list[list[str]], usual: int) -> bool:
    """Sentences have commas too, but a space behind nearly each of them and no headings above.

    Above a table of many columns may stand a line or two of its own, such as its title.
    """
    spaced = sum(cell.startswith(" ") and cell.strip() != "" for row in rows for cell in row[1:])
    commas = sum(len(row) - 1 for row in rows)
    first = rows[0]
    return (
        commas == 0
        or (spaced > 0.8 * commas and any(len(cell) > 40 for row in rows for cell in row))
        or (len(first) < 2 and usual < MANY_COLUMNS)
    )


def of_text(text: str, mark: str, where: str = WHERE) -> Grid:
    """The rows of a delimited text; a quote that is never closed ends with its line."""
    csv.field_size_limit(MAX_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        rows: Sequence[Sequence[Cell]] = in_columns(filter(None, reader), MAX_ROWS)
        lines = reader.line_num
        numbers: Sequence[int] = range(1, lines + 1) if lines == len(rows) else _numbers(text, mark)
    except csv.Error:
        told = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
        rows = in_columns((line.split(mark) for _, line in told), MAX_ROWS)
        numbers = [at for at, _ in told]
    if len(rows) > MAX_ROWS:
        raise errors.too_many_entries(where, len(rows), MAX_ROWS)
    if width_of(rows) > MAX_COLUMNS:
        raise errors.too_many_entries(where, MAX_COLUMNS + 1, MAX_COLUMNS)
    return Grid(rows, numbers)


def _numbers(text: str, mark: str) -> list[int]:
    """The line on which each row begins, where rows are not lines: lines are blank, or cells hold several."""
    rows = numbered(io.StringIO(text, newline=""), mark)
    return [number for number, _ in islice(rows, MAX_ROWS + 1)]


def numbered(lines: Iterable[str], mark: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of delimited lines, each with the line on which it begins, counted from 1."""
    reader = csv.reader(lines, delimiter=mark)
    at = 1
    for row in reader:
        if row:
            yield at, row
        at = reader.line_num + 1


# --- Workbooks and Parquet ----------------------------------------------------------------------------------------


def is_workbook(head: bytes) -> bool:
    return (
        head.startswith(WORKBOOK)
        and (b"xl/" in head or b"[Content_Types].xml" in head[:400])
        and b"word/" not in head
    )


def of_workbook(source: bytes, where: str = WHERE) -> list[Grid]:
    """Every sheet that holds anything."""
    _bounded(source, where)
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source))
        sheets = []
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height > MAX_ROWS or sheet.width > MAX_COLUMNS:
                raise errors.too_many_entries(where, max(sheet.height, sheet.width), MAX_ROWS)
            sheets.append((name, sheet.to_python(skip_empty_area=False)))
    except (calamine.CalamineError, OSError, ValueError):
        raise broken_workbook(where) from None
    filled = [
        (name, rows) for name, rows in sheets if any(cell not in ("", None) for row in rows for cell in row)
    ]
    return [
        Grid(
            _typed(list(map(_read, turned(rows))), len(rows)),
            range(1, len(rows) + 1),
            name if len(filled) > 1 else "",
        )
        for name, rows in filled
    ]


def _bounded(source: bytes, where: str) -> None:
    """Refuses an archive that unpacks to far more than it should, before anything is unpacked."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotADirectoryError):
        raise broken_workbook(where) from None
    if size > 10 * MAX_BYTES:
        raise errors.file_too_large(where, size, 10 * MAX_BYTES)


def _typed(columns: Sequence[tuple[Sequence[Cell], Sequence[Any]]], count: int) -> Columns:
    return Columns([cells for cells, _ in columns], count, [keys for _, keys in columns])


def _read(raw: Sequence[Any]) -> tuple[list[Cell], list[Any]]:
    """A column of cells that come as numbers and dates, and what tells them apart; what is the same is read once."""
    kinds = set(map(type, raw))
    if not kinds <= {str, int, float, type(None)}:
        cells = list(map(_cell, raw))
        return cells, keyed(cells)
    read = {one: _cell(one) for one in dict.fromkeys(raw)}
    cells = list(map(read.__getitem__, raw))
    return cells, cells if kinds <= {str, type(None)} else keyed(cells)


def _cell(raw: Any) -> Cell:
    if isinstance(raw, str):
        return raw[:MAX_CELL].strip() or None
    if isinstance(raw, bool) or raw is None:
        return raw
    if isinstance(raw, float):
        return (
            None
            if raw != raw or abs(raw) == float("inf")
            else Decimal(int(raw))
            if raw == int(raw)
            else Decimal(f"{raw:.12g}")
        )
    if isinstance(raw, int):
        return Decimal(raw)
    if isinstance(raw, dt.datetime | dt.date | Decimal):
        return raw
    return str(raw)[:MAX_CELL]


def of_parquet(source: bytes, where: str = WHERE) -> Grid:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise parquet_not_installed(where) from None
    try:
        file = parquet.ParquetFile(io.BytesIO(source))
        if file.metadata.num_rows > MAX_ROWS or file.metadata.num_columns > MAX_COLUMNS:
            raise errors.too_many_entries(where, file.metadata.num_rows, MAX_ROWS)
        return of_arrow(file.read())
    except (arrow.ArrowException, OSError, ValueError, OverflowError):
        raise broken_parquet(where) from None


def of_arrow(table: Any) -> Grid:
    """The rows of an Arrow table below the names of its columns."""
    columns = [_of_arrow(column) for column in table.columns]
    for name, (cells, keys, _) in zip(map(str, table.column_names), columns, strict=True):
        cells.insert(0, name)
        if keys is not cells:
            keys.insert(0, name)
    made, told, met = zip(*columns, strict=True) if columns else ((), (), ())
    return Grid(Columns(made, table.num_rows + 1, told, met, met_from=1), range(1, table.num_rows + 2))


def _of_arrow(column: Any) -> tuple[list[Cell], list[Any], dict[Any, Cell]]:
    """A column, what tells its cells apart, and its different cells where all are text; what comes again is made once."""
    import pyarrow as arrow
    from pyarrow import compute

    if not len(column) or not (
        arrow.types.is_string(column.type) or arrow.types.is_large_string(column.type)
    ):
        return *_read(column.to_pylist()), {}
    coded = column.combine_chunks().dictionary_encode()
    texts = [*map(_cell, coded.dictionary.to_pylist()), None]
    places = compute.fill_null(coded.indices, len(texts) - 1)
    held = memoryview(places.buffers()[1]).cast("i")[places.offset : places.offset + len(places)]
    cells = list(map(texts.__getitem__, held))
    met = texts if column.null_count else texts[:-1]
    return cells, cells, dict(zip(met, met, strict=True))
