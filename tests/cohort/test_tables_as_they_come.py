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


CERNER = "PERSON_ID,EVENT_CD_DISP,RESULT_VAL,RESULT_UNITS_DISP,EVENT_END_DT_TM,RESULT_STATUS_DISP\n"


def test_headings_and_statuses_as_a_record_system_shows_them(tmp_path: Path) -> None:
    rows = "".join(
        f"{who},Vitamin B12 Level,{value},pg/mL,2026-01-30 09:00,{status}\n"
        for who, value, status in (
            (1, 180, "Auth (Verified)"), (2, 300, "Auth (Verified)"), (2, 130, "Modified"), (3, 150, "In Error"), (4, 160, "In Progress"),
        )
    )  # fmt: skip
    run = ran(put(tmp_path, CERNER + rows), tmp_path / "out")
    assert (run["people"], run["people_judged"]) == (4, 3)
    assert run["people_aside"] == {"no dated result to be judged": 1}, "what is in error is no result"
    said = duckdb.sql(
        f"SELECT person_id, lo, status FROM '{tmp_path}/out/results.parquet' WHERE problem IS NULL ORDER BY ALL"
    )
    assert said.fetchall() == [
        ("1", 180, "final"), ("2", 130, "corrected"), ("2", 300, "final"), ("4", 160, "preliminary"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "heading",
    ["Código paciente", "Codigo de paciente", "Nº historia", "Número de historia clínica", "Codice paziente", "Identifiant du patient"],
)  # fmt: skip
def test_people_are_told_apart_by_a_heading_in_another_language(tmp_path: Path, heading: str) -> None:
    rows = "1;Vitamina B12;150;pg/mL;31/01/2026\n2;Vitamina B12;1800;pg/mL;30/01/2026\n"
    run = ran(put(tmp_path, f"{heading};Prueba;Resultado;Unidad;Fecha\n{rows}"), tmp_path / "out")
    assert (run["people"], run["people_judged"]) == (2, 2)
    assert results(tmp_path / "out") == [("1", 150), ("2", 1800)]


@pytest.mark.parametrize(
    ("heading", "refused"),
    [
        ("Code of this patient", True),
        ("Number for person", True),
        ("Sample key", True),
        ("Patient mood", False),
    ],
)
def test_an_unknown_column_that_may_number_people_is_refused_wherever_the_word_for_it_stands(
    tmp_path: Path, heading: str, refused: bool
) -> None:
    rows = "1,Vitamin B12,150,pg/mL,2026-01-31\n2,Vitamin B12,1800,pg/mL,2026-01-30\n"
    source = put(tmp_path, f"{heading},Test,Result,Units,Date\n{rows}")
    said = CliRunner().invoke(main, ["cohort", "run", str(source), "--out", str(tmp_path / "out")])
    assert (said.exit_code == 2) is refused
    assert not refused or heading in said.output


def test_a_test_of_the_second_sampling_alone_is_dated_by_it(tmp_path: Path) -> None:
    text = "patient_id,b12_pmoll_1,date_1,b12_pmoll_2,date_2,mma_umoll_2,hcy_umoll_7\n1,120,2025-01-10,300,2026-01-10,0.2,15\n"
    run = ran(put(tmp_path, text), tmp_path / "out")
    said = duckdb.sql(
        f"SELECT analyte, lo, DATE '1970-01-01' + first_day FROM '{tmp_path}/out/results.parquet' ORDER BY ALL"
    ).fetchall()
    assert [(one, value, f"{day}"[:10]) for one, value, day in said] == [
        ("mma", 0.2, "2026-01-10"), ("vitamin_b12", 120, "2025-01-10"), ("vitamin_b12", 300, "2026-01-10"),
    ]  # fmt: skip
    assert run["gathered"]["not understood: a heading that is known instead of hcy_umoll_7"] == 1


def test_files_of_other_programs_beside_those_that_are_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    put(tmp_path / "in", HEAD + ROWS)
    for name in ("old.dta", "labs.sas7bdat", "notes.docx"):
        (tmp_path / "in" / name).write_bytes(b"\x00")
    assert ran(tmp_path / "in", tmp_path / "out")["files_not_read"] == {".dta": 1, ".sas7bdat": 1}


def test_a_laboratorys_own_export_gives_birth_dates_and_the_day_of_arrival_for_want_of_another(
    tmp_path: Path,
) -> None:
    heads = "Pat.-ID;Geschlecht;Geb.-Datum;Analyse;Ergebnis;Einheit;Eingang\n"
    rows = "P1;w;12.03.1950;Vitamin B12;150;pg/ml;31.01.2026 09:15\nP2;m;01.07.1944;Vitamin B12;400;pg/ml;30.01.2026 10:00\n"
    run = ran(put(tmp_path, heads + rows), tmp_path / "out")
    days = duckdb.sql(
        f"SELECT person_id, as_of::VARCHAR FROM '{tmp_path}/out/interpretations.parquet' ORDER BY 1"
    )
    assert days.fetchall() == [("P1", "2026-01-31"), ("P2", "2026-01-30")]
    assert not [fate for fate in run["gathered"] if fate.startswith("not understood")]
