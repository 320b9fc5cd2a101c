"""The query in the words of other databases, by a library that knows them; parsed back, so that what is handed out is SQL there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cobalens.engines.sql.answers import KEYS
from cobalens.engines.sql.text import AS_NUMBER, AS_TRUTH

DIALECTS = {
    "duckdb": "duckdb", "spark": "spark", "databricks": "databricks", "postgres": "postgres", "bigquery": "bigquery",
    "snowflake": "snowflake", "sqlserver": "tsql", "redshift": "redshift", "trino": "trino", "clickhouse": "clickhouse",
    "sqlite": "sqlite",
}  # fmt: skip
"""Name on the command line -> the library's."""
WITHOUT_TRUTH = frozenset({"sqlserver", "sqlite"})
"""Where a column cannot hold a truth value."""
WITHOUT_BITS = frozenset({"sqlserver", "sqlite"})
"""Where the bits of several rows cannot be joined, as is done to see all that is said of a person."""
WITHIN_LIMITS = frozenset({"postgres", "redshift", "sqlite"})
"""Where a chain of expressions would be written out as one, unless each is kept."""


def flag_of(dialect: str) -> str:
    return AS_NUMBER if dialect in WITHOUT_TRUTH else AS_TRUTH


RECORDS = frozenset({"person", "lab", "event"})
AFTER = {"clickhouse": "\nSETTINGS join_use_nulls = 1"}
"""What stands after a statement: where nothing is found to join, ClickHouse else says nought instead of nothing."""


def written(text: str, dialect: str, places: Mapping[str, str] | None = None) -> str:
    """The statement in a dialect; raises the library's error where it cannot be written or is not read back.

    ``places``: a table as the text names it -> where it lies in the database.
    """
    import sqlglot
    from sqlglot import ErrorLevel, exp

    name = DIALECTS[dialect]
    tree = sqlglot.parse_one(text, read="duckdb")
    if dialect in WITHIN_LIMITS:
        for one in tree.find_all(exp.CTE):
            one.set("materialized", dialect != "redshift" or None)
    _moved(tree, places or {})
    said = tree.sql(dialect=name, unsupported_level=ErrorLevel.RAISE) + AFTER.get(dialect, "")
    sqlglot.parse_one(said, read=name)
    return said


def _moved(tree: Any, places: Mapping[str, str]) -> None:
    """Lets every table of these names be read where it lies; names of table expressions are not among them."""
    import sqlglot
    from sqlglot import exp

    own = {one.alias for one in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name not in own and (place := places.get(table.name)):
            found = sqlglot.parse_one(place, into=exp.Table)
            for part in ("this", "db", "catalog"):
                table.set(part, found.args.get(part))


def chained(before: str, text: str, renamed: Mapping[str, str], judged: str) -> str:
    """A statement that reads its tables from the table expressions that stand ``before`` it, under their names there.

    ``judged``: the table of who is judged when; its ``person_id`` stands in the outcome in place of the name of each day.
    """
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(text, read="duckdb")
    assert isinstance(tree, exp.Query)
    _moved(tree, renamed)
    columns = [one.alias_or_name for one in tree.selects]
    steps = ",\n".join(one.sql("duckdb") for one in tree.ctes)
    for key in ("with", "with_"):
        tree.set(key, None)
    listed = ", ".join(f"j.{one}" if one == KEYS[0] else f"f.{one}" for one in columns)
    return (
        f"WITH {before},\n{steps},\nmade AS (\n{tree.sql('duckdb')}\n)\n"
        f"SELECT {listed} FROM made f JOIN {judged} j ON j.run_id = f.person_id"
    )


TYPES = {
    "str": "VARCHAR", "str | None": "VARCHAR", "int": "INTEGER", "int | None": "INTEGER", "float | None": "DOUBLE",
    "bool": "BOOLEAN",
}  # fmt: skip
"""What a column of a struct is annotated with -> its type in a table."""
AT_ONCE = 200
"""Rows of one INSERT."""


def table_texts(
    name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]], dialect: str
) -> Iterator[str]:
    """The statements that make one table anew and fill it. ``columns``: name -> how a struct annotates it."""
    import sqlglot

    said = DIALECTS[dialect]
    types = ", ".join(f"{column} {TYPES[kind]}" for column, kind in columns.items())
    for text in (f"DROP TABLE IF EXISTS {name}", f"CREATE TABLE {name} ({types})"):
        yield sqlglot.parse_one(text, read="duckdb").sql(said)
    place = sqlglot.parse_one(name, into=sqlglot.exp.Table).sql(said)
    for first in range(0, len(rows), AT_ONCE):
        lines = ",\n".join(
            f"({', '.join(_literal(one, said) for one in row)})" for row in rows[first : first + AT_ONCE]
        )
        yield f"INSERT INTO {place} ({', '.join(columns)}) VALUES\n{lines}"


def _literal(value: Any, dialect: str) -> str:
    """A value as that database writes it."""
    from sqlglot import exp

    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return exp.Boolean(this=value).sql(dialect)
    return exp.Literal.string(value).sql(dialect) if isinstance(value, str) else repr(value)


Part = tuple[str, str, list[str]]
"""A table expression: its name, its text, and the names of the tables that it reads."""


def tables_of(text: str, dialect: str) -> tuple[list[Part], tuple[str, list[str]]]:
    """The table expressions of a statement one by one, and what is selected from them at last."""
    import sqlglot
    from sqlglot import exp

    name = DIALECTS[dialect]
    tree = sqlglot.parse_one(text)
    assert isinstance(tree, exp.Query)

    def read(one: Any) -> list[str]:
        return [table.name for table in one.find_all(exp.Table)]

    parts = [(one.alias, one.this.sql(dialect=name), read(one.this)) for one in tree.ctes]
    for key in ("with", "with_"):
        tree.set(key, None)
    return parts, (tree.sql(dialect=name), read(tree))
