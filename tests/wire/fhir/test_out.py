"""What is handed out in FHIR: valid by three judges, and never to be taken for a result, a diagnosis or an order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import fhirkit
import jsonschema
import pytest
from click.testing import CliRunner
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaire import Questionnaire

from cobalens import __version__
from cobalens.api import load
from cobalens.intake import fhir as intake
from cobalens.report.fhir import bundle
from cobalens.report.questionnaire import questionnaire
from cobalens.serve.cli import main
from tests.records.fhir import writer
from tests.wire.fhir.excerpt import schema

Json = dict[str, Any]

CASES = Path(__file__).parents[2] / "cases"
SHOWN = sorted(path.stem for path in CASES.glob("*.json"))[::6]
DIAGNOSES = ("icd", "snomed", "loinc", "rxnorm")


@lru_cache(maxsize=128)
def handed_out(name: str, dated: bool = True) -> Json:
    case = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    given = {"patient": case["patient"], "facts": case["facts"]}
    door = load()
    (record,) = (
        intake.read(json.dumps(writer.bundle(given)).encode(), door.ruleset, "2026-03-02")
        if dated
        else (door.read(given),)
    )
    made: Json = bundle(*door.judged(record))
    return made


def judged_by_the_schema(one: Json) -> list[str]:
    whole = schema()
    kind = one["resourceType"]
    resolver = {
        "$schema": whole["$schema"],
        "definitions": whole["definitions"],
        "$ref": f"#/definitions/{kind}",
    }
    return [error.message for error in jsonschema.Draft6Validator(resolver).iter_errors(one)]


def resources(name: str, kind: str = "") -> Iterator[Json]:
    for entry in handed_out(name)["entry"]:
        if not kind or entry["resource"]["resourceType"] == kind:
            yield entry["resource"]


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("name", SHOWN)
def test_the_bundle_is_valid(name: str, dated: bool) -> None:
    made = handed_out(name, dated)
    Bundle.model_validate_json(json.dumps(made))
    assert [str(one) for one in fhirkit.validate(made)] == []
    assert [wrong for entry in made["entry"] for wrong in judged_by_the_schema(entry["resource"])] == []


def test_the_whole_bundle_holds_against_the_official_schema() -> None:
    assert judged_by_the_schema(handed_out(SHOWN[0])) == []
    assert (
        judged_by_the_schema({"resourceType": "DiagnosticReport", "status": "invented", "unknown": 1}) != []
    )


def test_the_questionnaire_is_valid_and_asks_for_what_rules_read() -> None:
    ruleset = load().ruleset
    form = questionnaire(ruleset, "en", __version__)
    Questionnaire.model_validate_json(json.dumps(form))
    assert [str(one) for one in fhirkit.validate(form)] == []
    assert judged_by_the_schema(form) == []
    links = [item["linkId"].split(".")[1] for group in form["item"] for item in group["item"]]
    assert all(link == "other" or link in ruleset.concepts for link in links)
    assert {
        "paraesthesia",
        "vegan_diet",
        "b12_injection",
        "nitrous_oxide",
        "wants_b12_against_cancer",
    } <= set(links)


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_final_nothing_is_ordered_nothing_is_diagnosed(name: str) -> None:
    kinds = {one["resourceType"] for one in resources(name)}
    assert kinds <= {"DiagnosticReport", "ServiceRequest", "DetectedIssue", "Provenance", "Device"}
    (report,) = resources(name, "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert "performer" not in report
    assert report["conclusion"].startswith("Not verified by a professional.")
    for request in resources(name, "ServiceRequest"):
        assert (request["status"], request["intent"]) == ("draft", "proposal")
        assert "requester" not in request
    for issue in resources(name, "DetectedIssue"):
        assert issue["status"] == "preliminary"
    systems = [system.lower() for system in found(handed_out(name), "system")]
    assert systems
    assert not [system for system in systems if any(word in system for word in DIAGNOSES)]


def test_no_cause_and_no_explanation_is_coded() -> None:
    codes = [
        code
        for name in SHOWN
        for one in resources(name, "DiagnosticReport")
        for code in found(one["conclusionCode"], "code")
    ]
    assert codes
    assert not [
        code for code in codes if code.startswith(("cause:", "high_b12_explanation:", "anaemia_type:"))
    ]


@pytest.mark.parametrize("name", SHOWN[:4])
def test_every_statement_says_where_it_comes_from(name: str) -> None:
    (provenance,) = resources(name, "Provenance")
    ruleset, *sources = provenance["entity"]
    assert ruleset["what"]["identifier"]["value"] == load().ruleset.hash
    assert sources
    targets = {one["reference"] for one in provenance["target"]}
    others = {
        entry["fullUrl"]
        for entry in handed_out(name)["entry"]
        if entry["resource"]["resourceType"] not in ("Provenance", "Device")
    }
    assert targets == others
    (device,) = resources(name, "Device")
    assert {"value": __version__, "type": {"text": "software"}} in device["version"]


def test_the_patient_and_the_results_of_the_input_are_referred_to() -> None:
    (report,) = resources(SHOWN[0], "DiagnosticReport")
    assert report["subject"] == {"reference": "Patient/one"}
    assert all(one["reference"].startswith("Observation/") for one in report["result"])


def test_the_output_is_the_same_every_time() -> None:
    first = handed_out(SHOWN[0])
    handed_out.cache_clear()
    assert handed_out(SHOWN[0]) == first


def test_what_was_handed_out_is_no_fact_when_it_comes_back() -> None:
    case = json.loads((CASES / f"{SHOWN[0]}.json").read_text(encoding="utf-8"))
    given = writer.bundle({"patient": case["patient"], "facts": case["facts"]})
    back = handed_out(SHOWN[0])["entry"]
    (alone,) = intake.read(json.dumps(given).encode(), load().ruleset, "2026-03-02")
    (again,) = intake.read(
        json.dumps(given | {"entry": [*given["entry"], *back]}).encode(), load().ruleset, "2026-03-02"
    )
    assert (again.events, again.labs, again.complete) == (alone.events, alone.labs, alone.complete)


def test_the_command_writes_it(tmp_path: Path) -> None:
    case = json.loads((CASES / f"{SHOWN[0]}.json").read_text(encoding="utf-8"))
    source = tmp_path / "export.json"
    source.write_text(
        json.dumps(writer.bundle({"patient": case["patient"], "facts": case["facts"]})), encoding="utf-8"
    )
    result = CliRunner().invoke(main, ["interpret", str(source), "--as-of", "2026-03-02", "--format", "fhir"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["resourceType"] == "Bundle"
    form = CliRunner().invoke(main, ["questionnaire"])
    assert json.loads(form.stdout)["resourceType"] == "Questionnaire"


def found(part: Any, key: str) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == key and isinstance(value, str):
                yield value
            else:
                yield from found(value, key)
    elif isinstance(part, list):
        for one in part:
            yield from found(one, key)
