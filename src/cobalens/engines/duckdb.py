"""Runs the generated SQL on DuckDB: from a Parquet of facts to a Parquet of answers, a part at a time.

Says what went wrong in three words (``full``, ``memory``, ``broken``), so that the doors can explain it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from cobalens.engines.bitmaps import Plan, answered, planned
from cobalens.engines.sql.answers import CARRIED, KEYS, NOTICED, Query
from cobalens.engines.sql.text import as_number, quoted, result_text, whole_text
from cobalens.engines.typed import Typed, written
from cobalens.model.cohort import DIED
from cobalens.model.ruleset import Ruleset

if TYPE_CHECKING:
    from typing import TypeAlias

    import duckdb
    import pyarrow as pa

    Base: TypeAlias = duckdb.DuckDBPyConnection

FULL, MEMORY, BROKEN = "full", "memory", "broken"
NOT_USED = "statistics_propagation,common_subexpressions,column_lifetime,duplicate_groups,join_order"
"""Optimisers that find nothing in text that is written without repetition, and that take most of the planning time."""
NOT_FOR_FACTS = (
    "projection_pullup,cte_inlining,common_subplan,"
    "self_join_aggregate,aggregate_reuse,projection_placement,cte_filter_pusher,duplicate_groups,filter_pullup,"
    "join_filter_pushdown,outer_join_simplification,partial_aggregate_pushdown,common_subexpressions,join_elimination"
)
"""The same for the text of facts, in which a projection that is pulled up is worked out again wherever it is read. Those of
the second line on find nothing there; to look takes them a twentieth of the time that a small part needs."""
PLACE = "row_in_file"
NO_SPACE = ("no space left", "disk full", "file too large")
BATCH = 122_880
"""People who are judged at once: as many as DuckDB reads and writes at once."""
INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)


class EngineError(Exception):
    """What stopped the engine; ``kind`` is one of the three words. Carries no text of the engine, which may hold values."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


class Layout(Struct, frozen=True):
    """What a table of facts looks like from outside."""

    rows: int
    missing: tuple[str, ...]
    """Columns that are asked for and not there."""
    wrong: tuple[str, ...]
    """Columns of another type than they are to be, which is mostly whole numbers."""
    ignored: tuple[str, ...]
    noticed: tuple[str, ...]
    """Columns of what reading the records noticed."""


@contextmanager
def connected(
    scratch: Path, memory: str | None = None, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that puts what does not fit into ``scratch`` and asks nothing of the network."""
    import duckdb

    config: dict[str, str | int | bool | float | list[str]] = {
        "temp_directory": str(scratch),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if memory:
        config["memory_limit"] = memory
    if threads:
        config["threads"] = threads
    with troubles():
        base = duckdb.connect(config=config)
    try:
        base.execute("SET preserve_insertion_order = true")
        yield base
    finally:
        base.close()


@contextmanager
def troubles() -> Iterator[None]:
    """Turns the engine's errors of the outside world into the three words."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise EngineError(MEMORY) from None
    except (duckdb.IOException, OSError) as error:
        told = str(error).lower()
        raise EngineError(FULL if any(word in told for word in NO_SPACE) else BROKEN) from None
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException):
        raise
    except duckdb.Error:
        raise EngineError(BROKEN) from None


def scan(files: Iterable[Path]) -> str:
    """The Parquet files as one relation, each row with its place."""
    listed = ", ".join(quoted(str(file)) for file in files)
    return f"read_parquet([{listed}], file_row_number = true, filename = true)"


def layout(base: duckdb.DuckDBPyConnection, files: Iterable[Path], query: Query) -> Layout:
    source = scan(files)
    with troubles():
        held = {row[0]: str(row[1]) for row in base.execute(f"DESCRIBE FROM {source}").fetchall()}
        rows = base.execute(f"SELECT COUNT(*) FROM {source}").fetchall()[0][0]
    wanted = {"index_day": "", **query.facts}
    wrong = [name for name in wanted if name in held and held[name] not in INTEGERS]
    if held.get(DIED, "BOOLEAN") != "BOOLEAN":
        wrong.append(DIED)
    return Layout(
        rows=rows,
        missing=tuple(name for name in ("person_id", *wanted) if name not in held),
        wrong=tuple(wrong),
        ignored=tuple(
            name
            for name in held
            if name not in wanted
            and name not in ("person_id", DIED, "filename", "file_row_number")
            and not name.startswith(NOTICED)
        ),
        noticed=tuple(name for name in held if name.startswith(NOTICED)),
    )


def parts(base: duckdb.DuckDBPyConnection, files: Iterable[Path], size: int) -> list[tuple[Path, int, int]]:
    """``(file, first row, row after the last)`` of every part of at most so many rows."""
    found = []
    for file in files:
        with troubles():
            rows = base.execute(
                f"SELECT SUM(num_rows)::BIGINT FROM parquet_file_metadata({quoted(str(file))})"
            ).fetchall()[0][0]
        found += [(file, first, min(first + size, rows)) for first in range(0, rows or 0, size)]
    return found


