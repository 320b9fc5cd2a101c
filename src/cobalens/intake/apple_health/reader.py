"""An Apple Health export to a record: its FHIR resources as one Bundle about one person, handed to the reader of FHIR."""

from __future__ import annotations

import re
import zipfile
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.apple_health import archive as files
from cobalens.intake.apple_health.dstu2 import to_r4
from cobalens.intake.refused import Refused
from cobalens.intake.source import exact
from cobalens.intake.xmlsafe import stream
from cobalens.model.record import Element, Record
from cobalens.model.ruleset import Ruleset

MAX_ELEMENTS = 30_000_000
MAX_CLINICAL = 50_000
ME = "Patient/me"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SEX = {"HKBiologicalSexFemale": "female", "HKBiologicalSexMale": "male"}
_ABOUT = ("subject", "patient")


class Clinical(Struct):
    """What the export says of one health record."""

    path: str
    version: str
    kind: str
    source: str


class Export(Struct):
    """What was found in `export.xml`."""

    exported: str = ""
    me: dict[str, str] = {}
    clinical: list[Clinical] = []
    counts: dict[str, int] = {}
    """Kind of measurement -> how many, which no rule needs."""

    def element(self, tag: str, given: dict[str, str]) -> None:
        if tag == "ClinicalRecord":
            path = given.get("resourceFilePath", "")
            self.clinical.append(
                Clinical(
                    path.lstrip("/"),
                    given.get("fhirVersion", ""),
                    given.get("type", ""),
                    given.get("sourceName", ""),
                )
            )
        elif tag == "Me":
            self.me = given
        elif tag == "ExportDate":
            found = _DAY.match(given.get("value", ""))
            self.exported = found[0] if found else ""
        elif tag in ("Record", "Correlation", "Workout", "ActivitySummary"):
            kind = given.get("type") or given.get("workoutActivityType") or tag
            self.counts[kind] = self.counts.get(kind, 0) + 1


def read_export(
    source: bytes, ruleset: Ruleset, as_of: str | None, id: str, complete: frozenset[str]
) -> list[Record | Refused]:
    from cobalens.intake import fhir

    export = Export()
    if source[:4] == b"PK\x03\x04":
        with files.opened(source) as archive:
            name = files.export_name(archive)
            if name:
                stream(files.chunks(archive, name), "input", export.element, MAX_ELEMENTS)
            resources, elements = _resources(export, archive)
    else:
        stream([source], "input", export.element, MAX_ELEMENTS)
        resources, elements = _resources(export, None)
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in resources],
    }
    content = msgspec.json.Encoder(decimal_format="number").encode(bundle)
    people = fhir.read(content, ruleset, as_of or export.exported or None, id)
    own = (*elements, *_measurements(export))
    return [
        replace(one, id=id, elements=(*own, *one.elements), complete=one.complete | complete)
        if isinstance(one, Record)
        else one
        for one in people
    ]


def _resources(export: Export, archive: zipfile.ZipFile | None) -> tuple[list[dict[str, Any]], list[Element]]:
    """The resources, all about one person whatever each hospital calls them; and what could not be had."""
    there = files.records(archive) if archive is not None else {}
    listed = {one.path: one for one in export.clinical}
    listed |= {path: Clinical(path, "", "", "") for path in there if path not in listed}
    patient: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    elements: list[Element] = []
    for number, (path, one) in enumerate(listed.items()):
        where, text = (
            path or f"ClinicalRecord[{number}]",
            one.kind.removeprefix("HKClinicalTypeIdentifier") or "health record",
        )
        if number >= MAX_CLINICAL:
            elements.append(Element(where, text, "set_aside", f"more than {MAX_CLINICAL} health records"))
        elif archive is None or path not in there:
            elements.append(Element(where, text, "set_aside", "its file is not in the export"))
        elif (resource := _decoded(files.content(archive, there[path]))) is None:
            elements.append(
                Element(where, text, "not_understood", "not a FHIR resource, or too large for one")
            )
        else:
            if one.version.startswith("1.") or resource.get("resourceType") == "MedicationOrder":
                resource = to_r4(resource)
            if resource.get("resourceType") == "Patient":
                patient = patient or resource
            else:
                found.append(_of_me(resource))
    return [_me(export, patient), *found], elements


def _decoded(content: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.Decoder(float_hook=exact).decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("resourceType"), str) else None


def _of_me(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: {"reference": ME} if name in _ABOUT else value for name, value in resource.items()}


def _me(export: Export, patient: dict[str, Any]) -> dict[str, Any]:
    """The phone's own word on sex and birth date first, then the hospital's."""
    made = {
        name: value
        for name, value in patient.items()
        if name in ("birthDate", "gender", "extension", "deceasedBoolean")
    }
    born = export.me.get("HKCharacteristicTypeIdentifierDateOfBirth", "")
    if _DAY.fullmatch(born):
        made["birthDate"] = born
    if sex := _SEX.get(export.me.get("HKCharacteristicTypeIdentifierBiologicalSex", "")):
        made["gender"] = sex
    return {"resourceType": "Patient", "id": "me", **made}


def _measurements(export: Export) -> list[Element]:
    """Steps, pulse and the like: counted by kind, since there may be millions."""
    return [
        Element(
            "export.xml",
            f"{kind.removeprefix('HKQuantityTypeIdentifier')}: {count}",
            "understood",
            "a measurement of the phone",
        )
        for kind, count in export.counts.items()
    ]
