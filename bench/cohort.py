"""``python -m bench.cohort [people]``: facts to answers, Parquet to Parquet, beside copying the same Parquet.

Copying is the floor: nothing that reads and writes these columns can be quicker. Both run by turns with the same settings,
a million people at a time; more than a million are compared with the first million of them, and the memory held is told.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from bench.timing import people_and_rounds
from cobalens.api import load
from cobalens.engines import duckdb as engine
from cobalens.engines.sql.answers import Query, answers_query
from cobalens.serve.cohort.packs import read_otherwise

PEOPLE = PART = 1_000_000
ROUNDS = 3
TARGET, GROWTH, MEMORY = 3.0, 0.15, 4.0
Times = tuple[float, float]
"""Processor seconds, summed over the cores, and seconds on the clock."""


def fill(base: duckdb.DuckDBPyConnection, query: Query, first: int, people: int, target: Path) -> None:
    """People of whom 10, 30, 60 or 90 in a hundred facts are known; each value as likely as another, which packs badly."""
    facts = load().ruleset.facts
    columns = ", ".join(
        f"(CASE WHEN random() < share THEN floor(random() * {len(facts[fact].values)}) ELSE 0 END)::UTINYINT AS {column}"
        for column, fact in query.facts.items()
    )
    base.execute(f"SELECT setseed({0.3 + first / 1e9})")
    base.execute(
        f"COPY (SELECT 'p' || i AS person_id, 20400::INTEGER AS index_day, {columns} "
        f"FROM (SELECT i, [0.1, 0.3, 0.6, 0.9][1 + i % 4] AS share FROM range({first}, {first + people}) t(i))) "
        f"TO '{target}' (FORMAT parquet)"
    )


def timed(action: Callable[[], object]) -> Times:
    processor, clock = time.process_time(), time.perf_counter()
    action()
    return time.process_time() - processor, time.perf_counter() - clock


def least_by_turns(*actions: Callable[[], object], rounds: int) -> list[Times]:
    """The least processor time and the least clock time of each, all of them in every round."""
    found: list[list[Times]] = [[] for _ in actions]
    for _ in range(rounds):
        for place, action in enumerate(actions):
            found[place].append(timed(action))
    return [(min(p for p, _ in times), min(c for _, c in times)) for times in found]


def held() -> float:
    """The most memory that this process has held, in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def measure(people: int, rounds: int) -> None:
    door = load()
    differs = read_otherwise(door.ruleset, door.pack, door.others)
    query = answers_query(door.ruleset, door.pack, door.others, differs, bits=True)
    with tempfile.TemporaryDirectory() as name, engine.connected(Path(name) / "scratch", "3GB", 2) as base:
        folder = Path(name)
        files = []
        for first in range(0, people, PART):
            files.append(folder / f"facts_{first // PART}.parquet")
            fill(base, query, first, min(PART, people - first), files[-1])
        judge = engine.judge_for(query)
        parts = engine.parts(base, files, PART)

        def copy() -> None:
            base.execute(f"COPY (FROM '{files[0]}') TO '{folder}/copy.parquet' (FORMAT parquet)")

        def answer(number: int) -> int:
            return engine.answer_part(base, judge, parts[number], folder / f"answers_{number}.parquet")

        floor, one = least_by_turns(copy, lambda: answer(0), rounds=rounds)
        tell("facts to answers / copying the facts", one, floor, f"target {TARGET:g}")
        if len(parts) > 1:
            whole = timed(lambda: [answer(number) for number in range(len(parts))])
            times = people / min(PART, people)
            tell(
                f"{people:,} people / {times:g} times {PART:,}",
                whole,
                (one[0] * times, one[1] * times),
                f"target {1 + GROWTH:g}",
            )
        print(f"memory held at most: {held():.2f} GB (target {MEMORY:g})")
        print(
            f"{min(people, PART):,} people, {len(query.facts)} facts, {len(query.outputs)} columns of answers"
        )
        print(f"copying the facts  {floor[0]:7.2f} s of processor, {floor[1]:7.2f} s on the clock")
        print(f"facts to answers   {one[0]:7.2f} s of processor, {one[1]:7.2f} s on the clock")
        if len(parts) > 1:
            print(f"{people:,} people   {whole[0]:7.2f} s of processor, {whole[1]:7.2f} s on the clock")


def tell(title: str, mine: Times, other: Times, target: str) -> None:
    print(
        f"{title}: {mine[0] / other[0]:.2f} x of processor, {mine[1] / other[1]:.2f} x on the clock ({target})"
    )


def main() -> None:
    people, rounds = people_and_rounds(__doc__, PEOPLE, ROUNDS)
    measure(people, rounds)


if __name__ == "__main__":
    main()
