"""Lines of FHIR resources, however many, shared out by person into files small enough to be read whole.

A line that cannot be given to anybody is named by its place and the reason, never by its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from cobalens.intake.fhir.bundle import SUBJECTS, local
from cobalens.intake.fhir.shapes import obj, text

PART_BYTES = 440_000_000
"""Bytes of a part: for each part the way to facts is planned anew and most words are met anew; a stop loses one at most."""
CHUNK_BYTES = 16_000_000
"""Bytes of a file that are shared out in one step."""
FEW_BYTES = 48_000_000
"""Up to so many, one part is done before a second process has begun."""
MOST_PARTS = 2_000
BLOCK = CHUNK_BYTES
COMPILED_BYTES = 100_000_000
"""From so many on, lines are cut by compiled code; to load it takes as long as some thirty million bytes without it."""
LONGEST = 50_000_000
SHARED, APART, NAME = "shared.lines", "looked-up", "people-{:05}"
LOOKED_UP = frozenset({"Medication", "Binary"})
"""Kinds that belong to nobody and that others' resources are read with."""
NOBODY = frozenset(
    "Organization Practitioner PractitionerRole Location Device HealthcareService Endpoint MessageHeader OperationOutcome Group "
    "Questionnaire CapabilityStatement ValueSet CodeSystem StructureDefinition Substance Schedule Slot".split()
)
TRUNCATED, WRONG_TYPE, NO_PERSON, NO_KIND = (
    "not complete JSON",
    "a field of the wrong type",
    "no person named",
    "no resource type",
)


class Aside(Struct, frozen=True):
    """A line that belongs to nobody who can be told, or a person who cannot be read."""

    file: str
    line: int
    reason: str
    person: str = ""


class Chunk(Struct, frozen=True):
    """The lines of a file that begin between two places, and where they belong among all."""

    number: int
    file: Path
    first: int
    after: int
    label: str = ""
    """What the file is called where a line of it is told, if not by its name."""


class Plan(Struct, frozen=True):
    """Where the rows of the lines go: so many parts."""

    folder: Path
    parts: int
    top: Path = Path()
    """Where the files are; they may be moved together while a run is stopped."""
    compiled: bool = False
    """Whether there are so many lines that compiled code pays."""


class Shared(Struct, frozen=True):
    """What became of the lines of a chunk, or of all."""

    lines: int
    """Those that are not blank."""
    given: int
    not_needed: int
    aside: tuple[Aside, ...]
    numbered: int = 0
    """Blank ones too."""


Head: Any = msgspec.defstruct(
    "Head",
    [
        ("resourceType", str, ""),
        ("id", str | None, None),
        *((name, Any, None) for name in SUBJECTS),
        ("entry", list[Any], []),
    ],
    frozen=True,
)
_head = msgspec.json.Decoder(Head)


OWN = re.compile(r"Patient/([A-Za-z0-9.\-]{1,64})").fullmatch
"""An address that names a person and nothing else."""


def plan_for(folder: Path, size: int, parts: int | None = None, top: Path = Path()) -> Plan:
    """``size``: bytes of all files together."""
    return Plan(folder, min(MOST_PARTS, parts or evenly(size)), top, size >= COMPILED_BYTES)


def evenly(size: int) -> int:
    """So many parts that none is too large; an even number of them, so that two processes end together."""
    return 1 if size <= FEW_BYTES else 2 * -(-size // (2 * PART_BYTES))


def chunks_of(files: Sequence[Path], labels: Sequence[str] = ()) -> list[Chunk]:
    """The files in pieces of about the same size, in their order. ``labels``: what they are called, if not by their names."""
    found: list[Chunk] = []
    for file, label in zip(files, labels or [file.name for file in files], strict=True):
        size = file.stat().st_size
        for first in range(0, size, CHUNK_BYTES):
            found.append(Chunk(len(found), file, first, min(first + CHUNK_BYTES, size), label))
    return found


def counted(chunks: Sequence[Chunk], found: Sequence[Shared], plan: Plan) -> Shared:
    """What became of all lines, each told by its place in its file; what others' are read with becomes one file."""
    before: dict[Path, int] = {}
    aside: list[Aside] = []
    for chunk, one in zip(chunks, found, strict=True):
        begun = before.get(chunk.file, 0)
        aside += (Aside(each.file, begun + each.line, each.reason) for each in one.aside)
        before[chunk.file] = begun + one.numbered
    if (apart := plan.folder / APART).exists():
        with (plan.folder / SHARED).open("wb") as into:
            for path in sorted(apart.iterdir()):
                into.write(path.read_bytes())
    return Shared(
        sum(one.lines for one in found),
        sum(one.given for one in found),
        sum(one.not_needed for one in found),
        tuple(aside),
        sum(one.numbered for one in found),
    )


def blocks_of(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in a chunk, some at once, with the place of the first; one beyond any size is cut, and so will not be complete."""
    with chunk.file.open("rb") as file:
        if chunk.first:
            # A line that began earlier belongs to the chunk before.
            file.seek(chunk.first - 1)
            _to_the_end(file)
        while (left := chunk.after - (at := file.tell())) > 0:
            last = at + min(BLOCK, left) - 1
            file.seek(last)
            rest = file.readline(LONGEST + 1)
            file.seek(at)
            yield at, file.read(last - at + len(rest))
            if len(rest) > LONGEST and not rest.endswith(b"\n"):
                _to_the_end(file)


def _to_the_end(file: BinaryIO) -> None:
    """Over what is left of a line."""
    while piece := file.readline(BLOCK):
        if piece.endswith(b"\n"):
            return


def owner_of(line: bytes) -> tuple[str, str]:
    """``Patient/key`` or the address of what is looked up, and empty for what nobody needs; or why there is no owner."""
    try:
        head = _head.decode(line)
    except msgspec.ValidationError:
        return "", WRONG_TYPE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", TRUNCATED
    kind = head.resourceType
    if not kind:
        return "", NO_KIND
    if kind in NOBODY:
        return "", ""
    if kind in LOOKED_UP:
        return (f"{kind}/{head.id}", "") if plain(head.id) else ("", NO_PERSON)
    key = head.id if kind == "Patient" else of_bundle(head.entry) if kind == "Bundle" else of_subject(head)
    return (f"Patient/{key}", "") if plain(key) else ("", NO_PERSON)


def plain(key: str | None) -> bool:
    return bool(key) and not any(c in "\t\r\n" for c in key or "")


def of_subject(head: Any) -> str:
    for name in SUBJECTS:
        given = getattr(head, name)
        for one in given if isinstance(given, list) else [given]:
            if key := key_of(text(obj(one).get("reference"))):
                return key
    return ""


def key_of(address: str) -> str:
    """A patient's own id; a reference to anything else names no person."""
    if address.startswith("urn:"):
        return address.rsplit(":", 1)[-1]
    kind, _, key = local(address).partition("/")
    return key if kind == "Patient" else ""


def of_bundle(entries: Iterable[Any]) -> str:
    """The one person of a Bundle on a line; of several, the line stays together under the first."""
    for one in entries:
        resource = obj(obj(one).get("resource"))
        if resource.get("resourceType") == "Patient":
            return text(resource.get("id"))
    return ""


def looked_up(path: Path) -> Mapping[bytes, bytes]:
    """Address -> what others' resources are read with."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        parted = (line.rstrip(b"\n").partition(b"\t") for line in file)
        return {address: content for address, _, content in parted}
