"""Further results of the test that was named before: "(was 260 in March)", or in the next sentence "Repeat on 17 Feb: 175 ng/L"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from cobalens.intake import units
from cobalens.intake.patterns import pattern
from cobalens.intake.testnames import AnalyteIndex
from cobalens.intake.textnames import Word
from cobalens.intake.textvalues import Hit, accepts, value_at

_GOES_ON = pattern(
    r"\s*[-•*(]?\s*(?:(?:then|and|but|on|a|an|the|was|were|his|her|my|your)\s+)*"
    r"(?:repeat(?:ed|s)?|re-?check(?:ed)?|re-?test(?:ed)?|re-?measured|again|second|follow[- ]?up|hers|his|mine|yours|own|it|level|result"
    r"|now|today|yesterday|latest|last|most recent|previous|earlier)\b",
    re.IGNORECASE,
)
_BEFORE_THAT = pattern(
    r"\s*[(\[,;]?\s*(?:it\s+)?(?:was|previously|previous|prior|earlier|formerly|down from|up from|compared (?:with|to)|versus|vs\.?)\s+"
    r"(?:(?:result|level|value|was|of|at|only)\s+)*(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
_OLDER = pattern(
    r"\b(?:previously|previous|prior|formerly|down from|up from)(?:\s+(?:result|level|value|was|of|at|only|[(:]))*\s*$",
    re.IGNORECASE,
)
_LONG_AGO = r"\b(?:previously|formerly|initially|originally|used to be|history of|h/o|once)\b"
_SAID_OF_THE_PAST = pattern(_LONG_AGO, re.IGNORECASE)
_JUST_BEFORE = pattern(
    _LONG_AGO + r"(?:\s+(?:an?|the|had|having|known|noted|found|recorded|documented|to have))*\s*$",
    re.IGNORECASE,
)
_IN_THE_PAST = pattern(
    r"\s*\(?\s*(?:in the past|previously|formerly|at one time)\b(?!\s*(?:[<>≤≥]?\s*\d|was|of|at))",
    re.IGNORECASE,
)
_IT_WAS = pattern(r"\b(?:in|back in) (?:19|20)\d\d,? (?:it )?was\b", re.IGNORECASE)
_IN_YEAR = pattern(r"\s+(?:[^\W\d]+\s+){0,2}?(?:in|en|from)\s+((?:19|20)\d\d)\b", re.IGNORECASE)
MOST_WORDS = 14
"""Words before the number; a longer sentence speaks of something else too."""


def followed_up(text: str, words: Sequence[Word], end: int, name: str, index: AnalyteIndex) -> Hit | None:
    """The number with a unit of the test that was named last, where the sentence goes on about it."""
    if not words or not _GOES_ON.match(text, words[0].start, end):
        return now_at(text, words, end, name, index)
    for word in words[: MOST_WORDS + 1]:
        if not (word.text[0].isdigit() or word.text in "<>≤≥"):
            continue
        hit = value_at(text, word.start, end, index, name, word.start)
        unit = units.parse(hit.fields.get("unit", ""), index.words.units) if hit else None
        if hit is not None and unit is not None and accepts(unit, name, index):
            return hit._replace(start=words[0].start, moment=text[words[0].start : word.start])
    return None


def now_at(text: str, words: Sequence[Word], end: int, name: str, index: AnalyteIndex) -> Hit | None:
    """The reading of today behind other words: "150 ng/L in 2018; eats meat again, *now* 612 ng/L"."""
    for word, after in pairwise(words):
        if word.text in index.by_first or word.text in index.strict:
            return None
        if word.text in index.words.now_words and after.text[0].isdigit():
            hit = value_at(text, after.start, end, index, name, word.start)
            unit = units.parse(hit.fields.get("unit", ""), index.words.units) if hit else None
            found = hit is not None and unit is not None and accepts(unit, name, index)
            return hit._replace(moment=word.text) if hit is not None and found else None
    return None


def says_older(between: str) -> bool:
    """Whether the words before a number end by saying that it is the older one."""
    return _OLDER.search(between) is not None


def year_between(text: str, at: int, end: int) -> str:
    """The year that stands between a name and its result: "B12 *in 2019* was normal"."""
    found = _IN_YEAR.match(text, at, end)
    return f"in {found[1]}" if found else ""


def is_before(hit: Hit, between: str) -> bool:
    """Whether the next result is told as the older one: "(was 260)", "in 2024 it was 166"."""
    return hit.earlier or _IT_WAS.search(between) is not None


def was_earlier(before: str, said: str, after: str) -> bool:
    """Whether a result is told as one of the past: "B12 was previously 150", "history of low B12", "low in the past"."""
    return bool(_JUST_BEFORE.search(before) or _SAID_OF_THE_PAST.search(said) or _IN_THE_PAST.match(after))


def older_of(text: str, last: Hit, end: int, index: AnalyteIndex, name: str) -> Hit | None:
    """A reading of which it is said that it was there before: "148 pg/mL (was 260 in March 2025)"."""
    said = _BEFORE_THAT.match(text, last.end, end)
    hit = value_at(text, said.end(), end, index, name, said.start()) if said else None
    if hit is None or not last.fields.keys() >= {"value"}:
        return None
    if "unit" in last.fields:
        hit.fields.setdefault("unit", last.fields["unit"])
    unit = units.parse(hit.fields.get("unit", ""), index.words.units)
    return hit._replace(earlier=True) if unit is None or accepts(unit, name, index) else None
