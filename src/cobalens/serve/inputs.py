"""From what stands on the command line to the content of one case after another, each with its id."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from cobalens.errors import CobalensError, file_too_large
from cobalens.intake.recognise import MAX_BYTES, format_of
from cobalens.serve import refusals

CASES = (".json", ".yaml", ".yml", ".toml")
LINES = (".ndjson", ".jsonl")
RECORDS = (".hl7", ".xml", ".csv", ".tsv", ".xlsx", ".parquet", ".txt", ".pdf", ".zip")
"""What is looked at in a folder; what a file is, its content says."""
STDIN = "-"
MAX_LINE = 1_000_000


class Input(msgspec.Struct, frozen=True):
    """One case, or one file of records of one or several people: where it came from, and its content or why there is none."""

    id: str
    content: bytes | CobalensError


def inputs(names: Iterable[str]) -> Iterator[Input]:
    """Every case of the files, folders and standard input that are named, in a fixed order."""
    for name in names:
        if name == STDIN:
            yield from parts("stdin", sys.stdin.buffer.read(MAX_BYTES + 1), always_number=True)
            continue
        path = Path(name)
        if path.is_dir():
            yield from of_folder(path)
        elif path.exists():
            yield from of_file(path, path.name)
        else:
            yield Input(path.name, refusals.no_such_file(path.name))


def of_folder(folder: Path) -> Iterator[Input]:
    """The cases of a folder and the folders in it, each called by its path within.

    Lines of records belong together however many files they fill: a bulk export has one file for each kind of record.
    """
    kinds = CASES + LINES + RECORDS
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in kinds and path.is_file())
    if not found:
        yield Input(folder.name, refusals.nothing_in_folder(folder.name))
    bulk = [path for path in found if path.suffix.lower() in LINES and is_bulk(path)]
    if bulk:
        size = sum(path.stat().st_size for path in bulk)
        if size > MAX_BYTES:
            yield Input(folder.name, file_too_large(folder.name, size, MAX_BYTES))
        else:
            yield Input(folder.name, b"\n".join(path.read_bytes() for path in bulk))
    for path in found:
        if path not in bulk:
            yield from of_file(path, path.relative_to(folder).as_posix())


def is_bulk(path: Path) -> bool:
    """Whether a file of lines holds records and not cases."""
    try:
        with path.open("rb") as file:
            return format_of(file.readline(MAX_LINE)) is not None
    except OSError:
        return False


def of_file(path: Path, id: str) -> Iterator[Input]:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError:
        yield Input(id, refusals.cannot_be_opened(id))
        return
    if size > MAX_BYTES:
        yield Input(id, file_too_large(id, size, MAX_BYTES))
        return
    yield from parts(id, content)


def parts(id: str, content: bytes, always_number: bool = False) -> Iterator[Input]:
    """One case or one file of records, or the several cases that a list or one object a line holds."""
    records = format_of(content) is not None
    several = None if records else of_list(content) or of_lines(content)
    if several is None:
        yield Input(f"{id}#1" if always_number else id, content)
        return
    for number, one in enumerate(several, 1):
        yield Input(f"{id}#{number}", one)


def of_list(content: bytes) -> list[bytes] | None:
    if not content.lstrip().startswith(b"["):
        return None
    try:
        return [bytes(one) for one in msgspec.json.decode(content, type=list[msgspec.Raw])]
    except msgspec.DecodeError:
        return None


def of_lines(content: bytes) -> list[bytes] | None:
    """One object a line; a file of one object over several lines is a single case."""
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) < 2 or not lines[0].lstrip().startswith(b"{"):
        return None
    try:
        msgspec.json.decode(lines[0], type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return None
    return lines


def unique(id: str, taken: dict[str, int]) -> str:
    """The id, with a suffix when it was met before."""
    taken[id] = taken.get(id, 0) + 1
    if taken[id] == 1:
        return id
    fresh = f"{id}~{taken[id]}"
    while fresh in taken:
        taken[id] += 1
        fresh = f"{id}~{taken[id]}"
    taken[fresh] = 1
    return fresh
