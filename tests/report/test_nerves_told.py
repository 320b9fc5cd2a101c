"""A record that tells of the nerves is never told that it says nothing of symptoms."""

from __future__ import annotations

import pytest

from cobalens import api
from cobalens.report.frame import frame
from cobalens.report.pages import patient_page

HIGH = {"analyte": "vitamin_b12", "value": 1450, "unit": "pg/mL", "day": 0}


def pages(language: str, symptoms: list[str]) -> tuple[str, str]:
    here = api.load(packs=(), language=language)
    case = {"patient": {"age": 71, "sex": "female"}, "facts": {"labs": [HIGH], "symptoms": symptoms}}
    judged, said = here.judged(case, look_ahead=False)
    patient, clinician = patient_page(judged, said), frame(judged, said)
    text = [" ".join(item.text for part in page for item in part.items) for page in (patient, clinician)]
    return text[0], text[1]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "signs that may come from the nerves"), ("es", "señales que pueden venir de los nervios")]
)  # fmt: skip
def test_numb_toes_beside_a_high_b12_are_taken_up(language: str, words: str) -> None:
    patient, clinician = pages(language, ["numb toes for 3 months"])
    assert words in patient
    assert "signs that may come from the nerves" in clinician.lower()
    without, _ = pages(language, [])
    assert words not in without


def test_a_cord_seen_on_a_scan_presses_although_nobody_asked_about_symptoms() -> None:
    scan = {"name": "MRI cervical cord: dorsal column signal", "day": 0}
    labs = [
        {"analyte": "vitamin_b12", "value": 110, "unit": "ng/L", "day": 0},
        {"analyte": "mma", "value": 1.4, "unit": "umol/L", "day": 0},
    ]
    case = {"patient": {"age": 66, "sex": "male"}, "facts": {"labs": labs, "procedures": [scan]}}
    said = api.load(packs=()).interpret(case, look_ahead=False)
    told = {one.code for one in said.supported()}
    assert {"urgency:immediate", "action:start_b12_replacement", "route:intramuscular"} <= told
    assert "neuropathy_differential:b12_deficiency" in told
    assert "urgency:routine" not in told
