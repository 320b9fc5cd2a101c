"""The rows of a part put together again, and the lines of some people from their places in the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from errno import ESTALE
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from cobalens.intake.fhir.lines import LONGEST
from cobalens.intake.fhir.referred import resolved
from cobalens.intake.fhir.rows import (
    ASKED,
    BOM,
    FIELDS,
    KEPT_AS,
    NONE,
    WITHOUT_WORDING,
    File,
    Key,
    Written,
    counting,
    decoded,
    stamped,
    stated,
)
from cobalens.intake.fhir.typed import (
    Condition,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
    Referring,
    ReferringUse,
    Typed,
)

PLACES = ("owner", "file", "at")
Places = Mapping[int, Sequence[tuple[int, int]]]
"""Person -> the number of a file, and where in it, of some lines."""
AT_ONCE = 40_000
"""Lines that are read again at once, in the order of the source."""
STATED: tuple[type[Any], ...] = (Condition, MedicationRequest, Procedure, MedicationStatement)


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


def taken(part: Path, top: Path = Path(), shared: Mapping[bytes, bytes] | None = None) -> Taken:
    """The sheets of a part put together. ``shared``: the medicines that orders refer to."""
    import pyarrow as pa

    shared = shared or {}
    files: dict[File, int] = {}
    owners: dict[bytes, int] = counting()
    wordings: dict[Key, int] = {}
    examples: list[Typed | Patient] = []
    numbers: dict[Decimal, int] = counting()
    days: dict[str, int] = counting()
    clocks: dict[str, int] = counting()
    pieces: dict[str, list[Any]] = {name: [] for name in (*FIELDS, "file", "kind")}
    for path in sorted(part.iterdir()):
        sheet = _written.decode(path.read_bytes())
        known = []
        for line in sheet.examples:
            one = decoded(line)
            if isinstance(one, Referring | ReferringUse):
                one = decoded(resolved(line, shared))
            key, _, _ = stated(one)
            if isinstance(one, Referring | ReferringUse) or key is None:
                known.append(ASKED)
                continue
            if key not in wordings:
                wordings[key] = len(wordings)
                examples.append(one)
            known.append(wordings[key])
        dates, times = _numbered(sheet.days, days), _numbered(sheet.clocks, clocks)
        figures = _numbered(map(Decimal, sheet.numbers), numbers)
        words = (
            _numbered(sheet.owners.split(b"\n"), owners),
            known,
            figures,
            dates,
            times,
            dates,
            times,
            None,
            None,
        )
        given = [np.frombuffer(one, kind) for one, kind in zip(sheet.columns, KEPT_AS, strict=True)]
        for name, column, into in zip(FIELDS, given, words, strict=True):
            pieces[name].append(column if into is None else _renamed(column, into))
        kinds = [one if one < 0 else kind_of(examples[one]) for one in known]
        pieces["kind"].append(_renamed(given[1], kinds))
        file = files.setdefault(sheet.file, len(files))
        pieces["file"].append(np.full(len(given[0]), file, np.int32))
    columns = {name: pa.chunked_array([pa.array(one) for one in found]) for name, found in pieces.items()}
    people = tuple(one.decode() for one in owners)
    return Taken(
        top, tuple(files), people, tuple(examples), tuple(numbers), tuple(days), tuple(clocks), columns
    )


def _numbered(words: Iterable[Any], known: dict[Any, int]) -> list[int]:
    return list(map(known.__getitem__, words))


def _renamed(column: Any, into: Sequence[int]) -> Any:
    """A column with other numbers, the negative ones as they are."""
    return np.array([*WITHOUT_WORDING, *into], np.int32)[column - WITHOUT_WORDING[0]]


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
    yield from lines_at(places, all_rows)


def lines_at(places: Places, all_rows: Taken) -> Iterator[tuple[int, list[bytes]]]:
    """For each person the lines that stand at these places."""
    waiting: list[int] = []
    count = 0
    for owner in places:
        waiting.append(owner)
        count += len(places[owner])
        if count >= AT_ONCE:
            yield from _read(waiting, places, all_rows)
            waiting, count = [], 0
    yield from _read(waiting, places, all_rows)


def _read(owners: Sequence[int], places: Places, all_rows: Taken) -> Iterator[tuple[int, list[bytes]]]:
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
