"""One result on one line, or on a few: name, value, unit, range, flag and date in whatever order a printout has them."""

from __future__ import annotations

import re
from typing import Any

from cobalens.intake.laboratory.testnames import AnalyteIndex, find
from cobalens.intake.laboratory.units import parse
from cobalens.intake.pasted.blocks import day_in
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.sexranges import length_of
from cobalens.intake.tables.cells import date_text, is_date, plain
from cobalens.intake.tables.headings import PARTS, PERSON, Words, tidy

MOST_NAME, MOST_UNIT, MOST_WORDS = 16, 3, 5
MOST_LINES = 8
"""Lines over which one result may be spread."""

_NUMBER = r"(?:\d{1,3}(?:[,.'’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)"
_VALUE = pattern(
    rf"(?:(?P<sign>>=|<=|≥|≤|>|<)\s*)?(?P<number>{_NUMBER}(?:\s?(?:-|–)\s?{_NUMBER}(?=\s|$))?)(?![\d:/])"
)
_RANGE = pattern(
    rf"[(\[]?\s*(?:(?P<low>{_NUMBER})\s*(?P<unit>[^\s\d()\[\]<>-]{{1,12}})?\s*(?:-|–|—|to|à|bis|\.\.)\s*(?P<high>{_NUMBER})|(?P<sign><=?|>=?|≤|≥)\s*=?\s*(?P<end>{_NUMBER}))",
    re.IGNORECASE,
)
_OR_EQUAL = pattern(r"([<>])\s*or\s*=", re.IGNORECASE)
_OFFICE = pattern(
    r"[A-Z]{2,12}|0\d|(?:[A-Z][\w&.'-]*\s+){0,3}(?:Diagnostics|Laborator(?:y|ies)|Labs?|Hospital|Clinic|Clinics|Health)"
)
_LABEL = pattern(r"\s*([^:=\d][^:=]{0,38}?)\s*[:=]\s*(.*)", re.DOTALL)
_DOTTED = pattern(r"\.{3,}|…+|_{3,}|·{3,}|-{4,}|(?:\s\.){3,}")
_LEADER = pattern(r"[\s.…:=_\-–*•·]+")
_FLAG = pattern(
    r"[(\[]?\s*([HL]\*|HH?|LL?|N|A|C|\*{1,2}|↑+|↓+|high|low|normal|abnormal|critical|final|F)\s*[)\]]?(?=\s|$|[,;(])",
    re.IGNORECASE,
)
_RANGE_WORD = pattern(
    r"[(\[]?\s*(?:reference|ref\.?|normal|standard|expected|biological|desired)?\s*(?:reference\s+)?(?:range|interval|values?|ref\.?|limits?)\s*+[:=]?\s*+|[(\[]?\s*(?:ref\.?|normal|reference|n\s*:)\s*+[:=]?\s*+(?=[\d<>])",
    re.IGNORECASE,
)
_DATE_AT = pattern(
    r"[(\[]?\s*(?:on\s+|collected\s+)?(\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|\d{1,2}[ \-][A-Za-z]{3,9}[ \-]\d{4}|[A-Za-z]{3,9} \d{1,2}, \d{4})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?)?\s*[)\]]?(?=\s|$|[,;:])"
)


def result_of(
    line: str, words: Words, index: AnalyteIndex, order: str | None, mark: str | None
) -> dict[str, Any] | None:
    """The entry that a line is from end to end; ``None`` where words are left that belong to no result."""
    # Dots or lines lead the eye from the name to the number.
    spaced = " ".join(_DOTTED.sub(" ", line).replace("\t", " ").replace("|", " ").split()).strip(" •·*-")
    entry: dict[str, Any] = {}
    if dated := _DATE_AT.match(spaced):
        entry["date"] = date_text(dated[1], order)
        spaced = spaced[dated.end() :].lstrip(" :,;-–")
    pieces = spaced.split(" ")
    for count in range(min(MOST_NAME, len(pieces) - 1), 0, -1):
        name = " ".join(pieces[:count]).rstrip(" :=.…-–,")
        if (
            not any(char.isalpha() for char in name)
            or words.roles.get(tidy(name)) in PERSON
            or not find(name, index)
        ):
            continue
        rest = " ".join(pieces[count:])
        found = fields_of(rest, words, index, order, mark)
        if found is not None and ("value" in found or "qualitative" in found):
            return {"analyte": name, **entry, **found}
    return None


