"""One part of a population, read by the readers of one person's record, to facts and results: what a worker process does."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

from msgspec import Struct
from msgspec.structs import astuple, replace

from cobalens.api import Cobalens, load
from cobalens.engines.keeping import keep
from cobalens.engines.sql.answers import NOTICED as BEFORE
from cobalens.engines.sql.answers import Query, answers_query
from cobalens.engines.sql.rules import column_name
from cobalens.errors import CobalensError
from cobalens.intake import fhir
from cobalens.intake.dictionary import sexes_of
from cobalens.intake.draft import NOT_UNDERSTOOD, SET_ASIDE
from cobalens.intake.fhir.lines import Aside, looked_up
from cobalens.intake.fhir.referred import resolved
from cobalens.intake.fhir.taking import people_in
from cobalens.intake.joined import place_in
from cobalens.intake.many import TABLES, kind_of
from cobalens.intake.recognise import People, format_of, read_people, reader_on
from cobalens.intake.refused import Refused
from cobalens.intake.tables import not_needed_by_name
from cobalens.intake.timelines.timeline import facts_beside, facts_of
from cobalens.model.cohort import DIED, EPOCH, columns, rows_of
from cobalens.model.facts import Facts
from cobalens.model.record import Element, Record
from cobalens.model.ruleset import Pack, Ruleset
from cobalens.report.assemble import NOTICED
from cobalens.serve.cohort import days
from cobalens.serve.cohort.cases import cases_in, names_again, names_beside
from cobalens.serve.cohort.days import (
    DATE,
    EACH,
    HAS_DIED,
    NO_DAY,
    NO_RESULT,
    days_of,
    lasts_of,
    markers_of,
    number_of,
    scouted,
)
from cobalens.serve.cohort.packs import query_of, read_otherwise
from cobalens.serve.cohort.pieces import whole
from cobalens.serve.inputs import Input
from cobalens.serve.naming import own_id

NO_HEADINGS = "headings_not_recognised"
NOT_NEEDED = "a table whose name says that it holds nothing that is needed"
MET_BEFORE = "its id was met before, so that it is called by a suffix and judged apart"
EXPLAINING, PAIRING = "a table that says what codes mean", "a table that says which number is which"
UNCLEAR = "a number that another table pairs with several"
MOST_DAYS = 366
"""Days of decision for which a whole source of many people is read again."""
RESOURCE = b'{"resourceType":"'
"""How a line begins that no other format can be taken for."""
TAKEN = ("used", "understood")
MANY = 3_000
"""From so many people in a part on, facts are read by SQL: to plan its text takes as long as to read some two thousand people."""
Dated = tuple[str, int, Record]
"""A person with the day of decision, and the record as of that day."""
PARTLY = "a part of what is used"
_PART = re.compile(r"[a-z_]{3,12}")
_PLACE = re.compile(r"^\D*|\D.*$")
_ROW = re.compile(r"(?:^|\s)row (\d+)")
_ADDRESS = re.compile(rb'"((?:Medication|Binary)/[^"/\s]+)"|"[^"\s]*/((?:Medication|Binary)/[^"/\s]+)')


class Asked(Struct, frozen=True):
    """What holds for every part."""

    pack: str
    kind: str
    """``date``, ``latest`` or ``each-result``."""
    day: str | None
    complete: tuple[str, ...] = ()
    mapping: bytes | None = None
    shared: str = ""
    """The file of what others' resources are read with."""
    alone: bool = False
    """The source is one file: what is wrong with it is a refusal."""
    memory: str | None = None
    source: str = ""
    """The folder in which the lines are."""
    explaining: tuple[str, ...] = ()
    """Tables that say what codes mean, and of which the mapping is made, or which number is which."""
    numbers: str = ""
    """The file of what a table says of people who are known by two numbers."""
    pairing: str = ""
    """That table."""


class Part(Struct, frozen=True):
    number: int
    path: str
    lines: bool
    """Lines that were shared out by person; else one file that is read as it is."""
    facts: str
    results: str
    name: str = ""
    """What a person is called whom the file does not name."""
    label: str = ""
    """What the file is called where places in it are told."""
    beside: bool = False
    """Other files of the source may name the same people: those who are named in several are taken out."""
    piece: bool = False
    """``path`` is a piece of a table that is too large to be read at once."""
    before: int | None = None
    """``path`` is a piece of a file of cases, before which so many stand."""
    together: int | None = None
    """Of those people, which share is brought together here; ``path`` is the folder of what was taken out."""

    @property
    def file(self) -> str:
        return self.label or Path(self.path).name

    @property
    def called(self) -> str:
        return self.name or Path(self.path).stem


