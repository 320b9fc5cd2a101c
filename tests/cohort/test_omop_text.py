"""The statements that read an OMOP instance where it lies give the facts that a run gives, in DuckDB and in PostgreSQL."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as parquet
import pytest
import sqlglot
from click.testing import CliRunner

from cobalens.engines.duckdb import NOT_USED
from cobalens.engines.sql.dialects import DIALECTS, WITHOUT_BITS, in_steps, written
from cobalens.engines.sql.timelines import Column, columns_query
from cobalens.intake.timelines.canonical import scales_for
from cobalens.serve.cli import main
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from cobalens.serve.cohort.text import before_facts, meaning_tables, omop_text
from cobalens.serve.cohort.text import instance as instance_of
from cobalens.serve.cohort.wordings import units_of
from tests.cohort.omop_hostile import instance
from tests.cohort.omop_people import DAY_OF_DECISION, write
from tests.cohort.postgres import SERVER, into_postgres, postgres
from tests.cohort.rules_agreement import DOOR, RULES
from tests.cohort.test_dialects import ONE_OF_EACH

DAY = DAY_OF_DECISION.isoformat()
COUNT = 100
INSTANCE = instance(COUNT, seed=31)
Rows = list[dict[str, Any]]
FEW = (
    "kind,name,code,system,unit,value,comparator,word,ref_low,ref_high,section,status,route,dose,broader,rows_met\n"
    "number,Vitamin B12,2132-9,LOINC,pg/mL,,,,,,,,,,,12\n"
    "statement,Crohn's disease,,,,,,,,,conditions,,,,,3\n"
)


def asked(kind: str, dialect: str = "duckdb", *words: str) -> str:
    found = CliRunner().invoke(main, ["cohort", "sql", kind, "--dialect", dialect, *words])
    assert found.exit_code == 0, found.output
    return found.stdout.removesuffix("\n").removesuffix(";")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(INSTANCE, tmp_path_factory.mktemp("instance") / "cdm")


@pytest.fixture(scope="module")
def base() -> duckdb.DuckDBPyConnection:
    base = duckdb.connect(config={"threads": 1})
    base.execute(f"SET disabled_optimizers = '{NOT_USED}'")
    for name, table in INSTANCE.items():
        base.register("coming", table)
        base.execute(f"CREATE TABLE {name} AS SELECT * FROM coming")
    return base


@pytest.fixture(scope="module")
def words(base: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The list of wordings, with what it means already in the database."""
    file = tmp_path_factory.mktemp("words") / "words.csv"
    pyarrow.csv.write_csv(base.sql(asked("words")).to_arrow_table(), file)
    base.execute(asked("meanings", "duckdb", "--words", str(file)))
    return file


def of_a_run(source: Path, out: Path, index: str) -> Rows:
    """The facts that ``cohort run`` makes of the same instance, without what it noticed and who has died since."""
    wanted = Wanted(source=str(source), out=str(out), pack=DOOR.pack.name, index=index, threads=1)
    assert cohort.run(wanted, quiet=True) == 0
    rows: Rows = parquet.read_table(out / "facts.parquet").to_pylist()
    kept = [
        {name: one for name, one in row.items() if not name.startswith(("noticed", "died"))} for row in rows
    ]
    return sorted(kept, key=lambda row: (row["person_id"], row["index_day"]))


