"""Whoever asks whether to go on with a medicine, or to stop it, takes it; and a question mark ends a sentence without a capital."""

from __future__ import annotations

import pytest
from tests.intake.test_told_after import read, said


@pytest.mark.parametrize(
    "text",
    [
        "should I stop metformin?", "Should he stop metformin?", "Asks whether to stop metformin", "Should she carry on with her metformin?",
        "can she continue on metformin?", "Wife asks if he should continue metformin",
    ],
)  # fmt: skip
def test_a_question_of_going_on_takes_the_medicine_for_granted(text: str) -> None:
    assert "metformin" in said(text)


@pytest.mark.parametrize(
    "text", ["Should I start metformin?", "Can he have metformin?", "?PA, continue metformin?"]
)
def test_other_questions_take_nothing_for_granted(text: str) -> None:
    assert "metformin" not in said(text)


def test_what_a_relative_asks_is_asked_of_the_patient() -> None:
    text = "Daughter asks whether to continue her 3 monthly B12 injection (pernicious anaemia 20 yrs)"
    assert said(text) == {"b12_injection", "pernicious_anaemia"}


def test_a_question_ends_where_somebody_goes_on_to_tell() -> None:
    assert said("do i need jabs? im on omeprazole too") == {"ppi"}


def test_doses_that_were_missed_may_be_counted_in_figures() -> None:
    assert said("B12 inj 3 monthly - missed last 2") == {"~b12_injection"}


@pytest.mark.parametrize(("text", "age"), [("Consult: 39yo F, vegan", 39), ("HPC: 81F from NH", 81)])
def test_a_label_may_stand_before_age_and_sex(text: str, age: int) -> None:
    assert read(text).age == age
    assert "female" in said(text)


def test_feet_may_buzz() -> None:
    assert said("feet buzz before it is due") == {"paraesthesia"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have pernicious anaemia. Jabs started 5 weeks ago, had 6 so far", {"pernicious_anaemia", "b12_injection"}),
        ("PA. Injections stopped last year", {"pernicious_anaemia", "~b12_injection"}),
        ("prostate cancer. Injections started 5 weeks ago", {"solid_cancer"}),
    ],
)  # fmt: skip
def test_injections_that_were_begun_are_those_of_what_is_spoken_of(text: str, expected: set[str]) -> None:
    assert said(text) == expected
