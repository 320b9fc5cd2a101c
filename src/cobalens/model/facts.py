"""Facts about one person under one pack, and what each rests on."""

from __future__ import annotations

from msgspec import Struct


class Basis(Struct, frozen=True, gc=False):
    """One thing in the record that a fact rests on."""

    text: str
    where: str
    date: str | None = None
    day: int | None = None


class FactValue(Struct, frozen=True, gc=False):
    """The value of one fact: its index in ``Fact.values``, and why."""

    value: int
    basis: tuple[Basis, ...] = ()
    note: str = ""
    """A caveat: "absent from a record declared complete", "limit converted", "laboratory's own word" …"""


class Facts(Struct, frozen=True, gc=False):
    """Every known fact of one person; a fact that is absent is unknown."""

    values: dict[str, FactValue]
    notes: tuple[tuple[str, str], ...] = ()
    """``(data_quality code, sentence)`` found while reading the timelines."""
