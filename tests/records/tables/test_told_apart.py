"""People of one table are told apart by whatever the heading calls the sign of a person."""

from __future__ import annotations

import pytest

from cobalens import api
from cobalens.model.record import Record

HERE = api.load(packs=())


@pytest.mark.parametrize(
    "heading",
    ["Patient ref", "Client code", "participant_key", "Subject Reference", "Patient's hospital number", "PT NO", "Donor ID", "Patient pseudonym"],
)  # fmt: skip
def test_a_sign_of_a_person_tells_people_apart(heading: str) -> None:
    table = f"{heading};Specimen date;Vitamin B12 (pg/mL)\nA1;2024-03-01;155\nA2;2024-03-01;480\n"
    people = HERE.read_many(table.encode(), as_of="2024-04-01")
    assert [one.id for one in people] == ["A1", "A2"]
    assert all(isinstance(one, Record) and len(one.labs) == 1 for one in people)


@pytest.mark.parametrize(
    "heading", ["Specimen no", "Lab number", "Patient class", "Patient's specimen number", "Order ref"]
)
def test_what_tells_samples_or_visits_apart_does_not_split_a_person(heading: str) -> None:
    table = f"{heading};Specimen date;Vitamin B12 (pg/mL)\nA1;2024-03-01;155\nA2;2024-03-20;480\n"
    (person,) = HERE.read_many(table.encode(), as_of="2024-04-01")
    assert isinstance(person, Record)
    assert len(person.labs) == 2


def long_table(*ids: str) -> bytes:
    rows = (f"{one},Vitamin B12,{150 + place},pg/mL,2024-03-{place + 1:02}" for place, one in enumerate(ids))
    return "\n".join(("patient_id,test,value,unit,date", *rows)).encode()


def test_a_row_without_a_name_is_nobodys_where_the_other_rows_each_name_theirs() -> None:
    people = HERE.read_many(long_table("A1", "A1", "", "A2", "A2"), as_of="2024-04-01")
    assert [(one.id, len(one.labs)) for one in people if isinstance(one, Record)] == [("A1", 2), ("A2", 2)]
    (left,) = [
        element
        for one in people
        if isinstance(one, Record)
        for element in one.elements
        if element.where == "row 4"
    ]
    assert left.fate == "set_aside"
    assert "names no person" in left.reason


def test_a_name_that_stands_once_above_empty_cells_is_a_merged_cell() -> None:
    people = HERE.read_many(long_table("A1", "", "", "A2", ""), as_of="2024-04-01")
    assert [(one.id, len(one.labs)) for one in people if isinstance(one, Record)] == [("A1", 3), ("A2", 2)]
