"""One person's record out of several sources: tables of any layout and messages, as if all of it stood in one.

What a source says a second time of the same result or statement is counted once; two sexes or two birth dates are told
as they are in one table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cobalens.errors import CobalensError
from cobalens.intake import dates
from cobalens.intake.account import Account
from cobalens.intake.casefile import sex_in
from cobalens.intake.draft import MOST_ENTRIES, SET_ASIDE, Draft, finish, note
from cobalens.intake.hl7v2 import reader as messages
from cobalens.intake.hl7v2.syntax import Segment
from cobalens.intake.many import Apart
from cobalens.intake.refused import Refused
from cobalens.intake.tables import says_two
from cobalens.intake.tables.bulk import Bulk, Read, bulk_for, bulk_on, reads_of, who_of
from cobalens.intake.tables.kept import table_again
from cobalens.intake.tables.people import AGAIN, fill, ignored
from cobalens.intake.tables.refusals import two_in_one
from cobalens.intake.tables.table import Person, Table
from cobalens.model.record import Element, Lab, Record
from cobalens.model.ruleset import Ruleset

MOST_DAYS = 64
"""Days of decision for which the days of a table's rows are held."""
_SLASHED = re.compile(r"\d[/.]\d{1,2}[/.]\d")


class Sheet(Struct):
    """A table, and where its rows are many what reads its plain results at once, made ready for the days asked for."""

    table: Table
    many: Bulk | None
    days: dict[str, Bulk] = {}

    def on(self, day: str) -> Bulk | None:
        if self.many is None:
            return None
        if (found := self.days.get(day)) is None:
            if len(self.days) >= MOST_DAYS:
                self.days.clear()
            found = self.days[day] = bulk_on(self.many, day)
        return found


Piece = tuple[Sheet, Person] | tuple[messages.Person, bool]
"""The rows of a table, or messages with whether their character set was guessed."""


class Joined(Struct, frozen=True):
    """One person, with what each source says, in the order of the sources."""

    id: str
    files: list[str]
    pieces: list[Piece]


def people_of(sources: Iterable[Apart], ruleset: Ruleset, mapping: bytes | None) -> list[Joined]:
    """Everybody in what several sources say, in the order in which they are met."""
    found: dict[str, Joined] = {}

    def add(id: str, file: str, piece: Piece) -> None:
        one = found.setdefault(id, Joined(id, [], []))
        if file not in one.files:
            one.files.append(file)
        one.pieces.append(piece)

    for source in sources:
        for kept in source.tables:
            table, people = table_again(kept, source.file, ruleset, mapping)
            sheet = Sheet(table, bulk_for(table, ruleset, None))
            for person in people:
                add(person.id, source.file, (sheet, person))
        for one in source.people:
            add(one.id, source.file, (placed(one, source.file), source.guessed))
    return [replace(one, pieces=list(_together(one.pieces))) for one in found.values()]


def placed(one: messages.Person, file: str) -> messages.Person:
    """The messages with the file in every place."""
    segments = [(number, replace(each, where=f"{file} {each.where}")) for number, each in one.segments]
    return replace(one, segments=segments)


