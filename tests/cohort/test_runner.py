"""A run over many people: nobody is lost, whatever stops it, and every row that is not used is named."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from msgspec import json

from cobalens.engines.duckdb import NOT_USED, connected, never_missing
from cobalens.engines.sql.answers import NOTICED as BEFORE
from cobalens.engines.sql.answers import Query, answers_query
from cobalens.engines.sql.text import whole_text
from cobalens.report.assemble import NOTICED
from cobalens.serve.cli import main
from cobalens.serve.cohort import packs as cohort_packs
from cobalens.serve.cohort import parts as cohort_parts
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.hands import Hands
from cobalens.serve.cohort.packs import read_otherwise
from cobalens.serve.cohort.run import Run, Wanted
from tests.cohort.command import killed
from tests.cohort.lines_of_people import said_in
from tests.cohort.rules_agreement import DOOR, RULES, any_people, table_of

DIFFERS = read_otherwise(RULES, DOOR.pack, DOOR.others)
QUERY = answers_query(RULES, DOOR.pack, DOOR.others, DIFFERS)


def facts_file(folder: Path, count: int, name: str = "facts.parquet") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table_of(any_people(count, "runner"), QUERY), folder / name, row_group_size=100)
    return folder / name


def damage(source: Path, which: int) -> None:
    """Makes one group of rows unreadable."""
    whole = source.read_bytes()
    group = pq.ParquetFile(source).metadata.row_group(which)
    column = group.column(group.num_columns // 2)
    at = (column.dictionary_page_offset or column.data_page_offset) + 2
    source.write_bytes(whole[:at] + b"\xff" * 24 + whole[at + 24 :])


def wanted(source: Path, out: Path, **options: object) -> Wanted:
    return Wanted(source=str(source), out=str(out), pack=DOOR.pack.name, threads=2, **options)  # type: ignore[arg-type]


def kept(out: Path) -> Run:
    return json.decode((out / "run.json").read_bytes(), type=Run)


def test_everybody_is_answered_as_alone_and_counted(tmp_path: Path) -> None:
    source = facts_file(tmp_path / "in", 120)
    assert cohort.run(wanted(source, tmp_path / "out"), quiet=True) == 0
    run, found = kept(tmp_path / "out"), said_in(tmp_path / "out")
    assert (run.status, run.read, run.used, run.set_aside) == ("done", 120, 120, {})
    assert len(found) == 120
    assert sum(run.answers["answer"].values()) == 120
    with connected(tmp_path / "scratch", threads=2) as base:
        base.execute(f"SET disabled_optimizers = '{NOT_USED}'")
        asked = base.sql(whole_text(QUERY, f"'{source}'") + " ORDER BY person_id")
        plain = [dict(zip(asked.columns, row, strict=True)) for row in asked.fetchall()]
    for (person, _, said), one in zip(found, plain, strict=True):
        held = sorted(code for name, code in QUERY.codes if one[name] == "supported")
        assert (person, said) == (one["person_id"], (one["answer"], one["deficiency"], held))


def test_a_fact_that_is_missing_and_one_that_is_unknown_are_the_same(tmp_path: Path) -> None:
    source = facts_file(tmp_path / "in", 40)
    filled = pq.read_table(source)
    for place, name in enumerate(filled.column_names):
        if name in QUERY.facts:
            filled = filled.set_column(place, name, filled[name].fill_null(0))
    (tmp_path / "filled").mkdir()
    pq.write_table(filled, tmp_path / "filled" / "facts.parquet")
    with connected(tmp_path / "scratch", threads=2) as base:
        assert not never_missing(base, source) & set(QUERY.facts)
        assert never_missing(base, tmp_path / "filled" / "facts.parquet") >= set(QUERY.facts)
    for name in ("in", "filled"):
        assert (
            cohort.run(wanted(tmp_path / name / "facts.parquet", tmp_path / f"{name}-out"), quiet=True) == 0
        )
    assert said_in(tmp_path / "in-out") == said_in(tmp_path / "filled-out")


def test_the_number_of_parts_changes_no_answer_and_no_byte_depends_on_the_run(tmp_path: Path) -> None:
    source = facts_file(tmp_path / "in", 250)
    for name, options in (("one", {}), ("again", {}), ("three", {"partitions": 3})):
        assert cohort.run(wanted(source, tmp_path / name, **options), quiet=True) == 0
    assert said_in(tmp_path / "one") == said_in(tmp_path / "three")
    assert kept(tmp_path / "three").done == {"0": 84, "1": 84, "2": 82}
    first, second = ((tmp_path / name / "interpretations.parquet").read_bytes() for name in ("one", "again"))
    assert first == second


def test_rows_that_cannot_be_used_are_set_aside_by_name_and_the_rest_is_answered(tmp_path: Path) -> None:
    table = table_of(any_people(50, "runner"), QUERY)
    rows = table.to_pylist()
    rows[3]["person_id"] = None
    rows[7]["age"] = 99
    rows[11] |= {"person_id": rows[10]["person_id"]}
    (tmp_path / "in").mkdir()
    pq.write_table(
        pa.Table.from_pylist(rows, table.schema), tmp_path / "in" / "facts.parquet", row_group_size=7
    )
    assert cohort.run(wanted(tmp_path / "in", tmp_path / "out"), quiet=True) == 0
    run = kept(tmp_path / "out")
    assert run.set_aside == {"no person": 1, "person and day given before": 1, "value unknown to age": 1}
    assert (run.read, run.used) == (50, 47)
    with (tmp_path / "out" / "set_aside.csv").open() as file:
        aside = {int(row["row"]): row["reason"] for row in csv.DictReader(file)}
    assert aside == {3: "no person", 7: "value unknown to age", 11: "person and day given before"}
    assert len(said_in(tmp_path / "out")) == 47
    answered = pq.read_table(tmp_path / "out" / "interpretations.parquet")["person_id"].to_pylist()
    assert answered == [row["person_id"] for place, row in enumerate(rows) if place not in aside]


@pytest.mark.parametrize("damaged", [False, True])
def test_several_processes_answer_the_parts_as_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    rows = table_of(any_people(300, "runner"), QUERY)
    twice = pa.concat_tables([rows.slice(0, 290), rows.slice(100, 10)])
    source = tmp_path / "in" / "facts.parquet"
    source.parent.mkdir()
    pq.write_table(twice, source, row_group_size=100)
    if damaged:
        damage(source, 1)
    shared: list[int] = []
    each = Hands.each

    def noting(hands: Hands, function: Any, jobs: Any) -> Any:
        shared.append(len(jobs))
        return each(hands, function, jobs)

    monkeypatch.setattr(Hands, "each", noting)
    for name, many in (("one", 301), ("several", 300)):
        monkeypatch.setattr(cohort_parts, "MANY", many)
        ended = cohort.run(wanted(source, tmp_path / name, partitions=3), quiet=True)
        assert ended == (1 if damaged else 0)
    assert shared == [2 if damaged else 3]
    one, several = (kept(tmp_path / name) for name in ("one", "several"))
    assert (one.done, one.failed, one.set_aside) == (several.done, several.failed, several.set_aside)
    assert (one.used, len(one.failed)) == ((190, 1) if damaged else (290, 0))
    files = {
        name: {file.name: file.read_bytes() for file in (tmp_path / name).rglob("part-*.parquet")}
        for name in ("one", "several")
    }
    assert files["one"] == files["several"]
    assert len(files["one"]) == (2 if damaged else 3)


def test_a_run_that_answers_nobody_names_no_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = table_of(any_people(3, "nobody"), QUERY)
    rows = [row | {"person_id": None} for row in table.to_pylist()]
    (tmp_path / "in").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, table.schema), tmp_path / "in" / "facts.parquet")
    cohort.run(wanted(tmp_path / "in", tmp_path / "out"))
    told = capsys.readouterr().out
    assert "Nobody was answered" in told
    assert "interpretations.parquet" not in told


def test_a_part_that_cannot_be_read_is_named_and_done_after_the_source_is_mended(tmp_path: Path) -> None:
    source = facts_file(tmp_path / "in", 300)
    whole = source.read_bytes()
    damage(source, 1)
    out = tmp_path / "out"
    assert cohort.run(wanted(source, out, partitions=3), quiet=True) == 1
    assert kept(out).failed == {"1": "rows 100 to 199 of facts.parquet cannot be read"}
    assert (kept(out).status, kept(out).used) == ("stopped", 200)
    source.write_bytes(whole)
    assert cohort.run(wanted(source, out, partitions=3, resume=True), quiet=True) == 0
    assert (kept(out).failed, kept(out).used) == ({}, 300)
    assert len(said_in(out)) == 300


def judged(out: Path) -> int:
    return len(kept(out).done) if (out / "run.json").exists() else 0


def test_a_run_that_is_killed_goes_on_where_it_was_and_loses_nobody(tmp_path: Path) -> None:
    source = facts_file(tmp_path / "in", 600)
    out = tmp_path / "out"
    killed(source, out, "--partitions", "6", reached=judged, stop=2)
    before = {file.name: file.stat().st_mtime_ns for file in (out / "parts").glob("*.parquet")}
    assert 2 <= len(before) < 6
    assert cohort.run(wanted(source, out, partitions=6, resume=True), quiet=True) == 0
    after = {
        file.name: file.stat().st_mtime_ns for file in (out / "interpretations.parquet").glob("*.parquet")
    }
    redone = [name for name, stamp in before.items() if after[name] != stamp]
    assert len(redone) <= 1
    assert kept(out).used == 600
    assert len(said_in(out)) == 600


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: t.drop_columns(["total_b12", "age"]), "not_facts"),
        (lambda t: t.set_column(2, t.column_names[2], pa.array(["yes"] * t.num_rows)), "facts_of_wrong_type"),
        (
            lambda t: t.append_column("noticed__nobody_knows", pa.array([True] * t.num_rows)),
            "facts_of_wrong_type",
        ),
        (
            lambda t: t.drop_columns(["age"]).append_column(
                "noticed__nobody_knows", pa.array([True] * t.num_rows)
            ),
            "not_facts",
        ),
    ],
)
def test_a_table_that_holds_something_else_is_refused_with_the_columns_named(
    tmp_path: Path, change, code
) -> None:
    pq.write_table(change(table_of(any_people(3, "runner"), QUERY)), tmp_path / "facts.parquet")
    with pytest.raises(cohort.CobalensError) as refused:
        cohort.run(wanted(tmp_path / "facts.parquet", tmp_path / "out"), quiet=True)
    assert refused.value.code == code


def test_the_query_is_made_once_with_what_reading_the_records_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_of(any_people(3, "runner"), QUERY)
    columns = [f"{BEFORE}{code}".replace(":", "__") for code in NOTICED[::-1]]
    for name in columns:
        table = table.append_column(name, pa.array([True] * table.num_rows))
    pq.write_table(table, tmp_path / "facts.parquet")
    made = []

    def makes(*those: Any, **more: Any) -> Query:
        made.append(answers_query(*those, **more))
        return made[-1]

    monkeypatch.setattr(cohort_packs, "answers_query", makes)
    cohort_packs.query_of.cache_clear()
    assert cohort.run(wanted(tmp_path / "facts.parquet", tmp_path / "out"), quiet=True) == 0
    assert len(made) == 1
    assert list(made[0].noticed) == columns
    assert made[0].facts == QUERY.facts


def test_a_run_is_never_gone_on_with_other_data_or_rules_and_never_overwritten(tmp_path: Path) -> None:
    source, out = facts_file(tmp_path / "in", 20), tmp_path / "out"
    assert cohort.run(wanted(source, out), quiet=True) == 0
    with pytest.raises(cohort.CobalensError, match="earlier run"):
        cohort.run(wanted(source, out), quiet=True)
    state = kept(out)
    cohort.changed(state, out, status="running", ruleset="sha256:other")
    with pytest.raises(cohort.CobalensError, match="ruleset"):
        cohort.run(wanted(source, out, resume=True), quiet=True)


def test_a_file_that_is_cut_off_is_refused_without_a_word_of_its_content(tmp_path: Path) -> None:
    source = facts_file(tmp_path / "in", 20)
    source.write_bytes(source.read_bytes()[:2000])
    found = CliRunner().invoke(
        main, ["cohort", "run", "--no-report", str(source), "--out", str(tmp_path / "out")]
    )
    assert found.exit_code == 2
    assert "cannot be read as Parquet" in found.output
    assert "p0000" not in found.output


@pytest.mark.parametrize("dialect", ["postgres", "sqlserver"])
def test_the_sql_is_written_in_other_words_and_read_back(dialect: str) -> None:
    found = CliRunner().invoke(
        main, ["cohort", "sql", "facts", "--dialect", dialect, "--table", "clinic.facts"]
    )
    assert found.exit_code == 0
    assert "clinic.facts" in found.output
    assert ("THEN 1 ELSE 0 END AS" in found.output) == (dialect == "sqlserver"), (
        "it has no conditions as columns"
    )
