"""From what stands on the command line to the content of one case after another, each with its id."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from cobalens.errors import CobalensError, broken_syntax, file_too_large, own_answer, two_people
from cobalens.intake.own import MOST, PAGE, WHOLE, is_own
from cobalens.intake.recognise import BOM, HEAD, MAX_BYTES, format_of
from cobalens.serve import output_refusals, refusals
from cobalens.serve.letters import NO_JSON, whole_letters
from cobalens.serve.outputs import MAP, earlier

CASES = (".json", ".yaml", ".yml", ".toml")
LINES = (".ndjson", ".jsonl")
RECORDS = (".hl7", ".xml", ".csv", ".tsv", ".xlsx", ".parquet", ".txt", ".pdf", ".zip")
"""What is looked at in a folder; what a file is, its content says."""
KNOWN = frozenset(CASES + LINES + RECORDS)
SURE = frozenset({"hl7v2", "ccda", "fhir", "pdf"})
"""Formats that say so themselves, so that a file with any other ending is taken for one; words and tables may be anything."""
WORDS = frozenset({None, "pasted", "tables"})
"""What lines of cases may be taken for: nothing known, or words because of the first line."""
PASSED_BY = (".", "~$", "__MACOSX")
"""How names begin that a system or a program has made for itself."""
HIDDEN, BARE, OTHER, ANSWER = "hidden", "no ending", "other endings", "answers of this program"
TOLD = frozenset(
    ".7z .accdb .bak .bin .bmp .bz2 .ccd .cda .dat .db .dcm .doc .docm .docx .dta .eml .er7 .exe .gif .gz .heic .htm .html .ini "
    ".jpeg .jpg .js .lnk .log .md .mdb .mp3 .mp4 .msg .ods .odt .png .ppt .pptx .py .rar .rds .rtf .sas7bdat .sav .sqlite .svg "
    ".tar .tif .tiff .tmp .ttl .wav .webp .xls .xlsb .xlsm .xsl".split()
)
"""Endings that may be named: any other may be a part of somebody's name, as in *letter to J. Doe*."""
STDIN = "-"
PACKED = (".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz")
"""Endings of what is packed; what of it a run over many people unpacks, it says itself."""
MAX_LINE = 1_000_000
LOOKED_AT = 10
"""Lines of which each is asked whether it is a record by itself."""


class Input(msgspec.Struct, frozen=True):
    """One case, or one file of records of one or several people: where it came from, and its content or why there is none."""

    id: str
    content: bytes | CobalensError


class Place(msgspec.Struct, frozen=True):
    """Where something is to be read: standard input, a file, the files of one bulk export, or nowhere and why."""

    id: str
    files: tuple[Path, ...] = ()
    error: CobalensError | None = None


class Places(msgspec.Struct, frozen=True):
    """Everything that is named, in a fixed order, and how many files of the folders are left out, by their endings."""

    found: tuple[Place, ...]
    left_out: dict[str, int] = {}
    of_folder: bool = False
    """Whether a folder is among what was named."""


def inputs(names: Iterable[str]) -> Iterator[Input]:
    """Every case of the files, folders and standard input that are named, in a fixed order."""
    for place in places(names).found:
        yield from read(place)


def only(name: str) -> Input:
    """The one case of what is named; several are refused, since the command is about one person."""
    found = inputs([name])
    first = next(found)
    if next(found, None) is not None:
        raise two_people(first.id.partition("#")[0] if name == STDIN else legible(Path(name).name))
    return first


