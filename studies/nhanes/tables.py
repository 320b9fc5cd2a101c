"""The study's figures as tables of estimates; each table answers one question of the report."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl
from msgspec import Struct

from cobalens.knowledge.scores import egfr_ckd_epi_2021
from studies.nhanes.estimates import Estimate, estimate
from studies.nhanes.people import B12, HOMOCYSTEINE, MMA
from studies.nhanes.readings import DEFICIENT, NOTHING, SECOND_TEST, Limits

UMOL_PER_MG_DL = Decimal("88.4")
KIDNEYS_WORK = 60
AGES = ((20, 39), (40, 59), (60, 74), (75, 120))
BANDS = (0, 111, 148, 221, 300, 400, 600, 1000)
READINGS = {
    "flag": "Laboratory flag only",
    "nice": "NICE bands only",
    "afp": "AFP 2025 bands only",
    "cobalens": "Cobalens, markers withheld",
}


class Tables(Struct, frozen=True):
    """Everything the report shows."""

    adults: Estimate
    known: tuple[Estimate, ...]
    by_age: tuple[Estimate, ...]
    by_band: tuple[Estimate, ...]
    settled: tuple[Estimate, ...]
    high: tuple[Estimate, ...]
    high_said: tuple[Estimate, ...]
    compared: tuple[Estimate, ...]
    """``name``: the reading; ``group``: ``<yardstick>|<measure>``."""
    asked: tuple[Estimate, ...]
    sizes: dict[str, int]


def with_kidneys(people: pl.DataFrame) -> pl.DataFrame:
    """``egfr`` from creatinine, age and sex; null where creatinine was not measured."""
    rates = [
        None
        if one["creatinine_umol_l"] is None
        else egfr_ckd_epi_2021(
            Decimal(str(one["creatinine_umol_l"])) / UMOL_PER_MG_DL,
            Decimal(str(one["age_years"])),
            {"M": "male", "F": "female"}[one["sex"]],
        )
        for one in people.to_dicts()
    ]
    values = [None if rate is None else float(rate) for rate in rates]
    return people.with_columns(egfr=pl.Series(values, dtype=pl.Float64))


def yardsticks(limits: Limits) -> dict[str, pl.Expr]:
    """What counts as functional deficiency; none of the readings has seen it."""
    raised = pl.col(MMA) > float(limits.mma)
    return {
        "MMA raised": raised,
        "MMA clearly raised": pl.col(MMA) > float(limits.mma_clear),
        "MMA and homocysteine raised": raised & (pl.col(HOMOCYSTEINE) > float(limits.homocysteine)),
        "MMA raised, kidneys working": raised & (pl.col("egfr") >= KIDNEYS_WORK),
    }


def tables_of(people: pl.DataFrame, limits: Limits) -> Tables:
    studied, sticks = pl.col("studied"), yardsticks(limits)
    high = studied & (pl.col(B12) > float(limits.high))
    open_now = studied & (pl.col("without") == "possible")
    return Tables(
        adults=estimate(people, "studied", studied, pl.col("age_years") >= AGES[0][0]),
        known=tuple(known(people)),
        by_age=tuple(by_age(people, limits, sticks)),
        by_band=tuple(by_band(people, sticks["MMA raised"])),
        settled=tuple(
            estimate(people, name, pl.col("with").is_in(values), open_now)
            for name, values in (
                ("Confirmed or probable deficiency", ["confirmed", "probable"]),
                ("Deficiency unlikely", ["unlikely"]),
                ("Still open", ["possible", "not_assessable"]),
            )
        ),
        high=tuple(estimate(people, name, counts, high) for name, counts in sticks.items()),
        high_said=tuple(
            estimate(people, name, pl.col("answer_with") == answer, high)
            for name, answer in (
                ("Biomarker needing interpretation", "biomarker"),
                ("Both", "both"),
                ("Undetermined", "undetermined"),
            )
        ),
        compared=tuple(compared(people, sticks)),
        asked=tuple(
            estimate(people, label, pl.col(column) == call, studied, call)
            for column, label in READINGS.items()
            for call in (DEFICIENT, SECOND_TEST, NOTHING)
        ),
        sizes={
            "examined": people.height,
            "studied": people.filter("studied").height,
            "high": people.filter(high).height,
            "open": people.filter(open_now).height,
            "same_as_nice": people.filter(studied & (pl.col("cobalens") == pl.col("nice"))).height,
        },
    )


def known(people: pl.DataFrame) -> Iterator[Estimate]:
    """Figures known from elsewhere, to show that the population is read right: non-pregnant adults with that result."""
    adult = (pl.col("age_years") >= AGES[0][0]) & ~pl.col("pregnant")
    for name, column, counts, who in (
        ("B12 below 148 pmol/L", B12, pl.col(B12) < 148, adult),
        ("B12 below 221 pmol/L", B12, pl.col(B12) < 221, adult),
        ("MMA above 0.271 µmol/L", MMA, pl.col(MMA) > 0.271, adult),
        (
            "MMA above 0.271 µmol/L, 60 and over",
            MMA,
            pl.col(MMA) > 0.271,
            adult & (pl.col("age_years") >= 60),
        ),
        ("Homocysteine above 15 µmol/L", HOMOCYSTEINE, pl.col(HOMOCYSTEINE) > 15, adult),
    ):
        yield estimate(people, name, counts, who & pl.col(column).is_not_null())


def by_age(people: pl.DataFrame, limits: Limits, sticks: dict[str, pl.Expr]) -> Iterator[Estimate]:
    b12 = pl.col(B12)
    states = {
        "B12 low": b12 < float(limits.low),
        "B12 indeterminate": (b12 >= float(limits.low)) & (b12 <= float(limits.ample)),
        "B12 high": b12 > float(limits.high),
        "MMA raised": sticks["MMA raised"],
        "MMA and homocysteine raised": sticks["MMA and homocysteine raised"],
    }
    for name, counts in states.items():
        for first, last in AGES:
            among = pl.col("studied") & pl.col("age_years").is_between(first, last + 0.999)
            yield estimate(
                people, name, counts, among, f"{first} and over" if last > 100 else f"{first} to {last}"
            )


def by_band(people: pl.DataFrame, raised: pl.Expr) -> Iterator[Estimate]:
    for low, high in zip(BANDS, (*BANDS[1:], None), strict=True):
        band = pl.col(B12) > low if high is None else (pl.col(B12) > low) & (pl.col(B12) <= high)
        name = f"over {low}" if high is None else f"up to {high}" if low == 0 else f"{low} to {high}"
        yield estimate(people, "MMA raised", raised, pl.col("studied") & band, name)


def compared(people: pl.DataFrame, sticks: dict[str, pl.Expr]) -> Iterator[Estimate]:
    """Of those with functional deficiency, who is found at once or sent for the test; of those called deficient, who has it."""
    for stick, has in sticks.items():
        studied = pl.col("studied")
        if "kidneys" in stick:
            studied &= pl.col("egfr") >= KIDNEYS_WORK
        for column, label in READINGS.items():
            call = pl.col(column)
            yield estimate(people, label, call == DEFICIENT, studied & has, f"{stick}|called deficient")
            yield estimate(
                people, label, call != NOTHING, studied & has, f"{stick}|deficient or sent for a test"
            )
            yield estimate(people, label, has, studied & (call == DEFICIENT), f"{stick}|right when deficient")
            yield estimate(
                people, label, ~has, studied & (call == NOTHING), f"{stick}|right when no further step"
            )
