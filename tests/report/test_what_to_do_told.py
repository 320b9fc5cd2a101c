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
    labs = [*earlier, lab, *facts.pop("labs", [])]
    case = {"patient": {"age": 58, "sex": "male"}, "facts": {"labs": labs, **facts}}
    judged, said = api.load(packs=(), language=language).judged(case, look_ahead=False)
    page = {
        part.heading: " ".join(f"{i.title} {i.text}" for i in part.items)
        for part in patient_page(judged, said)
    }
    return lab_comment(judged, said), page


@pytest.mark.parametrize(
    ("value", "facts", "advice"),
    [
        (150, {"medications": [TABLETS], "low_before": True, "symptoms": ["tingling hands"]}, "Clinical review within days; Change from tablets"),
        (390, {"medications": [SCHEDULED], "symptoms": ["none"]}, "Clinical review within days; Vitamins that go with the cancer drug"),
        (390, {"procedures": [{"name": "total gastrectomy", "day": -60}], "symptoms": ["none"]}, "Start B12"),
    ],
)  # fmt: skip
def test_the_comment_under_a_result_names_what_its_reader_would_miss(
    value: float, facts: dict[str, Any], advice: str
) -> None:
    lines, _ = told(value, **facts)
    assert len(lines) == 3
    assert lines[1].startswith(f"Suggested: {advice}")


@pytest.mark.parametrize(
    ("symptoms", "advice", "never"),
    [
        (
            ["unsteady gait for two weeks"],
            "Suggested: Same-day assessment; ",
            "Clinical assessment without delay",
        ),
        (["none"], "Suggested: Clinical assessment without delay; ", "Same-day assessment"),
    ],
)
def test_the_comment_words_what_presses_as_a_laboratory_would(
    symptoms: list[str], advice: str, never: str
) -> None:
    film = [{"name": "film: hypersegmented neutrophils", "day": 0}]
    labs = [
        {"analyte": "hemoglobin", "value": 52, "unit": "g/L", "day": 0},
        {"analyte": "mcv", "value": 121, "unit": "fL", "day": 0},
    ]
    lines, _ = told(88, symptoms=symptoms, procedures=film, labs=labs)
    assert lines[1].startswith(advice)
    assert never not in lines[1]
    assert "Without delay" not in lines[1]


@pytest.mark.parametrize(
    ("disease", "days"), [("Leber's hereditary optic neuropathy", False), ("asthma", True)]
)
def test_no_longer_time_stands_beside_the_one_for_a_product_that_may_harm(disease: str, days: bool) -> None:
    _, page = told(
        150, medications=[TABLETS], low_before=True, symptoms=["tingling hands"], conditions=[disease]
    )
    text = " ".join(page.values())
    assert ("within the next days" in text) == days
    assert ("today which form yours is" in text) != days


@pytest.mark.parametrize(
    ("value", "facts", "words"),
    [
        (410, {"symptoms": ["numb toes"], "supplements": ["biotin 10 mg daily"]}, "Biotin may make B12 read too high"),
        (150, {"medications": ["combined oral contraceptive pill"]}, "Total B12 may read low without lack"),
        (480, {"symptoms": ["numb feet"], "conditions": ["nitrous oxide every weekend"]}, "Functional deficiency: the number does not show it"),
        (1100, {"labs": [{"analyte": "egfr", "value": 22, "unit": "mL/min/1.73m2", "day": 0}], "symptoms": ["none"]}, "High B12: Reduced kidney function"),
    ],
)  # fmt: skip
def test_the_comment_says_what_a_laboratory_knows_of_the_number(
    value: float, facts: dict[str, Any], words: str
) -> None:
    lines, _ = told(value, **facts)
    assert words in lines[0]
    assert words not in told(value, symptoms=["none"])[0][0]


def test_the_comment_does_not_send_the_reader_to_the_laboratory_that_writes_it() -> None:
    panel = {"wbc": 6, "neutrophils": 4, "eosinophils": 0.1, "monocytes": 0.4, "platelets": 240}
    units = {"hemoglobin": (148, "g/L"), "mcv": (90, "fL"), "egfr": (90, "mL/min/1.73m2"), "alt": (22, "U/L")}
    units |= {"ast": (20, "U/L"), "alp": (70, "U/L"), "ggt": (20, "U/L"), "bilirubin_total": (9, "umol/L")}
    units |= {
        "albumin": (42, "g/L"),
        "crp": (2, "mg/L"),
        **{name: (n, "10^9/L") for name, n in panel.items()},
    }
    labs = [{"analyte": name, "value": n, "unit": unit, "day": 0} for name, (n, unit) in units.items()]
    labs.append({"analyte": "vitamin_b12", "value": 1250, "unit": "ng/L", "day": -90})
    lines, _ = told(1200, labs=labs, symptoms=["none"], note="No supplements, no injections.")
    assert "Macro-B12" in lines[1]
    assert "the laboratory" not in lines[1]


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
