"""A long paste takes as much longer as it is longer, and no more: nobody can hold the pages up with a few kilobytes."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from typing import Any

from cobalens.api import load
from cobalens.model.record import Record

LINE = "B12 {value} pg/mL (200-900). Feels tired.\n"
FEW, MANY, NOISE = 60, 240, 1.6


def calls(work: Callable[[], Any]) -> int:
    """How many functions were called: the same on a busy machine."""
    watch = cProfile.Profile()
    watch.runcall(work)
    return int(pstats.Stats(watch).total_calls)  # type: ignore[attr-defined]


def text(lines: int) -> bytes:
    return "".join(LINE.format(value=130 + number % 3) for number in range(lines)).encode()


def read(lines: int) -> Record:
    found = load().read_many(text(lines), "2026-03-05")[0]
    assert isinstance(found, Record)
    return found


def test_reading_takes_as_much_longer_as_the_text_is() -> None:
    read(FEW)
    few, many = (calls(lambda lines=lines: read(lines)) for lines in (FEW, MANY))  # type: ignore[misc]
    assert many / few < NOISE * MANY / FEW


def test_weighing_what_is_told_again_and_again_takes_as_much_longer_as_there_is_of_it() -> None:
    door = load()
    records = [read(lines) for lines in (FEW, MANY)]
    door.judged(records[0])
    few, many = (calls(lambda one=one: door.judged(one)) for one in records)  # type: ignore[misc]
    assert many / few < NOISE * MANY / FEW
