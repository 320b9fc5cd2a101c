"""`$interpret-b12`: a Bundle or Parameters in, the Bundle of the command line out, in the types of FHIR's JSON."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import fhirkit
import pytest
from click.testing import CliRunner
from fhir.resources.R4B.bundle import Bundle
from litestar.testing import TestClient

from cobalens.serve.cli import main
from tests.wire.calls import AS_OF, PATIENT, Json, asked, bundle, condition, found, order, parameters, result
from tests.wire.fhir.test_out import judged_by_the_schema

RED_FLAG = condition("unsteady gait, numb legs")
RECORDS: dict[str, tuple[tuple[Json, ...], str, str]] = {
    "a low level": ((result(98),), "deficiency", "probable"),
    "just below the limit": ((result(132),), "deficiency", "probable"),
    "at the limit": ((result(133),), "undetermined", "possible"),
    "an ample level": ((result(400),), "neither", "unlikely"),
    "a high level": ((result(1800),), "biomarker", "unlikely"),
    "a warning sign": ((result(98), RED_FLAG), "deficiency", "confirmed"),
    "no level": ((condition("asthma"),), "undetermined", "not_assessable"),
    "a draft order": ((result(400), order("metformin 500 mg tablet")), "neither", "unlikely"),
}


def interpreted(client: TestClient[Any], sent: Json, **headers: str) -> Json:
    answer = asked(client, sent, **headers)
    assert answer.status_code == 200, answer.text
    made: Json = answer.json()
    return made


def report(made: Json) -> Json:
    (one,) = [
        entry["resource"]
        for entry in made["entry"]
        if entry["resource"]["resourceType"] == "DiagnosticReport"
    ]
    return one


def codes(made: Json) -> list[str]:
    return [one["coding"][0]["code"] for one in report(made)["conclusionCode"]]


@pytest.mark.parametrize("name", RECORDS)
def test_the_answer_is_a_valid_bundle_that_says_it(client: TestClient[Any], name: str) -> None:
    resources, answer, deficiency = RECORDS[name]
    made = interpreted(client, parameters(bundle(*resources), asOf=AS_OF))
    assert codes(made)[:2] == [answer, deficiency]
    Bundle.model_validate_json(json.dumps(made))
    assert [str(one) for one in fhirkit.validate(made)] == []
    assert [wrong for one in made["entry"] for wrong in judged_by_the_schema(one["resource"])] == []


def test_a_red_flag_is_an_issue_of_high_severity(client: TestClient[Any]) -> None:
    for resources, severe in (
        ((result(98), RED_FLAG), ["red_flag:same_day_assessment"]),
        ((result(98),), []),
    ):
        made = interpreted(client, parameters(bundle(*resources), asOf=AS_OF))
        issues = [
            one["resource"] for one in made["entry"] if one["resource"]["resourceType"] == "DetectedIssue"
        ]
        high = [one["code"]["coding"][0]["code"] for one in issues if one.get("severity") == "high"]
        assert high == severe


@pytest.mark.parametrize("audience", ["clinician", "patient"])
@pytest.mark.parametrize("name", RECORDS)
def test_it_is_the_bundle_that_the_command_writes(
    client: TestClient[Any], tmp_path: Path, name: str, audience: str
) -> None:
    record = bundle(*RECORDS[name][0])
    source = tmp_path / "record.json"
    source.write_text(json.dumps(record), encoding="utf-8")
    asked = ["interpret", str(source), "--as-of", AS_OF, "--format", "fhir", "--audience", audience]
    told = CliRunner().invoke(main, asked)
    assert interpreted(client, parameters(record, asOf=AS_OF, audience=audience)) == json.loads(told.stdout)


@pytest.mark.parametrize(
    "kind", ["collection", "searchset", "transaction", "document", "batch", "history", "message"]
)
def test_a_bundle_of_any_type_is_read(client: TestClient[Any], kind: str) -> None:
    assert (
        codes(interpreted(client, parameters(bundle(result(98)) | {"type": kind}, asOf=AS_OF)))[0]
        == "deficiency"
    )


def test_a_bundle_by_itself_is_read_where_nothing_in_it_is_dated(client: TestClient[Any]) -> None:
    undated: Json = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": condition("numb feet")}],
    }
    made = interpreted(client, undated)
    assert codes(made)[0] == "undetermined"
    assert "timestamp" not in made


def test_resources_may_stand_one_by_one_or_beside_a_bundle(client: TestClient[Any]) -> None:
    alone = interpreted(client, parameters(bundle(result(98), RED_FLAG), asOf=AS_OF))
    singly = {
        "resourceType": "Parameters",
        "parameter": [
            *({"name": "resource", "resource": one} for one in (PATIENT, result(98), RED_FLAG)),
            {"name": "asOf", "valueDate": AS_OF},
        ],
    }
    beside = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "bundle", "resource": bundle(result(98))},
            {"name": "resource", "resource": found(RED_FLAG)},
            {"name": "asOf", "valueString": AS_OF},
        ],
    }
    for sent in (singly, beside):
        assert codes(interpreted(client, sent)) == codes(alone)


def test_the_pack_is_the_one_that_is_asked_for(client: TestClient[Any]) -> None:
    made = interpreted(client, parameters(bundle(result(98)), asOf=AS_OF, pack="afp-2025"))
    (device,) = [one["resource"] for one in made["entry"] if one["resource"]["resourceType"] == "Device"]
    assert "afp-2025" in {one["value"] for one in device["version"]}


def test_the_full_text_is_for_the_reader_who_is_named(client: TestClient[Any]) -> None:
    def text(**more: str) -> tuple[str, str, str]:
        made = interpreted(client, parameters(bundle(result(98)), asOf=AS_OF, **more))
        (form,) = report(made)["presentedForm"]
        return form["language"], form["title"], base64.b64decode(form["data"]).decode()

    assert text() == text(audience="clinician")
    assert text()[0] == "en"
    assert text(language="es")[2].endswith(text()[2]), "in English, after a line that says why"
    english, spanish = text(audience="patient"), text(audience="patient", language="es")
    assert (english[0], spanish[0]) == ("en", "es")
    assert english[1] == "What your results suggest"
    assert english[1] in english[2]
    assert spanish[1] in spanish[2]
    assert english[1] not in spanish[2]


def test_a_patients_bundle_is_valid_too(client: TestClient[Any]) -> None:
    made = interpreted(client, parameters(bundle(result(98)), asOf=AS_OF, audience="patient", language="es"))
    Bundle.model_validate_json(json.dumps(made))
    assert judged_by_the_schema(report(made)) == []


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("", "application/fhir+json"),
        ("*/*", "application/fhir+json"),
        ("application/*", "application/fhir+json"),
        ("application/fhir+json", "application/fhir+json"),
        ("application/fhir+json; fhirVersion=4.0", "application/fhir+json"),
        ("application/json", "application/json"),
        ("application/fhir+xml, application/json;q=0.5", "application/json"),
        ("text/html, */*;q=0.1", "application/fhir+json"),
    ],
)
def test_the_answer_is_of_the_type_that_is_asked_for(client: TestClient[Any], accept: str, type: str) -> None:
    answer = asked(client, parameters(bundle(result(98)), asOf=AS_OF), accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == type


@pytest.mark.parametrize(
    "kind",
    ["application/fhir+json", "application/json", "application/fhir+json; charset=utf-8", "application/fhir+json;fhirVersion=4.0",
     "application/fhir+json; fhirVersion=4.3"],
)  # fmt: skip
def test_fhir_in_json_is_read_under_each_of_its_names(client: TestClient[Any], kind: str) -> None:
    assert asked(client, parameters(bundle(result(98)), asOf=AS_OF), content_type=kind).status_code == 200


def test_a_number_is_read_as_it_was_written(client: TestClient[Any]) -> None:
    made = json.dumps(parameters(bundle(result(98)), asOf=AS_OF)).replace("98", "98.10")
    answer = asked(client, made.encode())
    assert "98.10 pmol/L" in report(answer.json())["conclusion"]
