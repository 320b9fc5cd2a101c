"""What stands around, between and in the rows of an export: titles, remarks, footers, empty values of programs, ragged rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from cobalens.intake import tables
from cobalens.model.record import Record
from cobalens.serve.cli import main
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran

HEAD = "Patient ID,Date,Test,Result,Units\n"
ROWS = "1,2024-02-13,Vitamin B12,110,pg/mL\n2,2024-02-13,Vitamin B12,1500,pg/mL\n"


def put(folder: Path, text: str) -> Path:
    place = folder / "export.csv"
    place.write_text(text)
    return place


def results(out: Path) -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT person_id, lo FROM '{out / 'results.parquet'}' ORDER BY ALL").fetchall()


def aside(out: Path) -> list[tuple[str, int, str]]:
    lines = map(json.loads, (out / "quarantine.ndjson").read_text().splitlines())
    return [(one["person"], one["line"], one["reason"]) for one in lines]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", ""),
        ("# export of 2024-06-01\n# hospital X\n", "\n(2 rows affected)\n"),
        ("B12 results\nRun on 01/06/2024\n\n", "\n\n"),
        ("sep=,\n", "Total,,,1610,\n"),
        ('"B12 results","","","",""\n', "End of report\n"),
    ],
)
def test_titles_remarks_and_footers_cost_nobody_a_result(tmp_path: Path, above: str, below: str) -> None:
    run = ran(put(tmp_path, f"{above}{HEAD}{ROWS}{below}"), tmp_path / "out")
    assert (run["people"], run["people_judged"]) == (2, 2)
    assert results(tmp_path / "out") == [("1", 110), ("2", 1500)]


@pytest.mark.parametrize("null", ["NULL", "nan", "NaT", "<NA>", "#N/A", "\\N", ""])
def test_what_a_program_writes_for_nothing_is_no_result_and_no_day(tmp_path: Path, null: str) -> None:
    run = ran(
        put(tmp_path, f"{HEAD}{ROWS}3,2024-02-13,Vitamin B12,{null},pg/mL\n2,{null},MMA,0.9,umol/L\n"),
        tmp_path / "out",
    )
    assert (run["people"], run["people_judged"]) == (3, 2)
    assert run["people_aside"] == {"no dated result to be judged": 1}
    assert "not understood: its date" not in run["gathered"]


def test_a_ragged_row_costs_itself_alone_and_no_cell_goes_without_a_word(tmp_path: Path) -> None:
    ragged = '3,2024-02-13,Vitamin B12,900\n4,2024-02-13,"Vitamin, B12",90,pg/mL,haemolysed\n5,2024-02-13,Vitamin B12, total,90,pg/mL\n'
    run = ran(put(tmp_path, f"{HEAD}{ROWS}{ragged}{ROWS}"), tmp_path / "out")
    assert (run["people"], run["people_judged"]) == (5, 5)
    told = aside(tmp_path / "out")
    assert {(person, line) for person, line, _ in told} >= {("3", 4), ("4", 5), ("5", 6)}
    assert ("4", 5, "not understood: a heading above the cell") in told
    assert "haemolysed" not in (tmp_path / "out" / "quarantine.ndjson").read_text()


@pytest.mark.parametrize("day", ["02/03/2024", "2024-13-45", "some day"])
def test_a_result_of_a_day_that_is_not_understood_is_kept_and_told(tmp_path: Path, day: str) -> None:
    source = put(tmp_path, f"{HEAD}1,{day},Vitamin B12,110,pg/mL\n")
    done = CliRunner().invoke(
        main, ["cohort", "run", str(source), "--out", str(tmp_path / "out"), "--no-report"]
    )
    assert done.exit_code == 0, done.output
    assert "1 not understood: its date" in done.output
    assert '[table] dates = "day first"' in done.output
    assert aside(tmp_path / "out") == [("1", 2, "not understood: its date")]
    assert results(tmp_path / "out") == [("1", 110)]


@pytest.mark.parametrize("start", ["2015", "03/2015", "2015-03"])
@pytest.mark.parametrize("heading", ["Start", "Since", "Date started"])
def test_a_year_in_which_a_drug_was_begun_is_no_day_to_come(start: str, heading: str) -> None:
    (one,) = tables.read(
        f"Patient ID,Drug,{heading}\n1,Metformin,{start}\n".encode(), DOOR.ruleset, "2024-02-13"
    )
    assert isinstance(one, Record)
    assert [(event.concept, event.time) for event in one.events] == [("metformin", "current")]
    assert all((event.start.last or 0) < -2900 for event in one.events)
