"""FHIR inputs with something wrong in them: types, places, names, bytes."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from copy import deepcopy
from typing import Any

from tests.records.fhir.build import ICD10, LOINC, SNOMED, b12, bundle, concept, quantity, status
from tests.records.pdf.writer import columns, pdf

PRINTED = b"Collected: 2026-02-01\nMCV   112 fL\nHomocysteine   22 umol/L\nMedications: metformin\n"
ODD: list[Any] = [
    None, True, False, 0, -1, 10**40, 1e308, 1e-300, "", " ", "x" * 5000, "\x00", "\ud83d\ude00", [], {}, [[]], [None], {"coding": None},
    {"reference": "#"}, {"value": {}}, "2026-13-45", "0000-00-00", "9999-12-31T23:59:60Z", "NaN", "1,245", "GREATER THAN 2000", "﻿", [{"coding": [1]}],
]  # fmt: skip


def whole() -> dict[str, Any]:
    """A Bundle in which every kind that is read stands once."""
    med = concept("metformin")
    return bundle(
        b12(interpretation=[status("L")], referenceRange=[{"low": {"value": 200}, "high": {"value": 900}}], method=concept("ECLIA"),
            note=[{"text": "slightly haemolysed"}], **quantity(150, "pg/mL")),
        {"resourceType": "Observation", "status": "final", "code": concept("Full blood count"), "effectivePeriod": {"start": "2026-01-01", "end": "2026-01-02"},
         "component": [{"code": concept("", (LOINC, "718-7"))} | quantity(91, "g/L"), {"code": concept("MCV"), "valueRange": {"low": {"value": 101}, "high": {"value": 104}}}]},
        {"resourceType": "Observation", "status": "final", "code": concept("Numbness"), "valueBoolean": True},
        {"resourceType": "Condition", "clinicalStatus": status("active"), "verificationStatus": status("provisional"), "code": concept("", (ICD10, "D51.0")),
         "onsetAge": {"value": 40, "code": "a"}, "bodySite": [concept("Stomach")], "stage": [{"summary": concept("IV")}]},
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "medicationReference": {"reference": "#m"}, "authoredOn": "2025-01-01",
         "contained": [{"resourceType": "Medication", "id": "m", "code": med}], "reasonCode": [concept("type 2 diabetes")],
         "dosageInstruction": [{"text": "500 mg twice daily", "route": concept("", (SNOMED, "26643006")), "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}]}]},
        {"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": med, "effectivePeriod": {"start": "2024"}},
        {"resourceType": "MedicationAdministration", "status": "completed", "medicationCodeableConcept": concept("hydroxocobalamin"),
         "effectiveDateTime": "2026-02-01", "dosage": {"dose": {"value": 1, "unit": "mg"}}},
        {"resourceType": "MedicationDispense", "status": "completed", "medicationCodeableConcept": med, "whenHandedOver": "2026-01-01", "daysSupply": {"value": 30}},
        {"resourceType": "Procedure", "status": "completed", "code": concept("", (SNOMED, "53442002", "Gastrectomy")), "performedDateTime": "2019-05-01"},
        {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": concept("Colonoscopy")},
        {"resourceType": "AllergyIntolerance", "code": concept("Hydroxocobalamin")},
        {"resourceType": "FamilyMemberHistory", "status": "completed", "condition": [{"code": concept("Pernicious anaemia")}]},
        {"resourceType": "NutritionOrder", "status": "active", "intent": "order", "oralDiet": {"type": [concept("Vegan diet")]}},
        {"resourceType": "QuestionnaireResponse", "status": "completed", "authored": "2026-03-01", "item": [
            {"linkId": "symptoms", "item": [{"linkId": "symptoms.falls", "text": "Falls", "answer": [{"valueBoolean": False}]},
                                            {"linkId": "symptoms.other", "answer": [{"valueString": "tingling of both feet"}]}]}]},
        {"resourceType": "DiagnosticReport", "status": "final", "code": concept("MRI"), "conclusion": "No cord compression.", "result": [{"reference": "Observation/b12"}],
         "presentedForm": [{"contentType": "text/plain", "data": "TUNWIDExMiBmTA=="}]},
        {"resourceType": "Composition", "status": "final", "section": [{"code": concept("", (LOINC, "10160-0")), "text": {"div": "<div>None known</div>"}}]},
        {"resourceType": "Encounter", "id": "v", "status": "finished", "period": {"start": "2026-01-01", "end": "2026-01-02"}},
        {"resourceType": "Specimen", "id": "s", "collection": {"collectedDateTime": "2026-02-20"}},
        {"resourceType": "CarePlan", "status": "active", "intent": "plan", "note": [{"text": "She takes metformin"}], "activity": [
            {"detail": {"kind": "MedicationRequest", "productCodeableConcept": concept("hydroxocobalamin"), "status": "not-started", "scheduledPeriod": {"start": "2026-04-01"}}},
            {"detail": {"code": concept("Colonoscopy"), "status": "in-progress", "description": "in spring"}}, {"reference": {"reference": "#x"}}]},
        {"resourceType": "DocumentReference", "status": "current", "date": "2026-02-01T10:00:00Z", "content": [
            {"attachment": {"contentType": "text/plain", "data": b64encode(PRINTED).decode()}}, {"attachment": {"contentType": "application/pdf", "url": "Binary/f"}}]},
        {"resourceType": "Binary", "id": "f", "contentType": "application/pdf", "data": b64encode(pdf([columns([[(60, one)] for one in PRINTED.decode().splitlines()])])).decode()},
        *({"resourceType": "Observation", "status": "final", "code": concept("Ferritin", (LOINC, "2276-4")), "effectiveDateTime": day} | quantity(number, "ng/mL")
          for day, number in (("2026-01-05", 20), ("2026-01-06", 21), ("2026-01-06", 21))),
    )  # fmt: skip


def places(part: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every container with each of its keys."""
    keys = range(len(part)) if isinstance(part, list) else list(part) if isinstance(part, dict) else ()
    for key in keys:
        found.append((part, key))
        places(part[key], found)
    return found


