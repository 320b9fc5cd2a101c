"""Keys of a case file that are nearly right: what was meant is said, and what they may hide is not guessed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.intake.keys import hides_an_end, meant_key
from cobalens.model.record import Record

KNOWN = ("name", "day", "date", "start_day", "start_date", "stop_day", "stop_date", "status")


def read(entry: dict[str, Any], field: str = "medications") -> Record:
    return read_case({"patient": {}, "facts": {field: [entry]}}, RULES)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("start", "start_day / start_date"),
        ("since", "start_day / start_date"),
        ("Started", "start_day / start_date"),
        ("stop", "stop_day / stop_date"),
        ("end", "stop_day / stop_date"),
        ("until", "stop_day / stop_date"),
        ("when", "day / date"),
        ("year", "day / date"),
        ("statsu", "status"),
        ("colour", None),
    ],
)
def test_a_key_for_a_time_says_which_one_was_meant(key: str, meant: str | None) -> None:
    assert meant_key(key, KNOWN) == meant


def test_a_key_that_is_not_among_those_known_is_not_suggested() -> None:
    assert meant_key("start", ("day", "date")) is None


def test_the_remark_stands_at_its_place() -> None:
    (left,) = read({"name": "metformin", "start": -900}).not_understood
    assert (left.where, left.suggestion) == ("medications[0].start", "start_day / start_date")


@pytest.mark.parametrize("entry", [{"stop": -30}, {"end": 0}, {"until": "2021"}, {"start": 14}])
def test_whether_something_goes_on_is_open_where_its_end_was_not_read(entry: dict[str, Any]) -> None:
    assert hides_an_end(entry, KNOWN)
    assert [e.doubt for e in read({"name": "metformin", **entry}).events] == [True]


@pytest.mark.parametrize(
    "entry", [{"stop": None}, {"stop": ""}, {"stop": False}, {"start": -900}, {"since": "2019"}, {}]
)
def test_an_empty_end_and_a_beginning_hide_nothing(entry: dict[str, Any]) -> None:
    assert not hides_an_end(entry, KNOWN)
    assert [e.doubt for e in read({"name": "metformin", **entry}).events] == [False]


def test_a_result_with_an_unread_time_says_so() -> None:
    record = read({"analyte": "vitamin_b12", "value": 120, "unit": "ng/L", "when": -3}, "labs")
    assert [one.suggestion for one in record.not_understood] == ["day / date"]
