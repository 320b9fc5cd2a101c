"""Calls as a client gets them wrong: each is refused with what to do, named by its code, and no value of anybody is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.wire.calls import (
    PATIENT,
    SELECT,
    SIGN,
    VIEW,
    Json,
    body,
    called,
    everything,
    found,
    order,
    result,
)

RECORDED: Json = {"patient": PATIENT, **everything(result(98))}
ELSE: Json = {"reference": "Patient/somebody-else"}
GOOD = body(prefetch=RECORDED)
ORDERS: Json = {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order("pemetrexed")}]}}
KEYS = (
    "results_sample, results_picture, results_blood, results_replacement, observations, conditions, medication_requests, "
    "medication_statements, medication_administrations, procedures, service_requests, allergies, questionnaires"
)
NOTHING = (
    "Nothing was prefetched from which anything could be told, and this service fetches nothing by itself. The client may not "
    f"have been told the templates, or each of its searches failed. Send at least one of these, with `null` where there is nothing: {KEYS}."
)
ANOTHER = (
    "It holds records of somebody else than the patient in `context.patientId`. Two records may have been open, or a search was "
    "not limited to one patient. Send the records of this patient alone."
)
SHAPE = 'Send {"hook": …, "hookInstance": …, "context": {"patientId": …}, "prefetch": …}; GET /cds-services lists what to prefetch.'
EXAMPLE = 'Write, for example, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".'


def without(key: str, of: Json = GOOD) -> Json:
    return {name: one for name, one in of.items() if name != key}


def ordered(hook: str, **context: Any) -> Json:
    return body(hook, RECORDED, context)


WRONG: dict[str, tuple[Json, int, str, str]] = {
    "no hook": (without("hook"), 400, "key_missing", 'body: There is no `hook`. Write, for example, "hook": "patient-view".'),
    "another hook": (
        GOOD | {"hook": SIGN}, 400, "other_hook",
        ("hook: This service answers the hook `patient-view` alone. The service may be registered under the wrong hook. "
        "Call the service whose hook it is; GET /cds-services lists them.")),
    "no instance": (without("hookInstance"), 400, "key_missing", f"body: There is no `hookInstance`. {EXAMPLE}"),
    "an instance that is a number": (
        GOOD | {"hookInstance": 7}, 400, "wrong_kind", f"body: `hookInstance` must be a text; this is a number. {EXAMPLE}"),
    "an instance that is no UUID": (
        GOOD | {"hookInstance": "Anna Example"}, 400, "instance_no_uuid",
        'hookInstance: `hookInstance` is no UUID. Make a new one for each call, for example "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".'),
    "no context": (without("context"), 400, "key_missing", 'body: There is no `context`. Write, for example, "context": {"patientId": "…"}.'),
    "a context that is a list": (
        GOOD | {"context": []}, 400, "wrong_kind",
        'body: `context` must be an object; this is a list. Write, for example, "context": {"patientId": "…"}.'),
    "no patient": (
        GOOD | {"context": {"userId": "Practitioner/1"}}, 400, "key_missing",
        'context: There is no `patientId`. Write, for example, "patientId": "1288992".'),
    "an empty patient": (
        GOOD | {"context": {"patientId": " "}}, 400, "key_missing",
        'context: There is no `patientId`. Write, for example, "patientId": "1288992".'),
    "no prefetch": (body(), 412, "nothing_prefetched", f"prefetch: {NOTHING}"),
    "an empty prefetch": (body(prefetch={}), 412, "nothing_prefetched", f"prefetch: {NOTHING}"),
    "the patient alone": (body(prefetch={"patient": PATIENT}), 412, "nothing_prefetched", f"prefetch: {NOTHING}"),
    "errors of the record alone": (
        body(prefetch={"patient": PATIENT, "conditions": {"resourceType": "OperationOutcome", "issue": []}}), 412,
        "nothing_prefetched", f"prefetch: {NOTHING}"),
    "a prefetch that is a list": (
        body(prefetch=[]) | {"prefetch": []}, 400, "wrong_kind",  # type: ignore[arg-type]
        'body: `prefetch` must be an object; this is a list. Write, for example, "prefetch": {"patient": {"resourceType": "Patient", …}, …}.'),
    "a text where a resource is": (
        body(prefetch=RECORDED | {"conditions": "asthma"}), 400, "wrong_kind",
        f"prefetch.conditions: `prefetch.conditions` must be a FHIR resource; this is a text. {SHAPE}"),
    "somebody else's record": (
        body(prefetch=RECORDED | {"patient": PATIENT | {"id": "p2"}}), 400, "another_patient", f"prefetch: {ANOTHER}"),
    "somebody else's result": (
        body(prefetch=RECORDED | {"results_picture": found(result(98, "718-7", "g/L", subject=ELSE))}), 400, "another_patient",
        f"prefetch: {ANOTHER}"),
    "somebody of the name that a record without one has": (
        body(prefetch=RECORDED | {"patient": PATIENT | {"id": "case"}, "results_sample": None}), 400, "another_patient",
        f"prefetch: {ANOTHER}"),
    "somebody else's record beside orders": (
        ordered(SIGN, **ORDERS) | {"prefetch": RECORDED | {"patient": PATIENT | {"id": "p2"}}}, 400, "another_patient",
        f"prefetch: {ANOTHER}"),
    "somebody else in the context": (
        GOOD | {"context": {"patientId": "p2"}}, 400, "another_patient", f"prefetch: {ANOTHER}"),
    "a misspelt extension": (
        GOOD | {"extension": {"urn:cobalens:asof": "2026-03-02"}}, 400, "unknown_key",
        ('extension: The key "urn:cobalens:asof" is not known here. Did you mean "urn:cobalens:as-of"? '
        "Known keys: urn:cobalens:as-of, urn:cobalens:pack.")),
    "a day that is a number": (
        GOOD | {"extension": {"urn:cobalens:as-of": 20260302}}, 400, "wrong_kind",
        'extension: `urn:cobalens:as-of` must be a text; this is a number. Write, for example, "extension": {"urn:cobalens:as-of": "2026-03-05"}.'),
    "no orders": (
        body(SIGN, RECORDED), 400, "key_missing",
        'context: There is no `draftOrders`. Write, for example, "draftOrders": {"resourceType": "Bundle", "entry": […]}.'),
    "orders that are no Bundle": (
        ordered(SIGN, draftOrders=order("pemetrexed")), 400, "no_draft_orders",
        "context.draftOrders: `draftOrders` is no Bundle of orders. Send the orders that are not signed yet as a FHIR Bundle."),
    "orders for somebody else": (
        ordered(SIGN, draftOrders={"resourceType": "Bundle", "entry": [{"resource": order("pemetrexed") | {"subject": ELSE}}]}), 400,
        "another_patient", f"context.draftOrders: {ANOTHER}"),
    "no selection": (
        ordered(SELECT, **ORDERS), 400, "key_missing",
        'context: There is no `selections`. Write, for example, "selections": ["MedicationRequest/103"].'),
    "a selection that is a number": (
        ordered(SELECT, selections=[1], **ORDERS), 400, "wrong_kind",
        'context: Each entry of `selections` must be a text; this is a number. Write, for example, "selections": ["MedicationRequest/103"].'),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_told_what_to_do(client: TestClient[Any], name: str) -> None:
    sent, status, code, words = WRONG[name]
    hook = sent.get("hook")
    service = (
        "cobalens-patient-view"
        if hook not in (SELECT, SIGN) or name == "another hook"
        else f"cobalens-{hook}"
    )
    answer = called(client, sent, service)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["detail"]) == (code, words)
    for part in ("p1", "Anna", "somebody-else", "Practitioner/1"):
        assert part not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/cds-services/nothing", 404, "no_such_service"),
        ("/cds-services/nothing/feedback", 404, "no_such_service"),
        ("/cds-services/cobalens-patient-view/other", 404, "page_not_found"),
        ("/cds-services/cobalens-patient-view?patient=p1", 400, "said_in_the_address"),
    ],
)
def test_a_wrong_address_names_the_right_ones(
    client: TestClient[Any], path: str, status: int, code: str
) -> None:
    answer = client.post(path, json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "/cds-services" in answer.json()["next"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_service_is_called_by_post_alone(client: TestClient[Any], method: str) -> None:
    answer = client.request(method, "/cds-services/cobalens-patient-view")
    assert answer.status_code == 405
    assert answer.json()["problem"] == "This address of CDS Hooks cannot be asked in this way."
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        (b"", "empty_body", SHAPE),
        (b" ", "empty_body", SHAPE),
        (b"[]", "not_an_object", f"The body must be an object; this is a list. {SHAPE}"),
        (b"null", "not_an_object", "this is null"),
        (b'{"hook": "patient-view"', "broken_syntax", "line 1"),
        (b'{"hook": "patient-view", "hook": "order-sign"}', "key_given_twice", "Keep one"),
        (b'{"hook": NaN}', "not_a_number", "missing is never zero"),
        (json.dumps(GOOD).encode("utf-16"), "body_not_text", "UTF-8"),
    ],
)
def test_a_body_that_is_no_call_is_refused(
    client: TestClient[Any], sent: bytes, code: str, words: str
) -> None:
    answer = client.post(
        "/cds-services/cobalens-patient-view", content=sent, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_only_json_is_read(client: TestClient[Any], kind: str) -> None:
    answer = client.post(
        "/cds-services/cobalens-patient-view", content=json.dumps(GOOD), headers={"content-type": kind}
    )
    assert answer.status_code == 415


ODD: list[Any] = [None, 1, True, "x", [], {}, [1], [None], {"resourceType": 1}, {"resourceType": "Bundle", "entry": 1},
                  {"resourceType": "Bundle", "entry": [1, None, {"resource": "x"}, {"resource": []}, {"resource": {"resourceType": "Patient", "id": []}}]},
                  {"resourceType": "Bundle", "link": [1], "total": "x"}, {"resourceType": "Patient", "id": 7, "birthDate": 1}]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=lambda one: json.dumps(one)[:40])
@pytest.mark.parametrize("place", ["patient", "results_sample", "mine", "draftOrders", "draft", "extension"])
def test_whatever_stands_in_a_place_nothing_breaks(client: TestClient[Any], place: str, value: Any) -> None:
    sent = ordered(SIGN, **ORDERS)
    if place == "draftOrders":
        sent["context"] = sent["context"] | {"draftOrders": value}
    elif place == "draft":
        sent["context"] = sent["context"] | {
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": value}, value]}
        }
    elif place == "extension":
        sent["extension"] = value
    else:
        sent["prefetch"] = RECORDED | {place: value}
    answer = called(client, sent)
    assert answer.status_code in (200, 400)
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")


@pytest.mark.parametrize("feedback", [{}, {"feedback": {}}, {"feedback": "x"}])
def test_feedback_is_a_list(client: TestClient[Any], feedback: Json) -> None:
    assert client.post(f"/cds-services/cobalens-{VIEW}/feedback", json=feedback).status_code == 400