class Told(Struct, frozen=True):
    """What became of a part."""

    number: int
    people: int
    judged: int
    aside: tuple[Aside, ...]
    pieces: dict[str, int] = {}
    """What became of rows and entries of those judged, by fate and reason, where they were not lines."""
    unread: tuple[Aside, ...] = ()
    """Those of them that came to nothing, by place."""
    shortly: int = 0
    """Of those judged, all of whose lines were plain."""


class Shape(Struct, frozen=True):
    """The columns of the facts, and whose limits each is read by."""

    facts: tuple[tuple[str, str, str], ...]
    """Column, fact, and the pack where it is not the primary one."""
    noticed: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        return (
            ("person_id", "VARCHAR"),
            ("index_day", "INTEGER"),
            (DIED, "BOOLEAN"),
            *((column, "TINYINT") for column, _, _ in self.facts),
            *((column, "BOOLEAN") for column, _ in self.noticed),
        )


def shape_of(ruleset: Ruleset, pack: Pack, others: Sequence[Pack]) -> Shape:
    differs = read_otherwise(ruleset, pack, others)
    return shaped(answers_query(ruleset, pack, others, differs, noticed=NOTICED), differs)


def shaped(query: Query, differs: Mapping[str, Iterable[str]]) -> Shape:
    beside = {column_name(fact, other): other for other, facts in differs.items() for fact in facts}
    found = tuple((column, fact, beside.get(column, "")) for column, fact in query.facts.items())
    return Shape(found, tuple((column_name(BEFORE + code), code) for code in NOTICED))


@lru_cache(maxsize=2)
def kept(pack: str) -> tuple[Cobalens, Shape]:
    door = load(pack)
    differs = read_otherwise(door.ruleset, door.pack, door.others)
    return door, shaped(query_of(pack, False, NOTICED, True), differs)


@lru_cache(maxsize=1)
def kept_shared(path: str) -> Mapping[bytes, bytes]:
    return looked_up(Path(path)) if path else {}


def read_part(part: Part, asked: Asked) -> Told:
    """Everybody in a part, to its two files."""
    door, shape = kept(asked.pack)
    if part.lines:
        from cobalens.serve.cohort.rows import keep_lines

        return keep_lines(part, asked, door, shape)
    aside: list[Aside] = []
    met: set[str] = set()
    pieces: dict[str, tuple[Element, ...]] = {}
    files: dict[str, Sequence[str]] = {}
    everyone = (
        everybody(part, asked, door, pieces) if part.together is None else joined(part, asked, door, files)
    )

    def records() -> Iterator[Dated]:
        for person, found in everyone:
            met.add(person)
            if isinstance(found, str):
                aside.append(Aside(", ".join(files.get(person, (part.file,))), 0, found, person))
                continue
            day, record = found
            pieces[person] = (*record.elements, *parts_unread(record))
            yield person, day, record

    coming = records()
    few = list(islice(coming, MANY))
    if len(few) < MANY:
        judged = keep_few(few, part, door, shape)
    else:
        from cobalens.serve.cohort.rows import keep_many

        judged = keep_many(chain(few, coming), part, asked, door, shape)
    lost = (
        one
        for person, those in pieces.items()
        for one in unread(person, those, files.get(person, (part.file,)))
    )
    return Told(part.number, len(met), judged, tuple(aside), fates(pieces), tuple(lost))


def keep_few(those: Iterable[Dated], part: Part, door: Cobalens, shape: Shape) -> int:
    """Both files of a part, of so few people that their facts are read one by one; how many are judged."""
    facts: list[tuple[object, ...]] = []
    results: dict[str, list[tuple[object, ...]]] = {}
    for person, day, record in those:
        facts.append(row_of(person, day, record, door, shape))
        dated = replace(record, id=person, as_of=(EPOCH + dt.timedelta(days=day)).isoformat())
        results[person] = [astuple(one) for one in rows_of(dated).lab if one.for_index is None]
    keep(Path(part.facts), shape.columns, facts)
    keep(Path(part.results), columns(door.ruleset)["lab"], [row for rows in results.values() for row in rows])
    return len(facts)


def parts_unread(record: Record) -> Iterator[Element]:
    """What was not understood of pieces that are used: a date, a unit, some of the words."""
    if not record.not_understood:
        return
    known = {one.where for one in record.elements if one.fate == NOT_UNDERSTOOD}
    for left in record.not_understood:
        base, _, part = left.where.rpartition(".")
        if left.where not in known and base not in known:
            reason = f"its {part.replace('_', ' ')}" if _PART.fullmatch(part) and base else PARTLY
            yield Element(left.where, "", NOT_UNDERSTOOD, reason)


def fates(pieces: Mapping[str, tuple[Element, ...]]) -> dict[str, int]:
    found = Counter(told(piece) for person in pieces.values() for piece in person)
    return dict(sorted(found.items()))