def places(names: Iterable[str]) -> Places:
    """Where to read, without reading: what is written later into a folder that is named does not count."""
    found: list[Place] = []
    left_out: Counter[str] = Counter()
    folders = False
    for name in names:
        if name == STDIN:
            again = any(one.id == "stdin" for one in found)
            found.append(Place("stdin", error=output_refusals.input_named_twice() if again else None))
            continue
        if not name:
            # As a path it would be this very folder.
            found.append(Place("FILE", error=output_refusals.no_name()))
            continue
        path = Path(name)
        called = legible(path.name)
        try:
            there, folder = path.exists(), path.is_dir()
        except PermissionError:
            found.append(Place(called, error=refusals.cannot_be_opened(called)))
            continue
        except OSError:
            # No file can have such a name here, for example because it is too long.
            there = folder = False
        if folder:
            folders = True
            found += of_folder(path, left_out)
        elif there:
            found.append(Place(called, (path,)))
        else:
            found.append(Place(called, error=refusals.no_such_file(called)))
    return Places(tuple(found), dict(sorted(left_out.items())), folders)


def of_folder(folder: Path, left_out: Counter[str]) -> Iterator[Place]:
    """The cases of a folder and the folders in it, each called by its path within.

    Lines of records belong together however many files they fill: a bulk export has one file for each kind of record.
    """
    called = legible(folder.name or named_here())
    found: list[Path] = []
    closed: list[Path] = []
    every = sorted(files_below(folder, closed))
    for path in every:
        if hidden(path, folder):
            left_out[HIDDEN] += 1
        elif is_answer(path):
            left_out[ANSWER] += 1
        elif is_taken(path):
            found.append(path)
        else:
            left_out[kind_of_name(path.suffix.lower())] += 1
    for path in dict.fromkeys(closed):
        within = legible(path.relative_to(folder).as_posix()) if path != folder else called
        yield Place(within, error=refusals.cannot_be_opened(within))
    if not found and not closed:
        packed = any(path.suffix.lower() in PACKED for path in every if not hidden(path, folder))
        yield Place(called, error=refusals.nothing_in_folder(called, packed))
    bulk = tuple(path for path in found if path.suffix.lower() in LINES and is_bulk(path))
    if bulk:
        yield Place(called, bulk)
    for path in found:
        if path not in bulk:
            yield Place(legible(path.relative_to(folder).as_posix()), (path,))


def kind_of_name(ending: str) -> str:
    return ending if ending in TOLD else OTHER if ending else BARE


def named_here() -> str:
    """The name of the folder in which one stands; it may have been taken away."""
    try:
        return Path.cwd().name
    except OSError:
        return "."


