"""What stands in a FHIR resource, whatever its shape: a wrong type reads as nothing, never as an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

Json = dict[str, Any]
NOTHING: Json = {}
MAX_TEXT = 400
ABSENT = "data-absent-reason"

_TAG = re.compile(
    r"\s*\((?:disorder|finding|procedure|qualifier value|situation|regime/therapy|morphologic abnormality|substance|"
    r"product|medicinal product|clinical drug|observable entity|event|person|physical object|body structure|context-dependent category)\)$",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"</?(?:br|p|div|tr|li|h[1-6]|table|ul|td|th)\b[^<>]{0,2000}>", re.IGNORECASE)
_ENTITIES = {
    "&lt;": "<",
    "&gt;": ">",
    "&nbsp;": " ",
    "&#160;": " ",
    "&quot;": '"',
    "&apos;": "'",
    "&#39;": "'",
    "&amp;": "&",
}


class Coding(NamedTuple):
    system: str
    code: str
    display: str


def obj(value: Any) -> Json:
    return value if isinstance(value, dict) else NOTHING


def items(value: Any) -> list[Json]:
    """The objects of a list; an object alone stands for a list of one."""
    if isinstance(value, list):
        return [one for one in value if isinstance(one, dict)]
    return [value] if isinstance(value, dict) else []


def plain_text(value: Any) -> str:
    """A code, an address, a date: text as it stands."""
    return value if isinstance(value, str) else ""


def text(value: Any) -> str:
    """Words, with one space between them."""
    if not isinstance(value, str):
        return ""
    return (
        value
        if "  " not in value and value.isprintable() and value[:1] != " " != value[-1:]
        else " ".join(value.split())
    )


def number(value: Any) -> str:
    """A number as it was written; FHIR has numbers, some senders put them in quotation marks."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < 30 else str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else ""
    return value.strip() if isinstance(value, str) else ""


def codings(concept: Any) -> list[Coding]:
    if not isinstance(concept, dict) or not (given := concept.get("coding")):
        return []
    return [
        Coding(plain_text(one.get("system")), text(one.get("code")), text(one.get("display")))
        for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)
    ]  # fmt: skip


def bare(words: str) -> str:
    """A SNOMED CT name without the tag that says what kind of thing it is."""
    return _TAG.sub("", words)[:MAX_TEXT] if words.endswith(")") else words[:MAX_TEXT]


def words(concept: Any) -> str:
    """The words of a CodeableConcept: its text, else the first display."""
    if not isinstance(concept, dict):
        return ""
    if said := text(concept.get("text")):
        return bare(said)
    given = concept.get("coding")
    for one in given if isinstance(given, list) else (given,):
        if isinstance(one, dict) and (said := text(one.get("display"))):
            return bare(said)
    return ""


def code_in(concept: Any, known: frozenset[str] | dict[str, str]) -> str:
    """The first code of a CodeableConcept that is among these."""
    return next((one.code for one in codings(concept) if one.code in known), "")


def first_code(concept: Any) -> str:
    """The code of a field that has one terminology (a status); some senders give the code as plain text."""
    if isinstance(concept, str):
        return concept.strip().lower()
    given = next((one.code for one in codings(concept) if one.code), "") or text(obj(concept).get("text"))
    return given.lower()


def remarks(resource: Json) -> Iterator[str]:
    """The notes of a resource, in its own words."""
    for note in items(resource.get("note")):
        if (said := note.get("text")) and isinstance(said, str) and said.strip():
            yield said


def absent(value: Any) -> str:
    """Why a value is missing, as an extension says it."""
    for one in items(obj(value).get("extension")):
        if text(one.get("url")).endswith(ABSENT):
            return text(one.get("valueCode")) or "unknown"
    return ""


def plain(narrative: Any) -> str:
    """The words of an XHTML narrative, a line for each block."""
    if not isinstance(narrative, str):
        return ""
    said = _MARKUP.sub(" ", _BREAK.sub("\n", narrative))
    for entity, sign in _ENTITIES.items():
        said = said.replace(entity, sign)
    lines = (" ".join(line.split()) for line in said.splitlines())
    return "\n".join(line for line in lines if line)
