"""A printout as blocks of lines: tables under their headings, results, labels with their values, words, and noise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.laboratory.testnames import AnalyteIndex, find
from cobalens.intake.laboratory.units import parse
from cobalens.intake.patterns import pattern
from cobalens.intake.tables.cells import is_date, order_of
from cobalens.intake.tables.headings import (
    _DATE_IN,
    DATED,
    NOTHING,
    TEST,
    UNKNOWN,
    VALUE,
    Column,
    Words,
    column_of,
    tidy,
)

_NUMBER = pattern(r"[<>]?\s*\d+(?:[.,]\d+)?(?=\s|$)")
_GAP = pattern(r"\s{2,}|\t+|\s*\|\s*")
_RULE = pattern(r"[\s\-=_+|.*~·•─━]+")
_LABEL = pattern(r"\s*(?P<label>[^\W\d][^:=\t|]{0,40}?)\s*:\s*(?P<said>.*)")
_OF_WHOM = frozenset({"patient", "pt"})
_BY_PHONE = frozenset(
    {
        "telephone",
        "tel",
        "phone",
        "phone call",
        "telephone call",
        "call",
        "mobile",
        "email",
        "e mail",
        "fax",
        "contact",
    }
)
_SENTENCE = 4
"""So many words in small letters make a sentence."""
_AGED = pattern(r"(?:an? )?\d{1,3}[ -]?(?:y|m\b|f\b)", re.IGNORECASE)
LONGEST_HEADING_LINE = 200


class Line(Struct, frozen=True):
    number: int
    text: str
    page: int = 1


class Cell(Struct, frozen=True):
    text: str
    start: int
    end: int


class Heading(Struct, frozen=True):
    """The headings of a table in a printout, with the place of each."""

    cells: tuple[Cell, ...]
    columns: tuple[Column, ...]
    parted: bool
    """Cells are parted by tabs or bars, so that an empty one still counts."""


def cells_of(text: str) -> list[Cell]:
    """The cells of a line, parted by tabs, bars or at least two spaces."""
    if "\t" in text or text.count("|") > 1:
        mark = "\t" if "\t" in text else "|"
        body = text.strip("\n\r ") if mark == "\t" else text.strip().strip("|")
        found, at = [], 0
        for piece in body.split(mark):
            found.append(Cell(piece.strip(), at, at + len(piece)))
            at += len(piece) + 1
        return found
    found, at = [], 0
    for gap in _GAP.finditer(text):
        if text[at : gap.start()].strip():
            found.append(Cell(text[at : gap.start()].strip(), at, gap.start()))
        at = gap.end()
    if text[at:].strip():
        found.append(Cell(text[at:].strip(), at, len(text.rstrip())))
    return found


def is_rule(text: str) -> bool:
    return bool(text.strip()) and _RULE.fullmatch(text) is not None


def heading_of(text: str, words: Words, index: AnalyteIndex, order: str | None) -> Heading | None:
    """The headings that a line is, or ``None``."""
    if len(text) > LONGEST_HEADING_LINE:
        return None
    cells = cells_of(text)
    if len(cells) < 2:
        return None
    columns = tuple(column_of(cell.text, at, words, index, order) for at, cell in enumerate(cells))
    roles = [one.role for one in columns]
    dates = roles.count(DATED)
    strange = roles.count(UNKNOWN)
    # Results of several days side by side; the column of the names may have no heading.
    if (dates >= 1 and TEST in roles) or (
        dates >= 2
        and roles[0] in (DATED, NOTHING, UNKNOWN, "date")
        and dates + roles.count(NOTHING) >= len(roles) - 3
    ):
        return _heading(cells, columns, text)
    if (
        VALUE in roles
        and (TEST in roles or len(set(roles) & {"unit", "range", "flag", "date"}) >= 2)
        and strange <= 1
    ):
        return _heading(cells, columns, text)
    return None


def _heading(cells: list[Cell], columns: tuple[Column, ...], text: str) -> Heading:
    """Over the names of the tests there is often no heading."""
    if columns[0].role in (DATED, VALUE) and not any(one.role == TEST for one in columns):
        cells = [Cell("", 0, 0), *cells]
        columns = (Column(0, "test", TEST), *(replace(one, at=one.at + 1) for one in columns))
    return Heading(tuple(cells), _with_names(columns), _parted(text))


def side_by_side(columns: Sequence[Column]) -> list[tuple[int, int]]:
    """The tables that stand beside each other under one line of headings: each has names, and results for them."""
    begins = [at for at, one in enumerate(columns) if one.role == TEST]
    ends = [*begins[1:], len(columns)]
    tables = list(zip([0, *begins[1:]], ends, strict=False))
    if all(any(one.role in (VALUE, DATED) for one in columns[first:last]) for first, last in tables):
        return tables or [(0, len(columns))]
    return [(0, len(columns))]


def _parted(text: str) -> bool:
    return "\t" in text or text.count("|") > 1


def _with_names(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The first column without a role holds the names of the tests where no other does."""
    if any(one.role == TEST for one in columns):
        return columns
    first = columns[0]
    if first.role in (NOTHING, UNKNOWN, "date", "name"):
        return (Column(0, first.heading or "test", TEST), *columns[1:])
    return columns


