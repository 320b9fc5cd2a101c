"""OBX as it stands in a message: its order, its specimen, its test and unit, and its value as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from cobalens.intake.coding import system_of
from cobalens.intake.draft import (
    Draft,
    part,
)
from cobalens.intake.entries import Tools
from cobalens.intake.hl7v2.syntax import MAX_REPEATS, Marks, Segment, components, repeats, text, whole
from cobalens.intake.laboratory.reportwords import (
    Test,
    test_of,
    unit_text,
)
from cobalens.intake.stamps import NO_STAMP, Stamp, stamp

PLAIN_NUMBERS = frozenset({"NM"})
CODED = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID"})
WORDS = frozenset({"TX", "FT", "ST", "", "SRT"})
VALUES = CODED | WORDS | frozenset({"NM", "SN", "NA", "DT", "TM", "TS", "DTM", "CQ", "NR"})
SYSTEMS = {
    "LN": "loinc", "SCT": "snomed", "SNOMEDCT": "snomed", "I10": "icd10", "I10C": "icd10", "ICD10": "icd10",
    "I10CM": "icd10", "ICD-10-CM": "icd10", "RXNORM": "rxnorm", "WC": "atc", "ATC": "atc",
}  # fmt: skip
SPECIMENS = {
    "UR": "urine", "UA": "urine", "URN": "urine", "URINE": "urine", "CSF": "csf", "AMN": "amniotic fluid", "STL": "stool",
    "SAL": "saliva", "PLR": "pleural fluid", "PRT": "peritoneal fluid", "SER": "serum", "PLAS": "plasma", "BLD": "blood",
    "WB": "blood", "BLDV": "blood", "BLDC": "blood", "BLDA": "blood", "SERPLAS": "serum", "ASERU": "serum",
}  # fmt: skip


class Order(Struct):
    """What an OBR and its specimen say of the results below it."""

    segment: Segment | None = None
    when: Stamp = NO_STAMP
    status: str = ""
    filler: str = ""
    specimens: list[str] = []


class Row(Struct):
    """One OBX with its remarks, before it is read."""

    segment: Segment
    order: Order
    number: int
    message: int
    test: Test
    kind: str
    notes: list[tuple[int, str]] = []
    """Number of the part and words of each NTE."""


class Names(Struct):
    """Tests and units as laboratories write them, looked up once however often they come."""

    tools: Tools
    tests: dict[str, Test]
    units: dict[str, str]


_names: dict[int, Names] = {}
MOST_NAMES = 20_000


def names_for(tools: Tools) -> Names:
    found = _names.get(id(tools))
    if found is None or found.tools is not tools or len(found.tests) + len(found.units) > MOST_NAMES:
        if len(_names) >= 8:
            _names.clear()
        found = _names[id(tools)] = Names(tools, {}, {})
    return found


class Reading(Struct):
    """What reading one person's OBX needs."""

    draft: Draft
    tools: Tools
    names: Names
    zone: int | None = None


def answers_of(reading: Reading) -> Mapping[str, str]:
    """Codes that stand for a plain answer, for when no words stand beside them."""
    found: Mapping[str, str] = reading.tools.ruleset.lexicon.get("fhir", {}).get("answers", {})
    return found


def codings(segment: Segment, number: int) -> list[tuple[str, str, str]]:
    """(code, words, terminology) of a coded field, its alternatives and its original text."""
    found: list[tuple[str, str, str]] = []
    for raw in repeats(segment, number)[:1]:
        found = triples(components(raw, segment.marks))
    return found


def triples(parts: list[str]) -> list[tuple[str, str, str]]:
    found = []
    for at in (0, 3, 9):
        code, words, system = (parts[at + k] if at + k < len(parts) else "" for k in range(3))
        if code or words:
            found.append((code, words, terminology(system)))
    if len(parts) > 8 and parts[8]:
        found.append(("", parts[8], ""))
    return found


@lru_cache(maxsize=512)
def terminology(name: str) -> str:
    """A table name of HL7, an address or a word for a terminology; the name itself where it is another."""
    upper = name.strip().upper().replace(" ", "")
    return SYSTEMS.get(upper) or system_of(name) or upper


def order_of(segment: Segment, zone: int | None) -> Order:
    when = stamp(text(segment, 7), zone)
    if not when.date:
        when = stamp(text(segment, 14), zone)
    specimen = text(segment, 15, 1).split(segment.marks.sub)
    return Order(
        segment=segment,
        when=when,
        status=text(segment, 25).upper(),
        filler=text(segment, 3),
        specimens=[word for word in (specimen_word(one) for one in specimen[:2]) if word][:1],
    )


