"""Variants that say the same in other words: one phrase of a group for another, and the frames that people put around a phrase."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.robustness.cases import Case, Variant, copied

HERE = Path(__file__).parent
LISTS = ("symptoms", "conditions", "medications", "supplements", "procedures")
ROUNDS = 5
FRAMES = {
    "symptoms": ("c/o {}", "complains of {}", "pt reports {}", "presents with {}", "{}, ongoing", "ongoing {}", "describes {}", "has {}",
                 "troubled by {}", "pc: {}", "{} as before", "mentions {}"),
    "conditions": ("known {}", "hx of {}", "PMH: {}", "h/o {}", "history of {}", "K/C/O {}", "has {}", "diagnosed with {}", "Dx: {}",
                   "background of {}", "{} (under follow-up)", "PMHx {}"),
    "medications": ("on {}", "taking {}", "Rx {}", "currently on {}", "prescribed {}", "DH: {}", "takes {}", "{} (regular)", "continues {}",
                    "meds: {}", "repeat prescription: {}"),
    "supplements": ("takes {}", "OTC {}", "self-medicates with {}", "buys {}", "{} from the chemist"),
    "procedures": ("s/p {}", "underwent {}", "had {}", "PSH: {}", "previous {}", "status post {}"),
}  # fmt: skip
_PLAIN = re.compile(r"^(?!no |not |none|nil|never|normal|denies|well|without)[^:]*$", re.IGNORECASE)
"""A phrase that a frame fits: not a denial, and no report with a heading of its own."""


class Group(NamedTuple):
    field: str
    means: str
    say: tuple[Any, ...]
    swap: bool


@lru_cache(maxsize=2)
def groups(file: str = "paraphrases") -> tuple[Group, ...]:
    with (HERE / f"{file}.toml").open("rb") as table:
        entries = tomllib.load(table)["same"]
    return tuple(
        Group(one["field"], one["means"], tuple(one["say"]), one.get("swap", True)) for one in entries
    )


@lru_cache(maxsize=1)
def swaps() -> tuple[tuple[re.Pattern[str], Group], ...]:
    """Every phrase that another may stand for, longest first."""
    found = [(phrase, one) for one in groups() if one.swap for phrase in one.say]
    found.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    return tuple(
        (re.compile(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])", re.IGNORECASE), one) for phrase, one in found
    )


def paraphrased(name: str, case: Case) -> Iterator[Variant]:
    for number in range(ROUNDS):
        chance = random.Random(f"{name} {number}")
        yield Variant(
            name,
            f"paraphrase {number}",
            rewritten(case, lambda _field, text, chance=chance: other_words(text, chance)),
        )


def framed(name: str, case: Case) -> Iterator[Variant]:
    for number in range(ROUNDS):
        chance = random.Random(f"frame {name} {number}")
        yield Variant(
            name,
            f"frame {number}",
            rewritten(case, lambda field, text, chance=chance: in_frame(field, text, chance)),
        )


def other_words(text: str, chance: random.Random) -> str:
    for pattern, group in swaps():
        if found := pattern.search(text):
            other = chance.choice([one for one in group.say if one.lower() != found.group().lower()])
            return text[: found.start()] + other + text[found.end() :]
    return text


def in_frame(field: str, text: str, chance: random.Random) -> str:
    return chance.choice(FRAMES[field]).format(text) if field in FRAMES and _PLAIN.match(text) else text


def rewritten(case: Case, change: Any) -> Case:
    """The case with every phrase of its lists and its diet passed through ``change(field, text)``."""
    fresh = copied(case)
    facts = fresh["facts"]
    for field in LISTS:
        facts[field] = [changed_entry(field, entry, change) for entry in facts.get(field) or []]
    if facts.get("diet"):
        facts["diet"] = change("diet", facts["diet"])
    return fresh


def changed_entry(field: str, entry: Any, change: Any) -> Any:
    if isinstance(entry, str):
        return change(field, entry)
    if entry.get("stop_day") is not None or (entry.get("start_day") or 0) > 0:
        return entry if field == "medications" else {**entry, "name": change(field, entry["name"])}
    return {**entry, "name": change(field, entry["name"])}
