"""What makes a list complete, so that silence in it is a no: empty sections, codes for "none", forms answered with none."""

from __future__ import annotations

import pytest

from tests.records.fhir.build import LOINC, concept, one


def test_an_empty_section_declares_its_list_complete() -> None:
    frame = {
        "resourceType": "Composition", "status": "final",
        "section": [{"code": concept("", (LOINC, "10160-0")), "emptyReason": concept("", ("", "nilknown"))}],
    }  # fmt: skip
    assert one(frame).complete == {"drug"}


ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


@pytest.mark.parametrize(
    ("kind", "field", "code", "listed"),
    [
        ("MedicationStatement", "medicationCodeableConcept", "no-known-medications", "drug"),
        ("MedicationStatement", "medicationCodeableConcept", "no-medication-info", None),
        ("Condition", "code", "no-known-problems", "condition"),
        ("Condition", "code", "no-problem-info", None),
        ("Procedure", "code", "no-known-procedures", "procedure"),
        ("Procedure", "code", "no-procedure-info", None),
        ("AllergyIntolerance", "code", "no-known-allergies", "allergy"),
        ("AllergyIntolerance", "code", "no-allergy-info", None),
    ],
)
def test_a_summary_tells_an_empty_list_from_an_unknown_one(
    kind: str, field: str, code: str, listed: str | None
) -> None:
    record = one({"resourceType": kind, "id": "x", field: concept("", (ABSENT, code))})
    assert record.complete == frozenset({listed} if listed else ())
    assert record.elements[1].fate == ("used" if listed else "understood")
    assert record.not_understood == ()


def test_an_empty_list_that_was_entered_in_error_is_not_empty() -> None:
    said = {"resourceType": "MedicationStatement", "status": "entered-in-error"}
    record = one(said | {"medicationCodeableConcept": concept("", (ABSENT, "no-known-medications"))})
    assert record.complete == frozenset()


@pytest.mark.parametrize(
    ("asked", "complete"),
    [
        ("Abuse Status [OMAHA]", set()),
        ("Signs of infection", set()),
        ("Symptoms", {"symptom"}),
        ("Medication", {"drug"}),
    ],
)
def test_none_empties_the_list_that_was_asked_for_and_no_other(asked: str, complete: set[str]) -> None:
    finding = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept(asked),
        "valueString": "No symptoms" if asked != "Medication" else "no medication",
    }
    assert one(finding).complete >= complete
    assert complete or not one(finding).complete
