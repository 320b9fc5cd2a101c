"""People in an OMOP instance are the people of their FHIR bundles: the same answers, findings and facts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cobalens import api, errors
from cobalens.engines.gathering import Index, Lent, gather
from cobalens.engines.opening import open_omop
from cobalens.engines.sql.sources import omop
from cobalens.intake.dictionary import derived_meanings, entry_meanings, lab_meanings, sexes_of
from cobalens.intake.timelines.derive import FEEDS
from cobalens.intake.words.events import LONG_AGO
from cobalens.model.cohort import EventRow, LabRow, PersonRow, lists_of, record_of
from cobalens.model.record import Record
from tests.cohort.omop_people import ANCESTORS, DAY_OF_DECISION, bundle, people, write
from tests.cohort.omop_people import omop as as_omop
from tests.cohort.postgres import SERVER, into_postgres, postgres

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "omop"
HERE = api.load(packs=())
RULES = HERE.ruleset
KNOWN = omop.known_codes(
    {(one.system, one.code) for concept in RULES.concepts.values() for one in concept.codes}
)
LENT = Lent(
    lambda keys: lab_meanings(keys, RULES),
    lambda keys: entry_meanings(keys, RULES),
    lambda keys: derived_meanings(keys, RULES),
    FEEDS,
    sexes_of(RULES),
    lists_of(RULES),
    LONG_AGO,
    (frozenset({"vitamin_b12"}),),
)


def gathered(tables: dict[str, pa.Table], index: Index) -> tuple[duckdb.DuckDBPyConnection, Any]:
    base = duckdb.connect(config={"threads": 2})
    for name, table in tables.items():
        base.register(f"cdm_{name}", table)
    return base, gather(base, omop.raw({name: f"cdm_{name}" for name in tables}, KNOWN), index, LENT)


def records(base: duckdb.DuckDBPyConnection) -> dict[str, Record]:
    """The canonical rows as records, for the one-patient engine."""

    def rows(table: str, shape: type[Any]) -> dict[str, list[Any]]:
        names = ", ".join(name for name in shape.__struct_fields__ if name != "complete")
        found: dict[str, list[Any]] = {}
        for row in base.execute(f"SELECT {names} FROM {table}").fetchall():
            found.setdefault(row[0], []).append(shape(*row))
        return found

    labs, events = rows("lab", LabRow), rows("event", EventRow)
    return {
        person: record_of(one[0], labs.get(person, ()), events.get(person, ()))
        for person, one in rows("person", PersonRow).items()
    }


def reading(record: Record) -> tuple[Any, ...]:
    trace = HERE.case(record).trace
    return trace.answer("answer"), trace.answer("deficiency"), trace.supported()


def test_people_of_an_omop_instance_read_as_their_fhir_bundles() -> None:
    found = people(60)
    base, account = gathered(as_omop(found), Index("date", DAY_OF_DECISION))
    made = records(base)
    assert account.people == account.judged == len(made) == len(found)
    for one in found:
        by_bundle = reading(HERE.read(bundle(one), as_of=DAY_OF_DECISION.isoformat()))
        assert reading(made[str(one["id"])]) == by_bundle, one


def test_every_row_of_the_instance_has_a_fate() -> None:
    found = people(40, seed=2)
    tables = as_omop(found)
    _, account = gathered(tables, Index("date", DAY_OF_DECISION))
    assert sum(count for *_, count in account.results) == tables["measurement"].num_rows
    stated = sum(
        tables[name].num_rows for name in ("condition_occurrence", "drug_exposure", "procedure_occurrence")
    )
    assert sum(count for *_, count in account.entries) == stated + tables["person"].num_rows


def test_a_descendant_of_a_known_concept_counts_as_it() -> None:
    tables = as_omop(people(3))
    ids = tables["condition_occurrence"].column("condition_concept_id").to_pylist()
    ids[0] = ANCESTORS[0]["descendant_concept_id"]
    place = tables["condition_occurrence"].schema.get_field_index("condition_concept_id")
    tables["condition_occurrence"] = tables["condition_occurrence"].set_column(
        place, "condition_concept_id", pa.array(ids)
    )
    base, _ = gathered(tables, Index("date", DAY_OF_DECISION))
    who = str(tables["condition_occurrence"].column("person_id").to_pylist()[0])
    assert "pernicious_anaemia" in {event.concept for event in records(base)[who].events}


def test_without_the_vocabulary_nothing_is_guessed() -> None:
    tables = as_omop(people(5))
    bare = {name: table for name, table in tables.items() if not name.startswith("concept")}
    base, account = gathered(bare, Index("date", DAY_OF_DECISION))
    assert base.execute("SELECT COUNT(*) FROM lab").fetchall() == [(0,)]
    assert {fate for fate, *_ in account.results} == {"not_understood"}


def test_the_latest_result_sets_the_day_of_decision() -> None:
    found = people(30, seed=3)
    base, account = gathered(as_omop(found), Index("latest"))
    last = {
        str(one["id"]): max(day for concept, *_, day in one["labs"] if concept in (3000593, 3040820))
        for one in found
        if any(concept in (3000593, 3040820) for concept, *_ in one["labs"])
    }
    days = dict(base.execute("SELECT person_id, DATE '1970-01-01' + index_day FROM person").fetchall())
    assert days == last
    assert dict(account.set_aside).get("no result to be judged", 0) == len(found) - len(last)


def test_each_result_is_judged_on_its_own_day() -> None:
    found = people(10, seed=4)
    base, _ = gathered(as_omop(found), Index("each-result"))
    wanted = {
        (f"{one['id']}@{day.isoformat()}", day)
        for one in found
        for concept, *_, day in one["labs"]
        if concept in (3000593, 3040820)
    }
    days = base.execute("SELECT person_id, DATE '1970-01-01' + index_day FROM person").fetchall()
    assert set(days) == wanted
    for one in found:
        for day in {day for who, day in wanted if who.startswith(f"{one['id']}@")}:
            known = HERE.read(bundle(one), as_of=day.isoformat())
            assert reading(records(base)[f"{one['id']}@{day.isoformat()}"])[:2] == reading(known)[:2]


def test_the_dead_and_the_unborn_are_set_aside_with_the_reason() -> None:
    tables = as_omop(people(4))
    tables["death"] = pa.table({"person_id": [2], "death_date": [DAY_OF_DECISION - dt.timedelta(days=9)]})
    base, account = gathered(tables, Index("date", DAY_OF_DECISION))
    assert "2" not in records(base)
    assert dict(account.set_aside) == {"died before the day of decision": 1}


def test_a_folder_that_is_no_instance_is_refused_by_name_of_its_tables() -> None:
    with pytest.raises(errors.CobalensError, match="condition_occurrence"):
        omop.raw({"person": "p", "measurement": "m"}, KNOWN)


def test_a_folder_a_file_and_a_database_hold_the_same_people(tmp_path: Path) -> None:
    tables = as_omop(people(25, seed=6))
    folder = write(tables, tmp_path / "folder")
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as made:
        made.execute("CREATE SCHEMA omop")
        for name, table in tables.items():
            made.register("coming", table)
            made.execute(f"CREATE TABLE omop.{name} AS SELECT * FROM coming")
    found = []
    with postgres(tmp_path) as uri:
        if uri:
            into_postgres(uri, tables)
        for source in (str(folder), str(tmp_path / "cdm.duckdb"), *([uri] if uri else [])):
            base = duckdb.connect()
            account = gather(
                base, omop.raw(open_omop(base, source), KNOWN), Index("date", DAY_OF_DECISION), LENT
            )
            rows = [
                base.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
                for name in ("person", "lab", "event")
            ]
            found.append((account, rows))
    assert all(one == found[0] for one in found)
    assert len(found[0][1][1]) > 50


@pytest.mark.skipif(not SERVER, reason="PostgreSQL's server is not installed")
def test_a_database_that_does_not_answer_is_refused_without_its_password() -> None:
    with pytest.raises(errors.CobalensError) as refused:
        open_omop(duckdb.connect(), "postgresql://nurse:canary-password@127.0.0.1:1/none")
    assert "canary" not in str(refused.value) + repr(refused.value.__context__)


def test_the_real_sample_is_read() -> None:
    if not SAMPLE.is_dir():
        pytest.skip("the sample instance is not here")
    base = duckdb.connect()
    tables = {path.stem: f"read_parquet('{path}')" for path in sorted(SAMPLE.glob("*.parquet"))}
    account = gather(base, omop.raw(tables, KNOWN), Index("date", dt.date(2022, 1, 1)), LENT)
    assert account.people == 28
    assert (
        base.execute("SELECT COUNT(DISTINCT person_id) FROM lab WHERE analyte = 'hemoglobin'").fetchall()[0][
            0
        ]
        > 20
    )
