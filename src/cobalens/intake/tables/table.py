"""A table whose headings are known: its cells, what its columns say as a whole, and which rows speak of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import groupby, repeat

from msgspec import Struct, field
from msgspec.structs import replace

from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.laboratory.units import parse
from cobalens.intake.tables.cells import Cell, Mark, Order, date_text, is_date, order_of, plain, text_of
from cobalens.intake.tables.columns import Columns, cells_below, distinct, each, keys_below
from cobalens.intake.tables.composed import OF_OCCASION, composed
from cobalens.intake.tables.headings import (
    ANALYTE,
    DATED,
    UNKNOWN,
    VALUE,
    Column,
    Header,
    Words,
    header_of,
    tidy,
)
from cobalens.intake.tables.mapping import Mapped
from cobalens.intake.tables.missing import cleared
from cobalens.intake.tables.named import by_name, not_needed, said_by

NAMELESS = "names no person, while the other rows each name theirs"


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
    continued: bool = False
    """A further piece of a table of which the headings are accounted for with the first."""

    def cell(self, row: int, at: int) -> Cell:
        if type(self.rows) is Columns:
            columns = self.rows.columns
            return columns[at][row] if at < len(columns) else None
        cells = self.rows[row]
        return cells[at] if at < len(cells) else None

    def text(self, row: int, column: Column) -> str:
        return plain(text_of(self.cell(row, column.at)), self.marks.get(column.at))

    def said(self, row: int, column: Column) -> str:
        """The words of a cell; the empty text where they say that nothing is known."""
        text = text_of(self.cell(row, column.at))
        return "" if text.lower() in self.words.unsaid else text

    def day(self, row: int, columns: Sequence[Column], born: bool = False) -> str:
        """The day that these columns give; of several, the first that is one, such as the date beside *BASELINE*."""
        found = ""
        for one in columns:
            if (cell := self.cell(row, one.at)) not in (None, "") and not self.is_null(cell):
                if len(columns) == 1 or is_date(cell):
                    return date_text(cell, self.order, born)
                found = found or date_text(cell, self.order, born)
        return found

    def is_null(self, cell: Cell) -> bool:
        """Whether a program wrote that there is nothing."""
        return isinstance(cell, str) and cell.strip().lower() in self.words.nulls

    def of_occasion(self, row: int, occasion: str) -> dict[str, str]:
        """The date of one of several samplings; the row's own may be that of another one."""
        columns = [one for one in self.header.of(OF_OCCASION) if one.occasion == occasion]
        date = self.day(row, columns)
        return {"date": date} if date else {}

    def where(self, row: int, column: Column | None = None) -> str:
        place = f"{self.sheet} {self.noun} {self.numbers[row]}".strip()
        return f"{place}, {column.heading}" if column else place


def header_in(
    rows: Sequence[Sequence[Cell]],
    numbers: Sequence[int],
    words: Words,
    index: AnalyteIndex,
    mapped: Mapped,
    beside: bool,
    called: str = "",
) -> Header | None:
    """The headings among the first rows, where a mapping file says that they are if it does. ``beside``: as in ``header_of``.

    ``called``: the name of the file, or of the sheet.
    """
    said = said_by(called, words)
    fixed = None
    if mapped.header_row is not None:
        fixed = next((at for at, number in enumerate(numbers) if number == mapped.header_row), None)
    found = header_of(
        rows,
        words,
        index,
        mapped.columns,
        fixed,
        mapped.order,
        beside,
        lambda one: by_name(composed(one, words, index), said, words),
    )
    # Doctors have a number and a sex as well.
    return None if not_needed(found, said) else found


# --- The table as a whole -----------------------------------------------------------------------------------------


