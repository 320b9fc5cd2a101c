"""The same made-up people twice: as tables of the OMOP CDM 5.4, and as FHIR bundles, written from one plain list."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

LABS = {
    3000593: (
        "2132-9",
        "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma",
        ("pg/mL", "ng/L"),
        (60, 2400),
    ),
    3040820: (
        "14685-2",
        "Cobalamin (Vitamin B12) [Moles/volume] in Serum or Plasma",
        ("pmol/L",),
        (40, 1800),
    ),
    3001490: (
        "13964-2",
        "Methylmalonate [Moles/volume] in Serum or Plasma",
        ("umol/L", "nmol/L"),
        (0.1, 1.4),
    ),
    3016723: ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", ("mg/dL",), (0.5, 4)),
    3000963: ("718-7", "Hemoglobin [Mass/volume] in Blood", ("g/dL",), (6, 17)),
    3023599: ("787-2", "MCV [Entitic volume] by Automated count", ("fL",), (70, 125)),
}
CONDITIONS = {
    133685: ("84027009", "Pernicious anemia"),
    4064161: ("396331005", "Celiac disease"),
    40481902: ("363346000", "Malignant neoplastic disease"),
    4030518: ("709044004", "Chronic kidney disease"),
    4242874: ("62507009", "Pins and needles"),
    4064452: ("399211009", "History of myocardial infarction"),
}
DRUGS = {
    1503297: ("6809", "metformin", None),
    923645: ("7646", "omeprazole", "Oral"),
    1308738: ("11248", "vitamin B12", "Intramuscular"),
    955632: ("4492", "fluorouracil", None),
}
PROCEDURES = {4166855: ("26452005", "Total gastrectomy"), 4019746: ("173171007", "Lobectomy of lung")}
UNITS = {
    "pg/mL": 8845,
    "ng/L": 8725,
    "pmol/L": 8729,
    "umol/L": 8749,
    "nmol/L": 8736,
    "mg/dL": 8840,
    "g/dL": 8713,
    "fL": 8583,
}
OPERATORS = {"<": 4171756, ">": 4172704}
DAY_OF_DECISION = dt.date(2024, 3, 1)


def people(count: int, seed: int = 1) -> list[dict[str, Any]]:
    return [_person(random.Random(seed * 100_000 + number), number) for number in range(1, count + 1)]


def _person(chance: random.Random, number: int) -> dict[str, Any]:
    def back(most: int) -> dt.date:
        return DAY_OF_DECISION - dt.timedelta(days=chance.randrange(most))

    labs = []
    for _ in range(chance.randrange(1, 9)):
        concept = chance.choice([*LABS, 3000593, 3040820, 3001490])
        code, name, units, (low, high) = LABS[concept]
        unit = chance.choice(units)
        value = round(chance.uniform(low, high) * (1000 if unit == "nmol/L" else 1), 2)
        operator = chance.choice(["", "", "", "", "<", ">"])
        labs.append((concept, code, name, value, unit, operator, back(700)))
    conditions = [
        (c, *CONDITIONS[c], back(4000), chance.random() < 0.2)
        for c in chance.sample(list(CONDITIONS), chance.randrange(3))
    ]
    drugs = [
        (
            d,
            *DRUGS[d],
            start := back(900),
            chance.choice([None, start + dt.timedelta(days=chance.randrange(1, 400))]),
        )
        for d in chance.sample(list(DRUGS), chance.randrange(3))
    ]
    procedures = [
        (p, *PROCEDURES[p], back(6000)) for p in chance.sample(list(PROCEDURES), chance.randrange(2))
    ]
    born = dt.date(chance.randrange(1930, 2004), chance.randrange(1, 13), chance.randrange(1, 29))
    return {
        "id": number, "sex": chance.choice(["male", "female"]), "born": born, "labs": labs, "conditions": conditions,
        "drugs": drugs, "procedures": procedures,
    }  # fmt: skip


# --- OMOP ---------------------------------------------------------------------------------------------------------


def omop(found: list[dict[str, Any]]) -> dict[str, pa.Table]:
    """Table -> its rows."""
    measured, stated, given, done = [], [], [], []
    for one in found:
        for concept, _, _, value, unit, operator, day in one["labs"]:
            measured.append({
                "measurement_id": len(measured) + 1, "person_id": one["id"], "measurement_concept_id": concept,
                "measurement_date": day, "measurement_datetime": None, "operator_concept_id": OPERATORS.get(operator, 0),
                "value_as_number": value, "value_as_concept_id": 0, "unit_concept_id": UNITS[unit], "range_low": None,
                "range_high": None, "measurement_source_value": "", "unit_source_value": unit, "value_source_value": str(value),
            })  # fmt: skip
        for concept, _, _, day, over in one["conditions"]:
            stated.append({
                "condition_occurrence_id": len(stated) + 1, "person_id": one["id"], "condition_concept_id": concept,
                "condition_start_date": day, "condition_end_date": None, "condition_source_value": "",
                "condition_status_concept_id": 0, "condition_status_source_value": "resolved condition" if over else None,
            })  # fmt: skip
        for concept, _, _, route, start, stop in one["drugs"]:
            given.append({
                "drug_exposure_id": len(given) + 1, "person_id": one["id"], "drug_concept_id": concept,
                "drug_exposure_start_date": start, "drug_exposure_end_date": stop, "sig": None, "route_concept_id": 0,
                "drug_source_value": "", "route_source_value": route,
            })  # fmt: skip
        for concept, _, _, day in one["procedures"]:
            done.append({
                "procedure_occurrence_id": len(done) + 1, "person_id": one["id"], "procedure_concept_id": concept,
                "procedure_date": day, "procedure_source_value": "",
            })  # fmt: skip
    persons = [
        {
            "person_id": one["id"], "gender_concept_id": {"male": 8507, "female": 8532}[one["sex"]],
            "year_of_birth": one["born"].year, "month_of_birth": one["born"].month, "day_of_birth": one["born"].day,
            "birth_datetime": None,
        }
        for one in found
    ]  # fmt: skip
    return {
        "person": _table(persons, {"birth_datetime": pa.timestamp("us")}),
        "measurement": _table(
            measured,
            {
                "measurement_datetime": pa.timestamp("us"),
                "range_low": pa.float64(),
                "range_high": pa.float64(),
            },
        ),
        "condition_occurrence": _table(
            stated, {"condition_end_date": pa.date32(), "condition_status_source_value": pa.string()}
        ),
        "drug_exposure": _table(
            given,
            {"drug_exposure_end_date": pa.date32(), "sig": pa.string(), "route_source_value": pa.string()},
        ),
        "procedure_occurrence": _table(done, {}),
        "concept": _table(_concepts(), {}),
        "concept_ancestor": _table(ANCESTORS, {}),
    }


ANCESTORS = [
    {
        "ancestor_concept_id": 133685,
        "descendant_concept_id": 999_001,
        "min_levels_of_separation": 1,
        "max_levels_of_separation": 1,
    },
]


def _table(rows: list[dict[str, Any]], types: dict[str, pa.DataType]) -> pa.Table:
    assert rows
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()})


def _concepts() -> list[dict[str, Any]]:
    def row(number: int, name: str, vocabulary: str, code: str) -> dict[str, Any]:
        return {"concept_id": number, "concept_name": name, "vocabulary_id": vocabulary, "concept_code": code}

    return [
        *(row(number, name, "LOINC", code) for number, (code, name, *_) in LABS.items()),
        *(row(number, name, "SNOMED", code) for number, (code, name) in (CONDITIONS | PROCEDURES).items()),
        *(row(number, name, "RxNorm", code) for number, (code, name, _) in DRUGS.items()),
        *(row(number, unit, "UCUM", unit) for unit, number in UNITS.items()),
        row(999_001, "Addison-Biermer state of the far north", "SNOMED", "11999001"),
    ]


def write(tables: dict[str, pa.Table], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        parquet.write_table(table, folder / f"{name}.parquet")
    return folder


# --- FHIR ---------------------------------------------------------------------------------------------------------

SNOMED, LOINC, RXNORM = (
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
)


def bundle(one: dict[str, Any]) -> bytes:
    def coded(system: str, code: str, name: str) -> dict[str, Any]:
        return {"coding": [{"system": system, "code": code, "display": name}], "text": name}

    made: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": str(one["id"]),
            "gender": one["sex"],
            "birthDate": one["born"].isoformat(),
        }
    ]
    who = {"reference": f"Patient/{one['id']}"}
    for number, (_, code, name, value, unit, operator, day) in enumerate(one["labs"]):
        quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
        made.append({
            "resourceType": "Observation", "id": f"l{number}", "status": "final", "subject": who,
            "code": coded(LOINC, code, name), "effectiveDateTime": day.isoformat(),
            "valueQuantity": quantity | ({"comparator": operator} if operator else {}),
        })  # fmt: skip
    for number, (_, code, name, day, over) in enumerate(one["conditions"]):
        state = "resolved" if over else "active"
        made.append({
            "resourceType": "Condition", "id": f"c{number}", "subject": who, "code": coded(SNOMED, code, name),
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": state}]},
            "onsetDateTime": day.isoformat(),
        })  # fmt: skip
    for number, (_, code, name, route, start, stop) in enumerate(one["drugs"]):
        period = {"start": start.isoformat()} | ({"end": stop.isoformat()} if stop else {})
        dosage = [{"route": {"text": route}}] if route else []
        made.append({
            "resourceType": "MedicationStatement", "id": f"d{number}", "status": "unknown", "subject": who,
            "medicationCodeableConcept": coded(RXNORM, code, name), "effectivePeriod": period, "dosage": dosage,
        })  # fmt: skip
    for number, (_, code, name, day) in enumerate(one["procedures"]):
        made.append({
            "resourceType": "Procedure", "id": f"p{number}", "status": "completed", "subject": who,
            "code": coded(SNOMED, code, name), "performedDateTime": day.isoformat(),
        })  # fmt: skip
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in made]}
    ).encode()
