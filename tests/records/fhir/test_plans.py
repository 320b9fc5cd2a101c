"""A care plan: what is still to be done is a plan, what was dropped is nothing, advice is no operation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.fhir.build import concept, one
from tests.records.fhir.test_resources import fate, said


def plan(*details: dict[str, Any], status: str = "active", **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "status": status,
        "intent": "plan",
        "activity": [{"detail": one} for one in details],
        **fields,
    }


def drug(name: str, status: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "MedicationRequest", "productCodeableConcept": concept(name), "status": status, **fields}


@pytest.mark.parametrize(
    ("activity", "of_plan", "time"),
    [
        ("not-started", "active", "planned"),
        ("scheduled", "active", "planned"),
        ("on-hold", "active", "planned"),
        ("in-progress", "active", "current"),
        ("in-progress", "draft", "planned"),
        ("in-progress", "completed", "past"),
        ("completed", "active", "past"),
        ("stopped", "active", "past"),
    ],
)
def test_a_drug_of_a_plan_is_planned_under_way_or_over(activity: str, of_plan: str, time: str) -> None:
    record = one(plan(drug("metformin", activity), status=of_plan))
    assert ("metformin", time) in said(record)
    assert fate(record, "CarePlan")[0] == "used"


@pytest.mark.parametrize(
    "given",
    [
        plan(drug("metformin", "cancelled")),
        plan(drug("metformin", "entered-in-error")),
        plan(drug("metformin", "not-started", doNotPerform=True)),
        plan(drug("metformin", "not-started"), status="completed"),
        plan(drug("metformin", "in-progress"), status="revoked"),
        plan(drug("metformin", "in-progress"), status="entered-in-error"),
    ],
)
def test_what_was_dropped_from_a_plan_says_nothing_of_the_person(given: dict[str, Any]) -> None:
    record = one(given)
    assert [event.concept for event in record.events if event.concept == "metformin"] == []
    assert fate(record, "CarePlan")[0] in ("understood", "set_aside")


def test_an_operation_that_is_planned_is_a_plan_and_a_test_is_understood() -> None:
    record = one(
        plan(
            {"code": concept("Total gastrectomy"), "status": "scheduled", "scheduledPeriod": {"start": "2026-04-01"}},
            {"code": concept("Vitamin B12"), "status": "not-started"},
        )
    )  # fmt: skip
    (event,) = [event for event in record.events if event.concept == "total_gastrectomy"]
    assert (event.time, event.start.first) == ("planned", 30)
    assert "a test in a plan: Vitamin B12" in record.understood
    assert record.labs == ()


@pytest.mark.parametrize("advice", ["Education about pernicious anemia", "Alcohol-free diet"])
def test_advice_is_not_taken_for_something_that_was_done_or_is_the_case(advice: str) -> None:
    record = one(plan({"code": concept("Education about pernicious anemia"), "status": "in-progress"}))
    assert said(record) == said(one())
    assert fate(record, "CarePlan")[0] == "understood"


def test_a_plan_that_only_refers_to_others_is_a_frame() -> None:
    given = plan()
    given["activity"] = [{"reference": {"reference": "ServiceRequest/1"}}]
    assert fate(one(given), "CarePlan") == (
        "understood",
        "a plan's frame; what it refers to is read one by one",
    )


def test_an_activity_without_a_name_is_named_as_not_understood() -> None:
    record = one(plan({"status": "not-started"}))
    assert fate(record, "CarePlan")[0] == "not_understood"
    assert [left.text for left in record.not_understood] == ["an activity of a plan without a name"]
