"""Whether the SQL of the rules says of generated people what the reference engine says; ``python -m tests.cohort.rules_agreement 10000``."""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa

from cobalens.api import load
from cobalens.engines import reference
from cobalens.engines.duckdb import read_numbers
from cobalens.engines.sql.answers import Query, rules_query
from cobalens.engines.sql.text import AS_NUMBER, as_number, result_text, stage_texts
from cobalens.model.facts import Facts, FactValue
from cobalens.model.ruleset import Pack, Ruleset

DOOR = load()
RULES = DOOR.ruleset
People = Sequence[Mapping[str, int]]


def any_people(count: int, seed: str = "people", rules: Ruleset = RULES) -> list[dict[str, int]]:
    """People of whom little, some or nearly everything is known; facts may contradict each other."""
    chance = random.Random(seed)
    sizes = {name: len(fact.values) for name, fact in rules.facts.items()}
    found = []
    for _ in range(count):
        share = chance.choice((0.02, 0.1, 0.3, 0.6, 0.9, 1.0))
        found.append({n: chance.randrange(size) for n, size in sizes.items() if chance.random() < share})
    return found


def table_of(people: People, query: Query) -> pa.Table:
    """One row a person, missing facts as NULL."""
    columns = {
        "person_id": pa.array([f"p{n:06}" for n in range(len(people))]),
        "index_day": pa.array([0] * len(people), pa.int32()),
    }
    for column, fact in query.facts.items():
        columns[column] = pa.array([one.get(column, one.get(fact)) for one in people], pa.uint8())
    return pa.table(columns)


def on_duckdb(people: People, query: Query) -> list[tuple[object, ...]]:
    base = duckdb.connect(config={"threads": 2})
    base.register("facts", table_of(people, query))
    return read_numbers(base, query, "facts")


def on_sqlite(people: People, query: Query) -> list[tuple[object, ...]]:
    """Stage by stage, each as a table: SQLite would write out a chain of views as one expression."""
    base = sqlite3.connect(":memory:")
    facts = table_of(people, query)
    base.execute(f"CREATE TABLE facts ({', '.join(facts.column_names)})")
    marks = ", ".join("?" * facts.num_columns)
    base.executemany(f"INSERT INTO facts VALUES ({marks})", zip(*facts.to_pydict().values(), strict=True))
    before = "facts"
    for name, text in stage_texts(query):
        base.execute(f"CREATE TABLE {name} AS {text}")
        base.execute(f"DROP TABLE {before}")
        before = name
    return base.execute(f"{result_text(query, as_number)} ORDER BY person_id").fetchall()


def expected(rules: Ruleset, one: Mapping[str, int], pack: Pack) -> Iterator[tuple[str, str, int, str]]:
    """``(table, code, number, leading row)`` of everything that the reference engine says, in the order of the query."""
    facts = Facts({name: FactValue(value) for name, value in one.items() if value})
    trace = reference.run(rules, facts, pack)
    findings = {(f.table, f.code): f for f in trace.findings}
    for table in rules.tables:
        if table.kind == "choose":
            choice = trace.choices[table.name]
            yield table.name, "", reference.answer_index(table, choice.answer), choice.rows[0]
        else:
            for code in dict.fromkeys(code for row in table.rows for code in row.then):
                found = findings.pop((table.name, code))
                yield table.name, code, reference.TRUTH[found.status], found.rows[0] if found.rows else ""
    assert not findings


def differences(
    people: People, rows: Sequence[tuple[object, ...]], query: Query, pack: Pack, rules: Ruleset = RULES
) -> tuple[int, list[str]]:
    """How many values were compared, and where they differ."""
    assert len(rows) == len(people)
    compared, found = 0, []
    for number, (one, row) in enumerate(zip(people, rows, strict=True)):
        said = row[2:]
        wanted = list(expected(rules, one, pack))
        assert len(said) == len(query.outputs) == 2 * len(wanted)
        for place, (table, code, value, leading) in enumerate(wanted):
            words = query.outputs[2 * place + 1].words
            here = (said[2 * place], words[int(str(said[2 * place + 1]))])
            compared += 2
            if here != (value, leading):
                found.append(f"person {number}, {table} {code}: {here}, reference {(value, leading)}")
    return compared, found


def main(count: int) -> int:
    wrong = 0
    for pack in RULES.packs.values():
        if pack.role == "common":
            continue
        query = rules_query(RULES, pack, bits=True)
        people = any_people(count, f"long {pack.name}")
        compared, found = differences(people, on_duckdb(people, query), query, pack)
        print(
            f"{pack.name}, bitmaps: {count:,} people, {compared:,} values compared, {len(found)} differences"
        )
        wrong += len(found)
        print(*found[:20], sep="\n", end="\n" if found else "")
        plain = rules_query(RULES, pack, flag=AS_NUMBER)
        some = people[: max(1, count // 5)]
        compared, found = differences(some, on_sqlite(some, plain), plain, pack)
        print(
            f"{pack.name}, SQLite: {len(some):,} people, {compared:,} values compared, {len(found)} differences"
        )
        wrong += len(found)
        print(*found[:20], sep="\n", end="\n" if found else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
