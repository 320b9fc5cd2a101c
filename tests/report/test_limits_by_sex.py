"""A limit for one sex is told to that sex alone, and with whom it is for where the sex is not known."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.api import load
from cobalens.report.charts.readings import limits_in
from cobalens.report.pages import chain_results

DOOR, SPANISH = load(), load(language="es")


def person(haemoglobin: float, unit: str, sex: str | None) -> dict[str, Any]:
    labs = [
        {"analyte": "vitamin_b12", "value": 150, "unit": "ng/L", "day": 0},
        {"analyte": "hemoglobin", "value": haemoglobin, "unit": unit, "day": 0},
    ]
    return {"patient": {"age": 60} | ({"sex": sex} if sex else {}), "facts": {"labs": labs}}


@pytest.mark.parametrize(
    ("value", "unit", "sex", "words"),
    [
        (119, "g/L", "female", "80 to 120 g/L ("),
        (120, "g/L", "female", "120 to 165 g/L ("),
        (129, "g/L", "female", "120 to 165 g/L ("),
        (130, "g/L", "female", "120 to 165 g/L ("),
        (129, "g/L", "male", "80 to 130 g/L ("),
        (119, "g/L", "male", "80 to 130 g/L ("),
        (130, "g/L", "male", "130 to 165 g/L ("),
        (119, "g/L", None, "80 to 120 (women) g/L ("),
        (125, "g/L", None, "120 (women) to 130 (men) g/L ("),
        (140, "g/L", None, "130 (men) to 165 g/L ("),
        (12.5, "g/dL", "female", "12 to 16.5 g/dL ("),
        (170, "g/L", "female", "above 165 g/L ("),
        (70, "g/L", "male", "below 80 g/L ("),
    ],
)
def test_a_result_lies_beside_the_limits_of_the_persons_sex(
    value: float, unit: str, sex: str | None, words: str
) -> None:
    told = dict(chain_results(DOOR.case(DOOR.read(person(value, unit, sex)))))["haemoglobin"]
    assert f": {words}" in told


def test_whom_a_limit_is_for_is_said_in_the_readers_language() -> None:
    told = dict(chain_results(SPANISH.case(SPANISH.read(person(140, "g/L", None)))))
    assert any("130 (hombres) a 165 g/L" in one for one in told.values()), told


@pytest.mark.parametrize(
    ("sex", "names"),
    [
        ("female", ["severe", "women", "high"]),
        ("male", ["severe", "men", "high"]),
        (None, ["severe", "women", "men", "high"]),
    ],
)
def test_a_chart_draws_no_limit_for_the_other_sex(sex: str | None, names: list[str]) -> None:
    case = DOOR.case(DOOR.read(person(140, "g/L", sex)))
    assert case.cuts is not None
    assert [one.name for one in limits_in(case, case.cuts, "hemoglobin", "g/L")] == names
