"""Opens an OMOP instance, wherever it lies: a folder of Parquet or CSV, a DuckDB file, a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cobalens import errors
from cobalens.engines.duckdb import BROKEN, EngineError, troubles
from cobalens.engines.sql.sources.omop import HELPFUL, NEEDED
from cobalens.engines.sql.sources.omop_columns import COLUMNS
from cobalens.errors import CobalensError

if TYPE_CHECKING:
    import duckdb

    Database = duckdb.DuckDBPyConnection

ALL = (*NEEDED, *HELPFUL)
WRITTEN = (".csv", ".tsv", ".txt")
HEADINGS = 65_536
VOCABULARY = ("concept", "concept_ancestor")
ATTACHED = "cdm"
POSTGRES = ("postgresql://", "postgres://")


def quoted(text: str) -> str:
    """Text inside SQL quotes."""
    return "'" + text.replace("'", "''") + "'"


def named(*parts: str) -> str:
    """A dotted name, each part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


@contextmanager
def reading(
    table: str, refusal: Callable[[str], CobalensError] = errors.omop_table_unreadable
) -> Iterator[None]:
    """Whatever breaks the reading of a table is told by its name."""
    try:
        with troubles():
            yield
    except EngineError as trouble:
        if trouble.kind != BROKEN:
            raise
        raise refusal(table) from None


def open_omop(base: Database, source: str, schema: str | None = None) -> dict[str, str]:
    """OMOP table -> what stands after FROM in this database. The source itself is only read."""
    if source.startswith(POSTGRES):
        return from_postgres(base, source, schema)
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
        elif path.suffix.lower() == ".parquet":
            found[name] = f"read_parquet({quoted(str(path))})"
        elif path.suffix.lower() in WRITTEN:
            found[name] = as_written(path, name)
    return found


def as_written(path: Path, name: str) -> str:
    """A table of text, every column as text: what each holds is not to be learnt from its first lines.

    The published vocabularies are parted by tabs, with quotation marks that stand for themselves.
    """
    with path.open("rb") as file:
        head = file.readline(HEADINGS)
    tabs = ", delim = '\t', quote = '', escape = ''" if name in VOCABULARY and b"\t" in head else ""
    return f"read_csv({quoted(str(path))}, header = true, all_varchar = true{tabs})"


def schemas(named_by_user: str | None) -> list[str]:
    """The schemas in which to look, the first that holds a table being its own; the vocabulary often has another."""
    return [one.strip() for one in (named_by_user or "").split(",") if one.strip()]


def from_file(base: Database, path: Path, schema: str | None) -> dict[str, str]:
    base.execute(f"ATTACH {quoted(str(path))} AS {ATTACHED} (READ_ONLY)")
    rows = base.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ? ORDER BY 1, 2",
        [ATTACHED],
    ).fetchall()
    wanted = schemas(schema) or sorted({place for place, _ in rows}, reverse=True)
    return {
        name.lower(): named(ATTACHED, place, name)
        for one in reversed(wanted)
        for place, name in rows
        if place == one and name.lower() in ALL
    }


def from_postgres(base: Database, uri: str, schema: str | None) -> dict[str, str]:
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
    found: dict[str, str] = {}
    name = ""
    try:
        with connection, connection.cursor() as cursor:
            for name, (place, columns) in tables_in(cursor, schemas(schema) or ["public"]).items():
                cursor.execute(f"SELECT {', '.join(columns)} FROM {place}")
                base.register("coming", cursor.fetch_record_batch())
                with reading(name, errors.database_refuses):
                    base.execute(f"CREATE OR REPLACE TEMP TABLE {ATTACHED}_{name} AS SELECT * FROM coming")
                base.unregister("coming")
                found[name] = f"{ATTACHED}_{name}"
    except dbapi.Error:
        raise errors.database_refuses(name) from None
    return found


def tables_in(cursor: Any, wanted: Sequence[str]) -> dict[str, tuple[str, list[str]]]:
    """OMOP's tables with their place and the columns that are read; exact numbers come as doubles, which DuckDB takes."""
    found: dict[str, tuple[str, list[str]]] = {}
    for schema in wanted:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = $1 "
            "ORDER BY table_name, ordinal_position",
            (schema,),
        )
        rows: Iterable[tuple[str, str, str]] = cursor.fetchall()
        here: dict[str, tuple[str, list[str]]] = {}
        for table, column, kind in rows:
            if column.lower() in COLUMNS.get(table.lower(), ()):
                name = named(column)
                listed = here.setdefault(table.lower(), (named(schema, table), []))[1]
                listed.append(f"CAST({name} AS DOUBLE PRECISION) AS {name}" if kind == "numeric" else name)
        found = here | found
    return found
