"""Refusals in the form of FHIR: an OperationOutcome that says what this house's refusals say, and as little of a person."""

from __future__ import annotations

import re
from typing import Any

from cobalens.errors import CobalensError

Json = dict[str, Any]

FHIR_JSON = "application/fhir+json"
ERROR = "urn:cobalens:fhir:error"
PARTS = ("where", "likely", "next")
KINDS = {
    400: "invalid",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    412: "required",
    413: "too-costly",
    415: "not-supported",
    421: "security",
    429: "throttled",
    500: "exception",
}
CODES = {
    "as_of_needed": "required",
    "key_missing": "required",
    "no_resource_given": "required",
    "empty_body": "required",
    "empty_input": "required",
    "broken_syntax": "structure",
    "wrong_kind": "value",
    "unknown_pack": "value",
    "unknown_language": "value",
    "no_such_audience": "value",
    "date_not_understood": "value",
}
_REFERENCE = re.compile(r"\b([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]+")


def without_ids(error: CobalensError) -> CobalensError:
    """The same refusal; a place in a Bundle is named by its number and kind, and not by an id, which may be a person's."""
    where = _REFERENCE.sub(r"\1", error.where)
    return CobalensError(error.code, where, error.problem, error.likely, error.next)


def outcome(error: CobalensError, status: int, id: str = "") -> Json:
    """``code`` and ``problem`` are in ``details``, the rest in ``diagnostics`` for people and in extensions for programs.

    ``id``: whose record it is, where several were given.
    """
    error = without_ids(error)
    told = error.as_dict()
    issue: Json = {
        "severity": "fatal" if status >= 500 else "error",
        "code": CODES.get(error.code) or KINDS.get(status, "processing"),
        "details": {"coding": [{"system": ERROR, "code": error.code}], "text": error.problem},
    }
    rest = " ".join(told[name] for name in PARTS[1:] if told[name])
    if error.where or rest:
        issue["diagnostics"] = f"{error.where}: {rest}" if error.where and rest else error.where or rest
    told = {"id": id, **told}
    extensions = [
        {"url": f"{ERROR}:{name}", "valueString": told[name]} for name in ("id", *PARTS) if told[name]
    ]
    if extensions:
        issue["extension"] = extensions
    return {"resourceType": "OperationOutcome", "issue": [issue]}