class Signs(Struct):
    """What the cells that were looked at show of how their table writes dates and numbers."""

    header: Header
    words: Words
    dates: Order
    numbers: Mark
    measured: dict[int, Mark]
    """Of a table with a column for each test."""
    answering: dict[int, bool]
    """Unknown column -> whether it has held nothing but yes and no; one that has held nothing is not here."""

    def look(self, rows: Sequence[Sequence[Cell]], first: int = 0) -> Signs:
        """Looks at these rows from ``first`` on; what is the same in many of them once."""
        header = self.header

        def texts(column: Column) -> list[str]:
            return [
                cell for cell in distinct(rows, column.at, first).values() if isinstance(cell, str) and cell
            ]

        for one in (*header.of(*DATES), *(one for one in header.columns if one.part == "date")):
            self.dates.look(texts(one))
        for one in header.of(*NUMBERS):
            self.numbers.look(texts(one))
        for one in header.columns:
            if one.role == ANALYTE and one.part in MEASURED:
                self.measured.setdefault(one.at, Mark()).look(texts(one))
        yes_no = self.words.yes | self.words.no
        for one in header.of(UNKNOWN):
            cells = distinct(rows, one.at, first).values()
            if said := {text_of(cell).lower() for cell in cells} - self.words.unsaid:
                answers = said <= yes_no or said - self.words.no_answer <= _ONE_OR_NONE
                self.answering[one.at] = self.answering.get(one.at, True) and answers
        return self

    def shown(self, mapped: Mapped) -> Shown:
        """What all of it comes to; a mapping file decides before the cells do."""
        header = self.header
        order = mapped.order or self.dates.shown or order_of(one.heading for one in header.of(DATED))
        shared = mapped.mark or self.numbers.shown
        marks = {one.at: shared for one in header.of(*NUMBERS)}
        anywhere = Mark(
            any(one.pointed for one in self.measured.values()),
            any(one.commaed for one in self.measured.values()),
        ).shown
        for at, mark in self.measured.items():
            # A column that leaves it open is written like the others.
            marks[at] = mapped.mark or mark.shown or anywhere
        answers = frozenset(at for at, only in self.answering.items() if only)
        return Shown(order, marks, answers)


_ONE_OR_NONE = {"0", "1"}
"""What a column of yes and no holds beside numbers that stand for no answer, such as -9."""
DATES = ("date", "reported", "start", "stop", "birth_date", "died", OF_OCCASION)
NUMBERS = (VALUE, "range", "low", "high", DATED)
MEASURED = ("value", "low", "high", "range")


class Shown(Struct, frozen=True):
    """How a table writes dates and numbers, as in ``Table``."""

    order: str | None
    marks: dict[int, str | None]
    answers: frozenset[int]


def signs_for(header: Header, words: Words) -> Signs:
    return Signs(header, words, Order(), Mark(), {}, {})


class Known(Struct, frozen=True):
    """What is known of a table of which only some rows are read."""

    shown: Shown
    told: Mapping[int, str]
    """Rows of units and of ranges -> which of these."""


def table_of(
    rows: Sequence[Sequence[Cell]],
    numbers: Sequence[int],
    sheet: str,
    header: Header,
    words: Words,
    index: AnalyteIndex,
    mapped: Mapped,
    known: Known | None = None,
) -> Table:
    """The table, with what its cells show of it all, or with what is ``known`` of it."""
    rows = cleared(rows, header, mapped)
    if known is None:
        header, told = below_the_headings(rows, header, words, index)
        known = Known(signs_for(header, words).look(rows, header.below).shown(mapped), told)
    shown = known.shown
    table = Table(rows, numbers, sheet, header, words, index, mapped, shown.marks, shown.order, shown.answers)
    table.aside.update(known.told)
    _set_aside(table)
    return table


UNITS, RANGES = "the units of the columns", "the reference ranges of the columns"
RULE = "a rule between lines"
LOOKED_AT = 3
"""Rows below the headings among which the units and the ranges are looked for."""


def below_the_headings(
    rows: Sequence[Sequence[Cell]], header: Header, words: Words, index: AnalyteIndex
) -> tuple[Header, dict[int, str]]:
    """In a table with a column for each test, lines that hold the unit or the range of each instead of results."""
    told: dict[int, str] = {}
    columns = list(header.columns)
    tests = [at for at, one in enumerate(columns) if one.role == ANALYTE and one.part == "value"]
    for row in range(header.below, min(header.below + LOOKED_AT, len(rows))) if tests else ():
        cells = [text_of(cell) for cell in rows[row]]
        held = {at: cells[columns[at].at] for at in tests if columns[at].at < len(cells)}
        held = {at: text for at, text in held.items() if text.lower() not in words.unsaid}
        opening = tidy(next(filter(None, cells), ""))
        if not held:
            continue
        named = opening in words.units_line or any("/" in text for text in held.values())
        if named and all(parse(text, index.words.units) and not text.isdigit() for text in held.values()):
            columns = [replace(one, unit=one.unit or held.get(at, "")) for at, one in enumerate(columns)]
            told[row] = UNITS
        elif opening in words.ranges_line and any(char.isdigit() for text in held.values() for char in text):
            columns = [replace(one, limits=held.get(at, "")) for at, one in enumerate(columns)]
            told[row] = RANGES
    return (replace(header, columns=tuple(columns)) if told else header), told


