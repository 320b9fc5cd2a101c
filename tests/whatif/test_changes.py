"""What is said to change the answer does, gives what it promises, and nothing smaller is left out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from cobalens.engines.moves import all_moves
from cobalens.engines.person import Person
from cobalens.engines.whatif import counterfactuals, with_facts
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.counterfactual import Counterfactuals
from cobalens.model.record import Event, Lab, Record, Span
from tests.whatif.checks import answers, broken_promises, missed_results, missed_statements, unfaithful_moves
from tests.whatif.people import CASES, case, knowledge, lent, made_up, pack_of, person


def all_of(record: Record) -> Counterfactuals:
    facts = facts_of(record, knowledge(), pack_of())
    return counterfactuals(knowledge(), pack_of(), facts, record, lent())


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_a_worked_case(path: Path) -> None:
    one = person(case(path))
    assert broken_promises(one) == []
    assert missed_statements(one) == []
    assert missed_results(one) == []
    assert unfaithful_moves(one, all_moves(one)) == []


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_twenty_people_made_up(start: int) -> None:
    for seed in range(start, start + 20):
        one = person(made_up(seed))
        assert broken_promises(one) == []
        assert missed_statements(one) == []
        assert unfaithful_moves(one, all_moves(one)) == []
        if seed % 4 == 0:
            assert missed_results(one, probes=8) == []


def b12(value: str, *said: str, denied: tuple[str, ...] = ()) -> Record:
    lab = Lab(
        analyte="vitamin_b12", where="labs[0]", text=f"{value} pmol/L", lo=Decimal(value), hi=Decimal(value),
        unit="pmol/L", when=Span(0, 0),
    )  # fmt: skip
    events = [
        Event(concept=name, where=f"said[{n}]", text=name, affirmed=name not in denied)
        for n, name in enumerate(said)
    ]
    return Record(id="made by hand", age=Decimal(50), labs=(lab,), events=tuple(events))


def test_an_operation_is_never_proposed_to_be_undone_and_an_age_never_to_change() -> None:
    for change in all_of(b12("100", "total_gastrectomy")).changes:
        assert not {"total_gastrectomy", "age"} & change.set.keys()


def test_what_is_unknown_is_learned_and_what_is_known_would_have_to_be_otherwise() -> None:
    for change in all_of(b12("200", "metformin")).changes:
        if change.set.keys() & {"total_b12", "metformin"}:
            assert change.kind == "were"
        elif len(change.set) == 1:
            assert change.kind == "learned"


def test_the_nearest_limit_is_named_with_its_edge_and_the_unit_reported() -> None:
    found = {change.set.get("total_b12") for change in all_of(b12("130")).changes}
    assert any(
        words is not None and words.startswith("≥ 133") and words.endswith("pmol/L") for words in found
    )


def test_the_smallest_changes_come_first_and_at_most_eight_are_shown() -> None:
    for path in CASES:
        shown = all_of(case(path)).what_would_change
        assert len(shown) <= 8
        assert [len(change.set) for change in shown] == sorted(len(change.set) for change in shown)


def test_nothing_is_said_of_a_child() -> None:
    record = b12("100")
    child = Record(id=record.id, age=Decimal(9), labs=record.labs)
    assert all_of(child) == Counterfactuals()


def test_a_fact_set_takes_along_what_it_implies() -> None:
    one: Person = person(b12("200"))
    facts = with_facts(knowledge(), pack_of(), one.facts, {"pernicious_anaemia": 1})
    assert facts.values["pernicious_anaemia_suspected"].value == 1
    none = with_facts(knowledge(), pack_of(), one.facts, {"crohn_disease": 2})
    assert none.values["crohn_ileal"].value == 2


def test_the_unknown_facts_that_swing_an_answer_are_given_with_the_answers() -> None:
    found = all_of(b12("200")).swings
    assert "mma" in found
    assert all(len(there) == 4 for values in found.values() for there in values.values())
    one = person(b12("200"))
    for word, there in found["mma"].items():
        index = knowledge().facts["mma"].values.index(word)
        assert answers({**one.values, "mma": index}) == there[:2]
