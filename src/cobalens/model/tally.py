"""What a report about many people is made of: lists and outcomes as data, counts with the sums that hold between them, entries.

Nothing here counts or shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from msgspec import Struct

Key: TypeAlias = tuple[tuple[str, str], ...]
"""What is counted, as pairs of a question and its answer; ``()`` is everybody."""
EVERYBODY: Key = ()
OPEN = "open"
NOT_KNOWN = "unknown"
WITHOUT = "none"
SEVERAL = "several"


class Condition(Struct, frozen=True):
    """What must hold of a person: question or ``finding.<code>`` -> the answers that will do."""

    name: str
    cells: dict[str, tuple[str, ...]]


class Worklist(Struct, frozen=True):
    """People for whom there is something to do; any one condition is enough."""

    name: str
    conditions: tuple[Condition, ...]
    next: tuple[str, ...] = ()
    """Beginnings of the codes that are named as the next step."""


class Plan(Struct, frozen=True):
    """What a report looks for."""

    lists: tuple[Worklist, ...]
    outcomes: tuple[Worklist, ...]
    """In order: the first that holds is said."""
    shown: tuple[str, ...]
    rows_at_most: int
    smallest: int
    """The smallest count that may leave the clinic."""


class Reading(Struct, frozen=True):
    """The newest usable result of one test, as an interval in the unit reported."""

    analyte: str
    lo: float | None
    hi: float | None
    lo_open: bool
    hi_open: bool
    unit: str | None
    day: int | None


class Entry(Struct, frozen=True):
    """One person in one list."""

    person_id: str
    index_day: int
    """0 for whoever is judged on no day; the days of results count from it then."""
    answer: str
    deficiency: str
    urgency: str
    review_after: str
    whys: tuple[str, ...]
    """The names of the conditions that hold."""
    next: tuple[str, ...]
    """Codes."""
    site: str | None = None
    readings: tuple[Reading, ...] = ()


class Tally(Struct, frozen=True):
    """Every count of a report, and the people of each list."""

    counts: dict[Key, int]
    sums: tuple[tuple[Key, tuple[Key, ...]], ...]
    """Every sum that a reader can form: the whole and its parts."""
    unsaid: frozenset[Key]
    """What is counted only because it ties other counts together, and is never shown."""
    values: dict[str, tuple[str, ...]]
    """Question -> its answers, in the order in which they are shown."""
    packs: tuple[str, ...]
    month_of: str
    """``result`` or ``index``: which day decides the month."""
    lists: dict[str, tuple[Entry, ...]]
    first_day: int | None = None
    last_day: int | None = None
    has_results: bool = False

    def count(self, **asked: str) -> int:
        return self.counts.get(key(asked), 0)


def key(asked: Mapping[str, str]) -> Key:
    return tuple(sorted(asked.items()))


def plan_of(tree: Mapping[str, Any]) -> Plan:
    """The plan that the knowledge writes down."""
    return Plan(
        lists=tuple(worklist(name, entry) for name, entry in tree["list"].items()),
        outcomes=tuple(worklist(name, entry) for name, entry in tree["outcome"].items()),
        shown=tuple(tree["shown"]),
        rows_at_most=tree["rows_at_most"],
        smallest=tree["sharing"]["smallest"],
    )


def worklist(name: str, entry: Mapping[str, Any]) -> Worklist:
    conditions = tuple(
        Condition(
            when, {asked: tuple(part.strip() for part in cell.split("|")) for asked, cell in cells.items()}
        )
        for when, cells in entry["when"].items()
    )
    return Worklist(name, conditions, tuple(entry.get("next", ())))
