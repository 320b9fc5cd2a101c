"""Many rows of results at once: what is the same in many rows is read once, and only place and day are each row's own.

Whatever is more than a result with its day is left to the reading row by row, which decides what everything means.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from cobalens.errors import CobalensError
from cobalens.intake.casefile import tools_for
from cobalens.intake.draft import ELEMENT_TEXT, MOST_ENTRIES, SET_ASIDE, Draft, finish
from cobalens.intake.entries import nothing_yet, span_from
from cobalens.intake.intervals import against_range, plausible_bounds
from cobalens.intake.labs import clock_in
from cobalens.intake.labtext import PANEL
from cobalens.intake.scales import SCALE
from cobalens.intake.tables.cells import Cell, text_of
from cobalens.intake.tables.headings import ANALYTE, DATED, NOTHING, PERSON, VALUE
from cobalens.intake.tables.people import AGAIN, canonical, dated_of, ignored, long_row, person_row
from cobalens.intake.tables.table import Person, Table
from cobalens.intake.units import dimensions_of, parse_for
from cobalens.model.record import UNDATED, Element, Lab, Note, Record, Span, Unread
from cobalens.model.ruleset import Ruleset

FEWEST = 500
"""Rows below which nothing is gained."""
MOST_READ_WHOLE = 0.3
"""The share of rows unlike all others from which nothing is gained."""
MOST_KINDS = 50_000
"""Different rows that are remembered."""
_ROLES_OF_A_DAY = ("date", "reported", "time")
_NOT_HERE = (DATED, ANALYTE, "day")
_PLAIN = re.compile(r"(?:0|[1-9]\d{0,4})(?:\.\d{1,2})?", re.ASCII)
"""A number that can be read in one way only."""
_PLAIN_KEYS = frozenset(
    "analyte loinc value unit ref_low ref_high ref_range flag method specimen status".split()
)
_HERE = "labs[0]"
_WHO = "patient"


class Kind(Struct, frozen=True):
    """What rows with the same cells say, whosever they are and of whatever day."""

    entry: str
    """The result as an entry; rows with the same one say it again. Empty where no result is given."""
    fate: str
    reason: str
    lab: Lab | None = None
    scale: tuple[str, str] | None = None
    """The test, and whether it was measured by mass or in moles, where both occur."""
    notes: tuple[Note, ...] = ()
    unread: tuple[Unread, ...] = ()


class Moment(Struct, frozen=True):
    """A day and a time of day as written, read once."""

    said: tuple[str, str]
    """The day and the time of day as the row gives them."""
    dated: bool
    when: Span
    time: str


_NEW = Kind("", "", "")
_NEVER = Moment(("", ""), False, UNDATED, "")
"""What stands for a row, and for a day, that has not been met."""


class Shape(Struct, frozen=True):
    """Rows that differ in a plain number alone: one of them as it was read, and between what the others may lie."""

    entry: dict[str, Any]
    kind: Kind
    suffix: str
    word: str | None
    least: Decimal
    most: Decimal | None


class Bulk(Struct):
    """A long table, and all that has been read in it so far."""

    table: Table
    undated: Table
    """The same without the columns of the day."""
    ruleset: Ruleset
    day: str | None
    width: int
    content: Callable[[Sequence[Cell]], tuple[Cell, ...]]
    moment: Callable[[Sequence[Cell]], tuple[Cell, ...]]
    person: Callable[[Sequence[Cell]], tuple[Cell, ...]] | None
    shown: Callable[[Sequence[Cell]], tuple[Cell, ...]]
    value: Any
    """The column of the results."""
    read_whole: int = 0
    """How many rows had to be read as a whole."""
    taken: int = 0
    kinds: dict[Any, Kind | None] = field(default_factory=dict)
    shapes: dict[Any, Shape | None] = field(default_factory=dict)
    moments: dict[Any, Moment | None] = field(default_factory=dict)
    people: dict[Any, Record] = field(default_factory=dict)


def bulk_for(table: Table, ruleset: Ruleset, day: str | None) -> Bulk | None:
    """The table made ready, or ``None`` where its rows are few, or are more than results with their days."""
    header = table.header
    if not header.long or header.of(*_NOT_HERE) or len(table.rows) < FEWEST:
        return None
    values = header.of(VALUE)
    of_a_day = [one.at for one in header.of(*_ROLES_OF_A_DAY)]
    aside = {*of_a_day, *(one.at for one in header.of(NOTHING, *PERSON))}
    content = [one.at for one in header.columns if one.at not in aside and one not in values[:1]]
    of_person = [one.at for one in header.columns if one.role in PERSON and one.role not in ("id", "name")]
    shown = [one.at for one in header.columns if one.role not in ("id", "name", "birth_date")]
    undated = replace(header, columns=tuple(one for one in header.columns if one.role not in _ROLES_OF_A_DAY))
    return Bulk(
        table,
        replace(table, header=undated),
        ruleset,
        day,
        max((one.at for one in header.columns), default=-1) + 1,
        _cells([*content, *(one.at for one in values[:1])]),
        _cells(of_a_day),
        _cells(of_person) if of_person else None,
        _cells(shown),
        values[0] if len(values) == 1 else None,
    )


def _cells(places: Sequence[int]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return (lambda cells: (cells[places[0]],)) if places else (lambda _: ())


def _same(cells: tuple[Cell, ...]) -> tuple[Any, ...]:
    """Cells as a key: ``1``, ``1.0`` and yes are three things."""
    return tuple(one if one is None or isinstance(one, str) else (type(one), str(one)) for one in cells)


# --- One person ---------------------------------------------------------------------------------------------------


def record_of(bulk: Bulk, person: Person, id: str, opening: Sequence[Element]) -> Record | None:
    """The record of one person, or ``None`` where the rows have to be read one by one."""
    table, rows, typed = bulk.table, bulk.table.rows, bulk.table.typed
    if len(person.rows) > MOST_ENTRIES or bulk.read_whole > max(FEWEST, bulk.taken * MOST_READ_WHOLE):
        return None
    bulk.taken += len(person.rows)
    prefix, numbers, width = f"{table.sheet} {table.noun} ".lstrip(), table.numbers, bulk.width
    kinds, moments, content, moment_of, shown = (
        bulk.kinds,
        bulk.moments,
        bulk.content,
        bulk.moment,
        bulk.shown,
    )
    draft, said, about = Draft(), None, ""
    elements, labs = list(opening), list[Lab]()
    notes, unread = list[Note](), list[Unread]()
    seen, scales, dated = set[tuple[str, tuple[str, str]]](), dict[str, str](), False
    for row in person.rows:
        cells = rows[row]
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        where = f"{prefix}{numbers[row]}"
        if bulk.person is not None and (who := _same(bulk.person(cells))) != said:
            said, known = who, draft.patient_part
            dated = person_row(draft, table, row) or dated
            if known is None and draft.patient_part is not None:
                about = where
                elements.append(Element(where, draft.parts[0].text, ""))
        key: Any = content(cells)
        stamp: Any = moment_of(cells)
        if typed:
            key, stamp = _same(key), _same(stamp)
        kind = kinds.get(key, _NEW)
        if kind is _NEW:
            kind = _kind(bulk, key, row)
        moment = moments.get(stamp, _NEVER)
        if moment is _NEVER:
            moment = _moment(bulk, stamp, row)
        if kind is None or moment is None:
            return None
        text = " ".join(" ".join(map(text_of, shown(cells)) if typed else shown(cells)).split())  # type: ignore[arg-type]
        if kind.entry:
            same = (kind.entry, moment.said)
            if same in seen:
                elements.append(Element(where, text[:ELEMENT_TEXT], SET_ASIDE, AGAIN))
                continue
            seen.add(same)
            dated = dated or moment.dated
            if kind.lab is not None:
                labs.append(replace(kind.lab, where=where, when=moment.when, time=moment.time))
            if kind.scale is not None and scales.setdefault(kind.scale[0], kind.scale[1]) != kind.scale[1]:
                return None
            if kind.notes:
                notes += [replace(one, where=f"{where}{one.where}") for one in kind.notes]
            if kind.unread:
                unread += [replace(one, where=f"{where}{one.where}") for one in kind.unread]
        elements.append(Element(where, text[:ELEMENT_TEXT], kind.fate, kind.reason))
    if dated and bulk.day is None:
        return None
    who_record = _who(bulk, draft, dated, about)
    if who_record is None:
        return None
    if about:
        at = next(at for at, one in enumerate(elements) if not one.fate)
        elements[at] = replace(who_record.elements[0], where=about)
    ends = Draft()
    ignored(ends, table, person.rows)
    elements += [Element(one.where, one.text, one.fate, one.reason) for one in ends.parts]
    return Record(
        id=id,
        as_of=bulk.day if dated else None,
        age=who_record.age,
        labs=tuple(labs),
        events=who_record.events,
        not_understood=(*who_record.not_understood, *unread),
        notes=(*who_record.notes, *notes),
        elements=tuple(elements),
        understood=who_record.understood,
    )


def _who(bulk: Bulk, draft: Draft, dated: bool, where: str) -> Record | None:
    """The record of the person alone, with its statements placed where they stand in the table."""
    if {draft.patient.get("pregnant", "no"), draft.patient.get("breastfeeding", "no")} - {"yes", "no"}:
        return None
    key = (repr(draft.patient), draft.parts[0].text if draft.parts else "", dated)
    kept = bulk.people.get(key)
    if kept is None:
        if len(bulk.people) >= MOST_KINDS:
            bulk.people.clear()
        alone = Draft(patient=draft.patient, patient_part=draft.patient_part, parts=draft.parts)
        for one in alone.parts:
            one.where = _WHO
        try:
            kept = finish(alone, bulk.ruleset, bulk.day or "", _WHO, always_dated=False)
        except CobalensError:
            return None
        bulk.people[key] = kept
    if not where:
        return kept
    return replace(
        kept,
        events=tuple(replace(one, where=where) for one in kept.events),
        notes=tuple(replace(one, where=where) for one in kept.notes),
        not_understood=tuple(replace(one, where=where) for one in kept.not_understood),
    )


# --- What is read once --------------------------------------------------------------------------------------------


def _moment(bulk: Bulk, key: Any, row: int) -> Moment | None:
    """The day of a row; ``None`` where it is not understood or does not stand for one."""
    entry: dict[str, Any] = {}
    dated_of(entry, bulk.table, row)
    found, day = nothing_yet(), dt.date.fromisoformat(bulk.day) if bulk.day else None
    moment: Moment | None = None
    if day is not None or "date" not in entry:
        when, time = span_from(entry, (), ("date",), _HERE, day, found) if entry else (UNDATED, "")
        if not found.unread and not found.notes:
            given = " ".join(str(entry.get("time", "")).split()) or clock_in(entry.get("date"))
            said = (entry.get("date", ""), entry.get("time", ""))
            moment = Moment(said, "date" in entry, when, given or time)
    bulk.moments[key] = moment
    return moment


def _kind(bulk: Bulk, key: Any, row: int) -> Kind | None:
    """What a row says; ``None`` where that is more than a result, or speaks of the person."""
    if len(bulk.kinds) >= MOST_KINDS:
        bulk.kinds.clear()
    kind = _like_another(bulk, key, row) if bulk.value is not None else None
    if kind is None:
        kind = _read(bulk, key, row)
    bulk.kinds[key] = kind
    return kind


def _read(bulk: Bulk, key: Any, row: int) -> Kind | None:
    """Reads the row as if it were all that is known of somebody, and undated."""
    bulk.read_whole += 1
    draft = Draft()
    long_row(draft, bulk.undated, row, {})
    if draft.patient or len(draft.parts) != 1 or set(draft.sections) - {"labs"}:
        return None
    entries = draft.sections.get("labs", [])
    try:
        record = finish(draft, bulk.ruleset, "", _WHO, always_dated=False)
    except CobalensError:
        return None
    lab = record.labs[0] if record.labs else None
    if len(record.labs) > 1 or record.events or record.understood or record.complete:
        return None
    if any(one.code == SCALE for one in record.notes) or (lab is not None and lab.method == PANEL):
        return None
    if not entries:
        return Kind("", record.elements[0].fate, record.elements[0].reason)
    place = draft.parts[0].where
    kind = Kind(
        canonical(entries[0]),
        record.elements[0].fate,
        record.elements[0].reason,
        lab,
        _scale(lab, bulk),
        tuple(replace(one, where=one.where.removeprefix(place)) for one in record.notes),
        tuple(replace(one, where=one.where.removeprefix(place)) for one in record.not_understood),
    )
    bulk.shapes.setdefault(key[:-1], _shape(bulk, entries[0], kind))
    return kind


def _scale(lab: Lab | None, bulk: Bulk) -> tuple[str, str] | None:
    analyte = bulk.ruleset.analytes.get(lab.analyte) if lab is not None else None
    if (
        lab is None
        or analyte is None
        or not analyte.used
        or analyte.molar_mass is None
        or lab.problem
        or not lab.unit
    ):
        return None
    unit = parse_for(lab.unit, dimensions_of(analyte), tools_for(bulk.ruleset).analytes.words.units)
    return (lab.analyte, unit.dimension) if unit is not None else None


def _shape(bulk: Bulk, entry: dict[str, Any], kind: Kind) -> Shape | None:
    """What holds for every plain number in the place of this one."""
    lab, value = kind.lab, entry.get("value")
    if (
        lab is None
        or bulk.value is None
        or not isinstance(value, str)
        or not _PLAIN.fullmatch(value)
        or not entry.get("unit")
        or set(entry) - _PLAIN_KEYS
        or lab.problem
        or kind.notes
        or kind.unread
        or not lab.unit
        or not lab.lo == lab.hi == Decimal(value)
        or not lab.text.startswith(value)
    ):
        return None
    index = tools_for(bulk.ruleset).analytes
    analyte = index.analytes[lab.analyte]
    unit = parse_for(str(entry["unit"]), dimensions_of(analyte), index.words.units)
    if unit is None or unit.ucum != lab.unit:
        return None
    ends = plausible_bounds(analyte, unit)
    flag = " ".join(str(entry.get("flag", "")).split()).lower()
    word = index.words.flags.get(flag) or index.words.qualitative.get(flag)
    return Shape(
        entry, kind, lab.text[len(value) :], word, ends[0] if ends else Decimal(0), ends[1] if ends else None
    )


def _like_another(bulk: Bulk, key: Any, row: int) -> Kind | None:
    """A row that differs from one already read in a plain number alone."""
    shape = bulk.shapes.get(key[:-1])
    if shape is None or isinstance(bulk.table.cell(row, bulk.value.at), dt.date):
        return None
    value = bulk.table.text(row, bulk.value)
    if not _PLAIN.fullmatch(value):
        return None
    number = Decimal(value)
    if number < shape.least or (shape.most is not None and number > shape.most):
        return None
    lab = shape.kind.lab
    assert lab is not None
    by_range = against_range(number, number, False, False, lab.ref_low, lab.ref_high)
    if shape.word and by_range and {shape.word, by_range} == {"low", "high"}:
        return None
    made = replace(
        lab, lo=number, hi=number, text=f"{value}{shape.suffix}", qualitative=shape.word or by_range
    )
    return replace(shape.kind, entry=canonical({**shape.entry, "value": value}), lab=made)
