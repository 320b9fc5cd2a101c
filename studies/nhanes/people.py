"""The survey's people as they ship with the program, and each as a record that Cobalens reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

import cobalens.knowledge

FILE = Path(cobalens.knowledge.__file__).parent / "population" / "nhanes-2001-2002.parquet"
ADULT = 20
B12, MMA, HOMOCYSTEINE = "b12_pmol_l", "mma_umol_l", "hcy_umol_l"
MEASURED = {
    B12: ("vitamin_b12", "pmol/L"),
    MMA: ("mma", "umol/L"),
    HOMOCYSTEINE: ("homocysteine", "umol/L"),
    "folate_serum_nmol_l": ("folate_serum", "nmol/L"),
    "folate_rbc_nmol_l": ("folate_rbc", "nmol/L"),
    "ferritin_ug_l": ("ferritin", "ug/L"),
    "creatinine_umol_l": ("creatinine", "umol/L"),
    "alt_u_l": ("alt", "U/L"),
    "ast_u_l": ("ast", "U/L"),
    "ggt_u_l": ("ggt", "U/L"),
    "alp_u_l": ("alp", "U/L"),
    "albumin_g_l": ("albumin", "g/L"),
    "ldh_u_l": ("ldh", "U/L"),
    "urea_mmol_l": ("urea", "mmol/L"),
    "iron_umol_l": ("iron", "umol/L"),
}
"""Column of the survey -> the analyte and its unit."""
YARDSTICK = (MMA, HOMOCYSTEINE)


def examined() -> pl.DataFrame:
    """Everybody examined, one row a person; whoever is not studied stays in, for the survey's design."""
    people = pl.read_parquet(FILE)
    return people.with_columns(
        studied=(
            (pl.col("age_years") >= ADULT)
            & ~pl.col("pregnant")
            & pl.all_horizontal(pl.col(name).is_not_null() for name in (B12, *YARDSTICK))
        )
    )


def record(person: dict[str, Any], withheld: tuple[str, ...] = ()) -> dict[str, Any]:
    """A case: age, sex and every result measured, but for those withheld. Nothing else is known of anybody."""
    labs = [
        {"analyte": analyte, "value": person[column], "unit": unit, "day": 0}
        for column, (analyte, unit) in MEASURED.items()
        if column not in withheld and person[column] is not None
    ]
    sex = {"M": "male", "F": "female"}[person["sex"]]
    return {
        "patient": {"age": int(person["age_years"]), "sex": sex, "pregnant": False},
        "facts": {"labs": labs},
    }
