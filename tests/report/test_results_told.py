"""Results that contradict each other are told together, and what presses stands first in the note and on the page."""

from __future__ import annotations

from typing import Any

import cobalens
from cobalens.model.interpretation import Text


def told(labs: list[tuple[str, float, str, int]], **facts: Any) -> Text:
    results = [{"analyte": a, "value": v, "unit": u, "day": d} for a, v, u, d in labs]
    person = {"patient": {"age": 62, "sex": "female"}, "facts": {"labs": results, **facts}}
    return cobalens.interpret(person).text


def test_a_reading_that_contradicts_the_newest_is_named_beside_it() -> None:
    text = told([("vitamin_b12", 130, "ng/L", -3), ("vitamin_b12", 1300, "ng/L", 0)], symptoms=["none"])
    results = text.note.splitlines()[1]
    assert "1300 ng/L, day 0: 1000 to 2000 ng/L" in results
    assert "130 ng/L, day -3: contradicts another result close in time" in results
    assert "Results contradict each other" in text.lab_comment


def test_results_of_one_day_that_differ_are_told_once_as_not_used() -> None:
    text = told([("vitamin_b12", 149, "ng/L", 0), ("vitamin_b12", 520, "ng/L", 0)], symptoms=["none"])
    results = text.note.splitlines()[1]
    assert results.count("149 ng/L") == 1
    assert "results of the same day differ" in results


def test_an_urgent_referral_to_haematology_is_read_first() -> None:
    counts = [("hemoglobin", 96, "g/L", 0), ("mcv", 118, "fL", 0), ("platelets", 88, "10^9/L", 0)]
    text = told([("vitamin_b12", 300, "ng/L", 0), ("wbc", 2.1, "10^9/L", 0), *counts], symptoms=["bruising"])
    assert text.patient.index("See a blood doctor without delay") < text.patient.index("What your results")
    assert text.note.splitlines()[3].startswith("To consider: Haematology, urgently")
    assert "This can wait for a normal visit" not in text.patient


def test_b12_that_is_due_although_none_is_short_is_in_the_heading() -> None:
    text = told([("vitamin_b12", 520, "ng/L", 0)], symptoms=["none"], procedures=["total gastrectomy"])
    assert text.note.startswith("B12: Neither: no lack now, B12 to prevent one.")
    assert "Planned review" in text.note


def test_counts_outside_their_limits_are_not_called_well() -> None:
    counts = [("hemoglobin", 140, "g/L", 0), ("mcv", 90, "fL", 0), ("wbc", 9, "10^9/L", 0)]
    high = [("vitamin_b12", 1300, "ng/L", 0), *counts]
    text = told([*high, ("monocytes", 1.6, "10^9/L", 0)], symptoms=["none"])
    assert "Some of your blood counts lie outside the usual limits." in text.patient
    assert "nothing to note: the blood count" not in text.patient
    assert "nothing to note: the blood count" in told(high, symptoms=["none"]).patient
