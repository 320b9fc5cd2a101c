"""Orders for an operation, an anaesthetic or nitrous oxide: planned as long as they stand, whatever day they name, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.fhir.build import SNOMED, concept, door, one

Json = dict[str, Any]
SURGICAL = {"coding": [{"system": SNOMED, "code": "387713003", "display": "Surgical procedure"}]}
TOMORROW, TODAY, YESTERDAY = "2026-03-03", "2026-03-02", "2026-03-01"


def asked(words: str = "", code: str = "", display: str = "", **fields: Any) -> Json:
    coding = [(SNOMED, code, display)] if display else [(SNOMED, code)] if code else []
    return {
        "resourceType": "ServiceRequest", "id": "s", "status": "active", "intent": "order", "code": concept(words, *coding),
    } | fields  # fmt: skip


def done(words: str, **fields: Any) -> Json:
    return asked(words) | {"resourceType": "Procedure"} | fields


def facts(*resources: Json) -> tuple[str, str]:
    """What is known of an operation and of an anaesthetic to come."""
    case = door().case(one(*resources))
    return case.reads("surgery_planned"), case.reads("anaesthesia_planned")


@pytest.mark.parametrize(
    "order",
    [
        asked("Total gastrectomy"), asked(code="26452005"), asked(code="26452005", display="Total gastrectomy"),
        asked("Hip replacement"), asked(code="52734007"), asked(code="52734007", display="Total replacement of hip (procedure)"),
        asked("CABG"), asked("Laparoscopic cholecystectomy"), asked("Surgery"), asked("Theatre booking"),
        asked("Resection by a name that nobody has heard", category=[SURGICAL]), asked("Zoffany repair", category=[SURGICAL]),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "fields", [{}, {"status": "draft"}, {"status": "on-hold"}, {"intent": "plan"}], ids=str
)
def test_an_order_for_an_operation_plans_one_by_its_words_its_code_or_its_category(
    order: Json, fields: Json
) -> None:
    assert facts(order | fields)[0] == "yes"


@pytest.mark.parametrize(
    ("day", "planned"),
    [
        (TOMORROW, "yes"), (TODAY, "yes"), (YESTERDAY, "yes"), ("", "yes"),
        ("2025-12-02", "yes"), ("2025-12-01", "unknown"),
        ("2026-08-29", "yes"), ("2026-08-30", "unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("words", ["Total gastrectomy", "Hip replacement"])
def test_an_open_order_is_a_plan_from_ninety_days_after_its_day_to_half_a_year_before_it(
    words: str, day: str, planned: str
) -> None:
    assert facts(asked(words, **({"occurrenceDateTime": day} if day else {})))[0] == planned


@pytest.mark.parametrize(
    ("fields", "planned"),
    [
        ({"authoredOn": "2024-03-02"}, "yes"),
        ({"authoredOn": "2024-03-01"}, "unknown"),
        ({"authoredOn": "2019-03-01", "occurrenceDateTime": TOMORROW}, "yes"),
    ],
)
def test_an_order_without_a_day_is_a_plan_for_two_years_after_it_was_written(
    fields: Json, planned: str
) -> None:
    assert facts(asked("Hip replacement", **fields))[0] == planned


@pytest.mark.parametrize(
    "order",
    [
        asked("Hip replacement", status="completed"), asked("Hip replacement", status="revoked"),
        asked("Hip replacement", status="entered-in-error"), asked("Hip replacement", doNotPerform=True),
        done("Hip replacement", status="completed", performedDateTime=YESTERDAY),
        done("", status="completed", performedDateTime=YESTERDAY, code=concept("", (SNOMED, "52734007"))),
        done("", status="not-done", code=concept("", (SNOMED, "52734007"))), done("Hip replacement", status="not-done"),
        done("Total gastrectomy", status="completed", performedDateTime=YESTERDAY), done("Total gastrectomy", status="not-done"),
        asked("MRI of spine"), asked("Gastroscopy"), asked("MRI of spine", category=[{"text": "Imaging"}]),
        asked("Vitamin B12", category=[{"coding": [{"system": SNOMED, "code": "108252007"}]}]),
    ],
)  # fmt: skip
def test_what_is_done_taken_back_or_no_operation_plans_none(order: Json) -> None:
    assert facts(order)[0] == "unknown"
    events = one(order).events
    assert not [event for event in events if event.concept in ("surgery_planned", "anaesthesia_planned")]


@pytest.mark.parametrize("status", ["preparation", "draft", "planned"])
@pytest.mark.parametrize("day", [TOMORROW, YESTERDAY, ""])
def test_an_operation_in_preparation_is_planned(status: str, day: str) -> None:
    more = {"performedDateTime": day} if day else {}
    assert facts(done("Hip replacement", status=status, **more))[0] == "yes"
    assert facts(done("Total gastrectomy", status=status, **more))[0] == "yes"


@pytest.mark.parametrize(
    "words",
    [
        "Referral to general surgery", "Physiotherapy after hip replacement", "Surgery follow-up", "Consultation for hip replacement",
        "Post-operative wound care after total gastrectomy",
    ],
)  # fmt: skip
def test_an_opinion_on_an_operation_or_what_follows_it_leaves_open_whether_one_is_planned(words: str) -> None:
    assert facts(asked(words)) == ("unknown", "unknown")


def test_what_follows_an_operation_does_not_undo_one_that_is_ordered() -> None:
    assert facts(asked("Physiotherapy after hip replacement"), asked("Hip replacement", id="t"))[0] == "yes"


@pytest.mark.parametrize(
    "order",
    [
        asked("General anaesthesia"), asked(code="50697003"), asked(code="399097000"), asked("Pre-operative assessment"),
        asked("Total gastrectomy under general anaesthesia"), asked("Inhalation sedation with nitrous oxide"), asked("Entonox"),
    ],
)  # fmt: skip
def test_an_order_for_an_anaesthetic_or_for_nitrous_oxide_plans_one(order: Json) -> None:
    assert facts(order)[1] == "yes"


@pytest.mark.parametrize(
    "words", ["Local anaesthesia", "Spinal anaesthesia", "Epidural anesthesia", "Regional anesthesia", "ECG"]
)
def test_an_anaesthetic_without_gas_is_none_of_these(words: str) -> None:
    assert facts(asked(words)) == ("unknown", "unknown")


@pytest.mark.parametrize(
    "drug",
    [
        concept("Nitrous oxide"), concept("Entonox"), concept("Nitrous oxide 50% / oxygen 50%"),
        concept("", ("http://www.whocc.no/atc", "N01AX13")),
        concept("", ("http://www.nlm.nih.gov/research/umls/rxnorm", "7486")),
    ],
)  # fmt: skip
def test_nitrous_oxide_that_is_only_ordered_is_planned_and_is_no_habit(drug: Json) -> None:
    order = {
        "resourceType": "MedicationRequest", "status": "draft", "intent": "order", "medicationCodeableConcept": drug,
    }  # fmt: skip
    case = door().case(one(order))
    assert case.reads("anaesthesia_planned") == "yes"
    assert case.reads("nitrous_oxide") == case.reads("nitrous_oxide_anaesthesia") == "unknown"


@pytest.mark.parametrize(
    "drug", [concept("Nitrous oxide"), concept("", ("http://www.whocc.no/atc", "N01AX13"))]
)
def test_nitrous_oxide_that_was_ordered_or_given_is_an_anaesthetic_and_that_somebody_takes_a_habit(
    drug: Json,
) -> None:
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "effectiveDateTime": YESTERDAY,
    }
    ordered = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "authoredOn": YESTERDAY,
    }
    for one_of in (given, ordered):
        case = door().case(one(one_of | {"medicationCodeableConcept": drug}))
        assert (case.reads("nitrous_oxide_anaesthesia"), case.reads("nitrous_oxide")) == ("yes", "unknown")
    taken = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": concept("nitrous oxide"),
    }
    case = door().case(one(taken))
    assert (case.reads("nitrous_oxide_anaesthesia"), case.reads("nitrous_oxide")) == ("unknown", "yes")


def test_a_plan_of_care_plans_what_it_lists_as_still_to_be_done() -> None:
    def plan(status: str, words: str) -> Json:
        detail = {"kind": "ServiceRequest", "status": status, "code": concept(words)}
        return {
            "resourceType": "CarePlan", "status": "active", "intent": "plan", "activity": [{"detail": detail}],
        }  # fmt: skip

    assert facts(plan("scheduled", "Hip replacement"))[0] == "yes"
    assert facts(plan("scheduled", "Surgical procedure"))[0] == "yes"
    assert facts(plan("completed", "Hip replacement"))[0] == "unknown"
    assert facts(plan("cancelled", "Hip replacement"))[0] == "unknown"
    assert facts(plan("scheduled", "Education about surgery"))[0] == "unknown"


@pytest.mark.parametrize("status", ["completed", "not-done", "in-progress", "unknown", ""])
@pytest.mark.parametrize("code", ["", "52734007"])
def test_what_one_operation_says_does_not_hang_on_the_day_of_another(status: str, code: str) -> None:
    """Of the same words what was found is kept; whether they say anything may hang on the day."""
    days = ["2019-05-01", "2026-05-01", TODAY, ""]

    def told(side: str, several: list[str]) -> dict[str, str]:
        coding = [(SNOMED, code)] if code else []
        of = {
            "resourceType": "Procedure",
            "code": concept(f"Hip replacement, {side}", *coding),
        }
        return {
            day: facts(
                of | ({"status": status} if status else {}) | ({"performedDateTime": day} if day else {})
            )[0]
            for day in several
        }

    forwards, backwards = told("left", days), told("right", days[::-1])
    assert forwards == backwards
    assert forwards["2019-05-01"] == forwards[TODAY] == forwards[""] == "unknown"
    assert forwards["2026-05-01"] == ("yes" if status in ("", "unknown") else "unknown")
