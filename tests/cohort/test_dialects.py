"""The statements for other databases: every one is read back as that database's words, and PostgreSQL says what DuckDB says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest
import sqlglot
from click.testing import CliRunner
from sqlglot import exp

from cobalens.engines.duckdb import NOT_USED
from cobalens.engines.sql.answers import answers_query
from cobalens.engines.sql.dialects import DIALECTS, ONLY_IN_STEPS, RECORDS, in_steps, written
from cobalens.engines.sql.text import whole_text
from cobalens.engines.sql.timelines import Column, columns_query, facts_query
from cobalens.intake.timelines.canonical import scales_for
from cobalens.serve.cli import main
from cobalens.serve.cohort.packs import read_otherwise
from cobalens.serve.cohort.people import shape_of
from cobalens.serve.cohort.text import before_facts
from tests.cohort.facts_harness import canonical_rows, loaded
from tests.cohort.facts_people import Maker
from tests.cohort.postgres import SERVER, into_postgres, postgres
from tests.cohort.rules_agreement import DOOR, RULES

PACK = DOOR.pack
READ = {name for table in RULES.tables for name in table.inputs}
ONE_OF_EACH = {fact.timeline: name for name, fact in RULES.facts.items() if name in READ}
"""By way of reading the records, a fact that is read so."""


def asked(*words: str) -> str:
    found = CliRunner().invoke(main, ["cohort", "sql", *words])
    assert found.exit_code == 0, found.output
    return found.output.removesuffix("\n").removesuffix(";")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_way_of_reading_records_is_written_in_other_words_and_read_back(dialect: str) -> None:
    facts, met = sorted(ONE_OF_EACH.values()), [("vitamin_b12", "ng/L")]
    packs = (PACK, *DOOR.others)
    columns = [Column(fact, fact, PACK) for fact in facts]
    columns += [
        Column(f"{fact}__{n}", fact, pack)
        for n, pack in enumerate(DOOR.others)
        for fact in facts
        if RULES.facts[fact].lab
    ]
    query = columns_query(RULES, columns, {pack.name: scales_for(RULES, pack, met) for pack in packs})
    found = written(query.sql, dialect, {name: f"clinic.b12.{name}" for name in RECORDS})
    assert "clinic.b12.lab" in found.replace("`", "").replace('"', "")
    assert all(one.name in found for one in columns)


@pytest.mark.parametrize("dialect", sorted(ONLY_IN_STEPS))
def test_a_database_in_which_one_statement_does_not_end_is_given_steps_alone(dialect: str) -> None:
    for kind in ("records", "omop"):
        found = CliRunner().invoke(main, ["cohort", "sql", kind, "--dialect", dialect])
        assert found.exit_code == 2
        assert "--steps" in found.output


def test_sqlite_makes_the_same_facts_in_steps() -> None:
    maker = Maker(RULES, scales_for(RULES, PACK), seed=61)
    rows = canonical_rows([maker.person(f"person {n}") for n in range(40)], RULES, PACK)
    base, there = loaded(rows, RULES), sqlite3.connect(":memory:")
    for name in RECORDS:
        table = base.table(name).to_arrow_table()
        there.execute(f"CREATE TABLE {name} ({', '.join(table.column_names)})")
        marks = ", ".join("?" * table.num_columns)
        there.executemany(
            f"INSERT INTO {name} VALUES ({marks})", zip(*table.to_pydict().values(), strict=True)
        )
    there.executescript(asked("records", "--dialect", "sqlite", "--steps", "--into", "made"))
    said = there.execute("SELECT * FROM made ORDER BY person_id, index_day")
    names = [column[0] for column in said.description]
    assert [dict(zip(names, row, strict=True)) for row in said] == own_facts(base)
    assert {name for (name,) in there.execute("SELECT name FROM sqlite_master")} == RECORDS | {"made"}


def is_condition(node: exp.Expression) -> bool:
    return isinstance(node.unnest(), exp.Connector | exp.Not | exp.Predicate)


def asks(node: exp.Expression) -> bool:
    """Whether a condition must stand where this one stands."""
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    above = node.parent
    if isinstance(above, exp.If):
        return node.arg_key == "this" and not (isinstance(above.parent, exp.Case) and above.parent.this)
    return isinstance(above, exp.Connector | exp.Not | exp.Where | exp.Having) or (
        isinstance(above, exp.Join) and node.arg_key == "on"
    )


@pytest.mark.parametrize("kind", ["records", "words"])
def test_sql_server_finds_conditions_only_where_it_takes_them(kind: str) -> None:
    if kind == "words":
        text = asked("words", "--dialect", "sqlserver")
    else:
        columns = [Column(fact, fact, PACK) for fact in ONE_OF_EACH.values()]
        query = columns_query(RULES, columns, {PACK.name: scales_for(RULES, PACK)})
        records = before_facts(query.sql, PACK.name, "latest", "")
        text = ";\n".join(in_steps(records, "sqlserver", {}, "results", "results.made"))
    for statement in sqlglot.parse(text, read="tsql"):
        assert statement
        assert not list(statement.find_all(exp.Boolean, exp.BitwiseOrAgg))
        for node in statement.find_all(exp.Expression):
            if isinstance(node, exp.Connector | exp.Not | exp.Predicate):
                assert asks(node), node.sql()[:200]
            elif isinstance(node.parent, exp.Connector | exp.Not | exp.Where):
                assert is_condition(node), node.sql()[:200]


def test_a_name_that_is_none_is_refused() -> None:
    for option in ("--table", "--schema"):
        found = CliRunner().invoke(main, ["cohort", "sql", "facts", "--dialect", "duckdb", option, "a; b"])
        assert found.exit_code == 2
        assert "cannot be the name" in found.output


def test_a_project_whose_name_holds_a_hyphen_is_quoted() -> None:
    found = asked(
        "facts", "--dialect", "bigquery", "--table", "my-project.b12.facts", "--into", "my-project.b12.said"
    )
    assert "FROM `my-project`.b12.facts" in found
    assert "CREATE TABLE `my-project`.b12.said AS" in found


def own_facts(base: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Everybody's facts, the primary pack's and those that others cut otherwise, each by a query of its own."""
    shape = shape_of(RULES, PACK, DOOR.others)
    people: dict[tuple[object, object], dict[str, object]] = {}
    for pack in (PACK, *DOOR.others):
        own = "" if pack is PACK else pack.name
        wanted = {column: fact for column, fact, whose in shape.facts if whose == own}
        query = facts_query(RULES, pack, scales_for(RULES, pack), wanted.values())
        for person, day, *values in base.execute(query.sql).fetchall():
            one = people.setdefault((person, day), {"person_id": person, "index_day": day})
            one |= dict(zip(wanted, values, strict=True))
    return [people[key] for key in sorted(people)]


