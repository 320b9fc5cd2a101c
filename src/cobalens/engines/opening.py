"""Opens an OMOP instance, wherever it lies: a folder of Parquet or CSV, a DuckDB file, a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cobalens import errors
from cobalens.engines.sql.sources.omop import HELPFUL, NEEDED

if TYPE_CHECKING:
    import duckdb

    Database = duckdb.DuckDBPyConnection

ALL = (*NEEDED, *HELPFUL)
FILES = {".parquet": "read_parquet", ".csv": "read_csv", ".tsv": "read_csv"}
ATTACHED = "cdm"
POSTGRES = ("postgresql://", "postgres://")


def quoted(text: str) -> str:
    """Text inside SQL quotes."""
    return "'" + text.replace("'", "''") + "'"


def named(*parts: str) -> str:
    """A dotted name, each part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def open_omop(base: Database, source: str, schema: str | None = None) -> dict[str, str]:
    """OMOP table -> what stands after FROM in this database. The source itself is only read."""
    if source.startswith(POSTGRES):
        return from_postgres(base, source, schema or "public")
    path = Path(source)
    return from_folder(path) if path.is_dir() else from_file(base, path, schema)


def from_folder(folder: Path) -> dict[str, str]:
    """One file, or one folder of parts, a table; names in any case."""
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        name = path.stem.lower()
        if name not in ALL:
            continue
        if path.is_dir():
            found[name] = f"read_parquet({quoted(str(path / '**' / '*.parquet'))})"
        elif (reader := FILES.get(path.suffix.lower())) is not None:
            found[name] = f"{reader}({quoted(str(path))})"
    return found


def from_file(base: Database, path: Path, schema: str | None) -> dict[str, str]:
    base.execute(f"ATTACH {quoted(str(path))} AS {ATTACHED} (READ_ONLY)")
    rows = base.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ? ORDER BY 1, 2",
        [ATTACHED],
    ).fetchall()
    return {
        name.lower(): named(ATTACHED, place, name)
        for place, name in rows
        if name.lower() in ALL and schema in (None, place)
    }


def from_postgres(base: Database, uri: str, schema: str) -> dict[str, str]:
    """Streams the tables into the database; their contents pass through memory in batches only."""
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise errors.extra_missing("PostgreSQL", "cohort") from None
    try:
        connection = dbapi.connect(uri)
    except dbapi.Error:
        # The driver's own words may hold the address with its password.
        raise errors.database_unreachable() from None
    with connection, connection.cursor() as cursor:
        found: dict[str, str] = {}
        for name, columns in tables_in(cursor, schema).items():
            cursor.execute(f"SELECT {', '.join(columns)} FROM {named(schema, name)}")
            base.register("coming", cursor.fetch_record_batch())
            base.execute(f"CREATE OR REPLACE TEMP TABLE {ATTACHED}_{name} AS SELECT * FROM coming")
            base.unregister("coming")
            found[name] = f"{ATTACHED}_{name}"
    return found


def tables_in(cursor: Any, schema: str) -> dict[str, list[str]]:
    """OMOP's tables of a schema with their columns; exact numbers come as doubles, which DuckDB takes."""
    cursor.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = $1 "
        "ORDER BY table_name, ordinal_position",
        (schema,),
    )
    found: dict[str, list[str]] = {}
    rows: Iterable[tuple[str, str, str]] = cursor.fetchall()
    for table, column, kind in rows:
        if table in ALL:
            cast = f"CAST({named(column)} AS DOUBLE PRECISION) AS {named(column)}"
            found.setdefault(table, []).append(cast if kind == "numeric" else named(column))
    return found
