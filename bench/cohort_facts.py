"""From raw events to facts in SQL, beside one plain grouping of the same rows: ``python -m bench.cohort_facts --help``.

The plain grouping (the newest value of every test and of every concept of a person) is the least that any reading of
the events has to do; beside people's own days stands the newest value as of that day as well. All run by turns in one
database with the same settings and write Parquet; nothing is written outside a temporary folder.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from cobalens.api import load
from cobalens.engines import duckdb as engine
from cobalens.engines.sql.timelines import facts_query
from cobalens.intake.timelines.canonical import scales_for
from cobalens.model.cohort import columns
from cobalens.serve.cohort.canonical import SHARE

SHAPES = {"few": (20, 12), "hospital": (150, 40)}
"""Results and statements a person: few events, or a hospital's record."""
TODAY = 20_400
TARGET = 2.0
PLAIN = {
    "lab": "SELECT person_id, analyte, arg_max(lo, first_day) AS value FROM lab GROUP BY ALL",
    "event": "SELECT person_id, concept, arg_max(affirmed, start_first) AS said FROM event GROUP BY ALL",
}
PLAIN_OF_OWN = {
    "lab": "SELECT l.person_id, p.index_day, analyte, arg_max(lo, first_day) AS value FROM lab l JOIN person p "
    "ON p.person_id = l.person_id WHERE first_day IS NULL OR first_day <= p.index_day GROUP BY ALL",
    "event": "SELECT e.person_id, p.index_day, concept, arg_max(affirmed, start_first) AS said FROM event e JOIN person p "
    "ON p.person_id = e.person_id WHERE start_first IS NULL OR start_first <= p.index_day GROUP BY ALL",
}
"""The same as of each person's own day: what is later does not count, so that every row has to meet its person."""
KINDS = ("plain", "plain, own day", "one day", "own day")
BESIDE = {"one day": "plain", "own day": "plain, own day"}


def fill(
    base: duckdb.DuckDBPyConnection, people: int, results: int, statements: int, seed: float = 0.5
) -> None:
    """Tables like a hospital's: two B12 results a person, some tests far more often than others, few dates vague."""
    rules = load().ruleset
    described = columns(rules)
    used = sorted({f.of[0] for f in rules.facts.values() if f.lab} - {"age", "cb12"})
    said = sorted(
        {name for f in rules.facts.values() if not f.lab for name in f.of if name in rules.concepts}
    )
    base.execute(f"SELECT setseed({seed})")
    base.execute("CREATE TABLE test (i INTEGER, analyte VARCHAR, unit VARCHAR, low DOUBLE, high DOUBLE)")
    for i, name in enumerate(used):
        analyte = rules.analytes[name]
        unit = next(iter(analyte.units), None)
        low, high = analyte.plausible.get(unit or "", ("1", "500"))
        base.execute("INSERT INTO test VALUES (?, ?, ?, ?, ?)", [i, name, unit, float(low), float(high) / 10])
    base.execute("CREATE TABLE word (i INTEGER, concept VARCHAR)")
    base.executemany("INSERT INTO word VALUES (?, ?)", list(enumerate(said)))
    declared = ("complete_drug", "complete_condition")
    lists = ", ".join(f"{name in declared} AS {name}" for name, _ in described["person"][3:])
    base.execute(
        f"CREATE TABLE person AS SELECT 'p' || i AS person_id, {TODAY}::INTEGER AS index_day, "
        f"(20 + i % 70)::DOUBLE AS age, {lists} "
        f"FROM range({people}) t(i)"
    )
    base.execute(
        f"""CREATE TABLE drawn_lab AS SELECT 'p' || (k // {results}) AS person_id, (k % {results})::INTEGER AS place,
        CASE WHEN k % {results} < 2 THEN (SELECT i FROM test WHERE analyte = 'vitamin_b12')
             ELSE floor(pow(random(), 2) * {len(used)})::INTEGER END AS i,
        random() AS size, random() AS odd, {TODAY} - (random() * 720)::INTEGER AS day FROM range({results * people}) t(k)"""
    )
    base.execute(
        """CREATE TABLE lab AS SELECT person_id, place, analyte,
        CASE WHEN odd < 0.01 THEN NULL ELSE v END AS lo, CASE WHEN odd >= 0.01 AND odd < 0.02 THEN NULL ELSE v END AS hi,
        odd >= 0.01 AND odd < 0.02 AS lo_open, odd < 0.01 AS hi_open, unit,
        CASE WHEN odd > 0.995 THEN NULL ELSE day END::INTEGER AS first_day,
        CASE WHEN odd > 0.995 THEN NULL WHEN odd > 0.985 THEN day + 29 ELSE day END::INTEGER AS last_day,
        '' AS clock, CASE WHEN place % 2 = 0 THEN round(low * 2, 1) END AS ref_low,
        CASE WHEN place % 2 = 0 THEN round(high * 0.6, 1) END AS ref_high,
        NULL::VARCHAR AS qualitative, NULL::VARCHAR AS problem, 'final' AS status, FALSE AS derived, NULL::INTEGER AS for_index
        FROM (SELECT *, round(low + size * size * (high - low), 1) AS v FROM drawn_lab JOIN test USING (i))"""
    )
    base.execute(
        f"""CREATE TABLE event AS SELECT 'p' || (k // {statements}) AS person_id, (k % {statements})::INTEGER AS place, concept, odd > 0.1 AS affirmed,
        odd > 0.95 AS doubt, odd > 0.93 AND odd < 0.95 AS family, CASE WHEN odd < 0.3 THEN 'past' ELSE 'current' END AS tense,
        CASE WHEN odd > 0.5 THEN day END AS start_first, CASE WHEN odd > 0.5 THEN day END AS start_last,
        NULL::INTEGER AS stop_first, CASE WHEN odd > 0.8 THEN day + 60 END::INTEGER AS stop_last, 'oral' AS route,
        NULL::DOUBLE AS dose_ug, NULL::VARCHAR AS adherence, FALSE AS listed_as_procedure
        FROM (SELECT k, random() AS odd, ({TODAY} - (random() * 3000)::INTEGER)::INTEGER AS day,
        (random() * {len(said)})::INTEGER % {len(said)} AS i FROM range({statements * people}) t(k)) JOIN word USING (i)"""
    )
    base.execute("DROP TABLE drawn_lab")
    for table, wanted in described.items():
        held = [(row[0], row[1]) for row in base.execute(f"DESCRIBE {table}").fetchall()]
        assert held == list(wanted), (table, held)


