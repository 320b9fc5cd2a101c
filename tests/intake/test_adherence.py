"""The field ``adherence`` of an entry: yes, no, or words about how the medicine is taken."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.api import load
from cobalens.intake.casefile import read_case
from cobalens.model.record import Record

RULES = load().ruleset


def read(adherence: Any, name: str = "metformin") -> Record:
    drug = {"name": name, "adherence": adherence}
    return read_case({"patient": {}, "facts": {"medications": [drug]}}, RULES, "2026-03-01")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("taken", (True, "current", "taken")),
        (False, (True, "current", "missed")),
        ("stopped", (True, "past", None)),
        ("ran out", (True, "past", None)),
        ("never takes it", (False, "current", None)),
        ("not taking", (False, "current", None)),
        ("often forgets", (True, "current", "missed")),
        ("purple", (True, "current", None)),
        ("", (True, "current", None)),
    ],
)
def test_words_say_whether_the_drug_is_taken_at_all(raw: Any, expected: tuple[Any, ...]) -> None:
    record = read(raw)
    (one,) = record.events
    assert (one.concept, one.affirmed, one.time, one.adherence) == ("metformin", *expected)
    assert [said.where for said in record.not_understood] == ["medications[0].adherence"] * (raw == "purple")


def test_when_it_was_stopped_is_kept() -> None:
    (one,) = read("stopped last month").events
    assert one.time == "past"
    assert one.stop.known


def test_what_is_denied_by_its_own_name_stays_so() -> None:
    assert [(one.affirmed, one.time) for one in read("stopped", "no metformin").events] == [
        (False, "current")
    ]
