"""Canonical tables as a source: checked, brought to one row a person and day of decision, and turned into facts by either engine."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cobalens.api import Cobalens
from cobalens.engines import duckdb as engine
from cobalens.engines import spark
from cobalens.engines.accounting import NOT_JUDGED
from cobalens.engines.keeping import copied
from cobalens.engines.sql.text import quoted
from cobalens.model.cohort import COMPLETE, DEATH_DAY, DIED, NO_DAYS_COUNTED, columns
from cobalens.model.ruleset import Ruleset
from cobalens.serve.cohort import refusals
from cobalens.serve.cohort.days import HAS_DIED
from cobalens.serve.cohort.kinds import canonical_in
from cobalens.serve.cohort.omop import facts_text, notice, results_text
from cobalens.serve.cohort.people import shape_of
from cobalens.serve.cohort.state import (
    FACTS,
    RESULTS,
    STATE,
    WORK,
    Gathered,
    Order,
    files_of_part,
    forget,
    kept,
)

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base
    from cobalens.serve.cohort.progress import Telling

SHARE = 600_000
"""People and days of decision that are read at once: for each share the text is planned anew, and all of it is in memory."""
RAW = "given_"
"""Before the name of a table as it was given."""
DEATHS = {DIED: "BOOLEAN", DEATH_DAY: "INTEGER"}
ALWAYS_SAID = {
    "person": ("person_id", "index_day"),
    "lab": ("person_id", "place", "analyte", "lo_open", "hi_open", "clock", "status", "derived"),
    "event": ("person_id", "place", "concept", "affirmed", "doubt", "family", "tense", "listed_as_procedure"),
}
"""Columns that are never NULL."""
ONE_ROW = {
    "person": ("person_id", "index_day"),
    "lab": ("person_id", "place"),
    "event": ("person_id", "place"),
}
"""What no two rows share."""


def gather_canonical(
    order: Order, state: Gathered, door: Cobalens, session: spark.Spark | None, telling: Telling
) -> Gathered:
    """Writes the facts and the results of everybody, a share of the people at a time, and counts what became of every row.

    A share whose files are there from a run that was stopped is not made again. Spark takes everybody at once.
    """
    from cobalens.serve.cohort.sources import together

    tables = canonical_in(Path(order.source))
    work = order.out / WORK
    if not (order.out / STATE).exists():
        # What lies there is of no run that could be gone on with.
        shutil.rmtree(work)
        work.mkdir()
    scratch = work / "scratch"
    with (
        forgotten_if_broken(order),
        engine.connected(scratch, order.memory, order.threads) as base,
        engine.troubles(),
    ):
        for name, files in tables.items():
            base.execute(
                f"CREATE VIEW {RAW}{name} AS FROM read_parquet([{', '.join(map(quoted, map(str, files)))}])"
            )
        empty = refuse_strange(base, door.ruleset)
        said = deaths_in(base)
        # Not before: once tables that are refused have been mended, the same command begins anew.
        kept(order, state)
        one_day = one_day_each(base)
        account = fates(base, door.ruleset, alive(said))
        people, judged, judged_people = base.execute(
            f"SELECT COUNT(DISTINCT person_id), COUNT(*) FILTER ({alive(said)}), "
            f"COUNT(DISTINCT person_id) FILTER ({alive(said)}) FROM {RAW}person t"
        ).fetchall()[0]
        rows = {name: base.execute(f"SELECT COUNT(*) FROM {RAW}{name}").fetchall()[0][0] for name in tables}
        shape = shape_of(door.ruleset, door.pack, door.others)
        if session is not None:
            views = views_of(door.ruleset, empty, said, one_day)
            make_views(base, views)
            notice(base, door, shape)
            spark.divide(session, judged)
            on_spark(session, base, door, views, tables, order.out / FACTS)
            copied(base, results_text(base), order.out / RESULTS)
        else:
            shares = shares_of(base, judged, order.partitions)
            advance = telling("shares of people read", len(shares), 0)
            for number, those in enumerate(shares):
                facts, results = files_of_part(work, number)
                if not results.exists():
                    make_views(base, views_of(door.ruleset, empty, said, one_day, those))
                    notice(base, door, shape)
                    copied(base, facts_text(base, door, shape), facts)
                    # The last of the two: where it is, both are.
                    copied(base, results_text(base), results)
                advance(1)
    if session is None:
        together(order, (files_of_part(work, number) for number in range(len(shares))), session)
    return replace(
        state,
        people=people,
        judged=judged,
        judged_people=judged_people,
        people_aside={HAS_DIED: people - judged_people} if people > judged_people else {},
        account=account,
        rows={name: count for name, count in rows.items() if name != "person"},
        columns_not_there=tuple(f"person.{name}" for name in empty),
    )


@contextmanager
def forgotten_if_broken(order: Order) -> Iterator[None]:
    """A mended copy is another source: nothing that was made of what cannot be read is gone on with."""
    try:
        yield
    except engine.EngineError as trouble:
        if trouble.kind == engine.BROKEN:
            forget(order)
        raise


def make_views(base: Base, views: Mapping[str, str]) -> None:
    for name, text in views.items():
        base.execute(f"CREATE OR REPLACE VIEW {name} AS {text}")


def shares_of(base: Base, judged: int, parts: int | None) -> list[str]:
    """Each share of the people as a condition on their rows ``t``: a stretch of the names in their order.

    Where the tables are sorted by person, only the rows of a share are read for it.
    """
    wanted = max(1, -(-judged // SHARE)) if parts is None else max(1, parts)
    if wanted == 1:
        return ["TRUE"]
    ends = [str(number / wanted) for number in range(1, wanted)]
    found = base.execute(
        f"SELECT quantile_disc(person_id, [{', '.join(ends)}]) FROM (SELECT DISTINCT person_id FROM {RAW}person)"
    ).fetchall()[0][0]
    names = [quoted(name) for name in dict.fromkeys(found or ())]
    if not names:
        return ["TRUE"]
    between = (f"t.person_id > {one} AND t.person_id <= {other}" for one, other in pairwise(names))
    return [f"t.person_id <= {names[0]}", *between, f"t.person_id > {names[-1]}"]


def on_spark(
    session: spark.Spark,
    base: Base,
    door: Cobalens,
    views: Mapping[str, str],
    tables: Mapping[str, Sequence[Path]],
    target: Path,
) -> None:
    """The facts, made by Spark from the same views; what reading would notice of a few stays as it was found."""
    noticed = session.scratch / "noticed.parquet"
    noticed.parent.mkdir(parents=True, exist_ok=True)
    copied(base, "FROM noticed", noticed)
    given = {RAW + name: files for name, files in tables.items()}
    spark.open_tables(session, {**given, "noticed": [noticed]})
    for name, text in views.items():
        spark.view(session, name, text)
    shape = shape_of(door.ruleset, door.pack, door.others)
    text = facts_text(base, door, shape, lambda name, query: spark.make(session, name, query))
    spark.copied(session, text, target)


# --- What the tables are like -------------------------------------------------------------------------------------


def refuse_strange(base: Base, ruleset: Ruleset) -> list[str]:
    """Refuses tables that are not as they are described; lists that nobody speaks of are told, and count as incomplete."""
    empty: list[str] = []
    for table, described in columns(ruleset).items():
        held = {row[0]: str(row[1]) for row in base.execute(f"DESCRIBE {RAW}{table}").fetchall()}
        for column, kind in described:
            if column not in held and column.startswith(COMPLETE):
                empty.append(column)
            elif held.get(column) != kind:
                there = f"is {held[column]}" if column in held else "is not there"
                raise refusals.not_canonical(table, f"the column `{column}` is to be {kind}, and {there}")
        doubles = [column for column, kind in described if kind == "DOUBLE"]
        refuse_rows(base, table, doubles)
    return empty


def deaths_in(base: Base) -> frozenset[str]:
    """Which of the columns about deaths are there; they need not be."""
    held = {row[0]: str(row[1]) for row in base.execute(f"DESCRIBE {RAW}person").fetchall()}
    for column, kind in DEATHS.items():
        if held.get(column, kind) != kind:
            raise refusals.not_canonical(
                "person", f"the column `{column}` is to be {kind}, and is {held[column]}"
            )
    return frozenset(DEATHS).intersection(held)


def alive(said: Collection[str]) -> str:
    """Whether a row ``t`` of ``person`` is of somebody who is alive on the day of decision, as far as is known."""
    return (
        f"COALESCE(t.death_day > t.index_day OR t.death_day IN {NO_DAYS_COUNTED}, TRUE)"
        if DEATH_DAY in said
        else "TRUE"
    )


def refuse_rows(base: Base, table: str, doubles: Sequence[str]) -> None:
    """Refuses a table with rows that could be read in two ways, or in none."""
    said = [(f"`{name}` is empty", f"{name} IS NULL") for name in ALWAYS_SAID[table]]
    said += [(f"`{name}` is no number", f"NOT isfinite({name})") for name in doubles]
    counts = ", ".join(f"COUNT(*) FILTER ({condition})" for _, condition in said)
    found = base.execute(f"SELECT {counts} FROM {RAW}{table}").fetchall()[0]
    for (what, _), count in zip(said, found, strict=True):
        if count:
            raise refusals.not_canonical(table, f"{what} in {count:,} rows")
    keys = ", ".join(ONE_ROW[table])
    twice = base.execute(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {RAW}{table} GROUP BY {keys} HAVING COUNT(*) > 1)"
    ).fetchall()[0][0]
    if twice:
        raise refusals.not_canonical(table, f"{twice:,} times several rows have the same {keys}")


def one_day_each(base: Base) -> bool:
    return not base.execute(
        f"SELECT 1 FROM {RAW}person GROUP BY person_id HAVING COUNT(*) > 1 LIMIT 1"
    ).fetchall()


def views_of(
    ruleset: Ruleset, empty: Sequence[str], deaths: Collection[str], one_day: bool, those: str = "TRUE"
) -> dict[str, str]:
    """The tables as the queries read them: who is judged on several days is somebody else on each.

    ``deaths``: the columns about these that are there. ``those``: a condition on rows ``t``.
    """
    run = "p.person_id" if one_day else "p.person_id || '@' || CAST(p.index_day AS VARCHAR)"
    people = f"(SELECT t.* FROM {RAW}person t WHERE {those} AND {alive(deaths)}) p"
    signs = [
        sign
        for column, sign in ((DIED, "p.died"), (DEATH_DAY, "p.death_day IS NOT NULL"))
        if column in deaths
    ]
    died = f"CASE WHEN {' OR '.join(signs)} THEN TRUE END" if signs else "CAST(NULL AS BOOLEAN)"
    found = {"judged": f"SELECT {run} AS run_id, p.person_id, p.index_day, {died} AS {DIED} FROM {people}"}
    for table, described in columns(ruleset).items():
        listed = ", ".join(
            f"FALSE AS {name}" if name in empty else f"t.{name}"
            for name, _ in described
            if name != "person_id"
        )
        if table == "person":
            found[table] = f"SELECT {run} AS person_id, {listed.replace('t.', 'p.')} FROM {people}"
        elif one_day:
            found[table] = f"SELECT t.person_id, {listed} FROM {RAW}{table} t WHERE {those}"
        else:
            found[table] = (
                f"SELECT {run} AS person_id, {listed} FROM {RAW}{table} t "
                f"JOIN {RAW}person p ON p.person_id = t.person_id WHERE {those}"
            )
    return found


def fates(base: Base, ruleset: Ruleset, alive: str) -> dict[str, int]:
    """What became of the rows of both tables -> how many."""
    found: dict[str, int] = {}
    for table, column, known in (
        ("lab", "analyte", ruleset.analytes),
        ("event", "concept", ruleset.concepts),
    ):
        rows = base.execute(
            f"SELECT CASE WHEN p.person_id IS NULL THEN 'of nobody in the table person' WHEN NOT p.judged THEN '{NOT_JUDGED}' "
            f"WHEN NOT list_contains(?::VARCHAR[], t.{column}) THEN 'not understood' ELSE 'used' END AS fate, COUNT(*) "
            f"FROM {RAW}{table} t LEFT JOIN (SELECT person_id, BOOL_OR({alive}) AS judged FROM {RAW}person t GROUP BY person_id) p "
            "USING (person_id) "
            "GROUP BY ALL ORDER BY ALL",
            [sorted(known)],
        ).fetchall()
        found |= {f"{table}: {fate}": count for fate, count in rows}
    return found