def measured(
    base: duckdb.DuckDBPyConnection, folder: Path, rounds: int
) -> tuple[dict[str, tuple[float, float]], int, int]:
    """Kind -> least processor seconds and least seconds; how many people read otherwise on their own day; how many facts."""
    knowledge = load()
    met = base.execute("SELECT DISTINCT analyte, unit FROM lab").fetchall()
    scales = scales_for(knowledge.ruleset, knowledge.pack, met)
    one = facts_query(knowledge.ruleset, knowledge.pack, scales, index_day=TODAY)
    each = facts_query(knowledge.ruleset, knowledge.pack, scales, one_each=True)
    texts_of = [list(PLAIN.values()), list(PLAIN_OF_OWN.values()), [one.sql], [each.sql]]
    queries = dict(zip(KINDS, texts_of, strict=True))
    found = dict.fromkeys(KINDS, (float("inf"), float("inf")))
    for _ in range(rounds):
        for kind, texts in queries.items():
            with engine.without(base, engine.NOT_FOR_FACTS if kind in BESIDE else ""):
                worked, started = time.process_time(), time.perf_counter()
                for place, text in enumerate(texts):
                    base.execute(f"COPY ({text}) TO '{folder / f'{kind} {place}.parquet'}' (FORMAT parquet)")
                spent = time.process_time() - worked, time.perf_counter() - started
            found[kind] = min(found[kind][0], spent[0]), min(found[kind][1], spent[1])
    files = [f"FROM '{folder / f'{kind} 0.parquet'}'" for kind in BESIDE]
    differ = base.execute(f"SELECT COUNT(*) FROM ({files[0]} EXCEPT {files[1]})").fetchall()[0][0]
    return found, differ, len(one.facts)


def measure(shape: str, people: int, at_once: int, rounds: int, memory: str | None) -> None:
    """Prints the ratios, then the times behind them; more people than ``at_once`` go part by part."""
    results, statements = SHAPES[shape]
    total = {kind: [0.0, 0.0] for kind in KINDS}
    differ = facts = 0
    for start in range(0, people, at_once):
        here = min(at_once, people - start)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            limit: dict[str, str | int] = {"memory_limit": memory} if memory else {}
            base = duckdb.connect(str(folder / "bench.duckdb"), config={"threads": 2, **limit})
            fill(base, here, results, statements)
            found, otherwise, facts = measured(base, folder, rounds)
            base.close()
        differ += otherwise
        for kind, spent in found.items():
            total[kind] = [a + b for a, b in zip(total[kind], spent, strict=True)]
    print(f"{shape}: {people} people, {results} results and {statements} statements each -> {facts} facts")
    for kind, beside in [*BESIDE.items(), ("own day", "plain")]:
        worked, lasted = (a / b for a, b in zip(total[kind], total[beside], strict=True))
        print(
            f"  {kind} / {beside}: {worked:.2f} x its processor time, {lasted:.2f} x its time by the clock (wanted {TARGET})"
        )
    for kind in KINDS:
        print(f"  {kind}: {total[kind][0]:.1f} s of processor, {total[kind][1]:.1f} s by the clock")
    print(f"  {differ} people read otherwise on a day of their own")
    print(
        f"  at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.2f} GB in memory, filling the tables included"
    )


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench.cohort_facts", description=__doc__)
    asked.add_argument("--people", type=int, default=SHARE, help=f"how many people ({SHARE:,})")
    asked.add_argument("--shape", choices=SHAPES, default="few", help="how many events each has (few)")
    asked.add_argument(
        "--at-once",
        type=int,
        default=SHARE,
        help=f"people a part ({SHARE:,}, as a run takes canonical tables; an OMOP instance 200,000)",
    )
    asked.add_argument("--rounds", type=int, default=2, help="turns, of which the quickest counts (2)")
    asked.add_argument("--memory", help="DuckDB's memory limit, the same for all (its own)")
    given = asked.parse_args()
    measure(given.shape, given.people, given.at_once, given.rounds, given.memory)


if __name__ == "__main__":
    main()