def placed(cells: Sequence[Cell], heading: Heading) -> list[str]:
    """The cells of a line below their headings; where some are missing, by their place on the line."""
    width = len(heading.columns)
    cells = _with_dates(cells, width)
    if heading.parted or (len(cells) == width and not _strays(cells, heading)):
        return ([cell.text for cell in cells] + [""] * width)[:width]
    made = [""] * width
    made[0] = cells[0].text
    last = 0
    cells, unit = _without_unit(cells, heading)
    for cell in cells[1:]:
        best = max(range(last + 1, width), key=lambda at: _nearness(cell, heading.cells[at]), default=None)
        if best is None:
            made[width - 1] = f"{made[width - 1]} {cell.text}".strip()
            continue
        made[best] = cell.text
        last = best
    return [_in_unit(cell, unit) for cell in made] if unit else made


def _without_unit(cells: Sequence[Cell], heading: Heading) -> tuple[Sequence[Cell], str]:
    """The cells below several days, and the unit behind them, which is that of each: "220   145  L   pmol/L   (150-700)"."""
    if not any(one.role == DATED for one in heading.columns) or len(cells) <= len(heading.columns):
        return cells, ""
    behind = cells[len(heading.columns) :]
    unit = next((one for one in behind if "/" in one.text and parse(one.text) is not None), None)
    return ([one for one in cells if one is not unit], unit.text) if unit else (cells, "")


def _in_unit(cell: str, unit: str) -> str:
    number = _NUMBER.match(cell)
    return f"{number[0]} {unit}{cell[number.end() :]}" if number else cell


def _strays(cells: Sequence[Cell], heading: Heading) -> bool:
    """Whether a unit or a range would come to stand below a day, so that cells before it are empty: "Active B12       24  pmol/L"."""
    below = zip(cells, heading.columns, strict=True)
    return any(
        one.role == DATED
        and (cell.text[:1] in ("(", "[") or ("/" in cell.text and parse(cell.text) is not None))
        for cell, one in below
    )


def _with_dates(cells: Sequence[Cell], width: int) -> Sequence[Cell]:
    """Where there are more cells than headings, a date belongs to what stands before it: "240   03/14/2025"."""
    made: list[Cell] = []
    spare = len(cells) - width
    for cell in cells:
        if spare > 0 and len(made) > 1 and is_date(cell.text):
            made[-1] = Cell(f"{made[-1].text} {cell.text}", made[-1].start, cell.end)
            spare -= 1
        else:
            made.append(cell)
    return made


def _nearness(cell: Cell, head: Cell) -> float:
    """Overlap first, then how close the nearer ends are."""
    overlap = min(cell.end, head.end) - max(cell.start, head.start)
    return overlap if overlap > 0 else -min(abs(cell.start - head.start), abs(cell.end - head.end))


def is_row(cells: Sequence[Cell], index: AnalyteIndex) -> bool:
    """A line that may stand below headings: a name, then something short."""
    if len(cells) < 2 or not any(char.isalpha() for char in cells[0].text) or len(cells[0].text) > 60:
        return False
    if len(cells[1].text) > 40 and not find(cells[0].text, index):
        return False
    return bool(find(cells[0].text, index)) or any(
        any(char.isdigit() for char in cell.text) for cell in cells[1:]
    )


