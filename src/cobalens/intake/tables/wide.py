"""Many visits, one a row, with a column for each test: each column as a whole, what many cells say once, as in ``bulk``.

Whatever is more than results of a day is left to the reading row by row, which decides what everything means.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.account import Account
from cobalens.intake.draft import ELEMENT_TEXT, MOST_ENTRIES, Draft
from cobalens.intake.tables import bulk as many
from cobalens.intake.tables.bulk import (
    Bulk,
    alone_of,
    bulk_on,
    ignored_in,
    ignored_of,
    known_on,
    part_of,
    told_of,
)
from cobalens.intake.tables.columns import keys_below
from cobalens.intake.tables.composed import results_in
from cobalens.intake.tables.headings import ANALYTE, NOTHING, PERSON, Column
from cobalens.intake.tables.kinds import Kind, Known, Moment, kind_of, moment_of
from cobalens.intake.tables.people import one_result
from cobalens.intake.tables.table import Person, Table
from cobalens.model.record import Element, Lab, Note, Record, Unread
from cobalens.model.ruleset import Ruleset

_ROLES = PERSON | {ANALYTE, NOTHING, "date", "reported"}
Met = tuple[str, Kind]
"""A result with its place."""


class Test(Struct):
    """One column of results."""

    known: Known
    cells: Sequence[Any]
    suffix: str
    """What its place adds to that of the row."""


class Wide(Struct):
    bulk: Bulk
    tests: list[Test]
    scales: dict[str, set[str]] = {}
    """Tests that are given by mass or in moles, and by which of them."""


def wide_for(table: Table, ruleset: Ruleset, day: str | None) -> Wide | None:
    """The table made ready, or ``None`` where its rows are few, or hold more than results with their days."""
    header, rows = table.header, table.rows
    if (
        header.long
        or not header.wide
        or len(rows) < many.FEWEST
        or any(one.role not in _ROLES for one in header.columns)
    ):
        return None
    groups = results_in(header, table.index)
    if any(
        len(group) > 1 or group[0].part != "value" or group[0].date or group[0].occasion for group in groups
    ):
        return None
    days = header.of("date", "reported")
    about = [one for one in header.of(*PERSON) if one.role not in ("id", "name")]

    def keys(columns: Sequence[Column]) -> Sequence[Any]:
        found = [keys_below(rows, one.at) for one in columns]
        return found[0] if len(found) == 1 else list(zip(*found, strict=True)) or [()] * len(rows)

    tests = [
        Test(
            Known(table, table, ruleset, day, one, [one], days, partial(_take, one), f" {one.unit}" if one.unit else ""),
            keys_below(rows, one.at),
            f", {one.heading}",
        )
        for (one,) in groups
    ]  # fmt: skip
    shared = Known(table, table, ruleset, day, None, [], days)
    prefix = f"{table.sheet} {table.noun} ".lstrip()
    people = keys(about) if about else None
    return Wide(Bulk(shared, prefix, [], keys(days), people, [], "", ignored_in(table)), tests)


def wide_on(wide: Wide, day: str | None) -> Wide:
    """The same as of another day, as of a ``Bulk``."""
    tests = [replace(test, known=known_on(test.known, day)) for test in wide.tests]
    return replace(wide, bulk=bulk_on(wide.bulk, day), tests=tests)


def _take(column: Column, draft: Draft, table: Table, row: int) -> None:
    one_result(draft, table, row, [column], {})


# --- One person ---------------------------------------------------------------------------------------------------


def record_of_wide(wide: Wide, person: Person, id: str, opening: Sequence[Element]) -> Record | None:
    """The record of one person, or ``None`` where the rows have to be read one by one."""
    bulk, rows = wide.bulk, person.rows
    shared = bulk.known
    bulk.taken += len(rows) * len(wide.tests)
    if len(rows) * len(wide.tests) > MOST_ENTRIES or _too_unlike(wide):
        return None
    draft, dated, about = told_of(bulk, rows, part_of(rows))
    met: list[Met] = []
    labs: list[Lab] = []
    notes: list[Note] = []
    unread: list[Unread] = []
    for row in rows:
        key = bulk.moments[row]
        moment = shared.moments.get(key) or moment_of(shared, key, row)
        if moment is None:
            return None
        if moment.dated and shared.day is None:
            return None
        found = _row(wide, row, moment, labs, notes, unread)
        if not found:
            return None
        # A day on which no result is given dates nothing.
        dated = dated or (moment.dated and any(kind.number for _, kind in found))
        met += found
    if (dated and shared.day is None) or _mixed(wide, met):
        return None
    alone = alone_of(bulk, draft, dated, about)
    if alone is None:
        return None
    who = alone.elements if about else ()
    ignored = ignored_of(bulk, part_of(rows))
    return Record(
        id=id,
        as_of=shared.day if dated else None,
        age=alone.age,
        labs=tuple(labs),
        events=alone.events,
        not_understood=(*alone.not_understood, *unread),
        notes=(*alone.notes, *notes),
        elements=Account(lambda: (*opening, *_elements(met, who, about), *ignored)),
        understood=alone.understood,
        died=alone.died,
    )


def _row(
    wide: Wide, row: int, moment: Moment, labs: list[Lab], notes: list[Note], unread: list[Unread]
) -> list[Met]:
    """What the cells of a row say; nothing where one of them says more than a result, or all are empty."""
    place = f"{wide.bulk.prefix}{wide.bulk.known.table.numbers[row]}"
    met: list[Met] = []
    for test in wide.tests:
        cell = test.cells[row]
        if cell is None or cell == "":
            continue
        key = (cell,)
        kind = test.known.kinds.get(key)
        if kind is None:
            if isinstance(cell, str) and not cell.strip():
                continue
            if (kind := kind_of(test.known, key, row)) is None:
                return []
            if kind.scale is not None:
                wide.scales.setdefault(kind.scale[0], set()).add(kind.scale[1])
        where = place + test.suffix
        met.append((where, kind))
        if kind.lab is not None:
            labs.append(replace(kind.lab, where=where, when=moment.when, time=moment.time))
        if kind.notes:
            notes += [replace(one, where=f"{where}{one.where}") for one in kind.notes]
        if kind.unread:
            unread += [replace(one, where=f"{where}{one.where}") for one in kind.unread]
    return met


def _too_unlike(wide: Wide) -> bool:
    """Whether so many cells were unlike all others that nothing is gained."""
    whole = sum(test.known.read_whole for test in wide.tests)
    return whole > max(many.FEWEST, wide.bulk.taken * many.MOST_READ_WHOLE)


def _mixed(wide: Wide, met: Sequence[Met]) -> bool:
    """Whether a test is given both by mass and in moles."""
    if all(len(one) == 1 for one in wide.scales.values()):
        return False
    scales = {kind.scale for _, kind in met if kind.scale}
    return len(scales) > len({analyte for analyte, _ in scales})


def _elements(met: Sequence[Met], who: Sequence[Element], about: str) -> list[Element]:
    """The account of the results; what is told of the person stands before what its first row says."""
    made = [Element(where, kind.shown[1 : ELEMENT_TEXT + 1], kind.fate, kind.reason) for where, kind in met]
    if who:
        begins = f"{about}, "
        at = next(at for at, one in enumerate(made) if one.where.startswith(begins))
        made[at:at] = who
    return made
