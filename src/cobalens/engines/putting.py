"""Puts rows of Python values or columns of Arrow into a table of a DuckDB database, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base


def put_rows(base: Base, table: str, rows: Sequence[Sequence[object]]) -> None:
    """The rows in the order of the table's columns."""
    if not rows:
        return
    import pyarrow as pa

    kinds = {
        "VARCHAR": pa.string(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(), "TINYINT": pa.int8(),
        "BIGINT": pa.int64(),
    }  # fmt: skip
    described = [(row[0], kinds[row[1]]) for row in base.execute(f"DESCRIBE {table}").fetchall()]
    across = zip(*rows, strict=True)
    arrays = [pa.array(values, kind) for values, (_, kind) in zip(across, described, strict=True)]
    base.register("coming", pa.table(arrays, names=[name for name, _ in described]))
    base.execute(f"INSERT INTO {table} SELECT * FROM coming")
    base.unregister("coming")


def put_table(base: Base, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    """A new table of rows. ``columns``: as SQL writes them."""
    base.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    put_rows(base, table, list(rows))


def put_numbered(base: Base, table: str, names: Sequence[str]) -> None:
    """A new table of names, each with its place among them, from 0."""
    import pyarrow as pa

    put_arrow(
        base,
        table,
        {"number": pa.array(range(len(names)), pa.int32()), "name": pa.array(names, pa.string())},
    )


def put_arrow(base: Base, table: str, columns: Mapping[str, Any]) -> None:
    """A new table of Arrow's columns."""
    import pyarrow as pa

    base.register("coming", pa.table(dict(columns)))
    base.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM coming")
    base.unregister("coming")
