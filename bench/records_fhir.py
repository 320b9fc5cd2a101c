"""`python -m bench.records_fhir`: a FHIR Bundle of 40 entries to facts, beside what fhir.resources needs to parse it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
from fhir.resources.R4B.bundle import Bundle

from bench.timing import by_turns
from cobalens import api
from cobalens.compiler import load_ruleset
from cobalens.intake import fhir
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.record import Element, Lab

TARGET = 0.05
VARIANTS = 40
"""Bundles of the same kind with other days, numbers and diagnoses, so that no answer is remembered."""
AS_OF = "2026-03-02"

TESTS = [
    ("2132-9", "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma", "pg/mL", 243), ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 11),
    ("787-2", "MCV [Entitic volume] by Automated count", "fL", 101), ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 233),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 5), ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 1),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 23), ("2339-0", "Glucose", "mg/dL", 92),
    ("2093-3", "Total Cholesterol", "mg/dL", 181), ("2571-8", "Triglycerides", "mg/dL", 121), ("2085-9", "High Density Lipoprotein Cholesterol", "mg/dL", 61),
    ("8302-2", "Body Height", "cm", 168), ("29463-7", "Body Weight", "kg", 71), ("39156-5", "Body Mass Index", "kg/m2", 25),
]  # fmt: skip
CONDITIONS = ["Malignant neoplasm of breast (disorder)", "Hyperlipidemia", "Essential hypertension (disorder)", "Chronic sinusitis (disorder)",
              "Osteoporosis (disorder)", "Stress (finding)"]  # fmt: skip
DRUGS = ["Simvastatin 10 MG Oral Tablet", "Metformin hydrochloride 500 MG Oral Tablet", "Paclitaxel 100 MG Injection", "Amoxicillin 500 MG Oral Tablet",
         "Acetaminophen 325 MG Oral Tablet"]  # fmt: skip


def example(number: int) -> bytes:
    """Twenty-eight results, six diagnoses, five prescriptions, one person, with all that servers send along; each number is another."""
    subject = {"reference": f"urn:uuid:{number:08}", "display": "Ada Example"}
    visit = {"reference": f"Encounter?identifier=https://records.example/visits|{number:06}"}
    entries: list[dict[str, Any]] = [patient(number)]
    for place, (code, name, unit, value) in enumerate([*TESTS, *TESTS]):
        kind = "vital-signs" if unit in ("cm", "kg", "kg/m2") else "laboratory"
        day = (
            f"20{10 + (place + number) % 16}-{1 + number % 12:02}-{1 + place % 28:02}T10:{number % 60:02}:32"
        )
        entries.append({
            "resourceType": "Observation", "id": f"o{place}", "meta": meta("observation-lab"), "status": "final", "subject": subject, "encounter": visit,
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": kind, "display": kind}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}], "text": name},
            "effectiveDateTime": f"{day}+00:00", "issued": f"{day}.123+00:00",
            "valueQuantity": {"value": float(Decimal(value) + Decimal(number + place) / 100), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        })  # fmt: skip
    for place, name in enumerate(CONDITIONS):
        day = f"20{10 + (place + number) % 15}-03-{1 + number % 28:02}T19:04:32+00:00"
        entries.append({
            "resourceType": "Condition", "id": f"c{place}", "meta": meta("condition"), "subject": subject, "encounter": visit,
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
            "verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]},
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item"}]}],
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "55822004", "display": name}], "text": name},
            "onsetDateTime": day, "recordedDate": day,
        })  # fmt: skip
    for place, name in enumerate(DRUGS):
        entries.append({
            "resourceType": "MedicationRequest", "id": f"m{place}", "meta": meta("medicationrequest"), "status": "active", "intent": "order",
            "subject": subject, "encounter": visit,
            "medicationCodeableConcept": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "314231", "display": name}], "text": name},
            "authoredOn": f"20{15 + (place + number) % 10}-06-{1 + number % 28:02}T19:04:32+00:00", "requester": {"reference": "Practitioner/1", "display": "Dr Example"},
            "dosageInstruction": [{"sequence": 1, "text": "Take one daily", "asNeededBoolean": False, "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}],
        })  # fmt: skip
    made = [
        {"fullUrl": f"urn:uuid:{number:08}" if place == 0 else f"urn:uuid:{number:04}-{place:04}", "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for place, one in enumerate(entries)
    ]  # fmt: skip
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": made}).encode()


def meta(profile: str) -> dict[str, Any]:
    return {
        "versionId": "1",
        "lastUpdated": "2026-02-01T10:00:00.000+00:00",
        "profile": [f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{profile}"],
    }


def patient(number: int) -> dict[str, Any]:
    base = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
    white = [
        {
            "url": "ombCategory",
            "valueCoding": {
                "system": "urn:oid:2.16.840.1.113883.6.238",
                "code": "2106-3",
                "display": "White",
            },
        },
        {"url": "text", "valueString": "White"},
    ]
    return {
        "resourceType": "Patient", "id": f"p{number}", "meta": meta("patient"), "birthDate": f"19{40 + number % 40}-04-01", "gender": "female",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Ada Example</div>'},
        "extension": [{"url": f"{base}race", "extension": white}, {"url": f"{base}birthsex", "valueCode": "F"}],
        "identifier": [
            {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}], "text": kind}, "system": f"https://records.example/{kind}", "value": str(number)}
            for kind in ("MR", "SS", "DL")
        ],
        "name": [{"use": "official", "family": "Example", "given": ["Ada"], "prefix": ["Ms."]}],
        "telecom": [{"system": "phone", "value": "555-0100", "use": "home"}],
        "address": [{"line": ["1 Example Street"], "city": "Exampleton", "state": "MA", "postalCode": "02139", "country": "US"}],
        "maritalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M", "display": "Married"}], "text": "Married"},
        "multipleBirthBoolean": False,
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-US", "display": "English"}], "text": "English"}}],
    }  # fmt: skip


def measured() -> tuple[float, float, float]:
    """Milliseconds a Bundle: ours to facts, the other library's parse, and no reading at all."""
    ruleset = load_ruleset()
    pack = ruleset.packs[api.PRIMARY]
    people = [example(number) for number in range(VARIANTS)]
    assert all(len(json.loads(one)["entry"]) == 40 for one in people)

    def ours() -> None:
        for one in people:
            for record in fhir.read(one, ruleset, AS_OF):
                facts_of(record, ruleset, pack)  # type: ignore[arg-type]

    def theirs() -> None:
        for one in people:
            Bundle.model_validate_json(one)

    def floor() -> None:
        """The JSON as plain values, with one bare object for each result and for each line of the account."""
        for one in people:
            for entry in msgspec.json.decode(one)["entry"]:
                resource = entry["resource"]
                Element("", resource["id"], "")
                if "valueQuantity" in resource:
                    Lab(analyte="", where="", text=resource["valueQuantity"]["unit"])

    ours()
    theirs()
    floor()
    mine, parse, least = (seconds / len(people) * 1000 for seconds in by_turns(ours, theirs, floor, rounds=7))
    return mine, parse, least


def main() -> int:
    mine, parse, least = measured()
    holds = "holds" if mine <= TARGET * parse else "does not hold"
    print(f"a Bundle of 40 entries to facts: {mine:.2f} ms; parsed by fhir.resources alone: {parse:.1f} ms")
    print(f"the JSON alone, with a bare object a result and entry: {least:.2f} ms, ratio {least / parse:.3f}")
    print(f"ratio {mine / parse:.3f}, promised at most {TARGET}: {holds}")
    return 0 if mine <= TARGET * parse else 1


if __name__ == "__main__":
    raise SystemExit(main())