def specimen_word(said: str) -> str:
    return SPECIMENS.get(said.strip().upper(), said.strip().lower())


def add_specimen(order: Order, segment: Segment, zone: int | None) -> None:
    """SPM stands after the results of its order."""
    named = [words or code for code, words, _ in codings(segment, 4)]
    codes = [code for code, _, _ in codings(segment, 4) if code.upper() in SPECIMENS]
    said = [specimen_word(one) for one in (*codes, *named)]
    if said and said[0] not in order.specimens:
        order.specimens.append(said[0])
    if not order.when.date:
        order.when = stamp(text(segment, 17), zone)


def status_of(row: Row) -> str:
    return text(row.segment, 11).upper() or row.order.status


def identity(row: Row) -> tuple[str, str, str, str, str]:
    """Which result of which order an OBX gives, so that a correction finds what it corrects."""
    segment = row.segment
    first = segment.raw(3).split(segment.marks.component, 2)
    return (
        row.order.filler,
        first[0] or (first[1] if len(first) > 1 else ""),
        segment.raw(4),
        segment.raw(14) or row.order.when.date,
        "" if segment.raw(14) else row.order.when.time,
    )


def test_in(segment: Segment, reading: Reading) -> Test:
    """The test that OBX-3 names."""
    raw, marks = segment.raw(3), segment.marks
    key = f"{marks.component}{marks.repeat}{marks.escape}{raw}"
    found = reading.names.tests.get(key)
    if found is None:
        found = reading.names.tests[key] = test_of(codings(segment, 3), reading.tools.analytes)
    return found


def unit_in(segment: Segment, reading: Reading) -> str:
    """The unit of OBX-6 in the first spelling that is one."""
    raw, marks = segment.raw(6), segment.marks
    if not raw:
        return ""
    key = f"{marks.component}{marks.repeat}{marks.escape}{raw}"
    found = reading.names.units.get(key)
    if found is None:
        spellings = [one for code, words, _ in codings(segment, 6) for one in (code, words)]
        found = reading.names.units[key] = unit_text(spellings, reading.tools.analytes)
    return found


def values_of(row: Row, kind: str, answers: Mapping[str, str]) -> list[str]:
    """The result in words and numbers, one for each repeat; running text is one value."""
    marks = row.segment.marks
    raw = row.segment.raw(5)
    if not raw or raw == '""':
        return []
    if kind in WORDS:
        return [one for one in (whole(each, marks) for each in raw.split(marks.repeat)[:MAX_REPEATS]) if one]
    made = [_value(each, kind, marks, answers) for each in repeats(row.segment, 5)[:MAX_REPEATS]]
    return [one for one in made if one]


def _value(raw: str, kind: str, marks: Marks, answers: Mapping[str, str]) -> str:
    parts = components(raw, marks)
    if kind == "SN":
        return _structured(parts)
    if kind in CODED:
        return answer_in(parts, answers)
    if kind == "NR":
        return "-".join(one for one in parts[:2] if one)
    if kind == "NA":
        return " ".join(one for one in parts if one)
    return parts[0]


def _structured(parts: list[str]) -> str:
    sign, first, between, second = ((*parts, "", "", "", ""))[:4]
    if between == "-" and second:
        return f"{first}-{second}"
    if between in (":", "/") and second:
        return f"{first}{between}{second}"
    if between == "+":
        return f"{first}+"
    return f"{sign if sign != '=' else ''}{first}"


def answer_in(parts: list[str], answers: Mapping[str, str]) -> str:
    """The words of a coded answer: what the laboratory wrote first, else the display, else the code."""
    given = triples(parts)
    words = next((words for _, words, _ in given if words), "")
    original = parts[8] if len(parts) > 8 else ""
    code = next((code for code, _, _ in given if code), "")
    return words or original or answers.get(code, code)


def day_of(row: Row, reading: Reading) -> str:
    return stamp(text(row.segment, 14), reading.zone).date or row.order.when.date


def new_row(segment: Segment, order: Order, message: int, reading: Reading) -> Row:
    kind = text(segment, 2).upper()
    row = Row(segment, order, 0, message, test_in(segment, reading), kind, [])
    value = segment.raw(5) if kind in PLAIN_NUMBERS else " ".join(values_of(row, kind, {}))
    unit = segment.raw(6).split(segment.marks.component, 1)[0]
    row.number = part(reading.draft, segment.where, f"{row.test.shown} {value} {unit}".strip())
    return row
