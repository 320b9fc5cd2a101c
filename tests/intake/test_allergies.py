"""Allergies: a bare name in their list is no medicine that is taken, and B12 or cobalt among them is a caution."""

from __future__ import annotations

from typing import Any

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def said(**facts: Any) -> dict[str, bool]:
    record = read_case({"patient": {}, "facts": facts}, RULES)
    return {event.concept: event.affirmed for event in record.events}


@pytest.mark.parametrize(
    "listed",
    [
        ["hydroxocobalamin"],
        ["cobalamin (anaphylaxis)"],
        ["cobalt"],
        "penicillin, cyanocobalamin",
        [{"name": "hydroxocobalamin"}],
        [{"code": "11248", "system": RXNORM}],
        ["allergic to vitamin B12"],
    ],
)
def test_b12_or_cobalt_in_the_list_is_an_allergy_and_not_taken(listed: Any) -> None:
    assert said(allergies=listed) == {"b12_allergy": True}


@pytest.mark.parametrize(
    "listed",
    [["metformin"], ["omeprazole - rash"], [{"name": "metformin"}], "none", ["NKDA"], [], ["nil known"]],
)
def test_other_medicines_and_no_allergies_say_nothing_of_what_is_taken(listed: Any) -> None:
    assert said(allergies=listed) == {}


def test_an_allergy_that_is_denied_stays_denied() -> None:
    assert said(allergies=["not allergic to hydroxocobalamin"]) == {"b12_allergy": False}


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("Allergies: hydroxocobalamin. Takes amlodipine.", {"b12_allergy": True}),
        ("Allergies: penicillin, omeprazole.", {}),
        ("Allergies: metformin", {}),
        ("Allergies: NKDA. On metformin 500 mg.", {"metformin": True}),
        ("Allergies: none known; metformin 500 mg", {"metformin": True}),
    ],
)
def test_a_heading_of_allergies_in_a_note_is_one(note: str, found: dict[str, bool]) -> None:
    assert said(note=note) == found
