"""Printouts with days side by side and one unit for all, and with plus and minus for what is out of range."""

from __future__ import annotations

from cobalens.api import load
from cobalens.intake import pasted
from cobalens.model.record import Record

RULES = load().ruleset
DAYS = """\
Date             14/11/25   02/02/26
Serum B12      220       145  L   pmol/L   (150-700)
Active B12                22  L   pmol/L   (>35)
Haemoglobin    131       104  L   g/L      (115-165)
"""
SIGNS = """\
Laborbefund vom 12.01.2026
Vitamin B12            142 - pg/ml      197-771
Folsäure               6,1   ng/ml      3,9-26,8
Methylmalonsäure       512 + nmol/l     <271
MCV                    105 + fl         80-96
"""


def read(text: str) -> Record:
    (record,) = pasted.read(text.encode(), RULES, "2026-03-01")
    return record


def test_a_unit_behind_several_days_is_that_of_each() -> None:
    found = [(lab.analyte, lab.text, lab.when.first, lab.qualitative) for lab in read(DAYS).labs]
    assert found == [
        ("vitamin_b12", "220 pmol/L", -107, None),
        ("vitamin_b12", "145 pmol/L", -27, "low"),
        ("holotc", "22 pmol/L", -27, "low"),
        ("hemoglobin", "131 g/L", -107, None),
        ("hemoglobin", "104 g/L", -27, "low"),
    ]


def test_plus_and_minus_behind_a_number_leave_its_unit() -> None:
    found = {lab.analyte: (lab.text, lab.qualitative) for lab in read(SIGNS).labs}
    assert found == {
        "vitamin_b12": ("142 pg/ml", "low"),
        "folate_serum": ("6.1 ng/ml", "normal"),
        "mma": ("512 nmol/l", "high"),
        "mcv": ("105 fl", "high"),
    }
