"""A year by itself is a time too, where there is a day of decision from which it can be counted."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import read
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Span


@pytest.mark.parametrize("text", ["Transfused in 2019", "Transfusion (2019)", "transfusion, 2019"])
def test_what_was_in_a_year_is_of_then(text: str) -> None:
    assert [one.start for one in read(text).events] == [Span(-2883, -2519)]


@pytest.mark.parametrize(
    "text", ["hydroxocobalamin in 2000 mcg vials", "Ferritin (2000 ug/L)", "walks 2010 steps"]
)
def test_a_number_like_a_year_is_none(text: str) -> None:
    assert read(text).as_of is None


def test_without_a_day_of_decision_a_year_dates_nothing() -> None:
    record = read_case({"patient": {}, "facts": {"note": "Transfused in 2019"}}, RULES, None)
    assert (record.as_of, [one.start for one in record.events]) == (None, [Span()])
