"""A column called `name` or `label` holds tests where another holds results and none is called a test."""

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


def labs_of(one: Record) -> list[str]:
    return sorted(lab.analyte for lab in one.labs)


@pytest.mark.parametrize("heading", ["name", "Label", "display name", "concept_name", "LONG_COMMON_NAME"])
def test_beside_a_number_of_the_person_a_name_is_that_of_a_test(heading: str) -> None:
    rows = "p1,Vitamin B12,150,ng/L\np1,MCV,108,fL\np2,Vitamin B12,400,ng/L\n"
    first, second = read(f"person_id,{heading},value,unit\n{rows}")
    assert (first.id, labs_of(first)) == ("p1", ["mcv", "vitamin_b12"])
    assert (second.id, labs_of(second)) == ("p2", ["vitamin_b12"])


def test_of_one_person_alone_too() -> None:
    (one,) = read("name,value,unit\nVitamin B12,150,ng/L\nMCV,108,fL\n")
    assert labs_of(one) == ["mcv", "vitamin_b12"]


@pytest.mark.parametrize(
    "heading", ["name,test,value,unit", "name,loinc,value,unit", "patient name,test,value,unit"]
)
def test_where_the_tests_have_a_column_of_their_own_a_name_is_a_persons(heading: str) -> None:
    word = "2132-9" if "loinc" in heading else "Vitamin B12"
    found = read(f"{heading}\nAnna Example,{word},150,ng/L\nBert Example,{word},400,ng/L\n")
    assert [labs_of(one) for one in found] == [["vitamin_b12"], ["vitamin_b12"]]


def test_names_of_people_beside_a_column_for_each_test_stay_theirs() -> None:
    found = read("name,B12 pg/mL,value\nAnna Example,150,\nBert Example,400,\n")
    assert [labs_of(one) for one in found] == [["vitamin_b12"], ["vitamin_b12"]]


def test_results_and_statements_of_one_long_table_are_told_apart_by_their_kind() -> None:
    (one,) = read(
        "person_id,date,domain,name,value,unit\n1,2025-12-05,lab,vitamin_b12,150,ng/L\n1,2019-05-01,procedure,total gastrectomy,,\n"
        "1,2025-12-01,symptom,numb feet,,\n1,2020-02-01,drug,metformin,,\n1,2020-02-01,condition,breast cancer,,\n"
    )
    assert labs_of(one) == ["vitamin_b12"]
    assert {event.concept for event in one.events} >= {"total_gastrectomy", "paraesthesia", "metformin"}
    assert not one.not_understood


def test_a_laboratory_table_of_a_research_database_is_read_as_it_stands() -> None:
    text = (
        "subject_id,hadm_id,itemid,charttime,label,valuenum,valueuom,ref_range_lower,ref_range_upper,fluid,category\n"
        "11,7,50000,2025-12-03 10:00,Vitamin B12,160,pg/mL,210,950,Blood,Chemistry\n"
        "12,8,50001,2025-12-04 10:00,Hemoglobin,9.8,g/dL,12,16,Blood,Hematology\n"
    )
    first, second = read(text)
    assert (first.id, labs_of(first), labs_of(second)) == ("11", ["vitamin_b12"], ["hemoglobin"])
    assert (first.labs[0].ref_low, first.labs[0].when.first) == (210, -29)
