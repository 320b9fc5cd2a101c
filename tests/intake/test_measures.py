"""A number with the unit of a concentration ends as a result, a range, a dose, or in the list of what was not understood."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import read, values


def listed(text: str) -> list[str]:
    return [one.text for one in read(text).not_understood]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("B12 from the hospital in Leeds I am told 149 ng/L", ["B12 from the hospital in Leeds I am told 149 ng/L"]),
        ("He says his level was 149 ng/L.", ["He says his level was 149 ng/L"]),
        ("Target B12 above 400 ng/L.", ["Target B12 above 400 ng/L"]),
        ("Treat if B12 below 200 ng/L.", ["Treat if B12 below 200 ng/L"]),
        ("B12 threshold 200 ng/L", ["B12 threshold 200 ng/L"]),
        ("Alcohol 250 mg/dL on admission", ["Alcohol 250 mg/dL"]),
        ("His level was 149 nanograms per litre", ["His level was 149 nanograms per litre"]),
        ("The level was 149 ng/L, then 155 ng/L and 160 ng/L.", ["The level was 149 ng/L", "then 155 ng/L and 160 ng/L"]),
    ],
)  # fmt: skip
def test_what_nobody_read_is_listed_with_its_number(text: str, left: list[str]) -> None:
    assert values(text) == {}
    assert listed(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "B12 149 ng/L (ref 200-900 ng/L), folate 3.2 ug/L",
        "The normal range for B12 is 200-900 ng/L.",
        "Hydroxocobalamin 1 mg/mL injection every 3 months.",
        "Lithium 0.8 mmol/L",
        "Insulin 100 units/mL",
        "Blood pressure 120/80, weight 70 kg",
        "B12 149 ng/L. Seen 3/12 ago.",
    ],
)
def test_what_was_read_or_is_needed_by_no_rule_is_not_listed(text: str) -> None:
    assert listed(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("149 ng/L was his B12", {"vitamin_b12": "149 ng/L"}),
        ("149 ng/L (B12)", {"vitamin_b12": "149 ng/L"}),
        ("The lab reported 8 ug/L for ferritin.", {"ferritin": "8 ug/L"}),
        ("Ferritin 12 ug/L and 149 ng/L for B12.", {"ferritin": "12 ug/L", "vitamin_b12": "149 ng/L"}),
        ("149 ng/L was his B12, ferritin 20 ug/L", {"ferritin": "20 ug/L", "vitamin_b12": "149 ng/L"}),
        ("MMA 0.8 umol/L, 3.2 ug/L of folate", {"mma": "0.8 umol/L", "folate_serum": "3.2 ug/L"}),
        ("My b12 was a measly 149 ng/L", {"vitamin_b12": "149 ng/L"}),
        ("B12 sadly 149 ng/L", {"vitamin_b12": "149 ng/L"}),
        ("Her B12s have been 149 ng/L", {"vitamin_b12": "149 ng/L"}),
    ],
)
def test_a_number_before_its_name_or_behind_one_strange_word_is_its_result(
    text: str, expected: dict[str, str]
) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text", ["B12 target 400 ng/L", "B12 cutoff 200 ng/L", "B12 desired 500 ng/L", "B12 than 200 ng/L", "Her sister's 149 ng/L", "3 ampoules for B12"]
)  # fmt: skip
def test_a_number_that_is_none_of_the_person_gives_no_result(text: str) -> None:
    assert values(text) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 was 160, the slip says pg/ml and range 200 to 900.", "160 pg/ml"),
        ("B12 160 (unit pmol/L)", "160 pmol/L"),
        ("B12 160 in ng/L", "160 ng/L"),
        ("B12 160, folate 3 in ug/L", "160"),
        ("B12 160, measured in Leeds", "160"),
        ("B12 149 ng/L!", "149 ng/L"),
    ],
)
def test_a_unit_named_behind_the_number_is_its_unit(text: str, expected: str) -> None:
    assert values(text)["vitamin_b12"] == expected


@pytest.mark.parametrize(
    ("text", "analyte", "expected"),
    [
        (
            "B12 150 ng/L. IF neg, gastrin normal. Level now 172 ng/L.",
            "vitamin_b12",
            ["150 ng/L", "172 ng/L"],
        ),
        ("B12 150 ng/L, folate 3 ug/L. His level is now 620 ng/L", "vitamin_b12", ["150 ng/L", "620 ng/L"]),
        ("Ferritin 12 ug/L. B12 normal. Level now 172 ug/L", "ferritin", ["12 ug/L", "172 ug/L"]),
        ("B12 150 ng/L, troponin 12 ng/L. Level now 172 ng/L", "vitamin_b12", ["150 ng/L"]),
    ],
)
def test_a_level_without_a_name_is_of_the_one_test_told_in_its_unit(
    text: str, analyte: str, expected: list[str]
) -> None:
    assert [lab.text for lab in read(text).labs if lab.analyte == analyte] == expected


@pytest.mark.parametrize(
    "text",
    [
        "The B12 was 120 ng/L, not 210 ng/L as typed.",
        "B12 120 ng/L rather than 210 ng/L",
        "B12 120 ng/L and not 210 ng/L",
    ],
)
def test_a_number_that_is_taken_back_is_no_result(text: str) -> None:
    assert [lab.text for lab in read(text).labs] == ["120 ng/L"]
    assert any("210 ng/L" in one for one in listed(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 <180 ng/L suggests deficiency; 180-350 ng/L indeterminate.", {}),
        ("B12 <180 ng/L suggests deficiency. Patient's result 402 ng/L.", {"vitamin_b12": "402 ng/L"}),
        ("B12 below 180 ng/L suggests deficiency.", {"vitamin_b12": "< 180 ng/L"}),
    ],
)
def test_the_bands_of_a_laboratory_are_no_result(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected
