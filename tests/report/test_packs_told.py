"""Where packs disagree: the plan is the more treating one beside a nerve at risk, whole, and named; else a test is added."""

from __future__ import annotations

from typing import Any

from cobalens.api import load
from cobalens.model.interpretation import Interpretation
from cobalens.model.plans import PLAN
from cobalens.report.tables import Told, person_row

BATH = load(pack="ruh-bath")
"""A laboratory whose own limits lie below the guideline's: 160 ng/L is in its grey zone, 190 ng/L is ample."""
SIGNS = ["absent vibration sense in both feet", "numb feet"]


def person(level: float, *symptoms: str, **facts: Any) -> dict[str, Any]:
    labs = [{"analyte": "vitamin_b12", "value": level, "unit": "ng/L", "day": 0}]
    more = facts.pop("labs", [])
    return {
        "patient": {"age": 62, "sex": "female"},
        "facts": {"labs": [*labs, *more], "symptoms": [*symptoms], **facts},
    }


def plan(said: Interpretation) -> dict[str, str | None]:
    """What is said of the plan, with the pack on whose word."""
    return {one.code: one.pack for one in said.supported() if one.code.startswith(PLAN) and not one.quiet}


def test_a_trial_gives_way_to_treatment_at_once_where_nerve_signs_are_present() -> None:
    said = BATH.interpret(person(160, *SIGNS))
    assert (said.answer, said.deficiency) == ("undetermined", "possible")
    assert plan(said) == {
        "route:intramuscular": None,
        "urgency:immediate": "afp-2025",
        "action:start_b12_replacement": "afp-2025",
    }
    assert "Start B12 replacement [so read by" in said.text.note


def test_waiting_gives_way_to_treatment_where_feeling_is_disturbed() -> None:
    said = BATH.interpret(person(160, "numb toes"))
    assert plan(said)["action:start_b12_replacement"] == "afp-2025"
    assert plan(said)["urgency:soon"] == "afp-2025"
    assert "next_test:mma" in {one.code for one in said.supported()}


def test_without_symptoms_a_test_is_added_and_nothing_is_begun() -> None:
    said = BATH.interpret(person(190, "no numbness", "no tingling"))
    assert "action:start_b12_replacement" not in plan(said)
    assert "next_test:mma" in {one.code for one in said.supported()}


def test_two_plans_are_never_told_at_once() -> None:
    said = BATH.interpret(person(190, *SIGNS, "unsteady gait", conditions=["breast cancer"]))
    told = plan(said)
    assert "action:no_b12_replacement" not in told
    assert len([code for code in told if code.startswith("urgency:")]) == 1
    starts = ("action:start_b12_replacement", "action:therapeutic_trial")
    assert len([code for code in told if code in starts]) == 1


def test_what_has_to_be_watched_comes_with_the_plan() -> None:
    """An injection on another pack's word is not advised in cancer without asking for platelets."""
    said = BATH.interpret(person(160, "numb toes", conditions=["breast cancer"]))
    assert plan(said)["route:intramuscular"] == "afp-2025"
    assert {one.code for one in said.supported()} >= {"caution:ask_platelets", "action:follow_up_repeat"}


def test_the_table_tells_the_urgency_that_is_said() -> None:
    case, said = BATH.judged(person(160, *SIGNS))
    row = person_row(Told("one", case, said))
    assert row[5] == "immediate"
    assert "Start B12 replacement [so read by" in row[6]


def test_a_patient_is_told_that_the_plan_follows_another_guideline() -> None:
    borrowed = BATH.interpret(person(190, "unsteady gait")).text.patient
    assert "Another guideline reads the same results with more care." in borrowed
    own = BATH.interpret(person(120, "numb toes")).text.patient
    assert "Another guideline" not in own
