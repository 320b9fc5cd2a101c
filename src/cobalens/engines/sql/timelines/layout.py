"""How the pieces of the query name things: keys, days, small integers packed into words, tables of constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

WORD = 60
"""Bits of a word that are used: a sum of them stays a positive 64-bit integer everywhere."""
ALWAYS = 1_000_000
"""More days than any record spans: for results that never grow too old."""


class Frame(Struct, frozen=True):
    """The days of decision: one for everybody (``index_day``), or each person's own."""

    index_day: int | None = None
    one_each: bool = False
    """Whether nobody has two days of decision, so that the person alone tells rows apart."""
    numbers: str = ""
    """A table of numbers and analytes, where every result is read once under each number of its analyte."""
    kept: bool = False
    """Whether a source is what ``rows_kept`` made: few rows, each with its day of decision, not from after it."""

    @property
    def keys(self) -> tuple[str, ...]:
        alone = self.index_day is not None or self.one_each
        person = ("person_id",) if alone else ("person_id", "index_day")
        return (*person, "number") if self.numbers else person

    def key(self, alias: str = "") -> str:
        dot = f"{alias}." if alias else ""
        return ", ".join(dot + name for name in self.keys)

    def key_of(self, alias: str) -> str:
        """The keys of a row of a source table, named."""
        homes = {"person_id": alias, "index_day": alias if self.kept else "p", "number": "n"}
        return ", ".join(f"{homes[key]}.{key}" for key in self.keys)

    def source(self, table: str, alias: str) -> str:
        found = f"{table} {alias}"
        if self.index_day is None and not self.kept:
            found += f" JOIN person p ON p.person_id = {alias}.person_id"
        return found + (f" JOIN {self.numbers} n ON n.analyte = {alias}.analyte" if self.numbers else "")

    @property
    def today(self) -> str:
        if self.index_day is not None:
            return str(self.index_day)
        return "index_day" if self.kept else "p.index_day"

    def day(self, column: str) -> str:
        """Days before (negative) or after the day of decision."""
        return f"({column} - {self.today})" if self.today != "0" else column

    def on(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.{key} = {right}.{key}" for key in self.keys)


class Place(Struct, frozen=True):
    """Where a small integer lies: in which word, how far up."""

    word: int
    shift: int

    @property
    def weight(self) -> int:
        return 1 << self.shift


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"CAST({value!r} AS DOUBLE)"
    if isinstance(value, int):
        return str(value)
    return quoted(str(value))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(words: Iterable[str]) -> str:
    return "(" + ", ".join(quoted(word) for word in words) + ")"


def constants(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[object]], types: Sequence[str]
) -> str:
    """A common table expression that holds constants; an empty one keeps its columns."""
    head = f"{name} AS (SELECT " + ", ".join(
        f"CAST({c} AS {t}) AS {c}" for c, t in zip(columns, types, strict=True)
    )
    if not rows:
        nothing = ", ".join(f"NULL AS {c}" for c in columns)
        return f"{head} FROM (SELECT {nothing}) AS t WHERE 1 = 0)"
    values = ",\n  ".join("(" + ", ".join(literal(v) for v in row) + ")" for row in rows)
    return f"{head} FROM (VALUES\n  {values}\n) AS t({', '.join(columns)}))"


def rows_kept(table: str, alias: str, which: str, frame: Frame) -> str:
    """``<table>_kept``: the rows of a source that several steps look at, so that the whole of it is passed through once."""
    day = ", p.index_day" if frame.index_day is None else ""
    return f"{table}_kept AS (SELECT {alias}.*{day} FROM {frame.source(table, alias)} WHERE {which})"


def front(name: str, source: str, within: Sequence[str]) -> list[str]:
    """The rows that may be the newest: dated ones that no other certainly follows, else all undated ones.

    Of results of one and the same day a measured one stands before a calculated one, a corrected before a final one,
    and the later before the earlier.
    """
    keys = ", ".join(within)
    of_day = "CAST(1 - s.derived AS VARCHAR) || CAST(s.standing AS VARCHAR) || s.clock"
    ends = "e.f_least = e.f_most AND e.l_least = e.l_most AND e.f_least = e.l_least"

    def on(other: str) -> str:
        return " AND ".join(f"{other}.{key} = s.{key}" for key in within)

    return [
        f"{name}_start AS (SELECT {keys}, MAX(first) AS newest_start FROM {source} GROUP BY {keys})",
        (
            f"{name}_open AS (SELECT s.*, n.newest_start, {of_day} AS of_day FROM {source} s JOIN {name}_start n ON {on('n')} "
            "WHERE n.newest_start IS NULL OR s.last >= n.newest_start)"
        ),
        (
            f"{name}_ends AS (SELECT {keys}, MIN(first) AS f_least, MAX(first) AS f_most, MIN(last) AS l_least, MAX(last) AS l_most, "
            f"MAX(of_day) AS best FROM {name}_open GROUP BY {keys})"
        ),
        (
            f"{name} AS (SELECT s.* FROM {name}_open s JOIN {name}_ends e ON {on('e')} "
            f"WHERE s.newest_start IS NULL OR NOT ({ends}) OR s.of_day = e.best)"
        ),
    ]


PLACE = 1 << 24
"""More results of one analyte than a person has: a day and a place make one number."""


def newest(
    source: str,
    within: str,
    sets: Mapping[str, str],
    strange: str,
    also: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """One grouping that finds the newest row of each set where no two can quarrel over it.

    ``<set>_top`` holds its day and place; ``hard`` is 1 where a vague or strange row, or a second row of the same day,
    means that they must be looked at one by one. ``also``: columns of which the greatest value is wanted.
    """
    columns = [f"MAX(CASE WHEN {strange} THEN 1 ELSE 0 END) AS strange"]
    twice = ["strange = 1"]
    for name, condition in sets.items():
        day = f"(CAST(day AS BIGINT) + {ALWAYS}) * {PLACE}"
        columns.append(f"MAX(CASE WHEN {condition} THEN {day} + place END) AS {name}_top")
        columns.append(f"MAX(CASE WHEN {condition} THEN {day} + ({PLACE - 1} - place) END) AS {name}_floor")
        twice.append(f"({name}_top & {PLACE - 1}) <> {PLACE - 1} - ({name}_floor & {PLACE - 1})")
    columns += [f"MAX({value}) AS {name}" for name, value in also.items()]
    tops = ", ".join([*(f"{name}_top" for name in sets), *also])
    return (
        f"SELECT {within}, {tops}, CASE WHEN {' OR '.join(twice)} THEN 1 ELSE 0 END AS hard "
        f"FROM (SELECT {within}, {', '.join(columns)} FROM {source} GROUP BY {within}) AS t"
    )


def agreed(value: str) -> str:
    """Over a group of candidates: the one known value they share, else 0."""
    known = f"CASE WHEN {value} > 0 THEN {value} END"
    return f"CASE WHEN MAX({value}) = MIN({known}) THEN MAX({value}) ELSE 0 END"
