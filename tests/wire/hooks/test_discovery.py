"""What a client is asked to send beforehand: of the specification's kind, made from the knowledge, and not more than a record can give."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from litestar.testing import TestClient

from cobalens.api import load
from cobalens.intake import fhir as intake
from cobalens.serve.web.prefetch import AT_MOST, ENOUGH, asked_of
from tests.wire.calls import SELECT, SIGN, VIEW
from tests.wire.hooks.specification import DISCOVERY

RULESET = load().ruleset
SIMPLE = {"patient", "code", "category", "status", "_sort", "_count"}
LONGEST = 1_500
"""Characters of an address that every server takes."""


def services(client: TestClient[Any]) -> list[dict[str, Any]]:
    answer = client.get("/cds-services")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), DISCOVERY)
    found: list[dict[str, Any]] = answer.json()["services"]
    return found


def templates(client: TestClient[Any]) -> dict[str, str]:
    found: dict[str, str] = services(client)[0]["prefetch"]
    return found


def test_there_is_a_service_for_a_record_that_is_opened_and_two_for_orders(client: TestClient[Any]) -> None:
    assert [(one["id"], one["hook"]) for one in services(client)] == [
        ("cobalens-patient-view", VIEW),
        ("cobalens-order-select", SELECT),
        ("cobalens-order-sign", SIGN),
    ]


def test_every_test_that_a_rule_uses_is_asked_for_by_each_of_its_codes_once(client: TestClient[Any]) -> None:
    asked = [code for one in templates(client).values() for code in re.findall(r"\d+-\d", one)]
    known = [
        code.code
        for one in RULESET.analytes.values()
        if one.used
        for code in one.codes
        if code.system == "loinc"
    ]
    assert sorted(asked) == sorted(known)
    assert len(asked) == len(set(asked))


def test_a_test_that_no_rule_uses_is_not_asked_for(client: TestClient[Any]) -> None:
    unused = {code.code for one in RULESET.analytes.values() if not one.used for code in one.codes}
    assert not [one for one in templates(client).values() if unused & set(re.findall(r"\d+-\d", one))]


def test_templates_use_what_every_server_can_serve(client: TestClient[Any]) -> None:
    for key, one in templates(client).items():
        assert len(one) < LONGEST, key
        if key == "patient":
            assert one == "Patient/{{context.patientId}}"
            continue
        kind, _, search = one.partition("?")
        assert kind in intake.READERS, key
        assert {part.partition("=")[0] for part in search.split("&")} <= SIMPLE
        assert "patient={{context.patientId}}" in search
        if kind == "Observation":
            assert f"_sort=-date&_count={AT_MOST}" in search


def test_levels_of_b12_are_not_crowded_out_by_blood_counts(client: TestClient[Any]) -> None:
    found = templates(client)
    (level,) = [key for key, one in found.items() if "2132-9" in one]
    (count,) = [key for key, one in found.items() if "718-7" in one]
    assert level != count
    assert found[level].count("-") > ENOUGH


def test_levels_of_b12_are_those_that_a_dose_makes_unreadable() -> None:
    assert asked_of(RULESET).levels == {"vitamin_b12", "holotc"}


@pytest.mark.parametrize("hook", [VIEW, SELECT, SIGN])
def test_each_service_says_that_it_fetches_nothing_and_keeps_nothing(
    client: TestClient[Any], hook: str
) -> None:
    (one,) = [one for one in services(client) if one["hook"] == hook]
    assert "no FHIR server is called, and nothing is kept" in one["usageRequirements"]
