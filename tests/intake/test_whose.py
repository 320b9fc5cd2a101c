"""A relative's laboratory result is not the patient's; it is told as not used."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Record


def read(note: str) -> Record:
    return read_case({"patient": {}, "facts": {"note": note}}, RULES)


def levels(note: str) -> list[tuple[str, str]]:
    return [(lab.analyte, str(lab.lo)) for lab in read(note).labs]


@pytest.mark.parametrize(
    ("note", "used"),
    [
        ("Her brother's vitamin B12 was 101 ng/L. Her own is 402 ng/L.", [("vitamin_b12", "402")]),
        ("Patient's aunt's serum B12 96 pmol/L and ferritin 7 ug/L.", []),
        ("His sister had a B12 of 77 ng/L; his active B12 is 52 pmol/L", [("holotc", "52")]),
        ("The uncle's MMA was 0.9 umol/L, hers 0.2 umol/L", []),
    ],
)
def test_a_relatives_result_is_not_the_patients(note: str, used: list[tuple[str, str]]) -> None:
    assert levels(note)[: len(used)] == used
    assert not {("vitamin_b12", n) for n in ("101", "96", "77")} & set(levels(note))
    assert "0.9" not in [number for _, number in levels(note)]


def test_a_relatives_result_is_told_as_not_used() -> None:
    said = [one.text for one in read("Her brother's vitamin B12 was 101 ng/L.").not_understood]
    assert said == ["vitamin B12 was 101 ng/L"]


@pytest.mark.parametrize(
    "note",
    [
        "Patient's B12 was 140 ng/L.",
        "Mr Cole's B12 was 140 ng/L.",
        "Mother had pernicious anaemia. B12 was 140 ng/L",
        "Mother has diabetes; B12 140 ng/L",
        "My dad's B12 was 140 ng/L. He is 75 and has numb feet.",
        "Filling this in for my mother. Mum's B12 is 140 ng/L.",
    ],
)
def test_the_patients_result_stays_beside_a_relative(note: str) -> None:
    assert levels(note) == [("vitamin_b12", "140")]
