"""What the operation refuses, as an OperationOutcome with the right status, in words that help and hold nothing of a person."""

from __future__ import annotations

import json
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from litestar.testing import TestClient

from cobalens.errors import CobalensError
from cobalens.serve.web.app import create_app
from cobalens.serve.web.outcomes import ERROR, without_ids
from cobalens.serve.web.settings import MAX_UPLOAD, Settings
from tests.web.conftest import HERE, KEY
from tests.wire.calls import AS_OF, PATIENT, Json, asked, bundle, parameters, result

RECORD = bundle(result(98))
FHIR_SHAPE = "Send a Bundle, or Parameters with `bundle` and `asOf`; GET /fhir/OperationDefinition/interpret-b12 lists the rest."
TWO = bundle(result(98), PATIENT | {"id": "p2"}, result(400, subject={"reference": "Patient/p2"}))
UNBORN = {"resourceType": "Bundle", "type": "collection",
          "entry": [{"resource": PATIENT | {"birthDate": "2190-01-01"}}, {"resource": result(98)}]}  # fmt: skip


def given(*parts: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": "bundle", "resource": RECORD}, *parts]}


WRONG: dict[str, tuple[Any, int, str, str, str]] = {
    "a dated Bundle by itself": (
        RECORD, 400, "required", "as_of_needed",
        ("The input is dated, and the day of decision was not given.|Parameters: A Bundle by itself has no place for it. "
        'Send Parameters with {"name": "asOf", "valueDate": "YYYY-MM-DD"} beside `bundle`.')),
    "no resource": (
        {"patient": {}, "facts": {}}, 400, "invalid", "not_a_resource",
        f"The body is no FHIR resource: it has no `resourceType`.|body: {FHIR_SHAPE}"),
    "Parameters with nothing in them": (
        {"resourceType": "Parameters"}, 400, "required", "no_resource_given",
        ("The Parameters hold no resource about a person.|Parameters: A resource stands under `resource` of a parameter, and not under a "
        'value. Send {"name": "bundle", "resource": {"resourceType": "Bundle", …}} among the parameters.')),
    "a parameter that is not defined": (
        given({"name": "as_of", "valueDate": AS_OF}), 400, "invalid", "unknown_key",
        'The key "as_of" is not known here.|Parameters: Known keys: asOf, audience, bundle, language, pack, resource.'),
    "a parameter without a name": (
        given({"valueDate": AS_OF}), 400, "required", "key_missing",
        'There is no `name`.|Parameters: Write, for example, {"name": "asOf", "valueDate": "2026-03-05"}.'),
    "a parameter that is no object": (given("asOf"), 400, "required", "key_missing", "There is no `name`."),  # type: ignore[arg-type]
    "parameters that are no list": (
        {"resourceType": "Parameters", "parameter": {}}, 400, "value", "wrong_kind",
        f"`parameter` must be a list; this is an object.|Parameters: {FHIR_SHAPE}"),
    "a day twice": (
        given({"name": "asOf", "valueDate": AS_OF}, {"name": "asOf", "valueDate": AS_OF}), 400, "invalid", "parameter_twice",
        "The parameter `asOf` stands there more than once.|Parameters: Give it once; several resources may stand under `resource`."),
    "two Bundles": (
        given({"name": "bundle", "resource": RECORD}), 400, "invalid", "parameter_twice",
        "The parameter `bundle` stands there more than once."),
    "a Bundle that is none": (
        {"resourceType": "Parameters", "parameter": [{"name": "bundle", "resource": PATIENT}]}, 400, "value", "wrong_kind",
        "`bundle` must be a Bundle; this is another resource."),
    "a resource as a value": (
        {"resourceType": "Parameters", "parameter": [{"name": "bundle", "valueString": "{}"}]}, 400, "value", "wrong_kind",
        "`bundle` must be a `resource`; this is no resource."),
    "a day as a number": (
        given({"name": "asOf", "valueInteger": 20260302}), 400, "value", "wrong_kind",
        ("`asOf` must be a text under `valueDate` or `valueDateTime` or `valueString`; this is something else.|Parameters: "
        'Write, for example, {"name": "asOf", "valueDate": "…"}.')),
    "a day as people write it": (
        given({"name": "asOf", "valueString": "02/03/2026"}), 400, "value", "date_not_understood", "YYYY-MM-DD"),
    "a pack that is not there": (given({"name": "pack", "valueString": "nice"}), 400, "value", "unknown_pack", "nice-ng239"),
    "a language that is not there": (given({"name": "language", "valueCode": "fr"}), 400, "value", "unknown_language", "en, es"),
    "an audience that is not there": (
        given({"name": "audience", "valueCode": "nurse"}), 400, "value", "no_such_audience",
        "The parameter `audience` is neither `clinician` nor `patient`.|Parameters: Leave it out for a clinician."),
    "two people": (
        parameters(TWO, asOf=AS_OF), 400, "invalid", "two_people", "The input holds records of more than one person."),
    "an empty Bundle": (
        parameters({"resourceType": "Bundle", "type": "collection"}, asOf=AS_OF), 400, "required", "empty_input", "There is nothing to read."),
    "somebody not yet born": (parameters(UNBORN, asOf=AS_OF), 400, "invalid", "birth_date_impossible", "on or before the day of decision"),
    "nothing": (b"", 400, "required", "empty_body", f"The request has no body.|body: {FHIR_SHAPE}"),
    "a list": (b"[]", 400, "invalid", "not_an_object", f"The body must be an object; this is a list.|body: {FHIR_SHAPE}"),
    "half a resource": (b'{"resourceType":', 400, "structure", "broken_syntax", "line 1"),
    "a key twice": (b'{"resourceType": "Bundle", "resourceType": "Bundle"}', 400, "invalid", "key_given_twice", "Keep one"),
    "XML": (b"<Bundle/>", 400, "structure", "broken_syntax", "line 1"),
}  # fmt: skip


def told(answer: Any, status: int) -> Json:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/fhir+json"
    made: Json = answer.json()
    OperationOutcome.model_validate_json(json.dumps(made))
    assert [str(one) for one in fhirkit.validate(made)] == []
    (issue,) = made["issue"]
    found: Json = issue
    return found


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_as_an_outcome(client: TestClient[Any], name: str) -> None:
    sent, status, kind, code, words = WRONG[name]
    issue = told(asked(client, sent), status)
    assert (issue["severity"], issue["code"]) == ("error", kind)
    assert issue["details"]["coding"] == [{"system": ERROR, "code": code}]
    assert words in f"{issue['details']['text']}|{issue.get('diagnostics', '')}"
    for part in ("p1", "p2", "Anna", "2190"):
        assert part not in json.dumps(issue)


def test_an_outcome_holds_every_part_of_a_refusal(client: TestClient[Any]) -> None:
    issue = told(asked(client, RECORD), 400)
    parts = {one["url"].removeprefix(f"{ERROR}:"): one["valueString"] for one in issue["extension"]}
    assert set(parts) == {"where", "likely", "next"}
    assert issue["diagnostics"] == f"{parts['where']}: {parts['likely']} {parts['next']}"


@pytest.mark.parametrize(
    ("where", "told_as"),
    [
        ("entry[3] Observation/anna-1", "entry[3] Observation"),
        ("entry[0] Patient/1931.07", "entry[0] Patient"),
        ("entry[0] Patient/p1, entry[1] Condition/c-2 note", "entry[0] Patient, entry[1] Condition note"),
        ("patient.birth_date", "patient.birth_date"),
        ("", ""),
    ],
)
def test_a_place_is_named_without_the_id_of_a_resource(where: str, told_as: str) -> None:
    assert without_ids(CobalensError("x", where, "problem.")).where == told_as


XML = b'<Bundle xmlns="http://hl7.org/fhir"/>'


@pytest.mark.parametrize(
    "kind", ["application/fhir+xml", "application/xml", "text/xml", "text/plain", "", "application/fhir+json; fhirVersion=5.0",
             "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)  # fmt: skip
def test_xml_and_other_versions_are_not_read(client: TestClient[Any], kind: str) -> None:
    issue = told(asked(client, XML, content_type=kind), 415)
    assert issue["details"]["text"] == "FHIR is read here in JSON only, of version R4 or R4B."
    assert issue["diagnostics"] == (
        "Content-Type: XML, Turtle or another version may have been sent. Send `Content-Type: application/fhir+json`."
    )


@pytest.mark.parametrize(
    "accept", ["application/fhir+xml", "text/html", "application/fhir+json; fhirVersion=5.0"]
)
def test_xml_is_not_handed_out(client: TestClient[Any], accept: str) -> None:
    issue = told(asked(client, RECORD, accept=accept), 406)
    assert issue["details"]["text"] == "FHIR is handed out in JSON only."
    assert issue["diagnostics"] == "Accept: Ask for `Accept: application/fhir+json`."


def test_nothing_about_a_person_stands_in_an_address(client: TestClient[Any]) -> None:
    answer = client.post("/fhir/$interpret-b12?asOf=2026-03-02", json=RECORD)
    assert told(answer, 400)["details"]["coding"][0]["code"] == "said_in_the_address"


@pytest.mark.parametrize(
    "path",
    ["/fhir", "/fhir/Patient/p1", "/fhir/Observation", "/fhir/$interpret", "/fhir/OperationDefinition/other"],
)
def test_there_are_no_records_here(client: TestClient[Any], path: str) -> None:
    issue = told(client.get(path), 404)
    assert issue["code"] == "not-found"
    assert "keeps none" in issue["diagnostics"]
    assert "p1" not in json.dumps(issue)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/fhir/$interpret-b12"), ("DELETE", "/fhir/$interpret-b12"), ("POST", "/fhir/metadata")],
)
def test_a_wrong_method_is_told_the_right_one(client: TestClient[Any], method: str, path: str) -> None:
    answer = client.request(method, path)
    assert told(answer, 405)["code"] == "not-supported"
    assert answer.headers["allow"]


def test_what_is_too_large_or_too_often_is_an_outcome(client: TestClient[Any]) -> None:
    large = b'{"resourceType": "' + b"x" * (MAX_UPLOAD + 1) + b'"}'
    assert told(asked(client, large), 413)["code"] == "too-costly"
    with TestClient(create_app(Settings(key=KEY, per_minute=1)), base_url=HERE) as hurried:
        answers = [hurried.get("/fhir/metadata") for _ in range(3)]
    assert told(answers[-1], 429)["code"] == "throttled"


def test_json_of_endless_depth_is_refused(client: TestClient[Any]) -> None:
    deep = b'{"resourceType": "Bundle", "entry": ' * 50_000
    assert told(asked(client, deep), 400)


def test_a_fault_of_the_program_is_an_outcome_without_what_was_sent(
    client: TestClient[Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("Anna Example")

    monkeypatch.setattr("cobalens.serve.web.operation.bundle", broken)
    issue = told(asked(client, parameters(RECORD, asOf=AS_OF)), 500)
    assert (issue["severity"], issue["code"]) == ("fatal", "exception")
    assert "Anna" not in json.dumps(issue) + capfd.readouterr().err
