"""The command itself, with a name and a value sent through every door: neither stands in what it writes anywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple

import httpx
import pytest

from tests.browser.files import files
from tests.orphans import none_left
from tests.web.visitor import Visitor
from tests.wire import calls

NAME, VALUE = "Quetzalcoatl-Okonkwo", "73519"
CASE: dict[str, Any] = {
    "patient": {"age": 67, "name": NAME},
    "facts": {
        "labs": [{"analyte": "vitamin_b12", "value": int(VALUE), "unit": "pg/mL", "day": 0}],
        "note": NAME,
    },
}
PATIENCE = 90


class Running(NamedTuple):
    """The server, with a folder of its own for temporary files."""

    address: str
    process: subprocess.Popen[bytes]
    folder: Path
    output: Path


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    begun = started(tmp_path)
    yield begun
    begun.process.terminate()
    begun.process.wait(timeout=PATIENCE)


def started(place: Path, *options: str) -> Running:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder, output = place / "temporary", place / "output"
    folder.mkdir()
    command = [sys.executable, "-m", "cobalens", "serve", "--port", str(port), "--per-minute", "0"]
    with output.open("wb") as told:
        process = subprocess.Popen(
            [*command, *options], stdout=told, stderr=subprocess.STDOUT, cwd=folder,
            env={**os.environ, "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}, preexec_fn=none_left,  # noqa: PLW1509 - it makes one call of the system
        )  # fmt: skip
    until = time.monotonic() + PATIENCE
    address = f"http://127.0.0.1:{port}"
    while True:
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
            break
        except httpx.HTTPError:
            assert time.monotonic() < until
            time.sleep(0.1)
    return Running(address, process, folder, output)


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGTERM, 2)]
)
def test_whatever_ends_it_in_order_leaves_no_folder_behind(tmp_path: Path, number: int, workers: int) -> None:
    running = started(tmp_path, "--workers", str(workers))
    assert len(list(running.folder.glob("cobalens-rulebook-*"))) == 1
    running.process.send_signal(number)
    assert running.process.wait(timeout=PATIENCE) == 0
    assert list(running.folder.iterdir()) == []
    assert running.output.read_text(encoding="utf-8") == f"Cobalens is at {running.address}/ (stop: Ctrl+C)\n"


def through_every_door(client: httpx.Client) -> list[str]:
    """Sends them, and tells the addresses that were asked for and pointed to."""
    visitor = Visitor(client)  # type: ignore[arg-type]
    places: list[str] = []
    client.event_hooks["request"] = [lambda one: places.append(str(one.url))]
    client.event_hooks["response"] = [lambda one: places.append(str(one.headers))]
    visitor.paste(f"{NAME}\nB12 {VALUE} pg/mL (200-900)\nTakes metformin. Seen by {NAME}.")
    visitor.press("/reading", corrected="1", more=NAME, age=VALUE)
    for audience in ("patient", "clinician"):
        visitor.press("/answer", audience=audience)
        visitor.press("/answer/ahead", part=True)
        visitor.press("/answer/charts", part=True)
        visitor.press(f"/answer/sheet/{audience}/pdf", part=True)
        visitor.press(f"/answer/sheet/{audience}/html", part=True)
    visitor.press("/answer/trace", part=True, finding=NAME)
    visitor.press("/answer/trace", part=True, finding="answer")
    visitor.press(
        "/answer/what-if",
        part=True,
        value__vitamin_b12=VALUE,
        unit__vitamin_b12="pg/mL",
        was__vitamin_b12="1",
    )
    visitor.press("/answer/what-if", part=True, fact__metformin=NAME, was__metformin="no")
    for name, content in files().items():
        visitor.upload(
            f"{NAME}-{name}",
            content.replace(b"195", VALUE.encode()) + (NAME.encode() if name.endswith("txt") else b""),
        )
    visitor.upload(f"{NAME}.json", b'{"patient": {"name": "' + NAME.encode())
    visitor.open("/form")
    visitor.press(
        "/check",
        part=True,
        check="lab.vitamin_b12",
        **{"lab.vitamin_b12.value": VALUE, "lab.vitamin_b12.unit": NAME},
    )
    visitor.press("/form", symptoms=NAME, age=VALUE)
    visitor.open("/form")
    visitor.press("/form", symptoms=NAME, **{"lab.vitamin_b12.value": VALUE, "lab.vitamin_b12.unit": "pg/mL"})
    visitor.press("/form/next", asked="mma", **{"lab.mma.value": VALUE})
    for body in (
        {"case": CASE},
        CASE,
        {"case": CASE, "pack": NAME},
        {"case": CASE, NAME: VALUE},
        {"case": NAME},
    ):
        client.post("/api/v1/interpret", json=body)
        client.post("/api/v1/what-if", json={"set": [f"mma={VALUE}umol/L", NAME], **body})
    client.post(
        "/api/v1/interpret", content=json.dumps(CASE)[:-9], headers={"content-type": "application/json"}
    )
    through_doors_of_record_systems(client)
    visitor.open("/results")
    visitor.press("/forget")
    return places


def through_doors_of_record_systems(client: httpx.Client) -> None:
    person = {"resourceType": "Patient", "id": NAME, "birthDate": "1959-01-01", "name": [{"family": NAME}]}
    level = calls.result(int(VALUE)) | {"subject": {"reference": f"Patient/{NAME}"}}
    context = {
        "patientId": NAME,
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": calls.order(NAME)}]},
    }
    for hook in (calls.VIEW, calls.SIGN):
        for brought in ({"patient": person, **calls.everything(level)}, {"patient": person}, {NAME: NAME}):
            sent = calls.body(hook, brought, context, fhirServer=f"https://{NAME}.example")
            client.post(f"/cds-services/cobalens-{hook}", json=sent)
    client.post("/cds-services/cobalens-patient-view/feedback", json={"feedback": [{"card": NAME}]})
    record = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": person}, {"resource": level}],
    }
    kind = {"content-type": "application/fhir+json"}
    for made in (calls.parameters(record, asOf=calls.AS_OF), calls.parameters(record, asOf=NAME), record):
        client.post("/fhir/$interpret-b12", json=made, headers=kind)


def test_a_name_and_a_value_leave_no_trace_of_themselves(running: Running) -> None:
    with httpx.Client(
        base_url=running.address, timeout=PATIENCE, headers={"user-agent": NAME, "referer": NAME}
    ) as client:
        places = tuple(through_every_door(client))
        counters = client.get("/metrics").text
        client.get(f"/{NAME}", params={"b12": VALUE})
        client.post(f"/api/v1/{NAME}", json={"b12": VALUE})
    late = httpx.get(f"{running.address}/metrics").text
    running.process.terminate()
    running.process.wait(timeout=PATIENCE)
    told = running.output.read_text(encoding="utf-8")
    assert "Cobalens is at" in told
    assert "Traceback" not in told
    kept = [path for path in running.folder.rglob("*") if path.is_file()]
    everything = [counters, late, told, *places, *(str(one) for one in running.folder.rglob("*"))]
    everything += [path.read_bytes().decode("latin-1") for path in kept]
    assert len(places) > 60
    assert 'cobalens_requests_total{route="/answer"' in counters
    for text in everything:
        assert NAME not in text
        assert VALUE not in text
