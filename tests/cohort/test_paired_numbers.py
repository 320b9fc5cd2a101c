"""A table that says which number of one place is which of another: the people of both are put together by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from click.testing import CliRunner

from cobalens.intake.tables import sharing
from cobalens.intake.tables.crosswalk import crosswalk_in
from cobalens.serve.cli import main
from cobalens.serve.cohort import joined, pieces
from cobalens.serve.cohort.people import UNCLEAR
from tests.cohort.runs import ran

RESULTS = "mrn,test,result,units,collected\n" + "".join(
    f"M{n},Vitamin B12,{100 + n},ng/L,2025-03-01\n" for n in range(1, 7)
)
PROBLEMS = "nhs_number,problem,date\n9001,Pernicious anaemia,2019-01-01\n9002,Asthma,2018-01-01\n9003,Total gastrectomy,2018-01-01\n9009,Asthma,2018-01-01\n"
PAIRS = "MRN,NHS Number\nM1,9001\nM2,9002\nM2,9002\nM3,9003\nM4,\n,9005\n"
AS_ONE = PROBLEMS.replace("nhs_number", "mrn").replace("900", "M")
DAY = "2025-06-01"


def folder(top: Path, **files: str) -> Path:
    top.mkdir(parents=True)
    for name, content in files.items():
        (top / f"{name}.csv").write_text(content)
    return top


def answers(out: Path) -> list[tuple[Any, ...]]:
    return duckdb.sql(f"FROM '{out}/interpretations.parquet' ORDER BY person_id").fetchall()


def test_people_of_both_numbers_are_one_as_if_all_files_had_the_first(tmp_path: Path) -> None:
    run = ran(folder(tmp_path / "two", results=RESULTS, problems=PROBLEMS, ids=PAIRS), tmp_path / "out", DAY)
    as_one = AS_ONE.replace("M9", "9009")
    other = ran(folder(tmp_path / "one", results=RESULTS, problems=as_one), tmp_path / "other", DAY)
    assert answers(tmp_path / "out") == answers(tmp_path / "other")
    assert (run["people_together"], run["identifiers_paired"], run["identifiers_unclear"]) == (3, 3, 0)
    assert (other["people_together"], other["identifiers_paired"]) == (3, 0)
    assert run["files_of_strangers"] == {}


@pytest.mark.parametrize(
    ("more", "unclear"),
    [("M1,9002\n", {"9001", "9002"}), ("M6,9001\n", {"9001"}), ("M3,9009\n", {"9003", "9009"})],
)
def test_a_number_beside_several_is_set_aside_with_the_reason(
    more: str, unclear: set[str], tmp_path: Path
) -> None:
    source = folder(tmp_path / "two", results=RESULTS, problems=PROBLEMS, ids=PAIRS + more)
    run = ran(source, tmp_path / "out", DAY)
    assert run["people_aside"] == {UNCLEAR: len(unclear)}
    assert run["identifiers_unclear"] == len(unclear)
    lines = (tmp_path / "out" / "quarantine.ndjson").read_text().splitlines()
    assert {one["person"] for one in map(json.loads, lines) if one["reason"] == UNCLEAR} == unclear
    assert {row[0] for row in answers(tmp_path / "out")} >= {f"M{n}" for n in range(1, 7)}


@pytest.mark.parametrize(
    "ids",
    [
        PAIRS.replace("NHS Number", "hospital number"),
        "MRN,NHS Number,sex\nM1,9001,f\n",
        "MRN,NHS Number\n",
    ],
)
def test_without_a_table_that_pairs_these_numbers_and_holds_no_more_nothing_is_put_together(
    ids: str, tmp_path: Path
) -> None:
    run = ran(
        folder(tmp_path / "two", results=RESULTS, problems=PROBLEMS, ids=ids), tmp_path / "out", "latest"
    )
    assert run["identifiers_paired"] == 0
    assert {row[0] for row in answers(tmp_path / "out")} == {f"M{n}" for n in range(1, 7)}


def test_two_such_tables_are_not_chosen_between(tmp_path: Path) -> None:
    source = folder(tmp_path / "two", results=RESULTS, problems=PROBLEMS, ids=PAIRS, old=PAIRS)
    assert ran(source, tmp_path / "out", "latest")["identifiers_paired"] == 0


def test_the_run_says_how_many_were_paired(tmp_path: Path) -> None:
    source = folder(tmp_path / "two", results=RESULTS, problems=PROBLEMS, ids=PAIRS + "M6,9001\n")
    asked = ["cohort", "run", str(source), "--out", str(tmp_path / "out"), "--index", DAY, "--no-report"]
    said = CliRunner().invoke(main, asked).output
    assert "by which their people are called here: 2;" in said
    assert "is not clear: 1." in said


def test_wide_tables_and_several_processes_say_the_same(tmp_path: Path) -> None:
    visits = "nhs_number,date,Hb g/L,MCV fL\n" + "".join(f"900{n},2025-03-0{n},120,99\n" for n in range(1, 4))
    files = {"results": RESULTS, "problems": PROBLEMS, "visits": visits, "ids": PAIRS}
    for threads in (1, 2):
        ran(folder(tmp_path / str(threads), **files), tmp_path / f"out{threads}", DAY, threads=threads)
    assert answers(tmp_path / "out1") == answers(tmp_path / "out2")
    kept = duckdb.sql(
        f"SELECT DISTINCT person_id FROM '{tmp_path}/out1/results.parquet' WHERE analyte = 'mcv'"
    )
    assert {row[0] for row in kept.fetchall()} == {"M1", "M2", "M3"}


def test_what_pairs_one_to_one_is_told_from_what_does_not() -> None:
    found = crosswalk_in(b"a,b\n1,x\n2,y\n2,z\n3,w\n4,w\n1,x\n5,\n")
    assert found is not None
    assert (found.pairs, found.unclear) == ({"x": "1"}, {"y", "z", "w"})
    assert joined.kept_numbers("") is None


def test_tables_that_are_shared_out_are_paired_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"results": RESULTS, "problems": PROBLEMS, "ids": PAIRS}
    ran(folder(tmp_path / "whole", **files), tmp_path / "out", DAY)
    for module in (pieces, sharing):
        monkeypatch.setattr(module, "LARGE_ROWS", 2)
    monkeypatch.setattr(sharing, "LARGE_BYTES", 20)
    run = ran(folder(tmp_path / "pieces", **files), tmp_path / "again", DAY)
    assert answers(tmp_path / "again") == answers(tmp_path / "out")
    assert run["identifiers_paired"] == 3


def cells(text: str) -> list[list[Any]]:
    """Rows of a table, numbers as numbers."""
    rows = [line.split(",") for line in text.splitlines()]
    return [[int(one) if one.isdigit() else one or None for one in row] for row in rows]


def workbook(text: str, path: Path, sheets: int = 1) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        for _ in range(sheets):
            sheet = book.add_worksheet()
            for place, row in enumerate(cells(text)):
                sheet.write_row(place, 0, row)


def columns(text: str, path: Path) -> None:
    heads, *rows = cells(text)
    pq.write_table(
        pa.table({name: list(column) for name, column in zip(heads, zip(*rows, strict=True), strict=True)}),
        path,
    )


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
@pytest.mark.parametrize("which", ["ids", "problems", "both"])
def test_the_table_and_those_of_its_numbers_may_be_workbooks_and_columns(
    kind: str, which: str, tmp_path: Path
) -> None:
    ran(folder(tmp_path / "text", results=RESULTS, problems=PROBLEMS, ids=PAIRS), tmp_path / "out", DAY)
    source = folder(tmp_path / "other", results=RESULTS, problems=PROBLEMS, ids=PAIRS)
    for name, text in (("ids", PAIRS), ("problems", PROBLEMS)):
        if which in (name, "both"):
            (source / f"{name}.csv").unlink()
            (workbook if kind == "xlsx" else columns)(text, source / f"{name}.{kind}")
    run = ran(source, tmp_path / "again", DAY)
    assert run["identifiers_paired"] == 3
    assert answers(tmp_path / "again") == answers(tmp_path / "out")


def test_of_a_workbook_of_two_sheets_it_is_not_chosen_which_one_pairs(tmp_path: Path) -> None:
    source = folder(tmp_path / "two", results=RESULTS, problems=PROBLEMS)
    workbook(PAIRS, source / "ids.xlsx", sheets=2)
    assert ran(source, tmp_path / "out", "latest")["identifiers_paired"] == 0
