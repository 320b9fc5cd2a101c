"""Whatever statements and results are drawn, and in whatever order: each fact has one of its values, and silence denies nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.intake.timeline_rules import KINDS, RULES, b12, event, read

from cobalens.model.record import Event, Lab

DAYS = st.one_of(st.none(), st.integers(-900, 40))
LABS = st.builds(
    b12,
    st.sampled_from(["90", "150", "180", "350", "600", "1500"]),
    DAYS,
    st.sampled_from(["ng/L", "pmol/L", "pg/mL"]),
    status=st.sampled_from(["final", "corrected", "preliminary"]),
    problem=st.sampled_from([None, None, None, "unit_missing", "implausible"]),
    where=st.just("labs[0]"),
)
EVENTS = st.builds(
    event, st.sampled_from(sorted(KINDS)), DAYS, DAYS, affirmed=st.booleans(), doubt=st.booleans(), family=st.booleans(),
    time=st.sampled_from(["current", "past", "planned"]), route=st.sampled_from([None, "oral", "intramuscular"]),
)  # fmt: skip


@given(
    st.lists(LABS, max_size=6), st.lists(EVENTS, max_size=8), st.sets(st.sampled_from(["drug", "symptom"]))
)
def test_every_fact_has_one_of_its_values_whatever_the_order(
    labs: list[Lab], events: list[Event], complete: set[str]
) -> None:
    facts = read(*labs, *events, complete=tuple(complete))
    for name, found in facts.values.items():
        assert 0 <= found.value < len(RULES.facts[name].values)
    turned = read(*reversed(labs), *reversed(events), complete=tuple(complete))
    assert {name: found.value for name, found in facts.values.items()} == {
        name: found.value for name, found in turned.values.items()
    }


@given(st.lists(EVENTS, max_size=8))
def test_nothing_is_denied_without_words_that_deny_end_or_schedule_it(events: list[Event]) -> None:
    facts = read(
        *[e for e in events if e.affirmed and e.time == "current" and not e.stop.known and not e.start.known]
    )
    assert not [name for name, found in facts.values.items() if RULES.facts[name].values[found.value] == "no"]
