"""The query in the words of other databases, by a library that knows them; parsed back, so that what is handed out is SQL there."""

from __future__ import annotations

from cobalens.engines.sql.text import AS_NUMBER, AS_TRUTH

DIALECTS = {
    "duckdb": "duckdb", "spark": "spark", "databricks": "databricks", "postgres": "postgres", "bigquery": "bigquery",
    "snowflake": "snowflake", "sqlserver": "tsql", "redshift": "redshift", "trino": "trino", "clickhouse": "clickhouse",
    "sqlite": "sqlite",
}  # fmt: skip
"""Name on the command line -> the library's."""
WITHOUT_TRUTH = frozenset({"sqlserver", "sqlite"})
"""Where a column cannot hold a truth value."""
WITHIN_LIMITS = frozenset({"postgres", "redshift", "sqlite"})
"""Where a chain of expressions would be written out as one, unless each is kept."""


def flag_of(dialect: str) -> str:
    return AS_NUMBER if dialect in WITHOUT_TRUTH else AS_TRUTH


def written(text: str, dialect: str) -> str:
    """The statement in a dialect; raises the library's error where it cannot be written or is not read back."""
    import sqlglot
    from sqlglot import ErrorLevel, exp

    name = DIALECTS[dialect]
    tree = sqlglot.parse_one(text)
    if dialect in WITHIN_LIMITS:
        for one in tree.find_all(exp.CTE):
            one.set("materialized", dialect != "redshift" or None)
    said = tree.sql(dialect=name, unsupported_level=ErrorLevel.RAISE)
    sqlglot.parse_one(said, read=name)
    return said
