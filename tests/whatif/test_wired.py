"""What would change an answer, what a test is worth and how firm it is stand in the JSON, the pages and nowhere they should not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import cobalens
from cobalens.api import load
from cobalens.model.interpretation import Interpretation

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))[::9]
DOOR = load()
INDETERMINATE = {
    "patient": {"age": 67, "sex": "female"},
    "facts": {"labs": [{"analyte": "vitamin_b12", "value": 195, "unit": "pmol/L", "day": 0}]},
}
HIGH = {
    "patient": {"age": 60, "sex": "male"},
    "facts": {
        "labs": [
            {
                "analyte": "vitamin_b12",
                "value": 980,
                "unit": "ng/L",
                "day": 0,
                "ref_low": 200,
                "ref_high": 900,
            }
        ]
    },
}


def people() -> list[dict[str, Any]]:
    trees = [json.loads(path.read_text(encoding="utf-8")) for path in CASES]
    return [{key: tree[key] for key in ("patient", "facts")} for tree in trees]


@pytest.fixture(scope="module", params=range(len(CASES)))
def said(request: pytest.FixtureRequest) -> Interpretation:
    return DOOR.interpret(people()[request.param])


def test_a_test_that_bears_on_the_answer_says_what_each_result_would_give() -> None:
    said = DOOR.interpret(INDETERMINATE)
    (first, *_) = said.next_tests
    assert first.code == "next_test:mma"
    assert first.worth is not None
    assert first.worth > 0
    assert first.basis == "population"
    assert first.if_ is not None
    assert {one.answer for one in first.if_} > {said.answer}
    assert f"Worth {first.worth:.2f} of 1" in said.text.clinician


def test_every_change_is_told_with_its_answer(said: Interpretation) -> None:
    for change in said.what_would_change or ():
        assert (change.answer, change.deficiency) != (said.answer, said.deficiency)
        assert change.kind in ("learned", "were")
    told = said.text.clinician.count("- If we learned ") + said.text.clinician.count("the answer would be: ")
    assert bool(said.what_would_change) == bool(told)
    assert ("What would change this answer" in said.text.clinician) == bool(said.what_would_change)


def test_the_first_change_keeps_its_promise_when_it_is_supposed() -> None:
    """Statements and words of a laboratory; a stretch of numbers is tested where the changes are made."""
    tried = 0
    for case in people():
        for change in DOOR.interpret(case).what_would_change or ():
            settings = [f"{name}={value}" for name, value in change.set.items()]
            if all(value in ("yes", "no", "positive", "negative") for value in change.set.values()):
                after = DOOR.what_if(case, settings).after
                assert (after.answer, after.deficiency) == (change.answer, change.deficiency), settings
                tried += 1
    assert tried > 5


def test_firmness_is_told_of_re_measurements_and_never_as_certainty(said: Interpretation) -> None:
    text = said.text.clinician
    assert (said.firmness is not None) == ("of 100 re-measurements" in text)
    assert "% sure" not in text
    if said.firmness:
        assert said.firmness.varied
        assert not set(said.firmness.varied) & set(said.firmness.held)


def test_the_reference_population_never_stands_without_its_caveat(said: Interpretation) -> None:
    text = said.text.clinician
    assert (said.standing is not None) == ("It informs the conversation and decides nothing." in text)
    if said.standing:
        assert said.standing.caveat in text
        assert "not people with cancer" in said.standing.caveat


def test_the_patient_page_has_the_next_tests_and_no_number_of_risk(said: Interpretation) -> None:
    text = said.text.patient
    for test in said.next_tests:
        if test.worth is not None:
            assert DOOR.ruleset.text["en"][test.code].heading in text, test.code
    for word in ("Worth", "re-measurement", "95 % interval", "of 100", "If we learned"):
        assert word not in text


def test_without_looking_ahead_nothing_is_weighed() -> None:
    said = DOOR.interpret(INDETERMINATE, look_ahead=False)
    assert (said.what_would_change, said.firmness, said.standing) == (None, None, None)
    assert said.next_tests
    assert all(test.worth is None and test.if_ is None for test in said.next_tests)
    assert "What would change this answer" not in said.text.clinician


def test_a_child_is_not_tried_out() -> None:
    child = {**INDETERMINATE, "patient": {"age": 9, "sex": "female"}}
    said = DOOR.interpret(child)
    assert (said.next_tests, said.what_would_change, said.firmness, said.standing) == ((), None, None, None)


def test_where_packs_differ_the_limit_that_differs_is_named() -> None:
    said = DOOR.interpret(HIGH)
    (other,) = said.packs
    assert (said.answer, other.answer) == ("biomarker", "neither")
    limits = [one for one in other.why if one.kind == "limit"]
    assert [one.name for one in limits]
    assert limits[0].here != limits[0].there
    assert (
        f"Also reads as neither: look elsewhere (deficiency unlikely) under {other.title}"
        in said.text.clinician
    )
    assert limits[0].there in said.text.clinician


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (msgspec.json.encode(cobalens.interpret(INDETERMINATE)) for _ in range(2))
    assert first == second