def mutated(seed: int) -> bytes:
    """One input, always the same for the same number."""
    dice = random.Random(seed)
    made = whole()
    made["entry"] = dice.sample(made["entry"], dice.randint(1, len(made["entry"])))
    for _ in range(dice.randint(0, 4)):
        found = places(made, [])
        if not found:
            break
        holder, key = dice.choice(found)
        act = dice.randrange(5)
        if act == 0:
            holder[key] = deepcopy(dice.choice(ODD))
        elif act == 1:
            del holder[key]
        elif act == 2:
            other, elsewhere = dice.choice(found)
            holder[key] = json.loads(json.dumps(other[elsewhere])) if _is_there(other, elsewhere) else None
        elif act == 3 and isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        elif act == 4 and isinstance(holder, dict):
            holder[dice.choice(["resourceType", "valueString", "subject", "component", "status", "é"])] = (
                deepcopy(dice.choice(ODD))
            )
    raw = json.dumps(made).encode()
    if dice.random() < 0.15:
        spot = dice.randrange(len(raw))
        raw = raw[:spot] + dice.randbytes(dice.randint(0, 6)) + raw[spot + dice.randint(0, 9) :]
    return (
        b"\n".join(
            json.dumps(one.get("resource") if isinstance(one, dict) else one).encode()
            for one in _entries(made)
        )
        if dice.random() < 0.1
        else raw
    )


def _entries(made: dict[str, Any]) -> list[Any]:
    given = made.get("entry")
    return given if isinstance(given, list) else []


def _is_there(holder: Any, key: Any) -> bool:
    return key < len(holder) if isinstance(holder, list) else key in holder
