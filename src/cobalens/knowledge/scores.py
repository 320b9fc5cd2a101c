"""The few formulas that turn results into others: each with its source, its verification status and worked values.

Pure arithmetic in exact decimals; which results feed a score, and when, is decided elsewhere.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache

from msgspec import Struct

_EXACT = Context(prec=34)


class Score(Struct, frozen=True, kw_only=True):
    """What a score is and how well it was verified, for the trace and the rulebook."""

    name: str
    label: str
    formula: str
    gives: str
    """The analyte that the result stands for."""
    needs: tuple[str, ...]
    """The analytes that go in; the age and the sex are named as they are."""
    unit: str
    source: str
    status: str
    caution: str = ""


EGFR = Score(
    name="egfr_ckd_epi_2021",
    label="filtration rate from creatinine (CKD-EPI 2021, without race)",
    formula="142 · min(Scr/κ, 1)^α · max(Scr/κ, 1)^−1.200 · 0.9938^age · 1.012 for women; Scr in mg/dL; "
    "κ 0.7 women, 0.9 men; α −0.241 women, −0.302 men",
    gives="egfr",
    needs=("creatinine", "age", "sex"),
    unit="mL/min/{1.73_m2}",
    source="Inker LA et al. N Engl J Med 2021;385:1737-1749",
    status="memory",
    caution="For adults with a stable creatinine; it misleads in acute kidney injury and at extremes of muscle mass.",
)
TSAT_TIBC = Score(
    name="tsat_from_tibc",
    label="transferrin saturation from iron and iron-binding capacity",
    formula="100 · iron / TIBC, both in the same unit",
    gives="tsat",
    needs=("iron", "tibc"),
    unit="%",
    source="Definition of the transferrin saturation",
    status="derived",
)
TSAT_TRANSFERRIN = Score(
    name="tsat_from_transferrin",
    label="transferrin saturation from iron and transferrin",
    formula="100 · iron (mol/L) / (2 · transferrin (g/L) / 79570); one transferrin binds two iron atoms",
    gives="tsat",
    needs=("iron", "transferrin"),
    unit="%",
    source="Derived from the molar mass of transferrin (79.57 kg/mol)",
    status="derived",
    caution="Laboratories use factors that differ by a few percent.",
)
RETICULOCYTES = Score(
    name="absolute_reticulocytes",
    label="reticulocyte count from the percentage and the red cell count",
    formula="reticulocytes (%) / 100 · red cells",
    gives="reticulocytes",
    needs=("reticulocytes_percent", "rbc"),
    unit="10*9/L",
    source="Definition of the absolute reticulocyte count",
    status="derived",
)
COMBINED_B12 = Score(
    name="combined_b12",
    label="combined indicator of B12 status (4cB12)",
    formula="log10((holoTC · B12) / (MMA · homocysteine)) − 3.79 / (1 + (age/230)^2.6); holoTC and B12 in pmol/L, "
    "MMA and homocysteine in µmol/L",
    gives="cb12",
    needs=("holotc", "vitamin_b12", "mma", "homocysteine", "age"),
    unit="1",
    source="F1, F2, F3",
    status="memory",
    caution="Research score, off by default. The age constants 230 and 2.6 are unverified. Total B12 stands in the numerator, "
    "so that a raised binder hides a functional deficiency: it overrules nothing.",
)
SCORES = (EGFR, TSAT_TIBC, TSAT_TRANSFERRIN, RETICULOCYTES, COMBINED_B12)

YOUNGEST_FOR_EGFR = Decimal(18)
"""The equation was made for adults from this age; it is used from the scope age on and says so."""

KAPPA = {"female": Decimal("0.7"), "male": Decimal("0.9")}
ALPHA = {"female": Decimal("-0.241"), "male": Decimal("-0.302")}
SEX_FACTOR = {"female": Decimal("1.012"), "male": Decimal(1)}
AT_KAPPA, ABOVE_KAPPA, EACH_YEAR = Decimal(142), Decimal("-1.200"), Decimal("0.9938")
TRANSFERRIN_MOLAR_MASS = Decimal(79570)
_AGE_TOP, _AGE_SCALE, _AGE_POWER = Decimal("3.79"), Decimal(230), Decimal("2.6")


def egfr_ckd_epi_2021(creatinine_mg_dl: Decimal, age: Decimal, sex: str) -> Decimal | None:
    """Filtration rate in mL/min/1.73 m², to a whole number; ``None`` without a usable creatinine, age or sex."""
    if creatinine_mg_dl <= 0 or age <= 0 or sex not in KAPPA:
        return None
    return (_of_creatinine(creatinine_mg_dl, sex) * _of_age(age) * SEX_FACTOR[sex]).quantize(Decimal(1))


# A power takes longer than all the rest, and people share their ages and their results.
@lru_cache(maxsize=16_384)
def _of_creatinine(creatinine_mg_dl: Decimal, sex: str) -> Decimal:
    ratio = _EXACT.divide(creatinine_mg_dl, KAPPA[sex])
    below = _EXACT.power(min(ratio, Decimal(1)), ALPHA[sex])
    above = _EXACT.power(max(ratio, Decimal(1)), ABOVE_KAPPA)
    return AT_KAPPA * below * above


@lru_cache(maxsize=1_024)
def _of_age(age: Decimal) -> Decimal:
    return _EXACT.power(EACH_YEAR, age)


def tsat_from_tibc(iron: Decimal, tibc: Decimal) -> Decimal | None:
    """Transferrin saturation in percent, to one decimal; both results in the same unit."""
    if iron < 0 or tibc <= 0:
        return None
    return _EXACT.divide(iron * 100, tibc).quantize(Decimal("0.1"))


def tsat_from_transferrin(iron_umol_l: Decimal, transferrin_g_l: Decimal) -> Decimal | None:
    """Transferrin saturation in percent, to one decimal."""
    if iron_umol_l < 0 or transferrin_g_l <= 0:
        return None
    capacity_umol_l = _EXACT.divide(transferrin_g_l * 2 * 1_000_000, TRANSFERRIN_MOLAR_MASS)
    return _EXACT.divide(iron_umol_l * 100, capacity_umol_l).quantize(Decimal("0.1"))


def absolute_reticulocytes(percent: Decimal, red_cells_10_12_l: Decimal) -> Decimal | None:
    """Reticulocytes in 10⁹/L, to one decimal."""
    if percent < 0 or red_cells_10_12_l <= 0:
        return None
    return (percent * red_cells_10_12_l * 10).quantize(Decimal("0.1"))


def combined_b12(
    holotc_pmol_l: Decimal,
    b12_pmol_l: Decimal,
    mma_umol_l: Decimal,
    homocysteine_umol_l: Decimal,
    age: Decimal,
) -> Decimal | None:
    """The 4cB12 to three decimals; ``None`` where one of the five is missing its meaning."""
    if min(holotc_pmol_l, b12_pmol_l, mma_umol_l, homocysteine_umol_l, age) <= 0:
        return None
    ratio = _EXACT.divide(holotc_pmol_l * b12_pmol_l, mma_umol_l * homocysteine_umol_l)
    return (_EXACT.log10(ratio) - age_factor(age)).quantize(Decimal("0.001"))


def age_factor(age: Decimal) -> Decimal:
    """What the age takes off the 4cB12."""
    return _EXACT.divide(_AGE_TOP, 1 + _EXACT.power(_EXACT.divide(age, _AGE_SCALE), _AGE_POWER))
