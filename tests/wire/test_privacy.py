"""Names, ids, values and tokens that come through these doors stand in no log, counter, address, header or refusal."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import TestClient

from cobalens.serve.cli import main
from cobalens.serve.web.app import create_app
from cobalens.serve.web.settings import Settings, handed_over
from tests.web.conftest import HERE, KEY
from tests.wire.calls import (
    AS_OF,
    PATIENT,
    SIGN,
    Json,
    asked,
    body,
    bundle,
    called,
    everything,
    found,
    order,
    parameters,
    result,
)

NAME, OWN, VALUE, TOKEN, USER = (
    "Quetzalcoatl",
    "canary-7731",
    73.519,
    "canary-token-4410",
    "Practitioner/canary-9",
)
CANARIES = (NAME, OWN, str(VALUE), TOKEN, USER, "1931-07-13")
PERSON = PATIENT | {"id": OWN, "birthDate": "1931-07-13", "name": [{"family": NAME}]}
LEVEL = result(VALUE) | {"subject": {"reference": f"Patient/{OWN}"}}
BROKEN = PERSON | {"birthDate": "2931-07-13"}
OTHER = PERSON | {"id": f"{OWN}-2"}


def calls(client: TestClient[Any]) -> list[Any]:
    """Calls that are answered and calls that are refused, at each place at which one can be."""
    context: Json = {"patientId": OWN, "userId": USER}
    beside: Json = {
        "fhirServer": f"https://{NAME}.example/fhir",
        "fhirAuthorization": {"access_token": TOKEN},
    }
    drafts: Json = {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order(NAME)}]}}
    records: list[Json] = [
        {"patient": PERSON, **everything(LEVEL)}, {"patient": BROKEN, **everything(LEVEL)}, {"patient": OTHER, **everything(LEVEL)},
        {"patient": PERSON}, {"patient": PERSON, "conditions": NAME}, {"patient": PERSON, "conditions": found({"resourceType": NAME})},
    ]  # fmt: skip
    sent = [body(prefetch=one, context=context, **beside) for one in records]
    sent += [
        body(SIGN, records[0], context | drafts),
        body(SIGN, records[0], context | {"draftOrders": NAME}),
    ]
    sent += [sent[0] | {"hook": NAME}, sent[0] | {"hookInstance": NAME}, sent[0] | {"context": NAME}]
    made = [
        called(client, one, "cobalens-order-sign" if one["hook"] == SIGN else "cobalens-patient-view")
        for one in sent
    ]
    made.append(
        client.post(
            "/cds-services/cobalens-patient-view/feedback",
            json={"feedback": [{"card": TOKEN, "overrideReason": {"userComment": NAME}}]},
        )
    )
    record = bundle(LEVEL) | {"entry": [{"resource": PERSON}, {"resource": LEVEL}]}
    wrong: list[Any] = [
        record, parameters(record | {"entry": [{"resource": BROKEN}, {"resource": LEVEL}]}, asOf=AS_OF),
        parameters(record | {"entry": [*record["entry"], {"resource": OTHER}]}, asOf=AS_OF), parameters(record, asOf=NAME),
        parameters(record, asOf=AS_OF, audience=NAME), parameters(record, asOf=AS_OF) | {"parameter": NAME},
        {"resourceType": "Parameters", "parameter": [{"name": "asOf", NAME: AS_OF}]}, {"name": NAME}, NAME.encode(),
    ]  # fmt: skip
    made += [asked(client, parameters(record, asOf=AS_OF)), *(asked(client, one) for one in wrong)]
    made.append(client.get(f"/fhir/Patient/{OWN}"))
    return made


def test_nothing_of_a_person_is_left_anywhere(
    client: TestClient[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    answers = calls(client)
    assert {one.status_code for one in answers} == {200, 400, 404, 412}
    printed = capfd.readouterr()
    counted = client.get("/metrics").text
    for canary in CANARIES:
        assert canary not in printed.out + printed.err + counted
        for one in answers:
            assert canary not in str(dict(one.headers))
            assert one.status_code == 200 or canary not in one.text, one.text


def test_no_connection_is_opened_to_anywhere(
    client: TestClient[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *told: tried.append(told))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *told, **_: tried.append(told))
    assert calls(client)
    assert tried == []


def test_counters_tell_the_kind_of_an_address_and_not_what_stands_in_it(client: TestClient[Any]) -> None:
    calls(client)
    client.post(f"/cds-services/{OWN}", json={})
    counted = client.get("/metrics").text
    assert 'route="/cds-services/{service}"' in counted
    assert 'route="/fhir/$interpret-b12"' in counted
    assert OWN not in counted


@pytest.mark.parametrize("path", ["/cds-services", "/fhir/metadata"])
def test_every_answer_carries_the_headers_that_protect_it(client: TestClient[Any], path: str) -> None:
    headers = client.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


# --- Pages of other sites -----------------------------------------------------------------------------------------

EHR, ELSEWHERE = "https://ehr.example", "https://evil.example"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
ALLOWED = "access-control-allow-origin"


@pytest.mark.parametrize(
    "path", ["/cds-services", "/cds-services/cobalens-patient-view", "/fhir/$interpret-b12", "/fhir/metadata"]
)
def test_no_page_elsewhere_may_call_unless_it_was_named(client: TestClient[Any], path: str) -> None:
    for method in ("OPTIONS", "GET", "POST"):
        assert ALLOWED not in client.request(method, path, headers={"origin": EHR, **PREFLIGHT}).headers


def test_the_command_hands_the_sites_that_were_named_to_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[str, ...]] = []
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: given.append(handed_over().origins))
    monkeypatch.setenv("COBALENS_SERVE", "")
    for told in ((), ("--allow-origin", EHR)):
        assert CliRunner().invoke(main, ["serve", *told]).exit_code == 0
    assert given == [(), (EHR,)]


@pytest.mark.parametrize(
    ("option", "name"),
    [("--allow-origin", one) for one in ("ehr.example", "*", "null", f"{EHR}/", f"{EHR}/app", f"{EHR}:443")]
    + [("--allow-host", one) for one in (EHR, "ehr.example:8612", "*.example", "ehr.example/b12", "a b")],
)
def test_a_name_that_nothing_could_ever_match_is_refused_before_anything_is_served(
    monkeypatch: pytest.MonkeyPatch, option: str, name: str
) -> None:
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: pytest.fail("it was served"))
    told = CliRunner().invoke(main, ["serve", "--port", "0", option, name])
    assert told.exit_code == 2
    assert told.stderr.startswith(f"cobalens: {option}: That is no")


def test_names_are_heeded_however_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Settings] = []
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: given.append(handed_over()))
    monkeypatch.setenv("COBALENS_SERVE", "")
    asked = [
        "--allow-origin",
        "HTTPS://EHR.example:8443",
        "--allow-host",
        "B12.clinic",
        "--allow-host",
        "[fd00::1]",
    ]
    assert CliRunner().invoke(main, ["serve", "--port", "0", *asked]).exit_code == 0
    assert (given[0].origins, given[0].hosts) == (("https://ehr.example:8443",), ("b12.clinic", "[fd00::1]"))


@pytest.fixture
def named(application: Litestar) -> Any:
    app = create_app(Settings(key=KEY, per_minute=None, origins=(EHR,)))
    with TestClient(app, base_url=HERE) as client:
        yield client


def test_a_site_that_was_named_may_call_the_services_from_a_browser(named: TestClient[Any]) -> None:
    asked_first = named.options("/cds-services/cobalens-patient-view", headers={"origin": EHR, **PREFLIGHT})
    assert asked_first.status_code in (200, 204)
    assert asked_first.headers[ALLOWED] == EHR
    assert "content-type" in asked_first.headers["access-control-allow-headers"]
    assert "POST" in asked_first.headers["access-control-allow-methods"]
    answer = named.get("/cds-services", headers={"origin": EHR})
    assert (answer.headers[ALLOWED], answer.headers["vary"]) == (EHR, "origin")
    refused = named.post("/cds-services/cobalens-patient-view", json={}, headers={"origin": EHR})
    assert (refused.status_code, refused.headers[ALLOWED]) == (400, EHR)


@pytest.mark.parametrize("path", ["/cds-services", "/api/v1/interpret", "/fhir/metadata", "/", "/metrics"])
def test_another_site_may_not_and_neither_is_anything_else_opened(named: TestClient[Any], path: str) -> None:
    assert ALLOWED not in named.get(path, headers={"origin": ELSEWHERE}).headers
    if path != "/cds-services":
        assert ALLOWED not in named.get(path, headers={"origin": EHR}).headers
