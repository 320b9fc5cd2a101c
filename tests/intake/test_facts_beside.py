"""The facts under a second pack are the same, whether read anew or beside those of the first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.whatif.people import made_up

from cobalens import api
from cobalens.intake.timelines.timeline import facts_beside, facts_of

HERE = api.load(packs=())
RULES = HERE.ruleset
CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.json"))


@pytest.mark.parametrize("pack", sorted(RULES.packs))
def test_facts_beside_those_of_another_pack_are_the_facts_of_the_pack(pack: str) -> None:
    people = [json.loads(path.read_bytes()) for path in CASES] + [made_up(seed) for seed in range(60)]
    differing = 0
    for person in people:
        record = HERE.read(person, as_of="2026-01-01")
        for other in RULES.packs.values():
            known = facts_of(record, RULES, other)
            anew = facts_of(record, RULES, RULES.packs[pack])
            assert facts_beside(record, RULES, RULES.packs[pack], other, known).values == anew.values
            differing += known.values != anew.values
    assert differing
