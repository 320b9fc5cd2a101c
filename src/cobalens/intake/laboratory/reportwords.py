"""Words of reports from laboratories and hospitals: names of tests, spellings of units, printed ranges, general remarks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from msgspec import Struct

from cobalens.intake.casefile import ALIASES, FIELDS
from cobalens.intake.laboratory.testnames import AnalyteIndex, find, luhn_holds, tokens
from cobalens.intake.laboratory.units import parse
from cobalens.intake.laboratory.values import NO, YES
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.sexranges import by_sex

_LOINC = pattern(r"\d{1,7}-\d")
_PROPERTY = pattern(r"\s*\[[^\]]*\]")
_IN_BLOOD = pattern(
    r"\s+(?:in|of)\s+(?:(?:venous |capillary |arterial )?blood|serum|plasma|red blood cells?)(?:\s*(?:,|or|and|/)\s*(?:plasma|serum|blood))*\b",
    re.IGNORECASE,
)
_SHARE = pattern(r"(\w+)/(?:100|total) (?:leukocytes|wbc|white blood cells)", re.IGNORECASE)
_BY_METHOD = pattern(r"\s+by\s+[a-z].*$", re.IGNORECASE)
_ELSEWHERE = pattern(
    r"\b(?:in|of)\s+(urine|stool|csf|cerebral spinal fluid|cerebrospinal fluid|amniotic fluid|saliva|"
    r"pleural fluid|peritoneal fluid|synovial fluid|body fluid|dialysis fluid)\b",
    re.IGNORECASE,
)  # fmt: skip
_ANNOTATION = pattern(r"\{(?!1[.,]73)[^}]*\}")
_INVERSE = pattern(r"(.+?)[. ]l\s?-1", re.IGNORECASE)
_PREFIXES = {"tera": "10*12", "giga": "10*9", "mega": "10*6"}
_RANGE = pattern(
    r"(?P<sign>[<>≤≥]=?)?\s*(?P<low>\d[\d.,]*)(?:\s*(?:-|–|—|to|\.\.)\s*(?P<high>\d[\d.,]*))?", re.IGNORECASE
)
_PARTS = pattern(r"(?<=[.;!?])\s+|\n+")
_SENTENCE = pattern(r"(?<=[.;!?])\s+|\n+")
_GENERAL = pattern(
    r"\b(?:may|might|can|could|should|would|consider\w*|suggest\w*|recommend\w*|advis\w*|interpret\w*|associated with|"
    r"interfer\w*|patients|individuals|persons|people|adults|children|if|when|falsely|reference|values|levels|"
    r"seen in|occurs? in|common in|found in|such as|e\.g|causes?|cut-?offs?|indicates?|indicative|limits?|range|"
    r"guidelines?|performed by|developed|validated|method|assay|testing)\b",
    re.IGNORECASE,
)  # fmt: skip
"""How laboratories speak of people in general; a remark in these words says nothing of this person."""
_VERDICT = r"(?:deficien\w*|insufficien\w*|sufficien\w*|replete|indeterminate|borderline|equivocal|optimal|normal|low|high|adequate|elevated)"
_TABLE = pattern(
    rf"(?:[<>≤≥]=?\s*\d|\d\s*(?:-|–|to)\s*\d)[\d.,]*\s*[^\s:=]{{0,10}}\s*+[:=(–-]?\s*+(?:is |are )?(?:probable |possible |likely )?{_VERDICT}\b"
    rf"|\b{_VERDICT}\s*+[:=(–-]?\s*+(?:[<>≤≥]=?\s*\d|\d[\d.,]*\s*(?:-|–|to)\s*\d)",
    re.IGNORECASE,
)
"""A line of the table by which a laboratory reads any result: "<200 pg/mL: deficient", "Normal 200-900"."""
LONGEST_NAME = 300
"""Characters of the name of a test, of a unit or a range that are looked at; none is longer."""
GENERAL_REMARK = "a remark of the laboratory or the office, not on this person"

_ADDRESS = pattern(r"\S{1,64}@\S{1,200}|(?:https?://|www\.)\S{1,500}", re.IGNORECASE)
_OFFICE = pattern(
    r"\b(?:(?:address|e-?mail|phone|telephone|tel|fax|account|mrn|zip|suite|director|accession|specimen|patient|order|lab(?:oratory)?)"
    r"(?: ?(?:id|no|number|name))?\.?\s*[:#]|submitter|submitted by|accession|clia|created for|ordering provider|reported by|electronically signed)",
    re.IGNORECASE,
)
"""Words of the office: a sentence with one of these holds names and numbers, and nothing of the illness."""

_HEADINGS = {
    "symptom": "symptoms", "symptoms": "symptoms", "complaint": "symptoms", "complaints": "symptoms",
    "diagnosis": "conditions", "diagnoses": "conditions", "problem": "conditions", "problems": "conditions",
    "condition": "conditions", "conditions": "conditions", "indication": "conditions", "indications": "conditions",
    "medication": "medications", "medications": "medications", "drugs": "medications", "medicines": "medications",
    "supplement": "supplements", "supplements": "supplements", "diet": "diet", "nutrition": "diet",
    "procedures": "procedures", "operations": "procedures", "surgery": "procedures", "surgeries": "procedures",
    "surgical": "procedures", "goal": "goal", "goals": "goal", "imaging": "imaging", "biopsy": "biopsies",
    "biopsies": "biopsies", "examination": "examination", "exam": "examination", "function": "function",
    "functional": "function",
}  # fmt: skip


class Test(Struct, frozen=True):
    """A test as a report names it: the names and codes by which it is known here, or none of them."""

    name: str = ""
    loinc: str = ""
    shown: str = ""
    """What to call it before people."""
    specimen: str = ""
    known: bool = False


def test_of(given: list[tuple[str, str, str]], index: AnalyteIndex) -> Test:
    """The test behind a list of (code, display, terminology); a LOINC code with a wrong check digit says nothing."""
    codings = [(code[:LONGEST_NAME], display[:LONGEST_NAME], system) for code, display, system in given]
    shown = next((display for _, display, _ in codings if display), "") or next(
        (code for code, _, _ in codings if code), ""
    )
    loinc = first_loinc = ""
    name, elsewhere = "", ""
    for code, display, system in codings:
        if _LOINC.fullmatch(code) and system in ("loinc", ""):
            first_loinc = first_loinc or code
            if not loinc and luhn_holds(code) and code in index.loinc:
                loinc = code
        for words in (display, "" if _LOINC.fullmatch(code) else code):
            if words and not name:
                name = _known_name(words, index)
            if (found := _ELSEWHERE.search(words)) and not elsewhere:
                elsewhere = found[1].lower()
    if loinc:
        # A name is kept beside a code only where the two contradict each other, which is then said.
        agrees = not name or index.loinc[loinc] in find(name, index)
        return Test("" if agrees else name, loinc, shown, elsewhere, True)
    return Test(name, first_loinc, shown, elsewhere, bool(name))


def _known_name(words: str, index: AnalyteIndex) -> str:
    if find(words, index):
        return words
    plain = plain_name(words)
    return plain if plain and plain != words and find(plain, index) else ""


@lru_cache(maxsize=4096)
def plain_name(words: str) -> str:
    """A LOINC display without property, specimen and method: the component."""
    plain = _BY_METHOD.sub("", _IN_BLOOD.sub("", _PROPERTY.sub("", words))).strip()
    return f"{share[1]} percent" if (share := _SHARE.fullmatch(plain)) else plain


def unit_text(candidates: list[str], index: AnalyteIndex) -> str:
    """The first spelling of a unit that is one; annotations and inverse litres are rewritten."""
    candidates = [text[:LONGEST_NAME] for text in candidates]
    for text in candidates:
        for spelling in (text, _spelt(text)):
            if spelling and parse(spelling, index.words.units):
                return spelling
    return next((text for text in candidates if text), "")


def _spelt(text: str) -> str:
    plain = _ANNOTATION.sub("", text).strip()
    if inverse := _INVERSE.fullmatch(plain):
        plain = f"{_PREFIXES.get(inverse[1].lower(), inverse[1])}/L"
    return f"1{plain}" if plain.startswith("/") else plain


@lru_cache(maxsize=4096)
def range_text(text: str) -> tuple[str, bool]:
    """A printed range as two ends or one, and whether numbers were left that could not be placed."""
    text = " ".join(text[:LONGEST_NAME].split())
    if not text:
        return "", False
    if by_sex(text):
        return text, False
    found = list(_RANGE.finditer(text))
    usable = [one for one in found if one["sign"] or one["high"]]
    if len(usable) == 1:
        one = usable[0]
        return (f"{one['low']}-{one['high']}" if one["high"] else f"{one['sign']}{one['low']}"), False
    return "", bool(found)


def of_this_person(text: str) -> str:
    """The sentences of a laboratory's remark that speak of this sample or person."""
    return without_tables(_kept(text, _GENERAL))


