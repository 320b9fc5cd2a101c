"""What a phrase said, kept for the next person of whom it is said: the same words come back with other days.

The reader of phrases looks at the days given with a phrase only for their order and age; where these are the same, only
the days themselves are exchanged.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.entries import Times, is_backwards
from cobalens.intake.words.events import LONG_AGO
from cobalens.model.record import Event, Span, Unread

LONGEST = 200
"""Characters of a phrase that is worth keeping; a note does not come back."""

Key = tuple[str, str, str | None, str | None, str, tuple[object, ...]]


class Recall(Struct, frozen=True):
    """What was read, with the days that were given then."""

    events: tuple[Event, ...]
    times: Times
    understood: tuple[str, ...]
    unread: tuple[Unread, ...]


def order(times: Times) -> tuple[object, ...]:
    """All that the reader of phrases sees of the days."""
    start, stop = times.start, times.stop
    return (
        start.first is None, start.first is not None and start.first > 0,
        start.last is None, start.last is not None and start.last < -LONG_AGO,
        stop.first is None, stop.last is None, stop.last is not None and stop.last <= 0, start == stop, times.time,
    )  # fmt: skip


def again(kept: Recall, where: str, times: Times) -> list[Event] | None:
    """The events with their place and their days exchanged; nothing where one would end before it begins."""
    then, stop = kept.times.start, kept.times.stop
    events = [
        replace(
            event,
            where=where,
            start=_moved(event.start, then, stop, times),
            stop=_moved(event.stop, stop, then, times, last=True),
        )
        for event in kept.events
    ]
    return None if any(is_backwards(event.start, event.stop) for event in events) else events


def _moved(span: Span, own: Span, other: Span, times: Times, last: bool = False) -> Span:
    """A day that was given then becomes the day given now; a day out of the words stays."""
    mine, others = (times.stop, times.start) if last else (times.start, times.stop)
    if not span.known:
        return span
    if span == own:
        return mine
    return others if span == other else span
