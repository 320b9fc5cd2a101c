"""Characters for which there is no type: shown by a mark that the sheet explains, never left out in silence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from msgspec.structs import replace

from cobalens.report.sheets.sheet import PICTURE, Sheet

SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "MICRO", "FEMININE", "MASCULINE", "OHM", "MODIFIER")
"""Beginnings of the names of letters for which there is type."""
INVISIBLE = ("Cc", "Cf")
NO_TYPE = ("So", "Sk", "Co", "Cn", "Cs")
KEPT = "°©®"
_RUN = re.compile("\ufffc+")


def printable(sheet: Sheet, mark: str, note: str, also: frozenset[str] = frozenset()) -> Sheet:
    """The sheet with a mark in place of each run of such characters. ``also``: characters found to have no type."""
    found: list[str] = []

    def set_in_type(text: str) -> str:
        kept = "".join(shown(one, also) for one in unicodedata.normalize("NFC", text))
        if "\ufffc" in kept:
            found.append(text)
        return _RUN.sub(mark, kept)

    made = mapped(sheet, set_in_type)
    return replace(made, foot=(*made.foot, note)) if found else made


def shown(one: str, also: frozenset[str]) -> str:
    category = unicodedata.category(one)
    if category in INVISIBLE:
        return " " if one in "\t\n\r" else ""
    if one.isascii():
        return one
    if one in also or (category in NO_TYPE and one not in KEPT):
        return "\ufffc"
    is_letter = category.startswith(("L", "M"))
    if is_letter and not unicodedata.name(one, "").startswith((*SCRIPTS, "COMBINING")):
        return "\ufffc"
    return one


def mapped(sheet: Sheet, change: Callable[[str], str]) -> Sheet:
    """The sheet with every text of a person changed; headings and the project's own sentences are among them."""
    parts = tuple(
        part
        if part.kind == PICTURE
        else replace(part, rows=tuple(tuple(change(cell) for cell in row) for row in part.rows))
        for part in sheet.parts
    )
    return replace(sheet, person=change(sheet.person), parts=parts)
