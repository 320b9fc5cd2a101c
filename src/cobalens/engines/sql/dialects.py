"""The query in the words of other databases, by a library that knows them; parsed back, so that what is handed out is SQL there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cobalens.engines.sql import lacking
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
ONLY_IN_STEPS = WITHOUT_BITS
"""Where a table expression is written out wherever it is read, so that no statement as long as that of facts ends."""
WITHIN_LIMITS = frozenset({"postgres", "redshift", "sqlite"})
"""Where a chain of expressions would be written out as one, unless each is kept."""


def flag_of(dialect: str) -> str:
    return AS_NUMBER if dialect in WITHOUT_TRUTH else AS_TRUTH


PARTS = ("this", "db", "catalog")
"""Of a table's name, from the last part on, as the library calls them."""
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
    if dialect in WITHOUT_BITS:
        tree = lacking.with_joined_bits(tree)
    if dialect == "sqlite":
        tree = lacking.with_plain_lists(tree)
    if dialect == "sqlserver":
        tree = lacking.without_truth_values(tree)
    said = tree.sql(dialect=name, unsupported_level=ErrorLevel.RAISE) + AFTER.get(dialect, "")
    sqlglot.parse_one(said, read=name)
    return said


def is_name(place: str) -> bool:
    """Whether it can be a table's name: up to three parts, of which some databases let one hold a hyphen."""
    parts = place.split(".")
    return len(parts) <= len(PARTS) and all(part.replace("-", "_").isidentifier() for part in parts)


def _table(place: str) -> Any:
    from sqlglot import exp

    parts = place.split(".")[::-1]
    named = {
        key: exp.to_identifier(part, quoted=not part.isidentifier())
        for key, part in zip(PARTS, parts, strict=False)
    }
    return exp.Table(**named)


def _moved(tree: Any, places: Mapping[str, str]) -> None:
    """Lets every table of these names be read where it lies; names of table expressions are not among them."""
    from sqlglot import exp

    own = {one.alias for one in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name not in own and (place := places.get(table.name)):
            found = _table(place)
            for part in PARTS:
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
CREATED = {"clickhouse": " ENGINE = MergeTree ORDER BY tuple()"}
"""What stands behind the name and the columns of a table that is made."""
AT_ONCE = 1_000
"""Rows of one INSERT."""


def table_texts(
    name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]], dialect: str
) -> Iterator[str]:
    """The statements that make one table anew and fill it. ``columns``: name -> how a struct annotates it."""
    import sqlglot

    said = DIALECTS[dialect]
    types = ", ".join(f"{column} {TYPES[kind]}" for column, kind in columns.items())
    place = _named(name, dialect)
    yield f"DROP TABLE IF EXISTS {place}"
    made = sqlglot.parse_one(f"CREATE TABLE made ({types})", read="duckdb").sql(said)
    yield made.replace("made", place, 1) + CREATED.get(dialect, "")
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
        return str(int(value)) if dialect == DIALECTS["sqlserver"] else exp.Boolean(this=value).sql(dialect)
    return exp.Literal.string(value).sql(dialect) if isinstance(value, str) else repr(value)


STEP = "b12_step_"


def in_steps(
    text: str, dialect: str, places: Mapping[str, str], schema: str | None, into: str
) -> Iterator[str]:
    """The statement as many, one for each table expression that is read more than once, whose rows are kept as a table.

    Some databases work out a table expression anew wherever it is read, or cannot plan a long statement. In the end
    the outcome stands in ``into``, and the tables made on the way are gone. ``schema``: where these lie meanwhile.
    """
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(text, read="duckdb")
    parts = {one.alias: one for one in tree.find_all(exp.CTE)}
    reads = {
        name: [t.name for t in one.find_all(exp.Table) if t.name in parts] for name, one in parts.items()
    }
    for key in ("with", "with_"):
        tree.set(key, None)
    last = [table.name for table in tree.find_all(exp.Table)]
    times = Counter(word for words in (*reads.values(), last) for word in words)
    kept = [name for name in parts if times[name] > 1]
    steps = {name: f"{schema}.{STEP}{name}" if schema else STEP + name for name in kept}

    def whole(body: str, words: Iterable[str]) -> str:
        """With the parts before it that nothing else reads."""
        found: set[str] = set()
        left = list(words)
        while left:
            if (name := left.pop()) not in found and name in parts and name not in steps:
                found.add(name)
                left += reads[name]
        before = ", ".join(parts[name].sql("duckdb") for name in parts if name in found)
        return written(f"WITH {before} {body}" if before else body, dialect, {**places, **steps})

    for name, place in steps.items():
        yield kept_as(whole(parts[name].this.sql("duckdb"), reads[name]), place, dialect)
    yield kept_as(whole(tree.sql("duckdb"), last), into, dialect)
    for place in steps.values():
        yield f"DROP TABLE {_named(place, dialect)}"


def kept_as(query: str, place: str, dialect: str) -> str:
    """What a query in that dialect gives as a table, made anew."""
    import sqlglot

    name = _named(place, dialect)
    made = f"CREATE TABLE {name}{CREATED.get(dialect, '')} AS\n{query}"
    if dialect == "sqlserver":
        # It has another form for this, which the library knows.
        asked = sqlglot.parse_one(query, read=DIALECTS[dialect])
        made = sqlglot.exp.Create(this=_table(place), kind="TABLE", expression=asked).sql(DIALECTS[dialect])
    return f"DROP TABLE IF EXISTS {name};\n{made}"


def _named(place: str, dialect: str) -> str:
    return str(_table(place).sql(DIALECTS[dialect]))


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
