"""A worked case as a FHIR Bundle, written from the FHIR specification and not from the reader.

Codes, factors and forms are this module's own, so that a mistake of the reader is not written and read back.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

DAY_ZERO = dt.date(2026, 3, 2)
UCUM = "http://unitsofmeasure.org"
LOINC = {
    "vitamin_b12": ("2132-9", "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma"),
    "holotc": ("72160-5", "Holotranscobalamin [Moles/volume] in Serum or Plasma"),
    "mma": ("13964-2", "Methylmalonate [Moles/volume] in Serum or Plasma"),
    "homocysteine": ("13965-9", "Homocysteine [Moles/volume] in Serum or Plasma"),
    "folate_serum": ("2284-8", "Folate [Mass/volume] in Serum or Plasma"),
    "hemoglobin": ("718-7", "Hemoglobin [Mass/volume] in Blood"),
    "hematocrit": ("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count"),
    "mcv": ("787-2", "MCV [Entitic volume] by Automated count"),
    "wbc": ("6690-2", "Leukocytes [#/volume] in Blood by Automated count"),
    "neutrophils": ("751-8", "Neutrophils [#/volume] in Blood by Automated count"),
    "platelets": ("777-3", "Platelets [#/volume] in Blood by Automated count"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"),
    "alt": ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma"),
    "ast": ("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma"),
    "alp": ("6768-6", "Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma"),
    "ferritin": ("2276-4", "Ferritin [Mass/volume] in Serum or Plasma"),
    "crp": ("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"),
    "tsh": ("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"),
    "hba1c": ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
}  # fmt: skip
NAMES = {
    "egfr": "eGFR", "if_antibody": "Intrinsic factor antibody", "parietal_cell_antibody": "Parietal cell antibody", "tsat": "Transferrin saturation",
    "peg_recovery": "B12 recovery after PEG precipitation", "coeliac_antibody": "Tissue transglutaminase IgA", "ggt": "GGT", "rdw": "RDW",
}  # fmt: skip
OTHER_UNITS = {
    ("vitamin_b12", "ng/L"): ("pmol/L", Decimal("0.7378")), ("vitamin_b12", "pg/mL"): ("pmol/L", Decimal("0.7378")),
    ("vitamin_b12", "pmol/L"): ("pg/mL", Decimal("1.35537")), ("hemoglobin", "g/L"): ("g/dL", Decimal("0.1")),
    ("hemoglobin", "g/dL"): ("g/L", Decimal(10)), ("mma", "umol/L"): ("nmol/L", Decimal(1000)), ("mma", "nmol/L"): ("umol/L", Decimal("0.001")),
    ("folate_serum", "ug/L"): ("nmol/L", Decimal("2.2655")), ("folate_serum", "ng/mL"): ("nmol/L", Decimal("2.2655")),
    ("folate_serum", "nmol/L"): ("ng/mL", Decimal("0.4414")), ("creatinine", "mg/dL"): ("umol/L", Decimal("88.42")),
    ("creatinine", "umol/L"): ("mg/dL", Decimal("0.01131")), ("ferritin", "ug/L"): ("ng/mL", Decimal(1)), ("albumin", "g/L"): ("g/dL", Decimal("0.1")),
    ("bilirubin_total", "mg/dL"): ("umol/L", Decimal("17.104")), ("bilirubin_total", "umol/L"): ("mg/dL", Decimal("0.05847")),
    ("copper", "ug/dL"): ("umol/L", Decimal("0.15737")), ("copper", "umol/L"): ("ug/dL", Decimal("6.3546")),
}  # fmt: skip
FLAGS = {"low": "L", "high": "H", "normal": "N", "positive": "POS", "negative": "NEG"}
ROUTES = {
    "oral": ("26643006", "Oral route"), "intramuscular": ("78421000", "Intramuscular route"), "intravenous": ("47625008", "Intravenous route"),
    "subcutaneous": ("34206005", "Subcutaneous route"),
}  # fmt: skip


def in_other_units(case: Json) -> Json:
    """The same case with its results in the other system of units, where there is one."""
    labs = [converted(lab) for lab in case["facts"]["labs"]]
    return {"patient": case["patient"], "facts": {**case["facts"], "labs": labs}}


def converted(lab: Json) -> Json:
    other = OTHER_UNITS.get((lab["analyte"], lab.get("unit")))
    if other is None:
        return lab
    unit, factor = other
    made = {**lab, "unit": unit}
    for key in ("value", "ref_low", "ref_high"):
        if isinstance(lab.get(key), (int, float)):
            made[key] = float((Decimal(str(lab[key])) * factor).quantize(Decimal("0.0001")))
    return made


def bundle(case: Json) -> Json:
    facts = case["facts"]
    resources = [
        patient(case["patient"]), *pregnancy(case["patient"]), *(observation(lab) for lab in facts["labs"]), *form(facts),
        *({"resourceType": "Condition", "clinicalStatus": status("condition-clinical", "active"), "code": {"text": one}} for one in facts["conditions"]),
        *(medicine(one) for one in facts["medications"]), *(medicine(one) for one in facts["supplements"]),
        *(procedure(one) for one in facts["procedures"]), *note(facts.get("note")),
    ]  # fmt: skip
    for number, one in enumerate(resources):
        one["id"] = one.get("id", f"r{number}")
        if one["resourceType"] != "Patient":
            one["patient" if one["resourceType"] == "AllergyIntolerance" else "subject"] = {
                "reference": "Patient/one"
            }
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"https://example.org/fhir/{one['resourceType']}/{one['id']}", "resource": one}
            for one in resources
        ],
    }


def status(system: str, code: str) -> Json:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def on(day: int) -> str:
    return (DAY_ZERO + dt.timedelta(days=day)).isoformat()


def patient(given: Json) -> Json:
    made: Json = {"resourceType": "Patient", "id": "one", "name": [{"family": "Example", "given": ["Anna"]}]}
    if given.get("age") is not None:
        months = round(float(given["age"]) * 12)
        year, month = divmod(DAY_ZERO.year * 12 + DAY_ZERO.month - 1 - months, 12)
        made["birthDate"] = dt.date(year, month + 1, 1).isoformat()
    if given.get("sex"):
        made["gender"] = given["sex"]
    return made


def pregnancy(given: Json) -> list[Json]:
    if given.get("pregnant") is None:
        return []
    code, words = ("77386006", "Pregnant") if given["pregnant"] else ("60001007", "Not pregnant")
    return [{
        "resourceType": "Observation", "status": "final", "effectiveDateTime": on(0),
        "code": {"coding": [{"system": "http://loinc.org", "code": "82810-3", "display": "Pregnancy status"}]},
        "category": [status("observation-category", "social-history")],
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": words}]},
    }]  # fmt: skip


def observation(lab: Json) -> Json:
    name = lab["analyte"]
    if name in LOINC:
        code, display = LOINC[name]
        concept: Json = {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]}
    else:
        concept = {"text": NAMES.get(name, name.replace("_", " "))}
    made: Json = {
        "resourceType": "Observation", "status": lab.get("status") or "final", "code": concept,
        "category": [status("observation-category", "laboratory")],
    }  # fmt: skip
    if lab.get("day") is not None:
        made["effectiveDateTime"] = f"{on(lab['day'])}T08:30:00+01:00"
    if lab.get("value") is not None:
        quantity: Json = {"value": lab["value"]}
        if lab.get("unit"):
            quantity |= {
                "unit": lab["unit"],
                "system": UCUM,
                "code": lab["unit"].replace("10^9", "10*9").replace("1.73m2", "{1.73_m2}"),
            }
        if lab.get("comparator"):
            quantity["comparator"] = lab["comparator"]
        made["valueQuantity"] = quantity
    if word := lab.get("qualitative"):
        if lab.get("value") is None:
            made["valueCodeableConcept"] = {"text": word}
        if word in FLAGS:
            made["interpretation"] = [status("v3-ObservationInterpretation", FLAGS[word])]
    limits = {
        key: {"value": lab[f"ref_{key}"], **({"unit": lab["unit"]} if lab.get("unit") else {})}
        for key in ("low", "high")
        if lab.get(f"ref_{key}") is not None
    }
    if limits:
        made["referenceRange"] = [limits]
    if lab.get("note"):
        made["note"] = [{"text": lab["note"]}]
    return made


def form(facts: Json) -> list[Json]:
    """Symptoms, diet and goal as the free answers of the questionnaire that the program hands out."""
    answers = {
        "symptoms": facts["symptoms"],
        "diet": [facts["diet"]] if facts.get("diet") else [],
        "goal": [facts["goal"]] if facts.get("goal") else [],
    }
    groups = [
        {"linkId": group, "item": [{"linkId": f"{group}.other", "answer": [{"valueString": one} for one in said]}]}
        for group, said in answers.items() if said
    ]  # fmt: skip
    return (
        [{"resourceType": "QuestionnaireResponse", "status": "completed", "authored": on(0), "item": groups}]
        if groups
        else []
    )


def medicine(given: Any) -> Json:
    if isinstance(given, str):
        return {
            "resourceType": "MedicationStatement",
            "status": "active",
            "medicationCodeableConcept": {"text": given},
        }
    made: Json = {"resourceType": "MedicationStatement", "medicationCodeableConcept": {"text": given["name"]}}
    start, stop = given.get("start_day"), given.get("stop_day")
    made["status"] = (
        "intended"
        if start is not None and start > 0
        else "completed"
        if stop is not None and stop < 0
        else "active"
    )
    if start is not None or stop is not None:
        made["effectivePeriod"] = {
            key: on(day) for key, day in (("start", start), ("end", stop)) if day is not None
        }
    dosage: Json = {}
    if given.get("dose"):
        dosage["text"] = given["dose"]
    if given.get("route"):
        code, words = ROUTES.get(given["route"], ("", given["route"]))
        dosage["route"] = (
            {"text": words}
            if not code
            else {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": words}]}
        )
    if dosage:
        made["dosage"] = [dosage]
    if given.get("adherence"):
        made["note"] = [{"text": given["adherence"]}]
    return made


def procedure(given: Json) -> Json:
    day = given.get("day")
    made: Json = {
        "resourceType": "Procedure",
        "status": "completed" if day is None or day <= 0 else "preparation",
        "code": {"text": given["name"]},
    }
    if day is not None:
        made["performedDateTime"] = on(day)
    return made


def note(said: str | None) -> list[Json]:
    return [{"resourceType": "ClinicalImpression", "status": "completed", "summary": said}] if said else []
