"""What was given without success, withheld or taken again, and what somebody was only considered for."""

from __future__ import annotations

import pytest
from tests.intake.test_classes_of_words import meant, read


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("No benefit from chemotherapy.", "chemotherapy"),
        ("did not respond to cisplatin", "cisplatin"),
        ("No effect of metformin on her sugars.", "metformin"),
        ("no luck with omeprazole", "ppi"),
        ("Balloons did not help his mood.", "nitrous_oxide"),
    ],
)
def test_what_did_no_good_was_given(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    "text",
    [
        "No better after three months of B12 injections.",
        "Numbness not improved after 6 months of hydroxocobalamin.",
        "unchanged despite B12 replacement",
    ],
)
def test_no_better_after_some_time_of_b12_is_no_response(text: str) -> None:
    assert meant(text)["not_improved_on_b12"] == "current"


def test_no_better_after_something_else_is_no_failure_of_b12() -> None:
    text = "No improvement after two cycles of chemo, B12 injections started today."
    assert "not_improved_on_b12" not in meant(text)


@pytest.mark.parametrize(
    "text",
    [
        "Being considered for gastrectomy.",
        "Considered for total gastrectomy but deemed unfit.",
        "Assessed for bariatric surgery.",
        "Considered for chemotherapy but too frail.",
    ],
)
def test_what_somebody_is_only_considered_for_was_not_done(text: str) -> None:
    assert meant(text) == {}


def test_what_somebody_is_assessed_for_may_be_a_complaint() -> None:
    assert meant("Assessed for numbness in both feet.") == {"paraesthesia": "current"}


@pytest.mark.parametrize(
    ("text", "metformin"),
    [
        ("Metformin withheld.", "past"),
        ("Metformin on hold for CT.", "past"),
        ("Metformin withheld peri-operatively, now back on.", "current"),
        ("Metformin declined.", "no"),
    ],
)
def test_what_is_withheld_was_taken(text: str, metformin: str) -> None:
    assert meant(text)["metformin"] == metformin


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Patient tested negative for IF antibodies.", ["negative"]),
        ("Tested positive for intrinsic factor antibody.", ["positive"]),
        ("Not tested positive for IF antibodies.", []),
        ("Screened for IF antibodies.", []),
    ],
)
def test_a_verdict_may_stand_before_for_and_a_test(text: str, found: list[str]) -> None:
    assert [lab.qualitative for lab in read(text).labs] == found


@pytest.mark.parametrize(
    "text", ["N2O sedation at the dentist", "had nitrous at the dentist", "N2O in labour"]
)
def test_gas_given_by_professionals_is_an_anaesthetic(text: str) -> None:
    assert list(meant(text)) == ["nitrous_oxide_anaesthesia"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They removed my stomach.", "total_gastrectomy"),
        ("They've taken out half my stomach.", "partial_gastrectomy"),
        ("My bladder was removed and they made a new one out of bowel.", "ileal_urinary_diversion"),
    ],
)
def test_operations_are_told_as_patients_tell_them(text: str, found: str) -> None:
    assert meant(text)[found] == "current"


@pytest.mark.parametrize("what", ["tube", "polyp", "ulcer"])
def test_something_taken_out_of_the_stomach_leaves_it(what: str) -> None:
    assert "total_gastrectomy" not in meant(f"They removed my stomach {what}.")


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("My sister's on B12 jabs, not me.", "b12_injection"),
        ("My husband takes B12, I don't", "b12_unspecified"),
        ("My sister is vegan but I'm not", "vegan_diet"),
        ("Dad had coeliac, she does not", "coeliac_disease"),
        ("flatmate does laughing gas, patient doesn't", "nitrous_oxide"),
    ],
)
def test_not_me_denies_it_of_the_patient(text: str, concept: str) -> None:
    told = [(one.family, one.affirmed) for one in read(text).events if one.concept == concept]
    assert sorted(told) == [(False, False), (True, True)]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("My dad takes metformin and I have never had numbness", "metformin"),
        ("Her mum has PA, she does not take metformin", "pernicious_anaemia"),
    ],
)
def test_a_denial_of_something_else_leaves_what_the_relative_has(text: str, concept: str) -> None:
    assert [one.family for one in read(text).events if one.concept == concept] == [True]
