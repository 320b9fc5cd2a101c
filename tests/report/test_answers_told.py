"""What is told is true of the person it is told to: treated or not, by habit or in hospital, asked only what may matter."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.api import load
from cobalens.model.interpretation import Interpretation

DOOR = load()
INJECTIONS = {"name": "hydroxocobalamin 1 mg injection", "route": "intramuscular", "start_day": -900}


def read(value: int | None = None, age: int = 60, **facts: Any) -> Interpretation:
    labs = [] if value is None else [{"analyte": "vitamin_b12", "value": value, "unit": "ng/L", "day": 0}]
    return DOOR.interpret({"patient": {"age": age, "sex": "female"}, "facts": {"labs": labs, **facts}})


def supported(said: Interpretation) -> set[str]:
    return {one.code for one in said.supported()}


def test_somebody_untreated_is_told_of_no_treatment_under_way() -> None:
    text = read(98, symptoms=["numb feet"]).text
    assert "B12 is short. Ask" in text.patient
    for one in (text.note, text.clinician, text.patient, text.lab_comment):
        assert "treatment now under way" not in one
    assert "before treatment" not in text.patient


def test_somebody_treated_is_told_of_the_lack_before_treatment() -> None:
    said = read(1800, conditions=["pernicious anaemia"], medications=[INJECTIONS])
    assert (said.deficiency, said.treatment_state) == ("confirmed", "on")
    assert "B12 was short before treatment began" in said.text.patient
    assert "known from before the treatment now under way" in said.text.clinician


def test_somebody_low_in_spite_of_treatment_is_told_that_b12_is_short() -> None:
    said = read(110, conditions=["pernicious anaemia"], medications=[INJECTIONS])
    assert said.treatment_state == "on"
    assert "B12 is short. Ask" in said.text.patient


def test_a_known_lack_under_treatment_is_no_less_sure_in_the_indeterminate_band_than_above_it() -> None:
    for level in (110, 260, 500):
        said = read(
            level,
            conditions=["B12 deficiency"],
            medications=[INJECTIONS],
            symptoms=["tired before injections"],
        )
        assert (said.answer, said.deficiency) == ("deficiency", "confirmed"), level


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        ({"note": "Balloons every weekend."}, True),
        ({"procedures": [{"name": "nitrous oxide anaesthesia", "day": -21}]}, False),
    ],
)
def test_help_with_stopping_is_for_a_habit(facts: dict[str, Any], offered: bool) -> None:
    said = read(150, age=30, symptoms=["numb feet"], **facts)
    assert "action:avoid_nitrous_oxide" in supported(said)
    assert ("If it is hard to leave laughing gas" in said.text.patient) is offered


@pytest.mark.parametrize(
    ("start", "cause"), [({"start_day": -14}, False), ({"start_day": -900}, True), ({}, True)]
)
def test_metformin_begun_a_fortnight_ago_is_no_cause_and_that_is_told(
    start: dict[str, int], cause: bool
) -> None:
    codes = supported(read(150, symptoms=["numb feet"], medications=[{"name": "metformin", **start}]))
    assert ("cause:metformin" in codes) is cause
    assert ("interpretation:medicine_begun_lately" in codes) is not cause
    assert ("cause:investigate" in codes) is not cause


def test_b12_as_prevention_is_told_with_the_answer() -> None:
    said = read(450, procedures=[{"name": "total gastrectomy", "day": -1}])
    assert said.answer == "neither"
    assert "It can run short later" in said.text.patient


def test_an_operation_that_ends_uptake_is_planned_for() -> None:
    before = read(450, procedures=[{"name": "total gastrectomy", "day": 21}])
    assert "plan:b12_from_operation" in supported(before)
    lesser = read(450, procedures=[{"name": "gastric bypass", "day": 21}])
    assert "plan:b12_after_operation" in supported(lesser)


def test_a_positive_antibody_is_not_lost_where_active_b12_settles_the_number() -> None:
    antibody = {"analyte": "if_antibody", "qualitative": "positive", "day": 0}
    active = {"analyte": "holotc", "value": 90, "unit": "pmol/L", "day": 0}
    total = {"analyte": "vitamin_b12", "value": 260, "unit": "ng/L", "day": 0}
    said = DOOR.interpret({"patient": {"age": 60}, "facts": {"labs": [total, active, antibody]}})
    assert said.deficiency == "possible"
    assert {"cause:pernicious_anaemia", "next_test:mma"} <= supported(said)
    assert "action:no_b12_replacement" not in supported(said)


def test_tablets_have_failed_where_mma_is_raised_on_them_whatever_the_level() -> None:
    tablets = {"name": "cyanocobalamin 1000 micrograms tablets", "start_day": -180}
    labs = [
        {"analyte": "vitamin_b12", "value": 380, "unit": "ng/L", "day": 0},
        {"analyte": "mma", "value": 0.9, "unit": "umol/L", "day": 0},
        {"analyte": "egfr", "value": 90, "unit": "mL/min/{1.73_m2}", "day": 0},
    ]
    said = DOOR.interpret(
        {"patient": {"age": 60}, "facts": {"labs": labs, "medications": [tablets], "symptoms": ["numb feet"]}}
    )
    assert {"action:switch_oral_to_parenteral", "urgency:soon"} <= supported(said)


def test_what_is_found_is_told_by_what_it_explains() -> None:
    note = read(150, symptoms=["numb feet"], medications=["metformin for 6 years"]).text.note
    assert "Reasons to lack B12: Metformin." in note
    assert "Nerves: B12 deficiency among the possible causes" in note


def test_nobody_is_asked_for_a_scan_or_a_drug_that_nothing_speaks_of() -> None:
    asked = {one.fact for one in read(260).missing}
    assert not asked & {
        "cord_dorsal_column_lesion", "cord_compression_imaged", "antifolate_premedicated_drug", "pemetrexed_given", "explanation",
    }  # fmt: skip
    assert "nitrous_oxide" not in {one.fact for one in read(260, age=80).missing}
