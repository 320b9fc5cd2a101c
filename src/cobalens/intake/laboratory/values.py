"""Numbers as laboratories write them: comparators, intervals, thousands, words in place of a number.

A number that could mean two things keeps both readings; the caller, who knows the unit, decides or refuses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from cobalens.intake.patterns import pattern

LONGEST = 200


YES = frozenset(
    {"y", "yes", "true", "present", "seen", "detected", "positive", "pos", "+", "++", "+++", "1+", "2+", "3+"}
)
NO = frozenset(
    {"n", "no", "false", "none", "never", "nil", "absent", "not seen", "none seen", "not detected", "negative", "neg", "-"}
)  # fmt: skip
"""How a form or a row says that something is there or not."""
AMOUNTS = frozenset(
    f"{how}{behind}"
    for how in ("few", "a few", "occasional", "rare", "scanty", "scant", "some", "several", "moderate", "many", "numerous", "frequent", "marked", "mild", "slight")
    for behind in ("", " seen", " present")
)  # fmt: skip
"""How much is there of what is looked for under the microscope, and so that it is there."""


class Words(Struct, frozen=True):
    """The words of ``lexicon/units.toml`` that stand in or around a value."""

    units: Mapping[str, str] = {}
    comparators: Mapping[str, str] = {}
    qualitative: Mapping[str, str] = {}
    low_normal: frozenset[str] = frozenset()
    """Words for what is just enough: between enough and too little, where a test has such a stretch."""
    borderline_high: frozenset[str] = frozenset()
    """Words for what is nearly or just too much: high, of a test whose borderline is near too little."""
    flags: Mapping[str, str] = {}
    flags_ignored: frozenset[str] = frozenset()
    spoiled: frozenset[str] = frozenset()
    awaited: frozenset[str] = frozenset()
    status: Mapping[str, str] = {}
    affixes: frozenset[str] = frozenset()
    other_specimens: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()
    not_results: frozenset[str] = frozenset()
    hedges: frozenset[str] = frozenset()
    range_words: frozenset[str] = frozenset()
    not_names: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    """Those of ``not_names`` that are signs of salts, which are written in capitals and mostly without a unit."""
    unread_signs: frozenset[str] = frozenset()
    """Signs of what no rule needs, so short that they pass for a unit or a letter: "*Mg* 0.6"."""
    then_words: frozenset[str] = frozenset()
    no_result: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()
    now_words: frozenset[str] = frozenset()
    around_times: frozenset[str] = frozenset()
    papers: frozenset[str] = frozenset()
    """Words that stand with a day at the head of what was written or seen then: "*clinic letter* 12/02/2026"."""
    of_offices: frozenset[str] = frozenset()
    """Words beside a day on which nothing was measured: "*typed* 14/02/2026", "*DOB* 12/03/1958"."""
    pictures: frozenset[str] = frozenset()
    specimens: frozenset[str] = frozenset()
    """What may stand behind the name of a test: "*im Serum*"."""


def words_of(lexicon: Mapping[str, Any]) -> Words:
    """The words out of the parsed ``lexicon/units.toml``."""
    text = lexicon.get("in_text", {})

    def listed(section: str) -> frozenset[str]:
        return frozenset(lexicon.get(section, {}).get("words", ()))

    return Words(
        units=lexicon.get("unit_words", {}),
        comparators=lexicon.get("comparators", {}),
        qualitative={
            **lexicon.get("qualitative", {}),
            **dict.fromkeys(listed("low_normal") | listed("borderline_high"), "borderline"),
        },
        low_normal=listed("low_normal"),
        borderline_high=listed("borderline_high"),
        flags=lexicon.get("flags", {}),
        flags_ignored=listed("flag_ignored"),
        spoiled=listed("spoiled"),
        awaited=listed("awaited"),
        status=lexicon.get("status", {}),
        affixes=listed("name_affixes"),
        other_specimens=listed("other_specimens"),
        fillers=frozenset(text.get("fillers", ())),
        not_results=frozenset(text.get("not_results", ())),
        hedges=frozenset(text.get("hedges", ())),
        range_words=frozenset(text.get("range_words", ())),
        not_names=frozenset(text.get("not_names", ())),
        symbols=frozenset(text.get("symbols", ())),
        unread_signs=frozenset(text.get("unread_signs", ())),
        then_words=frozenset(text.get("then_words", ())),
        no_result=frozenset(text.get("no_result", ())),
        negations=frozenset(text.get("negations", ())),
        now_words=frozenset(text.get("now_words", ())),
        around_times=frozenset(text.get("around_times", ())),
        papers=frozenset(text.get("papers", ())),
        of_offices=frozenset(text.get("of_offices", ())),
        pictures=frozenset(text.get("pictures", ())),
        specimens=frozenset(text.get("specimens", ())),
    )


class Numeral(Struct, frozen=True):
    """A number as written: its readings, the likelier first; ``sure`` when the first may be taken untested."""

    readings: tuple[Decimal, ...]
    sure: bool = True


class Value(Struct, frozen=True, kw_only=True):
    """What stood in the place of a result. ``low`` and ``high`` are the same numeral for a plain number."""

    low: Numeral | None = None
    high: Numeral | None = None
    comparator: str | None = None
    unit: str = ""
    qualitative: str | None = None
    flag: str | None = None
    problem: str | None = None
    """``not_a_number`` ``cancelled`` ``awaited``."""
    printed: str = ""
    """A reference range that stands behind the number: "148 pg/mL (200-900)"."""


_DIGITS = (
    r"(?:\d{1,3}(?:[ '’\u00a0\u2009\u202f]\d{3})+(?!\d)|\d+)(?:[.,]\d+)*(?:[eE][+-]?\d{1,3}(?![\d\w/]))?"
)
_WRITTEN = pattern(r"[+-]?[\d.,' ]+(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SIGN = pattern(r"(>=|<=|=>|=<|≥|≤|>|<|⩾|⩽|=|~|≈)?\s*")
_NUMBER = pattern(rf"[+-]?{_DIGITS}|[+-]?[.,]\d+")
_AHEAD = pattern(r"[(\[]?(\*{1,2}|↑{1,2}|↓{1,2}|[A-Za-z]{1,2}(?=[*!)\]\s]))[*!]?[)\]]?\s*(?=[\d<>≥≤=.,])")
"""A flag printed before the number: ``H >2000``, ``*150``."""
_TO = pattern(r"\s*(?:-|–|—|to|bis|a|à|\.\.\.?)\s*(?=[\d.,])")
_ENDS = r"(?:[<>≤≥]=?\s*\d[\d.,]*|\d[\d.,]*\s*(?:-|–|—|to)\s*\d[\d.,]*)(?:\s*[^\s\d()\[\]]{1,14})?"
_NAMED = r"(?:ref(?:erence)?\.?|normal|expected)(?:\s*(?:range|interval|values?|limits?))?\s*+[:=]?\s*+|(?:range|interval|rr)\s*+[:=]?\s*+"
_PRINTED = pattern(
    rf"[,;]?\s*(?:[(\[]\s*(?:{_NAMED})?(?P<bracketed>{_ENDS})\s*[)\]]|\b(?:{_NAMED})(?P<named>{_ENDS})(?=\s|$))",
    re.IGNORECASE,
)
_SAME = {
    "=>": ">=",
    "=<": "<=",
    "≥": ">=",
    "≤": "<=",
    "⩾": ">=",
    "⩽": "<=",
    "=": "",
    "~": "",
    "≈": "",
    ">": ">",
    "<": "<",
}
SIGNS = frozenset({">", ">=", "<", "<=", ""})


def comparator_of(text: object, words: Words) -> str | None:
    """A comparator field as one of ``> >= < <=``; the empty text for none; ``None`` when not understood."""
    if text is None:
        return ""
    if not isinstance(text, str):
        return None
    tidy = " ".join(text.lower().split())
    sign = _SAME.get(tidy, words.comparators.get(tidy, tidy))
    return sign if sign in SIGNS else None


def numeral(text: str) -> Numeral | None:
    """The readings of one number as written, or ``None`` when it is not a number."""
    body = re.sub(r"[\s\u00a0\u2009\u202f]+", " ", text.strip().replace("’", "'"))
    if not _WRITTEN.fullmatch(body):
        return None
    sign = -1 if body.startswith("-") else 1
    body = body.lstrip("+-")
    mantissa, exponent = ([*re.split("[eE]", body), ""])[:2]
    grouped = re.fullmatch(r"(\d{1,3}(?:[ ']\d{3})+)(?:([.,])(\d+))?", mantissa)
    if grouped:
        mantissa = re.sub("[ ']", "", grouped[1]) + (f".{grouped[3]}" if grouped[3] else "")
    elif " " in mantissa or "'" in mantissa:
        return None
    found = _separators(mantissa)
    if found is None:
        return None
    shift = Decimal(f"1e{exponent}") if exponent else Decimal(1)
    return Numeral(tuple(sign * one * shift for one in found.readings), found.sure)


def _separators(text: str) -> Numeral | None:
    dots, commas = text.count("."), text.count(",")
    if dots and commas:
        point = "." if text.rindex(".") > text.rindex(",") else ","
        other = "," if point == "." else "."
        whole, _, part = text.rpartition(point)
        if text.count(point) > 1 or not re.fullmatch(rf"\d{{1,3}}(?:\{other}\d{{3}})+", whole):
            return None
        return _plain(whole.replace(other, ""), part)
    mark = "." if dots else ","
    if dots + commas > 1:
        grouped = re.fullmatch(rf"[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+", text)
        return _plain(text.replace(mark, ""), "") if grouped else None
    if dots + commas == 0:
        return _plain(text, "")
    whole, _, part = text.partition(mark)
    decimal = _plain(whole or "0", part)
    if decimal and re.fullmatch(r"[1-9]\d{0,2}", whole) and len(part) == 3:
        thousands = Decimal(whole + part)
        if mark == ".":
            return Numeral((decimal.readings[0], thousands))
        return Numeral((thousands, decimal.readings[0]), sure=False)
    return decimal


def _plain(whole: str, part: str) -> Numeral | None:
    try:
        return Numeral((Decimal(f"{whole}.{part}" if part else whole),)) if whole.isdigit() else None
    except InvalidOperation:
        return None


def settle(number: Numeral, plausible: Callable[[Decimal], bool]) -> tuple[Decimal | None, bool]:
    """The one reading to use, and whether it needs saying; ``None`` when two readings are equally possible."""
    if len(number.readings) == 1:
        return number.readings[0], False
    possible = [one for one in number.readings if plausible(one)]
    if len(possible) == 1:
        return possible[0], not number.sure or possible[0] != number.readings[0]
    if number.sure or not possible:
        return number.readings[0], False
    return None, True


def read_value(raw: object, words: Words) -> Value:
    """What a result field says. Nothing is thrown away: text after the number is the unit or a flag."""
    if raw is None:
        return Value()
    if isinstance(raw, bool):
        return Value(problem="not_a_number")
    if isinstance(raw, int | float | Decimal):
        if not math.isfinite(raw):
            return Value(problem="not_a_number")
        exact = Numeral((Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw),))
        return Value(low=exact, high=exact)
    if not isinstance(raw, str) or len(raw) > LONGEST:
        return Value(problem="not_a_number")
    return _text(" ".join(raw.split()), words)


def _text(text: str, words: Words) -> Value:
    word = text.lower().strip(" .;:\"'")
    if not text:
        return Value()
    if word in words.spoiled:
        return Value(problem="cancelled")
    if word in words.awaited:
        return Value(problem="awaited")
    for known in (word, text.lower(), word.strip("()[]*!")):
        if known in words.qualitative:
            return Value(qualitative=words.qualitative[known])
    if word in words.flags:
        return Value(qualitative=words.flags[word])
    ahead = ""
    if (mark := _AHEAD.match(text)) and (mark[1].lower() in words.flags or mark[1] in "**"):
        ahead, text = mark[1], text[mark.end() :]
    sign, at = _comparator(text, words)
    first = _NUMBER.match(text, at)
    if not first:
        return Value(problem="not_a_number")
    low = high = numeral(first[0])
    rest = first.end()
    to = _TO.match(text, rest)
    if to and not sign and (second := _NUMBER.match(text, to.end())):
        high, rest = numeral(second[0]), second.end()
    if (
        text[rest : rest + 1] == ":"
        or low is None
        or high is None
        or (low is not high and low.readings[0] > high.readings[0])
    ):
        return Value(problem="not_a_number")
    after = text[rest:].strip()
    if after[:1] == "+" and text[rest] == "+" and low is high and not sign:
        # "2000+": as much as can be measured, or more.
        sign, after = ">=", after[1:].strip()
    printed = ""
    if behind := _PRINTED.search(after):
        printed = behind["bracketed"] or behind["named"]
        after = f"{after[: behind.start()]} {after[behind.end() :]}".strip()
    unit, flag = _tail("" if after == "." else after, words)
    flag = flag or words.flags.get(ahead.lower())
    return Value(low=low, high=high, comparator=sign, unit=unit, flag=flag, printed=printed)


def _comparator(text: str, words: Words) -> tuple[str, int]:
    sign = _SIGN.match(text)
    if sign and sign[1]:
        return _SAME.get(sign[1], sign[1]), sign.end()
    low = text.lower()
    for word in sorted(words.comparators, key=len, reverse=True):
        if low.startswith(word + " "):
            return words.comparators[word], len(word) + 1
    return "", 0


def _tail(rest: str, words: Words) -> tuple[str, str | None]:
    """The unit and the flag in what follows a number: ``pg/mL (L)``."""
    if not rest:
        return "", None
    bare = re.fullmatch(r"[(\[]?\s*([A-Za-z*!↑↓+]{1,3})\s*[)\]]?", rest)
    if bare and (
        bare[1] in words.flags_ignored or (bare[1].lower() in words.flags and bare[1].lower() != "g")
    ):
        return "", words.flags.get(bare[1].lower())
    split = re.fullmatch(r"(.+?)\s*[(\[ ]\s*([A-Za-z*!↑↓]{1,8})\s*[)\]]?", rest)
    if split and (flag := words.flags.get(split[2].lower())):
        return split[1].strip(), flag
    return rest.strip("()[] "), None
