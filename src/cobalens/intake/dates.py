"""Calendar dates and relative days as intervals of days before the decision; a date that is not sure stays wide."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from cobalens.intake.patterns import pattern
from cobalens.model.record import UNDATED, Span

_ISO = pattern(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}:\d{2}(?::\d{2})?)\S*)?)?)?")
_COMPACT = pattern(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:\d{2})?\S*)?")
_SLASHED = pattern(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_MONTH_OF_YEAR = pattern(r"(\d{1,2})/(\d{4})")
_DAY_MONTH = pattern(r"(\d{1,2})(?:st|nd|rd|th)?[ \-]+([a-z]{3,9})[ \-,.]+(\d{4})")
_MONTH_DAY = pattern(r"([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})")
_MONTH_YEAR = pattern(r"([a-z]{3,9})[ \-,.]+(\d{4})")
_WHOLE = pattern(r"[+-]?\d{1,6}(?:\.0+)?")
_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTHS = {name[:length]: number for number, name in enumerate(_NAMES, 1) for length in (3, len(name))} | {
    "sept": 9
}


_WRITTEN = pattern(r"(?:19|20)(?<![\d-]\d\d)\d\d-(?:0[1-9]|1[0-2])(?:-[0-3]\d)?(?![\d-])")
"""A day or a month as ISO 8601 writes it. What stands before it is looked at last, which is quicker in a long text."""
_YEAR = pattern(r"(?:19|20)\d\d(?!\d)")
_BEFORE_A_YEAR = pattern(
    r"(?:\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?(?: \d{1,2}(?:st|nd|rd|th)?,?)?[ -]"
    r"|\b\d{1,2}[/.-](?:\d{1,2}[/.-])?|\b(?:since|until|till|up to) )$",
    re.IGNORECASE,
)
_LONGEST_BEFORE = 20
_RESULT_OF_A_YEAR = pattern(
    r"\d(?:\s?[^\s\d,;]{1,6}/[^\s\d,;]{1,6})?,? (?:back )?in (?:19|20)\d\d(?![\d/-])|\bin (?:19|20)\d\d (?:it )?(?:was |were )?\d{2,4}(?! ?(?:times|years|months|weeks|days))"
    r"|\b(?:19|20)\d\d\s?[:=]?\s[<>]?\d{1,4}(?:\.\d+)?(?=\s*(?:[,;)\]\n]|\.(?!\d)|$|(?:19|20)\d\d\b|[a-zµ]+/))"
    r"|\((?:in )?(?:19|20)\d\d\)\s?[:=]?\s?(?:was\s|is\s)?[<>]?\d{2,4}\b"
    r"|\b(?:low|normal|deficient|replete|high|raised|elevated|fine|ok|borderline)(?: back)?,? in (?:19|20)\d\d(?![\d/-])"
    r"|\bin (?:19|20)\d\d,? (?:it )?(?:was |were )(?:low|normal|deficient|replete|high|raised|elevated|fine|ok|borderline)\b",
    re.IGNORECASE,
)
"""A result of a year, "149 ng/L in 2023", "low in 2019": without its year it would be taken for one of today."""


_IN_WORDS = pattern(r"(?<![\d/.-])(\d{1,2})/(\d{1,2})/(?:\d\d)?\d\d(?![\d/])")
_SHORT_YEAR = pattern(r"(?<![\d/.-])\d{1,2}([/.-])\d{1,2}\1\d\d(?![\d/.-]|\.\d)")
WITH_APOSTROPHE = pattern(
    r"(?P<lead>\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?|\b(?:in|since|from|until|till|before|after|circa|early|late|mid|of"
    r"|spring|summer|autumn|winter))(?P<gap>\s?)['\u2019](?P<year>\d\d)(?![\w'\u2019])",
    re.IGNORECASE,
)
"""A year of two figures as people write it: "Nov '25", "since '09"."""
_OF_A_MONTH = pattern(r"(?<![\d/.-])(?:0?[1-9]|1[0-2])/(?:1[3-9]|[2-4]\d)\s?[:=]?\s[<>]?\d{2,4}\b")
"""A result of a month with a year of two figures: "06/24: 212"."""
_AHEAD, _NOT_YET = 2, 60
"""A year of two figures lies at most so many years ahead; without a day of decision, figures below this are of this century."""


def whole_year(short: int, today: dt.date | None) -> int:
    """The year that two figures stand for: 26 is 2026, and 54, in a date of birth, 1954."""
    latest = today.year + _AHEAD if today is not None and today.year < 2900 else 2000 + _NOT_YET
    return 2000 + short if 2000 + short <= latest else 1900 + short


class DateError(ValueError):
    """The text is no date that can be placed; it holds no text of its own, since dates are personal."""


def _interval(year: int, month: int | None, day: int | None) -> tuple[dt.date, dt.date]:
    if month is None:
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    if day is None:
        from calendar import monthrange  # brings the machine's languages along; rarely needed

        return dt.date(year, month, 1), dt.date(year, month, monthrange(year, month)[1])
    return dt.date(year, month, day), dt.date(year, month, day)


def _slashed(first: int, second: int, year: int) -> tuple[dt.date, dt.date]:
    """Day and month by their size; where both readings are possible nothing is guessed."""
    if first > 12 or first == second:
        return _interval(year, second, first)
    if second > 12:
        return _interval(year, first, second)
    raise DateError


def parse_date(text: str) -> tuple[dt.date, dt.date, str]:
    """The first and last day that the text may mean, and the time of day where it gives one."""
    words = " ".join(text.strip().lower().split())
    time = ""
    try:
        if found := _ISO.fullmatch(text.strip()):
            year, month, day = (int(part) if part else None for part in found.groups()[:3])
            assert year is not None
            time = (found.group(4) or "").rjust(5, "0") if found.group(4) else ""
            return *_interval(year, month, day), time
        if found := _COMPACT.fullmatch(words):
            time = f"{found.group(4)}:{found.group(5)}" if found.group(4) else ""
            return *_interval(int(found.group(1)), int(found.group(2)), int(found.group(3))), time
        if found := _SLASHED.fullmatch(words):
            return *_slashed(int(found.group(1)), int(found.group(2)), int(found.group(3))), time
        if found := _MONTH_OF_YEAR.fullmatch(words):
            return *_interval(int(found.group(2)), int(found.group(1)), None), time
        if found := _DAY_MONTH.fullmatch(words):
            return *_interval(int(found.group(3)), _MONTHS[found.group(2)], int(found.group(1))), time
        if found := _MONTH_DAY.fullmatch(words):
            return *_interval(int(found.group(3)), _MONTHS[found.group(1)], int(found.group(2))), time
        if found := _MONTH_YEAR.fullmatch(words):
            return *_interval(int(found.group(2)), _MONTHS[found.group(1)], None), time
    except (ValueError, KeyError):
        raise DateError from None
    raise DateError


def writes_a_day(text: str) -> bool:
    """Whether a day or a month stands in a text as ISO 8601 writes it."""
    return _WRITTEN.search(text) is not None


_WITHOUT_A_YEAR = pattern(
    r"\b\d{1,2}(?:st|nd|rd|th)?[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b"
    r"|\b(?:in|since|until|till|last) (?:january|february|march|april|may|june|july|august|sept|september|october|november|december)\b",
    re.IGNORECASE,
)


def names_a_day_of_a_year(text: str) -> bool:
    """Whether a day or a month stands in a text without its year, "8 Nov", "since August": the day of decision tells which year is meant."""
    return _WITHOUT_A_YEAR.search(text) is not None


_OF_A_YEAR = pattern(
    r"(?:\b(?:in|during|from|early|mid|late|circa|around|about|summer|spring|autumn|winter)[ -]|[(,] ?)(?:19|20)\d\d"
    r"(?![\d/-]|[.,]\d| ?(?:ng|pg|pmol|nmol|mcg|ug|µg|iu|units?|mg|g|ml|kcal|steps|times)\b)",
    re.IGNORECASE,
)
"""A year in which something was: "gastrectomy (2015)", "transfused in 2019"."""


def names_a_year(text: str) -> bool:
    """Whether a year stands in a text by itself: of what long ago was, only a day of decision tells how long."""
    return _YEAR.search(text) is not None and _OF_A_YEAR.search(text) is not None


def names_any_day(text: str) -> bool:
    """Whether a text names a day, a month or a year in any of these ways."""
    return names_a_day(text) or names_a_day_of_a_year(text) or names_a_year(text)


def names_a_day(text: str) -> bool:
    """Whether a day, a month or a year stands in a text as people write it: "3 Feb 2026", "05/11/26", "05/2024", "since 2019"."""
    if _SHORT_YEAR.search(text) or _OF_A_MONTH.search(text) or WITH_APOSTROPHE.search(text):
        return True
    return any(
        _BEFORE_A_YEAR.search(text[max(0, found.start() - _LONGEST_BEFORE) : found.start()])
        for found in _YEAR.finditer(text)
    ) or (_YEAR.search(text) is not None and _RESULT_OF_A_YEAR.search(text) is not None)


def years_written(text: str, today: dt.date) -> frozenset[int]:
    """The years of the whole dates in a text."""
    years = (one[0].rpartition("/")[2] for one in _IN_WORDS.finditer(text))
    return frozenset(int(year) if len(year) == 4 else whole_year(int(year), today) for year in years)


def newest_day(today: dt.date, month: int, day: int) -> dt.date | None:
    """The last such day up to today, where there is one."""
    for year in (today.year, today.year - 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    return None


def order_in(text: str) -> tuple[bool, bool]:
    """Whether the dates in a text show that the month stands first, and whether one is left that could be read either way."""
    if "/" not in text:
        return False, False
    written = [(int(one[1]), int(one[2])) for one in _IN_WORDS.finditer(text)]
    day = any(first > 12 >= second for first, second in written)
    month = any(second > 12 >= first for first, second in written)
    either = any(first != second and first <= 12 and second <= 12 for first, second in written)
    return month and not day, either and day == month


def span_of_date(text: str, as_of: dt.date) -> tuple[Span, str]:
    """The date as days relative to the decision."""
    first, last, time = parse_date(text)
    return Span((first - as_of).days, (last - as_of).days), time


def span_of_day(value: Any) -> Span:
    """A relative day as the case file gives it: a whole number, or its text."""
    if value is None or value == "":
        return UNDATED
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value).strip()):
        raise DateError
    day = int(str(value).strip().split(".")[0])
    return Span(day, day)


def iso(span: Span, as_of: dt.date | None) -> str | None:
    """The span as people and machines read it: a day, or an ISO interval."""
    if as_of is None or not span.known:
        return None
    if span.first == span.last and span.first is not None and abs(span.first) < 366_000:
        return (as_of + dt.timedelta(days=span.first)).isoformat()
    first, last = (
        (as_of + dt.timedelta(days=day)).isoformat() if day is not None and abs(day) < 366_000 else ".."
        for day in (span.first, span.last)
    )
    return first if first == last else f"{first}/{last}"


def born_between(text: str) -> tuple[dt.date, dt.date]:
    """The earliest and the latest day of birth that a text may mean; mostly the age is the same on either reading."""
    try:
        first, last, _ = parse_date(text)
        return first, last
    except DateError:
        found = _SLASHED.fullmatch(" ".join(text.split()))
        if found is None:
            raise
    one, other, year = (int(part) for part in found.groups())
    try:
        first, last = sorted((dt.date(year, one, other), dt.date(year, other, one)))
    except ValueError:
        raise DateError from None
    return first, last


def age_on(born_first: dt.date, born_last: dt.date, day: dt.date) -> tuple[int, int]:
    """Youngest and oldest completed years that a birth date, perhaps partial, allows."""

    def years(born: dt.date) -> int:
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    return years(born_last), years(born_first)
