"""A made-up population as a hospital's bulk export of FHIR: one file a kind, twenty-four resources a person."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

RESOURCES = 24
DAY = "2026-03-02"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
TESTS = [
    ("2132-9", "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma", "pg/mL", 60, 2400, 0),
    ("14685-2", "Cobalamin (Vitamin B12) [Moles/volume] in Serum or Plasma", "pmol/L", 40, 1800, 0),
    ("13964-2", "Methylmalonate [Moles/volume] in Serum or Plasma", "umol/L", 0.1, 1.4, 2),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 7, 17, 1),
    ("787-2", "MCV [Entitic volume] by Automated count", "fL", 72, 125, 1),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 40, 420, 0),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 2, 19, 1),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.5, 4, 2),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 8, 210, 0),
    ("2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 62, 240, 0),
    ("2276-4", "Ferritin [Mass/volume] in Serum or Plasma", "ng/mL", 8, 900, 0),
    ("8302-2", "Body Height", "cm", 148, 196, 1),
    ("29463-7", "Body Weight", "kg", 43, 131, 1),
]
CONDITIONS = [
    ("363346000", "Malignant neoplastic disease (disorder)"), ("84027009", "Pernicious anemia (disorder)"),
    ("396331005", "Celiac disease (disorder)"), ("709044004", "Chronic kidney disease (disorder)"),
    ("62507009", "Pins and needles (finding)"), ("59621000", "Essential hypertension (disorder)"),
    ("55822004", "Hyperlipidemia (disorder)"), ("64859006", "Osteoporosis (disorder)"), ("73595000", "Stress (finding)"),
]  # fmt: skip
DRUGS = [
    ("860975", "Metformin hydrochloride 500 MG Oral Tablet"), ("314231", "Simvastatin 10 MG Oral Tablet"),
    ("402014", "Omeprazole 20 MG Delayed Release Oral Capsule"), ("2556797", "Paclitaxel 100 MG Injection"),
    ("308182", "Amoxicillin 500 MG Oral Tablet"), ("313782", "Acetaminophen 325 MG Oral Tablet"),
    ("308593", "Cyanocobalamin 1 MG/ML Injectable Solution"),
]  # fmt: skip
PROCEDURES = [("26452005", "Total gastrectomy"), ("173171007", "Lobectomy of lung"), ("430193006", "Medication Reconciliation (procedure)")]  # fmt: skip
COUNTS = {"Observation": 16, "Condition": 4, "MedicationRequest": 2, "Procedure": 1}


def concept(system: str, code: str, name: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": name}], "text": name}


def status(kind: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{kind}", "code": code}]}


def person(number: int) -> list[dict[str, Any]]:
    """The resources of one person; each number is another."""
    chance = random.Random(number)
    who = f"p{number:07}"

    def day(first: int = 2012) -> str:
        year, month = chance.randint(first, 2026), chance.randint(1, 12)
        month = min(month, 2) if year == 2026 else month
        return f"{year}-{month:02}-{chance.randint(1, 28):02}T{chance.randint(7, 18):02}:{chance.randint(0, 59):02}:00+00:00"

    def made(kind: str, place: int, **fields: Any) -> dict[str, Any]:
        subject = {"reference": f"Patient/{who}"}
        return {"resourceType": kind, "id": f"{who}-{kind[:1]}{place}", "subject": subject, **fields}

    birth = f"{chance.randint(1932, 2001)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    found: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": who,
            "birthDate": birth,
            "gender": chance.choice(["female", "male"]),
        }
    ]
    for place in range(COUNTS["Observation"]):
        code, name, unit, low, high, digits = TESTS[place] if place < 2 else chance.choice(TESTS)
        kind = "vital-signs" if unit in ("cm", "kg") else "laboratory"
        value = round(chance.uniform(low, high), digits)
        found.append(
            made("Observation", place, status="final", category=[status("observation-category", kind)], code=concept(LOINC, code, name),
                 effectiveDateTime=day(2019), valueQuantity={"value": value if digits else int(value), "unit": unit,
                                                             "system": "http://unitsofmeasure.org", "code": unit})
        )  # fmt: skip
    found += (
            made("Condition", place, clinicalStatus=status("condition-clinical", chance.choice(["active", "active", "resolved"])),
                 verificationStatus=status("condition-ver-status", "confirmed"),
                 category=[status("condition-category", "problem-list-item")],
                 code=concept(SNOMED, *chance.choice(CONDITIONS)), onsetDateTime=day())
            for place in range(COUNTS["Condition"])
    )  # fmt: skip
    found += (
            made("MedicationRequest", place, status=chance.choice(["active", "active", "completed"]), intent="order",
                 medicationCodeableConcept=concept(RXNORM, *chance.choice(DRUGS)), authoredOn=day(2018))
            for place in range(COUNTS["MedicationRequest"])
    )  # fmt: skip
    found.append(
        made("Procedure", 0, status="completed", code=concept(SNOMED, *chance.choice(PROCEDURES)), performedDateTime=day())
    )  # fmt: skip
    return found


def write(people: int, folder: Path) -> int:
    """One file a kind; how many bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {kind: (folder / f"{kind}.ndjson").open("w", encoding="utf-8") for kind in ("Patient", *COUNTS)}
    for number in range(people):
        for one in person(number):
            files[one["resourceType"]].write(json.dumps(one, separators=(",", ":")) + "\n")
    for file in files.values():
        file.close()
    return sum(path.stat().st_size for path in folder.iterdir())
