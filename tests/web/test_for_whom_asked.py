"""What can be asked of some people only is asked of nobody else, as the vocabulary declares it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from cobalens.api import Cobalens, load
from cobalens.report.missing import may_be_asked
from cobalens.serve.web.answering import answer
from cobalens.serve.web.asking import questions
from cobalens.serve.web.held import Held

WOMENS = ("pregnant", "breastfeeding", "oestrogen_or_contraceptive")
OF_AN_AGE = WOMENS[:2]


@cache
def door() -> Cobalens:
    return load()


def person(**patient: Any) -> dict[str, Any]:
    """Somebody whose low result has no known cause, so that there is much to ask."""
    lab = {"analyte": "vitamin_b12", "value": 150, "unit": "ng/L", "day": 0}
    return {"patient": patient, "facts": {"labs": [lab], "declared_complete": ["symptoms"]}}


def asked(audience: str = "patient", **patient: Any) -> set[str]:
    """Everything that the form would ask, page after page."""
    record = door().read(person(**patient))
    case, found = door().case(record), set[str]()
    while True:
        held = Held(record=record, pack=door().pack.name, audience=audience, asked=frozenset(found))
        more = {one.name for one in questions(door(), case, held)}
        if not more:
            return found
        found |= more


def offered(**patient: Any) -> set[str]:
    """What the answer page lets one suppose."""
    held = Held(record=door().read(person(**patient)), pack=door().pack.name)
    return {one.name for one in answer(door(), held, look_ahead=True).controls.switches}


@pytest.mark.parametrize("audience", ["patient", "clinician"])
def test_a_woman_who_may_be_pregnant_is_asked_whether_she_is(audience: str) -> None:
    assert "pregnant" in asked(audience, age=30, sex="female")


@pytest.mark.parametrize(("age", "expected"), [(64, True), (65, False), (67, False)])
def test_a_woman_past_the_age_is_not_asked_about_a_pregnancy(age: int, expected: bool) -> None:
    assert ("pregnant" in asked(age=age, sex="female")) is expected


@pytest.mark.parametrize("audience", ["patient", "clinician"])
def test_a_man_is_asked_nothing_that_concerns_women_alone(audience: str) -> None:
    assert asked(audience, age=30, sex="male") & set(WOMENS) == set()
    assert offered(age=30, sex="male") & set(WOMENS) == set()


def test_what_is_denied_of_a_man_of_itself_is_nothing_for_him_to_suppose() -> None:
    # Somebody whose sex is not said has denied it, and may suppose the contrary.
    assert "pregnant" in offered(age=30, pregnant=False)
    assert "pregnant" in offered(age=30, sex="female", pregnant=False)
    assert offered(age=30, sex="male", pregnant=False) & set(WOMENS) == set()


def test_what_a_record_says_against_age_or_sex_may_be_supposed_otherwise() -> None:
    assert "pregnant" in offered(age=67, sex="female", pregnant=True)


def test_where_age_or_sex_is_not_known_the_question_is_asked() -> None:
    assert "pregnant" in asked(age=30)
    assert "pregnant" in asked(sex="female")


@pytest.mark.parametrize("name", WOMENS)
def test_the_vocabulary_says_of_whom_it_is_asked(name: str) -> None:
    fact = door().ruleset.facts[name]
    assert fact.asked_of["sex"] == ("female", "unknown")
    assert ("age" in fact.asked_of) is (name in OF_AN_AGE)


def test_what_everybody_may_be_asked_declares_nothing() -> None:
    case = door().case(door().read(person(age=67, sex="female")))
    assert may_be_asked(case, "metformin")
    assert door().ruleset.facts["metformin"].asked_of == {}


def test_what_a_record_says_of_its_own_accord_is_read_whoever_it_speaks_of() -> None:
    case = door().case(door().read(person(age=67, sex="female", pregnant=True)))
    assert case.reads("pregnant") == "yes"
