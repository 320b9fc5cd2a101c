"""Lines of FHIR as rows of numbers, each line decoded once: whose it is, of which wording, on which days, and what was measured.

A line that is not plain is a row that says so; it is read again, from its place in the source, with all of its person's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec
import numpy as np
from msgspec import Raw, Struct

from cobalens.intake.fhir import LOOKED_UP as OTHERS
from cobalens.intake.fhir import NOT_NEEDED
from cobalens.intake.fhir.alike import NUL, ordered, used, wording
from cobalens.intake.fhir.lines import (
    APART,
    LOOKED_UP,
    NAME,
    NOBODY,
    OWN,
    Aside,
    Chunk,
    Plan,
    Shared,
    blocks_of,
    owner_of,
)
from cobalens.intake.fhir.ordered import days_of, order_days, use_days
from cobalens.intake.fhir.referred import referring
from cobalens.intake.fhir.typed import (
    EMPTY,
    Condition,
    MedicationRequest,
    MedicationStatement,
    Named,
    Observation,
    Patient,
    Procedure,
    Referring,
    ReferringUse,
    Typed,
    is_text,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

IGNORED_KINDS = frozenset(OTHERS) | NOT_NEEDED
"""Kinds that say nothing about anybody by themselves."""
OF_SEVERAL = frozenset({"Patient", "Bundle", "Parameters"})
"""Kinds that are read with others, or hold them."""
OF_NO_ONE_PERSON = NOBODY | LOOKED_UP | OF_SEVERAL | {""}
BOM = b"\xef\xbb\xbf"
REPORT = "DiagnosticReport"
CAREFUL, IGNORED, ASKED = -1, -2, -3
"""In place of a wording: what has to be read with all of its person's, what changes nothing, and what may do so.

