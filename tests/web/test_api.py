from __future__ import annotations

import asyncio
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import TestClient

from cobalens import interpret
from cobalens.serve.cli import main
from cobalens.serve.web.connections import AtOnce, options

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "src" / "cobalens" / "examples" / "published-case.json"
CASE: dict[str, Any] = {
    "patient": {"age": 67, "sex": "female"},
    "facts": {"labs": [{"analyte": "vitamin_b12", "value": 195, "unit": "pg/mL", "day": 0}]},
}


class Line(asyncio.Transport):
    """What the event loop hands over when somebody connects."""

    def __init__(self, held: socket) -> None:
        super().__init__({"socket": held, "peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})


def test_the_interface_says_the_same_as_the_library(client: TestClient[Any]) -> None:
    answer = client.post("/api/v1/interpret", json={"case": CASE})
    assert answer.status_code == 200
    assert answer.content == msgspec.json.encode(interpret(CASE))


def test_a_bare_case_is_read_as_the_contract_says(client: TestClient[Any]) -> None:
    answer = client.post("/api/v1/interpret", json=CASE)
    assert answer.status_code == 200
    assert answer.content == msgspec.json.encode(interpret(CASE))


def test_dated_input_needs_the_day_on_which_the_question_is_asked(client: TestClient[Any]) -> None:
    dated = {
        "facts": {"labs": [{"analyte": "vitamin_b12", "value": 195, "unit": "pg/mL", "date": "2026-02-01"}]}
    }
    refused = client.post("/api/v1/interpret", json={"case": dated})
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "as_of_needed"
    assert {"code", "where", "problem", "likely", "next", "status", "title"} <= set(refused.json())
    accepted = client.post("/api/v1/interpret", json={"case": dated, "as_of": "2026-03-05"})
    assert accepted.json()["as_of"] == "2026-03-05"


def test_a_bundle_is_read(client: TestClient[Any]) -> None:
    quantity = {"value": 130, "unit": "pmol/L", "system": "http://unitsofmeasure.org", "code": "pmol/L"}
    observation = {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-02-01", "valueQuantity": quantity,
        "code": {"coding": [{"system": "http://loinc.org", "code": "14685-2"}]},
    }  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": observation}]}
    answer = client.post("/api/v1/interpret", json={"case": bundle, "as_of": "2026-03-05"})
    assert answer.status_code == 200
    assert answer.json()["answer"] in ("deficiency", "undetermined")


def test_what_if_tells_before_and_after(client: TestClient[Any]) -> None:
    answer = client.post("/api/v1/what-if", json={"case": CASE, "set": ["mma=0.9umol/L"]})
    assert answer.status_code == 200
    assert answer.json()["after"]["deficiency"] != answer.json()["before"]["deficiency"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"case": {"facts": {}}, "pakc": "x"}', "application/json", 400),
        (b'{"case": {"facts": {}}, "pack": "none"}', "application/json", 400),
        (b'{"case": {"facts": {}}, "language": "xx"}', "application/json", 400),
        (b'{"case": {"facts": {}}}', "text/plain", 415),
        (b'{"case": {"facts": {}}}', "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_problem(
    client: TestClient[Any], body: bytes, kind: str, status: int
) -> None:
    answer = client.post("/api/v1/interpret", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problem"]


def test_the_interface_describes_itself(client: TestClient[Any]) -> None:
    told = client.get("/openapi.json").json()
    assert {
        "/api/v1/interpret", "/api/v1/what-if", "/healthz", "/readyz", "/metrics",
        "/cds-services", "/cds-services/{service}", "/cds-services/{service}/feedback",
        "/fhir/$interpret-b12", "/fhir/metadata", "/fhir/OperationDefinition/interpret-b12",
    } == set(told["paths"])  # fmt: skip
    assert told["info"]["title"] == "Cobalens"


def test_health_readiness_and_counters_are_told(client: TestClient[Any]) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json()["ruleset"].startswith("sha256:")
    client.get("/about")
    assert 'cobalens_requests_total{route="/about",status="200"}' in client.get("/metrics").text


def test_the_command_says_how_it_serves() -> None:
    told = CliRunner().invoke(main, ["serve", "--help"])
    assert told.exit_code == 0
    assert "127.0.0.1" in told.output
    assert "8612" in told.output


def test_a_connection_of_a_shared_socket_sends_each_piece_at_once(application: Litestar) -> None:
    """Or every answer of several workers would wait some 40 ms for an acknowledgement."""
    import uvicorn
    from uvicorn.server import ServerState

    config = uvicorn.Config(application, **options())
    config.load()
    assert config.http_protocol_class is AtOnce
    loop = asyncio.new_event_loop()
    with socket() as plain:
        assert plain.proto == 0
        assert not plain.getsockopt(IPPROTO_TCP, TCP_NODELAY)
        spoken = AtOnce(config, ServerState(), {}, loop)
        spoken.connection_made(Line(plain))
        assert plain.getsockopt(IPPROTO_TCP, TCP_NODELAY)
    loop.close()


def test_a_pack_that_does_not_exist_is_refused_before_anything_is_served() -> None:
    told = CliRunner().invoke(main, ["serve", "--pack", "nowhere"])
    assert told.exit_code == 2
    assert "There is no pack called" in told.output


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)])
def test_whoever_serves_others_is_warned(monkeypatch: pytest.MonkeyPatch, host: str, warned: bool) -> None:
    served: list[str] = []
    monkeypatch.setattr("uvicorn.run", lambda *_, **options: served.append(options["host"]))
    monkeypatch.delenv("COBALENS_SERVE", raising=False)
    told = CliRunner().invoke(main, ["serve", "--host", host])
    assert told.exit_code == 0, told.output
    assert served == [host]
    assert ("others on the network can reach" in told.stderr) == warned
