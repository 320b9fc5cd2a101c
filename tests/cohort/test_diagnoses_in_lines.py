"""Diagnoses in lines of FHIR that say what a test shows: the short way means what the careful reader does, by code and by words."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.cohort.test_fast_lane import DAY, differences, people
from tests.records.fhir.build import SNOMED, concept, status

ICD = "http://hl7.org/fhir/sid/icd-10"
CODES = [
    concept("", (ICD, "D50.9")), concept("", (SNOMED, "87522002")), concept("Eisenmangel", (ICD, "D50.9")),
    concept("Anemia"), concept("Iron deficiency"), concept("", (ICD, "D52.9")), concept("Stress (finding)"),
]  # fmt: skip


def diagnoses(chance: random.Random, who: str) -> list[dict[str, Any]]:
    """Alike but for their days and their status, so that what is kept of one is met again in another."""
    made: list[dict[str, Any]] = []
    for nth in range(chance.randint(0, 2)):
        one = {
            "resourceType": "Condition",
            "id": f"{who}-dx{nth}",
            "subject": {"reference": f"Patient/{who}"},
            "code": chance.choice(CODES),
        }
        if chance.random() < 0.8:
            one["onsetDateTime"] = f"202{chance.randint(4, 6)}-0{chance.randint(1, 2)}-11"
        if chance.random() < 0.3:
            one["abatementDateTime"] = f"202{chance.randint(5, 7)}-02-20"
        if chance.random() < 0.3:
            one["clinicalStatus"] = status(chance.choice(["active", "resolved"]))
        if chance.random() < 0.3:
            one["verificationStatus"] = status(chance.choice(["confirmed", "refuted", "provisional"]))
        made.append(one)
    return made


@pytest.mark.parametrize(("kind", "day"), [("date", DAY), ("latest", None), ("each-result", None)])
def test_diagnoses_that_say_what_a_test_shows_have_the_facts_of_the_careful_reader(
    tmp_path: Path, kind: str, day: str | None
) -> None:
    chance = random.Random(29)
    lines = {
        who: [json.dumps(one) for one in (*own, *diagnoses(chance, who))]
        for who, own in people(150, seed=29).items()
    }
    share, differ = differences(lines, tmp_path, kind, day)
    assert differ == []
    assert share > 15
