"""An OMOP instance to facts and results, by the generated SQL where it can and by the reader where something was noticed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cobalens.api import Cobalens
from cobalens.engines import duckdb as engine
from cobalens.engines.accounting import people_aside, row_fates
from cobalens.engines.gathering import Index, Lent, gather
from cobalens.engines.keeping import copied
from cobalens.engines.opening import open_omop
from cobalens.engines.sharing import raw_of, rows_of, share_out
from cobalens.engines.sql.sources import omop
from cobalens.engines.sql.timelines import Column, columns_query
from cobalens.intake.dictionary import derived_meanings, entry_meanings, lab_meanings, sexes_of
from cobalens.intake.laboratory.labs import IMPLAUSIBLE, MISSING
from cobalens.intake.timelines.canonical import scales_for
from cobalens.intake.timelines.derive import FEEDS
from cobalens.intake.timelines.timeline import facts_of, kept_reader
from cobalens.intake.words.events import LONG_AGO
from cobalens.model.cohort import DIED, EventRow, LabRow, PersonRow, lists_of, record_of
from cobalens.serve.cohort.days import lasts_of, markers_of, today
from cobalens.serve.cohort.packed import UNPACKED
from cobalens.serve.cohort.people import Asked, Shape, shape_of
from cobalens.serve.cohort.state import WORK, Counted, Gathered, Order, files_of_part, kept

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base
    from cobalens.model.ruleset import Pack
    from cobalens.serve.cohort.progress import Telling

PROBLEMS = {"unit_missing": MISSING, "implausible": IMPLAUSIBLE, "unit_impossible": IMPLAUSIBLE}
"""A result's problem -> what is said of it."""
BATCH = 5_000


def gather_omop(
    order: Order,
    state: Gathered,
    asked: Asked,
    door: Cobalens,
    telling: Telling,
) -> Gathered:
    """Shares the people out, then writes both files of every share that is not there yet; the state with every count."""
    folder = order.out / WORK / "shares"
    if state.parts is None:
        known = omop.known_codes(
            {(one.system, one.code) for c in door.ruleset.concepts.values() for one in c.codes}
        )
        with (
            engine.connected(order.out / WORK / "scratch", order.memory, order.threads) as base,
            engine.troubles(),
        ):
            tables = open_omop(base, order.source, order.schema)
            if (unpacked := order.out / WORK / UNPACKED).exists():
                tables |= open_omop(base, str(unpacked))
            found = share_out(base, tables, folder, known, order.partitions)
        state = kept(
            order,
            replace(
                state,
                parts=found.parts,
                people=found.people,
                rows=found.rows,
                account=found.account,
                columns_not_there=found.not_there,
            ),
        )
    assert state.parts is not None
    advance = telling("people read", state.people, sum(one.people for one in state.shares.values()))
    for part in range(state.parts):
        if str(part) not in state.shares:
            counted = gather_share(order, folder, part, asked, door)
            state = kept(order, replace(state, shares=state.shares | {str(part): counted}))
            advance(counted.people)
    return state


def gather_share(order: Order, folder: Path, part: int, asked: Asked, door: Cobalens) -> Counted:
    """The facts and results of one share's people, in two files; what became of its rows and people."""
    facts, results = files_of_part(order.out / WORK, part)
    with (
        engine.connected(order.out / WORK / "scratch", order.memory, order.threads) as base,
        engine.troubles(),
    ):
        day = dt.date.fromisoformat(asked.day) if asked.day else None
        complete = door.read({"facts": {}}, complete=asked.complete).complete
        index = Index(asked.kind, day, dt.date.fromisoformat(today()))
        account = gather(base, raw_of(folder, part), index, lent_by(door), complete)
        shape = shape_of(door.ruleset, door.pack, door.others)
        notice(base, door, shape)
        copied(base, facts_text(base, door, shape), facts)
        copied(base, results_text(base), results)
        observed = (omop.STATED[3], rows_of(base, folder, omop.STATED[3], part))
        return Counted(
            people=account.people,
            judged=account.judged,
            rows=row_fates(base, omop.STATED, observed),
            people_aside=people_aside(base),
        )


def lent_by(door: Cobalens) -> Lent:
    ruleset = door.ruleset
    combined = door.pack.policies.get("combined_indicator") == "on"
    return Lent(
        lambda keys: lab_meanings(keys, ruleset),
        lambda keys: entry_meanings(keys, ruleset),
        lambda keys: derived_meanings(keys, ruleset, combined),
        FEEDS,
        sexes_of(ruleset),
        lists_of(ruleset),
        LONG_AGO,
        markers_of(ruleset),
        lasts_of(ruleset),
    )