@pytest.fixture(scope="module")
def latest(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What a run says of everybody on the day of the latest result."""
    return of_a_run(folder, tmp_path_factory.mktemp("latest") / "out", "latest")


def test_the_statement_gives_the_facts_of_a_run(
    base: duckdb.DuckDBPyConnection, words: Path, latest: Rows
) -> None:
    are_the_same(base, asked("omop", "duckdb", "--words", str(words), "--index", "latest"), latest)


@pytest.mark.parametrize("index", [DAY, "each-result"])
def test_on_other_days_of_decision_it_gives_the_facts_of_a_run_as_well(
    folder: Path, base: duckdb.DuckDBPyConnection, words: Path, tmp_path: Path, index: str
) -> None:
    # As it is before it is put in the words of a database, which takes longer than to run it: DuckDB's are its own.
    text = omop_text(DOOR.pack.name, index, "", units_of(str(words)))
    base.execute("CREATE TEMP VIEW concepts AS FROM concept")
    try:
        are_the_same(base, text, of_a_run(folder, tmp_path / "out", index))
    finally:
        base.execute("DROP VIEW concepts")


def are_the_same(base: duckdb.DuckDBPyConnection, text: str, there: Rows) -> None:
    here = base.sql(f"SELECT * FROM ({text}) ORDER BY person_id, index_day").to_arrow_table().to_pylist()
    assert [(row["person_id"], row["index_day"]) for row in here] == [
        (row["person_id"], row["index_day"]) for row in there
    ]
    for one, other in zip(here, there, strict=True):
        assert one == other, one["person_id"]
    assert len(here) > COUNT * 0.7


@cache
def few_facts() -> str:
    """The step to facts with one fact of each way of reading, since writing them all takes half a minute."""
    columns = [Column(fact, fact, DOOR.pack) for fact in ONE_OF_EACH.values()]
    query = columns_query(RULES, columns, {DOOR.pack.name: scales_for(RULES, DOOR.pack)})
    return before_facts(query.sql, DOOR.pack.name, "each-result", "")


def test_in_steps_the_statement_gives_the_same_and_leaves_nothing_else(
    base: duckdb.DuckDBPyConnection, words: Path
) -> None:
    assert words.exists()
    text, places, there = few_facts(), instance_of(None) | meaning_tables(None), tables_of(base)
    for statement in in_steps(text, "duckdb", places, None, "made"):
        base.execute(statement)
    assert tables_of(base) == there | {"made"}
    order = "ORDER BY person_id, index_day"
    whole = f"FROM ({written(text, 'duckdb', places)}) {order}"
    assert base.sql(f"FROM made {order}").fetchall() == base.sql(whole).fetchall()
    assert base.sql("FROM made").shape[0] > COUNT


def tables_of(base: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in base.sql("SHOW TABLES").fetchall()}


def test_nobody_and_no_number_stands_in_the_list(base: duckdb.DuckDBPyConnection) -> None:
    found = base.sql(asked("words")).to_arrow_table()
    assert "person_id" not in found.column_names
    numbers = [row for row in found.to_pylist() if row["kind"] == "number"]
    assert numbers
    assert all(not row["value"] and not row["ref_low"] for row in numbers)
    met = sum(found.column("rows_met").to_pylist())
    tables = ("measurement", "condition_occurrence", "drug_exposure", "procedure_occurrence", "observation")
    sexed = sum(one in (8507, 8532) for one in INSTANCE["person"].column("gender_concept_id").to_pylist())
    forms = sum(one == 108 for one in INSTANCE["observation"].column("observation_concept_id").to_pylist())
    assert met == sum(INSTANCE[name].num_rows for name in tables) + sexed - forms


def test_what_came_to_nothing_is_counted_and_listed(words: Path, tmp_path: Path) -> None:
    place = tmp_path / "unread.csv"
    options = ["--words", str(words), "--dialect", "duckdb", "--unread", str(place)]
    found = CliRunner().invoke(main, ["cohort", "sql", "meanings", *options])
    assert found.exit_code == 0
    assert "came to nothing" in " ".join(found.stderr.split())
    assert "Body weight" in place.read_text()
    assert "furlong" not in found.stderr


def bare(text: str) -> str:
    return text.replace("`", "").replace('"', "")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_statements_are_written_in_other_words(dialect: str, tmp_path: Path) -> None:
    options = ["--schema", "cdm,vocabulary", "--results-schema", "results"]
    said = bare(asked("words", dialect, *options))
    assert "cdm.measurement" in said
    assert "vocabulary.concept " in said
    few = tmp_path / "words.csv"
    few.write_text(FEW)
    assert "INSERT INTO results.b12_entry_meaning" in bare(
        asked("meanings", dialect, *options, "--words", str(few))
    )


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_step_to_facts_is_written_in_other_words(dialect: str) -> None:
    places = instance_of("cdm,vocabulary") | meaning_tables("results")
    said = bare(written(few_facts(), dialect, places))
    assert "BIT_OR" not in said or dialect not in WITHOUT_BITS
    for table in ("results.b12_result_meaning", "cdm.person", "cdm.death", "vocabulary.concept_ancestor"):
        assert table in said


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_an_outcome_is_kept_as_a_table_in_the_words_of_each(dialect: str) -> None:
    text = "WITH a AS (SELECT x FROM one), b AS (SELECT x FROM a) SELECT p.x FROM b p JOIN b q ON p.x = q.x"
    for statement in in_steps(text, dialect, {"one": "cdm.one"}, "results", "results.said"):
        for part in statement.split(";\n"):
            assert sqlglot.parse_one(part, read=DIALECTS[dialect])
    whole = bare("\n".join(in_steps(text, dialect, {"one": "cdm.one"}, "results", "results.said")))
    assert whole.count("results.b12_step_b") >= 3
    assert "cdm.one" in whole
    assert "b12_step_a" not in whole


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "There is no such file"),
        ("a,b\n1,2\n", "lacks the columns"),
        ("kind\n", "lacks the columns"),
        (b"\xff\xfe\x00", "no list of wordings"),
    ],
)
def test_what_is_no_list_of_wordings_is_refused(tmp_path: Path, held: str | bytes | None, said: str) -> None:
    place = tmp_path / "words.csv"
    if held is not None:
        place.write_bytes(held if isinstance(held, bytes) else held.encode())
    for kind in ("meanings", "omop"):
        found = CliRunner().invoke(main, ["cohort", "sql", kind, "--dialect", "spark", "--words", str(place)])
        assert found.exit_code == 2
        assert said in found.output


def test_meanings_need_the_list_and_a_day_must_be_one() -> None:
    found = CliRunner().invoke(main, ["cohort", "sql", "meanings", "--dialect", "spark"])
    assert found.exit_code == 2
    assert "without the list of them" in found.output
    found = CliRunner().invoke(main, ["cohort", "sql", "omop", "--dialect", "spark", "--index", "tomorrow"])
    assert found.exit_code == 2
    assert "no day of decision" in found.output


@pytest.mark.skipif(SERVER is None, reason="no PostgreSQL server is installed on this machine")
def test_postgresql_reads_its_own_instance_to_the_same_facts(latest: Rows, tmp_path: Path) -> None:
    from adbc_driver_postgresql import dbapi

    with postgres(tmp_path) as uri:
        assert uri is not None
        into_postgres(uri, INSTANCE)
        with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(asked("words", "postgres", "--schema", "public"))
            file = tmp_path / "words.csv"
            pyarrow.csv.write_csv(cursor.fetch_arrow_table(), file)
            for one in asked(
                "meanings", "postgres", "--words", str(file), "--results-schema", "public"
            ).split(";\n"):
                cursor.execute(one)
            options = ("--words", str(file), "--schema", "public", "--results-schema", "public")
            cursor.execute(f"CREATE TABLE public.made AS {asked('omop', 'postgres', *options)}")
            cursor.execute('SELECT * FROM public.made ORDER BY person_id COLLATE "C", index_day')
            made: pa.Table = cursor.fetch_arrow_table()
    assert made.to_pylist() == latest
