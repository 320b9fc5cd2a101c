"""Formulas against worked values: those published or recomputed by hand, both branches, and what they refuse."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cobalens.knowledge import scores


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        ("1.0", "50", "male", 92),
        ("1.0", "50", "female", 69),
        ("0.7", "40", "female", 112),
        ("0.5", "30", "female", 129),
        ("0.6", "25", "male", 137),
        ("1.4", "78", "female", 39),
        ("3.37", "74", "male", 18),
        ("0.9", "20", "male", 125),
    ],
)
def test_the_filtration_rate_follows_the_2021_equation(creatinine, age, sex, expected):
    found = scores.egfr_ckd_epi_2021(Decimal(creatinine), Decimal(age), sex)
    # an independent evaluation in binary floating point
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    ratio = float(creatinine) / kappa
    again = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938 ** float(age) * factor
    assert found == round(again)
    assert found == expected


def test_a_rising_creatinine_never_raises_the_filtration_rate():
    values = [scores.egfr_ckd_epi_2021(Decimal(c) / 100, Decimal(60), "female") for c in range(30, 600, 7)]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex"),
    [("0", "50", "male"), ("-1", "50", "male"), ("1", "0", "male"), ("1", "50", "unknown")],
)
def test_no_filtration_rate_is_invented_without_creatinine_age_or_sex(creatinine, age, sex):
    assert scores.egfr_ckd_epi_2021(Decimal(creatinine), Decimal(age), sex) is None


def test_transferrin_saturation_from_binding_capacity():
    assert scores.tsat_from_tibc(Decimal(8), Decimal(60)) == Decimal("13.3")
    assert scores.tsat_from_tibc(Decimal(60), Decimal(300)) == Decimal("20.0")
    assert scores.tsat_from_tibc(Decimal(8), Decimal(0)) is None


def test_transferrin_saturation_from_transferrin_uses_two_sites_each():
    assert scores.tsat_from_transferrin(Decimal(10), Decimal("2.5")) == Decimal("15.9")
    assert scores.tsat_from_transferrin(Decimal(20), Decimal("2.0")) == Decimal("39.8")
    assert scores.tsat_from_transferrin(Decimal(20), Decimal(0)) is None


def test_reticulocytes_in_absolute_numbers():
    assert scores.absolute_reticulocytes(Decimal(2), Decimal("4.5")) == Decimal("90.0")
    assert scores.absolute_reticulocytes(Decimal(2), Decimal(0)) is None


@pytest.mark.parametrize(
    ("holotc", "b12", "mma", "homocysteine", "age", "expected"),
    [
        ("70", "350", "0.15", "9", "40", "0.509"),
        ("60", "300", "0.20", "10", "50", "0.235"),
        ("70", "258", "0.28", "15", "70", "0.008"),
        ("25", "133", "0.40", "15", "65", "-0.910"),
        ("15", "150", "0.90", "25", "60", "-1.678"),
        ("8", "80", "5.0", "60", "70", "-3.296"),
        ("150", "900", "0.10", "6", "55", "1.652"),
        ("40", "900", "0.75", "30", "68", "-0.433"),
    ],
)
def test_the_combined_indicator_gives_the_worked_values(holotc, b12, mma, homocysteine, age, expected):
    assert scores.combined_b12(
        Decimal(holotc), Decimal(b12), Decimal(mma), Decimal(homocysteine), Decimal(age)
    ) == Decimal(expected)


@pytest.mark.parametrize(
    ("age", "factor"),
    [
        (20, "3.7834"),
        (30, "3.7711"),
        (40, "3.7503"),
        (50, "3.7196"),
        (60, "3.6782"),
        (65, "3.6533"),
        (70, "3.6255"),
        (80, "3.5614"),
        (90, "3.4860"),
    ],
)
def test_the_age_factor_gives_the_worked_values(age, factor):
    assert scores.age_factor(Decimal(age)).quantize(Decimal("0.0001")) == Decimal(factor)


def test_the_combined_indicator_needs_all_four_markers():
    assert scores.combined_b12(Decimal(0), Decimal(300), Decimal("0.2"), Decimal(10), Decimal(50)) is None


def test_every_score_names_its_source_and_status():
    for score in scores.SCORES:
        assert score.source
        assert score.formula
        assert score.status in {"verified", "secondary", "derived", "memory", "proposal"}


def test_the_combined_indicator_says_that_its_age_constants_are_unverified():
    assert scores.COMBINED_B12.status == "memory"
    assert "unverified" in scores.COMBINED_B12.caution