def without_tables(text: str) -> str:
    """Without the lines that say what any number would mean."""
    if not _TABLE.search(text):
        return text
    return "\n".join(line for line in _PARTS.split(text) if line.strip() and not _TABLE.search(line))


def clinical(text: str) -> str:
    """Words about a person, without the sentences of the office and without addresses."""
    return _kept(text, _OFFICE) if _OFFICE.search(text) else _ADDRESS.sub(" ", text)


def _kept(text: str, left_out: re.Pattern[str]) -> str:
    kept = [
        one.strip()
        for one in _SENTENCE.split(_ADDRESS.sub(" ", text))
        if one and one.strip() and not left_out.search(one) and not _OFFICE.search(one)
    ]
    return " ".join(one if one[-1] in ".;!?" else f"{one}." for one in kept)


def section_of(heading: str) -> str:
    """The list of a case file that a heading names; ``note`` where it names none."""
    words = tokens(heading)
    if "family" in words:
        return "family_history"
    if "allergy" in words or "allergies" in words:
        return "allergies"
    joined = "_".join(words)
    if joined in ALIASES or joined in FIELDS:
        return ALIASES.get(joined, joined)
    return next((_HEADINGS[word] for word in words if word in _HEADINGS), "note")


def answered(question: str, answer: str) -> str:
    """A question and its yes or no as one phrase, and so a finding that is there or not; other answers stand for themselves."""
    low = answer.strip().lower().rstrip(".")
    question = question.replace("_", " ")
    if low in YES:
        return f"{question}: yes"
    if low in NO:
        return f"{question}: no"
    return ""


def coded_entry(code: str, system: str, words: str) -> dict[str, Any]:
    """A code beside its words; a code of a terminology that is not read here leaves the words alone."""
    entry: dict[str, Any] = {"name": words} if words != code or not code else {}
    if code and (system in ("snomed", "icd10", "rxnorm", "atc") or not system):
        entry["code"] = code
        if system:
            entry["system"] = system
    return entry or {"name": words or code}
