"""Taking from memory what a table gave for the same inputs changes nothing: answers, findings, rows and values stay."""

from __future__ import annotations

import random

import pytest

from cobalens.engines import reference, remembered
from cobalens.engines.remembered import memory_of
from cobalens.model.facts import Facts, FactValue
from cobalens.model.ruleset import Pack
from tests.generative.agreement import PACKS, RULES, any_patient

PATIENTS = 120


def people(seed: str, count: int) -> list[Facts]:
    chance = random.Random(seed)
    drawn = [any_patient(chance) for _ in range(count)]
    few = [dict(chance.sample(sorted(one.items()), min(len(one), 6))) for one in drawn]
    return [Facts({n: FactValue(v) for n, v in one.items() if v}) for one in (*drawn, *few, *few)]


@pytest.mark.parametrize("kept", [remembered.KEPT, 2])
def test_one_person_after_another_under_changing_packs(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "KEPT", kept)
    memory = memory_of(RULES)
    for place, facts in enumerate(people("remembered", PATIENTS)):
        pack: Pack = PACKS[place % len(PACKS)]
        assert remembered.run(RULES, facts, pack, memory) == reference.run(RULES, facts, pack)
    assert all(len(step.met) <= kept for step in memory.steps)


def test_the_same_person_again_is_answered_from_memory() -> None:
    memory = memory_of(RULES)
    facts = people("again", 1)[0]
    first = remembered.run(RULES, facts, PACKS[0], memory)
    count = sum(len(step.met) for step in memory.steps)
    second = remembered.run(RULES, facts, PACKS[0], memory)
    assert first == second
    assert sum(len(step.met) for step in memory.steps) == count == len(RULES.tables)
