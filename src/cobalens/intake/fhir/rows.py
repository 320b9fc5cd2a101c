"""Lines of FHIR as rows of numbers, each line decoded once: whose it is, of which wording, on which days, and what was measured.

A line that is not plain is a row that says so; it is read again, from its place in the source, with all of its person's.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from errno import ESTALE
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Raw, Struct

from cobalens.intake.fhir import LOOKED_UP as OTHERS
from cobalens.intake.fhir import NOT_NEEDED
from cobalens.intake.fhir.alike import NUL, wording
from cobalens.intake.fhir.lines import (
    APART,
    LONGEST,
    LOOKED_UP,
    NAME,
    OWN,
    Aside,
    Chunk,
    Plan,
    Shared,
    lines_of,
    owner_of,
)
from cobalens.intake.fhir.typed import (
    EMPTY,
    Condition,
    MedicationRequest,
    Named,
    Observation,
    Patient,
    Procedure,
    Typed,
)

IGNORED_KINDS = frozenset(OTHERS) | NOT_NEEDED
"""Kinds that say nothing about anybody by themselves."""
BOM = b"\xef\xbb\xbf"
REPORT = "DiagnosticReport"
CAREFUL, IGNORED = -1, -2
"""In place of a wording: what has to be read with all of its person's, and what changes nothing."""
FIELDS = ("owner", "wording", "number", "day", "clock", "second", "later", "id", "at")
PLACES = ("owner", "file", "at")
NONE = -1
NOTHING = (NONE, NONE, NONE, NONE, NONE, 0)
"""What a row says of a line that is not plain, between its wording and its place."""
DATE = 10
"""Signs of a day; the time of day is behind it."""
AT_ONCE = 40_000
"""Lines that are read again at once, in the order of the source."""
NUMBERS = (int, Decimal)
MEASURED = "n"
"""How the wording of a result begins."""
_decode = msgspec.json.Decoder(Typed | Patient, float_hook=Decimal).decode
_broken = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)
Key = tuple[Any, ...]
NOT_PLAIN: tuple[Key | None, str, str] = (None, "", "")


class Head(Struct, rename="camel", gc=False):
    resource_type: str
    id: str = ""
    subject: Named | None = None
    patient: Named | None = None
    result: list[Named] = []
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
    """The rows of a chunk that belong to one part, and the words that their numbers stand for."""

    file: File
    owners: dict[str, int]
    wordings: dict[Key, int]
    numbers: dict[int | Decimal, int]
    days: dict[str, int]
    clocks: dict[str, int]
    examples: list[bytes] = []
    """The first line of each wording."""
    rows: list[int] = []


class Written(Struct, array_like=True):
    """A sheet as it is kept."""

    file: File
    owners: list[str]
    examples: list[bytes]
    numbers: list[str]
    days: list[str]
    clocks: list[str]
    rows: bytes


def share_out(chunk: Chunk, plan: Plan) -> Shared:
    """Every line of a chunk as a row, in the file of its person's part."""
    under = chunk.file.is_relative_to(plan.top)
    file = stamped(chunk.file, str(chunk.file.relative_to(plan.top) if under else chunk.file.absolute()))
    sheets = [Sheet(file, counting(), {}, counting(), counting(), counting()) for _ in range(plan.parts)]
    apart = bytearray()
    aside: list[Aside] = []
    lines = not_needed = number = 0
    for at, line, one, found in placed_lines(chunk, sheets):
        number += 1
        if found is None:
            line = line.removeprefix(BOM).strip()
            if not line:
                continue
            lines += 1
            whose, reason = owner_of(line)
            kind, _, who = whose.partition("/")
            if reason:
                aside.append(Aside(chunk.file.name, number, reason))
            elif not who:
                not_needed += 1
            elif kind in LOOKED_UP:
                apart += whose.encode() + b"\t" + line + b"\n"
            else:
                owner, sheet = _place(who, sheets)
                sheet.rows.extend((owner, IGNORED if is_ignored(line, whose) else CAREFUL, *NOTHING, at))
            continue
        lines += 1
        owner, sheet = found
        key, first, second = stated(one) if line.isascii() else NOT_PLAIN
        if one is None or key is None:
            sheet.rows.extend((owner, CAREFUL, *NOTHING, at))
            continue
        wordings, days, clocks = sheet.wordings, sheet.days, sheet.clocks
        nth = wordings.get(key)
        if nth is None:
            nth = wordings[key] = len(wordings)
            sheet.examples.append(line)
        figure = other = later = NONE
        if key[0] is MEASURED:
            figure = sheet.numbers[one.value_quantity.value]
        elif second:
            other = days[second[:DATE]]
            later = clocks[second[DATE:]]
        sheet.rows.extend(
            (
                owner,
                nth,
                figure,
                days[first[:DATE]],
                clocks[first[DATE:]],
                other,
                later,
                crc32(one.id.encode()),
                at,
            )
        )
    for part, sheet in enumerate(sheets):
        if sheet.rows:
            keep(plan.folder / NAME.format(part) / f"{chunk.number:05}.rows", sheet)
    if apart:
        place = plan.folder / APART / f"{chunk.number:05}.lines"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(apart)
    return Shared(lines, lines - not_needed - len(aside), not_needed, tuple(aside), number)


