"""A table whose headings are known: its cells, what its columns say as a whole, and which rows speak of whom."""

from __future__ import annotations

from collections.abc import Sequence

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
    below = range(header.below, len(rows))

    def texts(column: Column) -> list[str]:
        return [
            cell
            for row in below
            if len(rows[row]) > column.at and isinstance(cell := rows[row][column.at], str) and cell
        ]

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
        cells = {
            text_of(rows[row][one.at]).lower() for row in below if len(rows[row]) > one.at
        } - words.unsaid
        if cells and cells <= yes_no:
            answers.add(one.at)
    table = Table(rows, numbers, sheet, header, words, index, mapped, marks, order, frozenset(answers))
    _set_aside(table)
    return table


def _set_aside(table: Table) -> None:
    """Rows of units, of totals and of headings that come again."""
    header, words = table.header, table.words
    heads = [tidy(one.heading) for one in header.columns]
    openings = {head for head in heads if head} | words.totals
    met: dict[str, str] = {}
    for row in range(header.below, len(table.rows)):
        cells = table.rows[row]
        opening = next((cell for cell in cells if cell not in (None, "")), None)
        if opening is None:
            continue
        said = opening if isinstance(opening, str) else text_of(opening)
        first = met.get(said)
        if first is None:
            first = met[said] = tidy(said)
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
    for row in range(header.below, len(table.rows)):
        if row in table.aside or not any(
            cell not in (None, "") and text_of(cell) for cell in table.rows[row]
        ):
            continue
        said = " ".join(text for one in keys if (text := text_of(table.cell(row, one.at))))
        # A merged cell stands once for the rows below it.
        held = said or held
        key = f"{table.sheet}:{row}" if alone else held
        if key not in people:
            people[key] = Person(held, [])
        people[key].rows.append(row)
