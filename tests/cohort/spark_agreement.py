"""From raw events to answers on Spark, beside the reader, the reference engine and DuckDB: how much was compared, what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import json

from cobalens.engines import duckdb as engine
from cobalens.engines import spark
from cobalens.engines.sql.answers import rules_query
from cobalens.model.cohort import Rows, columns
from cobalens.model.ruleset import Pack
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.facts_harness import ARROW, by_reader, tuples
from tests.cohort.rules_agreement import RULES, differences

FILES = ("facts.parquet", "results.parquet", "interpretations.parquet")
OWN = ("engine", "seconds")
"""What two engines' accounts of the same run may differ in, beside the sizes of the files that they made."""


class Agreement:
    """How many values were compared, and where they differ."""

    def __init__(self) -> None:
        self.count = 0
        self.found: list[str] = []

    def one(self, what: str, here: object, there: object) -> None:
        self.count += 1
        if here != there:
            self.found.append(f"{what}: {here!r}, not {there!r}")

    def __str__(self) -> str:
        return f"{self.count:,} values compared, {len(self.found)} differences"


def write_tables(rows: Rows, folder: Path) -> Path:
    """The canonical tables as Parquet; the results in two files, as a cluster leaves them."""
    held = tuples(rows, RULES)
    for table, described in columns(RULES).items():
        across = list(zip(*held[table], strict=True)) or [[] for _ in described]
        arrays = [pa.array(list(v), ARROW[kind]) for v, (_, kind) in zip(across, described, strict=True)]
        found = pa.table(arrays, names=[name for name, _ in described])
        place = folder / f"{table}.parquet"
        if table != "lab":
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(found, place)
            continue
        place.mkdir(parents=True)
        half = found.num_rows // 2
        pq.write_table(found.slice(0, half), place / "part-0.parquet")
        pq.write_table(found.slice(half), place / "part-1.parquet")
    return folder


def ran(source: Path, out: Path, pack: Pack, engine: str, **options: Any) -> dict[str, Any]:
    """What ``run.json`` says of a finished run."""
    asked = Wanted(source=str(source), out=str(out), pack=pack.name, threads=2, engine=engine, **options)
    assert cohort.run(asked, quiet=True) == 0
    run: dict[str, Any] = json.decode((out / "run.json").read_bytes())
    assert run["engine"] == engine
    return run


def accounts(run: Mapping[str, Any]) -> dict[str, Any]:
    """The account of a run without what is the engine's own."""
    found = {name: said for name, said in run.items() if name not in OWN}
    return found | {"files": [(name, rows) for name, _, rows in run["files"]]}


def compare_files(
    here: Path, there: Path, agreement: Agreement, names: Sequence[str] = FILES, ordered: bool = True
) -> None:
    """Every value of the files of two runs, with types and, unless it is not wanted, the order of the rows."""
    for name in names:
        one, other = pq.read_table(here / name), pq.read_table(there / name)
        if not ordered:
            one, other = (
                t.sort_by([("person_id", "ascending"), ("index_day", "ascending")]) for t in (one, other)
            )
        agreement.one(f"types of {name}", *([(f.name, f.type) for f in t.schema] for t in (one, other)))
        agreement.one(f"rows of {name}", one.num_rows, other.num_rows)
        for column in other.column_names:
            agreement.count += other.num_rows
            if not one.column(column).equals(other.column(column)):
                agreement.found.append(f"{name}, {column}")


def compare_run(rows: Rows, pack: Pack, folder: Path) -> Agreement:
    """People from their raw events: Spark's facts with the reader's, its answers with the reference's and DuckDB's."""
    source = write_tables(rows, folder / "source")
    ran(source, folder / "spark", pack, "spark", rows=True)
    return compare_made(rows, pack, folder)


def compare_made(rows: Rows, pack: Pack, folder: Path, own: bool = True) -> Agreement:
    """The same of a run that Spark has made of ``source`` in ``spark``, both in the folder.

    Without ``own`` the reference stands beside what DuckDB makes of Spark's facts, which says in its files what Spark says:
    to plan the rules on Spark once more takes most of a minute.
    """
    agreement = Agreement()
    here = json.decode((folder / "spark" / "run.json").read_bytes())
    there = ran(folder / "source", folder / "duckdb", pack, "duckdb", rows=True)
    agreement.one("the account", accounts(here), accounts(there))
    compare_files(folder / "spark", folder / "duckdb", agreement)
    facts = compare_with_reader(rows, pack, folder / "spark" / "facts.parquet", agreement)
    query = rules_query(RULES, pack)
    made = folder / "spark" / "facts.parquet"
    if own:
        with spark.connected(folder / "scratch", threads=2) as session:
            said = spark.read_numbers(session, query, made)
    else:
        with duckdb.connect() as base:
            said = engine.read_numbers(base, query, f"read_parquet('{made}')")
    count, differing = differences(facts, said, query, pack)
    agreement.count += count
    agreement.found += differing
    return agreement


def compare_with_reader(rows: Rows, pack: Pack, file: Path, agreement: Agreement) -> list[dict[str, int]]:
    """Each fact that Spark made, as the reader of one patient reads it; the facts, in the order of the people."""
    wanted = by_reader(rows, RULES, pack)
    found = sorted(pq.read_table(file).to_pylist(), key=lambda one: (one["person_id"], one["index_day"]))
    agreement.one("people", len(found), len(wanted))
    facts = []
    for row in found:
        person = wanted[row["person_id"], row["index_day"]]
        here = {name: row[name] for name in RULES.facts if name in row}
        for name, value in here.items():
            agreement.one(f"{row['person_id']}, {name}", value, person.get(name, 0))
        facts.append({name: value for name, value in here.items() if value})
    return facts
