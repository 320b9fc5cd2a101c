"""One day behind several results, how often and since when, signs too short to be read, and several patients in one note."""

from __future__ import annotations

import pytest

from cobalens.compiler import load_ruleset
from cobalens.intake.casefile import read_case
from cobalens.model.record import Record

MAY = -203
"""From 5 May to 24 November 2026."""


def read(text: str) -> Record:
    return read_case({"patient": {}, "facts": {"note": text}}, load_ruleset(), as_of="2026-11-24")


def days(text: str) -> dict[str, int | None]:
    return {lab.analyte: lab.when.first for lab in read(text).labs}


def listed(text: str) -> list[str]:
    return [one.text for one in read(text).not_understood]


@pytest.mark.parametrize(
    "text",
    [
        "B12 130 ng/L, MCV 104 fL, 5 May 2026", "B12 130 ng/L and MCV 104 fL, 5 May 2026.", "B12 130 ng/L, MCV 104 fL on 5 May 2026.",
        "B12 130 ng/L & MCV 104 fL, 05/05/2026; vegan.",
    ],
)  # fmt: skip
def test_one_day_behind_a_list_is_the_day_of_all(text: str) -> None:
    assert days(text) == {"vitamin_b12": MAY, "mcv": MAY}


@pytest.mark.parametrize("head", ["Bloods", "Analítica", "analitica"])
def test_a_day_that_heads_a_line_is_the_day_of_all(head: str) -> None:
    assert days(f"{head} 05/05/2026: B12 130 ng/L, MCV 104 fL") == {"vitamin_b12": MAY, "mcv": MAY}


@pytest.mark.parametrize(
    ("text", "b12"),
    [
        ("B12 130 ng/L (3 May 2024), MCV 104 fL, 5 May 2026", -935),
        ("B12 130 ng/L, MCV 104 fL (5 May 2026)", None),
        ("B12 130 ng/L, numb feet, MCV 104 fL, 5 May 2026", None),
        ("B12 130 ng/L; MCV 104 fL, 5 May 2026", None),
        ("B12 130 ng/L. MCV 104 fL, 5 May 2026", None),
    ],
)
def test_a_result_with_a_day_of_its_own_or_apart_from_the_list_keeps_it(text: str, b12: int | None) -> None:
    assert days(text) == {"vitamin_b12": b12, "mcv": MAY}


def test_a_day_behind_an_operation_is_no_day_of_results() -> None:
    assert days("B12 130 ng/L, MCV 104 fL, gastrectomy 5 May 2020") == {"vitamin_b12": None, "mcv": None}


@pytest.mark.parametrize(
    "text",
    ["Mg 0.6", "Mg: 0.6", "B12 130 ng/L, Mg 0.6", "Na 128, B12 130 ng/L", "Se 0.4", "U 12, B12 130 ng/L"],
)
def test_a_sign_with_a_number_is_listed(text: str) -> None:
    assert any(one in text.split(", ") for one in listed(text)), listed(text)


@pytest.mark.parametrize("text", ["metformin 500 mg", "insulin 10 U 2 hourly", "K 2.9"])
def test_a_dose_is_no_sign(text: str) -> None:
    assert listed(text) in ([], ["insulin 10 U 2 hourly"])


@pytest.mark.parametrize(
    "text",
    [
        "Bed 4 PA, on B12 injections; bed 5 (this pt) numb feet.", "Bed 4: PA, B12 injections. Bed 5 (our patient): numb feet, B12 130 ng/L.",
        "Patient A: PA, B12 injections. Patient B is our patient: numb feet.", "Bed 5 this pt: numb feet.\nBed 6: PA, B12 injections.",
    ],
)  # fmt: skip
def test_of_several_patients_the_one_that_is_marked_is_meant(text: str) -> None:
    said = {one.concept for one in read(text).events}
    assert "paraesthesia" in said
    assert not said & {"pernicious_anaemia", "b12_injection"}
    assert any("PA" in one for one in listed(text))


@pytest.mark.parametrize(
    "text",
    [
        "Bed 5: known pernicious anaemia.",
        "Moved from bed 4 to bed 5. PA since 2019.",
        "Bed 12. This pt has PA.",
    ],
)
def test_where_nobody_is_told_apart_everything_is_the_patients(text: str) -> None:
    assert "pernicious_anaemia" in {one.concept for one in read(text).events}


def starts(text: str) -> dict[str, int | None]:
    return {one.concept: one.start.first for one in read(text).events}


@pytest.mark.parametrize(
    "often",
    ["3 times a day", "three times a week", "thrice a day", "500 mg 3 x a day", "one a day", "two tablets a week", "a tablet a day", "1000 mg a day"],
)  # fmt: skip
def test_how_often_is_no_time_since_when(often: str) -> None:
    assert starts(f"Takes metformin {often}.") == {"metformin": None}


@pytest.mark.parametrize(
    "since",
    ["a year ago", "for a year", "about a year", "2 tablets a day for a year", "a year now", "x a year"],
)
def test_a_time_beside_how_often_is_since_when(since: str) -> None:
    assert starts(f"Takes metformin {since}.") == {"metformin": -365}


def test_a_brand_of_multivitamin_bears_its_capitals() -> None:
    assert starts("Takes One A Day.") == {"b12_low_dose_supplement": None}


@pytest.mark.parametrize(
    "text", ["Sample haemolysed, B12 not reported.", "B12 not issued", "B12: unable to report"]
)
def test_a_test_without_a_result_denies_no_treatment(text: str) -> None:
    assert read(text).events == ()


@pytest.mark.parametrize("text", ["B12 ▼ 132 ng/L (197-771)", "B12 132 ng/L ▼", "Vitamin B12 ⬇132 ng/L"])
def test_triangles_are_arrows(text: str) -> None:
    assert [(lab.analyte, lab.text) for lab in read(text).labs] == [("vitamin_b12", "132 ng/L")]
