"""A sentence presupposes nothing of its reader: no cancer, no silence where something was told, no number where a word stood."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.api import load
from cobalens.model.interpretation import Interpretation
from cobalens.report.frame import frame

DOOR = load()


def read(labs: list[dict[str, Any]], **facts: Any) -> Interpretation:
    given = [{"day": 0, **one} for one in labs]
    return DOOR.interpret({"patient": {"age": 61, "sex": "male"}, "facts": {"labs": given, **facts}})


def b12(value: object, **more: Any) -> list[dict[str, Any]]:
    return [{"analyte": "vitamin_b12", "value": value, "unit": "ng/L", **more}]


@pytest.mark.parametrize(
    "said",
    [
        read(b12(120), symptoms=["unsteady walking", "weak legs"], conditions=["no cancer"]),
        read(b12(120), symptoms=["sensory level at T10"]),
        read(b12(420), goal="worried that B12 feeds cancer"),
        read(b12(250), conditions=["Behcet's disease"], medications=["thalidomide"], symptoms=["numb feet"]),
        read(
            [
                *b12(170),
                {"analyte": "wbc", "value": 2.1, "unit": "10*9/L"},
                {"analyte": "platelets", "value": 70, "unit": "10*9/L"},
                {"analyte": "hemoglobin", "value": 80, "unit": "g/L"},
            ],
            conditions=["sickle cell disease"],
            medications=["hydroxycarbamide"],
        ),
    ],
)
def test_nobody_without_a_cancer_is_sent_to_a_cancer_team(said: Interpretation) -> None:
    assert "cancer team" not in said.text.patient
    assert "the team that treats the cancer:" not in said.text.clinician


def question_4(said: Interpretation) -> str:
    return said.text.patient.partition("4. What do the other tests")[2].partition("\n\n")[0]


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("No numbness.", "Not there, as these notes tell: numbness or tingling."),
        ("No numbness, not unsteady.", "numbness or tingling, unsteadiness or ataxia."),
        ("MCV 91 fL.", "nothing to note: the size of the red blood cells."),
        ("No nerve symptoms. FBC normal.", "nothing to note: the blood count, signs of nerve trouble."),
        ("Lives alone.", "hold no blood count and do not say how your nerves are"),
        ("Tired.", "hold no blood count and do not say how your nerves are"),
    ],
)
def test_the_fourth_question_tells_what_was_denied_or_is_well(note: str, told: str) -> None:
    assert told in question_4(read(b12(1400, ref_high=900), note=note))


def test_a_number_that_cannot_be_read_is_not_told_as_if_it_were_below_a_limit() -> None:
    said = read(b12("abc", flag="L"))
    assert "taken, by the laboratory's own word or mark, as below 180 ng/L" in said.text.note
    assert any("what stands in place of the number is none" in one.message for one in said.data_quality)
    assert ": below 180 ng/L" in read(b12(150)).text.note


def test_a_number_that_cannot_be_read_beside_other_findings_is_not_said_to_stand_alone() -> None:
    said = read(
        [*b12(1900), {"analyte": "mma", "value": 0.6, "unit": "umol/L"}],
        medications=[{"name": "hydroxocobalamin injection", "start_day": -20}],
        conditions=["chronic kidney disease stage 4"],
    )
    assert "nothing else is on record" not in said.text.clinician


def test_a_test_that_was_done_and_cannot_be_read_is_not_called_missing() -> None:
    labs = [
        *b12(2400),
        {"analyte": "mma", "value": 0.9, "unit": "umol/L"},
        {"analyte": "egfr", "value": 25, "unit": "mL/min/1.73m2"},
    ]
    with_test, without = read(labs, symptoms=["numb feet"]), read(b12(2400), symptoms=["numb feet"])
    assert "hold no test of B12 at work" in without.text.patient
    assert "hold no test of B12 at work" not in with_test.text.patient
    assert "A test of B12 at work was done" in with_test.text.patient


def test_a_comment_without_a_result_says_so() -> None:
    said = DOOR.interpret({"patient": {"age": 9}, "facts": {"labs": [{**b12(120)[0], "day": 0}]}})
    assert said.text.lab_comment.startswith(
        "no result that could be used. B12 deficiency: cannot be assessed"
    )


def test_a_low_total_with_ample_active_b12_and_mma_is_something_to_explain() -> None:
    low = [*b12(90), {"analyte": "holotc", "value": 80, "unit": "pmol/L"}]
    plain = {"analyte": "egfr", "value": 99, "unit": "mL/min/1.73m2"}
    settled = read([*low, plain, {"analyte": "mma", "value": 0.12, "unit": "umol/L"}], symptoms=["none"])
    assert (settled.answer, settled.deficiency) == ("biomarker", "unlikely")
    assert "interpretation:low_total_b12_low_haptocorrin" in {one.code for one in settled.supported()}
    assert read([*low, plain], symptoms=["none"]).answer == "undetermined"


def test_a_patient_is_told_what_b12_can_do_and_what_it_cannot() -> None:
    said = read(b12(170), symptoms=["numb fingers"], medications=["oxaliplatin"], conditions=["colon cancer"])
    told = said.text.patient.partition("What B12 can do for you, and what it cannot")[2].partition("\n\n")[0]
    assert "helps to protect the nerves" in told
    assert "only the part of the trouble that comes from too little B12" in told
    without = read(
        b12(600), symptoms=["numb fingers"], medications=["oxaliplatin"], conditions=["colon cancer"]
    )
    assert "has not been shown to prevent or mend numbness from cancer treatment" in without.text.patient
    assert "helps to protect the nerves" not in without.text.patient
    assert "What B12 can do for you" not in read(b12(480), symptoms=["none"]).text.patient


@pytest.mark.parametrize(
    "goal", ["Should I stop my supplements?", "asks if she should stop her multivitamin"]
)
def test_whoever_asks_whether_to_stop_supplements_is_answered(goal: str) -> None:
    said = read(b12(1050), supplements=["multivitamin daily"], goal=goal)
    assert "One result is not a reason to change what you take" in said.text.patient


def test_a_comment_on_a_low_level_names_the_product_to_avoid() -> None:
    said = read(b12(110), diet="vegan", conditions=["Leber hereditary optic neuropathy"], symptoms=["tired"])
    assert "no cyanocobalamin" in said.text.lab_comment
    assert "no cyanocobalamin" not in read(b12(110), diet="vegan", symptoms=["tired"]).text.lab_comment


def test_what_presses_is_not_told_twice_in_the_same_words() -> None:
    labs = [*b12(1500), {"analyte": "eosinophils", "value": 1.51, "unit": "10*9/L"}]
    page = read(labs, symptoms=["rash"], supplements=["none"]).text.patient
    assert page.count("A blood doctor should look at your blood count without delay") == 1
    assert "Some of your blood counts lie outside the usual limits" in page


def test_what_is_not_known_is_named_once() -> None:
    note = read(b12(140), diet="vegan for 8 years", symptoms=["tired"]).text.note
    assert "myeloma or a paraprotein" in note
    assert "; paraprotein" not in note


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("No numbness.", "In part: what was looked at or asked about is well"),
        ("MCV 91 fL.", "In part: what was looked at or asked about is well"),
        ("FBC normal.", "Looked for, and nothing found."),
        ("Lives alone.", "This record does not say."),
    ],
)
def test_a_clinician_is_told_what_part_of_the_picture_is_known(note: str, told: str) -> None:
    labs = [{**one, "day": 0} for one in b12(1400, ref_high=900)]
    case, said = DOOR.judged({"patient": {"age": 61, "sex": "male"}, "facts": {"labs": labs, "note": note}})
    assert frame(case, said)[-1].items[-1].text.startswith(told)
