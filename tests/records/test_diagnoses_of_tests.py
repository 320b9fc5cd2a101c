"""A diagnosis that says what a test shows says so by its code as by its words, and only where it holds of this person now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cobalens.intake import fhir
from cobalens.intake.casefile import read_case
from cobalens.model.record import Record
from tests.cohort.rules_agreement import DOOR
from tests.records.fhir.build import SNOMED, concept, status

DAY = "2026-03-02"
ICD = "http://hl7.org/fhir/sid/icd-10"
IRON, FOLATE = {"ferritin": "low"}, {"folate_serum": "low"}
NAMED: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"name": "iron deficiency anaemia"}, IRON),
    ({"code": "D50.9", "system": "icd10"}, IRON),
    ({"code": "D50", "system": "icd10"}, IRON),
    ({"code": "E61.1", "system": "icd10"}, IRON),
    ({"code": "87522002", "system": "snomed"}, IRON),
    ({"code": "35240004", "system": "snomed"}, IRON),
    ({"code": "D52.0", "system": "icd10"}, FOLATE),
    ({"code": "D50.9", "system": "icd10", "name": "Eisenmangelanämie"}, IRON),
    ({"code": "D51.0", "system": "icd10"}, {}),
    ({"code": "D64.9", "system": "icd10"}, {}),
]
NOT_NOW: list[dict[str, Any]] = [
    {"status": "resolved"}, {"status": "refuted"}, {"status": "suspected"}, {"negated": True}, {"doubt": True},
    {"family": True}, {"planned": True}, {"ongoing": False}, {"stop_day": 0}, {"stop_day": -3},
]  # fmt: skip


def said(record: Record) -> dict[str, str | None]:
    return {lab.analyte: lab.qualitative for lab in record.labs}


def entry(**fields: Any) -> Record:
    return read_case({"patient": {}, "facts": {"conditions": [fields]}}, DOOR.ruleset)


@pytest.mark.parametrize(("named", "expected"), NAMED)
def test_a_code_stands_in_for_the_test_as_its_words_do(
    named: dict[str, str], expected: dict[str, str]
) -> None:
    assert said(entry(**named, start_day=-30)) == expected


@pytest.mark.parametrize("beside", NOT_NOW)
@pytest.mark.parametrize("named", [NAMED[0][0], NAMED[1][0], {"name": "anaemia"}])
def test_nothing_is_said_of_the_test_where_it_does_not_hold_now(
    named: dict[str, str], beside: dict[str, Any]
) -> None:
    assert said(entry(**named, start_day=-30, **beside)) == {}
    assert said(entry(**named, start_day=-30, stop_day=1)) == said(entry(**named))


def test_a_number_that_stands_beside_the_code_is_kept_whatever_became_of_the_diagnosis() -> None:
    for beside in ({}, {"status": "resolved"}):
        record = entry(
            code="D50.9", system="icd10", name="Eisenmangel", note="ferritin 8 ug/L", start_day=-30, **beside
        )
        assert [(lab.analyte, str(lab.lo)) for lab in record.labs] == [("ferritin", "8")]


def bundle(*resources: dict[str, Any]) -> Record:
    somebody = {"resourceType": "Patient", "id": "a", "gender": "female", "birthDate": "1950-01-01"}
    entries = [{"resource": one} for one in (somebody, *resources)]
    content = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    (record,) = fhir.read(content, DOOR.ruleset, DAY)
    assert isinstance(record, Record)
    return record


def condition(code: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/a"},
        "code": code,
        "onsetDateTime": "2026-02-01",
        **fields,
    }


CODES = [concept("", (ICD, "D50.9")), concept("", (SNOMED, "87522002")), concept("Iron deficiency anaemia")]


@pytest.mark.parametrize("code", CODES)
def test_a_condition_says_so_by_its_code_alone_on_its_day(code: dict[str, Any]) -> None:
    record = bundle(condition(code))
    assert said(record) == IRON
    assert [(lab.when.first, lab.when.last) for lab in record.labs] == [(-29, -29)]


@pytest.mark.parametrize("code", [*CODES, concept("Anaemia")])
@pytest.mark.parametrize(
    "fields",
    [
        {"verificationStatus": status("refuted")},
        {"verificationStatus": status("provisional")},
        {"clinicalStatus": status("resolved")},
        {"abatementDateTime": "2026-02-20"},
    ],
)
def test_a_condition_that_is_refuted_doubted_or_over_says_nothing_of_the_test(
    code: dict[str, Any], fields: dict[str, Any]
) -> None:
    # In both orders: what was read of one must not be taken for the other.
    assert said(bundle(condition(code, **fields))) == {}
    assert said(bundle(condition(code))) != {}
    assert said(bundle(condition(code, **fields))) == {}


@pytest.mark.parametrize("code", [*CODES, concept("Anaemia")])
def test_the_diagnosis_of_a_relative_is_no_result_of_the_patient(code: dict[str, Any]) -> None:
    relative = {
        "resourceType": "FamilyMemberHistory",
        "id": "f",
        "patient": {"reference": "Patient/a"},
        "status": "completed",
        "relationship": concept("mother"),
        "condition": [{"code": code}],
    }
    assert said(bundle(relative)) == {}


def medicine(**fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "id": "m",
        "subject": {"reference": "Patient/a"},
        "medicationCodeableConcept": concept("Ferrous sulfate 200 mg"),
        "reasonCode": [concept("", (ICD, "D50.9"))],
        **fields,
    }


def procedure(**fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Procedure",
        "id": "p",
        "subject": {"reference": "Patient/a"},
        "status": "completed",
        "code": concept("Transfusion of red cells"),
        "reasonCode": [concept("Anaemia")],
        **fields,
    }


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (medicine(status="active", effectivePeriod={"start": "2026-02-01"}), {"ferritin": None}),
        (medicine(status="completed", effectivePeriod={"start": "2026-02-01"}), {"ferritin": -29}),
        (medicine(status="completed", effectivePeriod={"start": "2019-02-01", "end": "2019-05-01"}), {"ferritin": -2586}),
        (medicine(status="completed"), {}),
        (procedure(performedDateTime="2026-02-01"), {"hemoglobin": -29}),
        (procedure(), {}),
        (procedure(status="not-done", performedDateTime="2026-02-01"), {}),
    ],
)  # fmt: skip
def test_the_reason_for_what_is_over_says_how_the_test_was_on_that_day_and_no_other(
    resource: dict[str, Any], expected: dict[str, int | None]
) -> None:
    assert {lab.analyte: lab.when.first for lab in bundle(resource).labs} == expected
