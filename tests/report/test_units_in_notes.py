"""Several results of one note are told each in its own unit; what is said twice is told once; a list holds no question marks."""

from __future__ import annotations

from functools import cache

import cobalens
from cobalens import Interpretation
from cobalens.report.sheets.content import limits_part

NOTE = "B12 94 ng/L, Hb 99 g/L, MMA 910 nmol/L, copper 14 umol/L, creatinine 0.8 mg/dL, MCV 119 fL. Unsteady."


@cache
def read() -> Interpretation:
    return cobalens.load().interpret({"patient": {"age": 66, "sex": "male"}, "facts": {"note": NOTE}})


def test_the_limit_beside_a_result_is_in_the_unit_of_that_result() -> None:
    assert "B12 94 ng/L: below 180 ng/L" in read().text.note
    assert "910 nmol/L: above 750 nmol/L" in read().text.note


def test_no_result_of_the_note_borrows_the_unit_of_another() -> None:
    units = {one.fact: one.unit for said in read().findings for one in said.facts if one.unit}
    assert units["total_b12"] == "ng/L"
    assert units["mma"] == "nmol/L"
    assert units["mcv"] == "fL"


def test_one_thing_said_twice_in_a_record_is_told_once() -> None:
    case = {"patient": {"age": 70}, "facts": {"labs": [{"analyte": "vitamin_b12", "value": 120, "unit": "ng/L", "day": 0}],
            "medications": ["metformin"], "conditions": ["diabetes, on metformin"], "symptoms": ["numb toes"]}}  # fmt: skip
    page = cobalens.load().interpret(case).text.clinician
    lines = [line for line in page.splitlines() if "Rests on" in line]
    assert lines
    assert all(line.count("metformin (“metformin”)") <= 1 for line in lines)


def test_a_question_that_is_open_stands_in_the_note_without_its_mark() -> None:
    case = {"patient": {"age": 61, "sex": "female"}, "facts": {"medications": ["hydroxocobalamin 1 mg every 3 months since 2011"],
            "labs": [{"analyte": "vitamin_b12", "value": 1540, "unit": "ng/L", "day": 0}]}}  # fmt: skip
    note = cobalens.load().interpret(case).text.note
    assert "Not known: do the nerves or the cord look affected; " in note
    assert "?;" not in note


def test_no_result_of_a_note_is_set_against_the_limits_of_another_on_the_summary() -> None:
    door = cobalens.load()
    case = door.case(door.read({"patient": {"age": 66, "sex": "male"}, "facts": {"note": NOTE}}))
    lies = {row[0]: row[-1] for row in limits_part(case).rows}
    assert lies["Total vitamin B12"] == "below 180 ng/L"
    assert lies["Methylmalonic acid (MMA)"].startswith("above 750 nmol/L")
    assert not any("B12" in words or "MMA" in words for words in lies.values())
