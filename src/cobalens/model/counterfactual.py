"""What would change an answer, which test is worth most, how firm the answer is, and how it looks beside a population.

Everything here is calculated from facts by the engines; nothing here decides an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from msgspec import UNSET, Struct, UnsetType

from cobalens.model.facts import Facts
from cobalens.model.record import Record
from cobalens.model.ruleset import Fact

QUESTIONS = ("answer", "deficiency", "replacement", "urgency")
"""The questions on which a change is looked for."""


class Edge(Protocol):
    """One limit in the unit of a result. ``edge`` ``<``: a value equal to the limit lies above it."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> Decimal: ...
    @property
    def edge(self) -> str: ...


class Intake(Struct, frozen=True):
    """What reading a record lends to the engines: how another record reads, and where the limits lie in a unit."""

    reread: Callable[[Record], Facts]
    cuts: Callable[[Fact, str], Sequence[Edge] | None]


class Change(Struct, frozen=True, omit_defaults=True):
    """A smallest change of the facts that gives another answer, or another degree of deficiency."""

    set: dict[str, str]
    kind: str
    """``learned``: something unknown now. ``were``: something known would have to be otherwise."""
    answer: str
    deficiency: str
    values: dict[str, int] | UnsetType = UNSET
    """The facts behind it, as the rules see them: for what-ifs and tests; left out of what is handed out."""


class IfResult(Struct, frozen=True, omit_defaults=True):
    """What one result of a test would make of the answer; ``deficiency`` is given where it moves too."""

    result: str
    answer: str
    deficiency: str | UnsetType = UNSET


class Worth(Struct, frozen=True, kw_only=True, rename={"if_": "if"}):
    """A test that would help next. ``worth`` is ``None`` where it is asked for regardless of the answer."""

    code: str
    worth: float | None
    basis: str
    """On what the chances of the results rest: ``population``, ``re-measurement``, ``equal``, or ``asked for``."""
    why: str
    burden: str
    raises_urgency: bool
    asked: bool
    """A rule of the knowledge asks for it."""
    if_: tuple[IfResult, ...]


class Firm(Struct, frozen=True):
    """The share of re-measurements in which answer and deficiency stand, and what was re-measured."""

    answer: float
    deficiency: float
    varied: tuple[str, ...]
    """Analytes whose variation in one person is known."""
    held: tuple[str, ...]
    """Analytes held fixed: no variation is sourced, or the result is no exact number."""


class Percentile(Struct, frozen=True):
    """Where a result stands among people of the same sex and about the same age."""

    analyte: str
    percentile: float
    people: int
    ages: str


class RaisedMma(Struct, frozen=True):
    """How many comparable adults had a raised MMA, for a person in whom it was not measured."""

    share: float
    low: float
    high: float
    people: int
    raised: int
    band: str
    """The B12 of those counted, in words."""
    ages: str
    limit: str


class Standing(Struct, frozen=True):
    """This person beside the reference population."""

    percentiles: tuple[Percentile, ...]
    raised_mma: RaisedMma | None
    title: str
    caveat: str


class Curve(Struct, frozen=True, kw_only=True):
    """One test by age among people of one sex in the reference population, in the unit of this person's result."""

    analyte: str
    unit: str
    sex: str
    age: Decimal
    value: Decimal
    lines: tuple[tuple[int, tuple[tuple[int, Decimal], ...]], ...]
    """Percentile -> the value at each age, both rising."""
    years: int
    """How many years on either side of an age count with it."""
    title: str
    caveat: str


class Counterfactuals(Struct, frozen=True):
    """All of it for one person under one pack."""

    next_tests: tuple[Worth, ...] = ()
    what_would_change: tuple[Change, ...] = ()
    """A few, the smallest and nearest."""
    changes: tuple[Change, ...] = ()
    """Every single change that moves answer or deficiency, and the pairs that reach what no single one does."""
    firmness: Firm | None = None
    standing: Standing | None = None
    swings: dict[str, dict[str, tuple[str, ...]]] = {}
    """Unknown fact -> value -> the answers to ``QUESTIONS`` that it would give, for values that change any of them."""


def presses(entry: Mapping[str, Any], said: Sequence[str]) -> bool:
    """Whether a test of the table of tests cannot wait, given what else is said of the person."""
    codes = tuple(entry.get("presses_with", ()))
    return bool(codes) and any(code.startswith(codes) for code in said)
