"""What became of a medicine, told in a sentence of its own: never given, lapsed, on hold, not to be had on the ward."""

from __future__ import annotations

import pytest
from tests.intake.test_told_after import listed, said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hydroxocobalamin 1 mg IM: prescribed; not given", "-b12_unspecified"),
        ("Hydroxocobalamin 1 mg IM. Patient refused.", "-b12_unspecified"),
        ("Metformin; not taken", "-metformin"),
        ("Metformin prescribed. Never took it.", "-metformin"),
        ("B12 tablets. Not taking them.", "-b12_tablets"),
        ("Folic acid 5 mg prescribed.\nNot collected", "-folic_acid"),
        ("Gastrectomy; not performed", "-gastrectomy_unspecified"),
        ("Metformin and omeprazole prescribed. Has not taken any.", "-ppi"),
        ("B12 injections 3-monthly. Lapsed.", "~b12_injection"),
        ("B12 injections for PA; none since March 2025", "~b12_injection"),
        ("B12 injections. Has not had any for 14 months.", "~b12_injection"),
        ("B12 injections every 3 months. Not had since 2024.", "~b12_injection"),
        ("Metformin 1 g bd. Held.", "~metformin"),
        ("Metformin 1 g bd; on hold", "~metformin"),
        ("Metformin 500 mg. No longer taking.", "~metformin"),
        ("Omeprazole 20 mg. Weaned off.", "~ppi"),
        ("Capecitabine. Completed March 2025.", "~fluoropyrimidine"),
        ("Metformin 500 mg, omeprazole 20 mg; both stopped", "~ppi"),
        ("PA. Not confirmed.", "?pernicious_anaemia"),
    ],
)
def test_a_sentence_may_say_only_what_became_of_it(text: str, expected: str) -> None:
    found = said(text)
    assert expected in found
    assert expected[1:] not in found


@pytest.mark.parametrize("text", ["Metformin, omeprazole. Not taken.", "Metformin, omeprazole. On hold."])
def test_of_several_it_is_asked_which_is_meant(text: str) -> None:
    assert said(text) == {"metformin", "ppi"}
    assert text.split(". ")[1].rstrip(".") in listed(text)


@pytest.mark.parametrize(
    "text",
    [
        "On metformin. Not started on insulin.",
        "Metformin. Refused the flu jab.",
        "Metformin, MDT discussion held",
        "Metformin 500 mg bd. Never smoked.",
        "Metformin 500 mg bd. Not pregnant.",
    ],
)
def test_what_is_said_of_something_else_leaves_a_medicine_as_it_is(text: str) -> None:
    assert "metformin" in said(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin 1 g bd held", "~metformin"),
        ("Metformin 500 mg, no longer taking", "~metformin"),
        ("Omeprazole 20 mg, weaned off", "~ppi"),
        ("B12 tablets, no longer taking metformin", "b12_tablets"),
        ("No longer taking: metformin", "~metformin"),
    ],
)
def test_what_nothing_follows_speaks_of_what_stood_before(text: str, expected: str) -> None:
    assert expected in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "cyanocobalamin: not available on ward",
        "Hydroxocobalamin 1 mg IM: omitted",
        "Hydroxocobalamin 1 mg IM prescribed; dose omitted",
        "Hydroxocobalamin out of stock",
    ],
)
def test_a_dose_that_could_not_be_given_says_nothing_of_others_and_is_told(text: str) -> None:
    assert said(text) == set()
    assert listed(text) == text


@pytest.mark.parametrize("text", ["Poor adherence with B12.", "does not always take her B12"])
def test_how_something_is_taken_that_nobody_names_as_taken_is_told(text: str) -> None:
    assert said(text) == set()
    assert text.rstrip(".") in listed(text)


def test_how_a_named_medicine_is_taken_is_understood() -> None:
    assert listed("Often forgets his B12 tablets.") == ""
