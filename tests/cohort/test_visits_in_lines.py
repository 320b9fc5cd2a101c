"""Diagnoses of visits in lines of FHIR: whoever has only such as say nothing takes the short way, on whatever day the visit was."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.cohort.test_fast_lane import DAY, differences, people
from tests.records.fhir.build import concept, status

SILENT = ["Hyperlipidemia", "Housing unsatisfactory (finding)", "Stress (finding)", "Sprain of ankle"]
SPEAKING = ["Pernicious anemia (disorder)", "Numbness of feet", "Pins and needles", "Pregnancy"]


def visits(chance: random.Random, who: str, names: list[str]) -> list[dict[str, Any]]:
    """Visits before, on and after the day of decision, and one that is not in the export; some diagnoses have a day of their own."""
    subject = {"reference": f"Patient/{who}"}
    made: list[dict[str, Any]] = []
    for nth in range(chance.randint(1, 3)):
        begun = f"{chance.randint(2016, 2027)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}"
        if chance.random() < 0.8:
            made.append(
                {"resourceType": "Encounter", "id": f"{who}-v{nth}", "status": "finished", "subject": subject, "period": {"start": begun}}
            )  # fmt: skip
        one: dict[str, Any] = {
            "resourceType": "Condition",
            "id": f"{who}-d{nth}",
            "subject": subject,
            "category": [status("encounter-diagnosis")],
            "encounter": {"reference": f"Encounter/{who}-v{nth}"},
            "code": concept(chance.choice(names)),
        }
        if chance.random() < 0.5:
            one["recordedDate"] = begun
        if chance.random() < 0.2:
            one["onsetDateTime"] = begun
        if chance.random() < 0.2:
            one["bodySite"] = [concept("Left foot")]
        made.append(one)
    return made


@pytest.mark.parametrize(("kind", "day"), [("date", DAY), ("latest", None), ("each-result", None)])
def test_diagnoses_of_visits_have_the_facts_of_the_careful_reader(
    tmp_path: Path, kind: str, day: str | None
) -> None:
    chance = random.Random(23)
    lines = {
        who: [
            json.dumps(one)
            for one in (*own, *visits(chance, who, SILENT if nth % 2 else [*SILENT, *SPEAKING]))
        ]
        for nth, (who, own) in enumerate(people(120, seed=29).items())
    }
    share, differ = differences(lines, tmp_path, kind, day)
    assert differ == []
    assert share > 30


@pytest.mark.parametrize(("name", "shortly"), [("Sprain of ankle", 3), ("Pernicious anemia (disorder)", 0)])
def test_a_diagnosis_of_a_visit_that_says_nothing_costs_no_careful_reading(
    name: str, shortly: int, tmp_path: Path
) -> None:
    lines = {}
    for nth in range(3):
        subject = {"reference": f"Patient/p{nth}"}
        result = {
            "resourceType": "Observation", "id": "o", "status": "final", "code": concept("", ("http://loinc.org", "2132-9")),
            "subject": subject, "effectiveDateTime": "2026-02-01", "valueQuantity": {"value": 210, "unit": "pg/mL"},
        }  # fmt: skip
        found = {
            "resourceType": "Condition", "id": "d", "subject": subject, "category": [status("encounter-diagnosis")],
            "encounter": {"reference": "Encounter/v"}, "code": concept(name),
        }  # fmt: skip
        patient = {"resourceType": "Patient", "id": f"p{nth}", "birthDate": "1950-01-01"}
        lines[f"p{nth}"] = [json.dumps(one) for one in (patient, result, found)]
    assert differences(lines, tmp_path, "latest", None) == (shortly, [])
