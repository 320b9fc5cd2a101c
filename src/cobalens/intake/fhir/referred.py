"""Orders that refer to their medicine, each as if it stood in the order: so one of many lines can be read by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from cobalens.intake.fhir.bundle import Directory, local, resources_of
from cobalens.intake.fhir.medicines import product
from cobalens.intake.fhir.shapes import codings, items, obj, text, words
from cobalens.intake.fhir.typed import EMPTY, Referring, ReferringUse, is_text

MARK, IN_ITS_PLACE = "medicationReference", "medicationCodeableConcept"
MARKED = f'"{MARK}"'.encode()
INSIDE = "Medication"
"""What an order may carry in itself; anything else in it has to be looked at."""
BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)
_referring = msgspec.json.Decoder(Referring | ReferringUse)
_fields = msgspec.json.Decoder(dict[str, Raw])


def referring(line: bytes) -> Referring | ReferringUse | None:
    """An order, or a statement of a use, of which every field is known and that refers to its medicine."""
    if MARKED not in line:
        return None
    try:
        one: Referring | ReferringUse = _referring.decode(line)
        return one
    except BROKEN:
        return None


def resolved(line: bytes, known: Mapping[bytes, bytes]) -> bytes:
    """The line with its medicine in it, by the name beside the reference where the medicine is not ``known``; else as it is."""
    one = referring(line)
    if one is None or not is_text(line):
        return line
    try:
        drug = _drug(one, known)
    except BROKEN:
        return line
    if not words(drug) and not codings(drug):
        return line
    fields = _fields.decode(line)
    for name in (MARK, "contained"):
        fields.pop(name, None)
    return msgspec.json.encode({**fields, IN_ITS_PLACE: drug})


def _drug(one: Referring | ReferringUse, known: Mapping[bytes, bytes]) -> dict[str, Any]:
    reference = msgspec.json.decode(one.medication_reference)
    contained = msgspec.json.decode(one.contained) if one.contained != EMPTY else []
    inside = items(contained)
    if any(each.get("resourceType") != INSIDE for each in inside):
        return {}
    medicine = known.get(local(text(obj(reference).get("reference"))).encode())
    index = Directory([] if medicine is None else resources_of(medicine))
    return product({MARK: reference, "contained": inside}, index)
