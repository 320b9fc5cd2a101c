"""Keeps what was read of people as Parquet: a row of facts a person and day of decision, and the results behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cobalens.engines.duckdb import troubles
from cobalens.engines.sql.text import quoted

if TYPE_CHECKING:
    import duckdb

Columns = Sequence[tuple[str, str]]
"""Name and SQL type."""


def keep(target: Path, columns: Columns, rows: Sequence[Sequence[object]]) -> None:
    """The rows as one file, as a whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(), "TINYINT": pa.int8()}  # fmt: skip
    across = zip(*rows, strict=True) if rows else iter([[]] * len(columns))
    arrays = [pa.array(list(v), arrow[kind]) for v, (_, kind) in zip(across, columns, strict=True)]
    coming = target.with_suffix(".coming")
    try:
        pq.write_table(pa.table(arrays, names=[name for name, _ in columns]), coming)
    except BaseException:
        coming.unlink(missing_ok=True)
        raise
    coming.replace(target)


def put_together(base: duckdb.DuckDBPyConnection, files: Iterable[Path], target: Path) -> int:
    """Several files as one, in their order; how many rows."""
    listed = ", ".join(quoted(str(file)) for file in files)
    return copied(base, f"SELECT * FROM read_parquet([{listed}])", target)


def move_together(files: Iterable[Path], target: Path) -> None:
    """Several files as they are into one folder; those that a run moved before it was killed are there."""
    target.mkdir(exist_ok=True)
    for number, file in enumerate(files):
        place = target / f"part-{number:05}.parquet"
        if not place.exists():
            file.replace(place)


def files_in(place: Path) -> list[Path]:
    """The Parquet files of a folder in the order of their names, or the one file."""
    return sorted(place.glob("*.parquet")) if place.is_dir() else [place]


def rows_in(files: Iterable[Path]) -> int:
    """How many rows the files say they hold; what cannot be read counts nothing, and is told where it is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = 0
    for file in files:
        with suppress(OSError, pa.ArrowException):
            found += pq.read_metadata(file).num_rows
    return found


def people_in(
    base: duckdb.DuckDBPyConnection, facts: Iterable[Path], names: Sequence[str] = ()
) -> tuple[int, frozenset[str]]:
    """How many people have facts, and who of those named is among them."""
    source = f"read_parquet([{', '.join(quoted(str(file)) for file in facts)}])"
    with troubles():
        count = base.execute(f"SELECT COUNT(DISTINCT person_id) FROM {source}").fetchall()[0][0]
        among = base.execute(
            f"SELECT DISTINCT person_id FROM {source} WHERE person_id IN (SELECT UNNEST(?::VARCHAR[]))",
            [list(names)],
        ).fetchall()
    return int(count), frozenset(name for (name,) in among)


def copied(base: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    """What a query gives as one file, as a whole or not at all; how many rows."""
    coming = target.with_suffix(".coming")
    try:
        with troubles():
            rows = base.execute(f"COPY ({query}) TO {quoted(str(coming))} (FORMAT parquet)").fetchall()
    except BaseException:
        coming.unlink(missing_ok=True)
        raise
    coming.replace(target)
    return int(rows[0][0])
