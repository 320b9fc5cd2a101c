from __future__ import annotations

import asyncio
import json
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
from cobalens.serve.web.connections import HEARD_OUT, AtOnce, hearing_out, options
from tests.web.visitor import Visitor

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


def test_an_answer_of_this_program_is_no_record(client: TestClient[Any]) -> None:
    answer = client.post("/api/v1/interpret", json=CASE)
    refused = client.post(
        "/api/v1/interpret", content=answer.content, headers={"Content-Type": "application/json"}
    )
    assert refused.status_code == 400
    assert refused.json()["code"] == "own_answer"


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


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/fhir/metadata"])
def test_who_asks_for_the_head_alone_gets_what_the_whole_would_have(
    client: TestClient[Any], path: str
) -> None:
    whole, head = client.get(path), client.head(path)
    assert head.status_code == whole.status_code == 200
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize("path", ["/api/v1/interpret", "/nowhere"])
def test_the_head_of_what_cannot_be_got_is_refused_as_the_whole_is(
    client: TestClient[Any], path: str
) -> None:
    assert client.head(path).status_code == client.get(path).status_code != 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/fhir/metadata"])
def test_programs_are_given_no_cookie(application: Litestar, path: str) -> None:
    with TestClient(application, base_url="http://127.0.0.1:8612") as fresh:
        assert "set-cookie" not in fresh.get(path).headers


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/fhir+json; fhirVersion=4.0"]
)
def test_a_body_may_call_itself_json_or_fhir_in_json(client: TestClient[Any], kind: str) -> None:
    answer = client.post("/api/v1/interpret", content=json.dumps(CASE), headers={"content-type": kind})
    assert answer.content == msgspec.json.encode(interpret(CASE))


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/xml", "application/fhir+xml", "multipart/form-data"]
)
def test_a_body_of_any_other_kind_is_refused(client: TestClient[Any], kind: str) -> None:
    answer = client.post("/api/v1/interpret", content=json.dumps(CASE), headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")


def test_a_text_that_was_cut_in_the_middle_of_a_letter_is_read_at_every_door(visitor: Visitor) -> None:
    case = json.dumps({**CASE, "facts": {**CASE["facts"], "symptoms": ["zorb HALF"]}}).replace(
        "HALF", "\\ud83d"
    )
    headers = {"content-type": "application/json"}
    answer = visitor.client.post("/api/v1/interpret", content=case, headers=headers)
    assert answer.status_code == 200
    assert [one["text"] for one in answer.json()["not_understood"]] == ["zorb"]
    supposed = f'{{"case": {case}, "set": ["mma=0.55umol/L"]}}'
    assert visitor.client.post("/api/v1/what-if", content=supposed, headers=headers).status_code == 200
    visitor.open("/results")
    assert visitor.upload("case.json", case.encode()).status_code == 200


# --- A request that is too large ------------------------------------------------------------------------------------


class Sender:
    """A program that sends a body in parts, and reads no answer before it has sent them all."""

    def __init__(self, *parts: bytes) -> None:
        self.left = [
            {"type": "http.request", "body": part, "more_body": at < len(parts)}
            for at, part in enumerate(parts, 1)
        ]
        self.left_when_answered: int | None = None

    async def receive(self) -> Any:
        assert self.left, "nothing more comes: who waits here waits for ever"
        return self.left.pop(0)

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.left_when_answered = len(self.left)

    def answered(self, status: int, read: int = 0, **headers: str) -> int | None:
        scope: Any = {"headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
        receive, send = hearing_out(scope, self.receive, self.send)

        async def answer() -> None:
            for _ in range(read):
                await receive()
            await send({"type": "http.response.start", "status": status, "headers": []})

        asyncio.run(answer())
        return self.left_when_answered


def test_who_sends_too_much_is_heard_out_and_then_told() -> None:
    assert Sender(b"x", b"x", b"x").answered(413) == 0
    assert Sender(b"x", b"x", b"x").answered(413, read=1) == 0
    assert Sender(b"x", b"x", b"x").answered(413, read=3) == 0


def test_who_is_refused_for_another_reason_is_told_at_once() -> None:
    assert Sender(b"x", b"x").answered(400) == 2


def test_who_asks_before_sending_is_told_at_once() -> None:
    assert Sender(b"x", b"x").answered(413, expect="100-continue") == 2


def test_nobody_is_listened_to_without_end() -> None:
    part = b"x" * (HEARD_OUT // 2)
    assert Sender(*[part] * 9).answered(413) == 6


def test_a_part_that_says_neither_what_it_holds_nor_that_more_comes_is_the_last() -> None:
    sender = Sender(b"x", b"x")
    sender.left[1] = {"type": "http.request"}
    assert sender.answered(413) == 0


def test_who_goes_away_while_sending_is_not_waited_for() -> None:
    sender = Sender(b"x", b"x")
    sender.left[1] = {"type": "http.disconnect"}
    assert sender.answered(413) == 0


# --- The command that serves ----------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_told_before_anything_is_promised() -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = CliRunner().invoke(main, ["serve", "--port", str(port)])
    assert (said.exit_code, said.stdout) == (2, "")
    assert f"127.0.0.1:{port}: It is not possible to listen there." in said.stderr
    assert "--port" in said.stderr


def test_an_address_that_this_computer_has_not_is_told() -> None:
    said = CliRunner().invoke(main, ["serve", "--host", "203.0.113.5"])
    assert (said.exit_code, said.stdout) == (2, "")
    assert "203.0.113.5:8612" in said.stderr


def test_a_folder_without_a_rulebook_is_told(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["serve", "--rulebook", str(tmp_path)])
    assert (said.exit_code, said.stdout) == (2, "")
    assert "The folder holds no rulebook." in said.stderr


def test_a_free_port_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: dict[str, Any] = {}
    monkeypatch.setenv("COBALENS_SERVE", "")
    monkeypatch.setattr("uvicorn.run", lambda *_, **more: begun.update(more))
    said = CliRunner().invoke(main, ["serve", "--port", "0"])
    assert said.exit_code == 0
    assert begun["port"] > 0
    assert f":{begun['port']}/ " in said.stdout


@pytest.mark.parametrize("path", ["/api/v1/interpret", "/api/v1/what-if"])
def test_a_list_that_is_none_is_refused_and_not_left_open_in_silence(
    client: TestClient[Any], path: str
) -> None:
    more = {"set": ["mma=0.55umol/L"]} if "what-if" in path else {}
    refused = client.post(path, json={"case": CASE, "complete": ["conditions", "medikations"], **more})
    assert (refused.status_code, refused.json()["code"]) == (400, "no_such_list")
    assert refused.json()["likely"] == 'Did you mean "medications"?'
    assert client.post(path, json={"case": CASE, "complete": ["medications"], **more}).status_code == 200


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


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "a" * 80, "a..b"])
def test_an_address_that_cannot_be_had_is_refused_in_words(host: str) -> None:
    told = CliRunner().invoke(main, ["serve", "--host", host])
    assert told.exit_code == 2
    assert "It is not possible to listen there." in told.output
    assert "Give another --port or --host." in told.output


def test_a_pack_that_does_not_exist_is_refused_before_anything_is_served() -> None:
    told = CliRunner().invoke(main, ["serve", "--pack", "nowhere"])
    assert told.exit_code == 2
    assert "There is no pack called" in told.output


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)])
def test_whoever_serves_others_is_warned(monkeypatch: pytest.MonkeyPatch, host: str, warned: bool) -> None:
    served: list[str] = []
    monkeypatch.setenv("COBALENS_SERVE", "")
    monkeypatch.setattr("uvicorn.run", lambda *_, **options: served.append(options["host"]))
    monkeypatch.delenv("COBALENS_SERVE", raising=False)
    told = CliRunner().invoke(main, ["serve", "--host", host])
    assert told.exit_code == 0, told.output
    assert served == [host]
    assert ("others on the network can reach" in told.stderr) == warned
