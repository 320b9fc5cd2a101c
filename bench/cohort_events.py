"""``python -m bench.cohort_events [people]``: raw events to answers, share by share as a run does it, and the memory held.

The first share is taken as often as said (``rounds``) and its quickest turn counts; all shares together are held against
it. Filling the tables is no part of the time.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from bench.cohort import held, timed
from bench.cohort_facts import SHAPES, fill
from bench.timing import people_and_rounds
from cobalens.api import Cobalens, load
from cobalens.engines import duckdb as engine
from cobalens.engines.keeping import copied
from cobalens.report.assemble import NOTICED
from cobalens.serve.cohort.omop import facts_text
from cobalens.serve.cohort.packs import query_of
from cobalens.serve.cohort.people import shape_of

PEOPLE, SHARE, ROUNDS = 1_000_000, 200_000, 2
MEMORY = "3GB"
STEPS = ("events to facts", "facts to answers")
Spent = tuple[float, float]
"""Processor seconds of each step."""


def share(door: Cobalens, folder: Path, people: int, seed: float, rounds: int) -> Spent:
    """One share, in a database of its own as in a run."""
    results, statements = SHAPES["few"]
    events = folder / "events.duckdb"
    with duckdb.connect(str(events), config={"threads": 2, "memory_limit": MEMORY}) as base:
        fill(base, people, results, statements, seed)
    found = [turn(door, folder, events) for _ in range(rounds)]
    events.unlink()
    return min(first for first, _ in found), min(second for _, second in found)


def turn(door: Cobalens, folder: Path, events: Path) -> Spent:
    shape = shape_of(door.ruleset, door.pack, door.others)
    facts, answers = folder / "facts.parquet", folder / "answers.parquet"
    with engine.connected(folder / "scratch", MEMORY, 2) as base:
        base.execute(f"ATTACH '{events}' AS events (READ_ONLY)")
        for table in ("person", "lab", "event"):
            base.execute(f"CREATE VIEW {table} AS FROM events.{table}")
        base.execute(
            "CREATE VIEW judged AS SELECT person_id, person_id AS run_id, index_day, NULL::BOOLEAN AS died FROM person"
        )
        noticed = "".join(f", FALSE AS {column}" for column, _ in shape.noticed)
        base.execute(f"CREATE VIEW noticed AS SELECT person_id AS run_id{noticed} FROM person WHERE FALSE")
        first, _ = timed(lambda: copied(base, facts_text(base, door, shape), facts))
        query = query_of(door.pack.name, False, NOTICED, True)
        look = engine.layout(base, [facts], query)
        second, _ = timed(
            lambda: engine.answer_part(base, engine.judge_for(query), (facts, 0, look.rows), answers)
        )
    return first, second


def main() -> None:
    people, rounds = people_and_rounds(__doc__, PEOPLE, ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        here = min(SHARE, people)
        door = load()
        one = share(door, Path(name), here, 0.5, rounds)
        print(f"{here:,} people: {one[0]:.1f} s to facts and {one[1]:.1f} s to answers, of processor")
        print(f"memory held at most: {held():.2f} GB, filling the tables included")
        if people > here:
            shares = [
                share(door, Path(name), min(SHARE, people - first), 0.5 + first / 1e9, 1)
                for first in range(0, people, SHARE)
            ]
            times = people / here
            for step, spent, first in zip(STEPS, map(sum, zip(*shares, strict=True)), one, strict=True):
                print(f"{people:,} people, {step}: {spent:.1f} s of processor, {spent / (first * times):.2f} x {times:g} times the first share")  # fmt: skip
            print(f"memory held at most: {held():.2f} GB")


if __name__ == "__main__":
    main()
