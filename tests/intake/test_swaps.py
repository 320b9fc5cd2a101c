"""One medicine for another, ahead or done, and what it was before and is then."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant, read


@pytest.mark.parametrize(
    ("text", "now", "then"),
    [
        ("PA on jabs. Plan: switch from injections to tablets next month.", "b12_injection", "b12_tablets"),
        ("plan to switch from hydroxocobalamin injections to cyanocobalamin tablets", "b12_injection", "b12_tablets"),
        ("GP would like to change his B12 injections to tablets", "b12_injection", "b12_tablets"),
        ("To switch from oral B12 to IM", "b12_tablets", "b12_injection"),
        ("Will switch omeprazole to famotidine", "ppi", "h2_blocker"),
    ],
)  # fmt: skip
def test_until_then_the_first_is_taken_and_the_other_planned(text: str, now: str, then: str) -> None:
    said = meant(text)
    assert (said[now], said[then]) == ("current", "planned")


@pytest.mark.parametrize(
    ("text", "now", "then"),
    [
        ("Thinking of swapping omeprazole for famotidine", "ppi", "h2_blocker"),
        ("He asks whether he could switch from B12 injections to tablets", "b12_injection", "b12_tablets"),
        ("Do not switch B12 injections to tablets", "b12_injection", "b12_tablets"),
        ("Switch omeprazole to famotidine if the B12 stays low", "ppi", "h2_blocker"),
    ],
)
def test_a_change_that_is_only_weighed_leaves_the_first(text: str, now: str, then: str) -> None:
    assert meant(text)[now] == "current"
    assert then not in meant(text)


@pytest.mark.parametrize(
    "text",
    [
        "Since the switch from B12 injections to tablets her level has fallen",
        "B12 deficiency, switched from injections to tablets in May 2026",
        "GP switched my B12 injections to tablets during lockdown",
    ],
)
def test_after_it_the_first_is_over(text: str) -> None:
    said = meant(text)
    assert (said["b12_injection"], said["b12_tablets"]) == ("past", "current")


def test_a_change_within_the_same_medicine_ends_nothing() -> None:
    assert meant("switch omeprazole to lansoprazole") == {"ppi": "current"}


def test_injections_without_a_name_where_nothing_tells_of_b12_are_listed() -> None:
    record = read("GP wants to switch injections to tablets")
    assert [one.text for one in record.not_understood] == ["injections"]
    assert record.events == ()
