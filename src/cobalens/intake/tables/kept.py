"""Rows of some people of a table, kept with what the table as a whole says of its columns, and read back as that table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from cobalens.intake.casefile import tools_for
from cobalens.intake.tables import Opened
from cobalens.intake.tables.cells import Cell
from cobalens.intake.tables.columns import Columns, cells_below, keyed, width_of
from cobalens.intake.tables.headings import Header, words_for
from cobalens.intake.tables.mapping import NOTHING_GIVEN, mapping_of
from cobalens.intake.tables.table import Person, Table
from cobalens.model.ruleset import Ruleset

Written = str | bool | tuple[str, str] | None
"""A cell; what is no text stands with its kind."""
NUMBER, DAY, MOMENT = "number", "day", "moment"


class Kept(Struct, frozen=True):
    """A table as far as it speaks of some people."""

    sheet: str
    noun: str
    header: Header
    marks: dict[int, str | None]
    order: str | None
    answers: frozenset[int]
    people: list[tuple[str, int]]
    """Identifier, and how many rows."""
    numbers: list[int]
    columns: list[list[Written]]


def without(source: Opened, ids: Collection[str]) -> Opened:
    """The same, without these people."""
    left = [
        (name, key)
        for name, key in zip(source.names, source.people, strict=True)
        if not named(source, key, ids)
    ]
    people = {key: source.people[key] for _, key in left}
    return Opened(
        source.tables, source.rest, people, source.ruleset, source.id, source.many, source.wide, [name for name, _ in left]
    )  # fmt: skip


def named(source: Opened, key: str, ids: Collection[str]) -> bool:
    """Whether the rows below a key are those of one of these identifiers."""
    return key in ids and any(
        table.header.of("id") and person.id == key for table, person in source.people[key]
    )


def kept_of(source: Opened, ids: Sequence[str]) -> list[Kept]:
    """The rows of these people, table by table."""
    found: list[Kept] = []
    for table in source.tables:
        own = [
            (name, person.rows)
            for name in ids
            if name in source.people and named(source, name, ids)
            for other, person in source.people[name]
            if other is table
        ]
        if not own:
            continue
        rows = [row for _, those in own for row in those]
        columns = [cells_below(table.rows, at) for at in range(width_of(table.rows))]
        found.append(
            Kept(
                table.sheet,
                table.noun,
                table.header,
                table.marks,
                table.order,
                table.answers,
                [(name, len(those)) for name, those in own],
                [table.numbers[row] for row in rows],
                [[written(column[row]) for row in rows] for column in columns],
            )
        )
    return found


def written(cell: Cell) -> Written:
    if cell is None or isinstance(cell, str | bool):
        return cell
    if isinstance(cell, Decimal):
        return NUMBER, str(cell)
    return MOMENT if isinstance(cell, dt.datetime) else DAY, cell.isoformat()


def cell_of(one: Written) -> Cell:
    if not isinstance(one, tuple):
        return one
    kind, text = one
    if kind == NUMBER:
        return Decimal(text)
    return dt.datetime.fromisoformat(text) if kind == MOMENT else dt.date.fromisoformat(text)


def table_again(kept: Kept, file: str, ruleset: Ruleset, mapping: bytes | None) -> tuple[Table, list[Person]]:
    """The table with these rows alone, its places named with the file, and whose each row is."""
    tools = tools_for(ruleset)
    columns: list[list[Cell]] = [list(map(cell_of, column)) for column in kept.columns]
    keys: list[list[Any]] = [keyed(column) for column in columns]
    table = Table(
        Columns(columns, len(kept.numbers), keys),
        kept.numbers,
        f"{file} {kept.sheet}".strip(),
        kept.header,
        words_for(ruleset),
        tools.analytes,
        mapping_of(mapping, tools.analytes) if mapping is not None else NOTHING_GIVEN,
        kept.marks,
        kept.order,
        kept.answers,
        noun=kept.noun,
    )
    return table, list(_people(kept.people))


def _people(counts: Iterable[tuple[str, int]]) -> Iterable[Person]:
    first = 0
    for name, count in counts:
        yield Person(name, list(range(first, first + count)))
        first += count
