"""Days and dates of a case file: intervals where they are partial, refused or reported where they could mean two things."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.casefile_rules import RULES, case, events, read, unread

from cobalens.errors import CobalensError
from cobalens.intake import dates
from cobalens.intake.casefile import read_case
from cobalens.model.record import Span


def test_a_record_in_relative_days_keeps_no_date() -> None:
    assert read(as_of="2026-01-01", symptoms=["tingling"]).as_of is None
    assert (
        read(as_of="2026-01-01", medications=[{"name": "metformin", "start_date": "2025-12-31"}]).as_of
        == "2026-01-01"
    )


def test_dated_input_needs_a_day_of_decision() -> None:
    with pytest.raises(CobalensError) as refused:
        read(procedures=[{"name": "total gastrectomy", "date": "2020-01-01"}])
    assert refused.value.code == "as_of_needed"
    with pytest.raises(CobalensError) as refused:
        read(as_of="last week", procedures=[{"name": "total gastrectomy", "date": "2020-01-01"}])
    assert refused.value.code == "date_not_understood"


def test_a_day_of_decision_that_is_no_day_is_refused_even_where_it_is_not_needed() -> None:
    for text in ("soon", "2026", "2026-02-30"):
        with pytest.raises(CobalensError, match="as_of"):
            read(as_of=text, symptoms=["tingling"])


def test_a_case_may_carry_its_own_day_of_decision() -> None:
    record = read_case(
        {
            **case(labs=[{"analyte": "b12", "value": 195, "unit": "pg/mL", "date": "2026-01-01"}]),
            "as_of": "2026-01-11",
        },
        RULES,
    )
    assert (record.as_of, record.labs[0].when) == ("2026-01-11", Span(-10, -10))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2026-01-01", Span(0, 0)), ("2025-12-31T09:30:00Z", Span(-1, -1)), ("2025-12", Span(-31, -1)),
        ("2025", Span(-365, -1)), ("20251231", Span(-1, -1)), ("31/12/2025", Span(-1, -1)), ("12/31/2025", Span(-1, -1)),
        ("31 December 2025", Span(-1, -1)), ("Dec 31, 2025", Span(-1, -1)), ("Dec 2025", Span(-31, -1)),
        ("12/2025", Span(-31, -1)), ("31-Dec-2025", Span(-1, -1)), ("01.01.2026", Span(0, 0)),
    ],
)  # fmt: skip
def test_dates_are_intervals_of_days(text: str, span: Span) -> None:
    assert dates.span_of_date(text, dt.date(2026, 1, 1))[0] == span


@pytest.mark.parametrize(
    "text", ["03/04/2025", "2025-13-01", "2025-02-30", "soon", "", "5", "32/01/2025", "1 Foo 2025"]
)
def test_a_date_that_could_mean_two_days_or_none_is_not_guessed(text: str) -> None:
    with pytest.raises(dates.DateError):
        dates.parse_date(text)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)))
def test_every_iso_date_is_its_distance_in_days(day: dt.date, as_of: dt.date) -> None:
    span, _ = dates.span_of_date(day.isoformat(), as_of)
    assert span.first == span.last == (day - as_of).days
    assert dates.iso(span, as_of) == day.isoformat()


def test_a_day_and_a_date_that_disagree_date_nothing_and_are_said() -> None:
    record = read(
        as_of="2026-01-11", procedures=[{"name": "total gastrectomy", "day": -3, "date": "2020-01-01"}]
    )
    assert not events(record, "total_gastrectomy")[0].start.known
    assert [note.where for note in record.notes] == ["procedures[0]"]
    alike = read(
        as_of="2026-01-11", procedures=[{"name": "total gastrectomy", "day": -10, "date": "2026-01"}]
    )
    assert events(alike, "total_gastrectomy")[0].start == Span(-10, -10)


@pytest.mark.parametrize("day", ["soon", 1.5, True, "NaN"])
def test_a_day_that_is_no_whole_number_is_reported(day: Any) -> None:
    assert "labs[0].day" in unread(read(labs=[{"analyte": "b12", "value": 195, "unit": "pg/mL", "day": day}]))
