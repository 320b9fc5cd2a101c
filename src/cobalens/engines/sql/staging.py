"""In which stage of the query each column is made: after what it reads, and close to who reads it.

What only one other column reads can be written out there, and every column waits until it is asked for. So few columns
stand side by side, and those that do stay in the processor's cache.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from cobalens.engines.sql.algebra import shared, simpler
from cobalens.engines.sql.rules import WORD, Column


def staged(
    columns: Iterable[Column], read: Iterable[str], inline: bool = False
) -> tuple[tuple[Column, ...], ...]:
    """The stages, each of columns that read earlier ones. ``read``: what the result asks for; nothing else is kept."""
    asked = frozenset(read)
    made = needed({column.name: column for column in columns}, asked)
    if inline:
        made = shared(written_out(simpler(written_out(made, asked)), asked))
        # Where a condition became simpler, nobody may read what it read.
        made = needed(made, asked)
    places = placed(made, read)
    found: list[list[Column]] = [[] for _ in range(max(places.values(), default=0))]
    for name, column in made.items():
        found[places[name] - 1].append(column)
    return tuple(map(tuple, found))


def needed(made: Mapping[str, Column], read: Iterable[str]) -> dict[str, Column]:
    """The columns that the result reads, or that others of these do."""
    wanted = reached(made, read)
    return {name: column for name, column in made.items() if name in wanted}


def reached(made: Mapping[str, Column], read: Iterable[str]) -> set[str]:
    """What the result asks for, and what that reads."""
    found: set[str] = set()
    left = [name for name in read if name in made]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [word for word in WORD.findall(made[name].condition) if word in made]
    return found


def written_out(made: Mapping[str, Column], read: frozenset[str]) -> dict[str, Column]:
    """Without the columns that one other column reads, once: their text stands there instead."""
    times = Counter(word for column in made.values() for word in WORD.findall(column.condition))
    texts: dict[str, str] = {}

    def whole(match: re.Match[str]) -> str:
        return texts.get(match[0], match[0])

    found = {}
    for name, column in made.items():  # what is read was added before
        text = WORD.sub(whole, column.condition)
        if times[name] == 1 and name not in read and not column.number:
            texts[name] = text
        else:
            found[name] = Column(name, text, column.number)
    return found


def placed(made: Mapping[str, Column], read: Iterable[str]) -> dict[str, int]:
    """The stage of each column, counted from one: as late as whoever reads it allows, so that few are handed on."""
    reads = {name: {w for w in WORD.findall(column.condition) if w in made} for name, column in made.items()}
    places: dict[str, int] = {}
    for name in made:
        places[name] = 1 + max((places[word] for word in reads[name]), default=0)
    last = max(places.values(), default=0)
    latest = dict.fromkeys(made, last)
    for name in reversed(list(made)):  # who reads it was added after
        places[name] = latest[name]
        for word in reads[name]:
            latest[word] = min(latest[word], places[name] - 1)
    return places