def placed_lines(
    chunk: Chunk, sheets: Sequence[Sheet]
) -> Iterator[tuple[int, bytes, Any, tuple[int, Sheet] | None]]:
    """Each line with its place in the file, as a typed resource and with its person's number where it is plain."""
    met: dict[str, tuple[int, Sheet] | None] = {"": None}
    for first, block in lines_of(chunk):
        at = first
        for line in block:
            try:
                one = _decode(line)
                whose = address_of(one)
            except _broken:
                one, whose = None, ""
            if whose not in met:
                own = OWN(whose)
                met[whose] = None if own is None else _place(own[1], sheets)
            yield at, line, one, met[whose]
            at += len(line) + 1


def address_of(one: Typed | Patient) -> str:
    """Whose a plain resource is; empty where that has to be looked for."""
    if type(one) is Patient:
        return f"Patient/{one.id}"
    subject = one.subject  # type: ignore[union-attr]
    return "" if subject is None else subject.reference


def _place(key: str, sheets: Sequence[Sheet]) -> tuple[int, Sheet]:
    """A person's number in the sheet that is of the person's part."""
    sheet = sheets[crc32(key.encode()) % len(sheets)]
    return sheet.owners[key], sheet


def stated(one: Typed | Patient | None) -> tuple[Key | None, str, str]:
    """The wording of a resource, and the two days that it gives; no wording where it is not plain."""
    if type(one) is Observation:
        quantity = one.value_quantity
        if quantity is None:
            return wording(one), one.effective_date_time, ""
        said = one.value_codeable_concept
        if one.component or (said is not EMPTY and said != EMPTY) or type(quantity.value) not in NUMBERS:
            return NOT_PLAIN
        beside = NUL.join((one.code, one.category, one.interpretation, one.reference_range))
        return (MEASURED, one.status, quantity.unit, quantity.code, beside), one.effective_date_time, ""
    if type(one) is Condition:
        return wording(one), one.onset_date_time, one.abatement_date_time
    if type(one) is MedicationRequest:
        return wording(one), one.authored_on, ""
    if type(one) is Procedure and (key := wording(one)) is not None:
        if one.performed_date_time:
            return (*key, "on"), one.performed_date_time, ""
        if one.performed_period is None:
            return (*key, ""), "", ""
        return (*key, "from"), one.performed_period.start, one.performed_period.end
    if type(one) is Patient:
        born = (one.birth_date, one.gender, bool(one.deceased_date_time), bytes(one.extension))
        return ("born", *born), "", ""
    return NOT_PLAIN


def is_ignored(line: bytes, address: str) -> bool:
    """Whether a line is of a kind that changes nothing, and of this person."""
    try:
        head = _head.decode(line)
    except _broken:
        return False
    whose = head.subject or head.patient
    # A report that only lists results says nothing by itself, and every plain result has a day of its own.
    listing = (
        head.resource_type == REPORT
        and head.result not in ((), [])
        and head.conclusion == head.conclusion_code == head.presented_form == EMPTY
    )
    return (
        (head.resource_type in IGNORED_KINDS or listing)
        and whose is not None
        and whose.reference == address
        and b'"contained"' not in line
    )


def stamped(file: Path, path: str) -> File:
    stat = file.stat()
    return File(path, stat.st_size, stat.st_mtime_ns)


def keep(place: Path, sheet: Sheet) -> None:
    place.parent.mkdir(exist_ok=True)
    written = Written(
        sheet.file,
        list(sheet.owners),
        sheet.examples,
        [str(one) for one in sheet.numbers],
        list(sheet.days),
        list(sheet.clocks),
        array("q", sheet.rows).tobytes(),
    )
    place.write_bytes(msgspec.msgpack.encode(written))


# --- A part, read again -------------------------------------------------------------------------------------------


STATED: tuple[type[Any], ...] = (Condition, MedicationRequest, Procedure)


class Taken(Struct, frozen=True):
    """All rows of a part in the order of the source, with numbers that stand for the same words everywhere."""

    top: Path
    files: tuple[File, ...]
    owners: tuple[str, ...]
    examples: tuple[Typed | Patient, ...]
    """The first resource of each wording."""
    numbers: tuple[Decimal, ...]
    days: tuple[str, ...]
    clocks: tuple[str, ...]
    columns: dict[str, Any]
    """As in ``FIELDS``, and ``file`` and ``kind``; Arrow's."""