To ask it takes the line alone, and whoever has no other than plain lines and such that say nothing need not be read in full.
"""
WITHOUT_WORDING = (ASKED, IGNORED, CAREFUL)
"""As they stand at the end of a list, seen from there."""
FIELDS = ("owner", "wording", "number", "day", "clock", "second", "later", "id", "at")
KEPT_AS = ("i4", "i4", "i4", "i4", "i4", "i4", "i4", "u4", "i8")
OF_WORDS = ((0,), (1,), (2,), (3, 5), (4, 6))
"""In which fields owners, wordings, numbers, days and clocks stand."""
NONE = -1
NOTHING = (NONE, NONE, NONE, NONE, NONE, 0)
"""What a row says of a line that is not plain, between its wording and its place."""
DATE = 10
"""Signs of a day; the time of day is behind it."""
NUMBERS = (int, Decimal)
MEASURED, REFERRED, REFERRED_USE = "n", "r", "u"
"""How the wording of a result begins, and that of an order, or of a use, whose medicine is to be put in its place."""
decode = msgspec.json.Decoder(Typed | Patient, float_hook=Decimal).decode
BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)
Key = tuple[Any, ...]
Line = Typed | Patient | Referring | ReferringUse
NOT_PLAIN: tuple[Key | None, str, str] = (None, "", "")


class Head(Struct, rename="camel", gc=False):
    """What can be seen of a line of any kind."""

    resource_type: str
    id: str = ""
    subject: Named | None = None
    patient: Named | None = None
    entry: Raw = EMPTY
    result: list[Named] = []
    effective_date_time: str = ""
    conclusion: Raw = EMPTY
    conclusion_code: Raw = EMPTY
    presented_form: Raw = EMPTY


_head = msgspec.json.Decoder(Head)


def counting() -> dict[Any, int]:
    """Whatever is looked up and new gets the next number."""
    found: defaultdict[Any, int] = defaultdict()
    found.default_factory = found.__len__
    return found


class File(Struct, frozen=True, array_like=True):
    """A file of the source as it was when its lines were shared out."""

    path: str
    bytes: int
    changed: int


class Sheet(Struct):
    """The words of a chunk, and the numbers that stand for them in its rows."""

    file: File
    owners: list[bytes]
    """People; those of lines that were cut may stand here more than once."""
    wordings: dict[Key, int]
    numbers: dict[int | Decimal, int]
    days: dict[str, int]
    clocks: dict[str, int]
    examples: list[bytes] = []
    """The first line of each wording."""

    def add_owners(self, names: Iterable[bytes]) -> int:
        """The number of the first of these; the others follow it."""
        first = len(self.owners)
        self.owners += names
        return first

    def worded(self, key: Key, line: bytes) -> int:
        nth = self.wordings.get(key)
        if nth is None:
            nth = self.wordings[key] = len(self.wordings)
            self.examples.append(line)
        return nth


class Written(Struct, array_like=True):
    """The rows of a chunk that belong to one part, as they are kept."""

    file: File
    owners: bytes
    """A line each."""
    examples: list[bytes]
    numbers: list[str]
    days: list[str]
    clocks: list[str]
    columns: list[bytes]
    """As in ``FIELDS`` and ``KEPT_AS``."""


class Sorting(Struct):
    """What is known of a chunk so far."""

    sheet: Sheet
    file: str
    met: dict[str, int | None]
    """Address -> number of the person; nothing where the line has to be looked at."""
    apart: bytearray
    people: dict[str, int] = {}
    """Person -> the number that the sheet has for them."""
    aside: list[Aside] = []
    lines: int = 0
    not_needed: int = 0
    numbered: int = 0

    def number_of(self, key: str) -> int:
        found = self.people.get(key)
        if found is None:
            found = self.people[key] = self.sheet.add_owners([key.encode()])
        return found


def share_out(chunk: Chunk, plan: Plan) -> Shared:
    """Every line of a chunk as a row, in the file of its person's part."""
    under = chunk.file.is_relative_to(plan.top)
    file = stamped(chunk.file, str(chunk.file.relative_to(plan.top) if under else chunk.file.absolute()))
    sheet = Sheet(file, [], {}, counting(), counting(), counting())
    state = Sorting(sheet, chunk.label or chunk.file.name, {"": None}, bytearray())
    found: list[list[Numbers]] = []
    for at, block in blocks_of(chunk):
        if plan.compiled:
            from cobalens.intake.fhir.moulds import rows_of_block

            lines, plain, left = rows_of_block(block, at, sheet)
            state.lines += len(plain[-1])
            found.append(in_order(plain, rows_of_lines(left, state)))
        else:
            lines = block.count(b"\n") + (not block.endswith(b"\n"))
            found.append(rows_of_lines(lines_of(block, at), state))
        state.numbered += lines
    if found:
        _keep_parts(sheet, [np.concatenate(columns) for columns in zip(*found, strict=True)], chunk, plan)
    if state.apart:
        place = plan.folder / APART / f"{chunk.number:05}.lines"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(state.apart)
    given = state.lines - state.not_needed - len(state.aside)
    return Shared(state.lines, given, state.not_needed, tuple(state.aside), state.numbered)


