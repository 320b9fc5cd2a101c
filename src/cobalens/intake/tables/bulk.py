"""Many rows of results at once: columns as wholes, what is the same in many rows once, and only place and day row by row.

Whatever is more than a result with its day is left to the reading row by row, which decides what everything means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import accumulate, compress
from operator import itemgetter, sub
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from cobalens.errors import CobalensError
from cobalens.intake.account import Account
from cobalens.intake.draft import ELEMENT_TEXT, MOST_ENTRIES, SET_ASIDE, Draft, finish
from cobalens.intake.tables.columns import after_a_space, each, is_filled, keys_below
from cobalens.intake.tables.headings import ANALYTE, DATED, NOTHING, PERSON, VALUE, Column
from cobalens.intake.tables.kinds import ALONE, MOST_KINDS, Kind, Known, Moment, kind_of, moment_of
from cobalens.intake.tables.people import AGAIN, names_and_numbers
from cobalens.intake.tables.persons import person_row
from cobalens.intake.tables.table import Person, Table
from cobalens.model.record import Element, Lab, Note, Record, Unread
from cobalens.model.ruleset import Ruleset

FEWEST = 500
"""Rows below which nothing is gained."""
BATCH = 50_000
"""Rows that are taken together."""
MOST_READ_WHOLE = 0.3
"""The share of rows unlike all others from which nothing is gained."""
NOBODY = Draft()
"""Of whom nothing is told but results."""
Part = Callable[[Sequence[Any]], Sequence[Any]]
"""Takes the rows of one person out of a column."""
Reading = Callable[[Known, Any, int], object]
"""Reads the cells of a row, and keeps what they say."""
_APART = 10**9
"""More than there are moments: keeps a result and its moment apart in one number."""
_ROLES_OF_A_DAY = ("date", "reported", "time")
RESULT_FIRST, MOMENT_FIRST = "result first", "moment first"
_NOT_HERE = (DATED, ANALYTE, "day", "void")


class Ignored(Struct):
    """A column of names or numbers."""

    filled: Sequence[bool]
    told: Callable[[int], Element]
    """Its account, for so many filled cells."""


class Read(Struct):
    """What the rows of one person say of results."""

    elements: Sequence[Element]
    labs: tuple[Lab, ...]
    dated: bool
    notes: Sequence[Note] = ()
    unread: Sequence[Unread] = ()


class Bulk(Struct):
    """A long table as columns, with something in each place for each row of the table, headings included."""

    known: Known
    prefix: str
    content: list[Sequence[Any]]
    """The cells that say what the result is, the number last."""
    moments: Sequence[Any]
    """The cells that say of what day it is."""
    people: Sequence[Any] | None
    """The cells that tell of the person."""
    shown: list[Sequence[str]]
    """All words that may be shown; nothing where those of the result and of the moment are all, in this order."""
    order: str
    ignored: list[Ignored]
    taken: int = 0
    records: dict[Any, Record] = field(default_factory=dict)
    """People of whom the same is told, without their results."""


def bulk_for(table: Table, ruleset: Ruleset, day: str | None) -> Bulk | None:
    """The table made ready, or ``None`` where its rows are few, or are more than results with their days."""
    header, rows = table.header, table.rows
    if not header.long or header.of(*_NOT_HERE) or len(rows) < FEWEST:
        return None
    values = header.of(VALUE)[:1]
    of_a_day = header.of(*_ROLES_OF_A_DAY)
    aside = {*of_a_day, *values, *header.of(NOTHING, *PERSON)}
    content = [*(one for one in header.columns if one not in aside), *values]
    of_person = [one for one in header.of(*PERSON) if one.role not in ("id", "name")]
    undated = replace(header, columns=tuple(one for one in header.columns if one not in of_a_day))
    value = values[0] if len(header.of(VALUE)) == 1 else None

    def keys(columns: Sequence[Column]) -> Sequence[Any]:
        found = [keys_below(rows, one.at) for one in columns]
        return found[0] if len(found) == 1 else list(zip(*found, strict=True)) or [()] * len(rows)

    shown = [one for one in header.columns if one.role not in ("id", "name", "birth_date")]
    of_result = [one for one in shown if one in content]
    orders = {RESULT_FIRST: [*of_result, *of_a_day], MOMENT_FIRST: [*of_a_day, *of_result]}
    order = next((name for name, columns in orders.items() if columns == shown), "")
    return Bulk(
        Known(table, replace(table, header=undated), ruleset, day, value, of_result, of_a_day),
        f"{table.sheet} {table.noun} ".lstrip(),
        [keys_below(rows, one.at) for one in content],
        keys(of_a_day),
        keys(of_person) if of_person else None,
        [] if order else [each(rows, one.at, after_a_space) for one in shown],
        order,
        ignored_in(table),
    )


def bulk_on(bulk: Bulk, day: str | None) -> Bulk:
    """The same as of another day: what a row says of a result holds on every day, and its own day is counted anew."""
    return replace(bulk, known=known_on(bulk.known, day), records={})


def known_on(known: Known, day: str | None) -> Known:
    return replace(known, day=day, moments={})


def ignored_in(table: Table) -> list[Ignored]:
    """The columns of names and numbers."""
    return [
        Ignored(each(table.rows, one.at, is_filled), cache(partial(names_and_numbers, one.heading)))
        for one in table.header.of(NOTHING, "name", "id")
        if one.heading
    ]


def part_of(rows: list[int]) -> Part:
    """Takes these rows out of a column."""
    first, below = rows[0], rows[0] + len(rows)
    if rows[-1] == below - 1 and rows == list(range(first, below)):
        return itemgetter(slice(first, below))
    return itemgetter(*rows)


# --- Many people --------------------------------------------------------------------------------------------------


def reads_of(bulk: Bulk, people: Iterable[Person]) -> Iterator[Read | None]:
    """What the rows of each say, where every row is a result of its own and nothing else; ``None`` for all others."""
    batch: list[Person] = []
    rows = 0
    for person in people:
        batch.append(person)
        rows += len(person.rows)
        bulk.taken += len(person.rows)
        if rows >= BATCH:
            yield from _together(bulk, batch)
            batch, rows = [], 0
    yield from _together(bulk, batch)


def _together(bulk: Bulk, people: Sequence[Person]) -> list[Read | None]:
    known, prefix = bulk.known, bulk.prefix
    rows = [row for person in people for row in person.rows]
    if not rows or _too_unlike(bulk):
        return [None] * len(people)
    part = part_of(rows)
    kinds = _kinds(known.plain, bulk, rows, part)
    moments = _moments(bulk, rows, part)
    ends = list(accumulate(len(person.rows) for person in people))
    spans = list(zip([0, *ends], ends, strict=False))
    if not (all(kinds) and all(moments)):
        plain = [all(kinds[first:last]) and all(moments[first:last]) for first, last in spans]
        among = iter(_together(bulk, list(compress(people, plain))))
        return [next(among) if one else None for one in plain]
    places = [f"{prefix}{number}" for number in part(known.table.numbers)]
    labs = tuple(
        [
            replace(kind.lab, where=where, when=moment.when, time=moment.time)
            for kind, moment, where in zip(kinds, moments, places, strict=True)
        ]
    )
    if known.alike:
        said = [kind.number * _APART + moment.number for kind, moment in zip(kinds, moments, strict=True)]
    else:
        # Two that are told apart here are different; two that are not are looked at again.
        said = list(map(sub, map(id, kinds), map(id, moments)))
    return [
        Read(
            Account(
                partial(
                    _elements,
                    bulk.order,
                    kinds[first:last],
                    moments[first:last],
                    places[first:last],
                    () if bulk.order else [part_of(person.rows)(column) for column in bulk.shown],
                )
            ),
            labs[first:last],
            _dated(known, moments[first:last]),
        )
        if len(set(said[first:last])) == last - first and not _mixed(known, kinds[first:last])
        else None
        for person, (first, last) in zip(people, spans, strict=True)
    ]


def _elements(
    order: str,
    kinds: Sequence[Kind],
    moments: Sequence[Moment],
    places: Sequence[str],
    shown: Sequence[Sequence[str]],
) -> tuple[Element, ...]:
    """The account of rows each of which is a result."""
    texts = _texts(order, kinds, moments, shown)
    return tuple(
        [
            Element(where, text[1 : ELEMENT_TEXT + 1], kind.fate, kind.reason)
            for kind, where, text in zip(kinds, places, texts, strict=True)
        ]
    )


def _too_unlike(bulk: Bulk) -> bool:
    """Whether so many rows were unlike all others that nothing is gained."""
    return bulk.known.read_whole > max(FEWEST, bulk.taken * MOST_READ_WHOLE)


def _dated(known: Known, moments: Sequence[Moment]) -> bool:
    return not known.undated or any(moment.dated for moment in moments)


def _mixed(known: Known, kinds: Sequence[Kind]) -> bool:
    """Whether a test is given both by mass and in moles."""
    if not known.mixed:
        return False
    scales = {kind.scale for kind in kinds if kind.scale}
    return len(scales) > len({analyte for analyte, _ in scales})


# --- One person ---------------------------------------------------------------------------------------------------


def of_one_mind(bulk: Bulk, person: Person) -> bool:
    """Whether all rows tell the same of the person."""
    return bulk.people is None or len(set(part_of(person.rows)(bulk.people))) == 1


def record_of(
    bulk: Bulk, person: Person, id: str, opening: Sequence[Element], read: Read | None
) -> Record | None:
    """The record of one person, or ``None`` where the rows have to be read one by one."""
    known, rows = bulk.known, person.rows
    if len(rows) > MOST_ENTRIES or _too_unlike(bulk):
        return None
    part = part_of(rows)
    draft, dated, about = told_of(bulk, rows, part)
    read = read or _rows(bulk, rows, part)
    if read is None:
        return None
    dated = dated or read.dated
    if dated and known.day is None:
        return None
    alone = alone_of(bulk, draft, dated, about)
    if alone is None:
        return None
    elements = read.elements
    if about:
        at = next(at for at, one in enumerate(elements) if one.where == about)
        elements = (*elements[:at], *alone.elements, *elements[at:])
    ignored = ignored_of(bulk, part)
    return Record(
        id=id,
        as_of=known.day if dated else None,
        age=alone.age,
        labs=read.labs,
        events=alone.events,
        not_understood=(*alone.not_understood, *read.unread),
        notes=(*alone.notes, *read.notes),
        elements=Account(lambda: (*opening, *elements, *ignored)),
        understood=alone.understood,
        died=alone.died,
    )


def ignored_of(bulk: Bulk, part: Part) -> list[Element]:
    """The account of columns of names and numbers."""
    return [one.told(held) for one in bulk.ignored if (held := sum(part(one.filled)))]


def told_of(bulk: Bulk, rows: list[int], part: Part) -> tuple[Draft, bool, str]:
    """What the rows tell of the person, whether it is dated, and the row that says it first."""
    draft, dated, about = NOBODY, False, ""
    if bulk.people is None:
        return draft, dated, about
    draft, said = Draft(), None
    for row, who in zip(rows, part(bulk.people), strict=True):
        if who != said:
            said = who
            dated = person_row(draft, bulk.known.table, row) or dated
            if draft.parts and not about:
                about = f"{bulk.prefix}{bulk.known.table.numbers[row]}"
    return draft, dated, about


def who_of(bulk: Bulk, draft: Draft, person: Person) -> None:
    """Takes what the rows tell of the person."""
    said = None
    for row, who in zip(person.rows, part_of(person.rows)(bulk.people) if bulk.people else (), strict=False):
        if who != said:
            said = who
            person_row(draft, bulk.known.table, row)


def _kinds(met: dict[Any, Any], bulk: Bulk, rows: Sequence[int], part: Part) -> list[Any]:
    """What each row says, as far as it is to be had."""
    cells = [part(column) for column in bulk.content]
    # A key that is dropped at once is made in the place of the one before; a list of them all would take its room.
    found = list(map(met.get, zip(*cells, strict=True)))
    if all(found):
        return found
    return _read_now(met, found, zip(*cells, strict=True), rows, bulk.known, kind_of)


def _moments(bulk: Bulk, rows: Sequence[int], part: Part) -> list[Any]:
    keys = part(bulk.moments)
    found = list(map(bulk.known.moments.get, keys))
    if all(found):
        return found
    return _read_now(bulk.known.moments, found, keys, rows, bulk.known, moment_of)


def _read_now(
    met: dict[Any, Any],
    found: list[Any],
    keys: Iterable[Any],
    rows: Sequence[int],
    known: Known,
    read: Reading,
) -> list[Any]:
    """Reads what was not met before; ``None`` stays where nothing is to be had."""
    before = known.read_whole
    for at, key in enumerate(keys):
        if found[at] is None:
            if key not in met:
                if known.read_whole - before > FEWEST + at * MOST_READ_WHOLE:
                    break
                read(known, key, rows[at])
            found[at] = met.get(key)
    return found


def _texts(
    order: str, kinds: Sequence[Kind], moments: Sequence[Moment], shown: Sequence[Sequence[str]]
) -> Iterable[str]:
    """The account of each row, with a space before it."""
    if order == RESULT_FIRST:
        return [kind.shown + moment.shown for kind, moment in zip(kinds, moments, strict=True)]
    if order == MOMENT_FIRST:
        return [moment.shown + kind.shown for kind, moment in zip(kinds, moments, strict=True)]
    return map("".join, zip(*shown, strict=True))


def _rows(bulk: Bulk, rows: list[int], part: Part) -> Read | None:
    """The rows one after the other, or ``None`` where one of them says more than a result with its day."""
    known, prefix = bulk.known, bulk.prefix
    kinds = _kinds(known.kinds, bulk, rows, part)
    moments = _moments(bulk, rows, part)
    if not (all(kinds) and all(moments)):
        return None
    elements: list[Element] = []
    labs: list[Lab] = []
    notes: list[Note] = []
    unread: list[Unread] = []
    seen: set[int] = set()
    scales: dict[str, str] = {}
    dated = False
    texts = _texts(bulk.order, kinds, moments, [part(column) for column in bulk.shown])
    for kind, moment, number, words in zip(kinds, moments, part(known.table.numbers), texts, strict=True):
        where, text = f"{prefix}{number}", words[1 : ELEMENT_TEXT + 1]
        if kind.number:
            same = kind.number * _APART + moment.number
            if same in seen:
                elements.append(Element(where, text, SET_ASIDE, AGAIN))
                continue
            seen.add(same)
            dated = dated or moment.dated
            if kind.lab is not None:
                labs.append(replace(kind.lab, where=where, when=moment.when, time=moment.time))
            if kind.scale is not None and scales.setdefault(*kind.scale) != kind.scale[1]:
                return None
            if kind.notes:
                notes += [replace(one, where=f"{where}{one.where}") for one in kind.notes]
            if kind.unread:
                unread += [replace(one, where=f"{where}{one.where}") for one in kind.unread]
        elements.append(Element(where, text, kind.fate, kind.reason))
    return Read(tuple(elements), tuple(labs), dated, notes, unread)


def alone_of(bulk: Bulk, draft: Draft, dated: bool, where: str) -> Record | None:
    """The record of the person alone, with its statements placed where they stand in the table."""
    if draft is NOBODY and dated in bulk.records:
        return bulk.records[dated]
    if {draft.patient.get("pregnant", "no"), draft.patient.get("breastfeeding", "no")} - {"yes", "no"}:
        return None
    said = (repr(draft.patient), draft.parts[0].text if draft.parts else "", dated)
    key = dated if draft is NOBODY else said
    if draft.deaths or draft.unread:
        # A death is of one person's own day, and what was not understood stands in one place.
        return finished(bulk, draft)
    kept = bulk.records.get(key)
    if kept is None:
        if len(bulk.records) >= MOST_KINDS:
            bulk.records.clear()
        alone = Draft(patient=draft.patient, patient_part=draft.patient_part, parts=draft.parts)
        for one in alone.parts:
            one.where = ALONE
        if (kept := finished(bulk, alone)) is None:
            return None
        bulk.records[key] = kept
    if not where:
        return kept
    return replace(
        kept,
        events=tuple(replace(one, where=where) for one in kept.events),
        notes=tuple(replace(one, where=where) for one in kept.notes),
        not_understood=tuple(replace(one, where=where) for one in kept.not_understood),
        elements=tuple(replace(one, where=where) for one in kept.elements),
    )


def finished(bulk: Bulk, draft: Draft) -> Record | None:
    """The record of a draft in which no results stand; ``None`` where the rows have to be read one by one."""
    try:
        return finish(draft, bulk.known.ruleset, bulk.known.day or "", ALONE, always_dated=False)
    except CobalensError:
        return None
