"""``python -m tests.cohort.long_facts [people] [seed]``: the long form of ``test_facts``, under every guideline, from other seeds."""

from __future__ import annotations

import sys

from cobalens.api import load
from cobalens.intake.timelines.canonical import scales_for
from tests.cohort.facts_harness import canonical_rows, compare
from tests.cohort.facts_people import Maker

PEOPLE, SEED, AT_ONCE = 10_000, 4711, 2_000


def main(people: int = PEOPLE, seed: int = SEED) -> int:
    """How many values differ, after saying so."""
    rules = load().ruleset
    packs = [one for _, one in sorted(rules.packs.items()) if one.role != "common"]
    compared = known = differing = 0
    for turn, start in enumerate(range(0, people, AT_ONCE)):
        pack = packs[turn % len(packs)]
        maker = Maker(rules, scales_for(rules, pack), seed + turn)
        here = [maker.person(f"person {i}") for i in range(start, min(start + AT_ONCE, people))]
        result = compare(canonical_rows(here, rules, pack), rules, pack)
        compared, known = compared + result.count, known + result.known.total()
        differing += result.differing.total()
        sys.stdout.write(f"{pack.name}: {result}\n")
    sys.stdout.write(f"{people} people: {compared} values compared, {known} known, {differing} differ\n")
    return differing


if __name__ == "__main__":
    sys.exit(1 if main(*(int(one) for one in sys.argv[1:3])) else 0)
