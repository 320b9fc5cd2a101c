"""The rules as SQL say of everybody what they say of one person."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from cobalens.engines import reference
from cobalens.engines.duckdb import NOT_USED, answer_part, connected, judge_for, read_numbers
from cobalens.engines.sql.answers import Query, answers_query, rules_query
from cobalens.engines.sql.masks import BITS, asked_bit
from cobalens.engines.sql.masks import test as masked
from cobalens.engines.sql.rules import WORD
from cobalens.engines.sql.text import AS_NUMBER, whole_text
from cobalens.model.facts import Facts, FactValue
from cobalens.model.record import Record
from cobalens.report.assemble import interpretation
from cobalens.report.case import case_of
from tests.cohort.rules_agreement import DOOR, RULES, any_people, differences, on_duckdb, on_sqlite, table_of

PACK = DOOR.pack


@pytest.mark.parametrize("bits", [True, False], ids=["bits", "conditions"])
def test_duckdb_says_what_the_reference_says_with_the_same_leading_row(bits: bool) -> None:
    query = rules_query(RULES, PACK, bits=bits)
    people = [{}, *any_people(150)]
    compared, found = differences(people, on_duckdb(people, query), query, PACK)
    assert found == []
    assert compared == len(people) * len(query.outputs)


def test_sqlite_without_truth_values_says_the_same() -> None:
    query = rules_query(RULES, PACK, flag=AS_NUMBER)
    people = [{}, *any_people(60, "sqlite")]
    _, found = differences(people, on_sqlite(people, query), query, PACK)
    assert found == []


def test_nothing_is_made_that_nobody_reads_and_everything_before_it_is_read() -> None:
    for bits in (True, False):
        query = answers_query(RULES, PACK, DOOR.others, bits=bits)
        there = {*query.facts, *query.noticed}
        made = [column.name for stage in query.stages for column in stage]
        read = {word for one in query.outputs for word in one.reads()}
        for stage in query.stages:
            words = {word for column in stage for word in WORD.findall(column.condition)} - {"xor"}
            assert words <= there
            read |= words
            there |= {column.name for column in stage}
        assert set(made) <= read
        assert len(set(made)) == len(made)


def test_a_rule_that_is_changed_is_noticed() -> None:
    table = next(t for t in RULES.tables if t.kind == "choose" and len(t.rows) > 2)
    first = next(row for row in table.rows if row.cells and not row.overrides)
    name, mask = first.cells[0]
    rows = tuple(
        replace(r, cells=((name, mask ^ 0b11), *r.cells[1:])) if r is first else r for r in table.rows
    )
    changed = replace(RULES, tables=tuple(replace(t, rows=rows) if t is table else t for t in RULES.tables))
    query = rules_query(changed, PACK, bits=True)
    people = any_people(150)
    assert differences(people, on_duckdb(people, query), query, PACK)[1] != []


def test_the_same_knowledge_gives_the_same_text() -> None:
    assert whole_text(answers_query(RULES, PACK, DOOR.others)) == whole_text(
        answers_query(RULES, PACK, DOOR.others)
    )


def test_no_name_is_longer_than_any_database_takes() -> None:
    query = answers_query(RULES, PACK, DOOR.others, rows=True)
    names = [c.name for stage in query.stages for c in stage] + [one.name for one in query.outputs]
    assert max(map(len, names)) <= 63
    assert len({one.name for one in query.outputs}) == len(query.outputs)


@pytest.mark.parametrize("size", [3, 4, 7])
def test_every_test_of_a_value_is_true_of_exactly_the_values_in_its_mask(size: int) -> None:
    base = duckdb.connect()
    for mask in range(1 << size):
        text = masked("x", mask, (1 << size) - 1)
        bit = BITS.test("x", mask, (1 << size) - 1)
        assert bit == text if text in ("TRUE", "FALSE") else asked_bit(bit) == f"({text})::UTINYINT = 1"
        found = base.execute(f"SELECT list(x ORDER BY x) FROM range({size}) t(x) WHERE {text}").fetchall()[0][
            0
        ]
        assert (found or []) == [value for value in range(size) if mask >> value & 1], text


# --- What is said of a person, with other packs, scope and care -----------------------------------------------------

READ_OTHERWISE = ("total_b12", "total_b12_latest")
NOTICED = ("data_quality:unit_missing", "data_quality:conflicting_results")


def people_read_otherwise(count: int) -> list[dict[str, int]]:
    """People whom other packs read otherwise; some are too young, some have a red flag, of some something was noticed."""
    chance = random.Random("otherwise")
    found = []
    for one in any_people(count, "said"):
        for pack, fact in product(DOOR.others, READ_OTHERWISE):
            size = len(RULES.facts[fact].values)
            one[f"{fact}__{pack.name.replace('-', '_')}"] = chance.randrange(size)
        for code in NOTICED:
            one["noticed__" + code.replace(":", "__")] = int(chance.random() < 0.3)
        found.append(one)
    return found


def said_of(one: dict[str, int]) -> tuple[str, str, list[str], dict[str, tuple[str, str]]]:
    cases = []
    noticed = tuple((code, "noticed") for code in NOTICED if one["noticed__" + code.replace(":", "__")])
    for pack in (PACK, *DOOR.others):
        own = {
            fact: one.get(f"{fact}__{pack.name.replace('-', '_')}", one.get(fact, 0)) for fact in RULES.facts
        }
        facts = Facts({name: FactValue(value) for name, value in own.items() if value}, noticed)
        trace = reference.run(RULES, facts, pack)
        cases.append(case_of(RULES, Record(id="x"), facts, trace, pack, "en", DOOR.shelf))
    here, *others = cases
    made = interpretation(here, others, None, "test")
    supported = [f.code for f in made.findings if f.status == "supported"]
    otherwise = {p.pack: (p.answer, p.deficiency) for p in made.packs}
    return made.answer, made.deficiency, supported, otherwise


def answers_of(table: pa.Table, query: Query, folder: Path) -> list[dict[str, Any]]:
    """What is said of everybody: by a run from file to file, or, where conditions are truth values, by the text alone."""
    with connected(folder / "scratch", threads=2) as base:
        if query.bits:
            pq.write_table(table, folder / "facts.parquet")
            part = (folder / "facts.parquet", 0, table.num_rows)
            answer_part(base, judge_for(query), part, folder / "answers.parquet")
            return pq.read_table(folder / "answers.parquet").to_pylist()
        base.register("facts", table)
        base.execute(f"SET disabled_optimizers = '{NOT_USED}'")
        return base.sql(f"{whole_text(query, 'facts')} ORDER BY person_id").to_arrow_table().to_pylist()


@pytest.mark.parametrize("bits", [True, False], ids=["bits", "conditions"])
def test_everything_said_of_a_person_is_said_in_a_cohort(bits: bool, tmp_path: Path) -> None:
    differs = {pack.name: READ_OTHERWISE for pack in DOOR.others}
    query = answers_query(RULES, PACK, DOOR.others, differs, noticed=NOTICED, bits=bits)
    people = people_read_otherwise(60)
    table = table_of(people, query)
    for code in NOTICED:
        name = "noticed__" + code.replace(":", "__")
        table = table.append_column(name, pa.array([bool(one[name]) for one in people]))
    found = answers_of(table, query, tmp_path)
    taken_over = out = 0
    for one, row in zip(people, found, strict=True):
        answer, deficiency, supported, otherwise = said_of(one)
        assert (row["answer"], row["deficiency"]) == (answer, deficiency)
        assert sorted(code for name, code in query.codes if row[name] == "supported") == sorted(supported)
        assert not bits or sorted(row["findings"]) == sorted(supported)
        for pack in DOOR.others:
            suffix = pack.name.replace("-", "_")
            there = (row[f"answer__{suffix}"], row[f"deficiency__{suffix}"])
            assert there == otherwise.get(pack.name, (answer, deficiency))
        alike = {
            name: one.get(name.split("__")[0], 0)
            for name in one
            if name.startswith(f"{READ_OTHERWISE[0]}") and "__" in name
        }
        taken_over += set(said_of({**one, **alike})[2]) != set(supported)
        out += row["in_scope"] == "under_16"
    assert taken_over > 3
    assert out > 3


def test_numbers_come_in_the_order_of_people() -> None:
    query = rules_query(RULES, PACK, rows=False)
    base = duckdb.connect()
    base.register("facts", table_of(any_people(5), query))
    assert [row[0] for row in read_numbers(base, query, "facts")] == [f"p{n:06}" for n in range(5)]
