"""A result from urine or other fluids is another test; it is listed, and no level in blood."""

from __future__ import annotations

import pytest

from cobalens.api import load
from cobalens.intake.casefile import read_case
from cobalens.model.record import Record

RULES = load().ruleset


def read(note: str) -> Record:
    return read_case({"facts": {"note": note}}, RULES, None)


@pytest.mark.parametrize(
    "note",
    [
        "Urine MMA 8 mmol/mol creatinine.",
        "Urinary methylmalonic acid raised.",
        "MMA (urine) 12 umol/L.",
        "MMA 12 umol/L in urine.",
        "urine creatinine 12 mmol/L.",
    ],
)
def test_a_result_from_urine_is_told_and_not_used(note: str) -> None:
    record = read(note)
    assert not record.labs
    assert any("in urin" in one.text for one in record.not_understood)


@pytest.mark.parametrize(
    ("note", "results"),
    [
        ("Serum MMA 0.5 umol/L.", {"mma": "0.5 umol/L"}),
        ("Urinary symptoms, MMA 0.5 umol/L.", {"mma": "0.5 umol/L"}),
        ("B12 150 ng/L, urine clear.", {"vitamin_b12": "150 ng/L"}),
        ("Urine dip clear; B12 150 ng/L.", {"vitamin_b12": "150 ng/L"}),
        ("eGFR 44, urine ACR 30.", {"egfr": "44 mL/min/{1.73_m2}"}),
    ],
)
def test_urine_beside_a_result_in_blood_leaves_it(note: str, results: dict[str, str]) -> None:
    assert {lab.analyte: lab.text for lab in read(note).labs} == results
