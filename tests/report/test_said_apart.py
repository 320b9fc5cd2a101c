"""What is asked, what is only a word, and what somebody fears are told as that, and no sentence takes back another."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens import api
from cobalens.model.interpretation import Interpretation
from cobalens.report.case import Case
from cobalens.report.pages import patient_page
from cobalens.report.sheets.content import visit_sheet
from cobalens.report.text import lab_comment, note
from cobalens.serve.drawing import cuts_for


def judged(labs: list[dict[str, Any]], sex: str = "female", **facts: Any) -> tuple[Case, Interpretation]:
    case = {"patient": {"age": 61, "sex": sex}, "facts": {"labs": labs, **facts}}
    return api.load(packs=()).judged(case, look_ahead=False)


def result(analyte: str, value: float, unit: str, day: int = 0) -> dict[str, Any]:
    return {"analyte": analyte, "value": value, "unit": unit, "day": day}


def b12(value: float, day: int = 0) -> dict[str, Any]:
    return result("vitamin_b12", value, "ng/L", day)


def page(case: Case, said: Interpretation) -> str:
    return " ".join(f"{i.title} {i.text}" for part in patient_page(case, said) for i in part.items)


def test_a_high_number_of_unknown_intake_is_asked_about_in_the_note_and_in_the_comment() -> None:
    case, said = judged([b12(1450)])
    following = note(case, said)[4]
    assert "Ask about supplements and injections" in following.partition("Not known:")[0]
    assert lab_comment(case, said)[1].startswith("Suggested: Ask about supplements and injections")


def test_the_comment_on_a_level_that_is_not_high_begins_with_the_test() -> None:
    case, said = judged([b12(230)])
    assert "Ask about supplements and injections" in note(case, said)[4]
    assert "Ask about" not in lab_comment(case, said)[1]


def test_a_word_alone_stands_beside_no_printed_range() -> None:
    antibody = {"analyte": "intrinsic_factor_antibody", "qualitative": "positive", "day": 0}
    line = note(*judged([b12(150), antibody]))[1]
    assert "intrinsic factor antibody positive" in line
    assert "printed range" not in line


def test_a_number_that_the_laboratory_reads_otherwise_than_the_guideline_says_so() -> None:
    case, said = judged([{**b12(190), "ref_low": 200, "ref_high": 900}])
    assert "Laboratory and guideline read this differently" in note(case, said)[2]
    assert "draw their lines in different places" in page(case, said)


@pytest.mark.parametrize(
    ("goal", "label"),
    [
        ("afraid it means cancer", "afraid that the number means cancer"),
        ("wants B12 for the numbness from chemo", "hopes that B12 helps nerves harmed by treatment"),
    ],
)
def test_what_somebody_fears_or_hopes_is_named_as_that_on_the_sheet(goal: str, label: str) -> None:
    case, said = judged([b12(1450)], symptoms=["tired"], goal=goal)
    sheet = visit_sheet(case, said, cuts_for(api.load(packs=()), case))
    rows = [" ".join(row) for part in sheet.parts for row in part.rows]
    assert any(row.startswith(label) for row in rows)
    assert "tired" in rows


def test_a_count_on_a_sheet_has_the_sign_that_joins_number_and_power() -> None:
    case, said = judged([b12(1450), result("platelets", 88, "10*9/L")])
    sheet = visit_sheet(case, said, cuts_for(api.load(packs=()), case))
    rows = [row for part in sheet.parts for row in part.rows]
    assert any("88 ×10⁹/L" in row for row in rows)


def test_anaemia_beside_a_high_number_is_not_called_unsaid() -> None:
    case, said = judged([b12(1450), result("hemoglobin", 108, "g/L")])
    assert "Some of your blood counts lie outside the usual limits." in page(case, said)


def test_nobody_is_told_to_keep_to_a_drug_that_may_be_poisoning_the_marrow() -> None:
    labs = [b12(280), result("mcv", 106, "fL"), result("neutrophils", 0.9, "10*9/L")]
    told = page(*judged(labs, medications=["methotrexate 15 mg weekly"]))
    assert "before you next take it" in told
    assert "eep taking" not in told


def test_whoever_has_lebers_disease_and_b12_is_told_to_ask_today_which_form_it_is() -> None:
    taken = {"name": "vitamin B12 injection", "route": "intramuscular", "start_day": -300}
    case, said = judged(
        [b12(600), b12(120, -320)], conditions=["Leber's hereditary optic neuropathy"], medications=[taken]
    )
    assert "ask your doctor or pharmacist today which form yours is" in page(case, said)
    assert {"caution:leber_no_cyanocobalamin", "urgency:soon"} <= {one.code for one in said.supported()}


@pytest.mark.parametrize(("begun", "changed"), [(-21, False), (-120, True)])
def test_tablets_that_are_named_by_their_route_have_failed_after_three_months_only(
    begun: int, changed: bool
) -> None:
    taken = {"name": "cyanocobalamin 1 mg", "route": "oral", "start_day": begun}
    _, said = judged([b12(165), b12(150, -130), result("mcv", 104, "fL")], medications=[taken])
    assert ("action:switch_oral_to_parenteral" in {one.code for one in said.supported()}) is changed


def test_the_range_of_other_groups_is_told_to_whom_it_may_not_fit() -> None:
    case = {
        "patient": {"age": 48, "sex": "female", "ethnicity": "Black African"},
        "facts": {"labs": [b12(1000)]},
    }
    here, said = api.load(packs=()).judged(case, look_ahead=False)
    assert "Reference ranges are higher in Black people" in note(here, said)[2]
    assert "the printed range may not fit you" in page(here, said)


def test_a_lack_from_before_injections_is_told_as_past_and_one_that_lasts_as_present() -> None:
    given = {"name": "hydroxocobalamin", "route": "intramuscular", "start_day": -300}
    well = page(*judged([b12(850), b12(110, -310)], medications=[given], conditions=["pernicious anaemia"]))
    assert "had too little B12 that works before treatment" in well
    short = page(*judged([b12(150), b12(110, -310)], medications=[given], conditions=["pernicious anaemia"]))
    assert "has too little B12 that works" in short
    assert "a blood level mostly shows what you have been given" not in short


def test_in_pregnancy_a_grey_level_with_a_reason_to_lack_b12_does_not_wait() -> None:
    case = {
        "patient": {"age": 31, "sex": "female", "pregnant": True},
        "facts": {"labs": [b12(210), result("holotc", 40, "pmol/L")], "diet": "vegan for 6 years"},
    }
    _, said = api.load(packs=()).judged(case, look_ahead=False)
    assert {"action:therapeutic_trial", "urgency:soon"} <= {one.code for one in said.supported()}
