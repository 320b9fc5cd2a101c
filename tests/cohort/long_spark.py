"""``python -m tests.cohort.long_spark [people] [seed]``: the long form of ``test_spark``, under every guideline, from other seeds."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cobalens.intake.timelines.canonical import scales_for
from tests.cohort.facts_harness import canonical_rows
from tests.cohort.facts_people import Maker
from tests.cohort.rules_agreement import RULES
from tests.cohort.spark_agreement import compare_run
from tests.cohort.spark_java import provide_java

PEOPLE, SEED, AT_ONCE = 10_000, 815, 2_000


def main(people: int = PEOPLE, seed: int = SEED) -> int:
    """How many values differ, after saying so."""
    packs = [one for _, one in sorted(RULES.packs.items()) if one.role != "common"]
    compared = differing = 0
    with tempfile.TemporaryDirectory() as folder:
        provide_java(Path(folder, "java"))
        for turn, start in enumerate(range(0, people, AT_ONCE)):
            pack = packs[turn % len(packs)]
            maker = Maker(RULES, scales_for(RULES, pack), seed + turn)
            here = [maker.person(f"person {i:06}") for i in range(start, min(start + AT_ONCE, people))]
            found = compare_run(canonical_rows(here, RULES, pack), pack, Path(folder, str(turn)))
            compared, differing = compared + found.count, differing + len(found.found)
            sys.stdout.write(f"{pack.name}, {len(here):,} people: {found}\n")
            sys.stdout.writelines(f"  {one}\n" for one in found.found[:20])
            sys.stdout.flush()
    sys.stdout.write(
        f"{people:,} people from raw events to answers on Spark: {compared:,} values compared, {differing} differ\n"
    )
    return differing


if __name__ == "__main__":
    sys.exit(1 if main(*(int(one) for one in sys.argv[1:3])) else 0)
