"""Variants in which an entry is denied, queried, planned or said of a relative: none of them may become a cause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.robustness.cases import Case, copied
from tests.robustness.words import _PLAIN, LISTS

FRAMES = {
    "denied": ("no {}", "denies {}", "no history of {}", "never had {}", "{}: no", "no evidence of {}", "negative for {}", "{} - denied", "without {}", "nil {}"),
    "family": ("mother had {}", "father: {}", "family history of {}", "FH: {}", "sister has {}", "brother with {}", "FHx of {}", "maternal aunt had {}"),
    "planned": ("{} planned", "due to have {}", "awaiting {}", "listed for {}", "scheduled for {} next month", "will have {}"),
    "suspected": ("?{}", "possible {}", "suspected {}", "query {}", "r/o {}", "to exclude {}", "? {}"),
}  # fmt: skip
FITS = {
    "denied": ("symptoms", "conditions", "medications", "supplements", "procedures"),
    "family": ("symptoms", "conditions", "procedures"),
    "planned": ("medications", "procedures"),
    "suspected": ("conditions", "procedures"),
}


class Unsaid(NamedTuple):
    of: str
    how: str
    text: str
    case: Case
    without: Case
    """The case in which the entry does not stand at all."""


def unsaid(name: str, case: Case) -> Iterator[Unsaid]:
    number = 0
    for how, fields in FITS.items():
        for field in fields:
            for place, entry in enumerate(case["facts"].get(field) or []):
                text = entry if isinstance(entry, str) else entry["name"]
                if (
                    field not in LISTS
                    or not _PLAIN.match(text)
                    or "," in text
                    or ";" in text
                    or " and " in text
                ):
                    continue  # one statement, so that one frame speaks of all of it
                frame = FRAMES[how][number % len(FRAMES[how])]
                number += 1
                said = frame.format(text)
                without = copied(case)
                kept: list[Any] = without["facts"][field]
                del kept[place]
                changed = copied(without)
                changed["facts"][field].insert(place, said)
                yield Unsaid(name, how, said, changed, without)
