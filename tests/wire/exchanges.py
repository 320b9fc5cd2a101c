"""Makes the golden exchanges anew: `python -m tests.wire.exchanges`.

Of an answer everything is kept but what differs with each release: words longer than a line (of a card's detail, its headings
stay), ids, the ruleset and the version.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

from tests.wire.calls import (
    AS_OF,
    PATIENT,
    SELECT,
    SIGN,
    Json,
    body,
    bundle,
    condition,
    everything,
    found,
    order,
    parameters,
    result,
)

GOLDEN = Path(__file__).parent / "golden"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEADING = re.compile(r"^\*\*(.+)\*\*$", re.MULTILINE)
WORDS = ("div", "conclusion", "data", "documentation", "description", "why")
RED_FLAG = condition("unsteady gait, numb legs")
ORDERS: Json = {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order("pemetrexed")}]}}
OPERATION: Json = {
    "resourceType": "ServiceRequest", "id": "s1", "status": "draft", "intent": "order", "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "26452005"}]},
}  # fmt: skip
HOOK, FHIR = "/cds-services/cobalens-", "/fhir/$interpret-b12"


def recorded(*resources: Json) -> Json:
    return {"patient": PATIENT, **everything(*resources)}


SENT: dict[str, tuple[str, str, Json | None]] = {
    "hooks-discovery": ("GET", "/cds-services", None),
    "hooks-nothing-to-say": ("POST", f"{HOOK}patient-view", body(prefetch=recorded(condition("asthma")))),
    "hooks-deficiency": ("POST", f"{HOOK}patient-view", body(prefetch=recorded(result(98)))),
    "hooks-ample": ("POST", f"{HOOK}patient-view", body(prefetch=recorded(result(400)))),
    "hooks-red-flag": ("POST", f"{HOOK}patient-view", body(prefetch=recorded(result(98), RED_FLAG))),
    "hooks-part-of-a-record": (
        "POST", f"{HOOK}patient-view", body(prefetch={"patient": PATIENT, "results_sample": found(result(98), total=512)})),
    "hooks-nothing-prefetched": ("POST", f"{HOOK}patient-view", body(prefetch={"patient": PATIENT})),
    "hooks-order-select": (
        "POST", f"{HOOK}order-select", body(SELECT, recorded(result(400)), {**ORDERS, "selections": ["MedicationRequest/m1"]})),
    "hooks-order-sign": ("POST", f"{HOOK}order-sign", body(SIGN, recorded(result(98)), ORDERS)),
    "hooks-order-operation": (
        "POST", f"{HOOK}order-sign", body(SIGN, recorded(result(98)), {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": OPERATION}]}})),
    "hooks-feedback": (
        "POST", f"{HOOK}patient-view/feedback",
        {"feedback": [{"card": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "outcome": "overridden", "outcomeTimestamp": "2026-03-02T10:00:00Z"}]}),
    "fhir-metadata": ("GET", "/fhir/metadata", None),
    "fhir-definition": ("GET", "/fhir/OperationDefinition/interpret-b12", None),
    "fhir-deficiency": ("POST", FHIR, parameters(bundle(result(98)), asOf=AS_OF)),
    "fhir-ample": ("POST", FHIR, parameters(bundle(result(400)), asOf=AS_OF)),
    "fhir-red-flag": ("POST", FHIR, parameters(bundle(result(98), RED_FLAG), asOf=AS_OF)),
    "fhir-for-a-patient": ("POST", FHIR, parameters(bundle(result(98)), asOf=AS_OF, audience="patient", language="es")),
    "fhir-no-day": ("POST", FHIR, bundle(result(98))),
}  # fmt: skip


def exchanged(client: TestClient[Any], name: str) -> Json:
    method, path, sent = SENT[name]
    kind = "application/fhir+json" if path.startswith("/fhir") else "application/json"
    answer = client.request(method, path, json=sent, headers={"content-type": kind})
    request: Json = {"method": method, "path": path} | (
        {"content-type": kind, "body": sent} if sent is not None else {}
    )
    return {
        "request": request,
        "response": {
            "status": answer.status_code,
            "content-type": answer.headers["content-type"],
            "body": steady(answer.json()),
        },
    }


def steady(part: Any, key: str = "") -> Any:
    if isinstance(part, dict):
        return {UUID.sub("…", name): steady(one, name) for name, one in part.items()}
    if isinstance(part, list):
        return [steady(one, key) for one in part]
    if key == "detail" and "**" in str(part):
        return HEADING.findall(part)
    if not isinstance(part, str):
        return part
    if key in WORDS:
        return "…"
    return re.sub(r"sha256:[0-9a-f]+|\b0\.\d+\.\d+\b", "…", UUID.sub("…", part))


def written(exchange: Json) -> str:
    return json.dumps(exchange, indent=1, ensure_ascii=False) + "\n"


def renew() -> None:
    from cobalens.serve.web.app import create_app
    from cobalens.serve.web.settings import Settings
    from tests.web.conftest import HERE, KEY

    with TestClient(create_app(Settings(key=KEY, per_minute=None)), base_url=HERE) as client:
        for name in SENT:
            (GOLDEN / f"{name}.json").write_text(written(exchanged(client, name)), encoding="utf-8")


if __name__ == "__main__":
    renew()
