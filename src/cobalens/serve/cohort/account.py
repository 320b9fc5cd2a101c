"""What became of people, lines and rows: counts by reason, and reasons that hold nothing of what stood in a record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from cobalens.serve.cohort.people import Told

NUMBER = re.compile(
    r"(?<![\w.*^-])[<>]?-?\d+(?:[.,]\d+)*(?:[Ee][+-]?\d+)?(?:[-/]\d+(?:[.,]\d+)*)*(?![\w*^-]|[.,]\d)"
)
"""One that stands for itself: not that of a name (B12, 25-OH) or of a unit (10*9/L)."""
QUOTED = re.compile(r'"[^"]*"?|“[^”]*”?')
LEFT_OUT = "…"


def discreet(reason: str) -> str:
    """A reason without the numbers and words that it repeats from the record: it is for counting and for whoever mends."""
    return NUMBER.sub(LEFT_OUT, QUOTED.sub(LEFT_OUT, reason))


def discreetly(told: Told) -> Told:
    """What became of a part, with such reasons."""
    return replace(
        told,
        pieces=added({discreet(reason): count} for reason, count in told.pieces.items()),
        unread=tuple(replace(one, reason=discreet(one.reason)) for one in told.unread),
    )


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        found.update(one)
    return dict(sorted(found.items()))


def reasons(found: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(found).items()))
