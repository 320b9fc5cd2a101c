"""A run on an OMOP instance as a hospital has it: from each kind of place, with what is broken, missing or stopped in it."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cobalens.serve.cohort import omop as cohort_omop
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.command import gathered, killed
from tests.cohort.lines_of_people import Said, alone, in_run, said_in
from tests.cohort.omop_people import DAY_OF_DECISION, bundle, people, write
from tests.cohort.omop_people import omop as as_omop
from tests.cohort.postgres import SERVER, into_postgres, postgres
from tests.cohort.rules_agreement import DOOR

Tables = dict[str, pa.Table]
DAY = DAY_OF_DECISION.isoformat()
PEOPLE = people(24, seed=12)
WHOLE = as_omop(PEOPLE)
STATED = ("measurement", "condition_occurrence", "drug_exposure", "procedure_occurrence")
NUMBERS = {name: f"{name}_id" for name in STATED}


def wanted(source: Path | str, out: Path, index: str = DAY, **options: Any) -> Wanted:
    return Wanted(source=str(source), out=str(out), pack=DOOR.pack.name, index=index, threads=1, **options)


def ran(source: Path | str, out: Path, index: str = DAY, **options: Any) -> dict[str, Any]:
    """What ``run.json`` says of a finished run, whose counts add up."""
    assert cohort.run(wanted(source, out, index, **options), quiet=True) == 0
    run: dict[str, Any] = json.loads((out / "run.json").read_bytes())
    assert run["people"] == run["people_judged"] + sum(run["people_aside"].values())
    assert run["read"] == run["used"] + sum(run["set_aside"].values())
    assert run["used"] == sum(run["answers"].get("answer", {}).values())
    for name in STATED:
        fates = sum(count for what, count in run["gathered"].items() if what.startswith(f"{name}: "))
        assert fates == run["source_rows"][name], name
    return run


def replaced(
    tables: Tables, name: str, column: str, values: Callable[[list[Any]], list[Any]], kind: Any = None
) -> Tables:
    table = tables[name]
    place = table.schema.get_field_index(column)
    found = pa.array(values(table.column(column).to_pylist()), kind or table.schema.field(column).type)
    return {**tables, name: table.set_column(place, column, found)}


def first(value: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda found: [value, *map(str, found[1:])]


def expected(day: str = DAY) -> dict[str, tuple[Said, str]]:
    return {str(one["id"]): (alone(DOOR, bundle(one), day), day) for one in PEOPLE}


@pytest.fixture(scope="module")
def said() -> dict[str, tuple[Said, str]]:
    return expected()


# --- Each kind of place --------------------------------------------------------------------------------------------


def test_a_duckdb_file_is_answered_as_each_person_alone(
    tmp_path: Path, said: dict[str, tuple[Said, str]]
) -> None:
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as base:
        for name, table in WHOLE.items():
            base.register("coming", table)
            base.execute(f"CREATE TABLE {name} AS SELECT * FROM coming")
    run = ran(tmp_path / "cdm.duckdb", tmp_path / "out")
    assert (run["people"], run["people_judged"], run["source"]) == (24, 24, "omop")
    assert in_run(tmp_path / "out") == said


def test_results_that_contradict_each_other_within_days_are_noticed_as_for_one_person(tmp_path: Path) -> None:
    """On different days: nothing repeats, nothing is vague, and yet there is something to say."""
    concept, code, unit = 3000593, "2132-9", "pg/mL"
    days = [(0, 150.0), (5, 900.0)], [(0, 150.0), (5, 155.0)], [(0, 150.0), (400, 900.0)]
    found = [
        {
            "id": number, "sex": "female", "born": dt.date(1960, 5, 4), "conditions": [], "drugs": [], "procedures": [],
            "labs": [
                (concept, code, "Vitamin B12", value, unit, "", DAY_OF_DECISION - dt.timedelta(days=back))
                for back, value in measured
            ],
        }
        for number, measured in enumerate(days, 1001)
    ]  # fmt: skip
    ran(write(as_omop([*PEOPLE, *found]), tmp_path / "cdm"), tmp_path / "out")
    assert in_run(tmp_path / "out") == expected() | {
        str(one["id"]): (alone(DOOR, bundle(one), DAY), DAY) for one in found
    }
    noticed = [alone(DOOR, bundle(one), DAY)[2] for one in found]
    assert ["data_quality:conflicting_results" in codes for codes in noticed] == [True, False, False]


@pytest.mark.skipif(not SERVER, reason="PostgreSQL's server is not installed")
def test_a_postgresql_database_with_its_vocabulary_in_another_schema_is_answered_as_each_person_alone(
    tmp_path: Path, said: dict[str, tuple[Said, str]]
) -> None:
    from adbc_driver_postgresql import dbapi

    with postgres(tmp_path) as uri:
        assert uri is not None
        into_postgres(uri, WHOLE)
        with dbapi.connect(uri) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA vocabulary")
            for name in ("concept", "concept_ancestor"):
                cursor.execute(f"ALTER TABLE public.{name} SET SCHEMA vocabulary")
            cursor.execute("CREATE TABLE public.sessions (secret text)")
            connection.commit()
        ran(uri, tmp_path / "out", schema="public,vocabulary")
        assert in_run(tmp_path / "out") == said
        days = ran(uri, tmp_path / "each", "each-result", schema="public, vocabulary")
        assert days["used"] > days["people_judged"]
        with dbapi.connect(uri) as connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE public.drug_exposure RENAME TO elsewhere")
            connection.commit()
        with pytest.raises(cohort.CobalensError, match="drug_exposure") as refused:
            ran(uri, tmp_path / "third", schema="public,vocabulary")
        assert refused.value.code == "omop_tables_missing"
    for place in tmp_path.rglob("*.json"):
        assert "postgresql:" not in place.read_text()


@pytest.mark.skipif(not SERVER, reason="PostgreSQL's server is not installed")
def test_a_table_that_the_user_may_not_read_is_named(tmp_path: Path) -> None:
    from adbc_driver_postgresql import dbapi

    with postgres(tmp_path) as uri:
        assert uri is not None
        into_postgres(uri, WHOLE)
        with dbapi.connect(uri) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE ROLE nurse LOGIN")
            cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO nurse")
            cursor.execute("REVOKE ALL ON public.measurement FROM nurse")
            cursor.execute("GRANT SELECT (person_id) ON public.measurement TO nurse")
            connection.commit()
        with pytest.raises(cohort.CobalensError) as refused:
            ran(uri.replace("reader@", "nurse@"), tmp_path / "out")
    assert (refused.value.code, refused.value.where) in {
        ("database_refuses", "measurement"),
        ("omop_columns_missing", "source"),
    }
    assert "measurement" in str(refused.value)


def test_tables_as_text_are_read_column_by_column_and_the_vocabulary_with_its_bare_quotation_marks(
    tmp_path: Path, said: dict[str, tuple[Said, str]]
) -> None:
    import csv

    (tmp_path / "cdm").mkdir()
    for name, table in WHOLE.items():
        vocabulary = name.startswith("concept")
        with (tmp_path / "cdm" / f"{name.upper()}.csv").open("w", newline="") as file:
            if vocabulary:
                file.write("\t".join(table.column_names) + "\n")
                lines = ["\t".join(map(str, row.values())) for row in table.to_pylist()]
                odd = {
                    "concept_id": "77",
                    "concept_name": 'A 12" needle',
                    "vocabulary_id": "SNOMED",
                    "concept_code": "1",
                }
                lines += ["\t".join(odd.values())] if name == "concept" else []
                file.write("\n".join(lines) + "\n")
            else:
                writer = csv.DictWriter(file, table.column_names)
                writer.writeheader()
                writer.writerows(table.to_pylist())
    ran(tmp_path / "cdm", tmp_path / "out")
    assert in_run(tmp_path / "out") == said


@pytest.mark.parametrize("factor", [50_000, 40_000_000, 10**15])
def test_row_numbers_as_large_as_an_instance_has_change_no_answer(
    tmp_path: Path, factor: int, said: dict[str, tuple[Said, str]]
) -> None:
    tables = WHOLE
    for name, column in NUMBERS.items():
        column = column if column in tables[name].column_names else f"{name.split('_')[0]}_id"
        tables = replaced(tables, name, column, lambda found: [one * factor for one in found], pa.int64())
    ran(write(tables, tmp_path / "cdm"), tmp_path / "out")
    assert in_run(tmp_path / "out") == said


def test_numbers_written_with_a_point_by_another_program_are_the_same_people(
    tmp_path: Path, said: dict[str, tuple[Said, str]]
) -> None:
    tables = WHOLE
    for name in STATED:
        tables = replaced(
            tables, name, "person_id", lambda found: [float(one) for one in found], pa.float64()
        )
    tables = replaced(
        tables, "person", "year_of_birth", lambda found: [float(one) for one in found], pa.float64()
    )
    ran(write(tables, tmp_path / "cdm"), tmp_path / "out")
    assert in_run(tmp_path / "out") == said


# --- What is not as it should be ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "column", "kind", "value", "told"),
    [
        ("measurement", "measurement_date", pa.string(), "31/02/2024", "measurement.measurement_date: no date"),
        ("measurement", "measurement_concept_id", pa.string(), "LOINC 2132-9", "measurement.measurement_concept_id: no whole number"),
        ("person", "year_of_birth", pa.string(), "unknown", "person.year_of_birth: no whole number"),
        ("drug_exposure", "drug_exposure_start_date", pa.string(), "spring", "drug_exposure.drug_exposure_start_date: no date"),
        ("person", "month_of_birth", pa.string(), "13", "person.month_of_birth: no month"),
        ("person", "day_of_birth", pa.string(), "31.5e3", "person.day_of_birth: no day of that month"),
        ("measurement", "person_id", pa.string(), None, "measurement: no person named"),
        ("measurement", "person_id", pa.string(), "999", "measurement: of nobody in the table person"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_counted_and_nobody_is_lost(
    tmp_path: Path, name: str, column: str, kind: Any, value: Any, told: str
) -> None:
    tables = replaced(WHOLE, name, column, first(value), kind)
    run = ran(write(tables, tmp_path / "cdm"), tmp_path / "out")
    assert run["gathered"][told] == 1
    assert run["people"] == run["people_judged"] == len(in_run(tmp_path / "out")) == 24


@pytest.mark.parametrize("index", ["latest", "each-result"])
def test_whoever_has_results_and_no_day_of_any_is_judged_as_of_today_and_whoever_has_one_on_that(
    tmp_path: Path, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort_omop, "today", lambda: "2026-11-23")
    before = ran(write(WHOLE, tmp_path / "cdm"), tmp_path / "before", index)
    known = {(who, day) for who, day, _ in said_in(tmp_path / "before")}
    whose = WHOLE["measurement"].column("person_id").to_pylist()
    chosen = int(min(who for who, _ in known))
    for part, lost in (("all", [one == chosen for one in whose]), ("none", [False for _ in whose])):
        tables = replaced(
            WHOLE,
            "measurement",
            "measurement_date",
            lambda found, lost=lost: [
                "spring" if gone else f"{one:%Y-%m-%d}" for one, gone in zip(found, lost, strict=True)
            ],
            pa.string(),
        )
        if "measurement_datetime" in tables["measurement"].column_names:
            tables = {**tables, "measurement": tables["measurement"].drop_columns(["measurement_datetime"])}
        run = ran(write(tables, tmp_path / part), tmp_path / f"out-{part}", index)
        found = {(who, day) for who, day, _ in said_in(tmp_path / f"out-{part}")}
        others = {(who, day) for who, day in known if who != str(chosen)}
        own = {(str(chosen), "2026-11-23")} if part == "all" else known - others
        assert found == others | own
        assert run["people_aside"] == before["people_aside"]


def test_a_column_of_dates_as_numbers_is_read_as_dates(
    tmp_path: Path, said: dict[str, tuple[Said, str]]
) -> None:
    tables = replaced(WHOLE, "measurement", "measurement_date", lambda found: [int(f"{one:%Y%m%d}") for one in found], pa.int64())  # fmt: skip
    ran(write(tables, tmp_path / "cdm"), tmp_path / "out")
    assert in_run(tmp_path / "out") == said


def test_a_table_that_is_missing_is_named_and_one_that_is_empty_will_do(tmp_path: Path) -> None:
    for name in ("person", *STATED):
        lacking = {one: table for one, table in WHOLE.items() if one != name}
        with pytest.raises(cohort.CobalensError, match=name) as refused:
            ran(write(lacking, tmp_path / f"no-{name}"), tmp_path / f"out-no-{name}")
        assert refused.value.code == "omop_tables_missing"
    for name, left in (("person", 0), ("measurement", 24)):
        empty = {**WHOLE, name: WHOLE[name].slice(0, 0)}
        run = ran(write(empty, tmp_path / f"empty-{name}"), tmp_path / f"out-{name}")
        assert run["people"] == left


def test_a_column_without_which_a_table_says_nothing_is_asked_for_and_another_is_read_as_empty(
    tmp_path: Path,
) -> None:
    needed = {**WHOLE, "measurement": WHOLE["measurement"].drop_columns(["measurement_date"])}
    with pytest.raises(cohort.CobalensError, match=r"measurement\.measurement_date") as refused:
        ran(write(needed, tmp_path / "one"), tmp_path / "out-one")
    assert refused.value.code == "omop_columns_missing"
    helpful = {**WHOLE, "measurement": WHOLE["measurement"].drop_columns(["unit_concept_id"])}
    run = ran(write(helpful, tmp_path / "two"), tmp_path / "out-two")
    assert run["columns_not_there"] == ["measurement.unit_concept_id"]


def test_a_table_that_breaks_off_is_named_and_read_again_once_it_is_mended(tmp_path: Path) -> None:
    folder = write(WHOLE, tmp_path / "cdm")
    place = folder / "measurement.parquet"
    whole, stamp = place.read_bytes(), place.stat()
    place.write_bytes(whole[:60] + b"\xff" * 400 + whole[460:])
    os.utime(place, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    with pytest.raises(cohort.CobalensError) as refused:
        ran(folder, tmp_path / "out")
    assert (refused.value.code, refused.value.where) == ("omop_table_unreadable", "measurement")
    place.write_bytes(whole)
    os.utime(place, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert ran(folder, tmp_path / "out", resume=True)["people_judged"] == 24


# --- Stopped --------------------------------------------------------------------------------------------------------


def test_a_run_that_is_killed_loses_one_share_at_most_and_the_number_of_shares_changes_nothing(
    tmp_path: Path,
) -> None:
    source = write(WHOLE, tmp_path / "cdm")
    whole = ran(source, tmp_path / "whole", "each-result")
    out = tmp_path / "out"
    asked = ("--index", "each-result", "--partitions", "4", "--threads", "1")
    killed(source, out, *asked, reached=lambda folder: gathered(folder, "shares"), stop=1)
    kept = set(json.loads((out / "gathered.json").read_bytes())["shares"])
    assert 1 <= len(kept) < 4
    done: list[int] = []
    gather_share = cohort_omop.gather_share

    def watched(order: Any, folder: Any, part: int, *rest: Any) -> Any:
        done.append(part)
        return gather_share(order, folder, part, *rest)

    cohort_omop.gather_share = watched  # type: ignore[assignment]
    try:
        run = ran(source, out, "each-result", partitions=4, resume=True)
    finally:
        cohort_omop.gather_share = gather_share
    assert sorted([*map(str, done), *kept]) == ["0", "1", "2", "3"]
    for name in ("people", "people_judged", "people_aside", "source_rows", "gathered", "used", "answers"):
        assert run[name] == whole[name], name
    for name in ("facts", "results", "interpretations"):
        first, second = (rows_in(place / f"{name}.parquet") for place in (tmp_path / "whole", out))
        assert first == second, name


def rows_in(place: Path) -> list[tuple[Any, ...]]:
    """In their order; a folder holds the parts."""
    files = sorted(map(str, place.glob("*.parquet"))) if place.is_dir() else [str(place)]
    return duckdb.sql(f"FROM read_parquet({files})").fetchall()
