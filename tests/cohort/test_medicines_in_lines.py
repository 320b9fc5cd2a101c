"""Medicines in lines of FHIR with a course, a reason or as somebody's own word: the short way means what the careful reader does."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from cobalens.intake.fhir.ordered import course_of
from cobalens.intake.fhir.rows import decoded, stated
from cobalens.intake.fhir.typed import MedicationStatement
from tests.cohort.test_fast_lane import DAY, differences, people
from tests.records.fhir.build import RXNORM, SNOMED, concept

DRUGS = ["Metformin 500 MG Oral Tablet", "Hydroxocobalamin 1 MG/ML Injection", "Omeprazole 20 MG", "Simvastatin 10 MG", "Cyanocobalamin 1000 ug tablet"]  # fmt: skip
REASONS = ["Pernicious anemia", "Type 2 diabetes", "Numb feet since 2019", "Neuropathy", "Housing"]
ROUTES = [{"coding": [{"system": SNOMED, "code": "78421000", "display": "Intramuscular route"}]}, {"text": "oral"}]  # fmt: skip


def medicines(chance: random.Random, who: str) -> list[dict[str, Any]]:
    """Orders and uses with their courses, on the way to and beyond the day of decision, and some that end before they begin."""

    def day() -> str:
        year, month, date = chance.randint(2019, 2026), chance.randint(1, 12), chance.randint(1, 28)
        return chance.choice([f"{year}-{month:02}-{date:02}", f"{year}-{month:02}-{date:02}T09:30:00+01:00", f"{year}-{month:02}"])  # fmt: skip

    def period() -> dict[str, str]:
        given = chance.choice([("start",), ("start", "end"), ("end",), ()])
        return {name: day() for name in given}

    made: list[dict[str, Any]] = []
    for nth in range(chance.randint(0, 3)):
        dose: dict[str, Any] = {"text": chance.choice(["1 mg", "once daily", "as directed", ""])}
        if chance.random() < 0.5:
            dose["route"] = chance.choice(ROUTES)
        one: dict[str, Any] = {
            "id": f"{who}-drug{nth}",
            "subject": {"reference": f"Patient/{who}"},
            "medicationCodeableConcept": concept(chance.choice(DRUGS), (RXNORM, "1")),
        }
        if chance.random() < 0.5:
            one["reasonCode"] = [concept(chance.choice(REASONS))]
        if chance.random() < 0.5:
            if chance.random() < 0.6:
                dose["timing"] = {"repeat": {"frequency": 1, "boundsPeriod": period()}}
            status = chance.choice(["active", "completed", "stopped", "on-hold", "draft", "cancelled"])
            one |= {"resourceType": "MedicationRequest", "intent": chance.choice(["order", "plan"])}
            one |= {"status": status, "dosageInstruction": [dose]}
            if chance.random() < 0.8:
                one["authoredOn"] = day()
            if chance.random() < 0.3:
                one["courseOfTherapyType"] = concept("Continuous long term therapy")
        else:
            status = chance.choice(["active", "active", "completed", "stopped", "intended", "not-taken", "unknown", "entered-in-error"])  # fmt: skip
            one |= {"resourceType": "MedicationStatement", "status": status, "dosage": [dose], "dateAsserted": day()}  # fmt: skip
            one |= chance.choice([{"effectiveDateTime": day()}, {"effectivePeriod": period()}, {}])
        made.append(one)
    return made


def lines(count: int, seed: int) -> dict[str, list[str]]:
    chance = random.Random(seed)
    return {
        who: [json.dumps(one) for one in (*own, *medicines(chance, who))]
        for who, own in people(count, seed).items()
    }


@pytest.mark.parametrize(("kind", "day"), [("date", DAY), ("latest", None), ("each-result", None)])
def test_courses_reasons_and_uses_have_the_facts_of_the_careful_reader(
    tmp_path: Path, kind: str, day: str | None
) -> None:
    share, differ = differences(lines(150, seed=17), tmp_path, kind, day)
    assert differ == []
    assert share > 40


def use(**more: Any) -> dict[str, Any]:
    drug = {"medicationCodeableConcept": concept("Metformin 500 MG Oral Tablet")}
    return {"resourceType": "MedicationStatement", "id": "m", "status": "active", **drug, **more}


def order(**more: Any) -> dict[str, Any]:
    return {**use(), "resourceType": "MedicationRequest", "intent": "order", "authoredOn": "2024-01-01", **more}  # fmt: skip


def bound(**period: Any) -> dict[str, Any]:
    return {"dosageInstruction": [{"text": "1 daily", "timing": {"repeat": {"boundsPeriod": period}}}]}


@pytest.mark.parametrize(
    ("more", "shortly"),
    [
        (use(effectiveDateTime="2024-02-01"), 4),
        (use(effectivePeriod={"start": "2024-02-01", "end": "2024-09"}), 4),
        (use(effectivePeriod={"start": "2025-02-01", "end": "2024-09-01"}), 0),
        (use(effectiveDateTime="some time ago"), 0),
        (use(note=[{"text": "burning feet"}]), 0),
        (use(status="not-taken", reasonCode=[concept("Neuropathy")]), 4),
        (order(reasonCode=[concept("Pernicious anemia")]), 4),
        (order(courseOfTherapyType=concept("Short course")), 4),
        (order(**bound(start="2023-05-01", end="2023-06-01")), 4),
        (order(**bound(end="2024-06-01")), 4),
        (order(**bound(start="2023-05-01", end=7)), 0),
    ],
)
def test_an_order_is_plain_as_long_as_its_course_can_be_read(
    more: dict[str, Any], shortly: int, tmp_path: Path
) -> None:
    own = {}
    for nth in range(4):
        whose = {"subject": {"reference": f"Patient/p{nth}"}}
        result = {
            "resourceType": "Observation", "id": "o", "status": "final", "code": concept("", ("http://loinc.org", "2132-9")),
            "effectiveDateTime": "2026-02-01", "valueQuantity": {"value": 210, "unit": "pg/mL"}, **whose,
        }  # fmt: skip
        patient = {"resourceType": "Patient", "id": f"p{nth}", "birthDate": "1950-01-01"}
        own[f"p{nth}"] = [json.dumps(one) for one in (patient, result, {**more, **whose})]
    assert differences(own, tmp_path, "latest", None) == (shortly, [])


def test_a_course_is_cut_out_of_an_instruction_that_gives_it_once_and_in_its_place() -> None:
    def said(**more: Any) -> bytes:
        return json.dumps([{"timing": {"repeat": more}}]).encode()

    one = course_of(said(boundsPeriod={"start": "2024-01-01", "end": "2024-03-01"}, period=1))
    other = course_of(said(boundsPeriod={"start": "2025-01-01"}, period=1))
    assert one is not None
    assert other is not None
    assert (one.rest, one.start, one.end) == (other.rest, "2024-01-01", "2024-03-01")
    assert (other.start, other.end) == ("2025-01-01", "")
    assert course_of(b'[{"text":"daily"}]') is not None
    elsewhere = json.dumps([{"extension": [{"boundsPeriod": {"start": "2024-01-01"}}]}]).encode()
    assert course_of(elsewhere) is None
    twice = json.dumps([{"timing": {"repeat": {"boundsPeriod": {"start": day}}}} for day in ("2024", "2025")])
    assert course_of(twice.encode()) is None


def test_two_uses_of_other_days_are_of_one_wording() -> None:
    found = {
        stated(decoded(json.dumps(use(effectivePeriod={"start": day}, subject={"reference": "Patient/p"})).encode()))[:2]
        for day in ("2024-01-01", "2025-01-01")
    }  # fmt: skip
    assert {day for _, day in found} == {"2024-01-01", "2025-01-01"}
    assert len({key for key, _ in found}) == 1
    assert type(decoded(json.dumps(use()).encode())) is MedicationStatement
