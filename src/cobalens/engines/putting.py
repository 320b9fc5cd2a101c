"""Puts rows or columns of Python values into a table of a DuckDB database, many at once."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base


def put_rows(base: Base, table: str, rows: Sequence[Sequence[object]]) -> None:
    """The rows in the order of the table's columns."""
    if not rows:
        return
    import pyarrow as pa

    kinds = {
        "VARCHAR": pa.string(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(), "TINYINT": pa.int8(),
    }  # fmt: skip
    described = [(row[0], kinds[row[1]]) for row in base.execute(f"DESCRIBE {table}").fetchall()]
    across = zip(*rows, strict=True)
    arrays = [pa.array(values, kind) for values, (_, kind) in zip(across, described, strict=True)]
    base.register("coming", pa.table(arrays, names=[name for name, _ in described]))
    base.execute(f"INSERT INTO {table} SELECT * FROM coming")
    base.unregister("coming")


def put_columns(
    base: Base, table: str, columns: Sequence[array[int] | array[float] | list[int | None]]
) -> None:
    """Whole numbers (``i``) and others (``d``), in a list those of which some are missing, in the order of the table's columns."""
    if not columns or not columns[0]:
        return
    import pyarrow as pa

    kinds = {"i": pa.int32(), "d": pa.float64()}
    names = [row[0] for row in base.execute(f"DESCRIBE {table}").fetchall()]
    arrays = [
        pa.array(one, pa.int32())
        if isinstance(one, list)
        else pa.Array.from_buffers(kinds[one.typecode], len(one), [None, pa.py_buffer(one)])
        for one in columns
    ]
    base.register("coming", pa.table(arrays, names=names))
    base.execute(f"INSERT INTO {table} SELECT * FROM coming")
    base.unregister("coming")
