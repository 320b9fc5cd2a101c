"""How long ago something began: known to be long ago, known to be lately, or not known; each product speaks for itself."""

from __future__ import annotations

import pytest
from tests.intake.timeline_rules import event, since, value

from cobalens.model.record import Event


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([event("metformin", -120)], "yes"),
        ([event("metformin", -119)], "no"),
        ([event("metformin", -14)], "no"),
        ([event("metformin")], "unknown"),
        ([since("metformin", -150, -100)], "unknown"),
        ([since("metformin", None, -120)], "yes"),
        ([since("metformin", -119, None)], "no"),
        ([event("metformin", -900, -200)], "yes"),
        ([event("metformin", -60, -20)], "no"),
        ([event("metformin", None, -120)], "yes"),
        ([event("metformin", None, -119)], "unknown"),
        ([event("metformin", time="past")], "unknown"),
        ([event("metformin", -900, -200), event("metformin", -14)], "yes"),
        ([event("metformin", None, -60), event("metformin", -14)], "unknown"),
        ([event("metformin", -14), event("metformin", affirmed=False)], "no"),
        ([event("metformin", -900, doubt=True)], "unknown"),
        ([event("metformin", affirmed=False)], "no"),
        ([event("metformin", 5)], "unknown"),
        ([event("metformin", -900, family=True)], "unknown"),
    ],
)
def test_when_something_began(said: list[Event], expected: str) -> None:
    assert value("metformin_begun", *said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([event("ppi", -14)], "no"),
        ([event("ppi", -14), event("h2_blocker", -900, -60)], "yes"),
        ([event("ppi", -14), event("h2_blocker", time="past")], "unknown"),
        ([event("ppi", -14), event("h2_blocker", affirmed=False)], "no"),
        ([event("h2_blocker", -364)], "no"),
        ([event("h2_blocker", -365)], "yes"),
    ],
)
def test_silence_about_another_product_leaves_nothing_open(said: list[Event], expected: str) -> None:
    assert value("stomach_drugs_begun", *said) == expected


def test_a_complete_list_without_it_says_no() -> None:
    assert value("metformin_begun", complete=("drug",)) == "no"
    assert value("stomach_drugs_begun", event("ppi", -14), complete=("drug",)) == "no"
    assert value("stomach_drugs_begun") == "unknown"
