"""What is read of a record, piece by piece, before it is put together."""

from __future__ import annotations

from msgspec import Struct

from cobalens.model.record import UNDATED, Event, Lab, Note, Span, Unread


class Words(Struct, frozen=True):
    """What some words said, wherever they stand."""

    labs: tuple[Lab, ...]
    events: tuple[Event, ...]
    notes: tuple[Note, ...]
    unread: tuple[Unread, ...]
    understood: tuple[str, ...]
    complete: frozenset[str]


class Found(Struct):
    """What has been read so far of one record."""

    labs: list[Lab]
    text_labs: list[Lab]
    """Results read in words; they add to the listed ones and do not repeat them."""
    events: list[Event]
    notes: list[Note]
    unread: list[Unread]
    understood: list[str]
    complete: set[str]
    patient: frozenset[str] = frozenset()
    """Relatives who are the patient."""
    sex: str | None = None
    """The sex that the notes begin with ("67F"), where nothing else has said it yet."""
    taken_back: int = 0
    """Results said in words that do not hold because of the days or the status of their entry."""


class Times(Struct, frozen=True):
    start: Span = UNDATED
    stop: Span = UNDATED
    time: str = ""


ANY_TIME = Times()


def is_backwards(start: Span, stop: Span) -> bool:
    """Whether something ends before it begins."""
    return start.first is not None and stop.last is not None and stop.last < start.first


def nothing_yet() -> Found:
    return Found([], [], [], [], [], [], set())
