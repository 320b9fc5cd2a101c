"""Shares an OMOP instance out by person, on disk, so that each share is read by itself and a stop loses one share at most.

Whatever a column holds that is not of its kind is counted here, once for the whole instance.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from cobalens import errors
from cobalens.engines.opening import reading
from cobalens.engines.sql.sources import omop
from cobalens.engines.sql.sources.omop_columns import (
    COLUMNS,
    PERSON,
    TYPES,
    missing,
    troubles_of,
    typed,
    value_of,
)
from cobalens.engines.sql.text import quoted

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

PEOPLE = 200_000
"""People in a share, unless another number of shares is asked for."""
VOCABULARY = ("concept", "concept_ancestor")
CONCEPTS, BROADER = "concepts", "broader"
NO_PERSON, NOBODY = "no person named", "of nobody in the table person"


class Shares(Struct, frozen=True):
    """What came of sharing out."""

    parts: int
    people: int
    rows: dict[str, int]
    """Table -> all its rows."""
    account: dict[str, int]
    """What was not used, or not as it stood -> rows."""
    not_there: tuple[str, ...]
    """Columns that the instance lacks and that were read as empty."""


def share_out(
    base: Base, tables: Mapping[str, str], folder: Path, known: Iterable[tuple[str, str]], parts: int | None
) -> Shares:
    """Each table's rows to the folder of their person's share. ``tables``: OMOP's table -> what stands after FROM."""
    if lacking := [name for name in omop.NEEDED if name not in tables]:
        raise errors.omop_tables_missing(lacking)
    held = {name: columns_of(base, name, tables[name]) for name in COLUMNS if name in tables}
    if lacking := [one for name in held for one in missing(name, held[name], needed=True)]:
        raise errors.omop_columns_missing(lacking)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with reading("person"):
        people, count = shares(base, tables["person"], held["person"]["person_id"], parts)
    account: dict[str, int] = {}
    rows: dict[str, int] = {}
    for name, columns in held.items():
        with reading(name):
            if name in VOCABULARY:
                base.execute(
                    f"CREATE TEMP VIEW named_{name} AS SELECT {typed(name, columns)} FROM {tables[name]}"
                )
            else:
                rows[name], wrong = count_troubles(base, name, tables[name], columns)
                account |= wrong
                write_shares(base, name, tables[name], columns, folder)
    with reading("concept"):
        write_vocabulary(base, [name for name in VOCABULARY if name in held], folder, known)
    not_there = tuple(one for name in held for one in missing(name, held[name], needed=False))
    return Shares(count, people, rows, account, not_there)


def columns_of(base: Base, name: str, relation: str) -> dict[str, str]:
    with reading(name):
        rows = base.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {str(column).lower(): str(kind).upper() for column, kind, *_ in rows}


def shares(base: Base, person: str, held: str, parts: int | None) -> tuple[int, int]:
    """The table ``shares``: everybody's share, in the order of the persons' numbers; how many people and shares."""
    one = value_of(PERSON, COLUMNS["person"][PERSON].kind, held)
    base.execute(
        f"CREATE TEMP TABLE persons AS SELECT DISTINCT {one} AS {PERSON} FROM {person} WHERE {one} IS NOT NULL"
    )
    people = int(base.execute("SELECT COUNT(*) FROM persons").fetchall()[0][0])
    size = PEOPLE if parts is None else max(1, -(-people // parts))
    base.execute(
        f"CREATE TEMP TABLE shares AS SELECT {PERSON}, CAST((ROW_NUMBER() OVER (ORDER BY {PERSON}) - 1) // {size} AS INTEGER) "
        "AS part FROM persons"
    )
    return people, max(1, -(-people // size))


def count_troubles(
    base: Base, name: str, relation: str, held: Mapping[str, str]
) -> tuple[int, dict[str, int]]:
    """All rows of a table, and what is wrong with some of them -> how many."""
    whose = value_of(PERSON, COLUMNS[name][PERSON].kind, held[PERSON])
    conditions = troubles_of(name, held)
    conditions[f"{name}: {NO_PERSON}"] = f"{whose} IS NULL"
    conditions[f"{name}: {NOBODY}"] = f"{whose} IS NOT NULL AND {whose} NOT IN (SELECT {PERSON} FROM shares)"
    listed = ", ".join(f"COUNT(*) FILTER ({condition})" for condition in conditions.values())
    rows, *found = base.execute(f"SELECT COUNT(*), {listed} FROM {relation}").fetchall()[0]
    return int(rows), {what: int(count) for what, count in zip(conditions, found, strict=True) if count}


def write_shares(base: Base, name: str, relation: str, held: Mapping[str, str], folder: Path) -> None:
    place = quoted(str(folder / name))
    base.execute(
        f"COPY (SELECT t.*, s.part FROM (SELECT {typed(name, held)} FROM {relation}) t JOIN shares s USING ({PERSON})) "
        f"TO {place} (FORMAT parquet, PARTITION_BY (part))"
    )


def write_vocabulary(base: Base, there: list[str], folder: Path, known: Iterable[tuple[str, str]]) -> None:
    """Of the vocabulary only what the shares name: each concept, and the known ones above it."""
    tables = {name: f"named_{name}" for name in there}
    met = [
        f"SELECT DISTINCT {column} AS concept_id FROM {share}"
        for name, columns in COLUMNS.items()
        if name not in VOCABULARY and (share := shared(folder, name))
        for column in columns
        if column.endswith("concept_id")
    ]
    base.execute(
        f"CREATE TEMP TABLE met AS {' UNION '.join(met)}"
        if met
        else "CREATE TEMP TABLE met (concept_id BIGINT)"
    )
    for name, query in omop.vocabulary(tables, known).items():
        chosen = f"SELECT * FROM ({query}) q WHERE concept_id IN (SELECT concept_id FROM met) ORDER BY ALL"
        base.execute(f"COPY ({chosen}) TO {quoted(str(folder / f'{name}.parquet'))} (FORMAT parquet)")


def shared(folder: Path, name: str, part: int | None = None) -> str:
    """One share of a table, or all of it, as a relation; empty text where nobody has a row in it."""
    place = folder / name / ("*" if part is None else f"part={part}") / "*.parquet"
    if not any(folder.glob(str(place.relative_to(folder)))):
        return ""
    return f"read_parquet({quoted(str(place))}, hive_partitioning = false)"


def rows_of(base: Base, folder: Path, name: str, part: int) -> int:
    relation = shared(folder, name, part)
    return int(base.execute(f"SELECT COUNT(*) FROM {relation}").fetchall()[0][0]) if relation else 0


def raw_of(folder: Path, part: int) -> dict[str, str]:
    """Raw table -> its query, over one share."""
    tables = {}
    for name in (*omop.NEEDED, "observation", "death"):
        nothing = ", ".join(
            f"CAST(NULL AS {TYPES[one.kind]}) AS {column}" for column, one in COLUMNS[name].items()
        )
        tables[name] = shared(folder, name, part) or f"(SELECT {nothing} WHERE 1 = 0)"
    said = {
        name: f"SELECT * FROM read_parquet({quoted(str(folder / f'{name}.parquet'))})"
        for name in (CONCEPTS, BROADER)
    }
    return {**omop.raw(tables, ()), **said}
