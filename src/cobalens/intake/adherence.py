"""How an entry's medicines are taken, from its field ``adherence``: a yes, a no, or words such as "stopped last month"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from cobalens.intake.found import Found
from cobalens.model.record import Event, Unread

_TAKEN = frozenset(
    "taken good full yes always reliable regular complete adherent compliant excellent true".split()
)
_MISSED = frozenset(
    "missed poor no never partial irregular unreliable low rarely none false non-adherent".split()
)


def as_taken(
    value: Any, where: str, events: list[Event], found: Found, read: Callable[[str], list[Event]]
) -> list[Event]:
    """The entry's events with it. ``read``: reads words as those of a list of medicines; what they do not settle is listed."""
    if value is None or value == "":
        return events
    low = str(value).strip().lower()
    if low in _TAKEN or low in _MISSED:
        word = "taken" if low in _TAKEN else "missed"
        return [replace(event, adherence=word) for event in events]
    listed = len(found.unread)
    said = {drug: read(f"{drug} {low}".strip()) for drug in dict.fromkeys(event.text for event in events)}
    settled = [_told_so(event, said[event.text]) for event in events]
    if settled == events and len(found.unread) == listed:
        found.unread.append(Unread(where, low[:120], "taken, missed or stopped"))
    return settled


def _told_so(event: Event, said: Sequence[Event]) -> Event:
    """What words about a medicine's taking say of it: that it is missed, over, or not taken at all."""
    adherence = next((one.adherence for one in said if one.adherence), None)
    event = replace(event, adherence=adherence) if adherence else event
    same = [one for one in said if one.concept == event.concept]
    if not event.affirmed or event.time != "current" or len(same) != 1:
        return event
    stop = event.stop if event.stop.known else same[0].stop
    return replace(event, affirmed=same[0].affirmed, time=same[0].time, stop=stop)
