"""What would change an answer is what the reference engine says when the fact is known."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.api import load
from cobalens.engines.reference import run
from cobalens.engines.sensitivity import plan_for, would_change
from cobalens.model.facts import Facts, FactValue

DOOR = load()
QUESTIONS = ("answer", "deficiency", "replacement", "urgency")
PLAN = plan_for(DOOR.ruleset, QUESTIONS)
FACTS = st.dictionaries(st.sampled_from(PLAN.facts), st.integers(1, 2), max_size=12)


@settings(max_examples=15, deadline=None)
@given(FACTS, st.data())
def test_a_swing_is_what_the_engine_answers(known: dict[str, int], data: st.DataObject) -> None:
    facts = Facts({name: FactValue(value) for name, value in known.items()})
    trace = run(DOOR.ruleset, facts, DOOR.pack)
    swings = would_change(PLAN, DOOR.ruleset, trace, QUESTIONS)
    here = tuple(trace.answer(question) for question in QUESTIONS)
    names = data.draw(st.lists(st.sampled_from([n for n in PLAN.facts if n not in known]), max_size=12))
    for name in {*names, *list(swings)[:6]}:
        for value, word in enumerate(DOOR.ruleset.facts[name].values):
            if value:
                then = run(DOOR.ruleset, Facts({**facts.values, name: FactValue(value)}), DOOR.pack)
                there = tuple(then.answer(question) for question in QUESTIONS)
                assert swings.get(name, {}).get(word, here) == there
