"""What is had in place of the thing meant is none of it: beer without alcohol, however much of it."""

from __future__ import annotations

import pytest

from cobalens.compiler import load_ruleset
from cobalens.intake.casefile import read_case


def excess(text: str) -> set[bool]:
    record = read_case({"patient": {}, "facts": {"note": text}}, load_ruleset(), as_of="2026-11-24")
    return {one.affirmed for one in record.events if one.concept == "alcohol_excess"}


@pytest.mark.parametrize(
    "text",
    [
        "Non-alcoholic beer, 3 cans a day.", "Drinks 3 glasses of alcohol-free wine every night.", "20 pints a week of alcohol-free lager.",
        "0.0% lager most evenings, about 20 pints a week.", "3 cans a day, all alcohol-free lager.", "Guinness 0.0%, 4 pints a night.",
        "Zero alcohol beer.", "A bottle of non-alcoholic wine a day.", "Low-alcohol beer, 4 cans a day.",
    ],
)  # fmt: skip
def test_drinks_without_alcohol_are_no_excess(text: str) -> None:
    assert True not in excess(text)


@pytest.mark.parametrize(
    "text",
    [
        "6 pints of beer a night, and alcohol-free beer at weekends.", "Alcohol-free beer at lunch but 6 pints a night.",
        "Alcohol: 40 units a week.", "A bottle of wine a day.", "6 pints a night, then alcohol-free lager.",
    ],
)  # fmt: skip
def test_alcohol_beside_them_is(text: str) -> None:
    assert True in excess(text)