def reason_text(query: Query, ruleset: Ruleset) -> str:
    """Why a row of facts cannot be used, or NULL: no person, no day, a value that its fact cannot have."""
    whens = ["WHEN person_id IS NULL THEN 'no person'", "WHEN index_day IS NULL THEN 'no day of decision'"]
    beyond = [
        (column, f"({column} < 0 OR {column} >= {len(ruleset.facts[fact].values)})")
        for column, fact in query.facts.items()
    ]
    strange = " OR ".join(condition for _, condition in beyond)
    which = " ".join(
        f"WHEN {condition} THEN {quoted('value unknown to ' + column)}" for column, condition in beyond
    )
    whens.append(f"WHEN {strange} THEN CASE {which} END" if beyond else "")
    return f"CASE {' '.join(whens)} END"


def find_repeated(base: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> None:
    """Starts the table ``set_aside`` with the rows whose person and day were given before."""
    source = scan(list(files))
    keys = "filename, file_row_number, person_id, index_day"
    with troubles():
        base.execute(
            f"CREATE OR REPLACE TABLE set_aside AS SELECT filename, file_row_number, person_id::VARCHAR AS person_id, "
            f"index_day::BIGINT AS index_day, 'person and day given before' AS reason FROM (SELECT {keys}, ROW_NUMBER() "
            f"OVER (PARTITION BY person_id, index_day ORDER BY filename, file_row_number) AS nth FROM {source} SEMI JOIN "
            f"(SELECT person_id, index_day FROM {source} GROUP BY ALL HAVING COUNT(*) > 1) USING (person_id, index_day)) "
            "WHERE nth > 1"
        )


def find_unusable(
    base: duckdb.DuckDBPyConnection,
    query: Query,
    ruleset: Ruleset,
    files: Iterable[Path],
    among: tuple[int, int] | None = None,
) -> None:
    """Adds the rows that hold what no fact can be; of one file perhaps only those ``among`` two places."""
    only = f" WHERE file_row_number >= {among[0]} AND file_row_number < {among[1]}" if among else ""
    with troubles():
        base.execute(
            f"INSERT INTO set_aside SELECT filename, file_row_number, person_id::VARCHAR, index_day::BIGINT, reason FROM "
            f"(SELECT filename, file_row_number, person_id, index_day, {reason_text(query, ruleset)} AS reason "
            f"FROM {scan(files)}{only}) r "
            "WHERE reason IS NOT NULL AND NOT EXISTS (FROM set_aside s WHERE s.filename = r.filename "
            "AND s.file_row_number = r.file_row_number)"
        )


def aside_by_reason(base: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(base.execute("SELECT reason, COUNT(*) FROM set_aside GROUP BY 1 ORDER BY 1").fetchall())


def write_set_aside(base: duckdb.DuckDBPyConnection, target: Path) -> None:
    """The rows that were not used, with their place and the reason; none of their facts."""
    with troubles():
        base.execute(
            "COPY (SELECT filename AS file, file_row_number AS row, person_id, index_day, reason FROM set_aside "
            f"ORDER BY filename, file_row_number) TO {quoted(str(target))} (FORMAT csv, HEADER)"
        )


def places_aside(base: duckdb.DuckDBPyConnection, file: Path, target: Path) -> Path | None:
    """The places of a file's rows that are not to be used, as a file; ``None`` where there are none."""
    with troubles():
        found = base.execute(
            f"COPY (SELECT file_row_number AS {PLACE} FROM set_aside WHERE filename = {quoted(str(file))} ORDER BY 1) "
            f"TO {quoted(str(target))} (FORMAT parquet)"
        ).fetchall()
    return target if found[0][0] else None


def facts_text(query: Query, source: str, known: frozenset[str] = frozenset(), died: bool = False) -> str:
    """The facts as small numbers, none of them missing. ``known``: the columns in which nothing is missing anyhow.

    ``died``: the source says who has died.
    """
    columns = [
        f"{column if column in known else f'COALESCE({column}, 0)'}::UTINYINT AS {column}"
        for column in (*query.facts, *query.noticed)
    ]
    last = DIED if died else f"CAST(NULL AS BOOLEAN) AS {DIED}"
    return f"SELECT {', '.join((*KEYS, last, *columns))} FROM {source}"


def never_missing(base: duckdb.DuckDBPyConnection, file: Path) -> frozenset[str]:
    """The columns in which the file itself says that no value is missing."""
    found = base.execute(
        f"SELECT path_in_schema FROM parquet_metadata({quoted(str(file))}) GROUP BY 1 "
        "HAVING COUNT(*) = COUNT(stats_null_count) AND MAX(stats_null_count) = 0"
    ).fetchall()
    return frozenset(name for (name,) in found)


def says_died(base: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Whether the file has a column of who has died."""
    listed = base.execute(f"DESCRIBE FROM read_parquet({quoted(str(file))})").fetchall()
    return any(name == DIED for name, *_ in listed)


class Judge(Struct, frozen=True):
    """A query with all that is worked out of it once, for many parts."""

    query: Query
    plan: Plan
    typed: Typed


def judge_for(query: Query) -> Judge:
    return Judge(query, planned(query), Typed(query))


def answer_part(
    base: duckdb.DuckDBPyConnection,
    judge: Judge,
    part: tuple[Path, int, int],
    target: Path,
    aside: Path | None = None,
) -> int:
    """Writes the answers of one part; how many rows. ``aside``: a file of the places that are not to be used."""
    file, first, after = part
    # To leave rows out is a join, which keeps no order.
    usable = (
        f" AND file_row_number NOT IN (SELECT {PLACE} FROM read_parquet({quoted(str(aside))})) ORDER BY file_row_number"
        if aside is not None
        else ""
    )
    source = (
        f"(FROM read_parquet({quoted(str(file))}, file_row_number = true) "
        f"WHERE file_row_number >= {first} AND file_row_number < {after}{usable})"
    )
    with troubles():
        text = facts_text(judge.query, source, never_missing(base, file), says_died(base, file))
        facts = base.sql(text).to_arrow_reader(BATCH)
        return written(answers(judge.plan, facts), judge.typed, target)


def answers(plan: Plan, facts: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The keys and the numbers of the answers, made of the facts while these are read; of nobody, where there is nobody."""
    import pyarrow as pa

    rows = 0
    for batch in facts:
        rows += batch.num_rows
        yield answered(plan, batch, CARRIED)
    if not rows:
        yield answered(plan, pa.RecordBatch.from_pylist([], facts.schema), CARRIED)


_read: dict[str, duckdb.Statement] = {}
"""The long text that was met last, as DuckDB has read it."""


def executed(base: duckdb.DuckDBPyConnection, text: str) -> None:
    """Runs one long statement; where the same one comes again, it is not read again, which takes a tenth of a second."""
    if text not in _read:
        _read.clear()
        (_read[text],) = base.extract_statements(text)
    base.execute(_read[text])


def give_back(base: duckdb.DuckDBPyConnection) -> None:
    """Gives memory that was let go of back to the machine, which DuckDB does when its limit is set, and Arrow when told."""
    import pyarrow

    pyarrow.default_memory_pool().release_unused()
    (limit,) = base.execute("SELECT current_setting('memory_limit')").fetchall()[0]
    base.execute(f"SET memory_limit = {quoted(str(limit))}")


@contextmanager
def without(base: duckdb.DuckDBPyConnection, optimisers: str) -> Iterator[None]:
    """Text is planned without these of DuckDB's optimisers."""
    base.execute(f"SET disabled_optimizers = '{optimisers}'")
    try:
        yield
    finally:
        base.execute("RESET disabled_optimizers")


def read_numbers(base: duckdb.DuckDBPyConnection, query: Query, source: str) -> list[tuple[object, ...]]:
    """Every output as its number, in the order of the people: for comparing engines."""
    if not query.bits:
        base.execute(f"SET disabled_optimizers = '{NOT_USED}'")
        text = whole_text(query, source, result_text(query, as_number))
        return base.execute(f"{text}\nORDER BY person_id, index_day").fetchall()
    plan = planned(query)
    same = {one.name: [one.otherwise] for one in query.outputs if not one.cases}
    found: list[tuple[object, ...]] = []
    for batch in base.sql(f"{facts_text(query, source)} ORDER BY person_id, index_day").to_arrow_reader(
        BATCH
    ):
        said = answered(plan, batch, CARRIED)
        columns = [
            same[name] * batch.num_rows if name in same else said.column(name).to_pylist()
            for name in (*KEYS, *(one.name for one in query.outputs))
        ]
        found += zip(*columns, strict=True)
    return found


def deaths(base: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> int:
    """How many of the people who were answered have died."""
    listed = ", ".join(quoted(str(file)) for file in files)
    if not listed:
        return 0
    with troubles():
        text = f"SELECT COUNT(DISTINCT person_id) FILTER ({DIED}) FROM read_parquet([{listed}])"
        return int(base.execute(text).fetchall()[0][0])


def counts(
    base: duckdb.DuckDBPyConnection, files: Iterable[Path], axes: Iterable[str]
) -> Mapping[str, Mapping[str, int]]:
    """How many rows say what of each axis."""
    listed = ", ".join(quoted(str(file)) for file in files)
    found = {}
    for axis in axes:
        with troubles():
            rows = base.execute(
                f"SELECT {axis}::VARCHAR, COUNT(*) FROM read_parquet([{listed}]) GROUP BY 1 ORDER BY 1"
            ).fetchall()
        found[axis] = {word or "unknown": count for word, count in rows}
    return found