@pytest.mark.skipif(SERVER is None, reason="no PostgreSQL server is installed on this machine")
def test_postgresql_makes_the_same_facts_and_gives_the_same_answers(tmp_path: Path) -> None:
    from adbc_driver_postgresql import dbapi

    maker = Maker(RULES, scales_for(RULES, PACK), seed=60)
    base = loaded(canonical_rows([maker.person(f"person {n}") for n in range(60)], RULES, PACK), RULES)
    tables = {name: base.table(name).to_arrow_table() for name in ("person", "lab", "event")}
    facts = own_facts(base)
    query = answers_query(RULES, PACK, DOOR.others, read_otherwise(RULES, PACK, DOOR.others))
    with postgres(tmp_path) as uri:
        assert uri is not None
        into_postgres(uri, tables)
        with dbapi.connect(uri) as connection, connection.cursor() as cursor:
            records = asked("records", "--dialect", "postgres", "--schema", "public")
            cursor.execute(f"CREATE TABLE public.made AS {records}")
            cursor.execute('SELECT * FROM public.made ORDER BY person_id COLLATE "C", index_day')
            made = cursor.fetch_arrow_table()
            answers = asked("facts", "--dialect", "postgres", "--table", "public.made")
            cursor.execute(f'SELECT * FROM ({answers}) AS a ORDER BY person_id COLLATE "C", index_day')
            said = cursor.fetch_arrow_table()
    assert len(facts) == 60
    assert made.to_pylist() == facts
    base.register("made", made)
    base.execute(f"SET disabled_optimizers = '{NOT_USED}'")
    here = base.sql(f"SELECT * FROM ({whole_text(query, 'made')}) ORDER BY person_id, index_day")
    assert said.to_pylist() == here.to_arrow_table().to_pylist()
    assert len({row["answer"] for row in said.to_pylist()}) > 2
