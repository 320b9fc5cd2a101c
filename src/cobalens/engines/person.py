"""One person in hand for counterfactuals, and one change of what is known about them."""

from __future__ import annotations

from msgspec import Struct

from cobalens.engines.cells import Cell
from cobalens.engines.shelf import ASK, NEVER, REMEASURE, TIME, Shelf
from cobalens.model.counterfactual import Intake
from cobalens.model.facts import Facts
from cobalens.model.record import Record
from cobalens.model.ruleset import UNKNOWN

LEARNED, WERE = "learned", "were"
SUPPOSED = "what-if"
FAR = {NEVER: 4.0, ASK: 3.0, REMEASURE: 2.0, TIME: 6.0}
"""How near something unknown counts; what is known lies further than what could be asked."""
KNOWN_OTHERWISE = 3.0


class Move(Struct, frozen=True):
    """One change: how it is named, and what it does to the facts."""

    fact: str
    value: str
    """The value's own name in the ruleset."""
    words: str
    kind: str
    sets: dict[str, int]
    distance: float
    cell: Cell | None = None
    unit: str | None = None
    place: int = 0
    """The order among the neighbouring stretches of one result."""
    side: int = 0
    """Below (-1) or above (1) the present result."""


class Person(Struct, frozen=True):
    """One person in hand."""

    shelf: Shelf
    facts: Facts
    values: dict[str, int]
    record: Record
    intake: Intake


def known(person: Person, fact: str) -> bool:
    return person.values.get(fact, UNKNOWN) != UNKNOWN


def reread(person: Person, record: Record, only: tuple[str, ...] | None = None) -> dict[str, int]:
    """What differs once the record does; ``only``: the facts that it can bear on."""
    found = person.intake.reread(record).values
    names = only if only is not None else dict.fromkeys((*found, *person.facts.values))
    now = {name: found[name].value if name in found else UNKNOWN for name in names}
    return {name: value for name, value in now.items() if value != person.values.get(name, UNKNOWN)}
