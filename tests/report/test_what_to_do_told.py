"""What is to be done is told where it is looked for: in the comment under a result, and in the steps of a patient's page."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens import api
from cobalens.report.pages import patient_page
from cobalens.report.text import lab_comment

TABLETS = {"name": "cyanocobalamin", "route": "oral", "dose": "1 mg daily", "start_day": -125}
SCHEDULED = {"name": "pemetrexed", "route": "intravenous", "start_day": 7}


def told(value: float, language: str = "en", **facts: Any) -> tuple[list[str], dict[str, str]]:
    """The comment, and the patient's page by heading."""
    lab = {"analyte": "vitamin_b12", "value": value, "unit": "ng/L", "day": 0}
    earlier = [{**lab, "value": 142, "day": -130}] if facts.pop("low_before", False) else []
    case = {"patient": {"age": 58, "sex": "male"}, "facts": {"labs": [*earlier, lab], **facts}}
    judged, said = api.load(packs=(), language=language).judged(case, look_ahead=False)
    page = {
        part.heading: " ".join(f"{i.title} {i.text}" for i in part.items)
        for part in patient_page(judged, said)
    }
    return lab_comment(judged, said), page


@pytest.mark.parametrize(
    ("value", "facts", "advice"),
    [
        (150, {"medications": [TABLETS], "low_before": True, "symptoms": ["tingling hands"]}, "Change from tablets"),
        (390, {"medications": [SCHEDULED], "symptoms": ["none"]}, "Vitamins that go with the cancer drug"),
        (390, {"procedures": [{"name": "total gastrectomy", "day": -60}], "symptoms": ["none"]}, "Start B12"),
    ],
)  # fmt: skip
def test_the_comment_under_a_result_names_what_its_reader_would_miss(
    value: float, facts: dict[str, Any], advice: str
) -> None:
    lines, _ = told(value, **facts)
    assert len(lines) == 3
    assert lines[1].startswith(f"Suggested: {advice}")


def test_the_comment_never_suggests_the_ordinary_way_alone() -> None:
    lines, _ = told(390, procedures=[{"name": "total gastrectomy", "day": -60}], symptoms=["none"])
    assert "In the ordinary way" not in lines[1]


def test_tests_are_suggested_as_before_where_nothing_presses() -> None:
    lines, _ = told(230, symptoms=["none"])
    assert lines[1].startswith("Suggested: Methylmalonic acid (MMA)")


@pytest.mark.parametrize(
    ("language", "heading", "words"),
    [
        ("en", "3. Choose how to top it up", "when it is clear whether you need more B12"),
        ("es", "3. Elegir cómo reponerla", "cuando esté claro si necesita más B12"),
    ],
)
def test_a_patient_is_not_asked_to_tell_how_b12_is_to_be_given(
    language: str, heading: str, words: str
) -> None:
    _, page = told(230, language, symptoms=["none"])
    assert words in page[heading]


def test_who_goes_on_with_b12_reads_it_in_the_step_about_topping_up() -> None:
    tablets = {**TABLETS, "adherence": "poor, forgets most days"}
    _, page = told(150, medications=[tablets], diet="vegan", symptoms=["tired"], low_before=True)
    assert "Keep on with B12" in page["3. Choose how to top it up"]


def test_after_a_bypass_nobody_is_told_that_b12_is_needless() -> None:
    bypass = [{"name": "Roux-en-Y gastric bypass", "day": -700}]
    _, page = told(620, procedures=bypass, symptoms=["none"])
    assert "many people have B12 for good" in page["Also worth knowing"]
    _, page = told(620, procedures=bypass, symptoms=["none"], supplements=["multivitamin with B12"])
    assert "many people have B12 for good" not in page["Also worth knowing"]


def test_a_level_on_treatment_is_said_to_show_the_dose_under_the_result() -> None:
    lines, _ = told(600, medications=[TABLETS], low_before=True, symptoms=["tingling hands"])
    assert "B12 level after dosing: not readable" in lines[0]
    lines, _ = told(600, symptoms=["tingling hands"])
    assert "after dosing" not in lines[0]
