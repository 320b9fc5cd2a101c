"""Weighted shares with their 95 % intervals, by the survey's own design: strata, primary units, examination weights."""

from __future__ import annotations

import polars as pl
import svy
from msgspec import Struct

STRATUM, UNIT, WEIGHT = "SDMVSTRA", "SDMVPSU", "WTMEC2YR"
FEWEST = 30
"""Below this many people a share is shown as a count only."""


class Estimate(Struct, frozen=True):
    """One share of a group. ``share`` and its interval are ``None`` where the group is too small, or all or nobody counts."""

    name: str
    group: str
    counted: int
    people: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


def estimate(people: pl.DataFrame, name: str, counts: pl.Expr, among: pl.Expr, group: str = "") -> Estimate:
    """The share of those in ``among`` for whom ``counts`` holds.

    The others stay in the sample as another domain, so that the variance knows the whole design.
    """
    marked = people.with_columns(
        y=counts.fill_null(value=False).cast(pl.Int8), domain=among.fill_null(value=False).cast(pl.Int8)
    )
    inside = marked.filter(pl.col("domain") == 1)
    counted, size = int(inside["y"].sum()), inside.height
    if size < FEWEST or counted in (0, size):
        return Estimate(name, group, counted, size)
    design = svy.Design(stratum=STRATUM, psu=UNIT, wgt=WEIGHT)
    sample = svy.Sample(data=marked.select("y", "domain", STRATUM, UNIT, WEIGHT), design=design)
    made = sample.estimation.prop(y="y", by="domain")
    table = (made[0] if isinstance(made, list) else made).to_polars()
    row = table.filter((pl.col("domain").cast(pl.Int8) == 1) & (pl.col("y").cast(pl.Int8) == 1)).to_dicts()[0]
    return Estimate(name, group, counted, size, row["est"], row["lci"], row["uci"])
