"""The records of a part of a population as the canonical tables, and these through the generated SQL to facts.

What reading noticed is said by the reader of one record, of those people of whom anything can be said at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence, Set
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from cobalens.api import Cobalens
from cobalens.engines import duckdb as engine
from cobalens.engines.keeping import copied
from cobalens.engines.putting import put_rows
from cobalens.errors import CobalensError
from cobalens.intake.casefile import tools_for
from cobalens.intake.derive import DERIVED, FEEDS, derived_labs
from cobalens.intake.dictionary import sexes_of
from cobalens.intake.fhir.alike import Series
from cobalens.intake.fhir.lines import Aside, people_in
from cobalens.intake.fhir.shortway import Said, days_of_results, labs_of, plain_lines, said_by
from cobalens.intake.timeline import facts_of, kept_reader, notes_beside
from cobalens.model.cohort import AGE, EPOCH, LISTED_AS_PROCEDURE, YEARS, columns, lists_of
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.serve.cohort_people import (
    DATE,
    EACH,
    MARKER,
    NO_RESULT,
    Asked,
    Part,
    Shape,
    Told,
    kept_shared,
    of_lines,
)

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

HELD = 40_000
"""Rows of results that are held back before they go into the database."""
Row = tuple[object, ...]


class Tables(Struct):
    """The rows that wait, and what depends on the rules alone."""

    base: Base
    door: Cobalens
    noticed: tuple[str, ...]
    """Codes of what reading may have noticed."""
    lists: tuple[str, ...]
    sexes: dict[str, str]
    combined: bool
    compared: frozenset[str]
    """Tests of which two results close in time are compared."""
    close: int | None
    """How many days are close."""
    scaled: dict[tuple[str, str | None], bool]
    """Test and unit met -> whether the published limits are expressed in that unit only by calculation."""
    persons: list[Row] = []
    labs: list[Row] = []
    events: list[Row] = []
    judged: list[Row] = []
    marks: list[Row] = []
    measured: list[Row] = []
    """Plain results: of which series, their number and their day."""
    series: dict[int, tuple[int, Series]] = {}
    """Identity of a series met -> its number, and the series, so that it stays."""
    shortly: int = 0
    """How many of the runs took the short way."""
    runs: int = 0
    last: dict[str, str] = {}
    """Person -> the run whose results are kept."""


def keep_lines(part: Part, asked: Asked, door: Cobalens, shape: Shape) -> Told:
    """Both files of a part whose people are read one after another."""
    facts, results = Path(part.facts), Path(part.results)
    shared = kept_shared(asked.shared)
    aside: list[Aside] = []
    met: set[str] = set()
    with engine.connected(facts.with_suffix(".scratch"), asked.memory, threads=1) as base, engine.troubles():
        tables = tables_in(base, door, shape)
        waiting = people_in(Path(part.path))
        for key in list(waiting):
            lines = waiting.pop(key)
            for person, said in shortly(key, lines, asked, door) or of_lines(key, lines, shared, asked, door):
                met.add(person)
                if isinstance(said, str):
                    aside.append(Aside("", 0, said, person))
                elif isinstance(said[1], Record):
                    take(tables, person, said[0], said[1])
                else:
                    take_shortly(tables, person, said[0], said[1])
        keep_part(tables, shape, facts, results)
    return Told(part.number, len(met), tables.runs, tuple(aside))


Answered = list[tuple[str, tuple[int, Said] | str]]


def shortly(key: str, lines: Sequence[bytes], asked: Asked, door: Cobalens) -> Answered | None:
    """A person all of whose lines are plain and of known wordings; nothing where the reader has to be asked."""
    if asked.complete or asked.mapping is not None:
        return None
    plain, tools = plain_lines(lines, key), tools_for(door.ruleset)
    if plain is None:
        return None
    if asked.kind == DATE:
        days = [dt.date.fromisoformat(asked.day or "")]
    else:
        found = days_of_results(plain, door.ruleset.facts[MARKER].of[0], tools)
        if found is None:
            return None
        if not found:
            return [(key, NO_RESULT)]
        days = found if asked.kind == EACH else found[-1:]
    answered: Answered = []
    for day in days:
        try:
            said = said_by(plain, day, tools)
        except CobalensError:
            return None
        if said is None:
            return None
        answered.append((key, ((day - EPOCH).days, said)))
    return answered


def tables_in(base: Base, door: Cobalens, shape: Shape) -> Tables:
    """Empty tables in the database."""
    codes = tuple(code for _, code in shape.noticed)
    # The run tells its progress itself.
    base.execute("SET enable_progress_bar = false")
    ruleset, pack = door.ruleset, door.pack
    for name, described in columns(ruleset).items():
        listed = ", ".join(f"{column} {kind}" for column, kind in described)
        base.execute(f"CREATE OR REPLACE TABLE {name} ({listed})")
    base.execute("CREATE OR REPLACE TABLE judged (run_id VARCHAR, person_id VARCHAR, index_day INTEGER)")
    base.execute("CREATE OR REPLACE TABLE kept_run (run_id VARCHAR)")
    base.execute(
        "CREATE OR REPLACE TABLE series (number INTEGER, analyte VARCHAR, unit VARCHAR, status VARCHAR, ref_low DOUBLE, ref_high DOUBLE)"
    )
    base.execute(
        "CREATE OR REPLACE TABLE measured (run_id VARCHAR, place INTEGER, number INTEGER, value DOUBLE, first_day INTEGER, "
        "last_day INTEGER, clock VARCHAR, word VARCHAR)"
    )
    marks = ", ".join(f"{column} BOOLEAN" for column, _ in shape.noticed)
    base.execute(f"CREATE OR REPLACE TABLE noticed (run_id VARCHAR, {marks})")
    return Tables(
        base,
        door,
        codes,
        lists_of(ruleset),
        sexes_of(ruleset),
        pack.policies.get("combined_indicator") == "on",
        frozenset(fact.of[0] for fact in ruleset.facts.values() if fact.timeline == "agreement"),
        kept_reader(ruleset, pack).setting.persistence_gap,
        {},
    )


def take(tables: Tables, person: str, day: int, record: Record) -> None:
    """One person on one day of decision."""
    run = f"{tables.runs:09}"
    tables.runs += 1
    age = None if record.age is None else float(record.age)
    tables.persons.append((run, day, age, *(name in record.complete for name in tables.lists)))
    tables.judged.append((run, person, day))
    tables.last[person] = run
    analytes = {lab.analyte for lab in record.labs}
    labs = [_lab_row(lab, run, place, day, False) for place, lab in enumerate(record.labs)]
    if not analytes.isdisjoint(FEEDS):
        made = derived_labs(
            record.labs, record.age, _sex(record, tables), tables.door.ruleset.analytes, tables.combined
        )
        labs += (_lab_row(lab, run, place, day, True) for place, lab in enumerate(made, len(labs)))
    if age is not None and AGE in analytes:
        labs.append(_age_row(run, len(labs), age, day))
    tables.labs += labs
    tables.events += (_event_row(event, run, place, day) for place, event in enumerate(record.events))
    codes = {note.code for note in record.notes}
    doubtful = in_doubt(((lab.analyte, lab.unit, lab.when) for lab in record.labs), tables)
    doubtful |= {lab.analyte for lab in record.labs if lab.problem is not None}
    if doubtful:
        codes |= noticed_of(record, doubtful, tables)
    _mark(tables, run, codes)


def take_shortly(tables: Tables, person: str, day: int, said: Said) -> None:
    """One person on one day of decision whose lines were plain."""
    run = f"{tables.runs:09}"
    tables.runs += 1
    tables.shortly += 1
    age = None if said.age is None else float(said.age)
    tables.persons.append((run, day, age, *(False for _ in tables.lists)))
    tables.judged.append((run, person, day))
    tables.last[person] = run
    analytes = {one.of.analyte for one in said.results}
    for place, one in enumerate(said.results):
        known = tables.series.get(id(one.of))
        if known is None:
            known = tables.series[id(one.of)] = (len(tables.series), one.of)
        first, last = one.when.first, one.when.last
        tables.measured.append(
            (run, place, known[0], float(one.number), None if first is None else first + day, None if last is None else last + day, one.time, one.word)
        )  # fmt: skip
    tables.events += (_event_row(event, run, place, day) for place, event in enumerate(said.events))
    place = len(said.results)
    if not analytes.isdisjoint(FEEDS):
        fed = labs_of(said.results, FEEDS | DERIVED)
        sex = _sex(Record(id=person, age=said.age, events=tuple(said.events)), tables)
        for lab in derived_labs(fed, said.age, sex, tables.door.ruleset.analytes, tables.combined):
            tables.labs.append(_lab_row(lab, run, place, day, True))
            place += 1
    if age is not None and AGE in analytes:
        tables.labs.append(_age_row(run, place, age, day))
    codes = said.codes
    if doubtful := in_doubt(((one.of.analyte, one.of.ucum, one.when) for one in said.results), tables):
        record = Record(id=person, age=said.age, labs=tuple(labs_of(said.results)), events=tuple(said.events))
        codes |= noticed_of(record, doubtful, tables)
    _mark(tables, run, codes)


def _mark(tables: Tables, run: str, codes: Set[str]) -> None:
    if not codes.isdisjoint(tables.noticed):
        tables.marks.append((run, *(code in codes for code in tables.noticed)))
    if len(tables.labs) + len(tables.measured) >= HELD:
        put(tables)


def _age_row(run: str, place: int, age: float, day: int) -> Row:
    return (run, place, AGE, age, age, False, False, YEARS, day, day, "", None, None, None, None, "final", False, day)  # fmt: skip


def put(tables: Tables) -> None:
    """The rows that wait, into the database."""
    for name, rows in (
        ("person", tables.persons), ("lab", tables.labs), ("event", tables.events), ("judged", tables.judged), ("noticed", tables.marks), ("measured", tables.measured),
    ):  # fmt: skip
        put_rows(tables.base, name, rows)
        rows.clear()


def keep_part(tables: Tables, shape: Shape, facts: Path, results: Path) -> None:
    """Both files of the part."""
    from cobalens.serve.cohort_omop import facts_text

    put(tables)
    put_rows(
        tables.base,
        "series",
        [
            (n, one.analyte, one.ucum, one.status, _float(one.ref_low), _float(one.ref_high))
            for n, one in tables.series.values()
        ],
    )
    tables.base.execute(
        "INSERT INTO lab SELECT m.run_id, m.place, s.analyte, m.value, m.value, FALSE, FALSE, s.unit, m.first_day, m.last_day, m.clock, "
        "s.ref_low, s.ref_high, m.word, NULL, s.status, FALSE, NULL FROM measured m JOIN series s ON s.number = m.number"
    )
    put_rows(tables.base, "kept_run", [(run,) for run in tables.last.values()])
    listed = ", ".join(name for name, _ in shape.columns)
    found = facts_text(tables.base, tables.door, shape)
    copied(tables.base, f"SELECT {listed} FROM ({found}) f ORDER BY person_id, index_day", facts)
    names = ", ".join(f"l.{name}" for name, _ in columns(tables.door.ruleset)["lab"] if name != "person_id")
    copied(
        tables.base,
        f"SELECT j.person_id, {names} FROM lab l JOIN kept_run k ON k.run_id = l.person_id JOIN judged j ON j.run_id = l.person_id "
        "WHERE NOT l.derived AND l.for_index IS NULL ORDER BY l.person_id, l.place",
        results,
    )


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def _lab_row(lab: Lab, run: str, place: int, day: int, derived: bool) -> Row:
    lo, hi, low, high, first, last = lab.lo, lab.hi, lab.ref_low, lab.ref_high, lab.when.first, lab.when.last
    return (
        run, place, lab.analyte, None if lo is None else float(lo), None if hi is None else float(hi), lab.lo_open, lab.hi_open, lab.unit,
        None if first is None else first + day, None if last is None else last + day, lab.time,
        None if low is None else float(low), None if high is None else float(high), lab.qualitative or None, lab.problem, lab.status,
        derived, day if derived else None,
    )  # fmt: skip


def _event_row(event: Event, run: str, place: int, day: int) -> Row:
    start, stop, dose = event.start, event.stop, event.dose_ug
    return (
        run, place, event.concept, event.affirmed, event.doubt, event.family, event.time,
        None if start.first is None else start.first + day, None if start.last is None else start.last + day,
        None if stop.first is None else stop.first + day, None if stop.last is None else stop.last + day,
        event.route, None if dose is None else float(dose), event.adherence, event.where.startswith(LISTED_AS_PROCEDURE),
    )  # fmt: skip


def _sex(record: Record, tables: Tables) -> str | None:
    """As the fact of that name reads it; one plain statement needs no reading along a timeline."""
    said = [event for event in record.events if event.concept in tables.sexes]
    if not said:
        return None
    one = said[0]
    if len(said) == 1 and one.affirmed and not one.doubt and not one.family and one.time == "current":
        return tables.sexes[one.concept]
    fact = tables.door.ruleset.facts["sex"]
    value = facts_of(record, tables.door.ruleset, tables.door.pack).values.get("sex")
    return fact.values[value.value] if value and value.value else None


def in_doubt(results: Iterable[tuple[str, str | None, Span]], tables: Tables) -> set[str]:
    """The tests of which reading the results along their timelines could notice anything."""
    met: dict[str, list[int | None]] = {}
    found: set[str] = set()
    for analyte, unit, when in results:
        first = when.first
        scaled = tables.scaled.get((analyte, unit))
        if scaled is None:
            scaled = tables.scaled[analyte, unit] = _is_scaled(analyte, unit, tables)
        days = met.setdefault(analyte, [])
        if (
            scaled
            or first != when.last
            or first in days
            or analyte == AGE
            or (analyte in tables.compared and _is_close(first, days, tables.close))
        ):
            found.add(analyte)
        days.append(first)
    return found


def noticed_of(record: Record, doubtful: Set[str], tables: Tables) -> set[str]:
    """What is noticed of these tests, and of those calculated from them."""
    ruleset, pack = tables.door.ruleset, tables.door.pack
    if not doubtful.isdisjoint(FEEDS | DERIVED | {AGE}):
        return {code for code, _ in facts_of(record, ruleset, pack).notes}
    return {code for code, _ in notes_beside(record, ruleset, pack, doubtful)}


def _is_close(day: int | None, others: Iterable[int | None], close: int | None) -> bool:
    return close is not None and any(
        day is not None and other is not None and abs(day - other) < close for other in others
    )


def _is_scaled(analyte: str, unit: str | None, tables: Tables) -> bool:
    cuts = kept_reader(tables.door.ruleset, tables.door.pack).setting.cuts
    facts = [
        fact
        for fact in tables.door.ruleset.facts.values()
        if fact.timeline == "untreated" and fact.of[0] == analyte
    ]
    return unit is not None and any(
        cut.converted or cut.scaled for fact in facts for cut in cuts(fact, unit) or ()
    )
