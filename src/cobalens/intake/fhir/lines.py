"""Lines of FHIR resources, however many, shared out by person into files small enough to be read whole.

A line that cannot be given to anybody is named by its place and the reason, never by its content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct

from cobalens.intake.fhir.bundle import SUBJECTS, local
from cobalens.intake.fhir.shapes import obj, text

PART_BYTES = 128_000_000
"""Bytes of a part: each part is planned anew, and its lines are held in memory by one process."""
MOST_PARTS = 2_000
HELD = 32_768
"""Bytes kept back for each file before they are written."""
LONGEST = 50_000_000
SHARED, NAME = "shared.lines", "people-{:05}.lines"
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


class Shared(Struct, frozen=True):
    """What became of all lines."""

    lines: int
    given: int
    parts: int
    not_needed: int
    aside: tuple[Aside, ...]


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


def share_out(
    files: Iterable[Path], folder: Path, size: int, advance: Callable[[int], None], parts: int | None = None
) -> Shared:
    """Every line to the file of its person's part; ``size``: bytes of all files together."""
    parts = min(MOST_PARTS, parts or evenly(size))
    held: dict[str, bytearray] = {}
    aside: list[Aside] = []
    lines = given = not_needed = 0
    for file in files:
        for number, line in numbered(file):
            lines += 1
            advance(len(line) + 1)
            whose, reason = owner_of(line)
            if reason:
                aside.append(Aside(file.name, number, reason))
                continue
            if not whose:
                not_needed += 1
                continue
            given += 1
            kind, _, key = whose.partition("/")
            name = SHARED if kind in LOOKED_UP else NAME.format(crc32(key.encode()) % parts)
            buffer = held.setdefault(name, bytearray())
            buffer += (whose if kind in LOOKED_UP else key).encode() + b"\t" + line + b"\n"
            if len(buffer) > HELD:
                written(folder / name, buffer)
    for name, buffer in held.items():
        written(folder / name, buffer)
    return Shared(lines, given, parts, not_needed, tuple(aside))


def evenly(size: int) -> int:
    """So many parts that none is too large; an even number of them, so that two processes end together."""
    parts = size // PART_BYTES + 1
    return parts + parts % 2 if parts > 1 else parts


def numbered(file: Path) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number; a line beyond any size is cut, and so will not be complete."""
    with file.open("rb") as opened:
        number = 0
        while line := opened.readline(LONGEST):
            number += 1
            while len(line) == LONGEST and not line.endswith(b"\n"):
                rest = opened.readline(LONGEST)
                if not rest or rest.endswith(b"\n"):
                    break
            line = line.removeprefix(b"\xef\xbb\xbf").strip()
            if line:
                yield number, line


def written(path: Path, buffer: bytearray) -> None:
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


def people_in(path: Path) -> dict[str, list[bytes]]:
    """Person -> the person's lines, in the order of the source; people in the order of their keys."""
    found: dict[str, list[bytes]] = {}
    with path.open("rb") as file:
        for line in file:
            key, _, content = line.rstrip(b"\n").partition(b"\t")
            found.setdefault(key.decode(), []).append(content)
    return dict(sorted(found.items()))


def looked_up(path: Path) -> Mapping[bytes, bytes]:
    """Address -> what others' resources are read with."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        parted = (line.rstrip(b"\n").partition(b"\t") for line in file)
        return {address: content for address, _, content in parted}
