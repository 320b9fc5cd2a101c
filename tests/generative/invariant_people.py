"""Random people under every pack, in many shapes, of whom nobody is excluded as unlikely: those on whom invariants are tested."""

from __future__ import annotations

import random
from functools import lru_cache

from msgspec import Struct

from cobalens.compiler import load_ruleset
from cobalens.engines import reference
from cobalens.model.facts import Facts, FactValue
from cobalens.model.ruleset import Pack, Ruleset
from cobalens.model.trace import Trace

PEOPLE = 3000
GIVEN = {"start_now", "start", "trial", "continue", "prophylaxis", "mandated"}
BEGUN = {"start_now", "start", "trial"}
DEFICIENT = {"confirmed", "probable"}
NOT_EXCLUDED = {"confirmed", "probable", "possible"}
CORE = (
    "total_b12", "total_b12_latest", "total_b12_range", "holotc", "mma", "homocysteine", "folate_serum", "egfr",
    "hemoglobin", "mcv", "platelets", "age", "treatment_state", "sample_timing",
)  # fmt: skip
BLOOD = (
    "hemoglobin", "hemoglobin_range", "hematocrit_range", "mcv", "mcv_range", "platelets", "platelets_range", "wbc",
    "wbc_range", "neutrophils", "neutrophils_range", "hypersegmented_range", "megaloblastic_film",
    "hypersegmented_neutrophils", "oval_macrocytes", "marrow_megaloblastic", "large_cells_reason",
)  # fmt: skip
B12_ASKED_FOR = frozenset(
    {
        "data_quality:insufficient_data",
        "next_test:vitamin_b12",
        "next_test:repeat_b12",
        "next_test:mma",
        "next_test:homocysteine",
    }
)
"""Any of these says that B12, or what shows a lack of it, is to be measured."""


class Person(Struct, frozen=True):
    """One random person, as the rules see them, and what they say."""

    pack: Pack
    facts: dict[str, int]
    trace: Trace
    said: frozenset[str]

    def fact(self, name: str) -> str:
        return rules().facts[name].values[self.facts.get(name, 0)]

    def answer(self, question: str) -> str:
        return self.trace.choices[question].answer

    def adult(self) -> bool:
        return self.answer("in_scope") != "under_16"

    def __repr__(self) -> str:
        known = ", ".join(f"{n}={self.fact(n)}" for n, v in sorted(self.facts.items()) if v)
        return f"{self.pack.name}: {known} | {', '.join(sorted(self.said))}"


@lru_cache(maxsize=1)
def rules() -> Ruleset:
    return load_ruleset()


def judge(facts: dict[str, int], pack: Pack) -> Person:
    trace = reference.run(rules(), Facts({n: FactValue(v) for n, v in facts.items() if v}), pack)
    return Person(pack, facts, trace, frozenset(trace.supported()))


def changed_to(person: Person, **changed: str) -> Person:
    """The same person with some facts changed."""
    facts = {**person.facts, **{n: rules().facts[n].values.index(v) for n, v in changed.items()}}
    return judge(facts, person.pack)


def draw(dice: random.Random) -> dict[str, int]:
    known, core, no = (
        dice.choice([0.03, 0.1, 0.3, 0.6]),
        dice.choice([0.4, 0.8]),
        dice.choice([0.2, 0.6, 0.95]),
    )
    facts: dict[str, int] = {}
    for name, fact in sorted(rules().facts.items()):
        if dice.random() >= (core if name in CORE else known):
            continue
        if fact.values == ("unknown", "yes", "no"):
            facts[name] = 2 if dice.random() < no else 1
        else:
            facts[name] = dice.randrange(1, len(fact.values))
    if "total_b12" in facts and dice.random() < 0.6:  # most people have one reading
        facts["total_b12_latest"] = facts["total_b12"]
    gather(facts)
    return facts


def gather(facts: dict[str, int]) -> None:
    """A fact that stands for several concepts follows those among them that are facts themselves."""
    known = rules()
    for name, fact in known.facts.items():
        members = [m for m in fact.of if m != name and m in known.facts]
        plain = fact.values == ("unknown", "yes", "no") and all(
            known.facts[m].values == fact.values for m in members
        )
        if plain and any(facts.get(m) == 1 for m in members):
            facts[name] = 1


@lru_cache(maxsize=1)
def people() -> tuple[Person, ...]:
    dice = random.Random("B12")
    packs = [pack for name, pack in sorted(rules().packs.items()) if pack.role != "common"]
    return tuple(judge(draw(dice), packs[n % len(packs)]) for n in range(PEOPLE))


def nobody(found: list[Person]) -> None:
    assert not found, f"{len(found)} of {PEOPLE}, for example {min(found, key=lambda p: len(p.facts))!r}"
