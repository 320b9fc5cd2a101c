"""What the statements about one concept come to along a timeline: yes, no, or not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from cobalens.model.record import Event, Span
from cobalens.model.ruleset import Fact

Phase = Literal["planned", "current", "over"]

YES, NO, OPEN = 2, 1, 0
ABSENT = "absent from a record declared complete"
OF_ITSELF = ("adherence", "begun", "lasting")
"""Timelines on which each product speaks for itself: silence about another one leaves nothing open."""
_AT_ONCE = frozenset({"procedure"})
_AT_ONCE_WHEN_LISTED = frozenset({"procedure", "exposure", "drug"})


class Stated(Struct, frozen=True):
    """An event with its place in time: ``ended`` is when it was over, open where nobody said."""

    event: Event
    phase: Phase
    ended: Span

    @property
    def outline(self) -> tuple[Any, ...]:
        """All that any fact asks of it; its days only where they can decide."""
        of, phase = self.event, self.phase
        said = (of.concept, of.affirmed, of.doubt, of.family, of.route, of.dose_ug, of.adherence, phase)
        if phase == "current":
            return said
        return (*said, of.start.first) if phase == "planned" else (*said, self.ended.first, self.ended.last)


class Verdict(Struct, frozen=True):
    value: int = OPEN
    events: tuple[Event, ...] = ()
    note: str = ""


OPEN_VERDICT = Verdict()


def is_moment(event: Event, kind: str) -> bool:
    """An operation, or a dose listed among procedures, happens on a day; it does not go on."""
    return kind in _AT_ONCE or (kind in _AT_ONCE_WHEN_LISTED and event.where.startswith("procedures"))


def state(event: Event, kind: str) -> Stated:
    start, stop = event.start, event.stop
    if event.time == "planned" or (start.first is not None and start.first > 0):
        return Stated(event, "planned", Span())
    if stop.last is not None:
        # The day on which something stops still belongs to it.
        return Stated(event, "over", stop) if stop.last < 0 else Stated(event, "current", Span())
    if is_moment(event, kind) and not stop.known:
        over = start.last is not None and start.last < 0
        return Stated(event, "over" if over or event.time == "past" else "current", start)
    if event.time == "past":
        return Stated(event, "over", stop)
    return Stated(event, "current", Span())


def counts(event: Event, fact: Fact) -> bool | None:
    """Whether an event is one this fact speaks of, by route; ``None`` when that was not said."""
    routes = fact.routed.get(event.concept)
    if routes and event.affirmed:
        if event.route is None:
            return None
        if event.route not in routes:
            return False
    return True


def verdict(stated: Sequence[Stated], fact: Fact, complete: bool) -> Verdict:
    """One concept along the fact's timeline."""
    if fact.timeline == "current_or_planned":
        return _either(_along(stated, fact, "current", complete), _along(stated, fact, "planned", complete))
    return _along(stated, fact, fact.timeline, complete)


def _either(now: Verdict, later: Verdict) -> Verdict:
    if now.value == YES or later.value != YES:
        return (
            now if now.value == YES or later.value == NO else Verdict(min(now.value, later.value), now.events)
        )
    return later


def _along(stated: Sequence[Stated], fact: Fact, timeline: str, complete: bool) -> Verdict:
    if len(stated) == 1:
        return _one_alone(stated[0], fact, timeline, complete)
    yes: list[Event] = []
    no: list[Event] = []
    unsure: list[Event] = []
    ended = False
    for item in stated:
        event = item.event
        if event.family != (timeline == "family"):
            continue
        if not event.affirmed:
            if _denies(item, timeline):
                no.append(event)
            continue
        counted = counts(event, fact)
        if counted is False or _is_beside_the_point(item, timeline):
            continue
        answer = OPEN if counted is None else _one(item, fact, timeline)
        (yes if answer == YES else no if answer == NO else unsure).append(event)
        ended = ended or answer == NO
    if yes:
        denied = any(not event.affirmed for event in no)
        return Verdict(YES, tuple(yes), "also denied elsewhere in the record" if denied else "")
    if unsure:
        return Verdict(
            OPEN, tuple(unsure), "in doubt" if any(e.doubt for e in unsure) else "cannot be placed in time"
        )
    if no:
        return Verdict(NO, tuple(no), "over" if ended else "")
    return Verdict(NO, (), ABSENT) if complete else OPEN_VERDICT