def lines_of(block: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Each line with its number in the block, from 0, and its place in the file."""
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines):
        yield number, at, line
        at += len(line) + 1


def in_order(some: list[Numbers], others: list[Numbers]) -> list[Numbers]:
    """Rows of both kinds as their lines stand in the file."""
    if not len(others[-1]):
        return some
    columns = [np.concatenate(both) for both in zip(some, others, strict=True)]
    order = np.argsort(columns[-1], kind="stable")
    return [column[order] for column in columns]


def rows_of_lines(lines: Iterable[tuple[int, int, bytes]], state: Sorting) -> list[Numbers]:
    """Lines decoded one by one: a row each, but for those that belong to nobody; a column for each of ``FIELDS``."""
    sheet, rows = state.sheet, list[int]()
    days, clocks, met = sheet.days, sheet.clocks, state.met
    for number, at, line in lines:
        try:
            one = decoded(line)
            whose = address_of(one)
        except BROKEN:
            one, whose = None, ""
        if whose not in met:
            own = OWN(whose)
            met[whose] = None if own is None else state.number_of(own[1])
        owner = met[whose]
        if owner is None:
            _by_its_head(line, at, number, state, rows)
            continue
        state.lines += 1
        key, first, second = stated(one) if is_text(line) else NOT_PLAIN
        if one is None or key is None:
            rows.extend((owner, fate_of(one) if one and is_text(line) else CAREFUL, *NOTHING, at))
            continue
        figure = other = later = NONE
        if key[0] is MEASURED:
            figure = sheet.numbers[one.value_quantity.value]
        elif second:
            other = days[second[:DATE]]
            later = clocks[second[DATE:]]
        rows.extend(
            (
                owner,
                sheet.worded(key, line),
                figure,
                days[first[:DATE]],
                clocks[first[DATE:]],
                other,
                later,
                crc32(one.id.encode()),
                at,
            )
        )
    columns = np.array(rows, np.int64).reshape(-1, len(FIELDS)).T
    return [column.astype(kind) for column, kind in zip(columns, KEPT_AS, strict=True)]


def _by_its_head(line: bytes, at: int, number: int, state: Sorting, rows: list[int]) -> None:
    """A line that is not of a plain kind, or whose owner has to be looked for."""
    line = line.removeprefix(BOM).strip()
    if not line:
        return
    state.lines += 1
    head = head_of(line)
    whose, reason = whose_by_head(head), ""
    if not whose:
        whose, reason = owner_of(line)
    kind, _, who = whose.partition("/")
    if reason:
        state.aside.append(Aside(state.file, state.numbered + number + 1, reason))
    elif not who:
        state.not_needed += 1
    elif kind in LOOKED_UP:
        state.apart += whose.encode() + b"\t" + line + b"\n"
    else:
        rows.extend((state.number_of(who), fate_by_head(head, line, whose), *NOTHING, at))


def _keep_parts(sheet: Sheet, rows: list[Numbers], chunk: Chunk, plan: Plan) -> None:
    """The rows of each part to its own file, with the words that are its own."""
    part_of_owner = np.array([crc32(one) % plan.parts for one in sheet.owners], np.int16)
    part_of_row = part_of_owner[rows[0]]
    order = np.argsort(part_of_row, kind="stable")
    columns = [column[order] for column in rows]
    numbers = [str(one) for one in sheet.numbers]
    words: tuple[Sequence[Any], ...] = (
        sheet.owners,
        sheet.examples,
        numbers,
        list(sheet.days),
        list(sheet.clocks),
    )
    ends = np.cumsum(np.bincount(part_of_row, minlength=plan.parts)).tolist()
    for part, (first, after) in enumerate(zip([0, *ends], ends, strict=False)):
        if first == after:
            continue
        of_part = [column[first:after] for column in columns]
        who, examples, figures, days, clocks = (
            _only(of_part, those, of) for those, of in zip(OF_WORDS, words, strict=True)
        )
        kept = [
            column.astype(kind, copy=False).tobytes() for column, kind in zip(of_part, KEPT_AS, strict=True)
        ]
        written = Written(sheet.file, b"\n".join(who), examples, figures, days, clocks, kept)
        place = plan.folder / NAME.format(part) / f"{chunk.number:05}.rows"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(msgspec.msgpack.encode(written))


def _only(columns: list[Numbers], those: tuple[int, ...], words: Sequence[Any]) -> list[Any]:
    """The words that stand in these columns, which get new numbers."""
    used = np.zeros(len(words) + len(WITHOUT_WORDING), bool)
    for nth in those:
        used[columns[nth]] = True
    # Negative ones stand for no word and stay; they are seen from the end.
    into = np.cumsum(used, dtype=np.int32) - np.int32(1)
    into[-len(WITHOUT_WORDING) :] = WITHOUT_WORDING
    for nth in those:
        columns[nth] = into[columns[nth]]
    return [words[one] for one in np.flatnonzero(used[: -len(WITHOUT_WORDING)]).tolist()]


def decoded(line: bytes) -> Any:
    """A line of which every field is known; an error of ``BROKEN`` for any other."""
    try:
        return decode(line)
    except msgspec.ValidationError:
        if (one := referring(line)) is None:
            raise
        return one


def address_of(one: Line) -> str:
    """Whose a plain resource is; empty where that has to be looked for."""
    if type(one) is Patient:
        return f"Patient/{one.id}"
    subject = one.subject  # type: ignore[union-attr]
    return "" if subject is None else subject.reference


def stated(one: Line | None) -> tuple[Key | None, str, str]:
    """The wording of a resource, and the two days that it gives; no wording where it is not plain."""
    if type(one) is Observation:
        quantity = one.value_quantity
        if quantity is None:
            return wording(one), one.effective_date_time, ""
        said = one.value_codeable_concept
        if one.component or (said is not EMPTY and said != EMPTY) or type(quantity.value) not in NUMBERS:
            return NOT_PLAIN
        beside = NUL.join((one.code, one.category, one.interpretation, one.reference_range, one.note))
        return (MEASURED, one.status, quantity.unit, quantity.code, beside), one.effective_date_time, ""
    if type(one) is Condition:
        return wording(one), one.onset_date_time, one.abatement_date_time
    if isinstance(one, MedicationRequest | MedicationStatement):
        return wording(one), *days_of(one)
    if isinstance(one, Referring):
        return ordered(one, REFERRED, *_referred(one)), *order_days(one)
    if isinstance(one, ReferringUse):
        return used(one, REFERRED_USE, *_referred(one)), *use_days(one)
    if type(one) is Procedure and (key := wording(one)) is not None:
        if one.performed_date_time:
            return (*key, "on"), one.performed_date_time, ""
        if one.performed_period is None:
            return (*key, ""), "", ""
        return (*key, "from"), one.performed_period.start, one.performed_period.end
    if type(one) is Patient:
        return (
            ("born", one.gender, bool(one.deceased_date_time), one.deceased_boolean, bytes(one.extension)),
            one.birth_date,
            one.deceased_date_time,
        )
    return NOT_PLAIN


def _referred(one: Referring | ReferringUse) -> tuple[bytes, bytes]:
    return bytes(one.medication_reference), bytes(one.contained)


def fate_of(one: Line) -> int:
    """Of a resource of which every field is known but whose wording is not plain."""
    if type(one) is Observation:
        return ASKED if one.effective_date_time else CAREFUL
    return CAREFUL if type(one) is Patient else ASKED


def head_of(line: bytes) -> Head | None:
    try:
        return _head.decode(line)
    except BROKEN:
        return None


def whose_by_head(head: Head | None) -> str:
    """The address of a line's person, where that needs no look at other fields; else it is empty."""
    if head is None or head.resource_type in OF_NO_ONE_PERSON or head.entry != EMPTY:
        return ""
    whose = head.subject or head.patient
    return whose.reference if whose is not None and OWN(whose.reference) else ""


def fate_by_head(head: Head | None, line: bytes, address: str) -> int:
    """Of a line of any other shape, as far as it is of this person and of nobody else."""
    if head is None:
        return CAREFUL
    kind, whose = head.resource_type, head.subject or head.patient
    if whose is None or whose.reference != address or kind in OF_SEVERAL or not is_text(line):
        return CAREFUL
    # A report that only lists results says nothing by itself, and every plain result has a day of its own.
    listing = (
        head.resource_type == REPORT
        and head.result not in ((), [])
        and head.conclusion == head.conclusion_code == head.presented_form == EMPTY
    )
    if kind in IGNORED_KINDS or (listing and b'"contained"' not in line):
        return IGNORED
    # A result without a day may have that of a report or of a visit, which stand in other lines. A diagnosis of a visit may
    # as well, but one whose words say nothing says nothing on any day.
    return CAREFUL if kind == "Observation" and not head.effective_date_time else ASKED


def stamped(file: Path, path: str) -> File:
    stat = file.stat()
    return File(path, stat.st_size, stat.st_mtime_ns)
