"""Lines of FHIR resources, however many, shared out by person into files small enough to be read whole.

A line that cannot be given to anybody is named by its place and the reason, never by its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

import msgspec
from msgspec import Struct

from cobalens.intake.fhir.bundle import SUBJECTS, local
from cobalens.intake.fhir.shapes import obj, text
from cobalens.intake.fhir.typed import Named

PART_BYTES = 640_000_000
"""Bytes of a part: for each part the way to facts is planned anew, which takes seconds, and a stop loses one at most."""
SHARE_BYTES = 24_000_000
"""Bytes of lines that one process holds at once: a part is read a share at a time."""
CHUNK_BYTES = 16_000_000
"""Bytes of a file that are shared out in one step."""
FEW_BYTES = 48_000_000
"""Up to so many, one part is done before a second process has begun."""
MOST_SHARES = 2_000
HELD, MOST_HELD = 1_000_000, 48_000_000
"""Bytes kept back before they are written: for each file, and for all of them together."""
BLOCK = 1 << 20
OPENS, CLOSES = b"{}"
LONGEST = 50_000_000
SHARED, APART, NAME = "shared.lines", "looked-up", "people-{:05}"
LOOKED_UP = frozenset({"Medication", "Binary"})
"""Kinds that belong to nobody and that others' resources are read with."""
NOBODY = frozenset(
    "Organization Practitioner PractitionerRole Location Device HealthcareService Endpoint MessageHeader OperationOutcome Group "
    "Questionnaire CapabilityStatement ValueSet CodeSystem StructureDefinition Substance Schedule Slot".split()
)
TRUNCATED, WRONG_TYPE, NO_PERSON, NO_KIND, TOO_LONG = (
    "not complete JSON",
    "a field of the wrong type",
    "no person named",
    "no resource type",
    "longer than any resource",
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


class Plan(Struct, frozen=True):
    """Where lines go: ``shares`` of people, so many in each of the parts."""

    folder: Path
    parts: int
    shares: int


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


OTHERWISE = NOBODY | LOOKED_UP | {"Patient", "Bundle", ""}
"""Kinds whose owner is not their subject."""


class Quick(Struct, rename="camel", gc=False):
    """A resource whose owner stands where it mostly does; the types are those of ``Head``."""

    resource_type: str
    subject: Named
    id: str | None = None
    entry: list[Any] = []


_quick = msgspec.json.Decoder(Quick)
_OWN = re.compile(r"Patient/([A-Za-z0-9.\-]{1,64})").fullmatch


def plan_for(folder: Path, size: int, parts: int | None = None) -> Plan:
    """``size``: bytes of all files together."""
    parts = min(MOST_SHARES, parts or evenly(size))
    return Plan(folder, parts, parts * min(MOST_SHARES // parts, size // SHARE_BYTES // parts + 1))


def evenly(size: int) -> int:
    """So many parts that none is too large; an even number of them, so that two processes end together."""
    return 1 if size <= FEW_BYTES else 2 * (size // (2 * PART_BYTES) + 1)


def chunks_of(files: Iterable[Path]) -> list[Chunk]:
    """The files in pieces of about the same size, in their order."""
    found: list[Chunk] = []
    for file in files:
        size = file.stat().st_size
        for first in range(0, size, CHUNK_BYTES):
            found.append(Chunk(len(found), file, first, min(first + CHUNK_BYTES, size)))
    return found


def share_out(chunk: Chunk, plan: Plan) -> Shared:
    """Every line of a chunk to the file of its person's share."""
    name = f"{chunk.number:05}.lines"
    places = [
        plan.folder / NAME.format(share % plan.parts) / f"{share:05}-{name}" for share in range(plan.shares)
    ]
    places.append(plan.folder / APART / name)
    held = [bytearray() for _ in places]
    apart, most = plan.shares, min(HELD, MOST_HELD // plan.shares)
    met: dict[str, tuple[int, bytes]] = {}
    aside: list[Aside] = []
    lines = not_needed = number = 0
    for line in lines_of(chunk):
        number += 1
        if not line or line[0] != OPENS or line[-1] != CLOSES:
            line = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not line:
                continue
        lines += 1
        key = owner_in_sight(line)
        if key:
            kind = ""
        else:
            whose, reason = owner_of(line)
            if reason:
                aside.append(Aside(chunk.file.name, number, reason))
                continue
            kind, _, key = whose.partition("/")
        if not key:
            not_needed += 1
            continue
        if kind in LOOKED_UP:
            share, owner = apart, whose.encode() + b"\t"
        else:
            found = met.get(key)
            if found is None:
                owner = key.encode()
                found = met[key] = (crc32(owner) % plan.shares, owner + b"\t")
            share, owner = found
        buffer = held[share]
        buffer += owner
        buffer += line
        buffer += b"\n"
        if len(buffer) > most:
            written(places[share], buffer)
    for place, buffer in zip(places, held, strict=True):
        if buffer:
            written(place, buffer)
    return Shared(lines, lines - not_needed - len(aside), not_needed, tuple(aside), number)


def owner_in_sight(line: bytes) -> str:
    """The owner's key where it stands where it mostly does; empty where ``owner_of`` has to be asked."""
    try:
        one = _quick.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    own = _OWN(one.subject.reference)
    return own[1] if own is not None and one.resource_type not in OTHERWISE else ""


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


def lines_of(chunk: Chunk) -> Iterator[bytes]:
    """The lines that begin in a chunk; one beyond any size is cut, and so will not be complete."""
    with chunk.file.open("rb") as file:
        if chunk.first:
            # A line that began earlier belongs to the chunk before.
            file.seek(chunk.first - 1)
            _to_the_end(file)
        while (left := chunk.after - file.tell()) > 0:
            block = file.read(min(BLOCK, left))
            if not block:
                return
            if not block.endswith(b"\n"):
                rest = file.readline(LONGEST)
                block += rest
                if len(rest) == LONGEST and not rest.endswith(b"\n"):
                    _to_the_end(file)
            found = block.split(b"\n")
            if not found[-1]:
                found.pop()
            yield from found


def _to_the_end(file: BinaryIO) -> None:
    """Over what is left of a line."""
    while piece := file.readline(BLOCK):
        if piece.endswith(b"\n"):
            return


def written(path: Path, buffer: bytearray) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(buffer)
    buffer.clear()


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


def people_in(part: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Person and the person's lines, in the order of the source: a share of the part after another, people in the order of their keys."""
    shares: dict[str, list[Path]] = {}
    for path in sorted(part.iterdir()):
        shares.setdefault(path.name.partition("-")[0], []).append(path)
    for paths in shares.values():
        found: dict[bytes, list[bytes]] = {}
        for path in paths:
            with path.open("rb") as file:
                for line in file:
                    key, _, content = line.partition(b"\t")
                    found.setdefault(key, []).append(content[:-1])
        for key in sorted(found):
            yield key.decode(), found.pop(key)


def looked_up(path: Path) -> Mapping[bytes, bytes]:
    """Address -> what others' resources are read with."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        parted = (line.rstrip(b"\n").partition(b"\t") for line in file)
        return {address: content for address, _, content in parted}
