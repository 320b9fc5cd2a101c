"""One value at a place in running text: its sign, number, unit, printed range and flag; a dose or a date is none."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import IN_WORDS, AnalyteIndex, tokens
from cobalens.intake.laboratory.values import numeral
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.sexranges import LONGEST, length_of
from cobalens.model.record import Span

_NUMBER = pattern(
    r"(?:[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?![\d/]|\s?[-–]|\s+(?:to|bis|à)\b)|\d+)(?:[.,]\d+)*|(?<![\d.,])\.\d+"
)
_TITRE = pattern(r"1\s*[:/]\s*(\d{1,5})(?![\d/:])")
_TIMES_LIMIT = pattern(
    r"(\d+(?:\.\d+)?)\s*(?:[x×]|times)\s*(?:the\s+)?(?:uln|upper limit(?: of normal)?|normal)\b",
    re.IGNORECASE,
)
_DECADE = pattern(
    r"(?:(?:in|around)\s+(?:the|his|her|my)?\s*)?(?:(low|mid|high|upper)[- ])?(\d{2,4}0)'?s(?![\w/])",
    re.IGNORECASE,
)
_SIGN = pattern(r"\s*(>=|<=|≥|≤|>|<|~|≈)\s*")
_UNIT = pattern(
    r"\s*((?:x ?10|10)?[^\s,;()\[\]]{1,24}(?: (?:m2|m²|1[.,]73 ?m2|1[.,]73 ?m²|/ ?[^\s,;()]{1,6}|[^\s,;()]{1,12}/[^\s,;()]{1,8}))?)"
)
_RANGE = pattern(
    r"\s*+[,;]?\s*+(?P<open>[(\[])?\s*+(?P<words>(?:[a-z]+\.?\s++|[a-z]+:\s*+){0,4}?)(?P<sign>[<>≤≥]=?)?\s*+(?P<low>\d+(?:[.,]\d+)*)"
    r"(?:\s*+(?:-|–|—|to)\s*+(?P<high>\d+(?:[.,]\d+)*))?\s*+(?P<unit>[^\s()\[\],;]{1,14})?\s*+(?P<close>[)\]])?",
    re.IGNORECASE,
)
"""Blanks are not given back (``*+``): a long row of them, as printouts have, would be tried in every way of sharing it out."""
_PRINTED = pattern(
    r"\s++(?P<low>(?:0|[1-9]\d*)(?:[.,]\d+)?)(?P<dash>\s*(?:-|–|—)\s*)(?P<high>\d+(?:[.,]\d+)?)(?=\s*(?:$|[,;|)\n]|\.(?:\s|$)))"
)
_BEFORE_RANGE = pattern(r"\s*+[,;]?\s*+(?=[(\[])")
_FLAG = pattern(
    r"\s*(?:[(\[]\s*(HH?|LL?|N|high|low|normal|raised|elevated)\s*[)\]]|(HH?|LL?|HIGH|LOW)(?![\w/'])|(↑+|↓+))"
)
_NOT_A_VALUE = pattern(
    r"\s*(?:[/:]\s*\d|[x×]\s*(?!10)(?:\d|[a-z])|%?-(?:year|month|week|day|fold)|\s(?:million|billion)\b(?!\s*/)|st\b|nd\b|rd\b|th\b|-\d{1,2}-\d|°)",
    re.IGNORECASE,
)
_OF_A_MONTH = pattern(r"\s*[^\W\d_]{3,9}\.?,?\s+(?:19|20)\d\d\b")
"""What makes a number that a month can have the day of a date: "5 *May 2026*"."""
MOST_DAYS = 31
_WISHED = pattern(
    r"\b(?:target|goal|ideal|ideally|optimal|desired|desirable|reference|expected|aim for|aiming for|keep|maintain)\s+"
    r"(?:(?:the|a|my|his|her|their|level|of|for|serum|total|vitamin)\s+)*$",
    re.IGNORECASE,
)
"""What ought to be, said before the name of a test: "target B12 above 400" tells nothing of this person."""
_UPPER_END = pattern(r"\s*(?:-|–)\s*(\d+(?:[.,]\d+)*)(?![-/\d])")
_NUMBER_NEXT = pattern(r"\s*+[:=]?\s*+[<>≤≥]?\s*\d")
_NEXT_WORD = pattern(r"\s*+-?\s*+([^\W\d_]+)")
_SPELT_UNIT = pattern(r"\s*([^\W\d_]+ per [^\W\d_]+)")
_DOSES = frozenset({units.AMOUNT_MASS, units.AMOUNT_ACTIVITY, units.AMOUNT_MOLAR, units.AGE, units.TIME})
_STRENGTH = pattern(
    r"(?:mcg|ug|[µμ]g|micrograms?|mg|milligrams?) ?/ ?\d*(?:ml|millilit(?:re|er))", re.IGNORECASE
)
"""What an ampoule holds, "1 mg/ml", "1,000 mcg/mL": a result only of a test that is reported so."""
_ENDS = {"uln": "<=", "upper": "<=", "lln": ">=", "lower": ">="}


class Hit(NamedTuple):
    """One result in the text, not yet read: its fields and where it stands."""

    fields: dict[str, str]
    start: int
    end: int
    moment: str = ""
    """Words of time between the name and the value."""
    earlier: bool = False
    """Whether it is said to be older than the one before it: "(was 260)"."""
    when: Span | None = None
    """The time itself, where the order of several readings gives it."""


def worded_at(text: str, place: int, end: int, index: AnalyteIndex, name: str, start: int) -> Hit | None:
    """A titre, a multiple of the upper limit, "in the 300s": numbers that say less than a result, or say it in another way."""
    keys = index.names.get(tokens(name), ())
    if (titre := _TITRE.match(text, place, end)) and (
        least := next((index.titres[key] for key in keys if key in index.titres), None)
    ):
        word = "positive" if Decimal(titre[1]) >= least else "borderline"
        return Hit({"analyte": name, "qualitative": word}, start, titre.end())
    if times := _TIMES_LIMIT.match(text, place, end):
        return Hit(
            {"analyte": name, "qualitative": "high" if Decimal(times[1]) > 1 else "normal"},
            start,
            times.end(),
        )
    if (tens := _DECADE.match(text, place, end)) and tens[2].endswith("00"):
        low = int(tens[2])
        fields = {"analyte": name, "value": f"{low}-{low + 99}"}
        unit, upto = _unit(text, tens.end(), end, index)
        if unit and accepts(unit[1], name, index):
            fields["unit"] = unit[0]
            return Hit(fields, start, upto)
        return Hit(fields, start, tens.end())
    return None


_STAR = pattern(r"\s*[*!]+(?=\s*[^\W\d])")
"""A mark of what is out of range, or of surprise, before the unit: "180* ng/L", "149!! ng/L"."""


def value_at(text: str, place: int, end: int, index: AnalyteIndex, name: str, start: int) -> Hit | None:
    """Sign, number, unit, range and flag from one place on; ``None`` when that is a dose, a duration or a date."""
    sign_text, at = "", place
    low = text[place : place + 40].lower()
    for word, sign in index.words.comparators.items():
        if low.startswith(word + " "):
            sign_text, at = sign, place + len(word) + 1
            break
    if mark := _SIGN.match(text, at, end):
        sign_text, at = mark[1], mark.end()
    number = _NUMBER.match(text, at, end)
    if not number or numeral(number[0]) is None:
        return None
    at = number.end()
    upper = _UPPER_END.match(text, at, end)
    value = number[0]
    if upper and not sign_text:
        value, at = f"{number[0]}-{upper[1]}", upper.end()
    if _NOT_A_VALUE.match(text, at, end) or (_is_day(number[0]) and _OF_A_MONTH.match(text, at, end)):
        return None
    if (upper or sign_text) and _WISHED.search(text[max(0, start - 40) : start]):
        return None
    fields = {"analyte": name, "value": value}
    if sign_text and sign_text not in "~≈":
        fields["comparator"] = sign_text
    if star := _STAR.match(text, at, end):
        at = star.end()
    unit, upto = _unit(text, at, end, index)
    if unit and tokens(unit[0]) in index.names and _NUMBER_NEXT.match(text, upto, end):
        # "Ferritin 8 INR 3.4": the next test, and no unit.
        unit = None
    if unit and unit[1].dimension in _DOSES and not accepts(unit[1], name, index):
        return None
    if unit and _STRENGTH.fullmatch(unit[0]) and not is_reported_in(unit[1], name, index):
        return None
    if unit:
        fields["unit"], at = unit[0], upto
    else:
        following = _NEXT_WORD.match(text, at, end)
        if following and following[1].lower() in index.words.not_results:
            return None
    for _ in range(2):
        at = _range(text, at, end, index, fields)
        if flag := _FLAG.match(text, at, end):
            fields.setdefault("flag", next(part for part in flag.groups() if part))
            at = flag.end()
    if verdict := _verdict(text, at, end, index):
        fields.setdefault("flag", verdict[0])
        at = verdict[1]
    if fields.keys() & {"ref_range", "flag"} and "unit" not in fields:
        # As printouts have it: the number, its range or its mark, then *pg/mL*.
        unit, upto = _unit(text, at, end, index)
        if unit and accepts(unit[1], name, index):
            fields["unit"] = unit[0]
            at = _range(text, upto, end, index, fields)
    return Hit(fields, start, at)


_WORDS = pattern(r"\s*(\w+(?: \w+){1,4})")
_MARKS_OF = {"low": "L", "high": "H", "normal": "N"}


def _verdict(text: str, at: int, end: int, index: AnalyteIndex) -> tuple[str, int] | None:
    """The mark that some words at the end of a row stand for, and the place behind them: "138 ng/L [197 - 771] *Below low reference limit*"."""
    found = _WORDS.match(text, at, end)
    pieces = found[1].split(" ") if found else []
    for count in range(len(pieces), 1, -1):
        phrase = " ".join(pieces[:count])
        mark = (
            _MARKS_OF.get(index.words.qualitative.get(phrase.lower(), ""))
            if "limit" in phrase.lower() or "range" in phrase.lower()
            else None
        )
        if found and mark:
            return mark, found.start(1) + len(phrase)
    return None


def _is_day(number: str) -> bool:
    return number.isdigit() and int(number) <= MOST_DAYS


_UNIT_LATER = pattern(
    r"(?:\bin\b|\bunits?\b|\bsays?\b|\bsaid\b|\bprinted\b|\bmeasured\b|\bgiven\b|\ball\b)\s*+:?\s*+(?:(?:it|is|are|was|were|in|as|the|unit)\s+)*[(\"']?(?P<unit>[^\W\d_]{1,6}/[^\W\d_]{1,3})\b",
    re.IGNORECASE,
)


def unit_later(after: str, name: str, index: AnalyteIndex) -> str:
    """The unit that is named behind a number without one: "B12 160, the slip says *pg/ml*"; nothing where another number comes first."""
    keys = index.names.get(tokens(name), ())
    if any(index.bands(key) or index.bands(f"{key}{IN_WORDS}") for key in keys):
        # Where a number is only ever reported in one unit, none is looked for.
        return ""
    found = _UNIT_LATER.search(after)
    if found is None or any(c.isdigit() for c in after[: found.start()]):
        return ""
    unit = units.parse(found["unit"], index.words.units)
    return found["unit"] if unit is not None and accepts(unit, name, index) else ""


def accepts(unit: units.Unit, name: str, index: AnalyteIndex) -> bool:
    return any(
        unit.dimension in units.dimensions_of(index.analytes[key])
        for key in index.names.get(tokens(name), ())
    )


def is_reported_in(unit: units.Unit, name: str, index: AnalyteIndex) -> bool:
    """Whether a test is declared with just this unit."""
    known = index.words.units
    return any(
        units.parse(one, known) == unit
        for key in index.names.get(tokens(name), ())
        for one in index.analytes[key].units
    )


def _unit(text: str, at: int, end: int, index: AnalyteIndex) -> tuple[tuple[str, units.Unit] | None, int]:
    """The longest text from here that is a unit."""
    match = _UNIT.match(text, at, end)
    if not match:
        return None, at
    candidate = match[1]
    pieces = candidate.split(" ")
    spelt = _SPELT_UNIT.match(text, at, end)
    options = [(spelt[1], spelt.end())] if spelt else []
    options += [
        (" ".join(pieces[:n]), match.start(1) + len(" ".join(pieces[:n]))) for n in range(len(pieces), 0, -1)
    ]
    for option, upto in options:
        tidy = option.rstrip(".,;:!?")
        found = units.parse(tidy, index.words.units)
        if (
            found
            and found.dimension == units.AMOUNT_MOLAR
            and not tidy.lower().startswith(("mm", "mol", "mill"))
        ):
            # "B12 121 pmol": nobody doses in those, so the litre is understood.
            found, tidy = units.parse(f"{tidy}/L", index.words.units), f"{tidy}/L"
            return ((tidy, found) if found else None), upto
        if found and not (found.dimension == units.TIME and tidy == "s") and tidy != "1":
            return (tidy, found), upto - (len(option) - len(tidy))
    return None, at


def _printed_range(text: str, at: int, end: int, fields: dict[str, str]) -> int:
    """Takes up two numbers behind a unit, as printouts have them: "1187 pg/mL *232 - 1245*"; "10-12" may be a day."""
    match = _PRINTED.match(text, at, end) if "unit" in fields else None
    if match is None:
        return at
    low, high = (float(match[side].replace(",", ".")) for side in ("low", "high"))
    is_day = high <= MOST_DAYS and "." not in match[0] and "," not in match[0] and " " not in match["dash"]
    if low >= high or is_day:
        return at
    fields["ref_range"] = f"{match['low']}-{match['high']}"
    return match.end("high")


def _range(text: str, at: int, end: int, index: AnalyteIndex, fields: dict[str, str]) -> int:
    """Takes up a reference range, when one stands here: in brackets, or after a word such as "ref"."""
    if "ref_range" in fields:
        return at
    lead = _BEFORE_RANGE.match(text, at, end)
    # Between the two ranges a semicolon may stand, which ends a sentence elsewhere.
    if lead and (size := length_of(text[lead.end() : lead.end() + LONGEST])):
        fields["ref_range"] = text[lead.end() : lead.end() + size].strip("()[] ,;")
        return lead.end() + size
    match = _RANGE.match(text, at, end)
    if not match:
        return at
    said = [word.strip(".:").lower() for word in match["words"].split()]
    named = bool(said) and all(word in index.words.range_words for word in said)
    if (said and not named) or (not named and not (match["open"] and match["close"])):
        return _printed_range(text, at, end, fields)
    end_word = next((word for word in _ENDS if word in said), "")
    if not match["high"] and not match["sign"] and not end_word:
        return at
    unit = match["unit"]
    if unit and units.parse(unit.rstrip(".,"), index.words.units) is None:
        if match["open"]:
            return at
        unit = None
    if unit and match["close"]:
        fields.setdefault("unit", unit)
    sign = match["sign"] or _ENDS.get(end_word, "")
    fields["ref_range"] = f"{match['low']}-{match['high']}" if match["high"] else f"{sign}{match['low']}"
    if unit or match["close"]:
        return match.end()
    return match.end("high") if match["high"] else match.end("low")
