"""The records of a part of a population as the canonical tables, and these through the generated SQL to facts.

What reading noticed is said by the reader of one record, of those people of whom anything can be said at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence, Set
from decimal import Decimal
from pathlib import Path

from cobalens.api import Cobalens
from cobalens.engines import duckdb as engine
from cobalens.errors import CobalensError
from cobalens.intake.casefile import tools_for
from cobalens.intake.derive import DERIVED, FEEDS, derived_labs
from cobalens.intake.fhir.lines import Aside, people_in
from cobalens.intake.fhir.shortway import (
    Result,
    Said,
    days_of_results,
    events_of,
    labs_of,
    plain_lines,
    said_by,
)
from cobalens.intake.timeline import facts_of, notes_beside
from cobalens.model.cohort import AGE, EPOCH
from cobalens.model.record import Event, Record, Span
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
from cobalens.serve.cohort_tables import (
    HELD,
    Kind,
    Made,
    Row,
    Tables,
    age_row,
    event_row,
    is_scaled,
    keep_part,
    kind_of,
    lab_row,
    mark,
    tables_in,
)


def keep_lines(part: Part, asked: Asked, door: Cobalens, shape: Shape) -> Told:
    """Both files of a part whose people are read one after another."""
    facts, results = Path(part.facts), Path(part.results)
    shared = kept_shared(asked.shared)
    aside: list[Aside] = []
    met: set[str] = set()
    with engine.connected(facts.with_suffix(".scratch"), asked.memory, threads=1) as base, engine.troubles():
        tables = tables_in(base, door, shape)
        for key, lines in people_in(Path(part.path)):
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


def take(tables: Tables, person: str, day: int, record: Record) -> None:
    """One person on one day of decision."""
    run = f"{tables.runs:09}"
    tables.runs += 1
    age = None if record.age is None else float(record.age)
    tables.persons.append((run, day, age, *(name in record.complete for name in tables.lists)))
    tables.judged.append((run, person, day))
    tables.last[person] = run
    analytes = {lab.analyte for lab in record.labs}
    labs = [lab_row(lab, run, place, day, False) for place, lab in enumerate(record.labs)]
    if not analytes.isdisjoint(FEEDS):
        made = derived_labs(
            record.labs, record.age, _sex(record, tables), tables.door.ruleset.analytes, tables.combined
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


def take_shortly(tables: Tables, person: str, day: int, said: Said) -> None:
    """One person on one day of decision whose lines were plain."""
    run = f"{tables.runs:09}"
    tables.shortly += 1
    age = None if said.age is None else float(said.age)
    tables.persons.append((run, day, age, *tables.silent))
    tables.judged.append((run, person, day))
    tables.last[person] = run
    doubtful, measured, words = said.doubtful, tables.measured, tables.words
    feeding: list[tuple[Kind, Result]] = []
    is_age = False
    for one in said.results:
        of, number, when, time, word = one
        kind = tables.series.get(id(of)) or kind_of(of, tables)
        first, last = when.first, when.last
        # A plain result has a day.
        assert first is not None
        assert last is not None
        measured.series.append(kind.number)
        measured.value.append(float(number))
        measured.first_day.append(first)
        measured.last_day.append(last)
        measured.clock.append(words.setdefault(time, len(words)))
        measured.word.append(words.setdefault(word, len(words)))
        if kind.feeds:
            feeding.append((kind, one))
        if kind.scaled or kind.is_age:
            doubtful.add(of.analyte)
            is_age = is_age or kind.is_age
    place = len(said.results)
    measured.run.extend([tables.runs] * place)
    measured.place.extend(range(place))
    tables.stated.add(tables.runs, said.events, day, tables)
    tables.runs += 1
    if feeding:
        made = _made_of(feeding, said, _sex_of(said, person, tables), run, place, day, tables)
        tables.labs += made
        place += len(made)
    if age is not None and is_age:
        tables.labs.append(age_row(run, place, age, day))
    codes: Set[str] = said.codes
    if doubtful:
        record = Record(
            id=person, age=said.age, labs=tuple(labs_of(said.results, day)), events=events_of(said)
        )
        codes = codes | noticed_of(record, doubtful, tables)
    mark(tables, run, codes)


def _made_of(
    feeding: Sequence[tuple[Kind, Result]], said: Said, sex: str | None, run: str, place: int, day: int, tables: Tables
) -> list[Row]:  # fmt: skip
    """The rows of what formulas make of the results of each day."""
    days: dict[Span, list[tuple[Kind, Result]]] = {}
    for one in feeding:
        days.setdefault(one[1][2], []).append(one)
    rows: list[Row] = []
    for when, those in days.items():
        key = (said.age, sex, *((kind.number, one[1]) for kind, one in those))
        made = tables.made.get(key)
        if made is None:
            if len(tables.made) >= HELD:
                tables.made.clear()
            made = tables.made[key] = _made([one for _, one in those], said.age, sex, tables)
        rows += (
            (run, place + nth, one.analyte, one.value, one.value, False, False, one.unit, when.first, when.last, those[one.source][1][3],
             None, None, None, None, one.status, True, day)
            for nth, one in enumerate(made, len(rows))
        )  # fmt: skip
    return rows


def _made(
    results: Sequence[Result], age: Decimal | None, sex: str | None, tables: Tables
) -> tuple[Made, ...]:
    labs = labs_of(results, 0)
    places = {lab.where: place for place, lab in enumerate(labs)}
    return tuple(
        Made(lab.analyte, float(lab.lo), lab.unit, places[lab.where], lab.status)
        for lab in derived_labs(labs, age, sex, tables.door.ruleset.analytes, tables.combined)
        if lab.lo is not None
    )


def _sex_of(said: Said, person: str, tables: Tables) -> str | None:
    """As ``_sex``; one plain statement needs no record."""
    found = [one for one in said.events if one[0].concept in tables.sexes]
    if len(found) == 1 and _is_plain(*found[0]):
        return tables.sexes[found[0][0].concept]
    return _sex(Record(id=person, age=said.age, events=events_of(said)), tables) if found else None


def _is_plain(event: Event, _start: Span, _stop: Span, tense: str) -> bool:
    return event.affirmed and not event.doubt and not event.family and tense == "current"


def _sex(record: Record, tables: Tables) -> str | None:
    """As the fact of that name reads it; one plain statement needs no reading along a timeline."""
    said = [event for event in record.events if event.concept in tables.sexes]
    if not said:
        return None
    one = said[0]
    if len(said) == 1 and _is_plain(one, one.start, one.stop, one.time):
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
        days = met.setdefault(analyte, [])
        if first != when.last or first in days or analyte == AGE or is_scaled(analyte, unit, tables):
            found.add(analyte)
        days.append(first)
    return found


def noticed_of(record: Record, doubtful: Set[str], tables: Tables) -> set[str]:
    """What is noticed of these tests, and of those calculated from them."""
    ruleset, pack = tables.door.ruleset, tables.door.pack
    if not doubtful.isdisjoint(tables.feeds | DERIVED | {AGE}):
        return {code for code, _ in facts_of(record, ruleset, pack).notes}
    return {code for code, _ in notes_beside(record, ruleset, pack, doubtful)}
