"""Timestamps as HL7 writes them, in v2 and in CDA: precision as given, zones brought to that of the message."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from cobalens.intake.patterns import pattern

_STAMP = pattern(r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(?:\.\d+)?)?)?)?([+-]\d{4})?")


class Stamp(NamedTuple):
    """A date as ISO text, as precise as it was given, and the time of day."""

    date: str = ""
    time: str = ""

    @property
    def whole(self) -> bool:
        return len(self.date) == 10


NO_STAMP = Stamp()


def zone_of(text: str) -> int | None:
    """Minutes east of Greenwich."""
    found = _STAMP.fullmatch(text.strip())
    return _minutes(found[7]) if found else None


def _minutes(zone: str | None) -> int | None:
    if not zone:
        return None
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    return -minutes if zone[0] == "-" else minutes


def stamp(text: str, zone: int | None = None) -> Stamp:
    """The moment, or nothing where the text is none. ``zone``: that of the message, in which days are counted."""
    found = _STAMP.fullmatch(text.strip())
    if not found:
        return NO_STAMP
    year, month, day, hour, minute, second, own = found.groups()
    try:
        if not month or int(month) == 0:
            dt.date(int(year), 1, 1)
            return Stamp(year)
        if not day or int(day) == 0:
            dt.date(int(year), int(month), 1)
            return Stamp(f"{year}-{month}")
        if not hour:
            return Stamp(dt.date(int(year), int(month), int(day)).isoformat())
        moment = dt.datetime(  # noqa: DTZ001 (zones are minutes here)
            int(year), int(month), int(day), int(hour) % 24, int(minute or 0), int(second or 0)
        )
        shift = _minutes(own)
        if shift is not None and zone is not None and shift != zone:
            moment += dt.timedelta(minutes=zone - shift)
    except (ValueError, OverflowError):
        return NO_STAMP
    return Stamp(moment.date().isoformat(), moment.time().isoformat())
