"""``python -m bench.cohort_facts [share]``: from raw events to facts, beside one plain grouping of the same rows.

The plain grouping (the newest value of every test and of every concept of a person) is the least that any reading of
the events has to do. Both run by turns in one database, on both cores; nothing is written outside a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb

from bench.timing import by_turns
from cobalens.api import load
from cobalens.engines.sql.timelines import facts_query
from cobalens.intake.canonical import scales_for
from cobalens.model.cohort import columns

SHAPES = {"few events": (150_000, 20, 12), "a hospital's record": (30_000, 150, 40)}
"""People, results and statements a person."""
TODAY = 20_400
TARGET = 2.0
PLAIN = (
    "CREATE OR REPLACE TABLE plain_lab AS SELECT person_id, analyte, arg_max(lo, first_day) AS value FROM lab GROUP BY ALL",
    "CREATE OR REPLACE TABLE plain_event AS SELECT person_id, concept, arg_max(affirmed, start_first) AS said FROM event GROUP BY ALL",
)


def fill(base: duckdb.DuckDBPyConnection, people: int, results: int, statements: int) -> None:
    """Tables like a hospital's: two B12 results a person, some tests far more often than others, few dates vague."""
    rules = load().ruleset
    described = columns(rules)
    used = sorted({f.of[0] for f in rules.facts.values() if f.lab} - {"age", "cb12"})
    said = sorted(
        {name for f in rules.facts.values() if not f.lab for name in f.of if name in rules.concepts}
    )
    base.execute("SELECT setseed(0.5)")
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


def measure(name: str, people: int, results: int, statements: int) -> float:
    """Prints the ratios of one shape of data; returns that of one day of decision for everybody."""
    knowledge = load()
    with tempfile.TemporaryDirectory() as folder:
        base = duckdb.connect(str(Path(folder) / "bench.duckdb"), config={"threads": 2})
        fill(base, people, results, statements)
        met = base.execute("SELECT DISTINCT analyte, unit FROM lab").fetchall()
        scales = scales_for(knowledge.ruleset, knowledge.pack, met)
        one_day = facts_query(knowledge.ruleset, knowledge.pack, scales, index_day=TODAY)
        each_day = facts_query(knowledge.ruleset, knowledge.pack, scales)

        def plain() -> None:
            for statement in PLAIN:
                base.execute(statement)

        def made(sql: str, name: str) -> None:
            base.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")

        floor, one, each = by_turns(
            plain,
            lambda: made(one_day.sql, "facts_one"),
            lambda: made(each_day.sql, "facts_each"),
            rounds=3,
        )
        differ = base.execute("SELECT COUNT(*) FROM (FROM facts_one EXCEPT FROM facts_each)").fetchall()[0][0]
        rows = [base.execute(f"SELECT COUNT(*) FROM {table}").fetchall()[0][0] for table in ("lab", "event")]
        base.close()
    print(f"{name}: {people} people, {rows[0]} results, {rows[1]} statements -> {len(one_day.facts)} facts")
    print(f"  plain grouping       {floor:.2f} s")
    print(f"  one day of decision  {one:.2f} s, {one / floor:.2f} x (target {TARGET})")
    print(f"  each one's own day   {each:.2f} s, {each / floor:.2f} x; {differ} people read otherwise")
    return one / floor


def main(share: float = 1.0) -> None:
    """``share``: a part of the people, for a quick look."""
    for name, (people, results, statements) in SHAPES.items():
        measure(name, int(people * share), results, statements)


if __name__ == "__main__":
    main(*(float(one) for one in sys.argv[1:2]))