def facts_text(
    base: Base, door: Cobalens, shape: Shape, make: Callable[[str, str], None] | None = None
) -> str:
    """One row of facts a person and day: the primary pack's, those that others cut otherwise, and what was noticed.

    ``make``: keeps what a query gives as a table, where another engine than DuckDB is to run the text.
    """
    met = base.execute("SELECT DISTINCT analyte, unit FROM lab ORDER BY ALL").fetchall()
    days = base.execute("SELECT DISTINCT index_day FROM person LIMIT 2").fetchall()
    # Where everybody is judged on one day, no row needs to be joined with it.
    day = days[0][0] if len(days) == 1 else None
    one_each = base.execute("SELECT COUNT(*) = COUNT(DISTINCT person_id) FROM person").fetchall()[0][0]
    wanted = columns_of(shape, door.pack, door.others)
    scales = {pack.name: scales_for(door.ruleset, pack, met) for pack in (door.pack, *door.others)}
    query = columns_query(door.ruleset, wanted, scales, day, one_each)
    # Kept before it is joined: DuckDB plans the joining with optimisers that would harm the query.
    if make is None:
        with engine.without(base, engine.NOT_FOR_FACTS):
            engine.executed(base, f"CREATE OR REPLACE TEMP TABLE made_facts AS {query.sql}")
    else:
        make("made_facts", query.sql)
    listed = [f"f.{name}" for name in query.facts]
    listed += [f"COALESCE(n.{column}, FALSE) AS {column}" for column, _ in shape.noticed]
    return (
        f"SELECT j.person_id, f.index_day, j.{DIED}, {', '.join(listed)} FROM made_facts f JOIN judged j ON j.run_id = f.person_id "
        "LEFT JOIN noticed n ON n.run_id = f.person_id ORDER BY j.person_id, f.index_day"
    )


def columns_of(shape: Shape, primary: Pack, others: Sequence[Pack]) -> list[Column]:
    """Every column of the facts, with the pack that it is read by."""
    packs = {"": primary} | {pack.name: pack for pack in others}
    return [Column(column, fact, packs[whose]) for column, fact, whose in shape.facts]


def results_text(base: Base) -> str:
    """The results of each person, once, as they stand for the last day of decision."""
    names = [row[0] for row in base.execute("DESCRIBE lab").fetchall() if row[0] != "person_id"]
    return (
        f"SELECT j.person_id, {', '.join(f'l.{name}' for name in names)} FROM lab l JOIN judged j ON j.run_id = l.person_id "
        "JOIN (SELECT person_id, MAX(index_day) AS index_day FROM judged GROUP BY person_id) d "
        "ON d.person_id = j.person_id AND d.index_day = j.index_day WHERE NOT l.derived AND l.for_index IS NULL "
        "ORDER BY j.person_id, l.place, l.analyte"
    )


# --- What reading noticed -------------------------------------------------------------------------------------------


def notice(base: Base, door: Cobalens, shape: Shape) -> None:
    """The table ``noticed``: only those people are read of whom anything could be said."""
    described = ", ".join(f"{column} BOOLEAN" for column, _ in shape.noticed)
    base.execute(f"CREATE OR REPLACE TEMP TABLE noticed (run_id VARCHAR, {described})")
    base.execute(
        "CREATE OR REPLACE TEMP TABLE in_doubt AS SELECT person_id FROM lab WHERE problem IS NOT NULL UNION "
        "SELECT person_id FROM lab WHERE first_day IS DISTINCT FROM last_day UNION SELECT person_id FROM lab "
        "WHERE NOT derived GROUP BY person_id, analyte, first_day HAVING COUNT(*) > 1"
    )
    for analyte, unit in converted(base, door):
        base.execute(
            "INSERT INTO in_doubt SELECT person_id FROM lab WHERE analyte = ? AND unit = ?", [analyte, unit]
        )
    marks = ", ".join("?" * (len(shape.noticed) + 1))
    found = []
    for person, labs, events in rows_in_doubt(base):
        facts = facts_of(record_of(person, labs, events), door.ruleset, door.pack)
        codes = {code for code, _ in facts.notes} | {
            PROBLEMS[lab.problem] for lab in labs if lab.problem in PROBLEMS
        }
        if any(code in codes for _, code in shape.noticed):
            found.append((person.person_id, *(code in codes for _, code in shape.noticed)))
    if found:
        base.executemany(f"INSERT INTO noticed VALUES ({marks})", found)


def converted(base: Base, door: Cobalens) -> list[tuple[str, str]]:
    """The tests and units met for which the published limits had to be expressed in another unit."""
    cuts = kept_reader(door.ruleset, door.pack).setting.cuts
    facts = {fact.of[0]: fact for fact in door.ruleset.facts.values() if fact.timeline == "untreated"}
    met = base.execute(
        "SELECT DISTINCT analyte, unit FROM lab WHERE unit IS NOT NULL ORDER BY ALL"
    ).fetchall()
    return [
        (analyte, unit)
        for analyte, unit in met
        if analyte in facts and any(cut.converted or cut.scaled for cut in cuts(facts[analyte], unit) or ())
    ]


def rows_in_doubt(base: Base) -> Iterator[tuple[PersonRow, list[LabRow], list[EventRow]]]:
    people = base.execute(
        f"SELECT {names_of(PersonRow)} FROM person WHERE person_id IN (FROM in_doubt) ORDER BY person_id"
    ).fetchall()
    for first in range(0, len(people), BATCH):
        batch = people[first : first + BATCH]
        chosen = [row[0] for row in batch]
        labs, events = (
            by_person(
                shape(*row)
                for row in base.execute(
                    f"SELECT {names_of(shape)} FROM {table} WHERE person_id IN (SELECT UNNEST(?)) ORDER BY person_id, place",
                    [chosen],
                ).fetchall()
            )
            for table, shape in (("lab", LabRow), ("event", EventRow))
        )
        for row in batch:
            yield PersonRow(*row), labs.get(row[0], []), events.get(row[0], [])


def names_of(shape: Any) -> str:
    return ", ".join(name for name in shape.__struct_fields__ if name != "complete")


def by_person(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found
