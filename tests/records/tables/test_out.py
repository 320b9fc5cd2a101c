"""Answers of many people as tables: one row a person, findings one a row, and no cell that acts as a formula."""

from __future__ import annotations

import csv
import io

import pytest
import python_calamine

from cobalens.api import load
from cobalens.report import tables


def told() -> list[tables.Told]:
    door = load()
    made = []
    for name, value in (("=1+1", 150), ("@sum", 900)):
        case, said = door.judged(
            {
                "id": name,
                "patient": {"age": 67},
                "facts": {"labs": [{"analyte": "vitamin_b12", "value": value, "unit": "ng/L"}]},
            }
        )
        made.append(tables.Told(name, case, said))
    return [
        *made,
        tables.Told("-3", error={"problem": "The age is not a number.", "next": "Give it in years."}),
    ]


def test_a_csv_has_a_row_for_everybody_and_the_reason_where_there_is_no_answer() -> None:
    rows = list(csv.DictReader(io.StringIO(tables.people_csv(told()))))
    assert [row["id"] for row in rows] == ["'=1+1", "'@sum", "'-3"]
    assert rows[0]["answer"] == "deficiency"
    assert rows[0]["next_tests"]
    assert rows[2]["error"].startswith("The age is not a number.")
    assert tuple(rows[0]) == tables.PEOPLE


def test_the_findings_stand_one_a_row_with_reason_and_source() -> None:
    rows = list(csv.DictReader(io.StringIO(tables.findings_csv(told()))))
    assert {row["status"] for row in rows} == {"supported"}
    assert all(row["code"] and row["title"] for row in rows)
    assert any(row["sources"] for row in rows)


def test_a_workbook_holds_both_and_says_by_which_rules() -> None:
    people = told()
    book = python_calamine.CalamineWorkbook.from_filelike(
        io.BytesIO(tables.workbook(people, tables.about(people)))
    )
    assert book.sheet_names == ["People", "Findings", "About"]
    rows = book.get_sheet_by_name("People").to_python()
    assert tuple(rows[0]) == tables.PEOPLE
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'@sum", "'-3"]
    assert book.get_sheet_by_name("About").to_python()[2][0] == "Ruleset"


@pytest.mark.parametrize("cell", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1"])
def test_no_cell_acts_as_a_formula(cell: str) -> None:
    assert tables.escaped(cell).startswith("'")
    assert tables.escaped("B12 low") == "B12 low"
