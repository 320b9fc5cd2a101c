"""What outlasts its last dose counts for a while after it: both sides of the last day, the edge and the blank."""

from __future__ import annotations

from typing import Any

import pytest
from tests.intake.test_planned import BASE, reads, record


@pytest.mark.parametrize(
    ("times", "value"),
    [
        ({"start_day": -400}, "yes"),
        ({"start_day": -12, "stop_day": -3}, "yes"),
        ({"start_day": -400, "stop_day": -28}, "yes"),
        ({"start_day": -400, "stop_day": -29}, "no"),
        ({"start_day": -900, "stop_day": -400}, "no"),
        ({"start_day": 3}, "unknown"),
    ],
)
def test_the_marrow_feels_methotrexate_for_four_weeks_after_it(times: dict[str, Any], value: str) -> None:
    assert reads(record(medications=[{"name": "methotrexate 10 mg", **times}]), "methotrexate") == value


def test_nothing_is_known_of_methotrexate_where_nobody_spoke_of_it() -> None:
    assert reads(record(), "methotrexate") == "unknown"
    assert reads(record(medications=[{"name": "omeprazole"}]), "methotrexate") == "unknown"


@pytest.mark.parametrize(("stopped", "likely"), [(-3, True), (-28, True), (-29, False), (-400, False)])
def test_counts_that_fall_after_the_last_dose_are_still_put_to_it(stopped: int, likely: bool) -> None:
    labs = [{"analyte": "neutrophils", "value": 0.3, "unit": "10^9/L", "day": 0}]
    drug = {"name": "methotrexate 10 mg daily", "start_day": -500, "stop_day": stopped}
    said = BASE.interpret({"patient": {"age": 60}, "facts": {"labs": labs, "medications": [drug]}})
    codes = {one.code for one in said.findings if one.status == "supported"}
    assert ("anaemia_type:antifolate_toxicity" in codes) is likely
