"""A result beside a number on another scale is said to be so; on one scale nothing is said."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.compiler import load_ruleset
from cobalens.intake.casefile import read_case

SCALE = "data_quality:unit_conversion"


def said(labs: list[dict[str, Any]], note: str = "") -> bool:
    record = read_case({"patient": {}, "facts": {"labs": labs, "note": note}}, load_ruleset())
    return any(one.code == SCALE for one in record.notes)


def b12(value: int, unit: str, **more: object) -> dict[str, Any]:
    return {"analyte": "vitamin_b12", "value": value, "unit": unit, "day": 0, **more}


@pytest.mark.parametrize(
    ("labs", "note"),
    [
        ([b12(241, "pmol/L", note="reference printed as 190-880 ng/L")], ""),
        ([b12(241, "pmol/L", ref_range="190-880 ng/L")], ""),
        ([b12(241, "pmol/L"), b12(330, "ng/L", day=-90)], ""),
        ([b12(150, "pmol/L")], "Our poster calls anything below 180 deficient."),
        ([b12(150, "pmol/L")], "The form gives the B12 range in pg/mL."),
        ([b12(170, "ng/L")], "The leaflet has a cut-off of 133."),
    ],
)
def test_two_scales_are_said(labs: list[dict[str, Any]], note: str) -> None:
    assert said(labs, note)


@pytest.mark.parametrize(
    ("labs", "note"),
    [
        ([b12(241, "pmol/L", ref_range="145-569 pmol/L")], ""),
        ([b12(170, "ng/L")], "The chart says under 180 is deficient."),
        ([b12(241, "pmol/L")], "Ferritin is low, 180 cm tall, serum folate 4.1 ng/mL."),
        ([b12(241, "pmol/L")], "Takes B12 1000 mcg daily, systolic 180 under stress."),
        ([b12(350, "pg/mL"), b12(340, "ng/L", day=-90)], ""),
    ],
)
def test_one_scale_is_no_matter(labs: list[dict[str, Any]], note: str) -> None:
    assert not said(labs, note)


def test_a_range_in_another_unit_does_not_flag_the_number() -> None:
    record = read_case(
        {"patient": {}, "facts": {"labs": [b12(165, "pmol/L", ref_range="180-900 pg/mL")]}}, load_ruleset()
    )
    assert (record.labs[0].ref_low, record.labs[0].qualitative) == (None, None)
