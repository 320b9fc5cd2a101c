"""Letters that a scan put in the place of digits ("l50 pg/mL", "1O.9 g/dL"), units written with powers, and numbers in words. Each keeps its place."""

from __future__ import annotations

import re

from cobalens.intake.patterns import pattern
from cobalens.intake.prose.spelt import in_digits
from cobalens.model.record import Note

_PERHAPS = pattern(r"\d[lIO]|[lIO]\d|Bl2\b|BI2\b")
_NUMBER = pattern(
    r"(?<![\w.])(?=[\d.,]*[lIO])(?=[lIO.,]*\d)[\dlIO](?:[\dlIO.,]*[\dlIO])?(?=\s?(?:[-–]\s?[\dlIO]{2}|[a-zµ]{1,4}/|fL\b|%))"
    r"|(?<=[-–(] )(?=[\d.,]*[lIO])(?=[lIO.,]*\d)[\dlIO][\dlIO.,]+(?=\s?\))"
    r"|(?<=[-–(])(?=[\d.,]*[lIO])(?=[lIO.,]*\d)[\dlIO][\dlIO.,]+(?=\s?\))"
)
_LEADER = pattern(r"(?<=[\w)])\s?(?:\.{3,}|_{3,}|…+|(?:\s\.){3,})(?=\s*[<>]?\s?\d)")
"""Dots that lead the eye from a name to its number: "VITAMIN B12......146"."""
_LEADERS = ("...", "___", "…", ". .")
_PER = pattern(r"(?:(?<=[a-z])|(?<=[\^*]9)|(?<=\^12)|(?<=[⁹²]))[ ·⋅.]([dmuµμf]?[lL])\^?[-−–⁻][1¹](?!\d)")
"""A power of minus one, as journals write units: "pmol L-1"."""
_GRAMS = pattern(
    r"(\b(?:[Hh]b|[Hh]gb|HB|HGB|[Hh]a?emoglobin|B12)(?:\W{1,3}|\s(?:is|was|of|at)\s)\d{1,4}(?:\.\d+)?\s?)(p?g)"
    r"(?=\s*(?:[,;)\n]|\.(?!\w)|$)|\s+(?:MCV|[Pp]lt|and|but|on|today|now|with)\b)"
)
"""A unit cut short, which would be a dose: "Hb 8.9*g*", "B12 150*pg*"."""
_STARRED = pattern(r"(?<=[lL%])\*+(?=[\s,;.)]|$)")
"""The mark of a value out of range behind its unit: "28 pmol/L*"."""
_QUOTES = '"“”'
_QUOTED = pattern(r'["“”](\s?[<>≤≥]?\s?\d+(?:[.,]\d+)?\s?)["“”]')
_ARROWS = str.maketrans("▼▽⬇⇓🔻▲△⬆⇑🔺", "↓↓↓↓↓↑↑↑↑↑")
_NAME = pattern(r"\bB[lI]2\b")
_DIGITS = str.maketrans("lIO", "110")
_SAID = "A letter stands where a digit belongs, as scanning brings; the number is read with the digit. Compare it with the report."


_LETTER = pattern(r"[^\W\d_]")


def without_rules(text: str) -> str:
    """The text with the upright strokes between the cells of a row as spaces: "B12 (ng/L) | 132 | L | 197-771"."""
    if "|" not in text:
        return text
    return "\n".join(_without_rules(line) if "|" in line else line for line in text.split("\n"))


def _without_rules(line: str) -> str:
    """From the first cell in words on; a row with a date in it is left to those who read rows."""
    cells = line.split("|")
    named = next((place for place, cell in enumerate(cells[:-1]) if _LETTER.search(cell)), None)
    if named is None:
        return line
    row = "|".join(cells[named:])
    return line if _HAS_DATE.search(row) else f"{line[: len(line) - len(row)]}{row.replace('|', ' ')}"


_HAS_DATE = pattern(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}|(?<!\d)(?:19|20)\d\d(?!\d)")


_CLOCK = pattern(
    r"(?<![\w:./-])(?:(?:at|@)\s)?(?:(?:[01]\d|2[0-3])[:.h][0-5]\d(?::[0-5]\d)?\s?(?:am|pm|hrs?|hours)|(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|\d{1,2}(?:[:.][0-5]\d)?\s?[ap]m)\b(?!\s*/)",
    re.IGNORECASE,
)


def without_clocks(text: str) -> str:
    """The text without times of the day, none of whose numbers is a result: "B12 taken *at 08:15*: 180 ng/L"."""
    if not _CLOCK.search(text):
        return text
    return _CLOCK.sub(lambda found: " " * len(found[0]), text)


def mended(text: str, where: str) -> tuple[str, tuple[Note, ...]]:
    """The text with digits where a unit, a range or a word shows that digits are meant, and what must be said of it."""
    text = in_digits(text if text.isascii() else text.translate(_ARROWS))
    if "g" in text:
        text = _GRAMS.sub(lambda found: f"{found[1]}{' ' * len(found[2])}", text)
    if "*" in text:
        text = _STARRED.sub(lambda found: " " * len(found[0]), text)
    if any(mark in text for mark in _QUOTES):
        text = _QUOTED.sub(lambda found: f" {found[1]} ", text)
    if any(mark in text for mark in _LEADERS):
        text = _LEADER.sub(lambda found: ":".ljust(len(found[0])), text)
    if "-1" in text or "−1" in text or "–1" in text or "⁻¹" in text:
        text = _PER.sub(lambda found: f"/{found[1]}".ljust(len(found[0])), text)
    if not _PERHAPS.search(text):
        return text, ()
    named = _NAME.sub("B12", text)
    whole = _NUMBER.sub(lambda found: found[0].translate(_DIGITS), named)
    return whole, (Note("data_quality:scan_slip", where, _SAID),) if whole != named else ()
