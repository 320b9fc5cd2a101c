"""A table with one diagnosis, drug or operation a row: what stands beside it belongs to it."""

from __future__ import annotations

import datetime as dt

import pytest

from cobalens.intake import tables
from cobalens.model.record import Record
from tests.records.fhir.build import door

DAY = dt.date(2026, 1, 1)


def read(text: str) -> list[Record]:
    found = tables.read(text.encode(), door().ruleset, DAY.isoformat())
    assert all(isinstance(one, Record) for one in found)
    return [one for one in found if isinstance(one, Record)]


def day(text: str) -> int:
    return (dt.date.fromisoformat(text) - DAY).days


@pytest.mark.parametrize(
    ("heading", "row", "concept", "start", "stop"),
    [
        ("drug,start,stop", "metformin,2020-01-02,", "metformin", "2020-01-02", ""),
        ("drug,start,stop", "metformin,2020-01-02,2021-03-04", "metformin", "2020-01-02", "2021-03-04"),
        ("drug,date", "hydroxocobalamin 1 mg injection,2025-03-01", "b12_injection", "2025-03-01", ""),
        ("diagnosis,onset date", "pernicious anaemia,2019-05-06", "pernicious_anaemia", "2019-05-06", ""),
        ("procedure,date", "total gastrectomy,2018-07-08", "total_gastrectomy", "2018-07-08", ""),
        ("diagnosis,visit date", "pernicious anaemia,2019-05-06", "pernicious_anaemia", "", ""),
        ("diagnosis,note", "pernicious anaemia,2019-05-06", "pernicious_anaemia", "", ""),
    ],
)
def test_a_statement_has_the_days_beside_it_but_not_that_of_a_visit(
    heading: str, row: str, concept: str, start: str, stop: str
) -> None:
    (one,) = read(f"patient id,{heading}\nP1,{row}\n")
    event = next(event for event in one.events if event.concept == concept)
    assert event.start.first == (day(start) if start else None)
    assert event.stop.first == (day(stop) if stop else None)


def test_dose_and_route_in_columns_of_their_own_belong_to_the_drug_and_nothing_is_left_over() -> None:
    text = "patient id,drug,dose,route,start\nP1,cyanocobalamin,1 mg,intramuscular,2024-02-01\nP2,omeprazole,20 mg,oral,\n"
    first, second = read(text)
    dose = next(event for event in first.events if event.dose_ug is not None)
    assert (dose.dose_ug, dose.route) == (1000, "intramuscular")
    assert any(event.concept == "ppi" for event in second.events)
    assert not first.not_understood
    assert {one.fate for one in (*first.elements, *second.elements)} <= {"used", "understood"}


def test_several_in_a_cell_and_plain_answers_are_read_as_ever() -> None:
    (one,) = read("patient id,drug,start\nP1,metformin; omeprazole,2020-01-01\n")
    assert {event.concept for event in one.events} >= {"metformin", "ppi"}
