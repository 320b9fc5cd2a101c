"""The header of a message (MSH), in the bytes in which it came, and what of it makes a message one that is not read.

What is echoed in an answer must come back as it was sent, whatever its character set; the reading itself is `intake.hl7v2`.
"""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from cobalens.errors import CobalensError
from cobalens.report.hl7v2 import USUAL, delimiters
from cobalens.serve.listening import refusals

LINE = re.compile(rb"[\r\n\x0b\x1c]")
BEGINS = re.compile(rb"(?:\A|[\r\n\x0b\x1c])[ \t\x00]*(MSH|FHS|BHS)[^A-Za-z0-9\s]")
CONTINUED = re.compile(rb"[\r\n]DSC[^A-Za-z0-9\s][^\r\n]")
AROUND = b"\xef\xbb\xbf \t\r\n\x00"
LONGEST = 500
"""Bytes of one field that are echoed; the standard's longest in a header has half of that."""
SENDER, PLACE, RECEIVER, RECEIVING_PLACE, TYPE, CONTROL, PROCESSING, VERSION = 3, 4, 5, 6, 9, 10, 11, 12
CONTINUES, ACCEPT, APPLICATION, CHARSET = 14, 15, 16, 18
READ, EVENT, ANSWERS = "ORU", "R01", ("ACK", "MCF")
PROCESSINGS = ("P", "D", "T")
VERSIONS = re.compile(r"2(?:\.\d+)*[A-Z]?")
ALWAYS, NEVER, ERRORS, SUCCESS = "AL", "NE", "ER", "SU"


class Heading(Struct, frozen=True):
    """The fields of an MSH; ``fields[n]`` is field n."""

    fields: tuple[bytes, ...]
    marks: str = USUAL

    def raw(self, number: int) -> bytes:
        """A field as it was sent, without control characters, and no longer than a field may reasonably be."""
        if number >= len(self.fields):
            return b""
        return bytes(one for one in self.fields[number][:LONGEST] if one >= 0x20).strip()

    def text(self, number: int, component: int = 1) -> str:
        """One component in capitals; two quotes are HL7's way to say that there is nothing."""
        parts = self.raw(number).split(self.marks[2].encode())[0].split(self.marks[1].encode())
        said = parts[component - 1].decode("ascii", "replace").strip() if component <= len(parts) else ""
        return "" if said == '""' else said.upper()

    @property
    def control(self) -> bytes:
        return self.raw(CONTROL)

    @property
    def version(self) -> tuple[int, ...]:
        """As numbers; empty where it is not told."""
        return tuple(int(one) for one in re.findall(r"\d+", self.text(VERSION))[:3])

    @property
    def is_answer(self) -> bool:
        """An acknowledgement. Nobody answers one, or two systems would thank each other for ever."""
        return self.text(TYPE) in ANSWERS

    @property
    def sender(self) -> bytes:
        """The application that sent it, and where that is."""
        return self.raw(SENDER) + b"|" + self.raw(PLACE)


def bare(content: bytes) -> bytes:
    """Without what may stand before the header, and with a byte for each of its letters."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16", "replace").encode()
    return content.lstrip(AROUND)


def heading(content: bytes) -> Heading | None:
    """The header with which a message begins, or nothing where it begins otherwise."""
    line = LINE.split(bare(content)[: 64 * LONGEST], maxsplit=1)[0]
    mark = line[3:4]
    if line[:3] != b"MSH" or not mark.isascii() or mark.isalnum() or not mark.strip():
        return None
    fields = line.split(mark)
    marks = delimiters(mark, fields[1] if len(fields) > 1 else b"")
    return Heading((b"MSH", mark, *fields[1:]), marks)


def refusal(head: Heading | None, content: bytes) -> CobalensError | None:
    """Why this message is not read, as far as its header and its frame tell."""
    if head is None:
        several = BEGINS.search(bare(content)[:64])
        return refusals.several_messages() if several else refusals.no_header()
    if not head.text(TYPE):
        return refusals.message_type_missing()
    if head.text(TYPE) != READ:
        return refusals.message_type_not_read()
    if head.text(TYPE, 2) not in ("", EVENT):
        return refusals.event_not_read()
    if head.text(VERSION) and not VERSIONS.fullmatch(head.text(VERSION)):
        return refusals.version_not_read()
    if head.text(PROCESSING) and head.text(PROCESSING) not in PROCESSINGS:
        return refusals.processing_not_known()
    if not head.control:
        return refusals.control_id_missing()
    if len(head.fields[CONTROL]) > LONGEST:
        return refusals.control_id_too_long(LONGEST)
    if len(BEGINS.findall(bare(content))) > 1:
        return refusals.several_messages()
    if head.raw(CONTINUES) or CONTINUED.search(content):
        return refusals.continued()
    return None


def fingerprint(content: bytes) -> str:
    """Whether two messages say the same, their headers aside: a sender that repeats one may stamp it anew."""
    parts = LINE.split(bare(content), maxsplit=1)
    return hashlib.blake2b(parts[-1].strip(AROUND), digest_size=16).hexdigest()


def with_fields(content: bytes, changed: dict[int, bytes]) -> bytes:
    """A message with some fields of its header replaced."""
    content = content.lstrip(AROUND)
    line = LINE.split(content, maxsplit=1)[0]
    mark = line[3:4]
    fields = line.split(mark)
    for number, value in changed.items():
        if number - 1 < len(fields):
            # The delimiter after MSH is field 1 itself.
            fields[number - 1] = value
    return mark.join(fields) + content[len(line) :]


def numbered(content: bytes, place: int) -> bytes:
    """A further message made of one that spoke of several patients, under a control id of its own."""
    head = heading(content)
    if head is None or place == 1:
        return content
    return with_fields(content, {CONTROL: head.control + f"-{place}".encode()})
