"""Small pieces of FHIR for the tests."""

from __future__ import annotations

import json
from typing import Any

from cobalens.api import Cobalens, load
from cobalens.intake import fhir
from cobalens.model.record import Record

Json = dict[str, Any]

AS_OF = "2026-03-02"
SNOMED, ICD10, RXNORM, LOINC = (
    "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://loinc.org",
)  # fmt: skip


def door() -> Cobalens:
    return load()


def bundle(*resources: Json, kind: str = "collection") -> Json:
    person: Json = {"resourceType": "Patient", "id": "p", "birthDate": "1960-01-01", "gender": "female"}
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": one} for one in (person, *resources)],
    }


def read(content: Json | list[Any] | bytes, as_of: str | None = AS_OF) -> list[Any]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return list(fhir.read(raw, door().ruleset, as_of))


def one(*resources: Json) -> Record:
    """The record of one person who has these resources."""
    (found,) = read(bundle(*resources))
    assert isinstance(found, Record)
    return found


def concept(text: str = "", *codings: tuple[str, ...]) -> Json:
    made: Json = {"text": text} if text else {}
    if codings:
        made["coding"] = [dict(zip(("system", "code", "display"), one, strict=False)) for one in codings]
    return made


def status(code: str) -> Json:
    return {"coding": [{"code": code}]}


def b12(*, code: str = "2132-9", **fields: Any) -> Json:
    """A B12 result under a mass LOINC code unless another is given."""
    made: Json = {
        "resourceType": "Observation", "id": "b12", "status": "final", "code": concept("", (LOINC, code)),
        "effectiveDateTime": "2026-03-01T08:00:00+01:00",
    }  # fmt: skip
    return made | fields


def quantity(value: float, unit: str, *, ucum: bool = True, comparator: str = "") -> Json:
    made: Json = {"value": value, "unit": unit}
    if ucum:
        made |= {"system": "http://unitsofmeasure.org", "code": unit}
    if comparator:
        made["comparator"] = comparator
    return {"valueQuantity": made}


def said(record: Record) -> set[tuple[str, str]]:
    """What the events come to: each concept with how it is meant."""
    found = set()
    for event in record.events:
        how = (
            "family"
            if event.family
            else "denied"
            if not event.affirmed
            else "doubt"
            if event.doubt
            else event.time
        )
        found.add((event.concept, how))
    return found


def fate(record: Record, kind: str) -> tuple[str, str]:
    """The fate of the one resource of a kind, and its reason."""
    (found,) = [element for element in record.elements if f" {kind}" in f" {element.where}"]
    return found.fate, found.reason
