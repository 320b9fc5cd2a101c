"""What somebody was tested for: found negative it is denied, found positive it is said, and before the result it is neither."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant, values


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("tested for coeliac - negative", ("coeliac_disease",)),
        ("screened for coeliac: neg", ("coeliac_disease",)),
        ("Tested for coeliac disease, negative.", ("coeliac_disease",)),
        ("checked for coeliac - all clear", ("coeliac_disease",)),
        ("Was tested for coeliac disease last year and it was negative", ("coeliac_disease",)),
        ("screened for pernicious anaemia: negative", ("pernicious_anaemia",)),
        ("Screened for diabetes and coeliac disease, both negative", ("diabetes", "coeliac_disease")),
        ("Testing for PA, coeliac and H pylori negative", ("pernicious_anaemia", "coeliac_disease", "helicobacter")),
    ],
)  # fmt: skip
def test_what_was_looked_for_and_not_found_is_denied(text: str, concepts: tuple[str, ...]) -> None:
    assert meant(text) == dict.fromkeys(concepts, "no")


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("tested for PA - positive", "pernicious_anaemia"),
        ("tested for coeliac, positive in 2019", "coeliac_disease"),
    ],
)
def test_what_was_looked_for_and_found_is_said(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    "text",
    [
        "tested for coeliac, awaiting result",
        "to be tested for coeliac",
        "test for coeliac if IF antibody negative",
        "tested for coeliac, B12 normal",
        "tested for coeliac, thyroid normal",
    ],
)
def test_what_was_looked_for_without_an_outcome_is_neither(text: str) -> None:
    assert "coeliac_disease" not in meant(text)


def test_what_a_relative_was_tested_for_is_the_relatives() -> None:
    assert meant("mother tested for coeliac - positive") == {}


@pytest.mark.parametrize("text", ["coeliac screen clear", "coeliac testing negative", "Coeliac blood test came back clear"])  # fmt: skip
def test_a_test_called_by_the_illness_is_its_antibody(text: str) -> None:
    assert values(text)["coeliac_antibody"] in ("normal", "negative")
