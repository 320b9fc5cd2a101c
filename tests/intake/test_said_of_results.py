"""What a note says of results as such, that a rise lasts, is read beside the results themselves."""

from __future__ import annotations

import pytest

from cobalens.api import load
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.timeline import facts_of

DOOR = load()


def persistence(note: str) -> str:
    record = read_case({"facts": {"note": note}}, DOOR.ruleset, None)
    fact = DOOR.ruleset.facts["total_b12_persistence"]
    found = facts_of(record, DOOR.ruleset, DOOR.pack).values.get(fact.name)
    return fact.values[found.value] if found else "unknown"


@pytest.mark.parametrize(
    "note",
    [
        "B12 1500 ng/L, persistently raised.",
        "Persistently high vitamin B12.",
        "B12 >2000 ng/L persistently for 3 years.",
        "B12 has been high for 2 years; now 1400 ng/L.",
        "B12 still raised at 1300 pg/mL.",
        "B12 remains elevated at 1450 ng/L.",
        "B12 1320 ng/L again high.",
        "Longstanding high B12.",
    ],
)
def test_a_rise_that_is_said_to_last_lasts(note: str) -> None:
    assert persistence(note) == "persistent"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("B12 1500 ng/L.", "single"),
        ("B12 1200 ng/L, not persistently raised.", "single"),
        ("B12 1500 ng/L. ALT persistently raised.", "single"),
        ("Tired for 3 months. B12 1500 ng/L.", "single"),
        ("Her mother's B12 is persistently high. B12 1500 ng/L.", "single"),
        ("B12 persistently high last year, now 410 ng/L.", "settled"),
        ("B12 1500 ng/L, ALT persistently raised.", "single"),
        ("B12 1500 ng/L and ferritin still raised.", "single"),
        ("B12 persistently low at 150 ng/L.", "none"),
    ],
)
def test_one_that_is_not_is_no_lasting_rise(note: str, expected: str) -> None:
    assert persistence(note) == expected


def test_other_words_are_read_once() -> None:
    record = read_case({"facts": {"note": "B12 1500 ng/L, still raised; numb feet."}}, DOOR.ruleset, None)
    assert [event.concept for event in record.events] == ["paraesthesia", "rise_persistent"]