def fields_of(
    text: str, words: Words, index: AnalyteIndex, order: str | None, mark: str | None
) -> dict[str, Any] | None:
    """Value, unit, range, flag and date, in any sensible order; ``None`` when something is left that is none of them."""
    rest = _OR_EQUAL.sub(r"\1=", plain(text, mark)).strip()
    entry: dict[str, Any] = {}
    first = True
    while rest:
        lead = _LEADER.match(rest)
        if lead and not (rest[0] == "*" and first):
            rest = rest[lead.end() :]
            continue
        if rest.startswith("+ ") and "value" in entry:
            # Above the range, as German printouts mark it; the range behind it says so too.
            rest = rest[2:]
            continue
        taken = _take(rest, entry, words, index, order, first)
        if taken is None:
            # Who did it and whether it is final stand behind a result, and are no part of it.
            whole = "value" in entry and not entry.keys().isdisjoint({"unit", "ref_range", "flag", "date"})
            return entry if whole and _is_office(rest, index) else None
        first = False
        rest = rest[taken:].lstrip(" ,;")
    return entry


def _is_office(rest: str, index: AnalyteIndex) -> bool:
    """A column behind the result: the laboratory, its number, the state of the report."""
    said = rest.strip(" .,;|()[]")
    return said.lower() in index.words.status or _OFFICE.fullmatch(said) is not None


def _take(
    rest: str, entry: dict[str, Any], words: Words, index: AnalyteIndex, order: str | None, first: bool
) -> int | None:
    """Takes one piece off the front; the number of characters, or ``None``."""
    if (
        (word := _RANGE_WORD.match(rest))
        and "range" not in entry
        and (found := _RANGE.match(rest, word.end()))
    ):
        return _took_range(rest, found, entry, index)
    if (dated := _DATE_AT.match(rest)) and "date" not in entry and is_date(dated[1]):
        entry["date"] = date_text(dated[1], order)
        return dated.end()
    if "value" not in entry and "qualitative" not in entry:
        if (flag := _FLAG.match(rest)) and "flag" not in entry and _VALUE.match(rest[flag.end() :].lstrip()):
            entry["flag"] = flag[1]
            return flag.end()
        ahead: dict[str, Any] = {}
        verdict = _verdict(rest, ahead, index)
        if verdict and "flag" not in entry and _VALUE.match(rest[verdict:].lstrip()):
            entry |= ahead
            return verdict
        if value := _VALUE.match(rest):
            if value["sign"]:
                entry["comparator"] = value["sign"]
            entry["value"] = value["number"]
            return value.end() + _unit(rest[value.end() :], entry, index)
        return _word(rest, entry, index)
    if "ref_range" not in entry and (size := length_of(rest)):
        entry["ref_range"] = rest[:size].strip("()[] ,;")
        return size
    if "ref_range" not in entry and (found := _RANGE.match(rest)):
        return _took_range(rest, found, entry, index)
    if verdict := _verdict(rest, entry, index):
        return verdict
    if flag := _FLAG.match(rest):
        if flag[1].lower() not in ("f", "final") and not {flag[1].lower()} <= index.words.flags_ignored:
            entry.setdefault("flag", flag[1])
        return flag.end()
    again: dict[str, Any] = {}
    size = _unit(rest, again, index)
    known = index.words.units
    if size and parse(str(entry.setdefault("unit", again["unit"])), known) != parse(again["unit"], known):
        return None
    return size or None


def _verdict(rest: str, entry: dict[str, Any], index: AnalyteIndex) -> int:
    """What the laboratory says of the number in words behind it: "Below low reference limit"."""
    pieces = re.split(r"(\s+)", rest)
    for count in range(min(2 * MOST_WORDS - 1, len(pieces)), 2, -2):
        text = "".join(pieces[:count])
        low = " ".join(text.lower().strip(" ()[].,;").split())
        if low in index.words.flags_ignored:
            return len(text)
        if low in index.words.qualitative:
            entry.setdefault("flag", low)
            return len(text)
    return 0


def _took_range(rest: str, found: re.Match[str], entry: dict[str, Any], index: AnalyteIndex) -> int:
    entry["ref_range"] = (
        f"{found['low']}-{found['high']}" if found["low"] else f"{found['sign']}{found['end']}"
    )
    at = found.end()
    unit: dict[str, Any] = {}
    at += _unit(rest[at:], unit, index)
    if unit:
        entry.setdefault("unit", unit["unit"])
    tail = rest[at:]
    return at + (len(tail) - len(tail.lstrip(" )]")))


