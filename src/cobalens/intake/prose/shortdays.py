"""A day and a month without a year beside a result, in a text that dates others in full: "210 ng/L on 3/5/2026, 148 on *1/6*"."""

from __future__ import annotations

import datetime as dt

from cobalens.intake import dates
from cobalens.intake.patterns import pattern
from cobalens.model.record import Span

SHORT_DAY = r"(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])(?![\d/])"
_ALONE = pattern(r"(\d{1,2})/(\d{1,2})")
_BESIDE = pattern(
    r"\s*+,?\s*+(?:\(\s*)?(?:(?:taken|checked|done|measured|repeated)\s+)?(?:on|dated)\s+(?:the\s+)?"
    rf"({SHORT_DAY})|\s*[(\[]\s*({SHORT_DAY})\s*[)\]]"
)
_BEFORE = pattern(rf"(?:\bon\s+(?:the\s+)?|[(\[]\s*)({SHORT_DAY})\s*[)\]]?\s*(?:was|is|[:=])?\s*$")
YEAR_NOT_TOLD = "in which year that day was"


def short_day(words: str) -> str:
    """The day that stands alone in some words, or opens them behind *on* or in brackets; a bare "1/12" may be a month of time."""
    if _ALONE.fullmatch(words.strip()):
        return words.strip()
    found = _BESIDE.match(words)
    return (found[1] or found[2]) if found else ""


def day_before(words: str) -> str:
    """The day that ends the words before a number: "Repeat *on 1/6*: 148"."""
    found = _BEFORE.search(words)
    return found[1] if found else short_day(words)


def placed(day: str, text: str, as_of: str | None, month_first: bool) -> Span | None:
    """Where the day lies: the last such day, where a whole date of the same text bears its year; else nobody knows."""
    found = _ALONE.fullmatch(day)
    if found is None or as_of is None:
        return None
    one, other = int(found[1]), int(found[2])
    today = dt.date.fromisoformat(as_of[:10])
    newest = dates.newest_day(today, *((one, other) if month_first else (other, one)))
    if newest is None or newest.year not in dates.years_written(text, today):
        return None
    return Span((newest - today).days, (newest - today).days)
