"""The records of a part of a population as the canonical tables, and these through the generated SQL to facts.

What reading noticed is said by the reader of one record, of those people of whom anything can be said at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from cobalens.api import Cobalens
from cobalens.engines import duckdb as engine
from cobalens.intake.casefile import tools_for
from cobalens.intake.fhir import says_nothing
from cobalens.intake.fhir.lines import Aside
from cobalens.intake.fhir.taking import Places, Taken, lines_again, lines_at, taken
from cobalens.intake.timelines.derive import FEEDS, derived_labs
from cobalens.model.cohort import AGE, EPOCH
from cobalens.model.record import Record, Span
from cobalens.serve.cohort import refusals
from cobalens.serve.cohort.filled import fill_tables
from cobalens.serve.cohort.people import Asked, Dated, Part, Shape, Told, died, kept_shared, of_lines, wanted
from cobalens.serve.cohort.plain import Work, take_plain
from cobalens.serve.cohort.stated import learn_statements
from cobalens.serve.cohort.tables import (
    Tables,
    age_row,
    event_row,
    is_scaled,
    keep_part,
    lab_row,
    mark,
    noticed_of,
    sex_of,
    tables_in,
)


def keep_lines(part: Part, asked: Asked, door: Cobalens, shape: Shape) -> Told:
    """Both files of a part whose people are read from lines."""
    facts, results = Path(part.facts), Path(part.results)
    aside: list[Aside] = []
    with engine.connected(facts.with_suffix(".scratch"), asked.memory, threads=1) as base, engine.troubles():
        tables = tables_in(base, door, shape)
        people = everybody_in(Path(part.path), asked, tables, aside)
        engine.give_back(base)
        keep_part(tables, shape, facts, results)
    aside.sort(key=lambda one: one.person)
    return Told(part.number, people, tables.runs, tuple(aside), shortly=tables.shortly)


def keep_many(those: Iterable[Dated], part: Part, asked: Asked, door: Cobalens, shape: Shape) -> int:
    """Both files of a part of many people who have been read, in the order in which they come; how many are judged."""
    facts, results = Path(part.facts), Path(part.results)
    with engine.connected(facts.with_suffix(".scratch"), asked.memory, threads=1) as base, engine.troubles():
        tables = tables_in(base, door, shape)
        for person, day, record in those:
            take(tables, person, day, record)
        keep_part(tables, shape, facts, results, as_read=True)
    return tables.runs


def everybody_in(part: Path, asked: Asked, tables: Tables, aside: list[Aside]) -> int:
    """All people of a part to the tables; how many. ``aside``: gets those who are not judged."""
    door, shared = tables.door, kept_shared(asked.shared)
    rows = taken(part, Path(asked.source), shared)
    met: set[str] = set()

    def read(owner: int, lines: Sequence[bytes]) -> None:
        for person, said in of_lines(rows.owners[owner], lines, shared, asked, door):
            met.add(person)
            if isinstance(said, str):
                aside.append(Aside("", 0, said, person))
            else:
                take(tables, person, said[0], said[1])

    if asked.complete or asked.mapping is not None:
        for owner, lines in from_source(rows, range(len(rows.owners))):
            read(owner, lines)
    else:
        tools = tools_for(door.ruleset)

        def is_silent(line: bytes, day: int) -> bool:
            content = b"\n".join((line, *wanted(line, shared)))
            return says_nothing(content, tools, EPOCH + dt.timedelta(days=day))

        work = Work(
            tables.base, rows, tables, tools, read, partial(from_source, rows), partial(at_places, rows), is_silent
        )  # fmt: skip
        aside += (Aside("", 0, reason, person) for person, reason in take_plain(work, asked))
        learn_statements(work)
        fill_tables(work)
        met.update(name for owner, name in enumerate(rows.owners) if owner not in work.careful)
    return len(met)


Lines = Iterator[tuple[int, list[bytes]]]
"""Of each person."""


def unchanged(lines: Lines) -> Lines:
    """The same, as long as the source is what it was."""
    try:
        yield from lines
    except OSError:
        raise refusals.source_changed() from None


def from_source(rows: Taken, owners: Iterable[int]) -> Lines:
    return unchanged(lines_again(rows, owners))


def at_places(rows: Taken, places: Places) -> Lines:
    return unchanged(lines_at(places, rows))


def take(tables: Tables, person: str, day: int, record: Record) -> None:
    """One person on one day of decision."""
    run = tables.runs
    tables.runs += 1
    age = None if record.age is None else float(record.age)
    tables.persons.append((run, day, age, *(name in record.complete for name in tables.lists)))
    tables.judged.append((run, person, day, died(record)))
    tables.last[person] = run
    analytes = {lab.analyte for lab in record.labs}
    labs = [lab_row(lab, run, place, day, False) for place, lab in enumerate(record.labs)]
    if not analytes.isdisjoint(FEEDS):
        made = derived_labs(
            record.labs, record.age, sex_of(record, tables), tables.door.ruleset.analytes, tables.combined
        )
        labs += (lab_row(lab, run, place, day, True) for place, lab in enumerate(made, len(labs)))
    if age is not None and AGE in analytes:
        labs.append(age_row(run, len(labs), age, day))
    tables.labs += labs
    tables.events += (event_row(event, run, place, day) for place, event in enumerate(record.events))
    codes = {note.code for note in record.notes}
    doubtful = in_doubt(((lab.analyte, lab.unit, lab.when) for lab in record.labs), tables)
    doubtful |= {lab.analyte for lab in record.labs if lab.problem is not None}
    if doubtful:
        codes |= noticed_of(record, doubtful, tables)
    mark(tables, run, codes)


def in_doubt(results: Iterable[tuple[str, str | None, Span]], tables: Tables) -> set[str]:
    """The tests of which reading the results along their timelines could notice anything."""
    met: dict[str, list[int | None]] = {}
    found: set[str] = set()
    for analyte, unit, when in results:
        first = when.first
        days = met.setdefault(analyte, [])
        if first != when.last or first in days or analyte == AGE or is_scaled(analyte, unit, tables):
            found.add(analyte)
        days.append(first)
    return found
