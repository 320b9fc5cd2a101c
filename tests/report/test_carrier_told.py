"""A low total beside an ample active B12 is told as one story where there is less to carry B12, and as a doubt where nothing explains it."""

from __future__ import annotations

import pytest

from cobalens import api
from cobalens.report.pages import patient_page

RESULTS = [
    {"analyte": "vitamin_b12", "value": 150, "unit": "ng/L", "day": 0},
    {"analyte": "holotc", "value": 96, "unit": "pmol/L", "day": 0},
]
CARRIER, DOUBT = "interpretation:low_total_b12_low_haptocorrin", "data_quality:conflicting_results"


def told(language: str, egfr: int, **facts: list[str]) -> tuple[set[str], str]:
    here = api.load(packs=(), language=language)
    kidney = {"analyte": "egfr", "value": egfr, "unit": "mL/min/1.73m2", "day": 0}
    case = {
        "patient": {"age": 34, "sex": "female"},
        "facts": {"labs": [*RESULTS, kidney], "symptoms": ["no symptoms"], **facts},
    }
    judged, said = here.judged(case, look_ahead=False)
    text = " ".join(item.text for part in patient_page(judged, said) for item in part.items)
    return {one.code for one in said.supported()}, text


@pytest.mark.parametrize(
    ("language", "story", "doubt"),
    [
        ("en", "The second test depends less on this protein", "do not agree with each other"),
        ("es", "La segunda prueba depende menos de esa proteína", "no encajan entre sí"),
    ],
)
def test_less_to_carry_b12_is_named_and_nobody_is_told_that_the_results_contradict(
    language: str, story: str, doubt: str
) -> None:
    codes, text = told(language, egfr=101, medications=["combined oral contraceptive"])
    assert CARRIER in codes
    assert DOUBT not in codes
    assert story in text
    assert doubt not in text
    codes, text = told(language, egfr=101)
    assert DOUBT in codes
    assert CARRIER not in codes
    assert doubt in text
    assert story not in text


def test_kidneys_that_lift_active_b12_leave_the_doubt_standing() -> None:
    codes, _ = told("en", egfr=38, medications=["combined oral contraceptive"])
    assert DOUBT in codes
    assert CARRIER not in codes
