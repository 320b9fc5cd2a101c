"""Cases as a source of many people: a file holds one, a list of them, or one a line."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from cobalens.errors import broken_syntax
from cobalens.intake.recognise import BOM, HEAD
from cobalens.serve.cohort.packed import head_of, plain
from cobalens.serve.inputs import CASES, LINES, Input, begins_objects, parts, unique
from cobalens.serve.letters import NO_JSON
from cobalens.serve.naming import own_id

LONGEST = 1_000_000
"""Bytes of a line that are looked at."""
LARGE, PIECE = 4_000_000, 2_000_000
"""Bytes of a file of lines beyond which it is parted, so that all processes read it; and of each part."""
NAMES = ".names"
"""Ending of the file beside a piece that says what those in it are called whose id was met before."""
SAYS_SO = frozenset(
    {"patient", "facts", "labs", "symptoms", "conditions", "medications", "procedures", "note"}
)
"""What a case may have at its top, and no record of another format."""


def cases_in(called: str, content: bytes, before: int | None = None) -> Sequence[Input]:
    """The several cases of a file, each called by its place; nothing where it is one record.

    ``before``: how many stand before a piece of the file.
    """
    if before is not None:
        lines = enumerate(content.splitlines(), before + 1)
        broken = broken_syntax("input", "JSON")
        return [Input(f"{called}#{n}", line if line.lstrip()[:1] == b"{" else broken) for n, line in lines]
    if not begins_objects(content[:HEAD].removeprefix(BOM)):
        return ()
    found = list(parts(called, content))
    return found if len(found) > 1 else ()


def names_again(cases: Sequence[Input], taken: dict[str, int]) -> dict[int, str]:
    """The cases whose id was met before, by their places from 0, and what each is called instead: as ``interpret`` calls them."""
    names = map(own_id, cases)
    return {nth: fresh for nth, name in enumerate(names) if (fresh := unique(name, taken)) != name}


def names_beside(piece: Path) -> Mapping[int, str]:
    """As ``names_again``, of a piece of a file, as was found when that was cut."""
    place = piece.with_suffix(NAMES)
    return msgspec.json.decode(place.read_bytes(), type=dict[int, str]) if place.exists() else {}


def pieces_in(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{LINES[0]}"))


def may_be_cut(path: Path) -> bool:
    return path.suffix.lower() in LINES and path.stat().st_size > LARGE and holds_cases(path)


def cut(path: Path, into: Path, called: str) -> None:
    """The lines of a file in pieces, each called by how many cases stand before it; as a whole or not at all."""
    taken: dict[str, int] = {}
    coming = into.with_name(f"{into.name}.coming")
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(parents=True)
    with path.open("rb") as file:
        count = 0
        while lines := file.readlines(PIECE):
            held = [line for line in lines if line.removeprefix(BOM).strip()]
            if not count and held:
                held[0] = held[0].removeprefix(BOM)
            content, place = b"".join(held), coming / f"{count:012}{LINES[0]}"
            place.write_bytes(content)
            if again := names_again(cases_in(called, content, count), taken):
                place.with_suffix(NAMES).write_bytes(msgspec.json.encode(again))
            count += len(held)
    coming.replace(into)


def holds_cases(path: Path) -> bool:
    """Whether a file whose content no other format takes is of cases, as its ending and its beginning say."""
    if plain(path).suffix.lower() in CASES[1:]:
        return True
    start = head_of(path, LONGEST).removeprefix(BOM).lstrip()
    if start[:1] == b"[":
        return plain(path).suffix.lower() == CASES[0]
    line = start.split(b"\n", 1)[0]
    for one in (line, start):
        try:
            return not SAYS_SO.isdisjoint(msgspec.json.decode(one, type=dict[str, msgspec.Raw]))
        except NO_JSON:
            continue
    return False
