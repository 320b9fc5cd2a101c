"""Every phrase of the table of paraphrases, alone in its field, says what its group means."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from cobalens.intake.timelines.timeline import facts_of
from tests.robustness.cases import ASKED, PACK, read
from tests.robustness.words import groups

UNDERSTOOD = {"paraphrases": 0.95, "phrases_second": 0.82}
"""Floors that rise as the reading gets better; the second list goes further afield."""
TEXTS = ("diet", "goal", "note")


def read_as(field: str, means: str, phrase: Any) -> str:
    record = read({"patient": {}, "facts": {field: phrase if field in TEXTS else [phrase]}})
    value = facts_of(record, ASKED, PACK).values.get(means)
    return ASKED.facts[means].values[value.value if value else 0]


@lru_cache(maxsize=2)
def readings(file: str = "paraphrases") -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (one.means, str(phrase), read_as(one.field, one.means, phrase))
        for one in groups(file)
        for phrase in one.say
    )


@pytest.mark.parametrize("file", UNDERSTOOD)
def test_nearly_every_phrase_is_understood(file: str) -> None:
    missed = [f"{means}: {phrase}" for means, phrase, value in readings(file) if value != "yes"]
    allowed = (1 - UNDERSTOOD[file]) * len(readings(file))
    assert len(missed) <= allowed, "\n".join([f"{len(missed)} of {len(readings(file))} missed", *missed])


@pytest.mark.parametrize("file", UNDERSTOOD)
def test_no_phrase_is_read_as_its_opposite(file: str) -> None:
    assert not [f"{means}: {phrase}" for means, phrase, value in readings(file) if value == "no"]


def test_the_table_is_broad() -> None:
    assert len(groups()) >= 100
    assert len({one.means for one in groups()}) >= 90
    assert len(readings()) >= 1000
