"""Which laboratory result speaks for a fact: the newest that counts, ties settled by their rank, conflicts said."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from cobalens.model.record import Lab

_RANK = {"corrected": 3, "final": 2, "preliminary": 1}
_UNUSABLE = frozenset({"unit_missing", "unit_impossible", "implausible", "cancelled"})


class Reading(Struct, frozen=True, gc=False):
    """A result with the days between which it was taken; both ``None`` when undated."""

    lab: Lab
    first: int | None
    last: int | None

    @property
    def dated(self) -> bool:
        return self.last is not None

    @property
    def day(self) -> int:
        """The latest day it may be from; an undated result stands for today."""
        return 0 if self.last is None else self.last


class History(Struct, gc=False):
    """All results of one test, with what every fact about it asks of them found once."""

    readings: Sequence[Reading]
    sound: bool
    """Whether each of them has a number with which nothing is wrong."""
    usable: Sequence[Reading]
    newest: tuple[Reading, ...]
    """Those of the usable ones that may be the newest."""
    skipped: bool
    """Whether a result newer than all the usable ones was refused."""


class Newest(Struct, frozen=True, gc=False):
    """The value of the newest result, the results it rests on, and why it is not known where it is not."""

    value: int = 0
    labs: tuple[Lab, ...] = ()
    note: str = ""
    conflict: bool = False


def reading(lab: Lab) -> Reading | None:
    """``None`` for a result from after the day of decision."""
    when = lab.when
    first, last = when.first, when.last
    if first is not None and first > 0:
        return None
    if last is None:
        if first is None:
            return Reading(lab, None, None)
        last = 0
    elif last > 0:
        last = 0
    return Reading(lab, last if first is None else first, last)


def usable(lab: Lab) -> bool:
    """A number in a sound unit, or the laboratory's own word."""
    if lab.problem in _UNUSABLE:
        return False
    has_number = (lab.lo is not None or lab.hi is not None) and lab.problem is None
    return has_number or lab.qualitative is not None


def history(readings: Sequence[Reading]) -> History:
    for one in readings:
        lab = one.lab
        if lab.problem is not None or (lab.lo is None and lab.hi is None):
            break
    else:
        return History(readings, True, readings, front(readings), False)
    candidates = [one for one in readings if usable(one.lab)]
    return History(readings, False, candidates, front(candidates), _skipped(readings, candidates))


def _skipped(all_readings: Sequence[Reading], candidates: Sequence[Reading]) -> bool:
    """Whether a result newer than all the candidates was refused."""
    dated = [r.last for r in candidates if r.last is not None]
    return bool(dated) and any(
        r.last is not None and r.last > max(dated) and not usable(r.lab) and r.lab.problem != "cancelled"
        for r in all_readings
    )


def front(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Those that may be the newest: dated ones that no other certainly follows, else all undated ones."""
    if len(readings) <= 1:
        return tuple(readings)
    latest_start: int | None = None
    for one in readings:
        first = one.first
        if first is not None and (latest_start is None or first > latest_start):
            latest_start = first
    if latest_start is None:
        return tuple(readings)
    candidates = [r for r in readings if r.last is not None and r.last >= latest_start]
    if len(candidates) == 1 or any(r.first != r.last or r.day != candidates[0].day for r in candidates):
        return tuple(candidates)
    measured = [r for r in candidates if not r.lab.derived] or candidates
    top = max((_RANK.get(r.lab.status, 2), r.lab.time) for r in measured)
    return tuple(r for r in measured if (_RANK.get(r.lab.status, 2), r.lab.time) == top)


def agreed(candidates: Sequence[Reading], value_of: Callable[[Lab], int]) -> Newest:
    """One value where all candidates share it; else unknown, and said to conflict."""
    if len(candidates) == 1:
        lab = candidates[0].lab
        return Newest(value_of(lab), (lab,))
    values = [(value_of(r.lab), r.lab) for r in candidates]
    known = {value for value, _ in values if value}
    labs = tuple(lab for value, lab in values if value) or tuple(lab for _, lab in values)
    if len(known) == 1:
        return Newest(known.pop(), labs)
    if not known:
        return Newest(0, labs)
    if not candidates[0].dated:
        return Newest(
            0, labs, "several undated results differ, and none can be called the newest", conflict=True
        )
    if any(r.first != r.last for r in candidates):
        return Newest(
            0, labs, "the dates given are too vague to tell which result is the newest", conflict=True
        )
    return Newest(0, labs, "results of the same day differ", conflict=True)


def is_current(candidates: Sequence[Reading], current_for: int | None, today: int = 0) -> bool:
    """Whether they were certainly taken within the days for which a result speaks."""
    if current_for is not None:
        for one in candidates:
            if one.first is not None and today - one.first > current_for:
                return False
    return True