def legible(name: str) -> str:
    """A name that can be written as text: a system lets a name hold bytes that are no letters, which are spelt out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def files_below(folder: Path, closed: list[Path]) -> Iterator[Path]:
    """All files below a folder, those behind links too, each folder once; ``closed`` gets those that cannot be looked into."""
    seen = {identity(folder)}

    def refused(error: OSError) -> None:
        closed.append(Path(str(error.filename)))

    def is_new(path: Path) -> bool:
        try:
            known, before = identity(path), len(seen)
        except OSError as error:
            refused(error)
            return False
        seen.add(known)
        return len(seen) > before

    for here, below, names in os.walk(folder, onerror=refused, followlinks=True):
        # A folder comes before a link to it, and is called by its own name.
        below.sort(key=lambda name: (os.path.islink(f"{here}/{name}"), name))  # noqa: PTH114 - it never fails
        below[:] = [name for name in below if is_new(Path(here, name))]
        try:
            yield from [path for path in (Path(here, name) for name in names) if path.is_file()]
        except OSError:
            # One may see the names in it, and nothing else.
            closed.append(Path(here))


def identity(folder: Path) -> tuple[int, int]:
    """The same for one folder by whatever name."""
    told = folder.stat()
    return told.st_dev, told.st_ino


def hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(PASSED_BY) for part in path.relative_to(folder).parts)


def is_answer(path: Path) -> bool:
    """Whether an earlier run has written it, as its content tells; or it is the map of such pages."""
    if path.name == MAP and earlier(path.parent):
        return True
    try:
        with path.open("rb") as file:
            return is_own(file.read(MOST if path.suffix.lower() in WHOLE else PAGE))
    except OSError:
        return False


def is_taken(path: Path) -> bool:
    if path.suffix.lower() in KNOWN:
        return True
    try:
        with path.open("rb") as file:
            return format_of(file.read(HEAD)) in SURE
    except OSError:
        return True


def is_bulk(path: Path) -> bool:
    """Whether a file of lines holds records and not cases."""
    try:
        with path.open("rb") as file:
            return format_of(file.readline(MAX_LINE)) is not None
    except OSError:
        return False


def read(place: Place) -> Iterator[Input]:
    """The cases of a place; of what is too large, no more is read than tells so."""
    if place.error is not None:
        yield Input(place.id, place.error)
        return
    if not place.files:
        if sys.stdin.isatty():
            print("Reading what is typed or pasted here; end with Ctrl+D.", file=sys.stderr)
        typed = sys.stdin.buffer.read(MAX_BYTES + 1)
        if len(typed) > MAX_BYTES:
            yield Input(place.id, file_too_large(place.id, len(typed), MAX_BYTES))
        else:
            yield from parts("stdin", typed, always_number=True)
        return
    held: list[bytes] = []
    room = MAX_BYTES
    try:
        for path in place.files:
            with path.open("rb") as file:
                # A pipe or a device has no size beforehand.
                held.append(file.read(room + 1))
            room -= len(held[-1])
            if room < 0:
                size = max(MAX_BYTES - room, sum(path.stat().st_size for path in place.files))
                yield Input(place.id, file_too_large(place.id, size, MAX_BYTES))
                return
    except OSError:
        yield Input(place.id, refusals.cannot_be_opened(place.id))
        return
    if len(held) > 1:
        yield Input(place.id, b"\n".join(held))
    else:
        yield from parts(place.id, held[0])


def parts(id: str, content: bytes, always_number: bool = False) -> Iterator[Input]:
    """One case or one file of records, or the several cases that a list or one object a line holds."""
    content = whole_letters(content)
    bare = content.removeprefix(BOM)
    several: Sequence[bytes | CobalensError] | None = None
    if format_of(content) in WORDS and not is_own(content) and begins_objects(bare[:HEAD]):
        several = of_list(bare) or of_lines(bare)
        content = content if several else with_a_record_first(content)
    if several is None:
        known = own_answer(id) if is_own(content) else content
        yield Input(f"{id}#1" if always_number else id, known)
        return
    for number, one in enumerate(several, 1):
        called = f"{id}#{number}"
        yield Input(called, own_answer(called) if isinstance(one, bytes) and is_own(one) else one)


def begins_objects(head: bytes) -> bool:
    """Whether objects, or a list, may begin here; a large table need not be cut into lines to see that none does."""
    return head.lstrip()[:1] in (b"{", b"[") or b"\n{" in head


def with_a_record_first(content: bytes) -> bytes:
    """Lines of records whose first is broken: their reader knows them by the first, and what to do with any other."""
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) < 2 or lines[0].startswith(b"{") or not mostly_objects(lines):
        return content
    sound = [line for line in lines if is_object(line)]
    return b"\n".join([*sound, *(line for line in lines if not is_object(line))])


def of_list(content: bytes) -> list[bytes | CobalensError] | None:
    if not content.lstrip().startswith(b"["):
        return None
    try:
        return [bytes(one) for one in msgspec.json.decode(content, type=list[msgspec.Raw])]
    except NO_JSON:
        return None


def of_lines(content: bytes) -> list[bytes | CobalensError] | None:
    """One object a line; a file of one object over several lines is a single case.

    A line that is broken, the first one too, costs the person in it and nobody else.
    """
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) < 2 or is_object(content) or not mostly_objects(lines):
        return None
    if any(format_of(line) is not None for line in lines[:LOOKED_AT] if line.startswith(b"{")):
        return None
    return [line if line.lstrip().startswith(b"{") else broken_syntax("input", "JSON") for line in lines]


def mostly_objects(lines: list[bytes]) -> bool:
    whole = sum(line.startswith(b"{") and is_object(line) for line in lines)
    return whole > 0 and 2 * whole >= len(lines)


def is_object(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except NO_JSON:
        return False
    return True


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
