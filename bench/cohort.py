"""``python -m bench.cohort [people]``: facts to answers, Parquet to Parquet, beside copying the same Parquet.

Copying is the floor: nothing that reads and writes these columns can be quicker. Times are of the processor, summed over
the cores, since others may use the machine; the time on the clock stands beside them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from cobalens.api import load
from cobalens.engines import duckdb as engine
from cobalens.engines.sql.answers import Query, answers_query
from cobalens.serve.cohort import read_otherwise

PEOPLE = 1_000_000
TARGET = 3.0


def fill(base: duckdb.DuckDBPyConnection, query: Query, people: int, target: Path) -> None:
    """People of whom 10, 30, 60 or 90 in a hundred facts are known; each value as likely as another, which packs badly."""
    facts = load().ruleset.facts
    columns = ", ".join(
        f"(CASE WHEN random() < share THEN floor(random() * {len(facts[fact].values)}) ELSE 0 END)::UTINYINT AS {column}"
        for column, fact in query.facts.items()
    )
    base.execute("SELECT setseed(0.3)")
    base.execute(
        f"COPY (SELECT 'p' || i AS person_id, 20400::INTEGER AS index_day, {columns} "
        f"FROM (SELECT i, [0.1, 0.3, 0.6, 0.9][1 + i % 4] AS share FROM range({people}) t(i))) TO '{target}' (FORMAT parquet)"
    )


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Processor and clock seconds."""
    processor, clock = time.process_time(), time.perf_counter()
    action()
    return time.process_time() - processor, time.perf_counter() - clock


def least(action: Callable[[], object], rounds: int) -> tuple[float, float]:
    return min(timed(action) for _ in range(rounds))


def main(people: int = PEOPLE, rounds: int = 2) -> float:
    door = load()
    query = answers_query(
        door.ruleset, door.pack, door.others, read_otherwise(door.ruleset, door.pack, door.others)
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        engine.connected(Path(folder) / "scratch", "4GB", 2) as base,
    ):
        source, target = Path(folder) / "facts.parquet", Path(folder) / "out.parquet"
        fill(base, query, people, source)
        types = engine.Types(base, query)
        parts = engine.parts(base, [source], people)

        def copy(name: Path) -> Callable[[], object]:
            return lambda: base.execute(f"COPY (FROM '{name}') TO '{folder}/copy.parquet' (FORMAT parquet)")

        floor = least(copy(source), rounds)
        answered = least(lambda: engine.answer_part(base, query, types, parts[0], target), rounds)
        back = least(copy(target), 1)
        ratio = answered[0] / floor[0]
        print(f"{people:,} people, {len(query.facts)} facts, {len(query.outputs)} columns of answers")
        print(f"copying the facts       {floor[0]:6.2f} s of processor, {floor[1]:6.2f} s on the clock")
        print(f"copying the answers     {back[0]:6.2f} s of processor, {back[1]:6.2f} s on the clock")
        print(f"facts to answers        {answered[0]:6.2f} s of processor, {answered[1]:6.2f} s on the clock")
        print(f"facts to answers / copying the facts: {ratio:.2f} x (target {TARGET})")
        return ratio


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3]))
