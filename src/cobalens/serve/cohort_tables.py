"""The rows of a part of a population that wait for the database, and the way from there to facts and results.

Who they are of, and what is noticed of them, is said in ``cohort_rows``.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence, Set
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cobalens.api import Cobalens
from cobalens.engines.keeping import copied
from cobalens.engines.putting import put_columns, put_rows
from cobalens.intake.derive import DERIVED, feeds
from cobalens.intake.dictionary import sexes_of
from cobalens.intake.fhir.alike import Happened, Series
from cobalens.intake.timeline import kept_reader
from cobalens.model.cohort import AGE, LISTED_AS_PROCEDURE, YEARS, columns, lists_of
from cobalens.model.record import Event, Lab
from cobalens.serve.cohort_people import Shape

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

CONFLICT = "data_quality:conflicting_results"
HELD = 40_000
"""Rows of results that are held back before they go into the database."""
Row = tuple[object, ...]


class Kind(Struct, frozen=True, gc=False):
    """A series of results, so that it stays, with its number and what its results are good for."""

    number: int
    of: Series
    feeds: bool
    scaled: bool
    is_age: bool


class Made(Struct, frozen=True, gc=False):
    """What a formula gave."""

    analyte: str
    value: float
    unit: str | None
    source: int
    """Which of the results it takes its time of day from."""
    status: str


class Measured(Struct):
    """Plain results, by columns."""

    run: array[int] = msgspec.field(default_factory=lambda: array("i"))
    place: array[int] = msgspec.field(default_factory=lambda: array("i"))
    series: array[int] = msgspec.field(default_factory=lambda: array("i"))
    value: array[float] = msgspec.field(default_factory=lambda: array("d"))
    first_day: array[int] = msgspec.field(default_factory=lambda: array("i"))
    last_day: array[int] = msgspec.field(default_factory=lambda: array("i"))
    clock: array[int] = msgspec.field(default_factory=lambda: array("i"))
    word: array[int] = msgspec.field(default_factory=lambda: array("i"))
    """Numbers of words, as the time of day is too."""

    @property
    def columns(self) -> tuple[array[int] | array[float], ...]:
        return (
            self.run,
            self.place,
            self.series,
            self.value,
            self.first_day,
            self.last_day,
            self.clock,
            self.word,
        )


class Stated(Struct):
    """Statements of plain resources, by columns."""

    run: array[int] = msgspec.field(default_factory=lambda: array("i"))
    place: array[int] = msgspec.field(default_factory=lambda: array("i"))
    statement: array[int] = msgspec.field(default_factory=lambda: array("i"))
    tense: array[int] = msgspec.field(default_factory=lambda: array("i"))
    """The number of a word."""
    start_first: list[int | None] = []
    start_last: list[int | None] = []
    stop_first: list[int | None] = []
    stop_last: list[int | None] = []

    @property
    def columns(self) -> tuple[array[int] | list[int | None], ...]:
        days = (self.start_first, self.start_last, self.stop_first, self.stop_last)
        return (self.run, self.place, self.statement, self.tense, *days)

    def add(self, run: int, happened: Sequence[Happened], day: int, tables: Tables) -> None:
        words, statements = tables.words, tables.statements
        for event, start, stop, tense in happened:
            known = statements.get(id(event))
            if known is None:
                known = statements[id(event)] = (len(statements), event)
            first, last, over, over_by = start.first, start.last, stop.first, stop.last
            self.statement.append(known[0])
            self.tense.append(words.setdefault(tense, len(words)))
            self.start_first.append(None if first is None else first + day)
            self.start_last.append(None if last is None else last + day)
            self.stop_first.append(None if over is None else over + day)
            self.stop_last.append(None if over_by is None else over_by + day)
        self.run.extend([run] * len(happened))
        self.place.extend(range(len(happened)))


class Tables(Struct):
    """The rows that wait, and what depends on the rules alone."""

    base: Base
    door: Cobalens
    noticed: tuple[str, ...]
    """Codes of what reading may have noticed."""
    lists: tuple[str, ...]
    sexes: dict[str, str]
    combined: bool
    feeds: frozenset[str]
    """Tests that feed a formula in use."""
    scaled: dict[tuple[str, str | None], bool]
    """Test and unit met -> whether the published limits are expressed in that unit only by calculation."""
    persons: list[Row] = []
    labs: list[Row] = []
    events: list[Row] = []
    judged: list[Row] = []
    marks: list[Row] = []
    measured: Measured = msgspec.field(default_factory=Measured)
    stated: Stated = msgspec.field(default_factory=Stated)
    statements: dict[int, tuple[int, Event]] = {}
    """Identity of a statement met -> its number, and the statement, so that it stays."""
    series: dict[int, Kind] = {}
    """Identity of a series met -> what is known of it."""
    words: dict[str | None, int] = {}
    """Words and times of day met -> their numbers."""
    made: dict[tuple[object, ...], tuple[Made, ...]] = {}
    """Results of one day that feed formulas -> what the formulas make of them."""
    silent: tuple[bool, ...] = ()
    """Of each list, that it is not complete."""
    shortly: int = 0
    """How many of the runs took the short way."""
    runs: int = 0
    last: dict[str, str] = {}
    """Person -> the run whose results are kept."""


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
        "CREATE OR REPLACE TABLE measured (run INTEGER, place INTEGER, series INTEGER, value DOUBLE, first_day INTEGER, "
        "last_day INTEGER, clock INTEGER, word INTEGER)"
    )
    base.execute(
        "CREATE OR REPLACE TABLE stated (run INTEGER, place INTEGER, statement INTEGER, tense INTEGER, start_first INTEGER, "
        "start_last INTEGER, stop_first INTEGER, stop_last INTEGER)"
    )
    base.execute(
        "CREATE OR REPLACE TABLE statement (number INTEGER, concept VARCHAR, affirmed BOOLEAN, doubt BOOLEAN, family BOOLEAN, "
        "route VARCHAR, dose_ug DOUBLE, adherence VARCHAR)"
    )
    base.execute("CREATE OR REPLACE TABLE words (said VARCHAR, number INTEGER)")
    marks = ", ".join(f"{column} BOOLEAN" for column, _ in shape.noticed)
    base.execute(f"CREATE OR REPLACE TABLE noticed (run_id VARCHAR, {marks})")
    return Tables(
        base,
        door,
        codes,
        lists_of(ruleset),
        sexes_of(ruleset),
        pack.policies.get("combined_indicator") == "on",
        feeds(pack.policies.get("combined_indicator") == "on"),
        {},
        silent=(False,) * len(lists_of(ruleset)),
    )


def kind_of(series: Series, tables: Tables) -> Kind:
    """What is known of a series, once it is met."""
    analyte = series.analyte
    tables.series[id(series)] = found = Kind(
        len(tables.series),
        series,
        analyte in tables.feeds or analyte in DERIVED,
        is_scaled(analyte, series.ucum, tables),
        analyte == AGE,
    )
    return found


def is_scaled(analyte: str, unit: str | None, tables: Tables) -> bool:
    """Whether the published limits are expressed in a unit only by calculation."""
    known = tables.scaled.get((analyte, unit))
    if known is None:
        cuts = kept_reader(tables.door.ruleset, tables.door.pack).setting.cuts
        facts = [
            fact
            for fact in tables.door.ruleset.facts.values()
            if fact.timeline == "untreated" and fact.of[0] == analyte
        ]
        known = tables.scaled[analyte, unit] = unit is not None and any(
            cut.converted or cut.scaled for fact in facts for cut in cuts(fact, unit) or ()
        )
    return known


def mark(tables: Tables, run: str, codes: Set[str]) -> None:
    if not codes.isdisjoint(tables.noticed):
        tables.marks.append((run, *(code in codes for code in tables.noticed)))
    if len(tables.labs) + len(tables.measured.run) >= HELD:
        put(tables)


def put(tables: Tables) -> None:
    """The rows that wait, into the database."""
    for name, rows in (
        ("person", tables.persons), ("lab", tables.labs), ("event", tables.events), ("judged", tables.judged), ("noticed", tables.marks),
    ):  # fmt: skip
        put_rows(tables.base, name, rows)
        rows.clear()
    put_columns(tables.base, "measured", tables.measured.columns)
    put_columns(tables.base, "stated", tables.stated.columns)
    tables.measured, tables.stated = Measured(), Stated()


def keep_part(tables: Tables, shape: Shape, facts: Path, results: Path) -> None:
    """Both files of the part."""
    from cobalens.serve.cohort_omop import facts_text

    put(tables)
    put_rows(tables.base, "words", list(tables.words.items()))
    put_rows(
        tables.base,
        "series",
        [
            (
                kind.number,
                kind.of.analyte,
                kind.of.ucum,
                kind.of.status,
                _float(kind.of.ref_low),
                _float(kind.of.ref_high),
            )
            for kind in tables.series.values()
        ],
    )
    tables.base.execute(
        "INSERT INTO lab SELECT LPAD(m.run::VARCHAR, 9, '0'), m.place, s.analyte, m.value, m.value, FALSE, FALSE, s.unit, m.first_day, "
        "m.last_day, c.said, s.ref_low, s.ref_high, w.said, NULL, s.status, FALSE, NULL FROM measured m JOIN series s ON s.number = m.series "
        "JOIN words c ON c.number = m.clock JOIN words w ON w.number = m.word"
    )
    put_rows(
        tables.base,
        "statement",
        [
            (
                number,
                one.concept,
                one.affirmed,
                one.doubt,
                one.family,
                one.route,
                _float(one.dose_ug),
                one.adherence,
            )
            for number, one in tables.statements.values()
        ],
    )
    tables.base.execute(
        "INSERT INTO event SELECT LPAD(t.run::VARCHAR, 9, '0'), t.place, s.concept, s.affirmed, s.doubt, s.family, w.said, "
        "t.start_first, t.start_last, t.stop_first, t.stop_last, s.route, s.dose_ug, s.adherence, FALSE "
        "FROM stated t JOIN statement s ON s.number = t.statement JOIN words w ON w.number = t.tense"
    )
    for name in ("measured", "stated"):
        tables.base.execute(f"DROP TABLE {name}")
    put_rows(tables.base, "kept_run", [(run,) for run in tables.last.values()])
    listed = ", ".join(noticing(shape, tables.door))
    found = facts_text(tables.base, tables.door, shape)
    copied(tables.base, f"SELECT {listed} FROM ({found}) f ORDER BY person_id, index_day", facts)
    names = ", ".join(f"l.{name}" for name, _ in columns(tables.door.ruleset)["lab"] if name != "person_id")
    copied(
        tables.base,
        f"SELECT j.person_id, {names} FROM lab l JOIN kept_run k ON k.run_id = l.person_id JOIN judged j ON j.run_id = l.person_id "
        "WHERE NOT l.derived AND l.for_index IS NULL ORDER BY j.person_id, l.place",
        results,
    )


def noticing(shape: Shape, door: Cobalens) -> list[str]:
    """The columns of the facts; that results of a test do not agree is a fact, and so it is noticed there."""
    beyond = {
        fact.name: fact.values.index("conflict")
        for fact in door.ruleset.facts.values()
        if fact.timeline == "agreement"
    }
    said = [
        f"COALESCE({column} = {beyond[fact]}, FALSE)"
        for column, fact, pack in shape.facts
        if fact in beyond and not pack
    ]
    also = {column: said for column, code in shape.noticed if code == CONFLICT}
    return [
        f"({' OR '.join((name, *also[name]))}) AS {name}" if name in also else name
        for name, _ in shape.columns
    ]


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def age_row(run: str, place: int, age: float, day: int) -> Row:
    return (run, place, AGE, age, age, False, False, YEARS, day, day, "", None, None, None, None, "final", False, day)  # fmt: skip


def lab_row(lab: Lab, run: str, place: int, day: int, derived: bool) -> Row:
    lo, hi, low, high, first, last = lab.lo, lab.hi, lab.ref_low, lab.ref_high, lab.when.first, lab.when.last
    return (
        run, place, lab.analyte, None if lo is None else float(lo), None if hi is None else float(hi), lab.lo_open, lab.hi_open, lab.unit,
        None if first is None else first + day, None if last is None else last + day, lab.time,
        None if low is None else float(low), None if high is None else float(high), lab.qualitative or None, lab.problem, lab.status,
        derived, day if derived else None,
    )  # fmt: skip


def event_row(event: Event, run: str, place: int, day: int) -> Row:
    start, stop, dose = event.start, event.stop, event.dose_ug
    return (
        run, place, event.concept, event.affirmed, event.doubt, event.family, event.time,
        None if start.first is None else start.first + day, None if start.last is None else start.last + day,
        None if stop.first is None else stop.first + day, None if stop.last is None else stop.last + day,
        event.route, None if dose is None else float(dose), event.adherence, event.where.startswith(LISTED_AS_PROCEDURE),
    )  # fmt: skip
