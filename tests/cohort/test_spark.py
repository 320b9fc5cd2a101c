"""On Spark everybody is answered as on DuckDB and as alone, in the same files, and what Spark lacks is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cobalens.engines import spark
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.canonical import scales_for
from cobalens.model.record import Record
from cobalens.serve.cli import main
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort import spark as cohort_spark
from tests.cohort.cluster import cluster
from tests.cohort.command import RUN
from tests.cohort.facts_harness import canonical_rows
from tests.cohort.facts_people import Maker
from tests.cohort.rules_agreement import DOOR, RULES, any_people, table_of
from tests.cohort.spark_agreement import (
    Agreement,
    accounts,
    compare_files,
    compare_made,
    ran,
    write_tables,
)
from tests.cohort.spark_java import provide_java
from tests.cohort.test_runner import QUERY
from tests.robustness.cases import cases

HOSTILE = 60
LOSING = """
from cobalens.engines import spark
from cobalens.serve.cli import main
from tests.cohort.cluster import lose_executors

whole = spark.copied

def losing(*order):
    assert lose_executors({worker}) > 0
    return whole(*order)

spark.copied = losing
main()
"""
"""A run that loses what Spark keeps of it, between the reading of the tables and the writing of the facts."""


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="`make test` installs it from requirements-spark.txt")
    monkeypatch.setenv("JAVA_HOME", os.environ.get("JAVA_HOME", ""))
    provide_java(tmp_path / "java")
    # A test ends before what Java's second compiler makes is of use: without it everything takes half as long.
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")


def hostile_and_worked() -> list[Record]:
    maker = Maker(RULES, scales_for(RULES, DOOR.pack), 314)
    worked = [read_case({**case, "id": name}, RULES) for name, case in sorted(cases().items())]
    return [*(maker.person(f"hostile {n:03}") for n in range(HOSTILE)), *worked]


# --- The same answers ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("java")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked for in /proc")
def test_hostile_histories_and_worked_cases_are_answered_as_alone_by_a_cluster_that_was_lost_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = hostile_and_worked()
    rows = canonical_rows(people, RULES, DOOR.pack)
    source = write_tables(rows, tmp_path / "source")
    options = (
        str(source),
        "--out",
        str(tmp_path / "spark"),
        "--pack",
        DOOR.pack.name,
        "--engine",
        "spark",
        "--rows",
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "cluster"))
    with cluster(tmp_path / "cluster") as worker:
        losing = (RUN[0], "-c", LOSING.format(worker=worker), *RUN[3:])
        lost = subprocess.run([*losing, *options], capture_output=True, text=True, check=False)
        assert lost.returncode == 2, lost.stderr
        assert "go on with --resume" in lost.stderr
        assert "Traceback" not in lost.stderr
        subprocess.run([*RUN, *options, "--resume"], check=True)
    found = compare_made(rows, DOOR.pack, tmp_path, own=False)
    sys.stdout.write(f"{len(people)} people from raw events to answers on Spark: {found}\n")
    assert found.count > 1_500 * len(people)
    assert found.found == []


@pytest.mark.usefixtures("java")
def test_tables_that_are_refused_leave_the_folder_free_for_mended_ones(tmp_path: Path) -> None:
    source = write_tables(canonical_rows(hostile_and_worked()[:3], RULES, DOOR.pack), tmp_path / "source")
    file = source / "person.parquet"
    pq.write_table(pq.read_table(file).drop_columns("person_id"), file)
    out = tmp_path / "out"
    with pytest.raises(cohort.CobalensError, match="person_id"):
        ran(source, out, DOOR.pack, "spark", spark_master="local[1]")
    assert cohort.earlier_run(out, resume=False) is None


@pytest.mark.usefixtures("java")
def test_a_run_that_spark_gives_up_goes_on_and_ends_with_what_duckdb_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table_of(any_people(50, "spark"), QUERY).to_pylist()
    rows[3]["person_id"] = None
    rows[7]["age"] = 99
    rows[31] |= {"person_id": rows[10]["person_id"]}
    source = tmp_path / "facts.parquet"
    pq.write_table(pa.Table.from_pylist(rows, table_of([{}], QUERY).schema), source, row_group_size=11)
    whole = spark.answer_part

    def breaking(session, query, part, target, aside=None):
        if part[1]:
            raise spark.SparkError(spark.LOST, "ExecutorLostFailure")
        return whole(session, query, part, target, aside)

    monkeypatch.setattr(spark, "answer_part", breaking)
    with pytest.raises(cohort.CobalensError, match="ExecutorLostFailure") as refused:
        ran(source, tmp_path / "spark", DOOR.pack, "spark", partitions=2)
    assert refused.value.code == "spark_lost"
    first = (tmp_path / "spark" / "parts" / "part-00000.parquet").read_bytes()
    monkeypatch.setattr(spark, "answer_part", whole)
    here = ran(source, tmp_path / "spark", DOOR.pack, "spark", partitions=2, resume=True)
    there = ran(source, tmp_path / "duckdb", DOOR.pack, "duckdb", partitions=2)
    agreement = Agreement()
    agreement.one("the account", accounts(here), accounts(there))
    compare_files(
        tmp_path / "spark", tmp_path / "duckdb", agreement, ["interpretations.parquet"], ordered=False
    )
    assert agreement.found == []
    assert here["set_aside"] == {"no person": 1, "person and day given before": 1, "value unknown to age": 1}
    said = pq.read_table(tmp_path / "spark" / "interpretations.parquet").column("person_id").to_pylist()
    assert said == [row["person_id"] for n, row in enumerate(rows) if n not in (3, 7, 31)]
    parts = sorted((tmp_path / "spark" / "interpretations.parquet").iterdir())
    assert parts[0].read_bytes() == first
    assert {one.name for one in (tmp_path / "spark").iterdir()} == {
        one.name for one in (tmp_path / "duckdb").iterdir()
    }


@pytest.mark.parametrize(
    "written",
    [
        {"part-0": [4, 5, 6, 0, 1], "part-1": [], "part-2": [2, 3, 7]},
        {"part-0": [1, 5, 0, 4], "part-1": [3, 7], "part-2": [2, 6]},
        {"part-0": [0, 1, 2, 3, 4, 5, 6, 7]},
    ],
)
def test_what_spark_wrote_in_several_files_is_put_together_in_the_order_of_the_source(
    tmp_path: Path, written: dict[str, list[int]]
) -> None:
    for name, places in written.items():
        words = [f"word {n % 2}" for n in places]
        table = pa.table(
            {
                "person_id": pa.array([f"p{n}" for n in places], pa.string()),
                spark.PLACE: pa.array(places, pa.int64()),
                "word": pa.array(words, pa.string()),
                "noticed": pa.array([n % 3 == 0 for n in places], pa.bool_()),
            }
        )
        pq.write_table(table, tmp_path / f"{name}.parquet")
    assert spark.put_together(tmp_path, tmp_path / "whole") == 8
    found = pq.read_table(tmp_path / "whole")
    assert found.column("person_id").to_pylist() == [f"p{n}" for n in range(8)]
    assert found.column("word").to_pylist() == [f"word {n % 2}" for n in range(8)]
    assert [field.type for field in found.schema] == [pa.string(), pa.string(), pa.bool_()]


# --- What Spark needs ---------------------------------------------------------------------------------------------


def run_on_spark(tmp_path: Path, *more: str) -> tuple[int, str]:
    pq.write_table(table_of(any_people(3, "spark"), QUERY), tmp_path / "facts.parquet")
    command = [
        "cohort",
        "run",
        str(tmp_path / "facts.parquet"),
        "--out",
        str(tmp_path / "out"),
        "--no-report",
        *more,
    ]
    found = CliRunner().invoke(main, command)
    return found.exit_code, found.output


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, "There is no Java here; Spark needs version 17 or later."),
        (
            'openjdk version "11.0.22" 2024-01-16',
            "The Java here is version 11; Spark needs version 17 or later.",
        ),
        ('java version "1.8.0_402"', "The Java here is version 8; Spark needs version 17 or later."),
    ],
)
def test_a_missing_or_old_java_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, told: str
) -> None:
    monkeypatch.setattr(cohort_spark, "find_spec", lambda name: name)
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    if said:
        program.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
        program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    code, output = run_on_spark(tmp_path, "--engine", "spark")
    assert code == 2
    assert told in output
    assert "apt install openjdk-17-jre-headless" in output
    assert not (tmp_path / "out").exists()


def test_a_missing_pyspark_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort_spark, "find_spec", lambda name: None)
    code, output = run_on_spark(tmp_path, "--engine", "spark")
    assert code == 2
    assert "pip install 'cobalens[spark]'" in output


def test_a_master_without_spark_is_refused(tmp_path: Path) -> None:
    code, output = run_on_spark(tmp_path, "--spark-master", "local[2]")
    assert code == 2
    assert "--engine spark" in output


@pytest.mark.usefixtures("java")
def test_a_spark_that_does_not_start_is_told_and_leaves_the_folder_free(tmp_path: Path) -> None:
    code, output = run_on_spark(tmp_path, "--engine", "spark", "--spark-master", "nowhere://at.all")
    assert code == 2
    assert "Spark did not start" in output
    assert not (tmp_path / "out").exists()


def test_what_spark_defaults_says_stands_but_for_what_the_answers_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spark-defaults.conf").write_text(
        "# our cluster\nspark.master  spark://server:7077\nspark.ui.enabled=true\n"
        "spark.sql.shuffle.partitions 400\nspark.sql.ansi.enabled false\n"
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    there = spark.configured()
    assert there["spark.master"] == "spark://server:7077"
    found = spark.settings(tmp_path, "6GiB", None, None, there)
    assert "spark.master" not in found, "Spark reads it itself"
    assert found.keys().isdisjoint({"spark.ui.enabled", "spark.driver.host", "spark.sql.shuffle.partitions"})
    assert found["spark.sql.ansi.enabled"] == "true"
    assert found["spark.driver.memory"] == "6g"
    here = spark.settings(tmp_path, None, 3, "local[3]", there)
    assert (here["spark.master"], here["spark.driver.host"]) == ("local[3]", "127.0.0.1")
    assert spark.settings(tmp_path, None, 3, None, {})["spark.master"] == "local[3]"
