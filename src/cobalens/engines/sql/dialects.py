"""The query in the words of other databases, by a library that knows them; parsed back, so that what is handed out is SQL there."""

from __future__ import annotations

from typing import Any

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


def written(text: str, dialect: str, schema: str | None = None) -> str:
    """The statement in a dialect; raises the library's error where it cannot be written or is not read back.

    ``schema``: where the canonical tables lie.
    """
    import sqlglot
    from sqlglot import ErrorLevel, exp

    name = DIALECTS[dialect]
    tree = sqlglot.parse_one(text, read="duckdb")
    if dialect in WITHIN_LIMITS:
        for one in tree.find_all(exp.CTE):
            one.set("materialized", dialect != "redshift" or None)
    if schema:
        for table in tree.find_all(exp.Table):
            if table.name in RECORDS:
                place = sqlglot.parse_one(f"{schema}.{table.name}", into=exp.Table)
                table.set("db", place.args["db"])
                table.set("catalog", place.args["catalog"])
    said = tree.sql(dialect=name, unsupported_level=ErrorLevel.RAISE) + AFTER.get(dialect, "")
    sqlglot.parse_one(said, read=name)
    return said


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
