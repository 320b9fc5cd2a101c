"""A query of answers whose conditions are truth values as one text: stages as common table expressions, flags into words at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cobalens.engines.sql.answers import KEYS, Output, Query
from cobalens.engines.sql.rules import WORD, Column

FACTS = "facts"
Word = Callable[[Output, int], str]
"""How a number of a column is written: as text, or as a value of a closed type."""
AS_TRUTH, AS_NUMBER = "{}", "{} = 1"
"""How a flag is read: as the truth value that it is, or as a number where a dialect has no such columns."""


def quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def as_text(output: Output, number: int) -> str:
    """The word; NULL where no row leads."""
    return quoted(output.words[number]) if output.words[number] else "NULL"


def as_number(output: Output, number: int) -> str:
    """The number as it is, for comparing engines."""
    return str(number)


def stage_texts(query: Query, source: str = FACTS, keys: Sequence[str] = KEYS) -> list[tuple[str, str]]:
    """``(name, SELECT)`` for every stage; the first makes what is missing unknown, so that no later column is NULL.

    A stage hands on only what is still read, since databases limit how many columns a row may have.
    """
    no = "FALSE" if query.flag == AS_TRUTH else "0"
    first = list(keys)
    first += [f"COALESCE({column}, 0) AS {column}" for column in query.facts]
    first += [f"COALESCE({column}, {no}) AS {column}" for column in query.noticed]
    found = [("stage_0", f"SELECT {', '.join(first)} FROM {source}")]
    there = dict.fromkeys((*query.facts, *query.noticed))
    for number, (stage, wanted) in enumerate(zip(query.stages, read_after(query), strict=True), 1):
        kept = [name for name in there if name in wanted]
        made = [f"{column_text(query, c)} AS {c.name}" for c in stage if c.name in wanted]
        found.append(
            (
                f"stage_{number}",
                f"SELECT {', '.join((*keys, *kept))},\n  "
                + ",\n  ".join(made)
                + f"\nFROM stage_{number - 1}",
            )
        )
        there = dict.fromkeys((*kept, *(c.name for c in stage if c.name in wanted)))
    return found


def read_after(query: Query) -> list[frozenset[str]]:
    """For every stage, the names that a later one or the result reads."""
    wanted = frozenset(word for one in query.outputs for word in one.reads())
    found = []
    for stage in reversed(query.stages):
        found.append(wanted)
        wanted |= {word for c in stage if c.name in wanted for word in WORD.findall(c.condition)}
    return found[::-1]


def column_text(query: Query, column: Column) -> str:
    if query.flag == AS_TRUTH or column.number:
        return column.condition
    return f"CASE WHEN {column.condition} THEN 1 ELSE 0 END"


def result_text(query: Query, word: Word = as_text, keys: Sequence[str] = KEYS) -> str:
    """The last SELECT."""
    columns = ",\n  ".join((*keys, *(f"{said(one, word)} AS {one.name}" for one in query.outputs)))
    return f"SELECT {columns}\nFROM stage_{len(query.stages)}"


def said(one: Output, word: Word) -> str:
    """No condition is ever NULL, since the first stage leaves none, so that every engine reads this CASE alike."""
    parts, last = [], one.otherwise
    for condition, number in one.cases:
        if condition == "TRUE":
            last = number
            break
        if condition != "FALSE":
            parts.append(f"WHEN {condition} THEN {word(one, number)}")
    return f"CASE {' '.join(parts)} ELSE {word(one, last)} END" if parts else word(one, last)


def whole_text(query: Query, source: str = FACTS, last: str | None = None) -> str:
    """The query as one statement."""
    stages = ",\n".join(f"{name} AS (\n{text}\n)" for name, text in stage_texts(query, source))
    return f"WITH {stages}\n{last if last is not None else result_text(query)}"