def _set_aside(table: Table) -> None:
    """Rows of units, of totals and of headings that come again."""
    header, words = table.header, table.words
    heads = [tidy(one.heading) for one in header.columns]
    openings = {head for head in heads if head} | words.totals
    single = header.long and len(header.columns) > 2
    for row in _openings(table, openings, single):
        cells = table.rows[row]
        opening = next((text for cell in cells if cell not in (None, "") and (text := text_of(cell))), "")
        if not opening:
            continue
        if is_rule(cells):
            table.aside[row] = RULE
            continue
        first = tidy(opening)
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


def is_rule(cells: Sequence[Cell]) -> bool:
    """Whether a row is drawn, as between the headings and the rows of a table in plain text."""
    return all(not text or (len(text) > 1 and not text.strip("-=_:+ ")) for text in map(text_of, cells))


def _openings(table: Table, openings: Set[str], single: bool) -> list[int]:
    """Rows that do not begin as a result does: without a first cell, with a heading or a total in it, with nothing beside it."""
    below = table.header.below
    cells = distinct(table.rows, 0, below)
    odd = {key for key, cell in cells.items() if not (said := tidy(text_of(cell))) or said in openings}
    first = keys_below(table.rows, 0, below)
    found = [row for row, key in enumerate(first, below) if key in odd] if odd else []
    if single:
        second = cells_below(table.rows, 1, below)
        if None in second or "" in second:
            alone = (row for row, cell in enumerate(second, below) if cell is None or cell == "")
            found = sorted({*found, *alone})
    return found


def group(table: Table, people: dict[str, Person], each_says: bool | None = None) -> None:
    """Adds the rows to the people whom they speak of. Without an identifier a dated row is a visit, an undated one a person.

    ``each_says``: whether each row names its person, where that is known of more rows than these.
    """
    header = table.header
    keys = naming(header)
    alone = not keys and header.wide and not header.long and not header.of("date", "day")
    rows, aside, sheet = table.rows, table.aside, table.sheet
    held, row = "", header.below
    runs = [(said, len(list(run))) for said, run in groupby(ids_of(table, keys))]
    if each_says is None:
        each_says = _each_row_says(runs)
    for said, count in runs:
        first, row = row, row + count
        speaking: Sequence[int] = range(first, row)
        if not said and each_says:
            aside |= {one: NAMELESS for one in speaking if one not in aside and any(map(text_of, rows[one]))}
            continue
        if aside:
            speaking = [one for one in speaking if one not in aside]
        if not said:
            speaking = [one for one in speaking if any(map(text_of, rows[one]))]
        if not speaking:
            continue
        # A merged cell stands once for the rows below it.
        held = said or held
        for key, those in ((f"{sheet}:{one}", [one]) for one in speaking) if alone else ((held, speaking),):
            person = people.get(key)
            if person is None:
                person = people[key] = Person(held, [])
            person.rows.extend(those)


def _each_row_says(runs: Sequence[tuple[str, int]]) -> bool:
    """Whether an identifier is written anew in every row: then a row without one is nobody's, not a merged cell's."""
    said = [one for one, _ in runs if one]
    return any(one and count > 1 for one, count in runs) or len(said) > len(set(said))


def naming(header: Header) -> tuple[Column, ...]:
    """The columns that say whose a row is."""
    return header.of("id")[:1] or header.of("name")


def ids_of(table: Table, columns: Sequence[Column]) -> Iterable[str]:
    """What each row says of whose it is."""
    below = table.header.below
    said = [each(table.rows, one.at, text_of, below) for one in columns]
    if not said:
        return repeat("", len(table.rows) - below)
    return said[0] if len(said) == 1 else (" ".join(filter(None, parts)) for parts in zip(*said, strict=True))
