"""Whether the generated function says of one patient what the reference says: answers, statuses and leading rows."""

from __future__ import annotations

import random
from collections.abc import Mapping

from cobalens.compiler import load_ruleset
from cobalens.engines import python, reference
from cobalens.model.facts import Facts, FactValue
from cobalens.model.ruleset import Pack

RULES = load_ruleset()
PACKS = tuple(RULES.packs.values())
PROGRAMS = {pack.name: python.generate(RULES, pack) for pack in PACKS}
DOMAINS = {name: len(fact.values) for name, fact in RULES.facts.items()}
CHOICES = {table.name: table for table in RULES.tables if table.kind == "choose"}


def any_patient(chance: random.Random) -> dict[str, int]:
    """A patient of whom little, some or nearly everything is known; facts may contradict each other."""
    share = chance.choice((0.02, 0.1, 0.3, 0.6, 0.9, 1.0))
    return {name: chance.randrange(count) for name, count in DOMAINS.items() if chance.random() < share}


def disagreements(values: Mapping[str, int], pack: Pack) -> list[str]:
    facts = Facts({name: FactValue(value) for name, value in values.items() if value})
    trace = reference.run(RULES, facts, pack)
    outcome = PROGRAMS[pack.name].run(values)
    found = []
    for name, choice in trace.choices.items():
        expected = (reference.answer_index(CHOICES[name], choice.answer), choice.rows[0])
        if outcome.answers[name] != expected:
            found.append(f"{pack.name} {name}: {outcome.answers[name]}, reference {expected}")
    for one in trace.findings:
        status, row = outcome.codes[one.table, one.code]
        if (reference.STATUS[status], row) != (one.status, one.rows[0] if one.rows else ""):
            found.append(
                f"{pack.name} {one.table} {one.code}: {status} {row!r}, reference {one.status} {one.rows}"
            )
    if len(outcome.answers) != len(trace.choices) or len(outcome.codes) != len(trace.findings):
        found.append(f"{pack.name}: not the same questions")
    return found
