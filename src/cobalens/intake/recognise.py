"""Which format a content is in, told from the content itself, and its people read by that format's reader.

A reader is a package `intake.<format>` with `recognise(head)` and `read(source, ruleset, as_of, id)`. It is imported
only when its turn comes; what no reader knows is a case file, or is refused as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from importlib import import_module
from typing import NamedTuple

from msgspec.structs import replace

from cobalens import errors
from cobalens.intake.casefile import read_case
from cobalens.intake.refused import Refused
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

__all__ = ["FORMATS", "MAX_BYTES", "People", "Refused", "format_of", "read_people"]

FORMATS: tuple[str, ...] = ("hl7v2", "ccda", "apple_health", "fhir", "pdf", "tables", "pasted")
"""In the order in which they are asked; the one that knows its own most surely comes first."""
HEAD = 65_536
"""Bytes from which a format must know its own."""
BOM, RESOURCE = b"\xef\xbb\xbf", b"resourceType"
OF_DATA: tuple[tuple[bytes, str], ...] = (
    (rb"\$FL[23]", "a file of SPSS"),
    (rb"<stata_dta>|[\x69-\x73][\x01\x02]\x01\x00", "a file of Stata"),
    (rb"SQLite format 3", "a database of SQLite"),
    (rb"HEADER RECORD\*{7}|\x00{12}\xc2\xea\x81\x60", "a file of SAS"),
)
"""How other programs' files of data begin."""
OTHERS: tuple[tuple[bytes, str], ...] = (
    (rb"PK\x03\x04.*word/", "a Word document"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (rb"\xd0\xcf\x11\xe0", "a document of an older Office program"),
    (rb"\x1f\x8b", "a compressed file"),
    (rb"\s*\{\\rtf", "a document in RTF"),
    (rb"\s*<(?:!doctype\s+html|html|head|body)\b", "a web page"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*|BM.{4}\x00{4}|RIFF.{4}WEBP|.{4}ftyp(?:hei|mif|avif)", "a picture"),
    (rb"(?:PID|OBR|OBX|ORC|PV1)\|.*", "a part of an HL7 v2 message, without the header (MSH) with which a message begins"),
)  # fmt: skip
"""How documents begin that people hold in their hands and that no format reads."""
MAX_BYTES = 200_000_000
"""No format is read beyond this; most stop earlier and say so."""


People = Sequence[Record | Refused]


class Format(NamedTuple):
    recognise: Callable[[bytes], bool]
    read: Callable[[bytes, Ruleset, str | None, str], People]


def reader_of(name: str) -> Format:
    module = import_module(f"cobalens.intake.{name}")
    return Format(module.recognise, module.read)


def format_of(content: bytes) -> str | None:
    """The format of a content, or ``None`` for a case file and for what nobody knows."""
    head = content[:HEAD]
    if head.removeprefix(BOM).lstrip()[:1] == b"{" and RESOURCE not in head:
        # No reader but that of case files takes an object without a resource type; none of them need be loaded.
        return None
    return next((name for name in FORMATS if reader_of(name).recognise(head)), None)


def data_of(head: bytes) -> str:
    """Which other program's file of data it is."""
    return next((kind for begins, kind in OF_DATA if re.match(begins, head)), "")


def refuse_others(head: bytes) -> None:
    if head[:1] in (b"{", b"[") and not head.startswith(b"{\\rtf"):
        return
    for begins, kind in (*OF_DATA, *OTHERS):
        if re.match(begins, head, re.DOTALL | re.IGNORECASE):
            raise errors.other_document("input", kind)


def read_people(
    content: bytes, ruleset: Ruleset, as_of: str | None = None, id: str = "case", complete: Iterable[str] = (),
    mapping: bytes | None = None,
) -> People:  # fmt: skip
    """Everybody in a content, whatever its format; ``complete`` names lists declared complete for each of them.

    ``mapping`` says what the columns of a table hold; what is given with it is read as a table.
    """
    if mapping is not None:
        from cobalens.intake import tables

        people: People = tables.read(content, ruleset, as_of, id, mapping)
    else:
        name = format_of(content)
        if name in (None, "pasted"):
            refuse_others(content[:HEAD].removeprefix(BOM))
        if name is None:
            return [read_case(content, ruleset, as_of, id, frozenset(complete))]
        people = reader_of(name).read(content, ruleset, as_of, id)
    declared = declared_in(complete, ruleset)
    return [declaring(one, declared) if declared and isinstance(one, Record) else one for one in people]


def reader_on(
    content: bytes, ruleset: Ruleset, id: str, complete: Iterable[str], mapping: bytes | None
) -> Callable[[str, Collection[str] | None], People] | None:
    """Reads those who are named as of a day, of a source of many people that is opened once; nothing of other sources."""
    from cobalens.intake.many import opened, reader_of_many

    source = opened(content, ruleset, id, mapping)
    return None if source is None else reader_of_many(source, ruleset, complete)


def declared_in(complete: Iterable[str], ruleset: Ruleset) -> Record | None:
    """What a declaration of complete lists says of anybody."""
    return read_case({"facts": {}}, ruleset, complete=frozenset(complete)) if complete else None


def declaring(record: Record, declared: Record) -> Record:
    unread = tuple(dict.fromkeys((*record.not_understood, *declared.not_understood)))
    return replace(record, complete=record.complete | declared.complete, not_understood=unread)
