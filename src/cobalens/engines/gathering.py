"""Brings a source of many people into a DuckDB database as the canonical tables, and counts what became of everything.

Whatever says something about somebody is read once per distinct wording, by the functions that are lent: the reader of
one patient's record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import astuple

from cobalens.engines.sql.sources import canonical
from cobalens.model.cohort import EPOCH
from cobalens.model.sources import (
    DERIVED_KEY,
    ENTRY_KEY,
    LAB_KEY,
    RAW_PERSON,
    DerivedMeaning,
    EventMeaning,
    Fate,
    LabMeaning,
    Meanings,
    columns_of,
)

if TYPE_CHECKING:
    import duckdb

    Database = duckdb.DuckDBPyConnection

Key = tuple[str | None, ...]
Reader = Callable[[Iterable[tuple[int, Key]]], Meanings]
BATCH = 10_000
DDL = {
    "int": "INTEGER",
    "str": "VARCHAR",
    "bool": "BOOLEAN",
    "str | None": "VARCHAR",
    "float | None": "DOUBLE",
    "int | None": "INTEGER",
    "float": "DOUBLE",
}


class Lent(Struct, frozen=True):
    """What reads the keys, and what the reader depends on."""

    labs: Reader
    entries: Reader
    derive: Callable[[Iterable[tuple[int, tuple[Any, ...]]]], Sequence[DerivedMeaning]]
    feeds: frozenset[str]
    """Tests that feed formulas."""
    sexes: dict[str, str]
    """Concept -> the sex that it says."""
    lists: tuple[str, ...]
    """Every list that may be complete."""
    long_ago: int
    """Days after which an acute complaint counts as over."""
    results: tuple[frozenset[str], ...] = ()
    """Tests whose days are days of decision, where each result or the latest one is judged; the next where one has none."""
    lasts: int = 0
    """Days for which a result of the first of these counts: within them a later one of the next makes the latest day."""


class Index(Struct, frozen=True):
    """On which day each person is judged: one day for all, the day of the latest result, or of each."""

    kind: str
    """``date``, ``latest`` or ``each-result``."""
    day: dt.date | None = None
    undated: dt.date | None = None
    """For whoever has such results and no day of any: the day for which they stand. Without it these people are not judged."""


class Fates(Struct, frozen=True):
    """What became of the rows of one raw table, by fate and reason, and of people who are not judged."""

    results: tuple[tuple[str, str, int], ...]
    entries: tuple[tuple[str, str, int], ...]
    people: int
    judged: int
    set_aside: tuple[tuple[str, int], ...]


def gather(
    base: Database,
    raw: dict[str, str],
    index: Index,
    lent: Lent,
    complete: frozenset[str] = frozenset(),
) -> Fates:
    """Makes ``person``, ``lab`` and ``event`` in the database of the raw queries, in order of their names given."""
    for name, query in raw.items():
        base.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    _one_row_a_person(base)
    _judge(base, index, lent)
    for name, query in canonical.statements(lent.long_ago).items():
        base.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    _mean(base, canonical.LAB_KEYS, LAB_KEY, lent.labs, "lab")
    _mean(base, canonical.ENTRY_KEYS, ENTRY_KEY, lent.entries, "entry")
    for name, query in (
        ("person", canonical.person(lent.lists, complete)),
        ("lab", canonical.lab()),
        ("event", canonical.event()),
    ):
        base.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")
    _derive(base, lent)
    return _account(base)


def _one_row_a_person(base: Database) -> None:
    """A person who stands twice stands once, with the wider birth interval; nobody is judged twice for it."""
    listed = ", ".join(RAW_PERSON)
    base.execute(
        f"CREATE OR REPLACE TEMP TABLE raw_person AS SELECT {listed} FROM (SELECT person_id, MIN(birth_first) AS birth_first, "
        "MAX(birth_last) AS birth_last, MIN(death_day) AS death_day, BOOL_OR(died) AS died FROM raw_person GROUP BY person_id) p"
    )


def _judge(base: Database, index: Index, lent: Lent) -> None:
    if index.kind == "date":
        assert index.day is not None
        days = (
            f"SELECT person_id AS run_id, person_id, {(index.day - EPOCH).days} AS index_day FROM raw_person"
        )
    else:
        base.execute(
            "CREATE OR REPLACE TEMP TABLE judged (run_id VARCHAR, person_id VARCHAR, index_day INTEGER)"
        )
        when = _deciding_days(base, lent, index.undated)
        if index.kind == "latest":
            days = (
                "SELECT d.person_id AS run_id, d.person_id, MAX(d.day) AS index_day FROM deciding_days d JOIN (SELECT person_id, "
                f"MAX(day) AS newest FROM ({when}) w GROUP BY person_id) n ON n.person_id = d.person_id "
                f"AND d.day <= n.newest + {lent.lasts} GROUP BY d.person_id"
            )
        else:
            days = f"SELECT person_id || '@' || CAST(DATE '1970-01-01' + day AS VARCHAR) AS run_id, person_id, day AS index_day FROM ({when}) w"
    base.execute(
        f"CREATE OR REPLACE TEMP TABLE judged AS SELECT i.*, p.died FROM ({days}) i LEFT JOIN (SELECT person_id, died FROM raw_person) p "
        "ON p.person_id = i.person_id"
    )


def _deciding_days(base: Database, lent: Lent, undated: dt.date | None) -> str:
    """Who was measured when by the tests that set the day of decision."""
    columns = ("name", "code", "system", "unit")
    listed = ", ".join(columns)
    found = base.execute(f"SELECT DISTINCT {listed} FROM raw_lab").fetchall()
    blank = dict.fromkeys(LAB_KEY)
    wanted = []
    for row in found:
        key = tuple(
            (blank | dict(zip(columns, row, strict=True)) | {"word": "normal"})[one] for one in LAB_KEY
        )
        read = {lab.analyte for lab in lent.labs([(0, key)]).labs}
        turns = [turn for turn, tests in enumerate(lent.results) if not tests.isdisjoint(read)]
        if turns:
            wanted.append((*row, turns[0]))
    base.execute(
        "CREATE OR REPLACE TEMP TABLE deciding (name VARCHAR, code VARCHAR, system VARCHAR, unit VARCHAR, turn INTEGER)"
    )
    if wanted:
        base.executemany("INSERT INTO deciding VALUES (?, ?, ?, ?, ?)", wanted)
    known = f"raw_lab r JOIN deciding d ON {canonical.same('r', 'd', columns)}"
    base.execute(
        "CREATE OR REPLACE TEMP TABLE deciding_days AS SELECT DISTINCT r.person_id, r.first_day AS day, d.turn "
        f"FROM {known} WHERE r.first_day IS NOT NULL"
    )
    if undated is not None:
        base.execute(
            f"INSERT INTO deciding_days SELECT r.person_id, {(undated - EPOCH).days}, MIN(d.turn) FROM {known} "
            "WHERE r.person_id NOT IN (SELECT person_id FROM deciding_days) GROUP BY r.person_id"
        )
    return (
        "SELECT DISTINCT d.person_id, d.day FROM deciding_days d JOIN (SELECT person_id, MIN(turn) AS turn "
        "FROM deciding_days GROUP BY person_id) f ON f.person_id = d.person_id AND f.turn = d.turn"
    )


def _mean(base: Database, table: str, columns: Sequence[str], read: Reader, kind: str) -> None:
    """Reads the distinct keys in batches and puts their meanings beside them."""
    shape: type[Struct] = LabMeaning if kind == "lab" else EventMeaning
    described = _described(shape)
    base.execute(
        f"CREATE OR REPLACE TEMP TABLE {'lab' if kind == 'lab' else 'event'}_meaning ({described}, part INTEGER)"
    )
    base.execute(f"CREATE OR REPLACE TEMP TABLE {kind}_fate (key INTEGER, fate VARCHAR, reason VARCHAR)")
    listed = ", ".join(columns)
    asked = base.execute(f"SELECT number, {listed} FROM {table} ORDER BY number")
    batches: list[Meanings] = []
    while rows := asked.fetchmany(BATCH):
        batches.append(read((row[0], tuple(row[1:])) for row in rows))
    for batch in batches:
        found: Sequence[LabMeaning | EventMeaning] = batch.labs if kind == "lab" else batch.events
        _insert(base, "lab_meaning" if kind == "lab" else "event_meaning", list(_numbered(found)))
        _insert(base, f"{kind}_fate", [astuple(fate) for fate in batch.fates])


def _derive(base: Database, lent: Lent) -> None:
    """Adds what published formulas make of the results of a day."""
    for name, query in canonical.derived(lent.feeds, lent.sexes).items():
        base.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    base.execute(f"CREATE OR REPLACE TEMP TABLE derived_meaning ({_described(DerivedMeaning)})")
    asked = base.execute(
        f"SELECT number, {', '.join(DERIVED_KEY)} FROM {canonical.DERIVED_KEYS} ORDER BY number"
    )
    made: list[DerivedMeaning] = []
    while rows := asked.fetchmany(BATCH):
        made += lent.derive((row[0], tuple(row[1:])) for row in rows)
    _insert(base, "derived_meaning", [astuple(one) for one in made])
    base.execute(f"INSERT INTO lab BY NAME {canonical.with_derived()}")


def _described(shape: type[Struct]) -> str:
    return ", ".join(f"{name} {DDL[kind]}" for name, kind in columns_of(shape).items())


def _numbered(found: Iterable[LabMeaning | EventMeaning]) -> Iterator[tuple[Any, ...]]:
    """Each meaning with its place among those of its key."""
    last, part = -1, 0
    for one in found:
        part = part + 1 if one.key == last else 0
        last = one.key
        yield (*astuple(one), part)


def _insert(base: Database, table: str, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    import pyarrow as pa

    names = [name for name, *_ in base.execute(f"DESCRIBE {table}").fetchall()]
    coming = pa.table(
        {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )
    base.register("coming", coming)
    base.execute(f"INSERT INTO {table} SELECT * FROM coming")
    base.unregister("coming")


def _account(base: Database) -> Fates:
    def counted(kind: str, raw: str, columns: Sequence[str]) -> tuple[tuple[str, str, int], ...]:
        found = base.execute(
            f"SELECT f.fate, f.reason, COUNT(*) FROM {raw} r JOIN {kind}_keys k ON {canonical.same('r', 'k', columns)} "
            f"JOIN {kind}_fate f ON f.key = k.number GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        return tuple((fate, reason, count) for fate, reason, count in found)

    people, judged = (
        base.execute(query).fetchall()[0][0]
        for query in ("SELECT COUNT(*) FROM raw_person", "SELECT COUNT(*) FROM person")
    )
    aside = base.execute(
        "SELECT reason, COUNT(*) FROM (SELECT CASE WHEN p.death_day <= i.index_day THEN 'died before the day of decision' "
        "WHEN p.birth_first > i.index_day THEN 'born after the day of decision' WHEN i.index_day IS NULL THEN 'no result to be judged' "
        "END AS reason FROM raw_person p LEFT JOIN judged i ON i.person_id = p.person_id) r WHERE reason IS NOT NULL "
        "GROUP BY reason ORDER BY reason"
    ).fetchall()
    return Fates(
        counted("lab", "raw_lab", LAB_KEY),
        counted("entry", canonical.DATED_ENTRIES, ENTRY_KEY),
        people,
        judged,
        tuple((reason, count) for reason, count in aside),
    )


__all__ = ["Fate", "Fates", "Index", "Lent", "gather"]
