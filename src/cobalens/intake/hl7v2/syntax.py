"""HL7 v2 as written: bytes to messages, messages to segments, fields to components; every delimiter as the message declares it.

Knows nothing of what a field means. A line that begins no segment belongs to the segment before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from cobalens import errors

MAX_BYTES = 20_000_000
MAX_SEGMENTS = 50_000
MAX_REPEATS = 100

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_BATCH = frozenset({"FHS", "FTS", "BHS", "BTS"})
_CHARSETS = {
    "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UNICODE": "utf-8", "8859/1": "latin-1", "8859/15": "iso8859-15",
    "8859/2": "iso8859-2", "8859/9": "iso8859-9", "ASCII": "ascii", "ISO IR87": "iso2022_jp", "GB 18030-2000": "gb18030",
}  # fmt: skip
_MSH = re.compile(rb"MSH([^A-Za-z0-9\s])")
_BREAKS = re.compile(r"\.(?:br|sp|sk|ce)\s*\d*")
_LAYOUT = re.compile(r"\.(?:fi|nf|in|ti)\s*[+-]?\d*|[HN]|Z.*")


class Marks(NamedTuple):
    """The delimiters of one message."""

    field: str = "|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    sub: str = "&"


class Segment(Struct):
    """One segment. ``fields[n]`` is field n; field 0 is its name."""

    name: str
    fields: list[str]
    marks: Marks
    where: str

    def raw(self, number: int) -> str:
        return self.fields[number] if number < len(self.fields) else ""


class Message(Struct):
    """One message, from its MSH on."""

    segments: list[Segment]
    charset: str = ""


class File(Struct):
    """A file of messages, with what frames them."""

    messages: list[Message]
    around: list[tuple[str, str]]
    """Headers and trailers of batches, and lines before the first message: name or nothing, text."""
    guessed: bool = False
    """No character set was named, and the text is not UTF-8."""


def read_file(source: bytes, where: str) -> File:
    if len(source) > MAX_BYTES:
        raise errors.file_too_large(where, len(source), MAX_BYTES)
    text, guessed = _decoded(source)
    lines = (
        text.replace("\x0b", "\r").replace("\x1c", "\r").replace("\r\n", "\r").replace("\n", "\r").split("\r")
    )
    if len(lines) > 4 * MAX_SEGMENTS:
        raise errors.too_many_entries(where, len(lines), MAX_SEGMENTS)
    file = File([], [], guessed)
    groups: list[list[str]] = []
    for line in lines:
        bare = line.strip("\ufeff \t\x00")
        if not bare:
            continue
        name = _segment_name(bare, groups[-1][0][3] if groups else bare[3:4])
        if name == "MSH":
            groups.append([bare])
        elif name in _BATCH:
            file.around.append((name, ""))
        elif name and groups:
            groups[-1].append(bare)
        elif groups:
            groups[-1][-1] += f"\n{line.rstrip()}"
        else:
            file.around.append(("", bare[:80]))
    if sum(len(group) for group in groups) > MAX_SEGMENTS:
        raise errors.too_many_entries(where, sum(len(group) for group in groups), MAX_SEGMENTS)
    several = len(groups) > 1
    for number, group in enumerate(groups, 1):
        file.messages.append(_message(group, f"message[{number}] " if several else ""))
    return file


def _segment_name(line: str, mark: str) -> str:
    """The name of the segment that a line begins; a line of a long text begins none."""
    if not _NAME.match(line):
        return ""
    if line[:3] in _BATCH or line[:3] == "MSH":
        return line[:3] if len(line) > 4 and not (line[3].isalnum() or line[3].isspace()) else ""
    return line[:3] if line[3:4] == mark else ""


def _decoded(source: bytes) -> tuple[str, bool]:
    """The text; UTF-8 where it is that, else the set that MSH-18 names, else Western European, which is said."""
    if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return source.decode("utf-16", "replace"), False
    try:
        return source.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        pass
    start = _MSH.search(source)
    if start:
        fields = source[start.start() :].splitlines()[0].split(start[1])
        named = (
            fields[17].split(b"~")[0].strip().decode("ascii", "replace").upper() if len(fields) > 17 else ""
        )
        if named in _CHARSETS and _CHARSETS[named] not in ("utf-8", "ascii"):
            return source.decode(_CHARSETS[named], "replace"), False
    return source.decode("cp1252", "replace"), True


def _message(lines: list[str], prefix: str) -> Message:
    head = lines[0]
    field = head[3]
    declared = head[4:].split(field, 1)[0]
    marks = Marks(
        field, *(declared[at] if at < len(declared) else default for at, default in enumerate("^~\\&"))
    )
    segments: list[Segment] = []
    counts: dict[str, int] = {}
    for line in lines:
        name = line[:3]
        counts[name] = counts.get(name, 0) + 1
        fields = line.split(field)
        if name == "MSH":
            fields.insert(1, field)
        segments.append(Segment(name, fields, marks, f"{prefix}{name}[{counts[name]}]"))
    return Message(segments)


# --- Inside a field -----------------------------------------------------------------------------------------------


def repeats(segment: Segment, number: int) -> list[str]:
    raw = segment.raw(number)
    if not raw:
        return []
    # MSH-2 declares the delimiters and holds none.
    return raw.split(segment.marks.repeat)[: MAX_REPEATS + 1]


def components(raw: str, marks: Marks) -> list[str]:
    """The components of one repeat, plain text."""
    if raw == '""':
        # Two quotes are HL7's way to say "delete what you hold": nothing is stated.
        return [""]
    parts = raw.split(marks.component)
    if marks.escape in raw:
        return [plain(part, marks).strip() for part in parts]
    return [part.strip() for part in parts]


def text(segment: Segment, number: int, component: int = 1) -> str:
    """One component of the first repeat of a field, as plain text."""
    raw = segment.raw(number)
    if not raw:
        return ""
    parts = components(raw.split(segment.marks.repeat, 1)[0], segment.marks)
    return parts[component - 1] if component <= len(parts) else ""


def whole(raw: str, marks: Marks) -> str:
    """Free text: delimiters inside it are letters like any other."""
    return plain(raw, marks).strip()


def plain(raw: str, marks: Marks) -> str:
    """The text with its escape sequences resolved; an unfinished one stays as it is written."""
    if marks.escape not in raw:
        return raw
    pieces = raw.split(marks.escape)
    return "".join(_unescaped(pieces, marks))


def _unescaped(pieces: list[str], marks: Marks) -> Iterator[str]:
    yield pieces[0]
    at = 1
    letters = {
        "F": marks.field,
        "S": marks.component,
        "T": marks.sub,
        "R": marks.repeat,
        "E": marks.escape,
        "P": "#",
    }
    while at < len(pieces):
        code = pieces[at]
        closed = at + 1 < len(pieces)
        made = _sequence(code, letters) if closed else None
        if made is None:
            yield marks.escape + code
            at += 1
            continue
        yield made
        yield pieces[at + 1]
        at += 2


def _sequence(code: str, letters: dict[str, str]) -> str | None:
    if code in letters:
        return letters[code]
    if _BREAKS.fullmatch(code):
        return "\n"
    if _LAYOUT.fullmatch(code):
        return ""
    if code[:1] == "X" and len(code) > 1:
        try:
            data = bytes.fromhex(code[1:])
        except ValueError:
            return None
        try:
            return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            return data.decode("latin-1")
    return None
