"""Results as the record systems of British general practice print them: codes behind names, stars, ranges, verdicts in words."""

from __future__ import annotations

import pytest

from cobalens.api import load
from cobalens.intake import pasted
from cobalens.intake.prose.readcodes import without_read_codes

RULES = load().ruleset
PAGE = """\
12 Jan 2026 10:44
Serum vitamin B12 (XE2pf)  *138 ng/L  [197.0 - 771.0]  Below low reference limit
Serum folate (42U5.)  2.9 ug/L  [3.89 - 26.8] Below low reference limit
Haemoglobin estimation (XaBEc) *103 g/L [115.0 - 165.0]
Total white cell count (XaIdY) 5.1 10*9/L [4.0 - 11.0]
Platelet count (42P..) 212 10*9/L [150.0 - 400.0]
Mean corpuscular volume (MCV) (42A..) *107.4 fL [80.0 - 100.0] Above high reference limit
eGFRcreat (CKD-EPI)/1.73 m*2 (XacUK) 58 mL/min
Serum C reactive protein level (XE2dy) <4 mg/L
Haemoglobin A1c level - IFCC standardised (XaPbt) 51 mmol/mol
"""


def test_a_page_is_read_with_its_day_ranges_and_verdicts() -> None:
    (record,) = pasted.read(PAGE.encode(), RULES, "2026-03-01")
    found = {lab.analyte: (lab.text, lab.qualitative) for lab in record.labs}
    assert found == {
        "vitamin_b12": ("138 ng/L", "low"),
        "folate_serum": ("2.9 ug/L", "low"),
        "hemoglobin": ("103 g/L", "low"),
        "wbc": ("5.1 10*9/L", "normal"),
        "platelets": ("212 10*9/L", "normal"),
        "mcv": ("107.4 fL", "high"),
        "egfr": ("58 mL/min", None),
        "crp": ("< 4 mg/L", None),
        "hba1c": ("51 mmol/mol", None),
    }
    assert {(lab.when.first, lab.when.last) for lab in record.labs} == {(-48, -48)}
    assert not record.not_understood


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Serum folate (42U5.) 2.9 ug/L", "Serum folate         2.9 ug/L"),
        ("Vitamin B12 (XE2pf): *138 ng/L", "Vitamin B12        : *138 ng/L"),
        ("B12 (serum) 138 ng/L", None),
        ("B12 (2025) 138 ng/L", None),
        ("B12 (XE2pf)", None),
        ("B12 (138.5) 140 ng/L", None),
    ],
)
def test_only_a_code_between_a_name_and_its_number_is_blanked(text: str, left: str | None) -> None:
    assert without_read_codes(text) == (left or text)


@pytest.mark.parametrize(
    ("text", "value", "word"),
    [
        ("VITAMIN B12 176 L pg/mL 232-1245", "176 pg/mL", "low"),
        ("Vitamin B12 1760 H pg/mL", "1760 pg/mL", "high"),
        ("B12 148 LOW pmol/L", "148 pmol/L", "low"),
        ("Vitamin B12 176 (L) pg/mL (232-1245)", "176 pg/mL", "low"),
    ],
)
def test_a_mark_may_stand_before_the_unit(text: str, value: str, word: str) -> None:
    (record,) = pasted.read(text.encode(), RULES, "2026-03-01")
    assert [(lab.text, lab.qualitative, lab.problem) for lab in record.labs] == [(value, word, None)]
