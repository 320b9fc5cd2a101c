"""Numbers written out in words are results like any other, and other words stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.intake.prose.spelt import in_digits


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("ten", "10"), ("seventeen", "17"), ("sixty-one", "61"), ("one hundred", "100"), ("a hundred and seven", "107"),
        ("three hundred forty", "340"), ("Eight Hundred and Ninety-Nine", "899"), ("one thousand and five", "1005"),
        ("two thousand four hundred", "2400"), ("fourteen hundred", "1400"), ("thirteen point six", "13.6"),
        ("nought point two eight", "0.28"), ("zero point oh nine", "0.09"),
    ],
)  # fmt: skip
def test_a_written_number_becomes_digits_in_its_place(said: str, digits: str) -> None:
    assert in_digits(f"MMA {said} then") == f"MMA {digits.rjust(len(said))} then"


@pytest.mark.parametrize(
    "text",
    [
        "one of her three sisters", "two to three hundred", "four or five hundred", "twenty twenty-four", "point of care",
        "at that point two of us", "hundred", "often tender, softened", "stage two", "a ninety",
    ],
)  # fmt: skip
def test_what_is_no_single_number_stays_as_written(text: str) -> None:
    assert in_digits(text) == text


@given(
    st.lists(
        st.sampled_from("one ten twenty hundred thousand and point a oh , B12 - x two".split()), max_size=12
    )
)
def test_no_order_of_number_words_moves_the_text(words: list[str]) -> None:
    text = " ".join(words)
    assert len(in_digits(text)) == len(text)


def test_results_dictated_in_words_are_read_with_their_units() -> None:
    note = (
        "Active B12 thirty-one picomoles per litre, haemoglobin ninety-six grams per litre and "
        "ferritin one hundred and twenty micrograms per litre."
    )
    labs = read_case({"patient": {}, "facts": {"note": note}}, RULES).labs
    assert [(lab.analyte, str(lab.lo), lab.unit) for lab in labs] == [
        ("holotc", "31", "pmol/L"),
        ("hemoglobin", "96", "g/L"),
        ("ferritin", "120", "ug/L"),
    ]
