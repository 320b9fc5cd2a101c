"""What a sheet is: parts with a heading, each a table, a list, a paragraph, or lines to fill in by hand.

A part that is too long for the page is shortened from its end, and says by how much.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

TABLE, LIST, TEXT, BLANKS = "table", "list", "text", "blanks"
URGENT, CLOSING, PICTURE = "urgent", "closing", "picture"
SHORTENED = (TABLE, LIST)


class Part(Struct, frozen=True, kw_only=True):
    """One part. ``rows`` are the rows of a table; of a picture its alternative and its SVG; otherwise rows of one cell."""

    kind: str
    heading: str
    rows: tuple[tuple[str, ...], ...]
    header: tuple[str, ...] = ()
    more: str = ""
    """"and 3 more in the record", where the part was shortened."""
    note: str = ""
    """A line below, in small print."""
    half: bool = False
    """Stands beside the next such part, in half the width."""
    whole: bool = False
    """Never shortened."""
    keep: int = 2
    """How many rows always stay."""


class Sheet(Struct, frozen=True, kw_only=True):
    """One page."""

    name: str
    language: str
    title: str
    about: str
    person: str
    blanks: tuple[str, ...]
    """Beside the person's id: name and date of birth, to be filled in."""
    parts: tuple[Part, ...]
    foot: tuple[str, ...]
    more: str
    """The words for what was left out, with ``{count}``."""


def lengths(sheet: Sheet) -> list[int]:
    """How many rows each part shows when nothing is left out."""
    return [len(part.rows) for part in sheet.parts]


def shortened(sheet: Sheet, kept: list[int]) -> Sheet:
    """The sheet with no more rows in a part than this; what was left out is counted in words."""
    parts = (cut(part, keep, sheet.more) for part, keep in zip(sheet.parts, kept, strict=True))
    return replace(sheet, parts=tuple(parts))


def cut(part: Part, keep: int, more: str) -> Part:
    left = len(part.rows) - keep
    if not can_be_cut(part) or left <= 0:
        return part
    return replace(part, rows=part.rows[:keep], more=more.format(count=left))


def can_be_cut(part: Part) -> bool:
    return part.kind in SHORTENED and not part.whole


def capped(sheet: Sheet, at_most: int) -> list[int]:
    """Every list at most this long, but for what a part keeps as long as anything can be kept."""
    return [min(len(part.rows), max(at_most, part.keep if at_most > 1 else 1)) for part in sheet.parts]


def without_pictures(sheet: Sheet) -> Sheet:
    """What a picture shows stands in the table too, so it goes first where room is short; its neighbour takes the width."""
    before = (None, *sheet.parts)
    parts = (
        replace(part, half=part.half and not (left is not None and left.kind == PICTURE))
        for left, part in zip(before, sheet.parts, strict=False)
        if part.kind != PICTURE
    )
    return replace(sheet, parts=tuple(parts))