def unread(person: str, pieces: Sequence[Element], files: Sequence[str]) -> Iterator[Aside]:
    """The place and the reason of what came to nothing, and whose it was; never what stood there."""
    for piece in pieces:
        if piece.fate not in TAKEN:
            file, where = place_in(piece.where, files)
            row = _ROW.search(where)
            file = file or ", ".join(files)
            yield Aside(file, int(row[1] if row else _PLACE.sub("", where) or 0), told(piece), person)


def told(piece: Element) -> str:
    """The fate of a piece with the first clause of the reason."""
    reason = re.split(r"[:;.] ", piece.reason.rstrip("."), maxsplit=2)
    fate = piece.fate.replace("_", " ")
    return f"{fate}: {', '.join(reason[:2])}" if piece.reason else fate


def row_of(person: str, day: int, record: Record, door: Cobalens, shape: Shape) -> tuple[object, ...]:
    """What the rules may ask of one person, under each pack, and what reading the record noticed."""
    here = facts_of(record, door.ruleset, door.pack)
    by_pack = {"": here}
    for other in door.others:
        by_pack[other.name] = facts_beside(record, door.ruleset, other, door.pack, here)
    values = [value(by_pack[pack], fact) for _, fact, pack in shape.facts]
    said = noticed(record, here)
    return (person, day, died(record), *values, *(code in said for _, code in shape.noticed))


def died(record: Record) -> bool | None:
    """That a death is said; nothing where none is, since nobody may have written it down."""
    return True if record.died is not None else None


def value(facts: Facts, name: str) -> int:
    one = facts.values.get(name)
    return one.value if one is not None else 0


def noticed(record: Record, facts: Facts) -> set[str]:
    return {note.code for note in record.notes} | {code for code, _ in facts.notes}


# --- Who is judged on which day -----------------------------------------------------------------------------------


Reader = Callable[[str, Collection[str] | None], People]
"""Reads those who are named, or everybody, as of a day."""
Judged = Iterator[tuple[str, tuple[int, Record] | str]]
"""Each person with the day of decision and the record of that day, or with the reason why there is none."""


def everybody(
    part: Part, asked: Asked, door: Cobalens, pieces: dict[str, tuple[Element, ...]] | None = None
) -> Judged:
    """Those of a part. ``pieces`` takes what belongs to nobody, as far as it is not in the first person's record."""
    path = Path(part.path)
    if part.path in asked.explaining:
        if pieces is not None:
            reason = PAIRING if part.path == asked.pairing else EXPLAINING
            pieces[""] = (Element("", "", TAKEN[1], reason),)
        return
    if not part.lines:
        try:
            content = whole(path)
            if several := cases_in(part.called, content, part.before):
                again = names_again(several, {}) if part.before is None else names_beside(path)
                for nth, one in enumerate(several):
                    fresh = again.get(nth)
                    for person, found in of_case(one, asked, door):
                        yield (person, found) if fresh is None else (fresh, judged_apart(found))
                return
            left = None
            if part.beside or part.piece or kind_of(content, asked.mapping) == TABLES:
                from cobalens.serve.cohort.joined import set_apart

                left = set_apart(part, content, asked, door)
            if left is None:
                yield from of_source(content, asked, door, own_id(Input(part.called, content)))
                return
            if left.around and pieces is not None:
                pieces[""] = left.around
            yield from ((name, UNCLEAR) for name in left.unclear)
            yield from of_reader(left.read, scouted(content), asked, door)
        except CobalensError as error:
            if asked.alone:
                raise
            if error.code == NO_HEADINGS and not_needed_by_name(part.called, door.ruleset):
                if pieces is not None:
                    pieces[""] = (Element("", "", SET_ASIDE, NOT_NEEDED),)
                return
            yield part.called, error.code
        return
    shared = kept_shared(asked.shared)
    for key, lines in people_in(path):
        yield from of_lines(key, lines, shared, asked, door)


def judged_apart(found: tuple[int, Record] | str) -> tuple[int, Record] | str:
    """Says of a record that it has the id of another."""
    if isinstance(found, str):
        return found
    day, record = found
    return day, replace(record, elements=(*record.elements, Element("id", "", TAKEN[1], MET_BEFORE)))


def of_case(one: Input, asked: Asked, door: Cobalens) -> Judged:
    """One of several cases of a file; what is wrong with it costs nobody else."""
    name = own_id(one)
    try:
        if isinstance(one.content, CobalensError):
            raise one.content
        yield from of_source(one.content, asked, door, name)
    except CobalensError as error:
        yield name, error.code


