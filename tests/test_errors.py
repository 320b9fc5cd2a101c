"""Every refusal names its place, says what is wrong and what to do, and holds no value of a person."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from cobalens import errors

CONSTRUCTORS = [
    function
    for name, function in inspect.getmembers(errors, inspect.isfunction)
    if inspect.signature(function).return_annotation == "CobalensError" and not name.startswith("_")
]
SAMPLES = {
    "where": "labs[3]", "size": 9_000_000, "limit": 5_000_000, "count": 30_000, "kind": "JSON", "line": 4, "column": 7, "found": "a list",
    "expected": "an object", "key": "vlaue", "known": ["value", "unit"], "name": "vlaue", "unit": "pg/ml", "analyte": "vitamin_b12",
    "units": ["ng/L"], "setting": "mma", "label": "active B12", "value": "mayby",
    "what": "PostgreSQL", "extra": "cohort", "names": ["person"], "table": "measurement",
}  # fmt: skip


@pytest.mark.parametrize("constructor", CONSTRUCTORS, ids=lambda c: c.__name__)
def test_every_refusal_teaches(constructor):
    error = constructor(**{name: SAMPLES[name] for name in inspect.signature(constructor).parameters})
    assert error.code == constructor.__name__
    assert error.problem.endswith((".", "read."))
    assert error.next
    assert error.problem in str(error)
    assert error.as_dict().keys() == {"code", "where", "problem", "likely", "next"}


def test_a_misspelt_key_is_answered_with_the_likely_one():
    assert "value" in errors.unknown_key("labs[0]", "vlaue", ["value", "unit"]).likely
    assert errors.suggest("zzzzzz", ["value", "unit"]) is None


def test_every_refusal_is_raised_somewhere() -> None:
    source = Path(errors.__file__).parent
    used = "".join(p.read_text(encoding="utf-8") for p in source.rglob("*.py") if p.name != "errors.py")
    unused = [one.__name__ for one in CONSTRUCTORS if one.__name__ not in used]
    assert unused == []
