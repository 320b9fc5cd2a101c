"""The next test is the one whose results settle most, and every result says what it would give."""

from __future__ import annotations

import tomllib
from itertools import dropwhile

import pytest

from cobalens.compiler import KNOWLEDGE
from cobalens.engines.whatif import counterfactuals
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.counterfactual import Counterfactuals, Worth
from cobalens.model.record import Record
from tests.whatif.people import CASES, case, knowledge, lent, made_up, pack_of
from tests.whatif.worth import open_people, resolved

TESTS = tomllib.loads((KNOWLEDGE / "tests.toml").read_text(encoding="utf-8"))


def of(record: Record) -> Counterfactuals:
    return counterfactuals(knowledge(), pack_of(), facts_of(record, knowledge(), pack_of()), record, lent())


def everybody() -> list[tuple[Worth, ...]]:
    return [of(record).next_tests for record in (*map(case, CASES), *map(made_up, range(100)))]


def test_at_most_five_none_worth_nothing_and_the_order_is_kept() -> None:
    for tests in everybody():
        assert len(tests) <= 5
        worths = [one.worth for one in tests]
        assert all(worth is None or worth > 0 for worth in worths)
        # What cannot wait stands before what is worth more.
        weighed = list(dropwhile(cannot_wait, tests))
        counted = [one for one in weighed if one.worth is not None]
        assert weighed[: len(counted)] == counted
        keys = [(not one.raises_urgency, -(one.worth or 0)) for one in counted]
        assert keys == sorted(keys)


def cannot_wait(one: Worth) -> bool:
    return one.asked and "presses_with" in TESTS["test"][one.code]


def test_what_is_asked_for_regardless_has_no_worth_and_its_reason() -> None:
    for tests in everybody():
        for one in tests:
            assert one.why
            assert one.asked or one.worth is not None
            if one.worth is None:
                assert one.basis == "asked for"
                assert one.if_ == ()
            else:
                assert one.if_
                assert all(result.result and result.answer for result in one.if_)


@pytest.mark.parametrize("code", sorted(TESTS["test"]))
def test_the_table_of_tests_speaks_of_facts_and_values_that_exist(code: str) -> None:
    entry, facts = TESTS["test"][code], knowledge().facts
    assert code in knowledge().codes
    assert entry["burden"] in TESTS["burden"]
    assert entry["why"]
    for analyte in entry.get("analytes", ()):
        assert analyte in knowledge().analytes
    for result in entry.get("result", ()):
        for name, value in result["set"].items():
            assert value in facts[name].values[1:], name


def test_every_test_that_a_rule_can_ask_for_stands_in_the_table() -> None:
    assert {code for code in knowledge().codes if code.startswith("next_test:")} == set(TESTS["test"])


def test_following_the_top_test_settles_at_least_as_many_open_answers_as_any_one_test() -> None:
    people = open_people([*map(case, CASES), *map(made_up, range(150))])
    followed, others = resolved(people)
    assert people
    assert others
    assert followed >= max(others.values()) - 1e-9, (followed, others)
