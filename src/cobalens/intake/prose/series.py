"""Several readings of one test told in a row: "B12 Mar 2019 310 pmol/L; Jun 2021 255", "344 in 2022, 251 last year", "344 -> 166".

Each number needs its time, beside it or by the arrow that leads from the earlier to the later one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

from msgspec.structs import replace

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.shortdays import SHORT_DAY
from cobalens.intake.prose.textvalues import Hit, accepts, value_at
from cobalens.model.record import UNDATED, Lab, Span

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_YEAR = r"(?:19|20)\d\d(?!\d)"
_SHORT_MONTH = r"(?:0?[1-9]|1[0-2])/(?:1[3-9]|[2-4]\d)(?![\d/])"
"""A month with a year of two figures, which is no month: "06/24"."""
DATED = (
    rf"{_SHORT_MONTH}|"
    r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)|\d{1,2}/(?:19|20)\d\d(?!\d)|(?:19|20)\d\d-\d\d(?!\d)"
    rf"|(?:\d{{1,2}}(?:st|nd|rd|th)?[ -])?{_MONTH}(?:[ -]\d{{1,2}},)?[ -]?(?:{_YEAR}|['’]\d\d(?!\d)|\d\d(?=\s*[:=]?\s+[<>]?\s?\d))"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTH}(?!\s?\d\d\b)"
    r"|(?:\d{1,2}|an?|one|two|three|four|five|six|ten)\s(?:years?|yrs?|months?|mths?|weeks?|wks?|days?)\s(?:ago|back|earlier)"
    r"|(?:last|this)\s(?:week|month|year|yr|wk)|today|yesterday|now"
)
_BARE_MONTH = rf"(?:(?:early|mid|late|last)[ -])?{_MONTH}(?![\w'’])(?!\s*\d)"
"""A month without its year, which only a word such as "in" shows to be one."""
_OPENING = pattern(
    rf"(?:\s*(?:\((?P<said>[^()\n]{{1,40}})\)|(?P<unit>[^\W\d]{{1,8}}/[^\W\d]{{1,3}})(?=\s*[:=,]|\s+(?:{DATED}))|[:=,–—-](?!>)|(?:levels?|results?|readings?|values?|history|trend|series|on|in|dated|over|time|the|years"
    r"|was|were|is|has|have|been|of|at|from|fallen|fell|falling|drifted|drifting|down|gone|went|as|follows|trending|trended|serial(?:ly)?"
    r"|rising|rose|risen|climb(?:ing|ed)|creeping|crept|dropping|dropped|declining|declined|improving|improved|up|slowly|steadily|gradually)\b))*[ \t\n]*",
    re.IGNORECASE,
)
_FIRST_THE_DATE = pattern(
    rf"(?:(?:in|on|from)\s+)?(?P<when>(?:{DATED})(?![\w/])|{_MONTH}(?=\s*+[:=–-]?\s*+(?!(?:19|20)\d\d)\d{{3,4}}(?![\d\w]))|{_YEAR}(?=\s*[:=–-]|\s+[<>]?\d{{1,4}}(?:\.\d+)?(?:\s?[a-zA-Zµ%]|\s*(?:[,;)\]|]|\.(?!\d)|\n|$|{_YEAR}))))\s*+[:=–-]?\s*+(?:(?:it\s)?(?:was|is|at)\s+)?(?=[<>≤≥~]?\s*\d)",
    re.IGNORECASE,
)
_THEN_THE_DATE = pattern(
    rf"\s*+[(\[]?\s*+(?:(?:back\s)?(?:in|on|from|at)\s+)?(?P<when>(?:{DATED}|{_YEAR})(?![\w/])|(?<=\bin )(?:{_BARE_MONTH}))\s*[)\]]?(?!\s*[:=])",
    re.IGNORECASE,
)
_FIRST_SHORT = pattern(
    rf"(?:on\s+)?(?P<when>{SHORT_DAY})\s*+[:=–-]?\s*+(?:(?:it\s)?(?:was|is|at)\s+)?(?=[<>≤≥~]?\s*\d)",
    re.IGNORECASE,
)
_THEN_SHORT = pattern(
    rf"\s*(?:on\s+(?P<when>{SHORT_DAY})|[(\[]\s*(?:on\s+)?(?P<said>{SHORT_DAY})\s*[)\]])(?!\s*[:=])",
    re.IGNORECASE,
)
"""A day without its year, behind a reading of the row that has one."""
_WHOLE = pattern(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}")
_UNIT_BEHIND = pattern(
    r"\s*+[,;]?\s*+[(\[]\s*(?:all\s+)?(?:in\s+)?(?P<said>[^()\[\]\s]{2,12})\s*[)\]]", re.IGNORECASE
)
"""The unit of the whole row, in brackets at its end: "2023 - 260, 2024 - 230 (ng/L)"."""
_BETWEEN = pattern(r"\s*(?:[,;|.•·]|\band\b|\bthen\b|\bbut\b)*\s*(?:and\b|then\b|but\b)?\s*", re.IGNORECASE)
_ARROW = pattern(r"\s*(?:-+>|=+>|→|➔|»|>(?=\s*\d))\s*")
_TIMELY = pattern(
    r"->|=>|[>→➔»'’]|\d[/.-]\d{1,2}[/.-]\d|\d/\d|(?:19|20)\d\d|\b(?:ago|now|today|yesterday|back|last|this|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)
"""What the first reading of a row has beside it: a time, or an arrow."""
NEAR = 70
MOST_READINGS = 40
NOW, EARLIER = Span(0, 0), Span(None, -1)
AT_FIRST = Span(None, -31)
"""Of a level before treatment or at diagnosis: nobody said when, but no repeat of the last weeks."""
_CALENDAR = -200_000
"""No life is that long: a day before it was counted from ``moments.FAR_AHEAD``."""


def series_at(text: str, at: int, name: str, start: int, index: AnalyteIndex) -> list[Hit]:
    """The readings that follow the name of a test; none when fewer than two are dated or led to by arrows."""
    if not _TIMELY.search(text, at, at + NEAR):
        return []
    opening = _OPENING.match(text, at)
    place = opening.end() if opening else at
    end = min(len(text), place + 60 * MOST_READINGS)
    hits: list[Hit] = []
    arrows = 0
    while len(hits) < MOST_READINGS:
        short = any(_WHOLE.fullmatch(hit.moment) for hit in hits)
        one = _reading(text, place, end, name, start if not hits else place, index, short)
        if one is None or not fits(one, name, index):
            break
        if not one.moment and not (arrows == len(hits) and (arrows or _ARROW.match(text, one.end, end))):
            break
        hits.append(one)
        arrow = _ARROW.match(text, one.end, end)
        arrows += arrow is not None
        between = arrow or _BETWEEN.match(text, one.end, end)
        if between is None or between.end() == one.end:
            break
        place = between.end()
    dated = sum(bool(one.moment) for one in hits)
    if len(hits) == 1 and dated:
        first = _FIRST_THE_DATE.match(text, opening.end() if opening else at, end)
        # "B12 2019 310": of two bare numbers the year is none of the test's.
        return hits if first and ("unit" in hits[0].fields or first["when"].isdigit()) else []
    if len(hits) < 2 or (dated < len(hits) and arrows < len(hits) - 1):
        return []
    behind = _UNIT_BEHIND.match(text, hits[-1].end, end)
    said = (opening["said"] or opening["unit"] if opening else None) or (behind["said"] if behind else None)
    _share_unit(hits, said, name, index)
    if not dated:
        # An arrow leads from the earlier to the later; the last one is where things stand.
        return _newest_last(hits)
    return _newest_last(hits) if _in_a_year(hits) else hits


def _newest_last(hits: Sequence[Hit]) -> list[Hit]:
    return [*(one._replace(when=EARLIER) for one in hits[:-1]), hits[-1]._replace(when=NOW)]


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _in_a_year(hits: Sequence[Hit]) -> bool:
    """Whether the readings follow each other in months without a year, so that their order is known and their place may not be."""
    named = [next((m for m in one.moment.lower().split() if m[:3] in _MONTHS), "") for one in hits]
    if not all(named) or any(c.isdigit() for one in hits for c in one.moment):
        return False
    places = [_MONTHS.index(month[:3]) for month in named]
    return all(before < after for before, after in pairwise(places))


_UNIT_FIRST = pattern(
    r"\s*+[,|]?\s*+(?:[(\[]\s*(?P<said>[^()\[\]\s]{1,12})\s*[)\]]|(?P<bare>[^\W\d_]{1,4}/[^\W\d_]{1,4}))\s*+[:=|]?\s*+(?:(?:of|was|is)\s+)?(?=[<>≤≥~]?\s*\d)"
)
"""The unit between a name and its number: "B12 (*ng/L*): 132", "Hb *g/L* 98"."""


def unit_first(text: str, at: int, end: int, name: str, start: int, index: AnalyteIndex) -> list[Hit]:
    """The result whose unit stands before its number."""
    found = _UNIT_FIRST.match(text, at, end)
    said = (found["said"] or found["bare"]) if found else ""
    unit = units.parse(said, index.words.units) if said else None
    if found is None or unit is None or not accepts(unit, name, index):
        return []
    hit = value_at(text, found.end(), end, index, name, start)
    if hit is None:
        return []
    hit.fields.setdefault("unit", said)
    return [hit]


_BRACKET = pattern(
    r"\s*[(\[]\s*(?:(?:was|were|previously|previous|prev|earlier|prior)\b\s*+:?\s*+)?(?=[\d<>a-z'’][^()\[\]]*[)\]])",
    re.IGNORECASE,
)


def before_in_brackets(text: str, last: Hit, name: str, index: AnalyteIndex) -> list[Hit]:
    """The earlier readings that stand with their times in brackets behind one: "201 ng/L (*2024: 260, 2023: 340*)", "(*260 in 2024*)"."""
    opened = _BRACKET.match(text, last.end)
    if opened is None:
        return []
    end = min(text.find(")", opened.end()) % (len(text) + 1), len(text))
    found = series_at(text, opened.end(), name, opened.end(), index)
    if not found and (alone := _reading(text, opened.end(), end, name, opened.end(), index)) and alone.moment:
        found = [alone] if fits(alone, name, index) and _YEAR_OR_DAY.search(alone.moment) else []
    if any("unit" not in one.fields and _IS_YEAR.fullmatch(one.fields.get("value", "")) for one in found):
        # "(12 Oct 2026)" is a date and no reading.
        return []
    for one in found:
        if "unit" in last.fields:
            one.fields.setdefault("unit", last.fields["unit"])
    return [one._replace(earlier=True) for one in found if one.moment]


_IS_YEAR = pattern(r"(?:19|20)\d\d")
_YEAR_OR_DAY = pattern(r"\d")


def _reading(
    text: str, place: int, end: int, name: str, start: int, index: AnalyteIndex, short: bool = False
) -> Hit | None:
    """A number with its time before or behind it; with ``short`` a day may do without its year."""
    dated = _FIRST_THE_DATE.match(text, place, end) or (short and _FIRST_SHORT.match(text, place, end))
    hit = value_at(text, dated.end() if dated else place, end, index, name, start)
    if hit is None:
        return None
    if dated:
        return hit._replace(moment=_in_full(dated["when"]))
    after = _THEN_THE_DATE.match(text, hit.end, end)
    if after and not _opens_the_next(text, after, end):
        return hit._replace(moment=_in_full(after["when"]), end=after.end())
    if short and (after := _THEN_SHORT.match(text, hit.end, end)):
        return hit._replace(moment=after["when"] or after["said"], end=after.end())
    return hit


_SHORT = pattern(_SHORT_MONTH)


def _in_full(when: str) -> str:
    """A month with its whole year."""
    if not _SHORT.fullmatch(when):
        return when
    month, year = when.split("/")
    return f"{month}/20{year}"


def _opens_the_next(text: str, date: re.Match[str], end: int) -> bool:
    """Whether the date behind a number begins another reading rather than dating this one: "310 pmol/L Jun 2021 255"."""
    dated = _FIRST_THE_DATE.match(text, date.start("when"), end)
    return dated is not None and dated.end() > date.end("when")


def fits(hit: Hit, name: str, index: AnalyteIndex) -> bool:
    """Whether the unit, where one is given, is one of the test."""
    unit = units.parse(hit.fields.get("unit", ""), index.words.units)
    return unit is None or accepts(unit, name, index)


def _share_unit(hits: list[Hit], said: str | None, name: str, index: AnalyteIndex) -> None:
    """A unit that is written once, in the heading or at the end, is meant for the numbers without one."""
    heading = units.parse(said, index.words.units) if said else None
    unit = said if heading is not None and accepts(heading, name, index) else None
    for one in hits:
        if unit is None and "unit" in one.fields:
            unit = one.fields["unit"]
    for one in reversed(hits):
        unit = one.fields.setdefault("unit", unit) if unit else unit


def in_order(labs: Sequence[Lab]) -> list[Lab]:
    """Results whose dates have no place, because there is no day of decision: the newest of a test is where things stand.

    One alone stays undated, since nothing shows how long ago it was.
    """
    if not any(of_calendar(lab.when) for lab in labs):
        return list(labs)
    of: dict[str, list[Lab]] = {}
    for lab in labs:
        of.setdefault(lab.analyte, []).append(lab)
    return [_in_its_place(lab, of[lab.analyte]) if of_calendar(lab.when) else lab for lab in labs]


def beside_earlier(labs: Sequence[Lab], older: Collection[int]) -> list[Lab]:
    """The one undated result of a test is where things stand, beside one that is told as earlier: "400 ng/L. Previously 150.".

    ``older``: the places of those that were told so.
    """
    earlier = {labs[place].analyte for place in older}
    others = Counter(lab.analyte for place, lab in enumerate(labs) if place not in older)
    return [
        replace(lab, when=NOW)
        if lab.analyte in earlier and not lab.when.known and others[lab.analyte] == 1
        else lab
        for lab in labs
    ]


def own_results(
    labs: list[Lab], older: Collection[int], general: Collection[int], bands: bool
) -> tuple[list[Lab], set[int]]:
    """The results without what is said of such results in general, where the person has one, or where the text tells the
    ``bands`` of a laboratory; and the places of the older among them."""
    own = {lab.analyte for place, lab in enumerate(labs) if place not in general}
    kept = [
        place for place, lab in enumerate(labs) if place not in general or not (bands or lab.analyte in own)
    ]
    return [labs[place] for place in kept], {new for new, place in enumerate(kept) if place in older}


def last_is_now(labs: Sequence[Lab], older: Collection[int]) -> list[Lab]:
    """The undated result that is told last, behind dated ones of its test, is where things stand: "360 in 2022. Now tired, B12 118"."""
    places: dict[str, list[int]] = {}
    for place, lab in enumerate(labs):
        places.setdefault(lab.analyte, []).append(place)
    newest = {
        of[-1]
        for of in places.values()
        if len(of) > 1
        and of[-1] not in older
        and not labs[of[-1]].when.known
        and all((labs[one].when.last or 0) < 0 for one in of[:-1])
    }
    return [replace(lab, when=NOW) if place in newest else lab for place, lab in enumerate(labs)]


def before_now(labs: Sequence[Lab], bare: Collection[int], told: Collection[int], note: Span) -> list[Lab]:
    """The result without a time that stands before one of its test that is said to be of now: "was 150, *now* 620 ng/L".

    ``bare`` and ``told``: the places of both. The same number again is no second sample.
    """
    newest = {labs[place].analyte: place for place in sorted(told)}
    out = list(labs)
    for place in bare:
        lab, now = labs[place], newest.get(labs[place].analyte, -1)
        if place < now and (lab.lo, lab.hi) != (labs[now].lo, labs[now].hi):
            out[place] = replace(lab, when=told_on(EARLIER, note))
    return out


def as_earlier(labs: Sequence[Lab], known: Collection[str]) -> list[Lab]:
    """The last of a row is no longer where things stand when the record itself holds a result of that test."""
    rows = {lab.analyte for lab in labs if lab.when in (EARLIER, AT_FIRST)} & set(known)
    return [replace(lab, when=EARLIER) if lab.analyte in rows and lab.when == NOW else lab for lab in labs]


def of_calendar(when: Span) -> bool:
    """Whether it is a date that has no place, because there is no day of decision."""
    return when.last is not None and when.last < _CALENDAR


def _in_its_place(lab: Lab, beside: Sequence[Lab]) -> Lab:
    others = [one for one in beside if not of_calendar(one.when)]
    if any(one.when == NOW for one in others):
        return replace(lab, when=EARLIER)
    if others or len(beside) == 1:
        return replace(lab, when=UNDATED)
    newest = max(one.when.last or 0 for one in beside)
    return replace(lab, when=NOW if lab.when.last == newest else EARLIER)


PANEL = "said of several tests together"


def told_on(when: Span, note: Span) -> Span:
    """Now and earlier, as a note of a day says them, from the day of decision."""
    if not note.known or note.last is None:
        return when
    return note if when == NOW else Span(None, note.last + (when.last or -1))


def named_first(labs: Sequence[Lab]) -> list[Lab]:
    """What is said of several tests together yields to what is said of one of them."""
    if all(lab.method is None for lab in labs):
        return list(labs)
    own = {lab.analyte for lab in labs if lab.method != PANEL}
    return [lab for lab in labs if lab.method != PANEL or lab.analyte not in own]


def merge(structured: Sequence[Lab], from_text: Sequence[Lab]) -> tuple[Lab, ...]:
    """Structured results with those that only the text gives: neither a repetition, nor a bare word beside a result."""
    if not from_text:
        return tuple(named_first(structured))
    known = {lab.analyte for lab in structured}
    numbers = {(lab.analyte, lab.lo, lab.hi) for lab in structured}
    from_text = as_earlier(from_text, known)
    kept = [
        lab
        for lab in from_text
        if lab.analyte not in known
        or ((lab.lo is not None or lab.hi is not None) and (lab.analyte, lab.lo, lab.hi) not in numbers)
    ]
    return tuple(named_first([*structured, *kept]))
