"""Ages and birth dates as tables give them: with short years, beside each other, of the day of the row or of an export."""

from __future__ import annotations

import datetime as dt

import pytest

from cobalens.intake import tables
from cobalens.intake.refused import Refused
from cobalens.intake.tables.cells import born_whole
from cobalens.model.record import Record
from tests.cohort.rules_agreement import DOOR

NOW = dt.datetime.now(tz=dt.UTC).date()


def read(text: str, day: str = "2026-11-23") -> Record | Refused:
    (one,) = tables.read(text.encode(), DOOR.ruleset, day)
    return one


@pytest.mark.parametrize(
    ("text", "upto", "whole"),
    [
        ("02/03/54", "2024-03-02", "02/03/1954"),
        ("2.3.54", "2024-03-02", "2.3.1954"),
        ("02-Mar-54", "2024-03-02", "02-Mar-1954"),
        ("02/03/24", "2024-03-02", None),
        ("02/03/25", "2024-03-02", "02/03/1925"),
        ("02/03/03", "2024-03-02", "02/03/2003"),
        ("02/03/04", "2024-03-02", None),
        ("02/03/1954", "2024-03-02", "02/03/1954"),
        ("1954-03-02", "2024-03-02", "1954-03-02"),
        ("soon", "2024-03-02", "soon"),
    ],
)
def test_a_birth_date_with_two_digits_is_read_where_one_century_alone_can_be_meant(
    text: str, upto: str, whole: str | None
) -> None:
    assert born_whole(text, dt.date.fromisoformat(upto)) == whole


def test_a_birth_date_of_two_centuries_costs_the_age_and_not_the_person() -> None:
    one = read("id,dob,date,Vitamin B12 (ng/L)\n1,02/03/12,2024-05-01,150\n")
    assert isinstance(one, Record)
    assert one.age is None
    assert [left.suggestion for left in one.not_understood] == ["a year of four digits"]


@pytest.mark.parametrize(
    ("age", "refused"),
    [("74", False), ("73", False), ("75", False), ("72", False), ("60", True), ("80", True), ("12", True)],
)
def test_an_age_of_the_day_of_the_row_agrees_with_the_birth_date_on_every_other_day(
    age: str, refused: bool
) -> None:
    one = read(f"id,age,dob,date,Vitamin B12 (ng/L)\n1,{age},1950-01-01,2024-05-01,150\n")
    assert isinstance(one, Refused) == refused
    if isinstance(one, Record):
        assert one.age == 76


@pytest.mark.parametrize(("before", "refused"), [(0, False), (9, False), (12, True), (-2, True)])
def test_an_age_in_a_list_of_people_is_of_the_day_of_its_export(before: int, refused: bool) -> None:
    born = NOW.replace(year=NOW.year - 60, day=1)
    one = read(f"id,age,dob,sex,diagnosis\n1,{60 - before},{born},f,anaemia\n", NOW.isoformat())
    assert isinstance(one, Refused) == refused


def test_an_age_of_the_export_stands_beside_results_of_all_years() -> None:
    rows = "".join(f"1,66,{NOW.year - 67}-01-01,{NOW.year - n}-05-01,150\n" for n in (9, 4, 1))
    one = read(f"id,age,dob,date,Vitamin B12 (ng/L)\n{rows}", NOW.isoformat())
    assert isinstance(one, Record)
    assert len(one.labs) == 3


def test_that_somebody_has_died_is_noted() -> None:
    said = [
        [note.message for note in one.notes]
        for died in ("", "2025-12-01", "no")
        if isinstance(
            one := read(f"id,date of death,date,Vitamin B12 (ng/L)\n1,{died},2024-05-01,150\n"), Record
        )
    ]
    assert said == [[], ["The record says that this person has died."], []]
