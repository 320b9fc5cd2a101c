"""A limit stands beside a result in the unit of the result, and as it was published."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.api import load
from cobalens.model.interpretation import Node
from cobalens.report.explain import outline
from cobalens.report.pages import chain_results

DOOR, SPANISH = load(), load(language="es")


def low(value: float, unit: str) -> dict[str, Any]:
    lab = {"analyte": "vitamin_b12", "value": value, "unit": unit, "day": 0}
    return {"patient": {"age": 60}, "facts": {"labs": [lab]}}


def limits(nodes: tuple[Node, ...]) -> list[str]:
    return [node.text for _, node in outline(nodes) if node.kind == "limit"]


@pytest.mark.parametrize(
    ("value", "unit", "limit"),
    [
        (150, "ng/L", "limit low: 180 ng/L, NICE"),
        (120, "pmol/L", "limit low: 133 pmol/L, NICE"),
        (150, "pg/mL", "limit low: 180 ng/L, that is 180 pg/mL, NICE"),
        (15, "ng/dL", "limit low: 180 ng/L, that is 18 ng/dL, NICE"),
        (0.12, "nmol/L", "limit low: 133 pmol/L, that is 0.133 nmol/L, NICE"),
    ],
)
def test_a_trace_tells_a_limit_as_published_and_in_the_unit_of_the_result(
    value: float, unit: str, limit: str
) -> None:
    assert any(one.startswith(limit) for one in limits(DOOR.explain(low(value, unit), "deficiency")))


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (150, "ng/L", "150 ng/L, day 0: below 180 ng/L (NICE"),
        (150, "pg/mL", "150 pg/mL, day 0: below 180 pg/mL (NICE"),
        (15, "ng/dL", "15 ng/dL, day 0: below 18 ng/dL (published: below 180 ng/L) (NICE"),
        (0.12, "nmol/L", "0.12 nmol/L, day 0: below 0.133 nmol/L (published: below 133 pmol/L) (NICE"),
    ],
)
def test_a_result_lies_beside_limits_in_its_own_unit(value: float, unit: str, words: str) -> None:
    ((_, told),) = chain_results(DOOR.case(DOOR.read(low(value, unit))))
    assert told.startswith(words)


def test_both_ends_of_a_stretch_are_told_in_the_unit_of_the_result() -> None:
    case = low(150, "ng/L")
    case["facts"]["labs"].append({"analyte": "mma", "value": 60, "unit": "ng/mL", "day": 0})
    told = dict(chain_results(DOOR.case(DOOR.read(case))))["methylmalonic acid (MMA)"]
    assert ": 47.24 to 88.57 ng/mL (published: 0.40 to 0.75 umol/L) (" in told


def test_a_patient_reads_the_same_in_spanish_and_the_age_in_years() -> None:
    told = [node.text for _, node in outline(SPANISH.explain_plainly(low(0.12, "nmol/L"), "deficiency"))]
    assert "Edad: 60 años" in told
    assert any("menos de 0.133 nmol/L (publicado: menos de 133 pmol/L)" in one for one in told)


def test_what_a_value_was_calculated_from_is_said_in_the_readers_language() -> None:
    case = low(900, "pg/mL")
    case["patient"]["sex"] = "female"
    case["facts"]["labs"].append({"analyte": "creatinine", "value": 0.7, "unit": "mg/dL", "day": 0})
    for door, words in (
        (DOOR, "mL/min/1.73 m², from 0.7 mg/dL, "),
        (SPANISH, "mL/min/1.73 m², a partir de 0.7 mg/dL, "),
    ):
        told = [node.text for _, node in outline(door.explain_plainly(case, "kidney"))]
        assert any(words in one for one in told)


def test_a_unit_is_told_as_reports_print_it_and_a_missing_one_once() -> None:
    record = {
        "patient": {"age": 60, "sex": "female"},
        "as_of": "2026-03-02",
        "facts": {
            "labs": [
                {"analyte": "vitamin_b12", "value": 150, "unit": "ng/L", "date": "2026-03-01"},
                {"analyte": "mma", "value": 0.9, "unit": "umol/L", "date": "2026-03-01"},
                {"analyte": "egfr", "value": 71, "date": "2026-03-01"},
                {"analyte": "neutrophils", "value": 3.1, "date": "2026-03-01"},
            ]
        },
    }
    said = DOOR.interpret(record)
    told = said.text.clinician
    assert "71 mL/min/1.73m2, 2026-03-01: 60 mL/min/1.73m2 or above (" in told
    assert "{1.73" not in told
    assert "10*9" not in told
    missing = [one for one in said.data_quality if one.code == "data_quality:unit_missing"]
    assert len(missing) == 1
    assert "×10⁹/L" in missing[0].message


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "told"),
    [
        ("egfr", 60, "mL/min/1.73m2", "60 mL/min/1.73m2, day 0: 60 mL/min/1.73m2 or above"),
        ("egfr", 91, "mL/min/1.73m2", "91 mL/min/1.73m2, day 0: 60 mL/min/1.73m2 or above"),
        ("mma", 0.28, "umol/L", "0.28 umol/L, day 0: 0.28 umol/L or below"),
        ("homocysteine", 15, "umol/L", "15 umol/L, day 0: 15 umol/L or below"),
        ("holotc", 24, "pmol/L", "24 pmol/L, day 0: below 25 pmol/L"),
        ("holotc", 71, "pmol/L", "71 pmol/L, day 0: above 70 pmol/L"),
    ],
)
def test_a_result_at_its_limit_is_never_said_to_lie_beyond_it(
    analyte: str, value: float, unit: str, told: str
) -> None:
    labs = [{"analyte": "vitamin_b12", "value": 300, "unit": "ng/L", "day": 0}]
    labs += [{"analyte": "mma", "value": 0.6, "unit": "umol/L", "day": 0}] if analyte == "egfr" else []
    labs.append({"analyte": analyte, "value": value, "unit": unit, "day": 0})
    said = DOOR.interpret({"patient": {"age": 60, "sex": "female"}, "facts": {"labs": labs}})
    assert told in said.text.clinician
