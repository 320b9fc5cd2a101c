"""One result printed in thousands of ways: whatever stands around the number, no other number is taken for it."""

from __future__ import annotations

import itertools
import random

import pytest

from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.model.record import Lab, Record

NAMES = (
    "Vitamin B12", "VITAMIN B-12", "B12", "Vitamin B12 (Cobalamin)", "Cobalamin (Vitamin B12)", "Vitamin B12, Serum", "Vit. B12",
    "Serum Vitamin B12", "VIT B12", "S-Vitamin B12", "Vitamin B 12", "Vitamin B12 (pg/mL)", "Vitamin B12 Level", "Vitamin B12 [2132-9]",
    "Serum vitamin B12 (XE2pf)", "Vitamin B12 Lvl", "Vitamin B12 01",
)  # fmt: skip
VALUES = ("150", "150.0", "<150")
UNITS = ("pg/mL", "PG/ML", "ng/L")
RANGES = (
    "200-900", "200 - 900", "(200-900)", "[200 - 900]", "Ref: 200-900", "Reference Range: 200 - 900", "200–900", "(normal 200-900)",
    "200 to 900", ">=200", "> or = 200", "232-1,245", "(N : 200 à 900)",
)  # fmt: skip
FLAGS = (
    "",
    "L",
    "Low",
    "(L)",
    "*",
    "LOW",
    "↓",
    "L*",
    "[L]",
    "Below range",
    "Below low reference limit",
    "Abnormal",
)
DATES = ("", "11/15/2025", "2025-11-15", "15 Nov 2025", "Nov 15, 2025", "(15/11/2025)")
OFFICES = ("", "Final", "EN", "01", "Verified", "Quest Diagnostics", "MAYO")
JOINTS = ("  ", "    ", "\t", " ", " | ")
ORDERS = ("vurfdo", "vfurdo", "vrufdo", "fvurdo", "dvurfo", "vurdfo", "vufrdo")
NUMBER = {"150", "150.0"}


def line_of(dice: random.Random) -> str:
    parts = {
        "v": dice.choice(VALUES), "u": dice.choice(UNITS), "r": dice.choice(RANGES), "f": dice.choice(FLAGS),
        "d": dice.choice(DATES), "o": dice.choice(OFFICES),
    }  # fmt: skip
    name, joint = dice.choice(NAMES), dice.choice(JOINTS)
    if name.endswith("(pg/mL)"):
        parts["u"] = "pg/mL"
    return joint.join((name, *(parts[one] for one in dice.choice(ORDERS) if parts[one])))


def b12_in(line: str) -> list[Lab]:
    try:
        (record,) = load().read_many(f"{line}\n".encode(), "2026-03-02")
    except CobalensError:
        return []
    assert isinstance(record, Record)
    return [lab for lab in record.labs if lab.analyte == "vitamin_b12"]


@pytest.mark.parametrize("seed", range(8))
def test_however_a_line_is_printed_the_number_is_the_result_and_the_range_is_the_range(seed: int) -> None:
    dice = random.Random(f"lines {seed}")
    for _ in range(150):
        line = line_of(dice)
        (found,) = b12_in(line)
        bounds = {str(end) for end in (found.lo, found.hi) if end is not None}
        assert bounds <= NUMBER, line
        assert bounds, line
        assert found.problem is None, line
        assert str(found.ref_low) in ("200", "232"), line


@pytest.mark.parametrize("joint", JOINTS)
def test_whatever_else_stands_on_the_line_no_other_number_becomes_the_result(joint: str) -> None:
    dice = random.Random(f"strange {joint}")
    strange = (
        "zorbling",
        "see note 4" if joint != " " else "see note",
        "(rev 2)",
        "#7731",
        "p. 3 of 4",
        "ICD D51.9",
        "room 12" if joint != " " else "room B",
    )
    for name, words in itertools.product(NAMES, strange):
        line = joint.join(
            (name, words, dice.choice(VALUES), dice.choice(UNITS), dice.choice(RANGES), dice.choice(strange))
        )
        read_as = {
            str(end)
            for lab in b12_in(line)
            if lab.problem is None
            for end in (lab.lo, lab.hi)
            if end is not None
        }
        assert read_as <= NUMBER, line
