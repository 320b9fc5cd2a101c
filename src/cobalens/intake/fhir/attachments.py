"""What is attached to a report or a document: text and PDF, read like pasted text of the same person."""

from __future__ import annotations

import base64
import binascii

from msgspec.structs import replace

from cobalens.errors import CobalensError
from cobalens.intake import pasted, pdf
from cobalens.intake.entries import Times
from cobalens.intake.fhir.person import MAX_NOTE, Person, read_words
from cobalens.intake.fhir.shapes import Json, plain, text
from cobalens.intake.pasted.blocks import Line
from cobalens.model.record import Record

MAX_BYTES = 10_000_000
MAX_PDFS = 20
"""Of one person; reading a PDF takes long."""
WORDS = ("text/plain", "text/html", "text/xhtml", "application/xhtml+xml", "")
PDF = "application/pdf"
PICTURES = ("imaging", "biopsies")
"""Fields whose words describe what was seen; there a line is part of a sentence."""
_SEX = ("female", "male")


def read_attachment(given: Json, where: str, field: str, person: Person, times: Times) -> str:
    """Reads an attachment; where it is not read, the reason."""
    kind, data = _content(given, person)
    if not data:
        return "an attachment that is kept elsewhere"
    if kind != PDF and kind not in WORDS:
        return f"an attachment that is not text ({kind})"[:80]
    if len(data) > MAX_BYTES * 4 // 3:
        return f"an attachment of more than {MAX_BYTES // 1_000_000} MB"
    try:
        raw = base64.b64decode(data, validate=False)
        said = "" if kind == PDF else raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return "an attachment that cannot be decoded"
    if kind == PDF:
        return _pdf(raw, where, person, times)
    if "html" in kind:
        said = plain(said)
    lines = said.splitlines()
    if field in PICTURES or len(lines) < 2:
        return _words(said, where, field, person, times)
    why = _lines([Line(number, one) for number, one in enumerate(lines, 1)], where, person, times)
    return _words(said, where, field, person, times) if why == NOTHING_KNOWN else why


NOTHING_KNOWN = "an attachment in whose text nothing is known here"


def _content(given: Json, person: Person) -> tuple[str, str]:
    """The type and the bytes of an attachment, its own or those of the Binary that its address means."""
    kind, data = text(given.get("contentType")), given.get("data")
    if not data and (address := text(given.get("url"))):
        found = person.index.find({"reference": address})
        if found.get("resourceType") == "Binary":
            kind, data = text(found.get("contentType")) or kind, found.get("data")
    return kind.lower().partition(";")[0].strip(), data if isinstance(data, str) else ""


def _words(said: str, where: str, field: str, person: Person, times: Times) -> str:
    if len(said) > MAX_NOTE:
        return f"an attached text of more than {MAX_NOTE} characters"
    person.found.events += read_words(said, where, field, person, times)
    return ""


def _pdf(raw: bytes, where: str, person: Person, times: Times) -> str:
    if person.pdfs >= MAX_PDFS:
        return f"one of more than {MAX_PDFS} attached PDFs"
    person.pdfs += 1
    if not pdf.recognise(raw[:1024]):
        return "an attachment that is called a PDF and is none"
    try:
        lines = pdf.lines_of(raw, person.tools.ruleset)
    except CobalensError as error:
        return f"an attached PDF. {error.problem}"
    return _lines(lines, where, person, times)


def _lines(lines: list[Line], where: str, person: Person, times: Times) -> str:
    """Takes over what a printout of the same person says."""
    try:
        read = pasted.of_lines(lines, person.tools.ruleset, person.today or None)
    except CobalensError as error:
        if error.code == "as_of_needed":
            raise
        return f"an attachment. {error.problem}"
    if read is None:
        return NOTHING_KNOWN
    if _of_another(read, person):
        return "an attachment that gives another age or sex than this person's"
    found = person.found
    for lab in read.labs:
        dated = replace(lab, where=f"{where} {lab.where}", when=lab.when if lab.when.known else times.start)
        # One report is often attached in two forms, and to two resources.
        same = replace(dated, where="")
        if same not in person.attached:
            person.attached.add(same)
            found.text_labs.append(dated)
    found.events += [replace(event, where=f"{where} {event.where}") for event in read.events]
    found.unread += [replace(one, where=f"{where} {one.where}") for one in read.not_understood]
    found.notes += [replace(one, where=f"{where} {one.where}") for one in read.notes]
    found.understood += read.understood
    found.complete |= read.complete
    return ""


def _of_another(read: Record, person: Person) -> bool:
    """Whether a printout is plainly of somebody else: another sex, or an age that no earlier day explains."""
    sexes = {event.concept for event in read.events if event.affirmed and event.concept in _SEX}
    if person.sex and sexes and person.sex not in sexes:
        return True
    return read.age is not None and person.age is not None and read.age > person.age + 1
