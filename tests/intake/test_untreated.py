"""A lack of B12 that nobody has treated: the lack is read, and that no B12 is given."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant

PRODUCTS = ("b12_injection", "b12_tablets", "b12_unspecified")


@pytest.mark.parametrize(
    ("text", "lack"),
    [
        ("has B12 deficiency but not on treatment", "b12_deficiency_known"),
        ("known B12 def, no treatment yet", "b12_deficiency_known"),
        ("untreated B12 deficiency", "b12_deficiency_known"),
        ("B12 deficiency (untreated)", "b12_deficiency_known"),
        ("Known B12 def. No treatment yet.", "b12_deficiency_known"),
        ("Her B12 deficiency has not been treated", "b12_deficiency_known"),
        ("B12 deficiency diagnosed in May, no treatment given", "b12_deficiency_known"),
        ("Not on any treatment for her B12 deficiency", "b12_deficiency_known"),
        ("pernicious anaemia, not on any treatment", "pernicious_anaemia"),
    ],
)
def test_the_lack_is_there_and_no_treatment(text: str, lack: str) -> None:
    said = meant(text)
    assert said[lack] == "current"
    assert {said[one] for one in PRODUCTS} == {"no"}


@pytest.mark.parametrize("text", ["B12 low but not treated", "low B12 never treated", "B12 deficient but never treated"])  # fmt: skip
def test_a_low_result_that_nobody_treated_is_told_the_same_way(text: str) -> None:
    assert {meant(text)[one] for one in PRODUCTS} == {"no"}


@pytest.mark.parametrize(
    "text",
    [
        "B12 deficiency, no treatment since 2020",
        "B12 deficiency - no treatment needed now",
        "B12 deficiency, coeliac disease, not on treatment",
        "B12 def, T2DM untreated",
        "untreated hypothyroidism, B12 deficiency",
        "B12 deficiency not treated with metformin",
        "mum had untreated B12 deficiency",
        "?B12 deficiency, no treatment yet",
        "B12 deficiency, treatment declined",
    ],
)
def test_what_is_said_of_something_else_or_of_some_time_denies_no_b12(text: str) -> None:
    assert not {one for one in PRODUCTS if meant(text).get(one) == "no"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Not treated with metformin", "metformin"),
        ("No treatment with oxaliplatin", "oxaliplatin"),
    ],
)
def test_no_treatment_with_something_denies_that(text: str, concept: str) -> None:
    assert meant(text) == {concept: "no"}


def test_no_treatment_for_an_illness_does_not_deny_the_illness() -> None:
    assert meant("Not on treatment for diabetes") == {"diabetes": "current"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("B12 deficiency, treated with tablets", "b12_tablets"),
        ("B12 deficiency treated with tablets for 6 months", "b12_tablets"),
        ("Known B12 deficiency, takes tablets daily", "b12_tablets"),
        ("B12 deficiency on replacement", "b12_unspecified"),
        ("Pernicious anaemia on treatment", "b12_unspecified"),
        ("B12 deficiency, started injections", "b12_injection"),
        ("Low B12, given injections", "b12_injection"),
    ],
)
def test_what_a_lack_is_treated_with_is_b12(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    "text",
    [
        "B12 deficiency, started on blood pressure tablets",
        "B12 deficiency, takes iron tablets",
        "B12 deficiency and diabetes on tablets",
        "B12 deficiency and prostate cancer, started injections",
        "Started injections for her knee. B12 low.",
        "had steroid injections into knee; B12 deficiency",
        "B12 deficiency not on tablets",
    ],
)
def test_what_may_be_for_something_else_is_not_taken_for_b12(text: str) -> None:
    assert not {one for one in PRODUCTS if meant(text).get(one) == "current"}
