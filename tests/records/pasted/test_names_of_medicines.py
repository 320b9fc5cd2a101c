"""Where a laboratory names its test after the medicine, a level is a level and an ampoule an ampoule; and days by what can have been."""

from __future__ import annotations

import pytest

from cobalens.api import load
from cobalens.intake import pasted
from cobalens.model.record import Record

RULES = load().ruleset
DAY = "2026-03-01"
METHOD_BELOW = """\
Test Name                         Results     Units      Bio. Ref. Interval
VITAMIN B12; CYANOCOBALAMIN, SERUM
(CLIA)                            152.00      pg/mL      211.00 - 911.00
HEMOGLOBIN                        10.20       g/dL       12.00 - 15.00
Collected : 5/2/2026 8:12:00AM
"""
COMPONENTS = """\
Component Value Date
VITAMINB12 187 (L) 02/10/2026
HGB 10.9 (L) 02/10/2026
TSH 2.31 11/03/2025
"""


def read(text: str, day: str = DAY) -> Record:
    (record,) = pasted.read(text.encode(), RULES, day)
    return record


def test_a_method_below_the_name_belongs_to_the_row_and_nothing_is_taken() -> None:
    record = read(METHOD_BELOW)
    found = {lab.analyte: (lab.text, lab.when.first) for lab in record.labs}
    assert found == {"vitamin_b12": ("152.00 pg/mL", -24), "hemoglobin": ("10.20 g/dL", -24)}
    assert record.events == ()


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-03-01", {-19, -118}), ("2026-12-01", {None})],
)
def test_of_two_orders_the_one_without_a_day_ahead_is_meant(day: str, expected: set[int | None]) -> None:
    assert {lab.when.first for lab in read(COMPONENTS, day).labs} == expected


def test_a_day_that_is_planned_shows_no_order() -> None:
    days = {lab.when.first for lab in read("B12 187 pg/mL 02/01/2026\nNext review due 01/04/2026\n").labs}
    assert days == {None}


@pytest.mark.parametrize(
    ("text", "results", "given"),
    [
        ("Serum cyanocobalamin 152 pg/mL", ["152 pg/mL"], False),
        ("Cyanocobalamin (Vit B12) 152 pg/mL 211-911", ["152 pg/mL"], False),
        ("Cyanocobalamin 1,000 mcg/mL IM monthly", [], True),
        ("cyanocobalamin (VITAMIN B-12) 1,000 mcg/mL injection", [], True),
        ("B12 1000 mcg/ml inj", [], True),
        ("Cyanocobalamin 1000 mcg daily", [], True),
        ("On cyanocobalamin. B12 152 ng/L", ["152 ng/L"], True),
        ("B12 incidentally >2000 pg/mL", ["> 2000 pg/mL"], False),
    ],
)
def test_a_concentration_in_blood_is_a_result_and_a_strength_is_none(
    text: str, results: list[str], given: bool
) -> None:
    record = read(text)
    assert [lab.text for lab in record.labs if lab.analyte == "vitamin_b12"] == results
    assert any(RULES.concepts[one.concept].kind == "drug" for one in record.events) == given
