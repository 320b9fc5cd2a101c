"""A sheet as a tagged PDF (PDF/UA-1) of one page, set by Typst in the type that ships with it; nothing is fetched."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from cobalens.report.sheets.printable import printable
from cobalens.report.sheets.sheet import Sheet, can_be_cut, capped, lengths, shortened, without_pictures

HERE = Path(__file__).parent
STEPS = (8, 6, 4, 3, 2, 1)
"""How long lists may be, tried in turn until the page holds them; none is set smaller."""
BROWSER = 40
"""Millimetres that a browser needs more, with its own type and spacing, to print the same on one page."""
GROWTH = 2
"""Rows by which a list grows back at a time."""
TRIES = 12
"""So many characters without type are found one by one; after that everything beyond Latin counts as such."""
_NO_TYPE = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)


def pdf(sheet: Sheet, mark: str, note: str) -> bytes:
    """The PDF. ``mark`` stands for characters without type, and ``note`` says so."""
    import typst

    without: frozenset[str] = frozenset()
    for _ in range(TRIES):
        try:
            return drawn(fit(printable(sheet, mark, note, without)))
        except typst.TypstError as error:
            named = _NO_TYPE.search(error.message)
            if named is None:
                raise
            without |= frozenset(named[1])
    return drawn(fit(printable(sheet, mark, note, without | beyond_latin(sheet))))


def fit(sheet: Sheet, spare: int = 0) -> Sheet:
    """The longest version of a sheet that one page holds: all lists are cut alike, then grow back in turn.

    ``spare``: millimetres to be left free.
    """
    if holds(sheet, spare):
        return sheet
    sheet = without_pictures(sheet)
    full = lengths(sheet)
    kept = next((cap for most in STEPS if holds(shortened(sheet, cap := capped(sheet, most)), spare)), None)
    if kept is None:
        return shortened(sheet, capped(sheet, 1))
    growing = [at for at, part in enumerate(sheet.parts) if can_be_cut(part) and kept[at] < full[at]]
    while growing:
        for at in list(growing):
            longer = [*kept[:at], min(kept[at] + GROWTH, full[at]), *kept[at + 1 :]]
            if holds(shortened(sheet, longer), spare):
                kept = longer
            if kept[at] == full[at] or kept is not longer:
                growing.remove(at)
    return shortened(sheet, kept)


def holds(sheet: Sheet, spare: int = 0) -> bool:
    """Whether one page takes the sheet."""
    return pages(sheet, spare) == 1


def beyond_latin(sheet: Sheet) -> frozenset[str]:
    return frozenset(one for one in inputs(sheet)["sheet"] if one > "\u024f")


@lru_cache(maxsize=1)
def type_at_hand() -> Any:
    """Only the type that ships: the same page on every machine."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[HERE / "fonts"])


@lru_cache(maxsize=1)
def template() -> bytes:
    return (HERE / "templates" / "sheet.typ").read_bytes()


def drawn(sheet: Sheet) -> bytes:
    import typst

    made = typst.compile(
        template(), font_paths=type_at_hand(), sys_inputs=inputs(sheet), pdf_standards="ua-1", timestamp=0
    )
    assert isinstance(made, bytes)
    return made


def pages(sheet: Sheet, spare: int = 0) -> int:
    import typst

    found = typst.query(
        template(),
        "<pages>",
        field="value",
        one=True,
        font_paths=type_at_hand(),
        sys_inputs=inputs(sheet, spare),
    )
    return int(json.loads(found))


def inputs(sheet: Sheet, spare: int = 0) -> dict[str, str]:
    return {"sheet": msgspec.json.encode(sheet).decode(), "spare": str(spare)}
