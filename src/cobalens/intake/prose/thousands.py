"""What marks thousands in one text, where its other numbers show what marks decimals: "Hb 11.9, eosinophils 9,800"."""

from __future__ import annotations

from cobalens.intake.patterns import pattern

_POINT = pattern(r"(?<![\d.,/-])\d+\.\d{1,2}(?![\d/-]|[.,]\d)")
_COMMA = pattern(r"(?<![\d.,/-])\d+,\d{1,2}(?![\d/-]|[.,]\d)")
_IN_THREES = pattern(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?![\d.,])")


def mark_of_thousands(text: str) -> str:
    """A comma, a point, or nothing where the text does not show it."""
    point, comma = _POINT.search(text) is not None, _COMMA.search(text) is not None
    return "" if point == comma else "," if point else "."


def without(value: str, mark: str) -> str:
    """The number without the marks of its thousands, where it has any."""
    found = _IN_THREES.fullmatch(value) if mark and mark in value else None
    return value.replace(mark, "") if found and found[1] == mark else value
