"""Real-shaped files are read whole, with B12, MMA, homocysteine and folate among them in both systems of units."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cobalens.intake import fhir
from cobalens.model.record import Record
from tests.records.fhir.build import door, read, said

EXAMPLES = Path(__file__).parent / "examples"
SHARED = Path(__file__).parents[4] / "shared" / "data" / "fhir"
FILES = [*sorted(EXAMPLES.glob("*.json")), *sorted(SHARED.glob("*.json"))]
BULK = sorted(SHARED.glob("*.ndjson"))
AS_OF = "2026-03-02"
GRAFTS = {
    "mass": [
        ("2132-9", 150, "pg/mL"),
        ("13964-2", 0.9, "umol/L"),
        ("13965-9", 32, "umol/L"),
        ("2284-8", 9, "ng/mL"),
    ],
    "molar": [
        ("14685-2", 110, "pmol/L"),
        ("13964-2", 900, "nmol/L"),
        ("13965-9", 32, "umol/L"),
        ("14732-2", 20, "nmol/L"),
    ],
}


def resources(content: Any) -> list[dict[str, Any]]:
    return content if isinstance(content, list) else [entry["resource"] for entry in content["entry"]]


def grafted(path: Path, units: str) -> tuple[bytes, int]:
    """The file with four results of its patient added in the file's own way of referring."""
    content = json.loads(path.read_bytes())
    patient = next(one for one in resources(content) if one["resourceType"] == "Patient")
    added = [
        {
            "resourceType": "Observation", "id": f"graft{number}", "status": "final", "subject": {"reference": f"Patient/{patient['id']}"},
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "effectiveDateTime": "2026-03-01T08:00:00Z",
            "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        }
        for number, (code, value, unit) in enumerate(GRAFTS[units])
    ]  # fmt: skip
    if isinstance(content, list):
        content += added
    else:
        content["entry"] += [{"resource": one} for one in added]
    return json.dumps(content).encode(), len(resources(content))


@pytest.mark.parametrize("units", GRAFTS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:20])
def test_a_real_shaped_file_is_read_whole(path: Path, units: str) -> None:
    raw, count = grafted(path, units)
    (record,) = fhir.read(raw, door().ruleset, AS_OF)
    assert isinstance(record, Record)
    assert len(record.elements) == count
    assert not [one for one in record.elements if one.fate == "not_understood" and not one.reason]
    assert {"vitamin_b12", "mma", "homocysteine", "folate_serum"} <= {lab.analyte for lab in record.labs}
    case = door().case(record)
    if record.age is not None and record.age >= 16:
        assert (case.answer("total_b12_says"), case.answer("mma_says")) in {
            ("deficient", "marked"), ("deficient", "raised"), ("deficient", "kidney_may_explain"),
        }  # fmt: skip


def test_bulk_lines_are_grouped_by_patient(tmp_path: Path) -> None:
    lines = [line for path in BULK for line in path.read_bytes().splitlines() if line.strip()]
    expected = sum(json.loads(line)["resourceType"] == "Patient" for line in lines)
    people = read(b"\n".join(lines)) if lines else []
    assert len(people) == expected
    assert sum(len(one.elements) for one in people) == len(lines)


def test_a_person_in_mcode_has_cancer_drugs_and_operations_right() -> None:
    (record,) = read((EXAMPLES / "mcode.json").read_bytes())
    found = said(record)
    assert {
        ("solid_cancer", "current"),
        ("metastatic_cancer", "current"),
        ("liver_metastases", "current"),
        ("taxane", "past"),
    } <= found
    assert ("pelvic_radiotherapy", "current") in found
    assert not [one for one in found if one[1] == "denied"]


def test_a_person_in_us_core_is_read() -> None:
    (record,) = read((EXAMPLES / "us_core.json").read_bytes())
    assert {
        ("black_ethnicity", "current"),
        ("solid_cancer", "current"),
        ("metformin", "current"),
        ("chemotherapy", "past"),
    } <= said(record)
    assert Counter(one.fate for one in record.elements) == {"used": 7, "understood": 3, "not_understood": 1}


def test_a_patient_summary_is_read_with_what_it_says_is_empty() -> None:
    (record,) = read((EXAMPLES / "ips.json").read_bytes())
    assert {
        ("total_gastrectomy", "current"),
        ("coeliac_disease", "denied"),
        ("solid_cancer", "current"),
    } <= said(record)
    assert record.complete == {"drug", "allergy"}
    assert [(lab.text, lab.status) for lab in record.labs] == [
        ("121 pmol/L", "final"),
        ("1.245 umol/L", "preliminary"),
    ]


@pytest.mark.parametrize(
    "path", [path for path in FILES if "mcode" in path.stem], ids=lambda path: path.stem[:24]
)
def test_nobody_in_mcode_is_free_of_cancer(path: Path) -> None:
    (record,) = read(path.read_bytes())
    found = said(record)
    assert ("solid_cancer", "current") in found
    assert not {one for one, how in found if how == "denied"} & {"solid_cancer", "metastatic_cancer"}
    assert "oestrogen_or_contraceptive" not in {one for one, _ in found}
