"""One patient through every door: CDS Hooks, the FHIR operation, the JSON interface and the command say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from cobalens.report.fhir import CAUTIONS
from cobalens.serve.cli import main
from tests.records.fhir import writer
from tests.wire.calls import AS_OF, Json, asked, body, cards, found, order, parameters

ROOT = Path(__file__).parents[1]
OWN = sorted((ROOT / "cases").glob("*.json"))[::8]
SHARED = sorted((ROOT.parent.parent / "shared" / "cases").glob("*.json"))
KEYS = {
    "Patient": "patient", "Observation": "observations", "Condition": "conditions", "MedicationRequest": "medication_requests",
    "MedicationStatement": "medication_statements", "MedicationAdministration": "medication_administrations",
    "Procedure": "procedures", "AllergyIntolerance": "allergies", "QuestionnaireResponse": "questionnaires",
}  # fmt: skip


def written(path: Path) -> Json:
    case = json.loads(path.read_text(encoding="utf-8"))
    made: Json = writer.bundle({"patient": case["patient"], "facts": case["facts"]})
    return made


def prefetched(record: Json) -> Json:
    """The same resources as the searches of a record would bring them; what no search asks for under a name of the client's own."""
    lists: dict[str, list[Json]] = {}
    for entry in record["entry"]:
        one = entry["resource"]
        lists.setdefault(KEYS.get(one["resourceType"], "others"), []).append(one)
    (person,) = lists.pop("patient")
    return {"patient": person, **{key: found(*several) for key, several in lists.items()}}


def by_command(record: Json, form: str, folder: Path) -> Json:
    source = folder / "record.json"
    source.write_text(json.dumps(record), encoding="utf-8")
    told = CliRunner().invoke(main, ["interpret", str(source), "--as-of", AS_OF, "--format", form])
    assert told.exit_code == 0, told.stderr
    made: Json = json.loads(told.stdout)
    return made


def supported(said: Json) -> list[str]:
    return [one["code"] for one in said["findings"] if one["status"] == "supported"]


@pytest.mark.parametrize("path", [*OWN, *SHARED], ids=lambda one: one.stem)
def test_every_door_says_the_same(client: TestClient[Any], tmp_path: Path, path: Path) -> None:
    record = written(path)
    said = client.post("/api/v1/interpret", json={"case": record, "as_of": AS_OF}).json()
    assert by_command(record, "json", tmp_path) == said

    handed_out = asked(client, parameters(record, asOf=AS_OF)).json()
    assert handed_out == by_command(record, "fhir", tmp_path)
    told = [entry["resource"] for entry in handed_out["entry"]]
    (report,) = [one for one in told if one["resourceType"] == "DiagnosticReport"]
    concluded = [one["coding"][0]["code"] for one in report["conclusionCode"]]
    assert concluded[:2] == [said["answer"], said["deficiency"]]
    warned = [one["code"]["coding"][0]["code"] for one in told if one["resourceType"] == "DetectedIssue"]
    assert warned == [one for one in supported(said) if one.startswith(CAUTIONS)]
    proposed = [one["code"]["coding"][0]["code"] for one in told if one["resourceType"] == "ServiceRequest"]
    assert proposed == [one["code"] for one in said["next_tests"]]

    shown = cards(client, body(prefetch=prefetched(record), context={"patientId": "one"}))
    assert shown
    urgent = [one for one in supported(said) if one.startswith("red_flag:")]
    assert (shown[0]["indicator"] == "critical") is bool(urgent) or "urgency:immediate" in supported(said)
    for card in shown:
        codes = card["extension"]
        assert codes["urn:cobalens:answer"] == said["answer"]
        assert codes["urn:cobalens:deficiency"] == said["deficiency"]
        assert codes["urn:cobalens:findings"] == supported(said)
        assert (codes["urn:cobalens:ruleset"], codes["urn:cobalens:pack"]) == (said["ruleset"], said["pack"])


@pytest.mark.parametrize("path", SHARED[::4], ids=lambda one: one.stem)
def test_what_a_card_says_of_an_order_is_what_the_record_with_it_says(
    client: TestClient[Any], path: Path
) -> None:
    record = written(path)
    draft = order("pemetrexed") | {"subject": {"reference": "Patient/one"}}
    context: Json = {
        "patientId": "one",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft}]},
    }
    both = record | {"entry": [*record["entry"], {"resource": draft}]}
    before, after = (
        client.post("/api/v1/interpret", json={"case": one, "as_of": AS_OF, "look_ahead": False}).json()
        for one in (record, both)
    )
    for card in cards(client, body("order-sign", prefetched(record), context)):
        assert card["extension"]["urn:cobalens:findings"] == supported(after)
        assert set(supported(after)) - set(supported(before))
