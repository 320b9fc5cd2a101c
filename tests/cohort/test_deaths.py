"""Whoever has died: before the day of decision nobody is judged, later they are answered and stand in no worklist."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.intake.fhir import lines
from cobalens.model.cohort import lists_of
from cobalens.serve.cohort import report
from cobalens.serve.cohort.days import HAS_DIED
from tests.cohort.omop_people import omop, write
from tests.cohort.omop_people import people as omop_people
from tests.cohort.runs import ran
from tests.records.fhir.build import LOINC, concept

DAY = "2026-01-20"
DEATHS = {
    "before": "2026-01-19",
    "same": DAY,
    "after": "2026-02-20",
    "month": "2026-01",
    "unknown": "yes",
    "filler": "1900-01-01",
    "empty": "1970-01-01",
    "lives": "no",
    "silent": "",
}
"""Person -> what the record says of a death; the result is of ``DAY``."""
GONE, SINCE = {"before", "same"}, {"after", "month", "unknown", "filler", "empty"}
HEADS = ("id", "age", "sex", "date of death")
EVENTS = """person_id VARCHAR, place INTEGER, concept VARCHAR, affirmed BOOLEAN, doubt BOOLEAN, family BOOLEAN, tense VARCHAR,
start_first INTEGER, start_last INTEGER, stop_first INTEGER, stop_last INTEGER, route VARCHAR, dose_ug DOUBLE, adherence VARCHAR,
listed_as_procedure BOOLEAN"""


def answered(out: Path) -> dict[str, bool | None]:
    """Person -> what the answers say of a death."""
    return dict(duckdb.sql(f"SELECT person_id, died FROM '{out}/interpretations.parquet'").fetchall())


def fhir(person: str, said: str, careful: bool = False) -> list[dict[str, Any]]:
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": person,
        "birthDate": "1950-01-01",
        "gender": "female",
    }
    if said in ("yes", "no"):
        patient["deceasedBoolean"] = said == "yes"
    elif said:
        patient["deceasedDateTime"] = said if len(said) < 10 else f"{said}T04:05:06+01:00"
    if careful:
        patient["link"] = [{"type": "seealso"}]
    result = {
        "resourceType": "Observation", "id": f"{person}-1", "status": "final", "code": concept("", (LOINC, "2132-9", "Vitamin B12")),
        "subject": {"reference": f"Patient/{person}"}, "effectiveDateTime": DAY,
        "valueQuantity": {"value": 100, "unit": "pg/mL", "code": "pg/mL", "system": "http://unitsofmeasure.org"},
    }  # fmt: skip
    return [patient, result]


def as_lines(folder: Path) -> Path:
    path = folder / "all.ndjson"
    path.write_text(
        "\n".join(json.dumps(one) for who, said in DEATHS.items() for one in fhir(who, said)) + "\n"
    )
    return path


def as_careful_lines(folder: Path) -> Path:
    path = folder / "all.ndjson"
    path.write_text(
        "\n".join(json.dumps(one) for who, said in DEATHS.items() for one in fhir(who, said, True)) + "\n"
    )
    return path


def as_bundles(folder: Path) -> Path:
    for who, said in DEATHS.items():
        entries = [{"resource": one} for one in fhir(who, said)]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        (folder / f"{who}.json").write_text(json.dumps(bundle))
    return folder


def as_long_table(folder: Path) -> Path:
    rows = [",".join((*HEADS, "test", "result", "unit", "date"))]
    for test, value, unit in (("Vitamin B12", "100", "ng/L"), ("Haemoglobin", "99", "g/L")):
        rows += [f"{who},66,f,{said},{test},{value},{unit},{DAY}" for who, said in DEATHS.items()]
    # Of few rows each would be read by itself.
    rows += [f"other{n},66,f,,Vitamin B12,500,ng/L,{DAY}" for n in range(40)]
    path = folder / "results.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def as_wide_table(folder: Path) -> Path:
    rows = [",".join((*HEADS, "date", "Vitamin B12 (ng/L)", "Haemoglobin (g/L)"))]
    rows += [f"{who},66,f,{said},{DAY},100,99" for who, said in DEATHS.items()]
    path = folder / "visits.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def as_several_tables(folder: Path) -> Path:
    results = ["id,test,result,unit,date", *(f"{who},Vitamin B12,100,ng/L,{DAY}" for who in DEATHS)]
    (folder / "results.csv").write_text("\n".join(results) + "\n")
    people = [",".join(HEADS), *(f"{who},66,f,{said}" for who, said in DEATHS.items())]
    (folder / "people.csv").write_text("\n".join(people) + "\n")
    return folder


def as_messages(folder: Path) -> Path:
    sent = []
    for number, (who, said) in enumerate(DEATHS.items()):
        day, word = ("", said[:1].upper()) if said in ("yes", "no") else (said.replace("-", ""), "")
        sent += [
            rf"MSH|^~\&|LAB|H|EMR|H|202601200900||ORU^R01|{number}|P|2.5.1",
            f"PID|1||{who}^^^H^MR||Example^Ada||19600101|F{'|' * 21}{day}|{word}",
            "OBR|1|||B12^Vitamin B12|||202601200800",
            "OBX|1|NM|2132-9^Vitamin B12^LN||100|pg/mL|200-900|||F",
        ]
    path = folder / "night.hl7"
    path.write_text("\r".join(sent) + "\r")
    return path


def as_cases(folder: Path) -> Path:
    said = {"yes": True, "no": False, "": None}
    cases = [
        {"id": who, "patient": {"age": 66, "died": said.get(death, death)},
         "facts": {"labs": [{"analyte": "vitamin_b12", "value": 100, "unit": "ng/L", "date": DAY}]}}
        for who, death in DEATHS.items()
    ]  # fmt: skip
    path = folder / "cases.ndjson"
    path.write_text("\n".join(map(json.dumps, cases)) + "\n")
    return path


def as_canonical_tables(folder: Path) -> Path:
    def day(text: str) -> str:
        return f"DATE '{text}' - DATE '1970-01-01'"

    base = duckdb.connect()
    flags = "".join(f", FALSE AS complete_{name}" for name in lists_of(load().ruleset))
    people = " UNION ALL ".join(
        f"SELECT '{who}' AS person_id, {day(DAY)} AS index_day, 66.0::DOUBLE AS age{flags}, "
        f"{'NULL' if said in ('', 'no') else 'TRUE'}::BOOLEAN AS died, ({day(said) if len(said) == 10 else 'NULL'})::INTEGER AS death_day"
        for who, said in DEATHS.items()
    )
    results = (
        "SELECT person_id, 0 AS place, 'vitamin_b12' AS analyte, 100.0::DOUBLE AS lo, 100.0::DOUBLE AS hi, FALSE AS lo_open, FALSE AS hi_open, "
        "'ng/L' AS unit, index_day AS first_day, index_day AS last_day, '' AS clock, NULL::DOUBLE AS ref_low, NULL::DOUBLE AS ref_high, "
        "NULL::VARCHAR AS qualitative, NULL::VARCHAR AS problem, 'final' AS status, FALSE AS derived, NULL::INTEGER AS for_index FROM person"
    )
    base.execute(f"CREATE TABLE person AS SELECT * REPLACE (index_day::INTEGER AS index_day) FROM ({people})")
    base.execute(f"CREATE TABLE lab AS {results}")
    base.execute(f"CREATE TABLE event ({EVENTS})")
    for name in ("person", "lab", "event"):
        base.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
    return folder


SOURCES = [
    as_lines, as_careful_lines, as_bundles, as_long_table, as_wide_table, as_several_tables, as_messages, as_cases, as_canonical_tables,
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "index"),
    # Canonical tables say their days themselves, and take no date.
    [
        (make, index)
        for make in SOURCES
        for index in ("latest", DAY)
        if make is not as_canonical_tables or index != DAY
    ],
)
def test_the_dead_are_set_aside_and_whoever_died_later_is_answered(
    make: Callable[[Path], Path], index: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    run = ran(make(source), tmp_path / "out", index)
    assert run["people_aside"] == {HAS_DIED: len(GONE)}
    said = answered(tmp_path / "out")
    assert {who: died for who, died in said.items() if who in DEATHS} == {
        **dict.fromkeys(SINCE, True), "lives": None, "silent": None,
    }  # fmt: skip
    assert run["people_died"] == len(SINCE)


def test_a_day_of_death_that_stands_for_none_is_told_with_its_place(tmp_path: Path) -> None:
    run = ran(as_wide_table(tmp_path), tmp_path / "out")
    fate = "set aside: a day of death that stands for none"
    assert run["gathered"][fate] == 2
    told = [json.loads(one) for one in (tmp_path / "out" / "quarantine.ndjson").read_bytes().splitlines()]
    assert {one["person"] for one in told if one["reason"] == fate} == {"filler", "empty"}


def test_lines_that_are_cut_by_compiled_code_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "COMPILED_BYTES", 0)
    run = ran(as_lines(tmp_path), tmp_path / "out")
    assert run["people_aside"] == {HAS_DIED: len(GONE)}
    assert {who for who, died in answered(tmp_path / "out").items() if died} == SINCE


def test_a_death_between_two_results_parts_the_days_of_decision(tmp_path: Path) -> None:
    """As where a result was signed off later than its patient lived."""
    rows = ["id,date of death,test,result,unit,date"]
    rows += [f"1,2026-02-10,Vitamin B12,100,ng/L,{day}" for day in (DAY, "2026-02-11")]
    (tmp_path / "results.csv").write_text("\n".join(rows) + "\n")
    run = ran(tmp_path / "results.csv", tmp_path / "out", "each-result")
    assert (run["people_judged"], run["people_aside"], run["used"]) == (1, {}, 1)
    assert answered(tmp_path / "out") == {"1": True}


def test_of_an_instance_the_dead_without_a_day_are_answered(tmp_path: Path) -> None:
    tables = omop(omop_people(12, seed=4))
    days = {1: None, 2: "1999-01-01", 3: "2099-01-01", 4: "1900-01-01", 5: "1900-01-02"}
    tables["death"] = pa.table(
        {"person_id": list(days), "death_date": pa.array(list(days.values())).cast(pa.date32())}
    )
    run = ran(write(tables, tmp_path / "cdm"), tmp_path / "out", "2024-03-01")
    assert run["people_aside"][HAS_DIED] == 2
    assert {who for who, died in answered(tmp_path / "out").items() if died} == {"1", "3", "4"}
    assert run["gathered"]["death.death_date: a day that stands for none"] == 1


def test_whoever_has_died_stands_in_no_worklist_and_the_report_says_how_many(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran(as_long_table(tmp_path), out)
    assert report.run(str(out), quiet=True) == 0
    book = CalamineWorkbook.from_path(str(out / "worklists.xlsx"))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    listed = {str(cell) for sheet in sheets[1:] for row in sheet for cell in row}
    assert {"lives", "silent"} <= listed
    assert listed.isdisjoint(DEATHS.keys() - {"lives", "silent"})
    words = load().ruleset.text["en"]["layout:cohort_lists_died"].title.format(count=len(SINCE))
    assert words in (out / "report.html").read_text()
    assert any(words in str(cell) for row in sheets[0] for cell in row)


def test_facts_that_do_not_say_who_has_died_are_answered_and_a_column_of_words_is_refused(
    tmp_path: Path,
) -> None:
    ran(as_lines(tmp_path), tmp_path / "out")
    facts = pq.read_table(tmp_path / "out" / "facts.parquet")
    pq.write_table(facts.drop_columns("died"), tmp_path / "facts.parquet")
    again = ran(tmp_path / "facts.parquet", tmp_path / "again")
    assert (again["people_died"], again["columns_not_used"]) == (0, [])
    assert set(answered(tmp_path / "again").values()) == {None}
    assert ran(tmp_path / "out" / "facts.parquet", tmp_path / "same")["people_died"] == len(SINCE)
    words = facts.column("died").cast(pa.string())
    pq.write_table(
        facts.set_column(facts.column_names.index("died"), "died", words), tmp_path / "facts.parquet"
    )
    with pytest.raises(CobalensError, match="died") as refused:
        ran(tmp_path / "facts.parquet", tmp_path / "words")
    assert refused.value.code == "facts_of_wrong_type"
