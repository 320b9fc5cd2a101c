"""A run on tables of results as laboratories send them: each format, each way to choose the day, and a disk that fills."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.command import fills_the_disk
from tests.cohort.lines_of_people import alone, said_in
from tests.cohort.report_people import made
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran

PEOPLE = [(f"t{n:02}", 40 + n, 90 + 40 * n, f"2026-01-{n + 1:02}", f"{0.1 + n / 20:.2f}") for n in range(12)]
LATER = [("t03", 43, 400, "2026-01-25", ""), ("t07", 47, 95, "2026-01-28", "")]
NEVER = ("t90", 55, "", "2026-01-05", "")
HEADINGS = {
    "long": "patient id,age,sex,test,result,unit,date",
    "wide": "patient id,age,sex,date,B12 pg/mL,MMA umol/L",
}
DAYS = {"2026-02-01": 13, "latest": 12, "each-result": 14}
PAIRS = [
    *((name, index) for name in ("long.csv", "wide.csv") for index in DAYS),
    *((name, "each-result") for name in ("long.tsv", "long.xlsx", "wide.parquet")),
]


def rows_of(shape: str) -> Iterator[list[str]]:
    yield HEADINGS[shape].split(",")
    for person, age, b12, day, mma in (*PEOPLE, *LATER, NEVER):
        if shape == "wide":
            yield [person, str(age), "female", day, str(b12), mma]
            continue
        yield [person, str(age), "female", "Vitamin B12", str(b12), "pg/mL", day]
        if mma:
            yield [person, str(age), "female", "MMA", mma, "umol/L", day]


def written(folder: Path, name: str, more: tuple[list[str], ...] = ()) -> Path:
    shape, _, ending = name.partition(".")
    rows = [*rows_of(shape), *more]
    place = folder / name
    if ending == "xlsx":
        with xlsxwriter.Workbook(str(place), {"strings_to_numbers": True}) as book:
            sheet = book.add_worksheet("Results")
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    else:
        place.with_suffix(".csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
        if ending == "tsv":
            place.write_text("\n".join("\t".join(row) for row in rows) + "\n")
        if ending == "parquet":
            duckdb.sql(f"COPY (FROM read_csv('{place.with_suffix('.csv')}')) TO '{place}'")
    return place


def test_a_table_of_more_days_than_a_year_has_is_answered_for_each_persons_newest_result(
    tmp_path: Path,
) -> None:
    days = [(dt.date(2023, 1, 1) + dt.timedelta(days=n)).isoformat() for n in range(420)]
    people = [(f"y{n:03}", "60", str(90 + 3 * n), day, "") for n, day in enumerate(days)]
    source = tmp_path / "years.csv"
    rows = [
        HEADINGS["wide"],
        *(f"{name},{age},female,{day},{b12},{mma}" for name, age, b12, day, mma in people),
    ]
    source.write_text("\n".join(rows) + "\n")
    run = ran(source, tmp_path / "out", "latest")
    assert run["people_judged"] == len(people)
    found = duckdb.sql(
        f"SELECT person_id, DATE '1970-01-01' + index_day FROM '{tmp_path / 'out' / 'interpretations.parquet'}'"
    ).fetchall()
    assert sorted((name, str(day)) for name, day in found) == [(name, day) for name, _, _, day, _ in people]


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_a_table_of_each_kind_is_answered_as_each_person_alone_on_each_day_of_decision(
    tmp_path: Path, name: str, index: str
) -> None:
    source = written(tmp_path, name)
    run = ran(source, tmp_path / "out", index)
    assert run["used"] == DAYS[index]
    assert run["people_aside"] == ({} if index == "2026-02-01" else {"no dated result to be judged": 1})
    found = said_in(tmp_path / "out")
    days = {index} if index == "2026-02-01" else {day for _, day, _ in found}
    by_day = {day: {one.id: one for one in DOOR.read_many(source.read_bytes(), day)} for day in sorted(days)}
    for person, day, said in found:
        assert said == alone(DOOR, by_day[day][person], None), (person, day)
    if index == "each-result":
        assert [day for person, day, _ in found if person == "t03"] == ["2026-01-04", "2026-01-25"]


def test_a_row_that_gives_no_result_is_counted_and_named_by_its_place(tmp_path: Path) -> None:
    more = (
        ["t00", "40", "female", "Vitamin B12", "canary", "pg/mL", "2026-01-20"],
        ["t02", "42", "female", "Unheard-of test", "3", "furlongs", "2026-01-09"],
    )
    source = written(tmp_path, "long.csv", more)
    lines = source.read_text().splitlines()
    run = ran(source, tmp_path / "out", "2026-02-01")
    lost = {
        what: count for what, count in run["gathered"].items() if not what.startswith(("used", "understood"))
    }
    quarantine = [
        json.loads(line) for line in (tmp_path / "out" / "quarantine.ndjson").read_text().splitlines()
    ]
    places = {one["line"]: (one["person"], one["reason"]) for one in quarantine}
    assert sum(lost.values()) == len(places) == 3
    assert places[lines.index(",".join(more[0])) + 1][0] == "t00"
    assert places[lines.index(",".join(more[1])) + 1] == ("t02", "not understood")
    assert "canary" not in (tmp_path / "out" / "quarantine.ndjson").read_text() + json.dumps(run)


def test_a_disk_that_fills_while_answers_are_written_is_said_and_the_run_goes_on(tmp_path: Path) -> None:
    facts, _ = made(tmp_path / "in", 60)
    out = tmp_path / "out"
    fills_the_disk(facts, out, "--partitions", "3", room=20_000)
    run = ran(facts, out, "latest", partitions=3, resume=True)
    assert (run["status"], run["used"]) == ("done", 60)


def test_a_person_of_two_documents_is_counted_once_and_the_run_says_that_each_was_read_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for month, b12 in ((1, 190), (2, 185)):
        people = {"P1": b12, "P2": 900}
        entries = [
            one
            for name, value in people.items()
            for one in (
                {"resource": {"resourceType": "Patient", "id": name, "birthDate": "1950-01-02"}},
                {
                    "resource": {
                        "resourceType": "Observation",
                        "status": "final",
                        "code": {"coding": [{"system": "http://loinc.org", "code": "2132-9"}]},
                        "subject": {"reference": f"Patient/{name}"},
                        "effectiveDateTime": f"2025-0{month}-05",
                        "valueQuantity": {"value": value, "unit": "pg/mL"},
                    }
                },
            )
        ]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{month}.json").write_text(json.dumps(bundle))
    order = Wanted(
        source=str(tmp_path / "in"), out=str(tmp_path / "out"), pack=DOOR.pack.name, index="latest", threads=1
    )
    assert cohort.run(order) == 0
    run = json.loads((tmp_path / "out" / "run.json").read_bytes())
    assert (run["people"], run["people_judged"], run["people_again"]) == (2, 2, 2)
    assert "read by itself" in capsys.readouterr().out


def test_files_of_one_name_in_several_folders_are_several_people(tmp_path: Path) -> None:
    for folder, b12 in (("ward-a", 120), ("ward-b", 1500)):
        (tmp_path / "in" / folder).mkdir(parents=True)
        case = {
            "patient": {"age": 60, "sex": "female"},
            "labs": [{"name": "B12", "value": b12, "unit": "ng/L", "date": "2025-01-01"}],
        }
        (tmp_path / "in" / folder / "case.json").write_text(json.dumps(case))
    run = ran(tmp_path / "in", tmp_path / "out", "2025-02-01")
    assert run["people_judged"] == 2
    found = duckdb.sql(
        f"SELECT person_id FROM '{tmp_path / 'out' / 'interpretations.parquet'}' ORDER BY 1"
    ).fetchall()
    assert found == [("ward-a/case",), ("ward-b/case",)]


def test_a_table_in_parquet_that_calls_its_people_as_facts_do_is_a_table(tmp_path: Path) -> None:
    source = tmp_path / "labs.parquet"
    duckdb.sql(
        "COPY (SELECT 7 AS person_id, DATE '2026-01-03' AS date, 'Vitamin B12' AS name, 150.0 AS value, 'ng/L' AS unit) "
        f"TO '{source}'"
    )
    run = ran(source, tmp_path / "out", "latest")
    assert run["source"] == "table"
    assert [(person, day) for person, day, _ in said_in(tmp_path / "out")] == [("7", "2026-01-03")]
