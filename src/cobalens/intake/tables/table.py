"""A table whose headings are known: its cells, what its columns say as a whole, and which rows speak of whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from msgspec import Struct, field

from cobalens.intake.tables.cells import Cell, date_text, mark_of, order_of, plain, text_of
from cobalens.intake.tables.headings import ANALYTE, DATED, UNKNOWN, VALUE, Column, Header, Words, tidy
from cobalens.intake.tables.mapping import Mapped
from cobalens.intake.testnames import AnalyteIndex


class Person(Struct):
    """The rows of one person, still as cells."""

    id: str
    rows: list[int]


class Table(Struct, frozen=True):
    """A table whose headings are known, with what its columns as a whole say of their numbers and dates."""

    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    sheet: str
    header: Header
    words: Words
    index: AnalyteIndex
    mapped: Mapped
    marks: dict[int, str | None]
    order: str | None
    answers: frozenset[int]
    """Unknown columns that hold nothing but yes and no: the heading is the question."""
    aside: dict[int, str] = field(default_factory=dict)
    """Rows that hold no result, with the reason."""
    noun: str = "row"
    typed: bool = False
    """Cells may be other than text."""

    def cell(self, row: int, at: int) -> Cell:
        cells = self.rows[row]
        return cells[at] if at < len(cells) else None

    def text(self, row: int, column: Column) -> str:
        return plain(text_of(self.cell(row, column.at)), self.marks.get(column.at))

    def said(self, row: int, column: Column) -> str:
        """The words of a cell; the empty text where they say that nothing is known."""
        text = text_of(self.cell(row, column.at))
        return "" if text.lower() in self.words.unsaid else text

    def day(self, row: int, columns: Sequence[Column], born: bool = False) -> str:
        for one in columns:
            if (cell := self.cell(row, one.at)) not in (None, ""):
                return date_text(cell, self.order, born)
        return ""

    def where(self, row: int, column: Column | None = None) -> str:
        place = f"{self.sheet} {self.noun} {self.numbers[row]}".strip()
        return f"{place}, {column.heading}" if column else place


# --- The table as a whole -----------------------------------------------------------------------------------------


def table_of(
    rows: Sequence[Sequence[Cell]],
    numbers: Sequence[int],
    sheet: str,
    header: Header,
    words: Words,
    index: AnalyteIndex,
    mapped: Mapped,
) -> Table:
    body = rows[header.below :]

    def texts(column: Column) -> set[str]:
        return {cell for cell in set(cells_below(body, column.at)) if isinstance(cell, str) and cell}

    dates = [
        *header.of("date", "reported", "start", "stop", "birth_date"),
        *(one for one in header.columns if one.part == "date"),
    ]
    order = (
        mapped.order
        or order_of(text for one in dates for text in texts(one))
        or order_of(one.heading for one in header.of(DATED))
    )
    numeric = header.of(VALUE, "range", "low", "high", DATED)
    shared = mapped.mark or mark_of(text for one in numeric for text in texts(one))
    marks: dict[int, str | None] = {one.at: shared for one in numeric}
    measured = [
        one for one in header.columns if one.role == ANALYTE and one.part in ("value", "low", "high", "range")
    ]
    anywhere = mark_of(text for one in measured for text in texts(one))
    for one in measured:
        # A column that leaves it open is written like the others.
        marks[one.at] = mapped.mark or mark_of(texts(one)) or anywhere
    yes_no = words.yes | words.no
    answers = set()
    for one in header.of(UNKNOWN):
        cells = {text_of(cell).lower() for cell in cells_below(body, one.at)} - words.unsaid
        if cells and cells <= yes_no:
            answers.add(one.at)
    table = Table(rows, numbers, sheet, header, words, index, mapped, marks, order, frozenset(answers))
    _set_aside(table)
    return table


def cells_below(rows: Sequence[Sequence[Cell]], at: int) -> Iterable[Cell]:
    """The cells of a column, of the rows that reach so far."""
    try:
        return list(map(itemgetter(at), rows))
    except IndexError:
        return [row[at] for row in rows if len(row) > at]


def _set_aside(table: Table) -> None:
    """Rows of units, of totals and of headings that come again."""
    header, words = table.header, table.words
    heads = [tidy(one.heading) for one in header.columns]
    openings = {head for head in heads if head} | words.totals
    met: dict[str, str] = {}
    usual: set[Cell] = set()
    """Texts that open a row of results; the row is one when a second cell is filled."""
    for row in range(header.below, len(table.rows)):
        cells = table.rows[row]
        if cells and cells[0] in usual and len(cells) > 1 and cells[1] not in (None, ""):
            continue
        opening = next((cell for cell in cells if cell not in (None, "") and text_of(cell)), None)
        if opening is None:
            continue
        said = opening if isinstance(opening, str) else text_of(opening)
        first = met.get(said)
        if first is None:
            first = met[said] = tidy(said)
            if first not in openings and opening is cells[0] and isinstance(opening, str):
                usual.add(opening)
        single = header.long and len(header.columns) > 2
        if first not in openings and not single:
            continue
        filled = sum(cell not in (None, "") for cell in cells)
        if (
            first in openings
            and filled > 1
            and [tidy(text_of(cell)) for cell in cells[: len(heads)]] == heads[: len(cells)]
        ):
            table.aside[row] = "the headings again"
        elif first in words.totals and not (header.long and filled > 3):
            table.aside[row] = "a line that sums up others"
        elif single and filled == 1 and not header.of(DATED):
            table.aside[row] = "a line with a single cell"


def group(table: Table, people: dict[str, Person]) -> None:
    """Adds the rows to the people whom they speak of. Without an identifier a dated row is a visit, an undated one a person."""
    header = table.header
    keys = header.of("id")[:1] or header.of("name")
    alone = not keys and header.wide and not header.long and not header.of("date", "day")
    held = ""
    single = keys[0].at if len(keys) == 1 else None
    rows, aside, sheet = table.rows, table.aside, table.sheet
    for row in range(header.below, len(rows)):
        if row in aside:
            continue
        cells = rows[row]
        if single is not None:
            cell = cells[single] if single < len(cells) else None
            said = cell.strip() if isinstance(cell, str) else text_of(cell)
        else:
            said = " ".join(text for one in keys if (text := text_of(table.cell(row, one.at))))
        if not said and not any(cell not in (None, "") and text_of(cell) for cell in cells):
            continue
        # A merged cell stands once for the rows below it.
        held = said or held
        key = f"{sheet}:{row}" if alone else held
        person = people.get(key)
        if person is None:
            person = people[key] = Person(held, [])
        person.rows.append(row)
