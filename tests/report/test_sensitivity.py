"""What differs once some inputs are otherwise is what the reference engine says of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.api import load
from cobalens.engines.reference import run
from cobalens.engines.sensitivity import given_by, plan_for, rerun
from cobalens.model.facts import Facts, FactValue

DOOR = load()
QUESTIONS = ("answer", "deficiency", "replacement", "urgency")
PLAN = plan_for(DOOR.ruleset, QUESTIONS)
FACTS = st.dictionaries(st.sampled_from(PLAN.facts), st.integers(1, 2), max_size=12)


@settings(max_examples=30, deadline=None)
@given(FACTS, FACTS)
def test_a_rerun_is_what_the_engine_answers(known: dict[str, int], otherwise: dict[str, int]) -> None:
    facts = Facts({name: FactValue(value) for name, value in known.items()})
    trace = run(DOOR.ruleset, facts, DOOR.pack)
    changed = rerun(PLAN, trace, given_by(PLAN, trace), otherwise)
    there = {name: FactValue(value) for name, value in otherwise.items()}
    then = run(DOOR.ruleset, Facts({**facts.values, **there}), DOOR.pack)
    for question in QUESTIONS:
        assert changed.get(question, trace.answer(question)) == then.answer(question)
