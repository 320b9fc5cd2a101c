"""Wrong input ends in a refusal or a finding that says what is wrong; never in a crash, never in silence.

The words of a patient are not repeated in a refusal, so the tests look for what is wrong and where.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from cobalens.api import load
from cobalens.errors import CobalensError

DOOR = load()


def lab(**entry: Any) -> dict[str, Any]:
    return {"patient": {"age": 60}, "facts": {"labs": [{"analyte": "vitamin_b12", "day": 0, **entry}]}}


def person(**patient: Any) -> dict[str, Any]:
    return {"patient": patient, "facts": {}}


def facts(**more: Any) -> dict[str, Any]:
    return {"patient": {"age": 60}, "facts": more}


WRONG: dict[str, tuple[Any, str]] = {
    "no file at all": (b"", "nothing to read"),
    "binary rubbish": (bytes(range(256)) * 4, "read"),
    "half a JSON": (b'{"patient": {"age": 60', "JSON"),
    "a list of numbers": (b"[1, 2, 3]", ""),
    "a bare word": (b'"B12"', ""),
    "neither patient nor facts": ({"people": 3}, "patient"),
    "an unknown key at the top": ({"patient": {"age": 60}, "facts": {}, "fact": {}}, "fact"),
    "an unknown key of the patient": (person(agee=60), "agee"),
    "an unknown list": (facts(symptom=["numb"]), "symptom"),
    "labs that are no list": (facts(labs="B12 195"), "labs"),
    "a lab that is a number": (facts(labs=[195]), "labs[0]"),
    "a test that does not exist": (facts(labs=[{"analyte": "vitamin_b13", "value": 1, "unit": "ng/L"}]), "vitamin_b13"),
    "an impossible amount": (lab(value=0.35, unit="umol/L"), "0.35"),
    "no unit": (lab(value=450, unit=None), "unit"),
    "grams a litre": (lab(value=150, unit="g/L"), "150"),
    "a unit of another kind": (lab(value=150, unit="fL"), "fL"),
    "a unit nobody uses": (lab(value=150, unit="bananas"), "bananas"),
    "a negative result": (lab(value=-5, unit="ng/L"), "negative"),
    "not a number": (lab(value="NaN", unit="ng/L"), "neither a number nor a word"),
    "a boolean for a result": (lab(value=True, unit="ng/L"), "labs[0]"),
    "a list for a result": (lab(value=[1], unit="ng/L"), "labs[0]"),
    "MMA in picomoles": (facts(labs=[{"analyte": "mma", "value": 180, "unit": "pmol/L", "day": 0}]), "180"),
    "a haemoglobin of 1300": (facts(labs=[{"analyte": "hemoglobin", "value": 1300, "unit": "g/L", "day": 0}]), "1300"),
    "a comparator nobody uses": (lab(value=150, unit="ng/L", comparator="~~"), "~~"),
    "a range upside down": (lab(value=150, unit="ng/L", ref_low=900, ref_high=200), "lower end lies above"),
    "a word that is no result": (lab(value="banana", unit="ng/L"), "neither a number nor a word"),
    "a spoiled sample": (lab(value="HEMOLYZED", unit="ng/L"), "could not report"),
    "see comment": (lab(value="see comment", unit="ng/L"), "no result yet"),
    "cancelled": (lab(value=150, unit="ng/L", status="cancelled"), "could not report"),
    "a day that is a word": (lab(value=150, unit="ng/L", day="soon"), "no whole number"),
    "a date that does not exist": ({**lab(value=150, unit="ng/L", day=None, date="2026-02-31"), "as_of": "2026-03-01"}, "date that is not understood"),
    "a day in the future": (lab(value=150, unit="ng/L", day=20), "after the day"),
    "day and date that disagree": ({**lab(value=150, unit="ng/L", day=-3, date="2020-01-01"), "as_of": "2026-11-24"}, "date"),
    "an age of 400": (person(age=400), "between 0 and 130"),
    "a negative age": (person(age=-3), "between 0 and 130"),
    "an age in words": (person(age="old"), "no number of years"),
    "age and birth date that disagree": ({"patient": {"age": 20, "birth_date": "1950-01-01"}, "facts": {}, "as_of": "2026-11-24"}, "birth"),
    "a sex nobody has": (person(age=60, sex="teal"), "teal"),
    "pregnant blue": (person(age=30, pregnant="blue"), "pregnant"),
    "a list declared complete that does not exist": (facts(declared_complete=["allergens"]), "allergens"),
    "a code of no system": (facts(conditions=[{"code": "D51.0", "system": "nowhere"}]), "D51.0"),
    "a drug name misspelt": (facts(medications=["metfromin"]), "metformin"),
    "words without sense": (facts(conditions=["flurbl grommeting syndrome"]), "flurbl"),
    "a drug entry without a name": (facts(medications=[{"dose": "1 g"}]), "medications[0]"),
    "a note of ten megabytes": (facts(note="word " * 2_000_000), "at most"),
    "a Word document": (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml word/document.xml", "a Word document"),
    "a letter in RTF": (b"{\\rtf1\\ansi Vitamin B12 150 pg/mL}", "RTF"),
    "a page saved from a portal": (b"<!DOCTYPE html><html><body>Vitamin B12 150 pg/mL</body></html>", "a web page"),
    "a photograph of the report": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(200)), "a picture"),
    "segments without a header": (b"PID|1||5||DOE^JANE||19580101|F\rOBX|1|NM|2132-9^B12^LN||150|pg/mL|||||F\r", "MSH"),
    "a hundred levels deep": (b'{"facts":' * 100 + b"1" + b"}" * 100, "deep"),
}  # fmt: skip


def said(case: Any) -> str:
    """Everything that was said about the input: a refusal, or notes, findings and what was not understood."""
    content = case if isinstance(case, bytes) else json.dumps(case).encode()
    try:
        made = DOOR.interpret(content, as_of=None, look_ahead=False)
    except CobalensError as refused:
        return f"{refused.where} {refused.problem} {refused.likely} {refused.next}"
    told = [f"{one.where} {one.code} {one.message}" for one in made.data_quality]
    told += [f"{one.where} {one.text} {one.suggestion}" for one in made.not_understood]
    return " ".join(told)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_told(name: str) -> None:
    case, word = WRONG[name]
    told = said(case)
    assert told.strip(), "nothing was said"
    assert word.lower() in told.lower(), told[:400]


def test_there_are_forty_kinds() -> None:
    assert len(WRONG) >= 40
