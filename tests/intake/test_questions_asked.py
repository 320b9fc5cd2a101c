"""What patients ask is read as a question, also where it hangs on a condition, and says nothing else."""

from __future__ import annotations

import pytest

from cobalens.api import load
from cobalens.intake.casefile import read_case

RULES = load().ruleset


SUPPLEMENTS = {"unspecified_supplement", "b12_low_dose_supplement"}
"""Of what somebody asks whether to stop it, they take it."""


def said(note: str) -> set[str]:
    return {one.concept for one in read_case({"facts": {"note": note}}, RULES, None).events}


@pytest.mark.parametrize(
    "note",
    [
        "If my B12 is high, should I stop supplements?",
        "My B12 is high, should I stop my supplements?",
        "Should I stop taking B12?",
        "Do I need to stop the multivitamin?",
        "If the B12 is high, can I stop my injections?",
    ],
)
def test_who_asks_whether_to_stop_asks_that_and_takes_it(note: str) -> None:
    assert said(note) - SUPPLEMENTS == {"asks_to_stop_b12"}


@pytest.mark.parametrize(
    "note", ["Seek help if numbness develops.", "Should he stop smoking?", "Should I stop?"]
)
def test_other_questions_and_advice_are_no_such_question(note: str) -> None:
    assert "asks_to_stop_b12" not in said(note)
