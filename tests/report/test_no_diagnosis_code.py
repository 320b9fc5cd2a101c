"""No diagnosis is coded or written back: what is handed out holds the project's own codes and words only."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from cobalens import interpret
from cobalens.compiler import load_ruleset

RULES = load_ruleset()
DIAGNOSES = {
    code.code
    for concept in RULES.concepts.values()
    if concept.kind == "condition"
    for code in concept.codes
    if code.system in {"icd10", "snomed"}
}
CASE: dict[str, Any] = {
    "patient": {"age": 61, "sex": "female"},
    "facts": {
        "labs": [{"analyte": "vitamin_b12", "value": 96, "unit": "ng/L", "day": 0}],
        "conditions": ["pernicious anaemia", "breast cancer"],
        "symptoms": ["numb feet"],
    },
}


def test_there_are_diagnosis_codes_that_could_have_been_written() -> None:
    assert len(DIAGNOSES) > 50


@pytest.mark.parametrize("pack", ["nice-ng239", "afp-2025"])
def test_no_diagnosis_code_is_handed_out(pack: str) -> None:
    words = set(re.findall(r"[A-Za-z0-9.]+", msgspec.json.encode(interpret(CASE, pack=pack)).decode()))
    assert not words & DIAGNOSES
