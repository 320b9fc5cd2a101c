"""What stands for no answer in a table, where a mapping file says so: such a cell is empty from then on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from cobalens.intake.tables.cells import Cell
from cobalens.intake.tables.columns import Columns
from cobalens.intake.tables.headings import Header, tidy
from cobalens.intake.tables.mapping import Mapped, plain

NAMING = frozenset({"id", "name"})
"""Who somebody is stays as it is written: there are people with the number 99."""


def cleared(rows: Sequence[Sequence[Cell]], header: Header, mapped: Mapped) -> Sequence[Sequence[Cell]]:
    """The rows without the cells that stand for no answer; the headings stay."""
    if not mapped.missing and not mapped.missing_in:
        return rows
    asked = {
        one.at: those
        for one in header.columns
        if (
            those := {
                *mapped.missing_in.get(tidy(one.heading), ()),
                *(() if one.role in NAMING else mapped.missing),
            }
        )
    }
    if not isinstance(rows, Columns):
        kept = [list(row) for row in rows]
        for row in kept[header.below :]:
            for at, those in asked.items():
                if at < len(row) and plain(row[at]) in those:
                    row[at] = ""
        return kept
    columns, keys, met = list(rows.columns), list(rows.keys), list(rows.met)
    for at, those in asked.items():
        wanted = _places(columns[at], header.below, those) if at < len(columns) else []
        if wanted:
            columns[at], keys[at] = _without(columns[at], wanted), _without(keys[at], wanted)
            if at < len(met):
                met[at] = {"": "", **{key: cell for key, cell in met[at].items() if plain(cell) not in those}}
    return Columns(columns, len(rows), keys, met, rows.met_from)


def _places(cells: Sequence[Cell], below: int, those: Collection[str]) -> list[int]:
    known: dict[Any, bool] = {}
    found = []
    for place, cell in enumerate(cells):
        key = cell if isinstance(cell, str) else (type(cell), str(cell))
        if key not in known:
            known[key] = plain(cell) in those
        if known[key] and place >= below:
            found.append(place)
    return found


def _without(cells: Sequence[Any], places: Sequence[int]) -> list[Any]:
    kept = list(cells)
    for place in places:
        kept[place] = ""
    return kept
