"""Thirteen simple B12 rules, answered by cql-execution with cql-exec-fhir from npm: a yardstick, not knowledge.

The rules are written as the ELM that a CQL compiler would make of them: one existence of a result beyond a number in one
unit, or of a statement with one code. They convert no unit and read no date.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.ndjson_people import LOINC, person

PACKAGES = ("cql-execution@3", "cql-exec-fhir@2")
PEOPLE = 300
MOST_SECONDS = 300
HERE = Path(__file__).parent
NOT_HERE = "cql-execution: npm cannot install it here, so it was not run"
Elm = dict[str, Any]


def asked() -> str:
    """How many people a second it answers, in one sentence."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return NOT_HERE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", *PACKAGES], cwd=folder, check=True, capture_output=True, timeout=MOST_SECONDS,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError):
            return NOT_HERE
        shutil.copy(HERE / "run.js", folder)
        (folder / "elm.json").write_text(json.dumps(library()), encoding="utf-8")
        bundles = [
            {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in person(number)]}
            for number in range(PEOPLE)
        ]  # fmt: skip
        (folder / "bundles.json").write_text(json.dumps(bundles), encoding="utf-8")
        run = subprocess.run(
            ["node", "run.js", "elm.json", "bundles.json"], cwd=folder, check=True, capture_output=True, timeout=MOST_SECONDS,
        )  # fmt: skip
    said = json.loads(run.stdout)
    assert said["people"] == PEOPLE
    assert said["yes"]["pernicious_anaemia"] == bearers("84027009")
    return f"cql-execution          {PEOPLE / said['seconds']:8.0f} people a second, one process, {len(said['yes'])} simple rules on {PEOPLE} of them"


def bearers(code: str) -> int:
    """Counted without any rule language, so that the rival is known to have done the work."""
    return sum(
        any(code in json.dumps(one) for one in person(number) if one["resourceType"] == "Condition")
        for number in range(PEOPLE)
    )


def library() -> Elm:
    rules = json.loads((HERE / "rules.json").read_text(encoding="utf-8"))
    systems = {LOINC} | {system for _, _, system, _ in rules["stated"].values()}
    codes = {code: LOINC for code, _, _, _ in rules["results"].values()}
    codes |= {code: system for _, _, system, code in rules["stated"].values()}
    defined = {name: beyond(*rule) for name, rule in rules["results"].items()}
    defined |= {
        name: exists(retrieved(kind, field, code)) for name, (kind, field, _, code) in rules["stated"].items()
    }
    patient = {"type": "SingletonFrom", "operand": retrieved("Patient")}
    return {
        "library": {
            "identifier": {"id": "B12", "version": "1"},
            "schemaIdentifier": {"id": "urn:hl7-org:elm", "version": "r1"},
            "usings": {"def": [{"localIdentifier": "System", "uri": "urn:hl7-org:elm-types:r1"},
                               {"localIdentifier": "FHIR", "uri": "http://hl7.org/fhir", "version": "4.0.1"}]},
            "codeSystems": {"def": [{"name": one, "id": one, "accessLevel": "Public"} for one in sorted(systems)]},
            "codes": {"def": [{"name": code, "id": code, "display": code, "accessLevel": "Public", "codeSystem": {"name": system}}
                              for code, system in codes.items()]},
            "statements": {"def": [{"name": "Patient", "context": "Patient", "expression": patient},
                                   *({"name": name, "context": "Patient", "accessLevel": "Public", "expression": one} for name, one in defined.items())]},
        }
    }  # fmt: skip


def retrieved(kind: str, field: str = "", code: str = "") -> Elm:
    found: Elm = {"type": "Retrieve", "dataType": f"{{http://hl7.org/fhir}}{kind}"}
    if code:
        coded = {"type": "ToList", "operand": {"type": "CodeRef", "name": code}}
        found |= {"codeProperty": field, "codeComparator": "~", "codes": coded}
    return found


def exists(operand: Elm) -> Elm:
    return {"type": "Exists", "operand": operand}


def beyond(code: str, unit: str, comparison: str, number: str) -> Elm:
    """A result of this code, in this unit, beyond this number."""
    same = {"type": "Equal", "operand": [of_result("value.unit.value"), literal("String", unit)]}
    there = {"type": comparison, "operand": [of_result("value.value.value"), literal("Decimal", number)]}
    source = [{"alias": "O", "expression": retrieved("Observation", "code", code)}]
    return exists(
        {
            "type": "Query",
            "source": source,
            "relationship": [],
            "where": {"type": "And", "operand": [same, there]},
        }
    )


def of_result(path: str) -> Elm:
    return {"type": "Property", "path": path, "scope": "O"}


def literal(kind: str, value: str) -> Elm:
    return {"type": "Literal", "valueType": f"{{urn:hl7-org:elm-types:r1}}{kind}", "value": value}
