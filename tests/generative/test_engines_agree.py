"""The generated Python equals the reference under every pack: answer, deficiency, every status and every leading row."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobalens.engines import reference
from cobalens.model.facts import Facts
from cobalens.model.ruleset import Pack
from tests.generative.agreement import DOMAINS, PACKS, PROGRAMS, RULES, any_patient, disagreements

PATIENTS = 300


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_on_random_patients(pack: Pack) -> None:
    chance = random.Random(f"patients of {pack.name}")
    for _ in range(PATIENTS // len(PACKS) + 1):
        assert not (found := disagreements(any_patient(chance), pack)), "\n".join(found)


@given(
    st.dictionaries(st.sampled_from(sorted(DOMAINS)), st.integers(0, 30), max_size=12), st.sampled_from(PACKS)
)
def test_on_patients_of_whom_a_few_things_are_known(drawn: dict[str, int], pack: Pack) -> None:
    values = {name: value % DOMAINS[name] for name, value in drawn.items()}
    assert not (found := disagreements(values, pack)), "\n".join(found)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_on_nobody_and_on_everybody_alike(pack: Pack) -> None:
    """All unknown, and every fact at its first and at its last value."""
    for values in ({}, dict.fromkeys(DOMAINS, 1), {name: count - 1 for name, count in DOMAINS.items()}):
        assert not (found := disagreements(values, pack)), "\n".join(found)


def test_every_question_has_an_answer_of_its_own() -> None:
    trace = reference.run(RULES, Facts({}), PACKS[0])
    assert set(trace.choices) == {table.name for table in RULES.tables if table.kind == "choose"}
    assert all(len(set(program.slots)) == len(program.slots) for program in PROGRAMS.values())
