"""Days with a year of two figures, lists of years, earlier readings in brackets, units before their numbers, ruled rows."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Record

AS_OF = "2026-11-30"


def read(text: str, as_of: str | None = AS_OF) -> Record:
    return read_case({"patient": {}, "facts": {"note": text}}, RULES, as_of)


def levels(text: str) -> list[tuple[str, int | None]]:
    return [(str(lab.lo), lab.when.first) for lab in read(text).labs]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("05/11/26", -25),
        ("25/11/26", -5),
        ("25.11.26", -5),
        ("25-11-26", -5),
        ("25-11-2026", -5),
        ("25.11.2026", -5),
    ],
)
def test_a_year_of_two_figures_is_a_year(written: str, day: int) -> None:
    assert levels(f"B12 148 ng/L on {written}") == [("148", day)]
    assert levels(f"{written}: B12 148 ng/L") == [("148", day)]


def test_which_comes_first_is_seen_from_the_other_dates() -> None:
    assert levels("B12 on 11/05/26 148 ng/L, on 11/25/26 130 ng/L") == [("148", -25), ("130", -5)]


def test_dates_that_could_be_read_either_way_are_told() -> None:
    assert "data_quality:date_order" in {note.code for note in read("metformin since 12/03/19").notes}


def test_two_figures_of_a_birth_are_of_the_last_century_and_a_review_may_lie_ahead() -> None:
    (event,) = read("total gastrectomy 03/05/85").events
    assert event.start.first is not None
    assert event.start.first < -15_000
    assert [
        e.time
        for e in read("total gastrectomy planned for 05/01/27").events
        if e.concept == "total_gastrectomy"
    ] == ["planned"]


@pytest.mark.parametrize("text", ["Hb 10.2.15", "power 5/5/5", "BP 120/80/60"])
def test_other_figures_are_no_dates(text: str) -> None:
    assert not read(text).labs


@pytest.mark.parametrize(
    "text",
    [
        "B12 2019 310 pmol/L, 2021 255, 2023 180",
        "B12 pmol/L: 2019 310, 2021 255, 2023 180",
        "B12 (pmol/L) 2019 310 2021 255 2023 180.",
    ],
)
def test_a_list_of_years_shares_its_unit(text: str) -> None:
    labs = read(text).labs
    assert [(str(lab.lo), lab.unit) for lab in labs] == [
        ("310", "pmol/L"),
        ("255", "pmol/L"),
        ("180", "pmol/L"),
    ]
    assert [lab.when.first for lab in labs] == [-2890, -2159, -1429]


@pytest.mark.parametrize(
    "text", ["B12: 2019 310, 2021 255, 2023 180", "B12 in 2019 310, in 2021 255, in 2023 180"]
)
def test_a_list_of_years_without_a_unit_is_told_to_have_none(text: str) -> None:
    record = read(text)
    assert [str(lab.lo) for lab in record.labs] == ["310", "255", "180"]
    assert {lab.problem for lab in record.labs} == {"unit_missing"}


@pytest.mark.parametrize(
    ("text", "value"), [("B12 2019 310", "310"), ("B12 2019", "2019"), ("B12 2019 200-900", "2019")]
)
def test_of_two_numbers_the_year_is_none_of_the_tests(text: str, value: str) -> None:
    assert [str(lab.lo) for lab in read(text).labs] == [value]


def test_a_test_with_one_unit_needs_none_in_a_list_of_years() -> None:
    assert levels("MCV 2019 92, 2021 104") == [("92", -2890), ("104", -2159)]


@pytest.mark.parametrize(
    "text",
    [
        "B12 201 ng/L (2024: 260, 2023: 340)",
        "B12 201 ng/L [2024 260, 2023 340]",
        "B12 201 ng/L (260 in 2024, 340 in 2023)",
        "B12 201 ng/L (was 260 in 2024, 340 in 2023)",
    ],
)
def test_readings_in_brackets_with_their_years_are_the_earlier_ones(text: str) -> None:
    assert levels(text) == [("201", 0), ("260", -1064), ("340", -1429)]


def test_one_reading_in_brackets_is_earlier_too() -> None:
    assert levels("B12 201 ng/L (260 in 2024)") == [("201", 0), ("260", -1064)]


@pytest.mark.parametrize("time", ["12 Oct 2026", "12/10/2026", "taken 12 Oct 2026", "180-900, 12/10/2026"])
def test_a_time_in_brackets_is_that_of_the_result_before_it(time: str) -> None:
    assert levels(f"B12 201 ng/L ({time})") == [("201", -49)]


def test_the_time_of_another_number_in_brackets_is_not_taken() -> None:
    assert levels("MMA 0.5 umol/L (0.3 two years ago)") == [("0.5", None)]


@pytest.mark.parametrize(
    "text",
    [
        "B12 (ng/L) 132",
        "B12 (ng/L): 132",
        "B12 ng/L 132",
        "B12 [ng/L] = 132",
        "| B12 (ng/L) | 132 | L | 197-771 |",
    ],
)
def test_a_unit_may_stand_before_its_number(text: str) -> None:
    assert [(str(lab.lo), lab.unit) for lab in read(text).labs] == [("132", "ng/L")]


def test_rows_between_strokes_are_read() -> None:
    table = (
        "| Test | Result | Range |\n|---|---|---|\n| Vitamin B12 | 132 ng/L | 180-900 |\n"
        "| Folate (ug/L) | 7.9 | 3.9-26.8 |\nHb (g/L) 112 L | MCV (fL) 103 H | Plt 88 L"
    )
    assert [(lab.analyte, str(lab.lo)) for lab in read(table).labs] == [
        ("vitamin_b12", "132"), ("folate_serum", "7.9"), ("hemoglobin", "112"), ("mcv", "103"), ("platelets", "88"),
    ]  # fmt: skip


def test_a_result_may_stand_in_a_clause_of_its_own() -> None:
    assert levels("You kindly checked B12, which is 1050 ng/L.") == [("1050", None)]


@pytest.mark.parametrize(
    "text", ["B12 120 ng/L. Repeat: hydroxocobalamin 1mg/ml", "B12 120 ng/L. On hydroxocobalamin 1 mg/ml"]
)
def test_what_an_ampoule_holds_is_no_result(text: str) -> None:
    assert [str(lab.lo) for lab in read(text).labs] == ["120"]


def test_a_level_that_was_stands_behind_a_semicolon_too() -> None:
    assert levels("B12 221 ng/L; was 540 ng/L in 2022") == [("221", 0), ("540", -1794)]


def test_a_month_may_have_a_year_of_two_figures() -> None:
    assert levels("B12 126 ng/L (06/24: 212)") == [("126", 0), ("212", -912)]
    assert levels("B12 01/19 402, 06/22 288, 11/26 171 ng/L") == [
        ("402", -2890),
        ("288", -1643),
        ("171", -29),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("folate N, TSH N", ["normal", "normal"]),
        ("B12 N.", ["normal"]),
        ("B12 N saline", []),
        ("MMA (N <280)", []),
    ],
)
def test_n_alone_behind_a_test_is_short_for_normal(text: str, said: list[str]) -> None:
    assert [lab.qualitative for lab in read(text).labs] == said


@pytest.mark.parametrize(
    ("text", "age", "sex"),
    [
        ("Mr Howe (52) returns.", 52, "male"),
        ("Memory clinic. Mrs B is 79. Frail.", 79, "female"),
        ("Referred by Mr Patel. 60F", 60, "female"),
    ],
)
def test_a_title_with_a_name_and_an_age_is_the_patients(text: str, age: int, sex: str) -> None:
    record = read(text)
    assert record.age == age
    assert sex in {e.concept for e in record.events}


def test_a_number_of_now_follows_a_verdict_of_then() -> None:
    labs = read("B12 normal last year, now 140 ng/L").labs
    assert [(lab.qualitative, str(lab.lo), lab.when.first) for lab in labs] == [
        ("normal", "None", -730),
        (None, "140", 0),
    ]


def test_what_was_sampled_may_stand_behind_the_name() -> None:
    assert levels("B12, serum: 132 ng/L [L]") == [("132", None)]