def _unit(rest: str, entry: dict[str, Any], index: AnalyteIndex) -> int:
    """The longest run of words that is a unit."""
    body = rest.lstrip()
    lead = len(rest) - len(body)
    pieces = re.split(r"(\s+)", body)
    for count in range(min(2 * MOST_UNIT - 1, len(pieces)), 0, -2):
        text = "".join(pieces[:count])
        tidy_text = text.strip("()[].,;")
        if (
            tidy_text
            and not tidy_text.isdigit()
            and tidy_text.lower() not in ("h", "l", "s", "d", "a", "f", "n")
            and parse(tidy_text, index.words.units)
        ):
            entry["unit"] = tidy_text
            return lead + len(text)
    return 0


def _word(rest: str, entry: dict[str, Any], index: AnalyteIndex) -> int | None:
    """A word of result, or a word that says there is none."""
    pieces = re.split(r"(\s+)", rest)
    for count in range(min(9, len(pieces)), 0, -2):
        text = "".join(pieces[:count])
        low = " ".join(text.lower().strip(" ()[].,;").split())
        if (
            low in index.words.qualitative
            or low in index.words.spoiled
            or (low in index.words.awaited and low)
        ):
            entry["value"] = low
            return len(text)
        sign = index.words.comparators.get(low)
        if sign and (value := _VALUE.match(rest[len(text) :].lstrip())):
            entry["comparator"], entry["value"] = sign, value["number"]
            skipped = len(rest[len(text) :]) - len(rest[len(text) :].lstrip())
            end = len(text) + skipped + value.end()
            return end + _unit(rest[end:], entry, index)
    return None


# --- Over several lines -------------------------------------------------------------------------------------------


def spread_over(
    lines: list[str], at: int, words: Words, index: AnalyteIndex, order: str | None, mark: str | None
) -> tuple[dict[str, Any], int] | None:
    """A result whose name has a line of its own, and the number of lines that it takes."""
    name = lines[at].strip().rstrip(":").strip()
    if not find(name, index) or len(name) > 80 or tidy(name) in words.roles:
        return None
    entry: dict[str, Any] = {}
    expected = ""
    used, place = 1, at + 1
    while place < len(lines) and used < MOST_LINES:
        line = " ".join(lines[place].split())
        if not line:
            if "value" in entry or used > 1:
                break
            place += 1
            continue
        taken = _one_part(line, expected, entry, words, index, order, mark)
        if taken is None:
            break
        expected = taken
        place += 1
        used += 1
    if "value" not in entry and "qualitative" not in entry:
        return None
    return {"analyte": name, **entry}, place - at


def _one_part(
    line: str,
    expected: str,
    entry: dict[str, Any],
    words: Words,
    index: AnalyteIndex,
    order: str | None,
    mark: str | None,
) -> str | None:
    """Takes a line into the entry; the part that the next line must hold, or ``None`` when this line is of something else."""
    role = words.roles.get(tidy(line), "")
    if (
        role in PARTS
        and not any(char.isdigit() for char in line)
        and tidy(line) not in index.words.flags
        and tidy(line) not in index.words.flags_ignored
    ):
        return role
    if (label := _LABEL.fullmatch(line)) and (named := words.roles.get(tidy(label[1]), "")) in PARTS:
        expected, line = named, label[2].strip()
        if not line:
            return expected
    if find(line, index) and not expected:
        return None
    if (day := day_in(line, words)) and "date" not in entry:
        entry["date"] = date_text(day, order)
        return ""
    if expected == "date":
        return None
    if expected == "unit" and parse(line, index.words.units):
        entry["unit"] = line
        return ""
    if expected == "range":
        if limits := _RANGE.match(plain(line, mark)):
            _took_range(plain(line, mark), limits, entry, index)
            return ""
        return None
    found = (
        fields_of(line, words, index, order, mark)
        if "value" not in entry
        else _after_value(line, entry, words, index, order, mark)
    )
    if found is None:
        return None
    for key, value in found.items():
        entry.setdefault(key, value)
    return ""


def _after_value(
    line: str, entry: dict[str, Any], words: Words, index: AnalyteIndex, order: str | None, mark: str | None
) -> dict[str, Any] | None:
    trial = dict(entry)
    rest = plain(line, mark).strip()
    while rest:
        taken = _take(rest, trial, words, index, order, False)
        if not taken:
            return None
        rest = rest[taken:].lstrip(" ,;")
    return trial
