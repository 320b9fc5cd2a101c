"""What a pack reads otherwise than the primary one, so that a population needs further columns for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cobalens.api import load
from cobalens.compiler import cached
from cobalens.compiler.files import states
from cobalens.engines import sql
from cobalens.engines.sql.answers import Query, answers_query
from cobalens.model.ruleset import Pack, Ruleset

PERSISTENCE, ABOVE_BY = "persistence", "above_range_by"
"""A timeline of results, and the policy that says which range is asked first by it: the only listed one that timelines read."""


@lru_cache(maxsize=4)
def query_of(pack: str, rows: bool, noticed: tuple[str, ...], bits: bool) -> Query:
    """What is asked of everybody under the shipped rules; ``noticed`` as in ``answers_query``, ``bits`` as DuckDB likes it.

    To write it takes most of a second, so that it is kept beside the knowledge until the rules or what writes it change.
    """
    door = load(pack)
    differs = read_otherwise(door.ruleset, door.pack, door.others)
    name = "-".join(("query", pack, *(["rows"] if rows else []), *(["bits"] if bits else [])))
    stamp = repr((door.ruleset.hash, differs, noticed, *states(Path(sql.__path__[0]))))
    return cached(
        name,
        stamp,
        Query,
        lambda: answers_query(door.ruleset, door.pack, door.others, differs, rows, noticed, bits=bits),
    )


def read_otherwise(ruleset: Ruleset, pack: Pack, others: Sequence[Pack]) -> dict[str, tuple[str, ...]]:
    """Other pack -> the facts for which its limits, or the policies of its timelines, are not the primary one's."""
    read = {name for table in ruleset.tables for name in table.inputs}
    found = {}
    for other in others:
        timelines = any(
            pack.policies.get(name) != other.policies.get(name)
            for name, values in ruleset.policies.items()
            if not values
        )
        found[other.name] = tuple(
            name
            for name, fact in ruleset.facts.items()
            if name in read
            and fact.lab
            and (
                timelines
                or cuts(pack, fact.limits_of) != cuts(other, fact.limits_of)
                or (
                    fact.timeline == PERSISTENCE
                    and pack.policies.get(ABOVE_BY) != other.policies.get(ABOVE_BY)
                )
            )
        )
    return found


def cuts(pack: Pack, name: str) -> list[tuple[str, str, dict[str, str]]]:
    return [(limit.name, limit.edge, limit.values) for limit in pack.limits.get(name, ())]