def _together(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """All messages as if they stood in one file, where the first of them stands: one sent again is known as such."""
    sent = [(one, guessed) for one, guessed in pieces if isinstance(one, messages.Person)]
    for piece in pieces:
        if not isinstance(piece[0], messages.Person):
            yield piece
        elif piece[0] is sent[0][0]:
            yield _as_one([one for one, _ in sent]), any(guessed for _, guessed in sent)


def _as_one(people: list[messages.Person]) -> messages.Person:
    made = messages.Person(people[0].id, [], {}, {}, people[0].authority)
    for one in people:
        before = max(made.zones, default=-1) + 1
        segments: list[tuple[int, Segment]] = [(before + number, each) for number, each in one.segments]
        made.segments.extend(segments)
        made.zones.update({before + number: zone for number, zone in one.zones.items()})
        made.sent.update({before + number: when for number, when in one.sent.items()})
    return made


def record_on(one: Joined, ruleset: Ruleset, day: str) -> Record | Refused:
    """The record as of a day of decision."""
    found = _read(one, ruleset, day, at_once=True) or _read(one, ruleset, day, at_once=False)
    assert found is not None
    return once(found, one.files) if isinstance(found, Record) else found


class Plain(Struct):
    """Plain results of a table, and between which parts of the account theirs belongs."""

    read: Read
    at: int


def _read(one: Joined, ruleset: Ruleset, day: str, at_once: bool) -> Record | Refused | None:
    """The record. ``at_once``: plain results of many rows are not read row by row; nothing where more is said than that."""
    draft = Draft()
    plain: list[Plain] = []
    said: list[Mapping[str, Any]] = []
    contradiction = dated = False
    for piece in one.pieces:
        before, draft.patient = draft.patient, {}
        if isinstance(piece[0], messages.Person):
            begin, dated = len(draft.parts), True
            messages.take(piece[0], draft, ruleset, day)
            if piece[1]:
                note(draft, begin, messages.GUESSED)
        else:
            sheet, person = piece
            contradiction = contradiction or says_two(sheet.table, person)
            many = sheet.on(day) if at_once else None
            if many is not None and (read := next(reads_of(many, [person]))) is not None:
                who_of(many, draft, person)
                plain.append(Plain(read, len(draft.parts)))
            else:
                fill(draft, sheet.table, person.rows)
            ignored(draft, sheet.table, person.rows)
        said.append(draft.patient)
        draft.patient = {**before, **draft.patient}
    if contradiction or _two_people(said):
        return Refused(one.id[:200], two_in_one())
    # Where no results are plain, all was read row by row already.
    if at_once and plain and not _apart_from_results(draft, plain):
        return None
    of_a_day = any(each.read.dated for each in plain)
    try:
        record = finish(
            draft, ruleset, day, one.id[:200], always_dated=dated or of_a_day, beside_dated=of_a_day
        )
    except CobalensError as error:
        return Refused(one.id[:200], error)
    if not plain:
        return record
    return None if record.labs else _with_results(record, plain)


def _apart_from_results(draft: Draft, plain: Sequence[Plain]) -> bool:
    """Whether nothing that was read bears on plain results: others of them, remarks, or a date that may be read in two ways."""
    if draft.sections.get("labs") or draft.sections.get("note"):
        return False
    if sum(len(one.read.labs) for one in plain) > MOST_ENTRIES or _mixed(plain):
        return False
    return not any(_SLASHED.search(text) for text in _texts(draft.sections))


def _mixed(plain: Sequence[Plain]) -> bool:
    """Whether a test has several units in several tables: by mass and in moles is then possible."""
    units: dict[str, set[str | None]] = {}
    for one in plain if len(plain) > 1 else ():
        for lab in one.read.labs:
            units.setdefault(lab.analyte, set()).add(lab.unit)
    return any(len(those) > 1 for those in units.values())


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for one in part.values() if isinstance(part, dict) else part:
            yield from _texts(one)


def _with_results(record: Record, plain: Sequence[Plain]) -> Record:
    def account() -> tuple[Element, ...]:
        made: list[Element] = []
        begin = 0
        for one in plain:
            made += (*record.elements[begin : one.at], *one.read.elements)
            begin = one.at
        return (*made, *record.elements[begin:])

    labs = tuple(lab for one in plain for lab in one.read.labs)
    return replace(record, labs=labs, elements=Account(account))


def _two_people(said: Iterable[Mapping[str, Any]]) -> bool:
    """Whether sources give two sexes, or birth dates that cannot be the same."""
    sexes = {sex for one in said if (sex := sex_in(str(one.get("sex", ""))))}
    spans = [span for one in said if (span := _born(str(one.get("birth_date", ""))))]
    return len(sexes) > 1 or max((one[0] for one in spans), default=0) > min(
        (one[1] for one in spans), default=0
    )


def _born(text: str) -> tuple[int, int] | None:
    try:
        first, last = dates.born_between(text)
    except dates.DateError:
        return None
    return first.toordinal(), last.toordinal()


# --- What several sources say once --------------------------------------------------------------------------------


def once(record: Record, files: Sequence[str]) -> Record:
    """Sets aside each result that a source before has given in the same words or others."""
    first: dict[Lab, str] = {}
    kept: list[Lab] = []
    again: set[str] = set()
    for lab in record.labs:
        text = lab.text if lab.problem else ""
        file, _ = place_in(lab.where, files)
        if first.setdefault(replace(lab, where="", text=text), file) == file:
            kept.append(lab)
        else:
            again.add(lab.where)
    if not again:
        return record
    again -= {lab.where for lab in kept} | {event.where for event in record.events}
    elements = tuple(
        replace(one, fate=SET_ASIDE, reason=AGAIN) if one.where in again else one for one in record.elements
    )
    return replace(record, labs=tuple(kept), elements=elements)


def place_in(where: str, files: Sequence[str]) -> tuple[str, str]:
    """The file in which a place is, and the place there; nothing for the file where none is named."""
    for file in sorted(files, key=len, reverse=True):
        if where.startswith(f"{file} "):
            return file, where[len(file) + 1 :]
    return "", where