def _one_alone(item: Stated, fact: Fact, timeline: str, complete: bool) -> Verdict:
    """As ``_along``, of a single statement."""
    event = item.event
    if event.family == (timeline == "family"):
        if not event.affirmed:
            if _denies(item, timeline):
                return Verdict(NO, (event,))
        elif (counted := counts(event, fact)) is not False and not _is_beside_the_point(item, timeline):
            answer = OPEN if counted is None else _one(item, fact, timeline)
            if answer == OPEN:
                return Verdict(OPEN, (event,), "in doubt" if event.doubt else "cannot be placed in time")
            return Verdict(answer, (event,), "over" if answer == NO else "")
    return Verdict(NO, (), ABSENT) if complete else OPEN_VERDICT


def _denies(item: Stated, timeline: str) -> bool:
    """Whether a denial counts: a plan that is denied says nothing of what was or is.

    A drug that was not taken at all was not taken unreliably either.
    """
    return timeline != "adherence" and (item.phase != "planned" or timeline in ("planned", "family"))


def _is_beside_the_point(item: Stated, timeline: str) -> bool:
    """What is only planned says nothing of today, and what is or was says nothing of plans."""
    return (item.phase == "planned") != (timeline == "planned")


def _one(item: Stated, fact: Fact, timeline: str) -> int:
    """What one affirmed statement says."""
    event = item.event
    if timeline == "suspected":
        return YES
    if event.doubt:
        return OPEN
    if timeline in ("ever", "family"):
        return YES
    if timeline == "planned":
        first = event.start.first
        near = fact.within is None or first is None or first <= fact.within
        return YES if near else NO
    if timeline == "lasting":
        return _long_enough(item, fact.for_at_least or 0)
    if timeline == "begun":
        return _long_ago(item, fact.for_at_least or 0)
    if timeline == "adherence":
        return {"taken": YES, "missed": NO}.get(event.adherence or "", OPEN)
    return YES if item.phase == "current" else _after_the_end(item.ended, fact.lingers)


def _long_enough(item: Stated, days: int) -> int:
    """Whether it goes on, and began so many days ago."""
    first, last = item.event.start.first, item.event.start.last
    if item.phase != "current" or (first is not None and first > -days):
        return NO
    return YES if last is not None and last <= -days else OPEN


def _long_ago(item: Stated, days: int) -> int:
    """Whether it began so many days ago, over by now or not; what ended that long ago had begun by then."""
    first, last = item.event.start.first, item.event.start.last
    if first is not None and first > -days:
        return NO
    over = item.ended.last if item.phase == "over" else None
    return YES if any(day is not None and day <= -days for day in (last, over)) else OPEN


def _after_the_end(ended: Span, lingers: int) -> int:
    if lingers == 0:
        return NO
    if ended.first is not None and -ended.first <= lingers:
        return YES
    return NO if ended.last is not None and -ended.last > lingers else OPEN


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Several concepts behind one fact: any yes, all no, else open."""
    if len(verdicts) == 1:
        return verdicts[0]
    yes = [v for v in verdicts if v.value == YES]
    if yes:
        return Verdict(YES, tuple(e for v in yes for e in v.events), yes[0].note)
    if all(v.value == NO for v in verdicts):
        events = tuple(e for v in verdicts for e in v.events)
        return Verdict(NO, events, "" if events else verdicts[0].note)
    events = tuple(e for v in verdicts if v.value == OPEN for e in v.events)
    return Verdict(OPEN, events, next((v.note for v in verdicts if v.value == OPEN and v.note), ""))
