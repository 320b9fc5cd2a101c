"""A small table inside running text: dates side by side in its first line, below them a test in each line with its numbers."""

from __future__ import annotations

import re
from typing import NamedTuple

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex, tokens
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.series import DATED
from cobalens.intake.prose.textvalues import Hit, accepts, value_at

_LINE = pattern(r"[^\n]+")
_CELL = pattern(r"[^\s|]+(?:[ ](?![ |])[^\s|]+)*")
_DATE = pattern(rf"(?:{DATED}|(?:19|20)\d\d)", re.IGNORECASE)
_NAME = pattern(r"(?P<name>[^(\[]*?)\s*(?:[(\[](?P<unit>[^)\]]+)[)\]])?")
_EMPTY = pattern(r"[-–—.]+|n/?a|nd|not done", re.IGNORECASE)
_PERHAPS = pattern(r"(?:19|20)\d\d[^\n]*?(?:[ ]{2}|\t|\|)[^\n]*(?:19|20)\d\d[^\n]*\n")
_BESIDE = frozenset(
    [
        "unit", "units", "units of measure", "range", "ref range", "ref. range", "reference range", "normal range",
        "reference", "ref", "normal", "limits", "reference limits", "reference interval", "flag",
    ]
)  # fmt: skip
"""Headings of columns behind the dates."""
_RANGE = pattern(r"[\[(]?\s*(?:[<>]=?\s*)?\d[\d.,]*(?:\s*(?:-|–|to)\s*\d[\d.,]*)?\s*[\])]?", re.IGNORECASE)
FEWEST_DATES = 2


class Columns(NamedTuple):
    """The results of the tables in a text, and the stretches of text that the tables take up."""

    hits: list[Hit]
    spans: list[tuple[int, int]]


def columns_in(text: str, index: AnalyteIndex) -> Columns:
    found = Columns([], [])
    if not _PERHAPS.search(text):
        return found
    dates: list[str] = []
    for line in _LINE.finditer(text):
        cells = list(_CELL.finditer(text, line.start(), line.end()))
        named = [cell[0] for cell in cells if _DATE.fullmatch(cell[0].rstrip(":"))]
        beside = sum(1 for cell in cells if cell[0].strip(" :()").lower() in _BESIDE)
        if len(named) >= FEWEST_DATES and len(named) + beside >= len(cells) - 2:
            dates = named
            found.spans.append(line.span())
        elif dates:
            hits = _row(text, cells, dates, index)
            if hits is None:
                dates = []
                continue
            found.hits.extend(hits)
            found.spans.append(line.span())
    return found if found.hits else Columns([], [])


def _row(text: str, cells: list[re.Match[str]], dates: list[str], index: AnalyteIndex) -> list[Hit] | None:
    """The results of one line, where it has a test and one cell for each date; beside them only its unit or its range."""
    head = _NAME.fullmatch(cells[0][0]) if cells else None
    name = head["name"].strip(" :") if head else ""
    if head is None or tokens(name) not in index.names:
        return None
    unit = head["unit"] or ""
    rest = cells[1:]
    if len(rest) == len(dates) + 1 and _is_unit(rest[0][0], name, index):
        unit, rest = rest[0][0], rest[1:]
    for cell in rest[len(dates) :]:
        if not unit and _is_unit(cell[0], name, index):
            unit = cell[0]
        elif not _RANGE.fullmatch(cell[0]) and cell[0][:1] not in "([":
            return None
    rest = rest[: len(dates)]
    if len(rest) != len(dates):
        return None
    hits = []
    for cell, date in zip(rest, dates, strict=True):
        if _EMPTY.fullmatch(cell[0]):
            continue
        hit = value_at(text, cell.start(), cell.end(), index, name, cell.start())
        if hit is None:
            return None
        if unit and _is_unit(unit, name, index):
            hit.fields.setdefault("unit", unit)
        hits.append(hit._replace(moment=date.rstrip(":"), end=cell.end()))
    return hits


def _is_unit(said: str, name: str, index: AnalyteIndex) -> bool:
    unit = units.parse(said, index.words.units)
    return unit is not None and accepts(unit, name, index)
