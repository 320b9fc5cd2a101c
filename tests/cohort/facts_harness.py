"""Runs the generated SQL on DuckDB and the reader on the same canonical rows, and tells where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa
from msgspec.structs import astuple

from cobalens.engines.duckdb import NOT_FOR_FACTS, without
from cobalens.engines.sql.timelines import Column, columns_query, facts_query
from cobalens.intake.timelines.canonical import canonical, scales_for
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.cohort import Rows, columns, lists_of, record_of, together
from cobalens.model.record import Record
from cobalens.model.ruleset import Pack, Ruleset

ARROW = {
    "VARCHAR": pa.string(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(),
}  # fmt: skip


def tuples(rows: Rows, ruleset: Ruleset) -> dict[str, list[tuple[object, ...]]]:
    """Table -> its rows in the order of ``columns``."""
    lists = lists_of(ruleset)
    return {
        "person": [(*astuple(one)[:3], *(name in one.complete for name in lists)) for one in rows.person],
        "lab": [astuple(one) for one in rows.lab],
        "event": [astuple(one) for one in rows.event],
    }


def loaded(rows: Rows, ruleset: Ruleset) -> duckdb.DuckDBPyConnection:
    """A database with the three canonical tables."""
    base = duckdb.connect(config={"threads": 2})
    held = tuples(rows, ruleset)
    for table, described in columns(ruleset).items():
        across = list(zip(*held[table], strict=True)) or [[] for _ in described]
        arrays = [pa.array(list(v), ARROW[t]) for v, (_, t) in zip(across, described, strict=True)]
        base.register("coming", pa.table(arrays, names=[name for name, _ in described]))
        base.execute(f"CREATE TABLE {table} AS SELECT * FROM coming")
        base.unregister("coming")
    return base


def by_sql(
    rows: Rows, ruleset: Ruleset, pack: Pack, index_day: int | None = None
) -> tuple[tuple[str, ...], dict[tuple[str, int], tuple[int, ...]]]:
    base = loaded(rows, ruleset)
    met = base.execute("SELECT DISTINCT analyte, unit FROM lab").fetchall()
    query = facts_query(ruleset, pack, scales_for(ruleset, pack, met), index_day=index_day)
    found = base.execute(query.sql).fetchall()
    assert len(found) == len(rows.person)
    return query.facts, {(row[0], row[1]): row[2:] for row in found}


def by_columns(
    rows: Rows,
    ruleset: Ruleset,
    columns: Sequence[Column],
    index_day: int | None = None,
    one_each: bool = False,
) -> dict[tuple[str, int], dict[str, int]]:
    """What one text says of everybody under several packs, by column."""
    base = loaded(rows, ruleset)
    met = base.execute("SELECT DISTINCT analyte, unit FROM lab").fetchall()
    packs = {one.pack.name: one.pack for one in columns}
    scales = {name: scales_for(ruleset, pack, met) for name, pack in packs.items()}
    query = columns_query(ruleset, columns, scales, index_day, one_each)
    with without(base, NOT_FOR_FACTS):
        found = base.execute(query.sql).fetchall()
    assert len(found) == len(rows.person)
    return {(row[0], row[1]): dict(zip(query.facts, row[2:], strict=True)) for row in found}


def by_reader(rows: Rows, ruleset: Ruleset, pack: Pack) -> dict[tuple[str, int], dict[str, int]]:
    labs: dict[str, list] = {}
    events: dict[str, list] = {}
    for lab in rows.lab:
        labs.setdefault(lab.person_id, []).append(lab)
    for event in rows.event:
        events.setdefault(event.person_id, []).append(event)
    found = {}
    for person in rows.person:
        record = record_of(person, labs.get(person.person_id, ()), events.get(person.person_id, ()))
        values = facts_of(record, ruleset, pack).values
        found[person.person_id, person.index_day] = {name: one.value for name, one in values.items()}
    return found


class Compared:
    """How many values were compared and which differ."""

    def __init__(self) -> None:
        self.count = 0
        self.known: Counter[str] = Counter()
        self.differing: Counter[str] = Counter()
        self.examples: dict[str, tuple[str, int, int]] = {}

    def __str__(self) -> str:
        never = f"{self.count} values compared, {self.known.total()} of them known, {self.differing.total()} differ"
        worst = [
            f"{name}: {n} ({self.examples[name][0]}: reader {self.examples[name][1]}, SQL {self.examples[name][2]})"
            for name, n in self.differing.most_common(60)
        ]
        return "\n".join([never, *worst])


def compare(rows: Rows, ruleset: Ruleset, pack: Pack, index_day: int | None = None) -> Compared:
    names, sql = by_sql(rows, ruleset, pack, index_day)
    reader = by_reader(rows, ruleset, pack)
    result = Compared()
    for key, values in sql.items():
        wanted = reader[key]
        for name, value in zip(names, values, strict=True):
            result.count += 1
            expected = wanted.get(name, 0)
            result.known[name] += expected != 0
            if value != expected:
                result.differing[name] += 1
                result.examples.setdefault(name, (key[0], expected, value))
    return result


def canonical_rows(records: Iterable[Record], ruleset: Ruleset, pack: Pack) -> Rows:
    return together(canonical(record, ruleset, pack) for record in records)
