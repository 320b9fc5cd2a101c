"""Fields that later editions of FHIR call otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.fhir.build import one

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        (
            {"resourceType": "MedicationStatement", "status": "recorded", "medication": {"concept": {"text": "Metformin 500 mg"}}},
            {"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": {"text": "Metformin 500 mg"}},
        ),
        (
            {"resourceType": "MedicationRequest", "status": "active", "medication": {"reference": {"reference": "Medication/m1", "display": "Omeprazole 20 mg"}}},
            {"resourceType": "MedicationRequest", "status": "active", "medicationReference": {"reference": "Medication/m1", "display": "Omeprazole 20 mg"}},
        ),
        (
            {"resourceType": "Procedure", "status": "completed", "code": {"text": "Total gastrectomy"}, "occurrenceDateTime": "2019-05-01"},
            {"resourceType": "Procedure", "status": "completed", "code": {"text": "Total gastrectomy"}, "performedDateTime": "2019-05-01"},
        ),
        (
            {"resourceType": "Procedure", "status": "completed", "code": {"text": "Total gastrectomy"}, "occurrencePeriod": {"start": "2019-05-01", "end": "2019-05-02"}},
            {"resourceType": "Procedure", "status": "completed", "code": {"text": "Total gastrectomy"}, "performedPeriod": {"start": "2019-05-01", "end": "2019-05-02"}},
        ),
    ],
)  # fmt: skip
def test_fields_as_the_fifth_edition_of_fhir_calls_them_say_the_same(later: Json, earlier: Json) -> None:
    said, before = (
        [(event.concept, event.time, event.start, event.stop) for event in one(whole).events]
        for whole in (later, earlier)
    )
    assert said == before
    assert said
