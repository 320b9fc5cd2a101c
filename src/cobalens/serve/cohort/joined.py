"""A folder of tables and messages by person: who stands in several of its files, and what each file says of them apart.

First every file is asked whom it names. Whoever is named in one file is judged from it, as ever. What each file says of
the others is kept apart, in shares small enough to be read whole; then each share is brought together by person.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path
from zlib import crc32

from msgspec import Struct, json
from msgspec.structs import replace

from cobalens.api import Cobalens, load
from cobalens.errors import CobalensError
from cobalens.intake.hl7v2.reader import Opened as Messages
from cobalens.intake.joined import Joined, people_of, record_on
from cobalens.intake.many import (
    Named,
    apart_again,
    apart_of,
    around_of,
    kind_of,
    left_of,
    named_in,
    opened,
    reader_of_many,
)
from cobalens.intake.recognise import HEAD, People, declared_in, declaring
from cobalens.intake.tables import Opened as Tables
from cobalens.intake.tables.crosswalk import Crosswalk, renumbered
from cobalens.intake.tables.pieces import piece_at
from cobalens.model.record import Element, Record
from cobalens.serve.cohort.hands import Hands
from cobalens.serve.cohort.packed import plain
from cobalens.serve.cohort.people import Asked, Part, Reader
from cobalens.serve.cohort.pieces import Given, whole
from cobalens.serve.cohort.progress import Telling

NAMED, SHARED, ROWS, NUMBERS = "named", "in-several", "rows", "numbers.json"
ROWS_OF_SHARE = 200_000
"""Rows of a share, if everybody stood in several files: so few that they are read whole."""
MOST_SHARES = 400
"""Files that are open at once while the names are shared out."""
Line = tuple[str, str, str, int]
"""An identifier as it would be without blanks, zeros before it and capitals; as it is; who gave it; and the file."""


class Met(Struct, frozen=True):
    """Who stands in several files."""

    shares: int = 0
    """None where nobody does."""
    alike: int = 0
    """Identifiers of different files that differ by blanks, leading zeros or capitals alone; each is a person of its own."""
    of_two_places: int = 0
    """Identifiers that two places gave: whose each is cannot be told, and each file is read by itself."""
    renumbered: int = 0
    """Numbers of a file in whose place stands the one that a table pairs them with."""
    unclear: int = 0
    """Numbers of a file that a table pairs with several."""


class Left(Struct, frozen=True):
    """A file without those who stand in several."""

    read: Reader
    around: tuple[Element, ...]
    """What belongs to nobody."""
    unclear: Sequence[str] = ()
    """Those of whom it is not clear who they are elsewhere."""


@lru_cache(maxsize=1)
def kept_numbers(path: str) -> Crosswalk | None:
    """What a table of the folder pairs, as it was kept."""
    return json.decode(Path(path).read_bytes(), type=Crosswalk) if path else None


# --- Who stands in several files ----------------------------------------------------------------------------------


def who_is_in_several(
    files: Sequence[Given],
    work: Path,
    asked: Asked,
    shares: int | None,
    telling: Telling,
    hands: Hands,
) -> Met:
    """Asks every file whom it names; writes for each who of them stands in another one too, and in which share."""
    for name in (NAMED, SHARED, ROWS):
        shutil.rmtree(work / name, ignore_errors=True)
        (work / name).mkdir()
    several = [
        (place, one)
        for place, one in enumerate(files)
        if str(one.path) not in asked.explaining and (one.piece or may_name(one.path, asked))
    ]
    if len(several) < 2:
        return Met()
    advance = telling("files asked whom they name", len(several), 0)
    rows = renumbered = unclear = 0
    jobs = [(one, work / NAMED / f"{place:05}", asked) for place, one in several]
    for _, found in hands.each(write_names, jobs):
        rows += found.rows
        renumbered += found.renumbered
        unclear += found.unclear
        advance(1)
    met = _met(work, shares or min(MOST_SHARES, rows // ROWS_OF_SHARE + 1))
    return replace(met, renumbered=renumbered, unclear=unclear)


def may_name(path: Path, asked: Asked) -> bool:
    with path.open("rb") as file:
        try:
            return kind_of(file.read(HEAD), asked.mapping) is not None
        except CobalensError:
            return False


def write_names(one: Given, target: Path, asked: Asked) -> Named:
    """Whom a file names; all but the names is told. One that cannot be read names nobody here, and is told when it is judged."""
    piece = piece_at(one.path) if one.piece else None
    try:
        ruleset = load(asked.pack).ruleset
        numbers = kept_numbers(asked.numbers)
        found = named_in(whole(one.path), ruleset, asked.mapping, piece, plain(one.source).stem, numbers)
    except CobalensError:
        found = None
    if found is None:
        return Named([], 0)
    target.write_bytes(json.encode(found.people))
    return replace(found, people=[])


def _met(work: Path, shares: int) -> Met:
    folder = work / NAMED
    with ExitStack() as stack:
        into = [stack.enter_context((folder / f"share-{share:05}").open("wb")) for share in range(shares)]
        for path in sorted(one for one in folder.iterdir() if one.name.isdigit()):
            for name, giver in json.decode(path.read_bytes(), type=list[tuple[str, str]]):
                bare = "".join(name.split()).casefold().lstrip("0")
                line: Line = (bare, name, giver, int(path.name))
                into[crc32(bare.encode()) % shares].write(json.encode(line) + b"\n")
    found = [_of_share(work, share) for share in range(shares)]
    return Met(
        shares if any(one.shares for one in found) else 0,
        sum(one.alike for one in found),
        sum(one.of_two_places for one in found),
    )


def _of_share(work: Path, share: int) -> Met:
    """Writes who of one share stands in several files."""
    alike: dict[str, dict[str, list[tuple[str, int]]]] = {}
    with (work / NAMED / f"share-{share:05}").open("rb") as lines:
        for line in lines:
            plain, name, giver, file = json.decode(line, type=Line)
            alike.setdefault(plain, {}).setdefault(name, []).append((giver, file))
    by_file: dict[int, list[tuple[str, int]]] = {}
    differ = of_two_places = 0
    for names in alike.values():
        differ += len(names) > 1 and len({file for those in names.values() for _, file in those}) > 1
        for name, those in names.items():
            files = {file for _, file in those}
            if len(files) < 2:
                continue
            if len({giver for giver, _ in those} - {""}) > 1:
                of_two_places += 1
                continue
            for file in files:
                by_file.setdefault(file, []).append((name, share))
    for file, several in by_file.items():
        with (work / SHARED / f"{file:05}").open("ab") as into:
            into.writelines(json.encode(one) + b"\n" for one in several)
    return Met(bool(by_file), differ, of_two_places)


# --- Each file without them ---------------------------------------------------------------------------------------


def set_apart(part: Part, content: bytes, asked: Asked, door: Cobalens) -> Left | None:
    """Keeps apart what a file says of those who stand in several; nothing of a file that is read in another way.

    What belongs to nobody is told apart of a table always, and of messages where nobody is left to whom it could be told.
    """
    piece = piece_at(Path(part.path)) if part.piece else None
    source = opened(content, door.ruleset, part.called, asked.mapping, part.beside, piece)
    if source is None:
        return None
    unclear: list[str] = []
    if isinstance(source, Tables) and (numbers := kept_numbers(asked.numbers)) is not None:
        source, unclear = renumbered(source, numbers)
    work = Path(part.facts).parent
    several: dict[int, list[str]] = {}
    if (listed := work / SHARED / f"{part.number:05}").exists():
        for line in listed.read_bytes().splitlines():
            name, share = json.decode(line, type=tuple[str, int])
            several.setdefault(share, []).append(name)
    for share, names in several.items():
        if kept := apart_of(source, names, part.file):
            (work / ROWS / f"{share:05}-{part.number:05}").write_bytes(kept)
    left = left_of(source, {name for names in several.values() for name in names})
    of_messages = isinstance(left, Messages) and left.people
    around = () if of_messages else tuple(around_of(source))
    return Left(reader_of_many(left, door.ruleset, asked.complete), around, unclear)


# --- Together -----------------------------------------------------------------------------------------------------


def readers(part: Part, asked: Asked, door: Cobalens) -> Iterator[tuple[str, Sequence[str], Reader]]:
    """Everybody of a share with the files that name them, and what reads their record as of a day."""
    declared = declared_in(asked.complete, door.ruleset)
    paths = sorted(Path(part.path).glob(f"{part.together:05}-*"))
    sources = (apart_again(path.read_bytes()) for path in paths)
    for one in people_of(sources, door.ruleset, asked.mapping):
        yield one.id[:200], one.files, partial(_read, one, declared, door)


def _read(
    one: Joined, declared: Record | None, door: Cobalens, day: str, _: Collection[str] | None
) -> People:
    found = record_on(one, door.ruleset, day)
    return [declaring(found, declared) if declared and isinstance(found, Record) else found]
