"""What a phrase said, kept for the next person of whom it is said: the same words come back with other days.

The reader of phrases looks at the days given with a phrase only for their order and age; where these are the same, only
the days themselves are exchanged.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from cobalens.intake.found import Times, Words, is_backwards
from cobalens.intake.words.datedwords import names_a_day
from cobalens.intake.words.events import LONG_AGO
from cobalens.intake.words.lexicon import CompiledLexicon
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


# --- Phrases of any record ----------------------------------------------------------------------------------------

MOST = 20_000
"""Phrases that are kept."""
NOTE = "note"
"""A field of which the words may have a day of their own."""


class Known(Struct, frozen=True):
    """What a phrase said, and when; of use once it has been read with other days and said the same but for these."""

    words: Words
    day: str | None
    times: Times
    proved: bool | None = None
    """Nothing: read once. ``False``: it says more of the days than is seen of them."""


class Memory(Struct):
    """What phrases said that name no day."""

    known: dict[tuple[object, ...], Known] = field(default_factory=dict)
    timeless: dict[str, bool] = field(default_factory=dict)


def as_before(
    memory: Memory, asked: tuple[object, ...], day: str | None, times: Times, lexicon: CompiledLexicon, read: Callable[[], Words]
) -> Words:  # fmt: skip
    """What a phrase says with these days. ``asked``: the words, their field, and what else reading depends on.

    It is read with the first two pairs of days that look alike, and exchanged from then on if these say the same.
    """
    text = str(asked[0])
    if len(text) > LONGEST or asked[1] == NOTE or not _is_timeless(memory, text, lexicon):
        return read()
    key = (*asked, order(times))
    known = memory.known.get(key)
    if known is None or known.proved is False or (known.day, known.times) == (day, times):
        words = read()
        if known is None and not (words.labs or words.notes or words.complete):
            if len(memory.known) >= MOST:
                memory.known.clear()
            memory.known[key] = Known(words, day, times)
        return words
    told = again(Recall(known.words.events, known.times, (), ()), "", times)
    if told is None:
        return read()
    words = replace(known.words, events=tuple(told))
    if known.proved is None:
        now = read()
        memory.known[key] = replace(known, proved=now == words)
        return now
    return words


def _is_timeless(memory: Memory, text: str, lexicon: CompiledLexicon) -> bool:
    known = memory.timeless.get(text)
    if known is None:
        if len(memory.timeless) >= MOST:
            memory.timeless.clear()
        known = memory.timeless[text] = not names_a_day((text,), lexicon)
    return known
