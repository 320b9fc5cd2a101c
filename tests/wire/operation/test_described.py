"""The capability statement and the operation's definition: valid, true of what is served, and at the addresses that they name."""

from __future__ import annotations

import json
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationdefinition import OperationDefinition
from litestar import Litestar
from litestar.testing import TestClient

from cobalens import __version__
from cobalens.serve.web.app import create_app
from cobalens.serve.web.settings import Settings
from tests.web.conftest import HERE, KEY
from tests.wire.calls import AS_OF, asked, bundle, parameters, result


def read(client: TestClient[Any], path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/fhir+json"
    made: dict[str, Any] = answer.json()
    assert [str(one) for one in fhirkit.validate(made)] == []
    return made


def test_the_capability_statement_is_valid_and_names_the_operation(client: TestClient[Any]) -> None:
    made = read(client, "/fhir/metadata")
    CapabilityStatement.model_validate_json(json.dumps(made))
    assert (made["fhirVersion"], made["kind"], made["software"]["version"]) == (
        "4.0.1",
        "instance",
        __version__,
    )
    (rest,) = made["rest"]
    assert [one["name"] for one in rest["operation"]] == ["interpret-b12"]
    assert [one["type"] for one in rest["resource"]] == ["OperationDefinition"]


def test_the_definition_is_where_the_statement_says_and_names_itself_so(client: TestClient[Any]) -> None:
    address = read(client, "/fhir/metadata")["rest"][0]["operation"][0]["definition"]
    assert address.startswith(HERE)
    made = read(client, address.removeprefix(HERE))
    OperationDefinition.model_validate_json(json.dumps(made))
    assert (made["url"], made["code"], made["system"], made["affectsState"]) == (
        address,
        "interpret-b12",
        True,
        False,
    )


def test_each_parameter_that_is_defined_is_taken(client: TestClient[Any]) -> None:
    made = read(client, "/fhir/OperationDefinition/interpret-b12")
    taken = [one["name"] for one in made["parameter"] if one["use"] == "in"]
    values = {"asOf": AS_OF, "pack": "nice-ng239", "language": "en", "audience": "clinician"}
    sent = parameters(bundle(result(98)), **values)
    sent["parameter"].append({"name": "resource", "resource": result(135, "718-7", "g/L")})
    assert sorted(taken) == sorted(one["name"] for one in sent["parameter"])
    assert asked(client, sent).status_code == 200


def test_behind_a_proxy_that_speaks_tls_the_addresses_are_of_tls(application: Litestar) -> None:
    app = create_app(Settings(key=KEY, hosts=("b12.example",), secure=True, per_minute=None))
    with TestClient(app, base_url="http://b12.example") as client:
        made = client.get("/fhir/metadata").json()
    assert made["implementation"]["url"] == "https://b12.example/fhir"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("?_format=json", 200),
        ("?_format=application/fhir%2Bjson", 200),
        ("?_format=application/fhir+json", 200),
        ("?_format=", 200),
        ("?_format=xml", 406),
        ("?_format=text/turtle", 406),
    ],
)
def test_the_format_may_be_asked_for_in_the_address_where_nothing_is_about_a_person(
    client: TestClient[Any], address: str, status: int
) -> None:
    assert client.get(f"/fhir/metadata{address}").status_code == status
