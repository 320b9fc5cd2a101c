"""A result without a day beside results with one: it is left out, and that is said."""

from __future__ import annotations

from tests.intake.timeline_rules import b12, read, value

from cobalens.model.record import Lab


def undated_told(*labs: Lab) -> int:
    return sum(code == "data_quality:undated_result" for code, _ in read(*labs).notes)


def test_an_undated_result_beside_dated_ones_is_left_out_and_said() -> None:
    labs = b12("150", day=-10), b12("600", day=None)
    assert value("latest", *labs) == "< low"
    assert undated_told(*labs) == 1


def test_nothing_is_said_of_an_undated_result_that_is_read_or_repeats_a_dated_one() -> None:
    assert undated_told(b12("150", day=None)) == 0
    assert undated_told(b12("150", day=None), b12("600", day=None)) == 0
    assert undated_told(b12("150", day=-10), b12("150", day=None)) == 0
    assert undated_told(b12("600", day=-10, problem="unit_missing"), b12("150", day=None)) == 0
    assert undated_told(b12("150", day=-10), b12("600", day=None, problem="implausible")) == 0