PATIENT, RESULT, STATEMENT = 0, 1, 2
"""Kinds of rows; statements have further ones, by the kind of their resource."""
_written = msgspec.msgpack.Decoder(Written)


def kind_of(one: Typed | Patient) -> int:
    if type(one) is Observation:
        return STATEMENT if one.value_quantity is None else RESULT
    return PATIENT if type(one) is Patient else STATEMENT + 1 + STATED.index(type(one))


def taken(part: Path, top: Path = Path()) -> Taken:
    """The sheets of a part put together."""
    import pyarrow as pa

    files: dict[File, int] = {}
    owners: dict[str, int] = {}
    wordings: dict[Key, int] = {}
    examples: list[Typed | Patient] = []
    numbers: dict[Decimal, int] = {}
    days: dict[str, int] = {}
    clocks: dict[str, int] = {}
    pieces: dict[str, list[Any]] = {name: [] for name in (*FIELDS, "file", "kind")}
    for path in sorted(part.iterdir()):
        sheet = _written.decode(path.read_bytes())
        known = []
        for line in sheet.examples:
            one = _decode(line)
            key, _, _ = stated(one)
            assert key is not None
            if key not in wordings:
                wordings[key] = len(wordings)
                examples.append(one)
            known.append(wordings[key])
        dates, times = _numbered(sheet.days, days), _numbered(sheet.clocks, clocks)
        rows = array("q")
        rows.frombytes(sheet.rows)
        for nth, (name, into) in enumerate(
            zip(
                FIELDS,
                (
                    _numbered(sheet.owners, owners), known, _numbered(map(Decimal, sheet.numbers), numbers), dates, times, dates, times,
                    None, None,
                ),
                strict=True,
            )
        ):  # fmt: skip
            pieces[name].append(_renamed(rows[nth :: len(FIELDS)], into))
        kinds = [kind_of(examples[one]) for one in known]
        pieces["kind"].append(_renamed(rows[1 :: len(FIELDS)], kinds))
        file = files.setdefault(sheet.file, len(files))
        pieces["file"].append(pa.repeat(pa.scalar(file, pa.int32()), len(rows) // len(FIELDS)))
    columns = {name: pa.chunked_array(found) for name, found in pieces.items()}
    return Taken(
        top, tuple(files), tuple(owners), tuple(examples), tuple(numbers), tuple(days), tuple(clocks), columns
    )


def _numbered(words: Iterable[Any], known: dict[Any, int]) -> list[int]:
    return [known.setdefault(word, len(known)) for word in words]


def _renamed(column: array[int], into: Sequence[int] | None) -> Any:
    """A column with other numbers, the negative ones as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pa.Array.from_buffers(pa.int64(), len(column), [None, pa.py_buffer(column)])
    if into is None:
        return found
    return pa.array([IGNORED, CAREFUL, *into], pa.int32()).take(pc.subtract(found, IGNORED))


def lines_again(all_rows: Taken, owners: Iterable[int]) -> Iterator[tuple[int, list[bytes]]]:
    """These people and the lines of each as they stand in the source, in its order; people in the order of their keys.

    An ``OSError`` where the source is not there any more or has changed.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = sorted(owners, key=lambda one: all_rows.owners[one])
    chosen = pc.is_in(all_rows.columns["owner"], value_set=pa.array(wanted, pa.int32()))
    found = [all_rows.columns[name].filter(chosen).to_pylist() for name in PLACES]
    places: dict[int, list[tuple[int, int]]] = {owner: [] for owner in wanted}
    for owner, file, at in zip(*found, strict=True):
        places[owner].append((file, at))
    waiting: list[int] = []
    count = 0
    for owner in wanted:
        waiting.append(owner)
        count += len(places[owner])
        if count >= AT_ONCE:
            yield from _read(waiting, places, all_rows)
            waiting, count = [], 0
    yield from _read(waiting, places, all_rows)


def _read(
    owners: Sequence[int], places: Mapping[int, Sequence[tuple[int, int]]], all_rows: Taken
) -> Iterator[tuple[int, list[bytes]]]:
    lines: dict[tuple[int, int], bytes] = {}
    last = NONE
    with ExitStack() as stack:
        for file, at in sorted(place for owner in owners for place in places[owner]):
            if file != last:
                stack.close()
                kept = all_rows.files[file]
                path = all_rows.top / kept.path
                if stamped(path, kept.path) != kept:
                    raise OSError(ESTALE, "changed")
                opened, last = stack.enter_context(path.open("rb")), file
            opened.seek(at)
            lines[file, at] = opened.readline(LONGEST).removeprefix(BOM).strip()
    for owner in owners:
        yield owner, [lines[place] for place in places[owner]]


def people_in(part: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Person and the person's lines, in the order of the source; people in the order of their keys."""
    found = taken(part)
    for owner, lines in lines_again(found, range(len(found.owners))):
        yield found.owners[owner], lines
