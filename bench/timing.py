"""Timing by turns: the things compared run one after another in small rounds, so that a busy moment meets all of them."""

from __future__ import annotations

import argparse
import gc
import subprocess
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple

ROUNDS = 15


def by_turns(*actions: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, ...]:
    """The least time of each action in seconds."""
    best = [float("inf")] * len(actions)
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for place, action in enumerate(actions):
                start = time.perf_counter()
                action()
                best[place] = min(best[place], time.perf_counter() - start)
    finally:
        gc.enable()
    return tuple(best)


class Times(NamedTuple):
    """How long one thing took after another, rising: by the processor's time, and by the clock."""

    processor: list[float]
    clock: list[float]


def each(action: Callable[[Any], object], things: Sequence[Any], times: int) -> Times:
    """The time of the action on every thing, ``times`` over. Where other work takes the core, only the clock tells of it."""
    found = Times([], [])
    for _ in range(times):
        for one in things:
            clock, processor = time.perf_counter(), time.process_time()
            action(one)
            found.processor.append(time.process_time() - processor)
            found.clock.append(time.perf_counter() - clock)
    return Times(sorted(found.processor), sorted(found.clock))


def share(times: Sequence[float], part: float) -> float:
    """The time that this part of all is not above."""
    return times[min(len(times) - 1, int(part * len(times)))]


def processes(*commands: Sequence[str], runs: int = 20) -> list[tuple[float, float]]:
    """Least and median time of each command, started afresh, in turns."""
    found: list[list[float]] = [[] for _ in commands]
    for _ in range(runs):
        for place, command in enumerate(commands):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            found[place].append(time.perf_counter() - start)
    return [(min(times), median(times)) for times in found]


def people_and_rounds(about: str | None, people: int, rounds: int) -> tuple[int, int]:
    """How many people and rounds the command line asks for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", nargs="?", type=int, default=people, help="how many (default: %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=rounds, help="by turns, the least counts (default: %(default)s)"
    )
    asked = parser.parse_args()
    return asked.people, asked.rounds
