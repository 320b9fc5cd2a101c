"""A patient's sheet and charts tell days as people do: a date where it is known, else how long before or after."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from cobalens.api import Cobalens, load
from cobalens.report.charts.readings import date_on
from cobalens.report.view import PATIENT
from cobalens.report.words import for_patients
from cobalens.serve.drawing import charts_for, sheet_html
from tests.report.test_charts import b12, person

COUNTED = re.compile(r"\b(?:day|día) -?\d")
TOLD = [
    (0, "that day", "ese día"),
    (-1, "the day before", "el día antes"),
    (1, "the day after", "el día después"),
    (-14, "14 days before", "14 días antes"),
    (-15, "2 weeks before", "2 semanas antes"),
    (-61, "2 months before", "2 meses antes"),
    (90, "3 months after", "3 meses después"),
    (-729, "24 months before", "24 meses antes"),
    (-730, "2 years before", "2 años antes"),
    (-20_000, "55 years before", "55 años antes"),
]  # fmt: skip
UNDATED = person(
    labs=[b12(130, -1), b12(150, -61), b12(180, -800)],
    symptoms=[{"name": "numb feet", "start_day": -40}],
    medications=[{"name": "hydroxocobalamin", "route": "iv", "start_day": -20}],
)
DATED = {
    "as_of": "2026-03-02",
    "patient": {"age": 71},
    "facts": {"labs": [{"analyte": "vitamin_b12", "value": 130, "unit": "ng/L", "date": "2025-12-31"}]},
}


@cache
def door(language: str) -> Cobalens:
    return load(language=language)


def sheet(language: str, audience: str, content: dict[str, Any]) -> str:
    case, said = door(language).judged(door(language).read(content), look_ahead=False)
    return sheet_html(door(language), case, said, audience)


@pytest.mark.parametrize(("day", "english", "spanish"), TOLD)
def test_a_day_without_a_date_is_told_in_everyday_words(day: int, english: str, spanish: str) -> None:
    for language, words in (("en", english), ("es", spanish)):
        case = for_patients(door(language).case(door(language).read(UNDATED)))
        assert date_on(case, day) == words


def test_where_the_date_is_known_the_date_is_told() -> None:
    case = for_patients(door("en").case(door("en").read(DATED)))
    assert date_on(case, -61) == "2025-12-31"


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_sheet_of_a_patient_counts_days_from_nought(language: str) -> None:
    told = sheet(language, PATIENT, UNDATED)
    assert COUNTED.findall(told) == []
    assert {"en": "2 months before", "es": "2 meses antes"}[language] in told


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_chart_of_a_patient_counts_days_from_nought(language: str) -> None:
    case = door(language).case(door(language).read(UNDATED))
    charts = charts_for(door(language), case, PATIENT)
    assert charts
    assert [one.name for one in charts if COUNTED.search(f"{one.alternative} {one.rows} {one.spec}")] == []


def test_a_clinician_reads_the_exact_day() -> None:
    assert "day -61" in sheet("en", "clinician", UNDATED)


@pytest.mark.parametrize(("language", "words"), [("en", "into a vein"), ("es", "en una vena")])
def test_how_a_medicine_is_given_is_said_in_the_language_of_the_sheet(language: str, words: str) -> None:
    assert words in sheet(language, PATIENT, UNDATED)
