"""Tables that say which number of one place is which of another: those who are known by the second are called by the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from cobalens.errors import CobalensError
from cobalens.intake.tables import Opened
from cobalens.intake.tables.cells import text_of
from cobalens.intake.tables.columns import each
from cobalens.intake.tables.grid import (
    HEAD_BYTES,
    PARQUET,
    Grid,
    delimiter_of,
    head_text,
    is_workbook,
    of_parquet,
    of_text,
    of_workbook,
)
from cobalens.intake.tables.headings import Header, tells_people_apart, tidy, words_for
from cobalens.intake.tables.table import Person, Table
from cobalens.model.ruleset import Ruleset

BOTH = 2


class Crosswalk(Struct, frozen=True):
    """Numbers below a heading -> those that the same people have elsewhere."""

    heading: str
    pairs: Mapping[str, str]
    unclear: frozenset[str]
    """Those that stand beside several, or beside one that does so."""


def numbering(headings: Sequence[str], ruleset: Ruleset) -> list[str]:
    """Those headings below which people are numbered."""
    words = words_for(ruleset)
    return [one for one in headings if words.roles.get(one) == "id" or tells_people_apart(one, words)]


def pairs_numbers(headings: Sequence[str], ruleset: Ruleset) -> bool:
    """Whether a table has two different numbers of people and nothing else."""
    return len(set(headings)) == len(headings) == BOTH == len(numbering(headings, ruleset))


def grids_of(content: bytes) -> Sequence[Grid]:
    """The tables of a file of any kind; none where it cannot be read."""
    text = head_text(content)
    with suppress(CobalensError):
        if content.startswith(PARQUET):
            return (of_parquet(content),)
        if is_workbook(content[:HEAD_BYTES]):
            return of_workbook(content)
        if text is not None:
            return (of_text(text, delimiter_of(text[:60_000]) or ","),)
    return ()


def headings_of(grids: Sequence[Grid]) -> list[str]:
    """What stands in the first line of each."""
    return [tidy(text_of(cell)) for grid in grids for cell in grid.rows[0]]


def crosswalk_in(content: bytes) -> Crosswalk | None:
    """What such a table pairs; rows in which one of the two is missing pair nothing."""
    grids = grids_of(content)
    if len(grids) != 1:
        return None
    grid = grids[0]
    heading = tidy(text_of(grid.rows[0][1]))
    found = {
        (one, other)
        for one, other in zip(each(grid.rows, 0, text_of, 1), each(grid.rows, 1, text_of, 1), strict=True)
        if one and other
    }
    partners: dict[str, set[str]] = {}
    bearers: dict[str, set[str]] = {}
    for one, other in found:
        partners.setdefault(one, set()).add(other)
        bearers.setdefault(other, set()).add(one)
    plain = {other: one for one, other in found if len(partners[one]) == 1 == len(bearers[other])}
    return Crosswalk(heading, plain, frozenset(bearers.keys() - plain.keys()))


def is_numbered_so(header: Header, numbers: Crosswalk) -> bool:
    return any(tidy(one.heading) == numbers.heading for one in header.of("id")[:1])


def renumbered(source: Opened, numbers: Crosswalk) -> tuple[Opened, list[str]]:
    """The source with the other numbers, without those of which it is not clear whose they are; and these."""
    if not any(is_numbered_so(table.header, numbers) for table in source.tables):
        return source, []
    people: dict[str, list[tuple[Table, Person]]] = {}
    unclear: dict[str, None] = {}
    for key, parts in source.people.items():
        for table, person in parts:
            if person.id != key or not is_numbered_so(table.header, numbers):
                people.setdefault(key, []).append((table, person))
            elif key in numbers.unclear:
                unclear[key] = None
            else:
                name = numbers.pairs.get(key, key)
                people.setdefault(name, []).append((table, Person(name, person.rows)))
    source.people = people
    return source, list(unclear)
