"""A result that says nothing for today is told, with the reason: it is never as if it had not been given."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens import api
from cobalens.report.pages import clinician_page
from cobalens.report.text import note

HEADING = "Results that could not be used"


def told(*labs: dict[str, Any], **facts: Any) -> tuple[str, str]:
    """What stands under the heading, and the line of results in the note."""
    patient = facts.pop("patient", {"age": 55, "sex": "female"})
    case = {"patient": patient, "facts": {"labs": list(labs), **facts}}
    judged, said = api.load(packs=()).judged(case, look_ahead=False)
    page = {part.heading: part.items for part in clinician_page(judged, said)}
    return "; ".join(f"{one.title}: {one.text}" for one in page.get(HEADING, ())), note(judged, said)[1]


def b12(value: float, day: int, **more: Any) -> dict[str, Any]:
    return {"analyte": "vitamin_b12", "value": value, "unit": "ng/L", "day": day, **more}


@pytest.mark.parametrize(("day", "old"), [(-365, False), (-366, True), (0, False)])
def test_a_level_is_used_for_a_year_and_then_said_to_be_too_old(day: int, old: bool) -> None:
    page, line = told(b12(500, day), symptoms=["tingling feet"])
    assert ("500 ng/L" in page and "too old to speak for today" in page) == old
    assert ("Not used: total vitamin B12 500 ng/L" in line) == old


def test_results_of_one_day_that_differ_are_both_told() -> None:
    page, _ = told(b12(148, 0), b12(520, 0))
    assert "148 ng/L" in page
    assert "520 ng/L" in page


def test_an_old_level_behind_a_new_one_is_not_told_as_unused() -> None:
    page, line = told(b12(500, -900), b12(230, 0))
    assert page == ""
    assert "Not used" not in line


def test_an_old_mma_beside_a_new_level_is_told() -> None:
    old = {"analyte": "mma", "value": 0.6, "unit": "umol/L", "day": -900}
    page, _ = told(b12(230, 0), old)
    assert page.startswith("methylmalonic acid (MMA): 0.6 umol/L")


def test_a_high_level_after_a_dose_has_been_read_as_high() -> None:
    injected = [{"name": "hydroxocobalamin", "route": "intramuscular", "start_day": -900}]
    page, _ = told(b12(1500, 0, comparator=">"), medications=injected)
    assert page == ""


def test_nothing_of_a_childs_results_is_placed() -> None:
    page, _ = told(b12(500, -900), patient={"age": 9, "sex": "female"})
    assert page == ""


@pytest.mark.parametrize(("value", "reading"), [(90, "low"), (250, "indeterminate")])
def test_a_number_without_a_unit_is_told_with_what_every_unit_would_mean(value: float, reading: str) -> None:
    page, line = told(b12(value, 0, unit=None), symptoms=["none"])
    assert f"no unit given; it would read as {reading} in every unit in use" in line
    assert page == ""


def test_a_number_whose_unit_decides_is_told_by_no_reading() -> None:
    _, line = told(b12(150, 0, unit=None), symptoms=["none"])
    assert "every unit in use" not in line


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (880, 197, 771, "350 to 900 ng/L"),
        (771, 197, 771, ""),
        (195, 200, 900, "180 to 350 ng/L"),
    ],
)
def test_a_result_outside_the_printed_range_says_so_beside_the_guidelines_limits(
    value: float, low: float, high: float, words: str
) -> None:
    _, line = told(b12(value, 0, ref_low=low, ref_high=high), symptoms=["none"])
    assert ("above the printed range" in line) == (value > high)
    assert words in line
