"""``python -m bench.cohort_spark [people]``: three chapters on Spark, as generated SQL and as SQL fused by hand.

The chapters and the text by hand are those of ``three_chapters_sql``; both run in one session of Spark on this machine,
from Parquet to Parquet, and must say the same. The text by hand runs twice: with the settings of ours, and with those that
Spark itself begins with. The first round of each is left out, in which Java compiles.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cohort.spark_java import provide_java

from bench.three_chapters_sql import Chapters, chapters, differences, fill, fused
from bench.timing import people_and_rounds
from cobalens.engines import duckdb as engine
from cobalens.engines import spark
from cobalens.engines.sql.dialects import written
from cobalens.engines.sql.text import result_text, stage_texts

PEOPLE, ROUNDS, CORES = 200_000, 4, 2
TARGET = 1.2
OWN = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.optimizer.excludedRules": "",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.constraintPropagation.enabled": "true",
    "spark.sql.adaptive.enabled": "true",
}
"""What Spark begins with."""
SETTINGS = [name for name in spark.NEEDED if name.startswith("spark.sql.")]
Times = tuple[float, float]


def processor_seconds(session: Any) -> float:
    """What the process of Java has used so far, as Linux counts it."""
    fields = (
        Path(f"/proc/{session.sparkContext._gateway.proc.pid}/stat").read_text().rsplit(")", 1)[1].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def generated(session: Any, kept: Chapters, target: Path) -> None:
    for name, text in stage_texts(kept.query):
        session.sql(text).createOrReplaceTempView(name)
    session.sql(result_text(kept.query)).write.mode("overwrite").parquet(str(target))


def by_hand(session: Any, kept: Chapters, target: Path) -> None:
    def literal(column: str, word: str) -> str:
        return str(kept.words[column].index(word)) if column in kept.asked else f"'{word}'"

    text = fused("facts", [one.name for one in kept.query.outputs], literal)
    session.sql(written(text, "spark")).write.mode("overwrite").parquet(str(target))


def by_hand_as_spark_begins(session: Any, kept: Chapters, target: Path) -> None:
    for name in SETTINGS:
        session.conf.set(name, OWN[name])
    try:
        by_hand(session, kept, target)
    finally:
        for name in SETTINGS:
            session.conf.set(name, spark.NEEDED[name])


def measure(people: int, rounds: int) -> Mapping[str, Times]:
    """The least processor and clock seconds of each, after both have said the same of everybody."""
    kept = chapters(bits=False)
    ways = {"generated": generated, "hand": by_hand, "as it begins": by_hand_as_spark_begins}
    found: dict[str, list[Times]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as name, engine.connected(Path(name) / "duckdb", "4GB", CORES) as base:
        folder = Path(name)
        provide_java(folder / "java")
        fill(base, kept, people, folder / "facts.parquet")
        with spark.connected(folder / "scratch", threads=CORES) as on_spark:
            session = on_spark.session
            session.read.parquet(str(folder / "facts.parquet")).createOrReplaceTempView("facts")
            for _ in range(rounds + 1):
                for way, run in ways.items():
                    processor, clock = processor_seconds(session), time.perf_counter()
                    run(session, kept, folder / way)
                    found[way].append((processor_seconds(session) - processor, time.perf_counter() - clock))
        for way in ways:
            wrong = differences(base, folder / "generated" / "*.parquet", folder / way / "*.parquet")
            if wrong:
                raise SystemExit(f"generated and {way} differ in {wrong:,} rows of {people:,} people")
    return {way: (min(p for p, _ in times[1:]), min(c for _, c in times[1:])) for way, times in found.items()}


def main() -> None:
    people, rounds = people_and_rounds(__doc__, PEOPLE, ROUNDS)
    found = measure(people, rounds)
    for way, title in (
        ("hand", "with the same settings"),
        ("as it begins", "with those that Spark begins with"),
    ):
        processor, clock = (ours / hand for ours, hand in zip(found["generated"], found[way], strict=True))
        print(
            f"generated SQL / SQL fused by hand, {title}: {processor:.2f} x of processor, {clock:.2f} x on the clock "
            f"(target {TARGET})"
        )
    print(f"{people:,} people, three chapters, Parquet to Parquet, two cores; both say the same of everybody")
    for name, (processor, clock) in found.items():
        print(f"{name:<12} {processor:6.2f} s of processor, {clock:6.2f} s on the clock")


if __name__ == "__main__":
    main()
