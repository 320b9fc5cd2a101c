"""What the people around a patient take, eat or have, and what they do for the patient; signs of salts, and bowel that is gone."""

from __future__ import annotations

import pytest
from tests.intake.test_classes_of_words import meant, read
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case


def whose(text: str, concept: str) -> set[bool]:
    """Of whom it is told: of somebody else (True), of the patient (False)."""
    return {event.family for event in read(text).events if event.concept == concept and event.affirmed}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Nurse practitioner is vegan", "vegan_diet"),
        ("her GP is vegan too", "vegan_diet"),
        ("Dietitian is vegan herself, patient eats meat", "vegan_diet"),
        ("her GP takes metformin", "metformin"),
        ("consultant is on metformin himself", "metformin"),
        ("his nurse has pernicious anaemia", "pernicious_anaemia"),
        ("her support worker has coeliac disease", "coeliac_disease"),
    ],
)
def test_what_those_who_look_after_a_patient_have_is_their_own(text: str, concept: str) -> None:
    assert whose(text, concept) == {True}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("nurse has given B12 injection", "b12_injection"),
        ("carer is giving her B12 tablets", "b12_tablets"),
        ("GP has pernicious anaemia down as the cause", "pernicious_anaemia"),
        ("GP is treating pernicious anaemia", "pernicious_anaemia"),
        ("52 year old nurse has coeliac disease", "coeliac_disease"),
        ("works as a nurse and is vegan", "vegan_diet"),
        ("office worker has coeliac disease", "coeliac_disease"),
    ],
)
def test_what_they_do_for_the_patient_or_what_the_patient_works_as_is_the_patients(
    text: str, concept: str
) -> None:
    assert whose(text, concept) == {False}


@pytest.mark.parametrize(
    "text",
    [
        "using wife's omeprazole",
        "wife's omeprazole borrowed",
        "wife's omeprazole used most days",
        "shares mother's omeprazole",
        "takes his wife's omeprazole",
    ],
)
def test_a_medicine_that_is_borrowed_is_taken(text: str) -> None:
    assert meant(text)["ppi"] == "current"


def test_a_relatives_medicine_stays_theirs() -> None:
    assert whose("her mother's metformin, used to have diabetes", "metformin") == {True}
    assert whose("husband's metformin is kept in the same box", "metformin") == {True}


@pytest.mark.parametrize(
    "text", ["had part of my bowel removed", "30cm of bowel removed", "half her colon was removed in 2015"]
)
def test_bowel_that_is_gone_is_an_operation_of_unknown_extent(text: str) -> None:
    one = read(text)
    assert one.understood
    assert not one.events
    assert meant("last part of the small bowel removed") == {"terminal_ileum_resection": "current"}


def test_who_missed_the_last_doses_does_not_matter() -> None:
    for who in (
        "has missed her last 3",
        "missed my last two",
        "had missed the last few",
        "have missed last 4",
    ):
        assert meant(f"{who} B12 injections") == {"b12_injection": "past"}


@pytest.mark.parametrize(
    ("note", "whose_it_is"),
    [
        ("partner takes omeprazole, she takes nothing", {True}),
        ("partner takes omeprazole, he does not", {True}),
        ("My partner takes omeprazole, she takes nothing else", {False}),
    ],
)
def test_a_partner_with_whom_somebody_is_contrasted_is_not_the_patient(
    note: str, whose_it_is: set[bool]
) -> None:
    record = read_case({"patient": {}, "facts": {"note": note}}, RULES)
    assert {event.family for event in record.events if event.concept == "ppi"} == whose_it_is


@pytest.mark.parametrize("note", ["K 2.9", "Na 138 K 2.9 Cr 88", "K+ 2.9", "K was 2.9 yesterday"])
def test_potassium_is_read_by_its_sign(note: str) -> None:
    record = read_case({"patient": {}, "facts": {"note": note}}, RULES)
    assert [(lab.analyte, str(lab.lo)) for lab in record.labs] == [("potassium", "2.9")]


def test_a_sign_of_calcium_is_no_cancer() -> None:
    record = read_case({"patient": {}, "facts": {"note": "Ca 2.3, vitamin K 10 mg"}}, RULES)
    assert not record.events
    assert [lab.analyte for lab in record.labs] == ["calcium"]


@pytest.mark.parametrize(
    "text", ["omeprazole (husband's)", "omeprazole - wife's", "omeprazole (her husband's)"]
)
def test_a_relatives_name_behind_a_medicine_is_its_owners(text: str) -> None:
    assert whose(text, "ppi") == {True}
