"""Rows among the results that name a finding: blasts, fragments, a germ."""

from __future__ import annotations

from typing import Any

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case


def read(**row: Any) -> tuple[dict[str, bool], list[str]]:
    case = {"patient": {"age": 50, "sex": "male"}, "facts": {"labs": [{"day": 0, **row}]}}
    record = read_case(case, RULES)
    found = {e.concept: e.affirmed for e in record.events if e.concept != "male"}
    return found, [one.text for one in record.not_understood]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"analyte": "blast_cells", "value": 18, "unit": "%"}, {"blasts": True}),
        ({"analyte": "blast_cells", "value": 0, "unit": "%"}, {"blasts": False}),
        ({"analyte": "red cell fragments", "value": 1, "unit": "%", "ref_high": 1}, {"red_cell_fragments": False}),
        ({"analyte": "helmet_cells", "value": None, "qualitative": "present"}, {"red_cell_fragments": True}),
        ({"analyte": "helmet_cells", "value": None, "qualitative": "negative"}, {"red_cell_fragments": False}),
        ({"analyte": "helicobacter_pylori", "value": "positive"}, {"helicobacter": True}),
        ({"analyte": "helicobacter_pylori", "value": "negative"}, {"helicobacter": False}),
    ],
)  # fmt: skip
def test_a_finding_among_the_results_is_read_as_the_finding_it_is(
    row: dict[str, Any], found: dict[str, bool]
) -> None:
    assert read(**row) == (found, [])


@pytest.mark.parametrize(
    "row",
    [
        {"analyte": "blast_cells", "value": None},
        {"analyte": "helmet_cells", "value": 2, "comparator": "<"},
        {"analyte": "methotrexate", "value": 0.2, "unit": "umol/L"},
        {"analyte": "cannot say what this is", "value": "positive"},
    ],
)
def test_a_row_without_a_finding_or_without_a_result_stays_not_understood(row: dict[str, Any]) -> None:
    found, unread = read(**row)
    assert not found
    assert unread


def test_a_finding_among_the_results_keeps_the_day_of_its_row() -> None:
    case = {
        "patient": {"age": 50, "sex": "male"},
        "facts": {"labs": [{"analyte": "blast_cells", "value": 9, "unit": "%", "day": -40}]},
    }
    [event] = [e for e in read_case(case, RULES).events if e.concept == "blasts"]
    assert event.start.first == -40
    assert event.where == "labs[0]"
