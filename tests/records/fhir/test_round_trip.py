"""Each worked case as a FHIR Bundle, in both systems of units, comes to the same answer and the same findings.

What FHIR cannot carry of a case file is listed in `NOT_CARRIED`.
"""

from __future__ import annotations

import json

import pytest

from cobalens.intake import fhir
from tests.records.carried import of_case, outcome, variants
from tests.records.fhir import writer
from tests.robustness.cases import RULES

NOT_CARRIED: dict[str, str] = {}
"""Case -> what of it has no place in FHIR R4. Empty: adherence stands in a note, an age in a birth date, words in words."""


@pytest.mark.parametrize("name", sorted(variants()))
def test_a_case_says_the_same_as_a_bundle(name: str) -> None:
    case = variants()[name]
    content = json.dumps(writer.bundle(case)).encode()
    (record,) = fhir.read(content, RULES, writer.DAY_ZERO.isoformat())
    assert outcome(record) == of_case(case)
    assert len(record.elements) == len(writer.bundle(case)["entry"])
