"""Records as a record system would send them, and calls as its client would make them, written from the specifications."""

from __future__ import annotations

from typing import Any

from httpx import Response
from litestar.testing import TestClient

Json = dict[str, Any]
AS_OF = "2026-03-02"
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
PATIENT: Json = {
    "resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1959-01-01",
    "name": [{"family": "Example", "given": ["Anna"]}],
}  # fmt: skip
SUBJECT: Json = {"reference": "Patient/p1"}
VIEW, SELECT, SIGN = "patient-view", "order-select", "order-sign"


def result(value: float, code: str = "14685-2", unit: str = "pmol/L", **more: Any) -> Json:
    """A level; by default of total vitamin B12."""
    return {
        "resourceType": "Observation", "id": f"o-{code}", "status": "final", "subject": SUBJECT, "effectiveDateTime": "2026-02-01",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": {"value": value, "unit": unit}, **more,
    }  # fmt: skip


def condition(words: str, id: str = "c1") -> Json:
    return {"resourceType": "Condition", "id": id, "subject": SUBJECT, "code": {"text": words}}


def order(words: str, status: str = "draft", id: str = "m1") -> Json:
    return {
        "resourceType": "MedicationRequest", "id": id, "status": status, "intent": "order", "subject": SUBJECT,
        "authoredOn": "2026-02-20", "medicationCodeableConcept": {"text": words},
    }  # fmt: skip


def found(*resources: Json, **more: Any) -> Json:
    """What a search brings."""
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(resources), "entry": entries, **more}


def body(hook: str = VIEW, prefetch: Json | None = None, context: Json | None = None, **more: Any) -> Json:
    made: Json = {
        "hook": hook, "hookInstance": INSTANCE, "context": {"userId": "Practitioner/1", "patientId": "p1", **(context or {})},
        "extension": {"urn:cobalens:as-of": AS_OF}, **more,
    }  # fmt: skip
    return made if prefetch is None else made | {"prefetch": prefetch}


def called(client: TestClient[Any], sent: Json, service: str = "") -> Response:
    return client.post(f"/cds-services/{service or 'cobalens-' + str(sent['hook'])}", json=sent)


def cards(client: TestClient[Any], sent: Json) -> list[Json]:
    answer = called(client, sent)
    assert answer.status_code == 200, answer.text
    made: list[Json] = answer.json()["cards"]
    return made


def opened(client: TestClient[Any], *resources: Json, **more: Json | None) -> list[Json]:
    """The cards for a record that holds these, all other lists being empty."""
    listed = {"patient": PATIENT, **everything(*resources), **more}
    return cards(client, body(prefetch=listed))


def everything(*resources: Json) -> Json:
    """Each list that is asked for, with these resources in it."""
    homes = {
        "Condition": "conditions", "MedicationRequest": "medication_requests", "MedicationStatement": "medication_statements",
        "MedicationAdministration": "medication_administrations", "Procedure": "procedures", "ServiceRequest": "service_requests",
        "AllergyIntolerance": "allergies", "QuestionnaireResponse": "questionnaires",
    }  # fmt: skip
    made: dict[str, list[Json]] = {}
    for one in resources:
        kind = one["resourceType"]
        home = homes.get(kind, "documents")
        if kind == "Observation":
            home = "results_sample" if "coding" in one["code"] else "observations"
        made.setdefault(home, []).append(one)
    empty = dict.fromkeys(
        (
            *homes.values(),
            "observations",
            "results_sample",
            "results_picture",
            "results_blood",
            "results_replacement",
        )
    )
    return {**empty, **{key: found(*several) for key, several in made.items()}}


def drafted(
    client: TestClient[Any], *orders: Json, record: tuple[Json, ...] = (), hook: str = SIGN, selections: list[str] | None = None
) -> list[Json]:  # fmt: skip
    """The cards for orders that are not signed, beside a record that holds some resources."""
    context: Json = {
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": one} for one in orders]}
    }
    if hook == SELECT:
        context["selections"] = (
            selections if selections is not None else [f"{one['resourceType']}/{one['id']}" for one in orders]
        )
    return cards(client, body(hook, {"patient": PATIENT, **everything(*record)}, context))


def bundle(*resources: Json) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in (PATIENT, *resources)],
    }


def parameters(record: Json, **values: str) -> Json:
    kinds = {"asOf": "valueDate", "pack": "valueString", "language": "valueCode", "audience": "valueCode"}
    given = [{"name": name, kinds[name]: value} for name, value in values.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "bundle", "resource": record}, *given]}


def asked(client: TestClient[Any], sent: Any, **headers: str) -> Response:
    content = {
        "content-type": "application/fhir+json",
        **{name.replace("_", "-"): one for name, one in headers.items()},
    }
    if isinstance(sent, bytes):
        return client.post("/fhir/$interpret-b12", content=sent, headers=content)
    return client.post("/fhir/$interpret-b12", json=sent, headers=content)
