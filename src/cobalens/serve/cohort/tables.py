"""The rows of a part of a population that wait for the database, and the way from there to facts and results.

Who they are of, and what is noticed of them, is said in ``rows``.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cobalens.api import Cobalens
from cobalens.engines.duckdb import give_back
from cobalens.engines.keeping import copied
from cobalens.engines.putting import put_rows
from cobalens.engines.shelf import concepts_of
from cobalens.intake.dictionary import sexes_of
from cobalens.intake.fhir.alike import Series
from cobalens.intake.timelines.derive import DERIVED, Family, families
from cobalens.intake.timelines.timeline import facts_of, kept_reader, notes_beside
from cobalens.model.cohort import (
    AGE,
    COMPLETE,
    EPOCH,
    LISTED_AS_PROCEDURE,
    YEARS,
    columns,
    lists_of,
)
from cobalens.model.record import Event, Lab, Record
from cobalens.serve.cohort.people import Shape

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

BESIDE_DOSES = frozenset({"treatment_state", "sample_timing"})
"""Timelines of what several tests and drugs bear on."""
CONFLICT = "data_quality:conflicting_results"
HELD = 40_000
"""Rows of results that are held back before they go into the database."""
Row = tuple[object, ...]


class Kind(Struct, frozen=True, gc=False):
    """A series of results, so that it stays, with its number and what its results are good for."""

    number: int
    of: Series
    family: Family | None
    """That of the formulas which its results feed."""
    scaled: bool
    is_age: bool


class Tables(Struct):
    """The rows that wait, and what depends on the rules alone."""

    base: Base
    door: Cobalens
    noticed: tuple[str, ...]
    """Codes of what reading may have noticed."""
    lists: tuple[str, ...]
    sexes: dict[str, str]
    combined: bool
    families: dict[str, Family]
    """Tests that feed a formula in use, or come of one."""
    scaled: dict[tuple[str, str | None], bool]
    """Test and unit met -> whether the published limits are expressed in that unit only by calculation."""
    persons: list[Row] = []
    labs: list[Row] = []
    events: list[Row] = []
    judged: list[Row] = []
    marks: list[Row] = []
    statements: dict[int, tuple[int, Event]] = {}
    """Identity of a statement met -> its number, and the statement, so that it stays."""
    series: dict[int, Kind] = {}
    """Identity of a series met -> what is known of it."""
    words: dict[str | None, int] = {}
    """Words and times of day met -> their numbers."""
    shortly: int = 0
    """How many of the runs took the short way."""
    runs: int = 0
    last: dict[str, int] = {}
    """Person -> the run whose results are kept."""


def tables_in(base: Base, door: Cobalens, shape: Shape) -> Tables:
    """Empty tables in the database."""
    codes = tuple(code for _, code in shape.noticed)
    # The run tells its progress itself.
    base.execute("SET enable_progress_bar = false")
    ruleset, pack = door.ruleset, door.pack
    for name, described in columns(ruleset).items():
        # A number is told apart from others sooner than a name.
        kinds = {**dict(described), "person_id": "INTEGER"}
        listed = ", ".join(f"{column} {kind}" for column, kind in kinds.items())
        base.execute(f"CREATE OR REPLACE TABLE {name} ({listed})")
    base.execute(
        "CREATE OR REPLACE TABLE judged (run_id INTEGER, person_id VARCHAR, index_day INTEGER, died BOOLEAN)"
    )
    base.execute("CREATE OR REPLACE TABLE kept_run (run_id INTEGER)")
    base.execute(
        "CREATE OR REPLACE TABLE series (number INTEGER, analyte VARCHAR, unit VARCHAR, status VARCHAR, ref_low DOUBLE, ref_high DOUBLE)"
    )
    base.execute(
        "CREATE OR REPLACE TABLE statement (number INTEGER, concept VARCHAR, affirmed BOOLEAN, doubt BOOLEAN, family BOOLEAN, "
        "route VARCHAR, dose_ug DOUBLE, adherence VARCHAR)"
    )
    base.execute("CREATE OR REPLACE TABLE words (said VARCHAR, number INTEGER)")
    marks = ", ".join(f"{column} BOOLEAN" for column, _ in shape.noticed)
    base.execute(f"CREATE OR REPLACE TABLE noticed (run_id INTEGER, {marks})")
    return Tables(
        base,
        door,
        codes,
        lists_of(ruleset),
        sexes_of(ruleset),
        pack.policies.get("combined_indicator") == "on",
        families(pack.policies.get("combined_indicator") == "on"),
        {},
    )


def kind_of(series: Series, tables: Tables) -> Kind:
    """What is known of a series, once it is met."""
    analyte = series.analyte
    tables.series[id(series)] = found = Kind(
        len(tables.series),
        series,
        tables.families.get(analyte),
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


def mark(tables: Tables, run: int, codes: Set[str]) -> None:
    if not codes.isdisjoint(tables.noticed):
        tables.marks.append((run, *(code in codes for code in tables.noticed)))
    if len(tables.labs) >= HELD:
        put(tables)


def put(tables: Tables) -> None:
    """The rows that wait, into the database."""
    for name, rows in (
        ("person", tables.persons), ("lab", tables.labs), ("event", tables.events), ("judged", tables.judged), ("noticed", tables.marks),
    ):  # fmt: skip
        put_rows(tables.base, name, rows)
        rows.clear()


def put_known(tables: Tables) -> None:
    """The series, statements and words met, by their numbers."""
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


def keep_part(tables: Tables, shape: Shape, facts: Path, results: Path, as_read: bool = False) -> None:
    """Both files of the part. ``as_read``: people in the order in which they were taken, not by their names."""
    from cobalens.serve.cohort.omop import facts_text

    put(tables)
    put_rows(tables.base, "kept_run", [(run,) for run in tables.last.values()])
    silent = silent_facts(tables, shape)
    asked = replace(shape, facts=tuple(one for one in shape.facts if one[0] not in silent))
    listed = ", ".join(noticing(shape, tables.door, silent))
    found = facts_text(tables.base, tables.door, asked)
    give_back(tables.base)
    runs = (
        "JOIN (SELECT run_id, person_id, index_day FROM judged) j USING (person_id, index_day)"
        if as_read
        else ""
    )
    order = "run_id" if as_read else "person_id, index_day"
    copied(tables.base, f"SELECT {listed} FROM ({found}) f {runs} ORDER BY {order}", facts)
    names = ", ".join(f"l.{name}" for name, _ in columns(tables.door.ruleset)["lab"] if name != "person_id")
    copied(
        tables.base,
        f"SELECT j.person_id, {names} FROM lab l JOIN kept_run k ON k.run_id = l.person_id JOIN judged j ON j.run_id = l.person_id "
        f"WHERE NOT l.derived AND l.for_index IS NULL ORDER BY j.{'run_id' if as_read else 'person_id'}, l.place",
        results,
    )


def silent_facts(tables: Tables, shape: Shape) -> dict[str, int]:
    """Columns of facts of which nobody here has a result or a statement, and what each is then: as for nobody at all."""
    base, ruleset = tables.base, tables.door.ruleset
    complete = " OR ".join(f"BOOL_OR({COMPLETE}{name})" for name in tables.lists) or "FALSE"
    # In a complete list silence is a no.
    if base.execute(f"SELECT {complete} FROM person").fetchall()[0][0]:
        return {}
    met = {
        name
        for (name,) in base.execute(
            "SELECT DISTINCT analyte FROM lab UNION SELECT DISTINCT concept FROM event"
        ).fetchall()
    }
    packs = {"": tables.door.pack} | {pack.name: pack for pack in tables.door.others}
    nobody = {
        name: facts_of(Record(id="", as_of=EPOCH.isoformat()), ruleset, pack) for name, pack in packs.items()
    }
    found = {}
    for column, name, pack in shape.facts:
        fact = ruleset.facts[name]
        if fact.timeline not in BESIDE_DOSES and AGE not in fact.of and met.isdisjoint(concepts_of(fact)):
            one = nobody[pack].values.get(name)
            found[column] = one.value if one is not None else 0
    return found


def noticing(shape: Shape, door: Cobalens, silent: Mapping[str, int]) -> list[str]:
    """The columns of the facts; that results of a test do not agree is a fact, and so it is noticed there."""
    beyond = {
        fact.name: fact.values.index("conflict")
        for fact in door.ruleset.facts.values()
        if fact.timeline == "agreement"
    }
    said = [
        f"COALESCE({column} = {beyond[fact]}, FALSE)"
        for column, fact, pack in shape.facts
        if fact in beyond and not pack and column not in silent
    ]
    also = {column: said for column, code in shape.noticed if code == CONFLICT}
    return [
        f"CAST({silent[name]} AS TINYINT) AS {name}"
        if name in silent
        else f"({' OR '.join((name, *also[name]))}) AS {name}"
        if name in also
        else name
        for name, _ in shape.columns
    ]


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def age_row(run: int, place: int, age: float, day: int) -> Row:
    return (run, place, AGE, age, age, False, False, YEARS, day, day, "", None, None, None, None, "final", False, day)  # fmt: skip


def lab_row(lab: Lab, run: int, place: int, day: int, derived: bool) -> Row:
    lo, hi, low, high, first, last = lab.lo, lab.hi, lab.ref_low, lab.ref_high, lab.when.first, lab.when.last
    return (
        run, place, lab.analyte, None if lo is None else float(lo), None if hi is None else float(hi), lab.lo_open, lab.hi_open, lab.unit,
        None if first is None else first + day, None if last is None else last + day, lab.time,
        None if low is None else float(low), None if high is None else float(high), lab.qualitative or None, lab.problem, lab.status,
        derived, day if derived else None,
    )  # fmt: skip


def event_row(event: Event, run: int, place: int, day: int) -> Row:
    start, stop, dose = event.start, event.stop, event.dose_ug
    return (
        run, place, event.concept, event.affirmed, event.doubt, event.family, event.time,
        None if start.first is None else start.first + day, None if start.last is None else start.last + day,
        None if stop.first is None else stop.first + day, None if stop.last is None else stop.last + day,
        event.route, None if dose is None else float(dose), event.adherence, event.where.startswith(LISTED_AS_PROCEDURE),
    )  # fmt: skip


def noticed_of(record: Record, doubtful: Set[str], tables: Tables) -> set[str]:
    """What is noticed of these tests, and of those calculated from them."""
    ruleset, pack = tables.door.ruleset, tables.door.pack
    if not doubtful.isdisjoint(DERIVED | {AGE, *tables.families}):
        return {code for code, _ in facts_of(record, ruleset, pack).notes}
    return {code for code, _ in notes_beside(record, ruleset, pack, doubtful)}


def sex_of(record: Record, tables: Tables) -> str | None:
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
