"""What is told about one medicine goes in one direction: in the note, in the comment and on the patient's page."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens import api
from cobalens.report.pages import patient_page

INJECTIONS = {"name": "hydroxocobalamin", "route": "intramuscular", "start_day": -700}
LEBER = "Leber's hereditary optic neuropathy"


def told(value: float, language: str = "en", **facts: Any) -> tuple[dict[str, str], Any]:
    """The patient's page by heading, and all four texts."""
    lab = {"analyte": "vitamin_b12", "value": value, "unit": "ng/L", "day": 0}
    case = {"patient": {"age": 58, "sex": "male"}, "facts": {"labs": [lab], **facts}}
    judged, said = api.load(packs=(), language=language).judged(case, look_ahead=False)
    page = {p.heading: " ".join(f"{i.title} {i.text}" for i in p.items) for p in patient_page(judged, said)}
    return page, said.text


@pytest.mark.parametrize(
    ("language", "asked", "kept"),
    [
        ("en", "which kind you have, before you next have it", ("Keep having", "Keep to", "Keep on")),
        (
            "es",
            "cuál tiene, antes de recibirla de nuevo",
            ("Siga con su B12", "Siga con lo que", "Siga igual"),
        ),
    ],
)
@pytest.mark.parametrize(
    "facts",
    [
        {"conditions": ["pernicious anaemia", LEBER]},
        {"conditions": ["pernicious anaemia"], "allergies": ["cyanocobalamin"]},
    ],
    ids=["Leber", "earlier reaction"],
)
def test_a_product_in_question_is_asked_about_and_not_gone_on_with(
    language: str, asked: str, kept: tuple[str, ...], facts: dict[str, Any]
) -> None:
    page, text = told(900, language, medications=[INJECTIONS], **facts)
    whole = " ".join(page.values())
    assert asked in whole
    assert not [words for words in kept if words in whole]
    assert "Continue B12 replacement" not in f"{text.note} {text.clinician} {text.lab_comment}"
    assert "B12 goes on in a product that suits" in text.note


def test_who_has_no_such_disease_goes_on_with_b12() -> None:
    page, text = told(900, medications=[INJECTIONS], conditions=["pernicious anaemia"])
    assert "Keep having your B12" in " ".join(page.values())
    assert "Continue B12 replacement" in text.note


def test_tablets_that_failed_are_not_praised_where_the_muscle_is_spared() -> None:
    tablets = {"name": "cyanocobalamin 1 mg", "route": "oral", "start_day": -200, "adherence": "every day"}
    counts = {"analyte": "platelets", "value": 20, "unit": "10*9/L", "day": 0}
    lab = {"analyte": "vitamin_b12", "value": 120, "unit": "ng/L", "day": 0}
    page, text = told(120, labs=[lab, counts], medications=[tablets], symptoms=["numb feet"])
    whole = " ".join(page.values())
    assert "From tablets to injections" in whole
    assert "Not into the muscle" in whole
    assert "tablets can work well" not in whole
    assert "Tablets are acceptable" not in text.note


def test_a_call_today_about_an_antifolate_comes_first() -> None:
    counts = [
        {"analyte": name, "value": value, "unit": unit, "day": 0}
        for name, value, unit in (
            ("hemoglobin", 80, "g/L"),
            ("wbc", 1.5, "10*9/L"),
            ("platelets", 60, "10*9/L"),
        )
    ]
    lab = {"analyte": "vitamin_b12", "value": 450, "unit": "ng/L", "day": 0}
    page, _ = told(450, labs=[lab, *counts], medications=["methotrexate"], symptoms=["mouth ulcers"])
    assert "A drug that acts against folate: ask today" in page["Please read this first"]


def test_who_hopes_for_energy_is_answered() -> None:
    page, _ = told(480, goal="energy", symptoms=["tired"])
    assert "not known to bring more energy" in page["What B12 can do for you, and what it cannot"]


def test_nobody_is_asked_why_b12_is_taken_who_is_not_known_to_take_it() -> None:
    page, text = told(400, conditions=["vitamin B12 deficiency"])
    assert "why your B12 was first suggested" not in " ".join(page.values())
    assert "Ask about supplements and injections" in text.note