def labels_of(text: str) -> list[tuple[str, str]]:
    """Labels and what stands behind them: "DOB: 01/02/1957   Sex: F"; empty when the line has other words."""
    cells = [cell.text for cell in cells_of(text)]
    made: list[tuple[str, str]] = []
    for cell in cells:
        found = _LABEL.fullmatch(cell)
        if found:
            made.append((found["label"], found["said"].strip()))
        elif made and not made[-1][1]:
            made[-1] = (made[-1][0], cell)
        else:
            return (
                [(whole["label"], whole["said"].strip())] if (whole := _LABEL.fullmatch(text.strip())) else []
            )
    return made


def tells(label: str, said: str) -> bool:
    """Whether a line of the patient's tells of them and names nobody: "Patient: 54 yo F. On weekly B12 shots"."""
    words = len(said.split())
    if tidy(label) in _BY_PHONE:
        # "Telephone: wife says he has been numb" is no number.
        return sum(word[:1].islower() for word in said.split()) >= _SENTENCE
    return tidy(label) in _OF_WHOM and bool(
        (words > 2 and _AGED.match(said)) or (words > 4 and said[:1].islower())
    )


def is_noise(text: str, words: Words) -> bool:
    """A line of the office or of the page."""
    label, _, said = text.partition(":")
    if tells(label, said.strip()):
        return False
    low = " ".join(text.lower().split()).strip(" *-•|")
    for phrase in words.around:
        if low == phrase.strip():
            return True
        if low.startswith(phrase):
            after = low[len(phrase) : len(phrase) + 1]
            if (
                phrase.endswith((" ", ":"))
                or after in (":", "#")
                or (" " in phrase and after in ("", " ", "."))
            ):
                return True
    return re.fullmatch(r"(?:page )?\d{1,4}(?: ?(?:of|/) ?\d{1,4})?", low) is not None


def day_in(text: str, words: Words) -> str:
    """The date that a line is, also after words such as "collected on"; the empty text when it is none."""
    said = " ".join(text.split()).rstrip(": ")
    if is_date(said):
        return said
    low = said.lower()
    for phrase in sorted(words.dates, key=len, reverse=True):
        if low.startswith(f"{phrase} ") and is_date(rest := said[len(phrase) :].strip(" :-")):
            return rest
    return ""


def role_of(label: str, words: Words) -> str:
    return words.roles.get(tidy(label), "")


def single_headings(text: str, words: Words) -> bool:
    """Headings with single spaces between them: every word is one, and a test and its result are among them."""
    pieces, at = text.split(), 0
    roles: set[str] = set()
    while at < len(pieces):
        size = next(
            (
                n
                for n in range(min(3, len(pieces) - at), 0, -1)
                if tidy(" ".join(pieces[at : at + n])) in words.roles
            ),
            0,
        )
        if not size:
            return False
        roles.add(words.roles[tidy(" ".join(pieces[at : at + size]))])
        at += size
    return "value" in roles and bool(roles & {"test", "unit"})


_AHEAD = pattern(
    r"\b(?:next|due|review|appointment|appt|follow|planned|booked|expires?|until|starts?|from)\b",
    re.IGNORECASE,
)
"""Words of a line whose day may lie ahead."""


def order_in(texts: Sequence[str], as_of: str | None) -> str | None:
    """Whether day or month comes first in the dates of a page: as one of them shows it, else as no result can be from a day to come."""
    done = [text for text in texts if not _AHEAD.search(text)]
    return order_of(_dates(texts)) or order_of(_dates(done), as_of)


def _dates(texts: Sequence[str]) -> Iterator[str]:
    return (found for text in texts for found in _DATE_IN.findall(text))


_METHOD = pattern(r"\s*\([A-Za-z][A-Za-z ,./-]{1,60}\)\s+(?=[<>]?\s*\d)")


def with_methods(lines: Sequence[Line], index: AnalyteIndex) -> Sequence[Line]:
    """The lines, with a method that stands below the name of its test left out: "VITAMIN B12" and "(CLIA)   152 pg/mL" are one row."""
    made: list[Line] = []
    for line in lines:
        found = _METHOD.match(line.text)
        if found and made and find(made[-1].text.strip().rstrip(":"), index):
            made[-1] = replace(made[-1], text=f"{made[-1].text.strip()}  {line.text[found.end() :]}")
        else:
            made.append(line)
    return made