def joined(part: Part, asked: Asked, door: Cobalens, files: dict[str, Sequence[str]]) -> Judged:
    """People whose records of several files are put together; ``files`` takes which these are for each."""
    from cobalens.serve.cohort.joined import readers

    for name, of, read in readers(part, asked, door):
        files[name] = of
        yield from of_reader(read, days.today(), asked, door)


def of_lines(
    key: str, lines: Sequence[bytes], shared: Mapping[bytes, bytes], asked: Asked, door: Cobalens
) -> Judged:
    """The lines of one person, with what they are read with."""
    content = b"\n".join(resolved(line, shared) for line in lines)
    if shared:
        content = b"\n".join((content, *wanted(content, shared)))
    try:
        yield from of_source(content, asked, door, key)
    except CobalensError as error:
        yield key, error.code


def wanted(content: bytes, shared: Mapping[bytes, bytes]) -> list[bytes]:
    """What these resources are read with, each once."""
    addresses = dict.fromkeys(one or other for one, other in _ADDRESS.findall(content))
    return [shared[address] for address in addresses if address in shared]


def of_source(content: bytes, asked: Asked, door: Cobalens, id: str) -> Judged:
    def read(day: str) -> People:
        if content.startswith(RESOURCE) and not asked.complete and asked.mapping is None:
            return fhir.read(content, door.ruleset, day, id)
        return read_people(content, door.ruleset, day, id, asked.complete, asked.mapping)

    if asked.kind == DATE:
        yield from on_their_day(read, asked)
        return
    read_some = reader_on(content, door.ruleset, id, asked.complete, asked.mapping)
    if read_some is not None:
        yield from of_reader(read_some, scouted(content), asked, door)
        return
    settled, people = days_asked(read(scouted(content)), asked, door)
    if any(found == NO_RESULT for _, found in settled) and format_of(content) is None:
        # In a case whose days are relative to the decision a year in its words ("in 2016") makes no result's day.
        undated = read_people(content, door.ruleset, None, id, asked.complete, asked.mapping)
        sexes = sexes_of(door.ruleset)
        relative = {one.id: one for one in undated if isinstance(one, Record) and is_relative(one, sexes)}
        settled = [
            (name, (NO_DAY, relative[name]) if found == NO_RESULT and name in relative else found)
            for name, found in settled
        ]
    yield from settled
    if len(people) > MOST_DAYS and len(set().union(*people.values())) > 1:
        from cobalens.serve.cohort import refusals

        raise refusals.too_many_days(len(people), MOST_DAYS)
    yield from on_own_days(people, lambda day, _: read(day))


def of_reader(read: Reader, day: str, asked: Asked, door: Cobalens) -> Judged:
    """As ``of_source``, of a source that has been opened."""
    if asked.kind == DATE:
        yield from on_their_day(lambda day: read(day, None), asked)
        return
    settled, people = days_asked(read(day, None), asked, door)
    yield from settled
    yield from on_own_days(people, read)


def on_their_day(read: Callable[[str], People], asked: Asked) -> Judged:
    assert asked.day is not None
    for one in read(asked.day):
        yield one.id, as_of_day(asked.day, one)


def as_of_day(day: str, one: Record | Refused) -> tuple[int, Record] | str:
    """The record with its day of decision, or why nobody is judged on it."""
    if not isinstance(one, Record):
        return one.error.code
    return HAS_DIED if one.has_died else (number_of(day), one)


def days_asked(
    found: People, asked: Asked, door: Cobalens
) -> tuple[list[tuple[str, tuple[int, Record] | str]], dict[str, list[str]]]:
    """Who is settled, being judged on no day or, for a reason, not at all; and on which day whom of the others."""
    settled: list[tuple[str, tuple[int, Record] | str]] = []
    people: dict[str, list[str]] = {}
    markers, sexes = markers_of(door.ruleset), sexes_of(door.ruleset)
    lasts = lasts_of(door.ruleset)
    for one in found:
        if not isinstance(one, Record):
            settled.append((one.id, one.error.code))
        elif is_relative(one, sexes):
            settled.append((one.id, (NO_DAY, one)))
        elif not (own := days_of(one, markers, None if asked.kind == EACH else lasts)):
            settled.append((one.id, NO_RESULT))
        else:
            for day in own:
                people.setdefault(day, []).append(one.id)
    return settled, people


def is_relative(record: Record, sexes: Collection[str]) -> bool:
    """Whether the days of a record are counted from the decision, and more is said than somebody's sex."""
    return record.as_of is None and bool(
        record.labs or any(event.concept not in sexes for event in record.events)
    )


def on_own_days(people: Mapping[str, Sequence[str]], read: Reader) -> Judged:
    for day, names in sorted(people.items()):
        wanted = frozenset(names)
        for one in read(day, wanted):
            if one.id in wanted:
                yield one.id, as_of_day(day, one)
