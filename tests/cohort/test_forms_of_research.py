"""Tables as forms and statistics programs write them: several samplings in one row, boxes to tick, units and answers as codes."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.intake import tables
from cobalens.intake.tables.composed import occasion_in
from cobalens.intake.tables.headings import words_for
from cobalens.model.record import Record
from tests.cohort.rules_agreement import DOOR

DAY = "2026-11-23"


def read(text: str, called: str = "case") -> list[Record]:
    found = tables.read(text.encode(), DOOR.ruleset, DAY, called)
    assert all(isinstance(one, Record) for one in found), found
    return [one for one in found if isinstance(one, Record)]


def labs(one: Record) -> list[tuple[str, Any, Any]]:
    return [(lab.analyte, lab.lo, lab.when.first) for lab in one.labs]


@pytest.mark.parametrize(
    ("said", "occasion"),
    [
        (["baseline"], "baseline"),
        (["Baseline"], "baseline"),
        (["6m"], "6 m"),
        (["month", "6"], "month 6"),
        (["12", "months"], "12 months"),
        (["V1"], "v 1"),
        (["2"], "2"),
        (["B12"], ""),
        (["serum"], ""),
        (["2024"], ""),
    ],
)
def test_which_sampling_words_say(said: list[str], occasion: str) -> None:
    assert occasion_in(said, words_for(DOOR.ruleset)) == occasion


@pytest.mark.parametrize(
    "heads",
    [
        ("B12_1 (pg/mL)", "Date_1", "B12_2 (pg/mL)", "Date_2"),
        ("B12 baseline (pg/mL)", "date baseline", "B12 6m (pg/mL)", "date 6m"),
        ("V1 B12 pg/mL", "V1 date", "V2 B12 pg/mL", "V2 date"),
        ("b12_pgml_1", "b12_date_1", "b12_pgml_2", "b12_date_2"),
    ],
)
def test_a_result_of_one_of_several_samplings_has_the_date_of_that_sampling(heads: tuple[str, ...]) -> None:
    (one,) = read(f"ID,{','.join(heads)}\n7,310,2026-10-23,150,2026-11-13\n")
    assert labs(one) == [("vitamin_b12", 310, -31), ("vitamin_b12", 150, -10)]


def test_the_date_of_the_row_is_not_that_of_every_sampling() -> None:
    (one,) = read("ID,Date,B12 baseline (pg/mL),B12 6m (pg/mL)\n7,2026-10-23,310,150\n")
    assert labs(one) == [("vitamin_b12", 310, None), ("vitamin_b12", 150, None)]


@pytest.mark.parametrize("heading", ["IgG 4", "B12_2"])
def test_a_number_behind_a_name_alone_says_no_sampling(heading: str) -> None:
    (one,) = read(f"ID,Vitamin B12 (pg/mL),{heading}\n7,150,3\n")
    assert [lab.analyte for lab in one.labs] == ["vitamin_b12"]
    assert len(one.not_understood) == 1


@pytest.mark.parametrize(
    ("heading", "unit"),
    [("b12_pgml", "pg/mL"), ("mma_umoll", "umol/L"), ("hb_gdl", "g/dL"), ("b12_pmol_l", "pmol/L")],
)
def test_a_unit_without_its_slash_is_read(heading: str, unit: str) -> None:
    (one,) = read(f"record_id,{heading},date\n7,15,2026-11-01\n")
    assert [(lab.unit or "").lower() for lab in one.labs] == [unit.lower()]


def test_the_date_of_a_test_is_not_a_heading_of_its_own() -> None:
    (one,) = read("Record ID,Vitamin B12 (pg/mL),Date of B12\n7,150,2026-11-13\n")
    assert labs(one) == [("vitamin_b12", 150, -10)]
    assert not one.not_understood


def test_a_box_that_is_ticked_is_a_yes_and_one_that_is_not_is_no_no() -> None:
    text = "Record ID,Medications (choice=Metformin),Medications (choice=Omeprazole),Allergies (choice=Metformin)\n"
    first, second, third = read(
        f"{text}1,Checked,Unchecked,Unchecked\n2,Unchecked,Unchecked,Unchecked\n3,Unchecked,Unchecked,Checked\n"
    )
    assert [(one.concept, one.affirmed) for one in first.events] == [("metformin", True)]
    assert not second.events
    assert not [one for one in third.events if one.concept == "metformin" and one.affirmed]


@pytest.mark.parametrize("code", ["9", "-9", "99", "-99", "999"])
def test_a_number_that_stands_for_no_answer_is_neither_yes_nor_no(code: str) -> None:
    people = read(f"ID,Vitamin B12 (pg/mL),Vegan,Metformin\n1,150,1,0\n2,150,0,1\n3,150,{code},{code}\n")
    said = [[(one.concept, one.affirmed) for one in each.events] for each in people]
    assert all(said[:2])
    assert said[0] != said[1]
    assert said[2] == []
    assert len(people[2].not_understood) == 2


def test_a_column_of_counts_answers_nothing() -> None:
    people = read("ID,Vitamin B12 (pg/mL),Vegan\n1,150,1\n2,150,4\n3,150,0\n")
    assert not [one for each in people for one in each.events]


@pytest.mark.parametrize("beside", ["BASELINE", "1", "Visit 2"])
def test_of_a_visit_and_a_date_the_date_is_the_day(beside: str) -> None:
    (one,) = read(
        f"USUBJID,LBTEST,LBORRES,LBORRESU,VISIT,LBDTC,LBDY\nS-1,Vitamin B12,110,pg/mL,{beside},2026-11-13T08:00,1\n"
    )
    assert labs(one) == [("vitamin_b12", 110, -10)]


def test_what_two_columns_say_of_one_drug_is_said_together() -> None:
    (one,) = read("USUBJID,CMTRT,CMDECOD,CMDOSE,CMDOSU,CMSTDTC\nS-1,GLUCOPHAGE,METFORMIN,500,mg,2020-01\n")
    assert {event.concept for event in one.events} == {"metformin"}
    assert all(event.start.known for event in one.events)
