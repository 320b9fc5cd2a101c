"""Whole sentences from letters, clerkings and messages: the facts that they state, and none that they do not."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from cobalens.intake.timelines.timeline import facts_of
from tests.robustness.cases import ASKED, PACK, read

UNDERSTOOD = 0.85
"""Sentences are harder than phrases; this floor rises as the reading gets better."""
with (Path(__file__).parent / "sentences.toml").open("rb") as file:
    SAID = tomllib.load(file)["said"]


@lru_cache(maxsize=1)
def readings() -> tuple[tuple[str, str, set[str], str], ...]:
    """Sentence, fact, the values that are right, the value read. ``-x`` beside ``~x``: no or unknown."""
    found = []
    for one in SAID:
        values = facts_of(read({"patient": {}, "facts": {"note": one["text"]}}), ASKED, PACK).values
        wanted: dict[str, set[str]] = {}
        for word in one["facts"].split():
            meant = {"-": "no", "~": "unknown"}.get(word[0], "yes")
            wanted.setdefault(word.lstrip("-~"), set()).add(meant)
        for fact, right in wanted.items():
            here = ASKED.facts[fact].values[values[fact].value if fact in values else 0]
            found.append((one["text"], fact, right, here))
    return tuple(found)


def told(text: str, fact: str, right: set[str], here: str) -> str:
    return f"{fact} is {here}, not {' or '.join(sorted(right))}: {text}"


def test_nearly_every_fact_is_read() -> None:
    wrong = [told(*one) for one in readings() if one[3] not in one[2]]
    assert len(wrong) <= (1 - UNDERSTOOD) * len(readings()), "\n".join(
        [f"{len(wrong)} of {len(readings())}", *wrong]
    )


def test_no_fact_is_read_as_its_opposite() -> None:
    """A yes for a no, a no for a yes, or either where nothing was said."""
    wrong = [told(*one) for one in readings() if one[3] not in one[2] and one[3] != "unknown"]
    assert len(wrong) <= 0.01 * len(readings()), "\n".join(wrong)
