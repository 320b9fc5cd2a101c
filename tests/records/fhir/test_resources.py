"""Each kind of resource, with every status that changes what it says."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.records.fhir.build import (
    ICD10,
    LOINC,
    RXNORM,
    SNOMED,
    b12,
    concept,
    door,
    fate,
    one,
    quantity,
    said,
    status,
)

Json = dict[str, Any]


def condition(**fields: Any) -> Json:
    return {"resourceType": "Condition", "code": concept("Pernicious anaemia")} | fields


@pytest.mark.parametrize(
    ("fields", "how"),
    [
        ({}, "current"),
        ({"clinicalStatus": status("active"), "verificationStatus": status("confirmed")}, "current"),
        ({"clinicalStatus": status("resolved")}, "past"),
        ({"clinicalStatus": status("remission")}, "past"),
        ({"abatementDateTime": "2020-01-01"}, "past"),
        ({"verificationStatus": status("provisional")}, "doubt"),
        ({"verificationStatus": status("differential")}, "doubt"),
        ({"verificationStatus": status("refuted")}, "denied"),
        ({"code": concept("", (ICD10, "D51.0"))}, "current"),
        ({"code": concept("", (SNOMED, "84027009", "Pernicious anemia (disorder)"))}, "current"),
        ({"code": concept("", ("http://hospital.example/codes", "PA01", "Pernicious anemia"))}, "current"),
    ],
)
def test_a_condition_is_meant_as_its_status_says(fields: Json, how: str) -> None:
    assert ("pernicious_anaemia", how) in said(one(condition(**fields)))


def test_a_condition_entered_in_error_says_nothing() -> None:
    record = one(condition(verificationStatus=status("entered-in-error")))
    assert "pernicious_anaemia" not in {concept for concept, _ in said(record)}
    assert fate(record, "Condition") == ("set_aside", "entered in error")


def test_onset_by_age_becomes_a_year() -> None:
    record = one(condition(onsetAge={"value": 40, "code": "a"}))
    (event,) = [event for event in record.events if event.concept == "pernicious_anaemia"]
    assert event.start.first is not None
    assert -27 * 366 < event.start.first < -24 * 365


def test_a_body_site_belongs_to_the_diagnosis() -> None:
    record = one(
        {
            "resourceType": "Condition",
            "code": concept("Secondary malignant neoplasm"),
            "bodySite": [concept("Liver")],
        }
    )
    assert "liver_metastases" in {concept for concept, _ in said(record)}


def medicine(kind: str, **fields: Any) -> Json:
    return {
        "resourceType": kind,
        "medicationCodeableConcept": concept("metformin 500 mg oral tablet"),
    } | fields


@pytest.mark.parametrize(
    ("resource", "how"),
    [
        (medicine("MedicationRequest", status="active", intent="order"), "current"),
        (medicine("MedicationRequest", status="stopped", intent="order", authoredOn="2024-01-01"), "past"),
        (medicine("MedicationRequest", status="completed", intent="order"), "past"),
        (medicine("MedicationRequest", status="active", intent="plan"), "planned"),
        (medicine("MedicationRequest", status="draft", intent="order"), "planned"),
        (medicine("MedicationStatement", status="active"), "current"),
        (medicine("MedicationStatement", status="not-taken"), "denied"),
        (medicine("MedicationStatement", status="on-hold"), "past"),
        (medicine("MedicationStatement", status="intended"), "planned"),
        (
            medicine(
                "MedicationStatement",
                status="active",
                effectivePeriod={"start": "2019-01-01", "end": "2020-01-01"},
            ),
            "past",
        ),
        (
            medicine(
                "MedicationDispense",
                status="completed",
                whenHandedOver="2026-02-20",
                daysSupply={"value": 30},
            ),
            "current",
        ),
        (
            medicine(
                "MedicationDispense",
                status="completed",
                whenHandedOver="2024-02-20",
                daysSupply={"value": 30},
            ),
            "past",
        ),
    ],
)
def test_a_medicine_is_meant_as_its_status_says(resource: Json, how: str) -> None:
    assert ("metformin", how) in said(one(resource))


@pytest.mark.parametrize(
    "resource",
    [
        medicine("MedicationRequest", status="cancelled", intent="order"),
        medicine("MedicationRequest", status="active", intent="order", doNotPerform=True),
        medicine("MedicationAdministration", status="not-done"),
        medicine("MedicationStatement", status="entered-in-error"),
        medicine("MedicationDispense", status="declined"),
    ],
)
def test_what_was_not_given_is_set_aside_with_its_reason(resource: Json) -> None:
    record = one(resource)
    assert "metformin" not in {concept for concept, _ in said(record)}
    found, reason = fate(record, resource["resourceType"])
    assert found == "set_aside"
    assert reason


def test_a_medication_is_found_contained_and_by_reference() -> None:
    contained = {
        "resourceType": "MedicationStatement", "status": "active", "medicationReference": {"reference": "#m"},
        "contained": [{"resourceType": "Medication", "id": "m", "code": concept("", (RXNORM, "", "Metformin"))}],
    }  # fmt: skip
    medication = {
        "resourceType": "Medication",
        "id": "n",
        "ingredient": [{"itemCodeableConcept": concept("metformin")}],
    }
    referred = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "Medication/n"},
    }
    assert ("metformin", "current") in said(one(contained))
    record = one(medication, referred)
    assert ("metformin", "current") in said(record)
    assert fate(record, "Medication/n") == ("understood", "read with the prescription that names it")


def test_an_injection_has_its_route_its_dose_and_its_day() -> None:
    given = {
        "resourceType": "MedicationAdministration", "status": "completed", "medicationCodeableConcept": concept("hydroxocobalamin"),
        "effectiveDateTime": "2026-02-20", "dosage": {"route": concept("", (SNOMED, "78421000")), "dose": {"value": 1, "unit": "mg"}},
    }  # fmt: skip
    (event,) = [event for event in one(given).events if event.concept == "b12_unspecified"]
    assert (event.route, event.dose_ug, event.start.first, event.stop.last, event.time) == (
        "intramuscular",
        1000,
        -10,
        -10,
        "past",
    )


def test_tablets_counted_are_no_amount() -> None:
    given = {
        "resourceType": "MedicationRequest", "status": "active", "intent": "order",
        "medicationCodeableConcept": concept("cyanocobalamin 1000 mcg oral tablet"),
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}]}],
    }  # fmt: skip
    doses = {event.dose_ug for event in one(given).events if event.concept == "b12_unspecified"}
    assert doses == {1000}


def test_a_medicine_that_an_older_statement_says_is_not_taken_is_denied() -> None:
    said_so = {"resourceType": "MedicationStatement", "status": "active", "taken": "n"}
    record = one(said_so | {"medicationCodeableConcept": concept("metformin")})
    assert ("metformin", "denied") in said(record)


def test_a_dose_before_the_sample_makes_the_level_unreadable() -> None:
    given = {
        "resourceType": "MedicationAdministration", "status": "completed", "medicationCodeableConcept": concept("hydroxocobalamin"),
        "effectiveDateTime": "2026-02-20", "dosage": {"route": concept("intramuscular")},
    }  # fmt: skip
    case = door().case(one(given, b12(**quantity(1900, "pg/mL"))))
    assert case.reads("sample_timing") == "after_dose"


def procedure(**fields: Any) -> Json:
    return {"resourceType": "Procedure", "code": concept("Total gastrectomy"), "status": "completed"} | fields


@pytest.mark.parametrize(
    ("fields", "how"),
    [
        ({"performedDateTime": "2019-05-01"}, "current"),
        ({"performedPeriod": {"start": "2019-05-01T08:00:00Z", "end": "2019-05-01T12:00:00Z"}}, "current"),
        ({"status": "not-done"}, "denied"),
        ({"status": "preparation"}, "planned"),
        ({"code": concept("", (SNOMED, "26452005"))}, "current"),
    ],
)
def test_an_operation_is_meant_as_its_status_says(fields: Json, how: str) -> None:
    found = said(one(procedure(**fields)))
    if "code" in fields and not found & {("total_gastrectomy", how)}:
        assert "26452005" not in {code.code for code in door().ruleset.concepts["total_gastrectomy"].codes}
    else:
        assert ("total_gastrectomy", how) in found


def test_a_request_for_an_operation_is_a_plan() -> None:
    asked = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": concept("Total gastrectomy"),
    }
    assert ("total_gastrectomy", "planned") in said(one(asked))


def test_a_screening_is_no_word_about_the_disease() -> None:
    assert said(one(procedure(code=concept("Depression screening")))) == {("female", "current")}


def test_an_allergy_is_read_as_one_and_not_as_a_medicine() -> None:
    allergy = {
        "resourceType": "AllergyIntolerance",
        "code": concept("Hydroxocobalamin"),
        "clinicalStatus": status("active"),
    }
    found = {concept for concept, _ in said(one(allergy))}
    assert "b12_allergy" in found
    assert "b12_injection" not in found


def test_a_relatives_disease_is_the_relatives() -> None:
    family = {
        "resourceType": "FamilyMemberHistory", "status": "completed", "relationship": concept("mother"),
        "condition": [{"code": concept("Pernicious anaemia")}],
    }  # fmt: skip
    found = {(concept, how) for concept, how in said(one(family)) if "anaemia" in concept}
    assert found
    assert {how for _, how in found} == {"family"}


def test_a_diet_order_is_read() -> None:
    order = {
        "resourceType": "NutritionOrder",
        "status": "active",
        "intent": "order",
        "dateTime": "2026-01-01",
        "oralDiet": {"type": [concept("Vegan diet")]},
    }
    assert ("vegan_diet", "current") in said(one(order))


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("Numbness of feet", {"valueBoolean": True}, ("paraesthesia", "current")),
        ("Numbness of feet", {"valueBoolean": False}, ("paraesthesia", "denied")),
        (
            "Numbness of feet",
            {"valueCodeableConcept": concept("", (SNOMED, "2667000"))},
            ("paraesthesia", "denied"),
        ),
        ("Do you have numbness?", {"valueString": "no"}, ("paraesthesia", "denied")),
        ("Diet", {"valueCodeableConcept": concept("Vegan")}, ("vegan_diet", "current")),
        ("Ankle reflexes", {"valueString": "absent"}, ("areflexia", "current")),
        (
            "Stage group.clinical Cancer",
            {"valueCodeableConcept": concept("Stage IV")},
            ("metastatic_cancer", "current"),
        ),
    ],
)
def test_a_finding_is_question_and_answer_together(code: str, value: Json, expected: tuple[str, str]) -> None:
    finding = {"resourceType": "Observation", "status": "final", "code": concept(code)} | value
    assert expected in said(one(finding))


def test_the_name_of_a_test_is_no_statement() -> None:
    marker = {
        "resourceType": "Observation", "status": "final",
        "code": concept("", (LOINC, "85319-2", "HER2 [Presence] in Breast cancer specimen by Immune stain")),
        "valueCodeableConcept": concept("", (SNOMED, "260385009", "Negative (qualifier value)")),
    }  # fmt: skip
    assert said(one(marker)) == {("female", "current")}


def test_components_are_results_of_their_own() -> None:
    count = {
        "resourceType": "Observation", "status": "final", "code": concept("Full blood count"), "effectiveDateTime": "2026-03-01",
        "component": [
            {"code": concept("", (LOINC, "718-7"))} | quantity(9.1, "g/dL"),
            {"code": concept("", (LOINC, "787-2"))} | quantity(112, "fL"),
        ],
    }  # fmt: skip
    record = one(count)
    assert [(lab.analyte, lab.text) for lab in record.labs] == [("hemoglobin", "9.1 g/dL"), ("mcv", "112 fL")]
    assert fate(record, "Observation")[0] == "used"


@pytest.mark.parametrize(
    ("value", "text", "problem"),
    [
        ("GREATER THAN 2000 pg/mL", "> 2000 pg/mL", None),
        (">2000 pg/mL", "> 2000 pg/mL", None),
        ("1,245 pg/mL", "1245 pg/mL", None),
        ("HEMOLYZED", "HEMOLYZED", "cancelled"),
    ],
)
def test_dirty_values_are_read_as_everywhere(value: str, text: str, problem: str | None) -> None:
    (lab,) = one(b12(valueString=value)).labs
    assert (lab.text, lab.problem) == (text, problem)


def test_the_flag_and_the_range_are_the_laboratorys() -> None:
    result = b12(
        interpretation=[status("L")], referenceRange=[{"low": {"value": 200, "unit": "pg/mL"}, "high": {"value": 900, "unit": "pg/mL"}}],
        **quantity(150, "pg/mL"),
    )  # fmt: skip
    (lab,) = one(result).labs
    assert (lab.qualitative, lab.ref_low, lab.ref_high) == ("low", 200, 900)


def test_a_flag_counts_where_the_number_cannot_be_used_and_the_account_says_so() -> None:
    flagged = one(b12(interpretation=[status("L")], valueQuantity={"value": 150}))
    assert (flagged.labs[0].qualitative, flagged.labs[0].problem) == ("low", "unit_missing")
    assert fate(flagged, "Observation")[0] == "used"
    assert "number itself is not used" in fate(flagged, "Observation")[1]
    assert fate(one(b12(valueQuantity={"value": 150})), "Observation")[0] == "set_aside"


def test_the_range_of_the_other_sex_is_not_taken() -> None:
    ranges = [
        {"low": {"value": 130}, "appliesTo": [concept("male")]},
        {"low": {"value": 115}, "appliesTo": [concept("female")]},
        {"low": {"value": 90}, "type": status("treatment")},
    ]
    (lab,) = one(b12(code="718-7", referenceRange=ranges, **quantity(120, "g/L"))).labs
    assert lab.ref_low == 115


def test_a_corrected_result_counts_over_a_final_one() -> None:
    first, second = (
        b12(**quantity(500, "pg/mL")),
        b12(status="corrected", **quantity(150, "pg/mL")) | {"id": "b"},
    )
    assert door().case(one(first, second)).answer("total_b12_says") == "deficient"


def test_the_same_result_twice_counts_once() -> None:
    record = one(b12(**quantity(150, "pg/mL")), b12(**quantity(150, "pg/mL")) | {"id": "again"})
    assert len(record.labs) == 1
    assert [element.reason for element in record.elements][-1] == "the same result was met before"


def test_two_codes_of_one_test_are_one_test() -> None:
    (lab,) = one(
        b12()
        | {"code": concept("Vitamin B12", (LOINC, "2170-9"), (LOINC, "2132-9"))}
        | quantity(150, "pg/mL")
    ).labs
    assert lab.analyte == "vitamin_b12"


def test_a_code_that_no_terminology_can_hold_is_rejected_and_its_words_are_kept() -> None:
    record = one(b12() | {"code": concept("Vitamin B12", (LOINC, "2132-8"))} | quantity(150, "pg/mL"))
    assert [lab.analyte for lab in record.labs] == ["vitamin_b12"]
    assert "2132-8" in [unread.text for unread in record.not_understood]


def test_urine_is_not_serum() -> None:
    record = one(b12(specimen={"display": "Urine"}, **quantity(150, "pg/mL")))
    assert record.labs == ()


def test_a_sample_is_dated_by_its_specimen_or_visit() -> None:
    undated = b12(**quantity(150, "pg/mL"))
    del undated["effectiveDateTime"]
    specimen = {"resourceType": "Specimen", "id": "s", "collection": {"collectedDateTime": "2026-02-20"}}
    visit = {
        "resourceType": "Encounter",
        "id": "v",
        "period": {"start": "2026-02-10T09:00:00Z", "end": "2026-02-10T09:30:00Z"},
    }
    (taken,) = one(specimen, undated | {"specimen": {"reference": "Specimen/s"}}).labs
    (seen,) = one(visit, undated | {"encounter": {"reference": "Encounter/v"}}).labs
    assert (taken.when.first, seen.when.first) == (-10, -20)


def test_a_reports_conclusion_and_attachment_are_read() -> None:
    report = {
        "resourceType": "DiagnosticReport", "status": "final", "code": concept("Gastroscopy"), "effectiveDateTime": "2026-01-10",
        "conclusion": "Autoimmune atrophic gastritis.",
        "presentedForm": [{"contentType": "text/plain", "data": base64.b64encode(b"MCV 112 fL").decode()}],
    }  # fmt: skip
    record = one(report)
    assert ("atrophic_gastritis", "current") in said(record)
    assert [lab.analyte for lab in record.labs] == ["mcv"]


def test_a_scan_that_is_no_text_is_set_aside() -> None:
    report = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"contentType": "image/png", "data": "iVBORw0="}}],
    }
    assert fate(one(report), "DocumentReference") == (
        "set_aside",
        "an attachment that is not text (image/png)",
    )


def test_the_race_extension_is_read() -> None:
    from tests.records.fhir.build import bundle, read

    given = bundle()
    given["entry"][0]["resource"]["extension"] = [{
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        "extension": [{"url": "ombCategory", "valueCoding": {"code": "2054-5", "display": "Black or African American"}}],
    }]  # fmt: skip
    (record,) = read(given)
    assert ("black_ethnicity", "current") in said(record)


def test_a_pregnancy_of_years_ago_is_over() -> None:
    assert ("pregnant", "past") in said(
        one({"resourceType": "Condition", "code": concept("Pregnancy"), "onsetDateTime": "2019-01-01"})
    )
    assert ("pregnant", "current") in said(
        one({"resourceType": "Condition", "code": concept("Pregnancy"), "onsetDateTime": "2025-12-01"})
    )
