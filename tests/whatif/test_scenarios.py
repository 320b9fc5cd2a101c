"""Many scenarios in one pass say what the reference engine says of each."""

from __future__ import annotations

import random

import pytest

from cobalens.engines import reference, scenarios
from cobalens.model.facts import Facts, FactValue
from cobalens.model.trace import SUPPORTED
from tests.whatif.people import knowledge, made_up, pack_of, person


@pytest.mark.parametrize("pack", ["nice-ng239", "afp-2025", "laboratory"])
@pytest.mark.parametrize("seed", range(4))
def test_every_scenario_equals_the_reference_engine(seed: int, pack: str) -> None:
    dice = random.Random(f"{pack} {seed}")
    ruleset, one = knowledge(), person(made_up(seed), pack)
    program = scenarios.prepare(ruleset, pack_of(pack))
    changes = [
        {
            n: dice.randrange(len(ruleset.facts[n].values))
            for n in dice.sample(sorted(ruleset.facts), dice.choice([1, 3, 30]))
        }
        for _ in range(6)
    ]
    base = scenarios.run(program, one.values, 1, {})
    changed = scenarios.moves(one.values, changes)
    for result in (
        scenarios.run(program, one.values, len(changes) + 1, changed),
        scenarios.run(program, one.values, len(changes) + 1, changed, base),
    ):
        for scenario, change in enumerate([{}, *changes]):
            values = {**one.values, **change}
            trace = reference.run(ruleset, Facts({n: FactValue(v) for n, v in values.items()}), pack_of(pack))
            for table in ruleset.tables:
                if table.kind == "choose":
                    want = reference.answer_index(table, trace.answer(table.name))
                    assert result.at(table.name, scenario) == want, table.name
            for finding in trace.findings:
                said = bool(result.said[finding.table, finding.code] >> scenario & 1)
                assert said == (finding.status == SUPPORTED), finding.code
                if scenario == 0 and said:
                    assert result.lead[finding.table, finding.code] == finding.rows[0]
