"""Further results of the test that was named before: "(was 260 in March)", or in the next sentence "Repeat on 17 Feb: 175 ng/L"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.series import AT_FIRST, DATED, EARLIER
from cobalens.intake.prose.textnames import Word
from cobalens.intake.prose.textvalues import Hit, accepts, value_at
from cobalens.model.record import Span

_GOES_ON = pattern(
    r"\s*+[-•*(]?\s*+(?:(?:then|and|but|on|a|an|the|was|were|his|her|my|your|patient's|patient’s)\s+)*"
    r"(?:repeat(?:ed|s)?|re-?check(?:ed)?|re-?test(?:ed)?|re-?measured|again|second|follow[- ]?up|hers|his|mine|yours|own|it|level|result"
    r"|current(?:ly)?|recent|post|this (?:week|month|time|morning|year|yr|wk)|now|today|yesterday|latest|last|most recent|previous|earlier)\b",
    re.IGNORECASE,
)
_TREATED = pattern(
    r"\s*(?:(?:then|and|but)\s+)*(?:on|off|after|since)\s+(?:[\w-]+\s+){0,2}(?:treatment|therapy|replacement|injections?|jabs|shots|loading|tablets|supplements)\b",
    re.IGNORECASE,
)
"""A level of which it is said that it was measured on treatment: "62 ng/L; *on 3-monthly injections* 1180 ng/L"."""
_AT_FIRST = pattern(
    r"\s*(?:(?:his|her|my|the|and|but|it|this|which)\s+)*(?:was(?=\s*+[<>≤≥]?\s*+\d)|previous|previously|earlier(?! today)|pre-?\s?(?:treatment|replacement|loading|injections?)|before (?:treatment|replacement|the (?:first )?injections?|the jabs|the shots|loading))\b",
    re.IGNORECASE,
)
"""A level of which it is said that it was there before treatment, or before: "Pre-treatment 128 ng/L", "Previous 150 ng/L"."""
_BEFORE_THAT = pattern(
    r"\s*+[(\[,;]?\s*+(?:it\s+)?(?:was|previously|previous|prior|earlier|formerly|down from|up from|compared (?:with|to)|versus|vs\.?)\s+"
    r"(?:(?:result|level|value|was|of|at|only)\s+)*(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
_MOVED = pattern(r"\b(?:up|down|rise|fall|drop|rose|fell|back|\w+ed|\w+ing)\s+(?:to|at)\b", re.IGNORECASE)
_FROM = pattern(
    rf"\s*+,?\s*+from\s+(?:(?:an?|about|around|only)\s+)*(?=[<>≤≥]?\s*\d)(?!{DATED}|(?:19|20)\d\d)",
    re.IGNORECASE,
)
"""The older number behind the newer: "MCV up to 104 *from* 96"."""
_OLDER = pattern(
    r"\b(?:previously|previous|prev|prior|formerly|down from|up from)(?:\s+(?:result|level|value|was|of|at|only|[(:]))*\s*$",
    re.IGNORECASE,
)
_LONG_AGO = (
    r"\b(?:before(?= was| were)|previously|formerly|initially|originally|used to be|history of|h/o|once)\b"
)
_AT_THE_START = (
    r"(?:pre-?\s?(?:treatment|replacement|loading|injections?|therapy|jabs?)"
    r"|(?:before|prior to)\s+(?:(?:the|any|all|his|her|my|starting|first)\s+){0,2}(?:treatment|therapy|replacement|injections?|jabs?|shots?|loading|supplements?|tablets?|doses?)"
    r"|(?:at|on) (?:diagnosis|presentation)|at (?:baseline|the start|first)|before (?:that|then|this|these)|beforehand)"
)
_BEFORE_NAME = r"(?:\s+(?:serum|total|vitamin|level|result|of))*\s*$"
_AT_FIRST_BEFORE = pattern(
    rf"\b(?:{_AT_THE_START}|baseline|presenting|diagnostic){_BEFORE_NAME}", re.IGNORECASE
)
_FIRST_ONE = pattern(
    rf"\b(?:(?<!no )(?:previous|prior|earlier)|initial|original|first|earliest|pre-?\s?op(?:erative)?|pre-?\s?chemo(?:therapy)?){_BEFORE_NAME}",
    re.IGNORECASE,
)
_AT_THE_START_SAID = pattern(rf"\b{_AT_THE_START}\b", re.IGNORECASE)
_AT_THE_START_BEHIND = pattern(
    rf"\s*+[(,]?\s*+(?:measured |taken )?{_AT_THE_START}\b(?!\s*(?:[<>≤≥]?\s*\d|was|of))", re.IGNORECASE
)
_SAID_OF_THE_PAST = pattern(_LONG_AGO, re.IGNORECASE)
_JUST_BEFORE = pattern(
    _LONG_AGO + r"(?:\s+(?:an?|the|had|having|known|noted|found|recorded|documented|to have))*\s*$",
    re.IGNORECASE,
)
_IN_THE_PAST = pattern(
    r"\s*+\(?\s*+(?:in the past|previously|formerly|at one time)\b(?!\s*(?:[<>≤≥]?\s*\d|was|of|at|reported|issued|released))",
    re.IGNORECASE,
)
_IT_WAS = pattern(r"\b(?:in|back in) (?:19|20)\d\d,? (?:it )?was\b", re.IGNORECASE)
_IN_YEAR = pattern(r"\s+(?:[^\W\d]+\s+){0,2}?(?:in|en|from)\s+((?:19|20)\d\d)\b", re.IGNORECASE)
MOST_WORDS = 14
"""Words before the number; a longer sentence speaks of something else too."""


def followed_up(text: str, words: Sequence[Word], end: int, name: str, index: AnalyteIndex) -> Hit | None:
    """The number with a unit of the test that was named last, where the sentence goes on about it."""
    before = bool(words) and _AT_FIRST.match(text, words[0].start, end) is not None
    treated = bool(words) and is_treated(text, words[0].start, end)
    if not words or not (before or treated or _GOES_ON.match(text, words[0].start, end)):
        return now_at(text, words, end, name, index)
    for word in words[: MOST_WORDS + 1]:
        if not (word.text[0].isdigit() or word.text in "<>≤≥"):
            continue
        hit = value_at(text, word.start, end, index, name, word.start)
        unit = units.parse(hit.fields.get("unit", ""), index.words.units) if hit else None
        if hit is not None and unit is not None and accepts(unit, name, index):
            said = text[words[0].start : word.start]
            # What is said of treatment is left to the reader of phrases.
            return hit._replace(start=word.start if treated else words[0].start, moment=said, earlier=before)
    return None


_LEVEL = pattern(
    r"\s*+[-•*(]?\s*+(?:(?:then|and|but|the|his|her|my|your|latest|current|recent|repeat|last|today's|new)\s+)*levels?\b",
    re.IGNORECASE,
)


def level_of(
    found: list[Hit],
    text: str,
    words: Sequence[Word],
    end: int,
    numbered: Mapping[str, str],
    index: AnalyteIndex,
) -> list[Hit]:
    """Whose level is meant where only "level" is said: that of the one test which was told in the same unit before, "gastrin normal. *Level* now 172 ng/L"."""
    if not words or not _LEVEL.match(text, words[0].start, end):
        return found
    told = [
        hit
        for name, unit in numbered.items()
        if (hit := followed_up(text, words, end, name, index))
        and _same(hit.fields.get("unit", ""), unit, index)
    ]
    return told if len(told) == 1 else found


def _same(one: str, other: str, index: AnalyteIndex) -> bool:
    first, second = units.parse(one, index.words.units), units.parse(other, index.words.units)
    return first is not None and first == second


def is_treated(text: str, at: int, end: int) -> bool:
    """Whether what begins here tells of a level on treatment, so that the one before it was without."""
    return _TREATED.match(text, at, end) is not None


def now_at(text: str, words: Sequence[Word], end: int, name: str, index: AnalyteIndex) -> Hit | None:
    """The reading of today behind other words, or before the one that says so: "150 ng/L in 2018; eats meat again, *now* 612 ng/L", "; 612 ng/L *now*"."""
    first = value_at(text, words[0].start, end, index, name, words[0].start) if words else None
    unit = units.parse(first.fields.get("unit", ""), index.words.units) if first else None
    if first is not None and unit is not None and accepts(unit, name, index):
        behind = next((word.text for word in words if word.start >= first.end), "")
        return first._replace(moment=behind) if behind in index.words.now_words else None
    for word, after in pairwise(words):
        if word.text in index.by_first or word.text in index.strict:
            return None
        if word.text in index.words.now_words and after.text[0].isdigit():
            hit = value_at(text, after.start, end, index, name, word.start)
            unit = units.parse(hit.fields.get("unit", ""), index.words.units) if hit else None
            found = hit is not None and unit is not None and accepts(unit, name, index)
            return hit._replace(moment=word.text) if hit is not None and found else None
    return None


_CALLED_NOW = pattern(
    r"[\s,;]*(?:(?:last (?:year|month|week)|in (?:19|20)\d\d|previously|before|earlier|initially|at first)[\s,;]*)?(?:(?:but|and|though|although|then|it|is|has|since|which)[\s,]+)*(?:(?:now|currently|today)\s+(?:(?:is|are|been|back|to|it|more|again)\s+)*(?P<after>[a-z]+)|(?P<before>[a-z]+)\s+now)\b",
    re.IGNORECASE,
)


def now_called(after: str, index: AnalyteIndex) -> str:
    """What a test is called now, behind what it was called before: "was low *but now normal*", "normal last year, *low now*"."""
    found = _CALLED_NOW.match(after)
    said = (found["after"] or found["before"] or "").lower() if found else ""
    return said if index.words.qualitative.get(said) in {"low", "normal", "high"} else ""


_UNTIL = pattern(
    rf"\s*+[,(]?\s*+(?:(?:right|only|at least|up)\s+)?(?:until|till|'?til|up to)\s+(?:(?:about|around|early|mid|late|(?:the\s)?(?:end|start|middle) of)[\s-]+)*(?P<when>{DATED}|(?:19|20)\d\d(?!\d)|recently)",
    re.IGNORECASE,
)


def until_behind(text: str, at: int, end: int) -> re.Match[str] | None:
    """The time up to which a verdict held: "normal *until 2024*", which tells what was found and hedges nothing."""
    return _UNTIL.match(text, at, end)


_TAKEN_BACK = pattern(
    r"\b(?:not|rather than|instead of|and not|wrongly|mistyped as|typed as|misread as|in error as"
    r"|(?:previously|originally|initially|first|earlier|wrongly|incorrectly|erroneously|was|were) (?:reported|issued|released|given) as)\s*(?:the\s+)?$",
    re.IGNORECASE,
)
_IN_ERROR = pattern(
    r"\s*+[,(-]?\s*+(?:(?:was|were|is|had been)\s)?(?:(?:reported|issued|released|entered|sent|printed|given)\s)?(?:in error|incorrectly|erroneously)\b",
    re.IGNORECASE,
)


def same_scale(unit: units.Unit, last: Hit, index: AnalyteIndex) -> bool:
    """Whether a number is on the scale of the one before it, where that has one."""
    before = units.parse(last.fields.get("unit", ""), index.words.units)
    return before is None or (before.dimension, before.scale) == (unit.dimension, unit.scale)


def is_taken_back(text: str, begin: int, at: int) -> bool:
    """Whether a number is only said not to be the result: "120 ng/L, *not* 210 ng/L"."""
    return _TAKEN_BACK.search(text, begin, at) is not None


_WITHDRAWS = pattern(
    r"\s*+[(,;-]?\s*+(?:which was |was |were )?(?:(?:previously|originally|initially|first|earlier|wrongly|incorrectly|erroneously)\s)?"
    r"(?:reported|issued|released) (?:wrongly |incorrectly |in error )?as\b",
    re.IGNORECASE,
)


def withdraws(text: str, at: int, end: int) -> bool:
    """Whether behind a result stands what was wrongly reported in its place: "98 pmol/L (*previously reported as* 980)"."""
    return _WITHDRAWS.match(text, at, end) is not None


_DISREGARD = pattern(
    r"[\s(,;:.?!–—-]*(?:(?:this|the|that|it|result|sample|above|is|was|from|of|for|a|the|to)\s+){0,5}(?:please\s+)?(?:to be\s+)?"
    r"(?:(?:disregard(?:ed)?|ignored?)\b(?!\s+(?:the\s+)?(?:range|flag|previous|earlier|symptoms))"
    r"|wrong (?:patient|blood in (?:the )?tube|tube|sample|label)\b|WBIT\b|(?:patient|sample)s? mix(?:ed)?[- ]?up\b"
    r"|another (?:patient|person)\b|mis-?label(?:l?ed|l?ing)\b|(?:result )?withdrawn\b|typo\b|misprint\b|should (?:have )?read\b)",
    re.IGNORECASE,
)


def is_withdrawn(text: str, at: int) -> bool:
    """Whether the words behind a result say that it is not to be used: "4500 ng/L - *please disregard, wrong patient*"."""
    return _DISREGARD.match(text, at) is not None


def without_wrong(text: str, hits: list[Hit]) -> list[Hit]:
    """The results without one of which the words behind say that it was wrong: "980 pmol/L *reported in error*, correct value 98"."""
    return [one for one in hits if not _IN_ERROR.match(text, one.end)] if len(hits) > 1 else hits


_AHEAD = pattern(
    r"(?P<number>(?:[<>≤≥]\s?)?(?<![\d.,/-])\d+(?:[.,]\d+)*)\s*[^\s\d()]{2,14}\s*"
    r"(?:\(\s*|(?:is|was|for|of|as|=)\s+)(?:(?:his|her|my|the|their|your|serum|total|latest|last|plasma|vitamin)\s+)*$",
    re.IGNORECASE,
)


_OF_NEXT = pattern(
    r"\s*(?:for|of)\s+(?:(?:his|her|my|the|their|serum|total|plasma|vitamin)\s+)*(?P<name>[^\W_]+)",
    re.IGNORECASE,
)


def is_of_next(text: str, at: int, end: int, index: AnalyteIndex) -> bool:
    """Whether the name behind a number is what it belongs to: "ferritin 12 ug/L and 149 ng/L *for B12*"."""
    found = _OF_NEXT.match(text, at, end)
    return found is not None and found["name"].lower() in index.by_first


def ahead_of(text: str, since: int, start: int, stop: int, index: AnalyteIndex, name: str) -> Hit | None:
    """The number with its unit that stands before the name: "149 ng/L *was his B12*", "8 ug/L (*ferritin*)"."""
    found = _AHEAD.search(text, since, start)
    hit = value_at(text, found.start(), start, index, name, found.start()) if found else None
    unit = units.parse(hit.fields.get("unit", ""), index.words.units) if hit else None
    fitting = hit is not None and unit is not None and accepts(unit, name, index)
    return hit._replace(end=stop) if hit is not None and fitting else None


_AT_A_STEP = pattern(
    r"\s+((?:(?:\d+|[^\W\d]+)\s+(?:weeks?|months?|years?|days?)\s+)?(?:before|prior to|after|since|following|on|off|without|despite|during)\s+(?:[^\W\d]+\s+){0,4}[^\W\d]+)"
    r"\s*(?:\([^()\n]{2,30}\)\s*)?(?:was|is|of|at|[:=])?\s*(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
DATE_BEHIND = pattern(
    rf"\s*(?:(?:back\s)?(?:in|on|from)\s+)?(?P<when>{DATED}|(?:19|20)\d\d)\s*(?=\()",
    re.IGNORECASE,
)
"""The time between a verdict and its number in brackets: "normal *in 2022* (360 ng/L)"."""
DATE_NEAR = pattern(
    rf"\s*+[,(]?\s*+(?:(?:back\s)?(?:in|on|from|at|by)\s+)?(?:{DATED}|(?:19|20)\d\d|[a-z]{{3,9}}\b(?=\s+\d{{4}}))|\s*\(?in\s",
    re.IGNORECASE,
)


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


def told_first(before: str, said: str, after: str) -> Span | None:
    """When a number was taken that is told as that of the beginning: "baseline B12 88", "B12 before treatment 88", "B12 88 at diagnosis"."""
    if (
        _AT_THE_START_SAID.search(said)
        or _AT_THE_START_BEHIND.match(after)
        or _AT_FIRST_BEFORE.search(before)
    ):
        return AT_FIRST
    return EARLIER if _FIRST_ONE.search(before) else None


def at_a_step(
    text: str, at: int, upto: int, end: int, index: AnalyteIndex, name: str, start: int
) -> list[Hit]:
    """A number with its unit behind words that say at which step it was taken: "B12 *after gastrectomy* 150 ng/L"."""
    step = _AT_A_STEP.match(text, at, end)
    if step is None or step.end() > upto:
        return []
    hit = value_at(text, step.end(), end, index, name, start)
    unit = units.parse(hit.fields.get("unit", ""), index.words.units) if hit else None
    found = hit is not None and unit is not None and accepts(unit, name, index)
    return [hit._replace(start=step.end(), moment=step[1])] if hit is not None and found else []


def older_of(text: str, last: Hit, end: int, index: AnalyteIndex, name: str) -> Hit | None:
    """A reading of which it is said that it was there before: "148 pg/mL (was 260 in March 2025)"."""
    said = _BEFORE_THAT.match(text, last.end, end)
    if said is None and _MOVED.search(text, last.start, last.end):
        said = _FROM.match(text, last.end, end)
    hit = value_at(text, said.end(), end, index, name, said.start()) if said else None
    if hit is None or not last.fields.keys() >= {"value"}:
        return None
    if "unit" in last.fields:
        hit.fields.setdefault("unit", last.fields["unit"])
    unit = units.parse(hit.fields.get("unit", ""), index.words.units)
    return hit._replace(earlier=True) if unit is None or accepts(unit, name, index) else None
