"""The study reads the survey right, counts by its design, and says no more than it found."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import polars as pl
import pytest
from studies.nhanes import people as survey
from studies.nhanes import readings, report, tables
from studies.nhanes.estimates import estimate

from cobalens import api

PEOPLE = survey.examined()
RULES = readings.ruleset()
LIMITS = readings.limits_of(RULES.packs[api.PRIMARY])


@pytest.fixture(scope="module")
def some() -> pl.DataFrame:
    """Every fifteenth person read as the study reads everybody, and all those with a low or a high B12."""
    far = (pl.col(survey.B12) < 120) | (pl.col(survey.B12) > 900)
    chosen = PEOPLE.with_row_index().filter((pl.col("index") % 15 == 0) | far).drop("index")
    return readings.read_all(tables.with_kidneys(chosen))


def test_the_table_that_ships_is_the_one_that_was_built() -> None:
    told = RULES.lexicon["population"]
    assert survey.FILE.name == told["table"]
    assert hashlib.sha256(survey.FILE.read_bytes()).hexdigest() == told["table_sha256"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("B12 below 148 pmol/L", "2.3"),
        ("B12 below 221 pmol/L", "14.6"),
        ("MMA above 0.271 µmol/L", "6.2"),
        ("MMA above 0.271 µmol/L, 60 and over", "13.9"),
        ("Homocysteine above 15 µmol/L", "4.4"),
    ],
)
def test_the_known_figures_of_the_survey(name: str, known: str) -> None:
    found = {one.name: one for one in tables.known(PEOPLE)}[name]
    assert found.share is not None
    assert found.low is not None
    assert found.high is not None
    assert f"{100 * found.share:.1f}" == known
    assert found.low < found.share < found.high


def test_raised_mma_by_band_counts_the_same_people_as_a_plain_count() -> None:
    bands = {one.group: one for one in tables.by_band(PEOPLE, pl.col(survey.MMA) > float(LIMITS.mma))}
    assert sum(one.people for one in bands.values()) == PEOPLE.filter("studied").height
    plain = PEOPLE.filter(pl.col("studied") & (pl.col(survey.B12) > 1000))
    assert bands["over 1000"].people == plain.height
    assert bands["over 1000"].counted == plain.filter(pl.col(survey.MMA) > float(LIMITS.mma)).height


def test_few_people_are_counted_and_given_no_share() -> None:
    few = estimate(PEOPLE, "few", pl.col(survey.B12) < 90, pl.col(survey.B12) < 95)
    assert few.people < 30
    assert few.share is None
    assert report.interval(few) == f"{few.counted} of {few.people}"


@pytest.mark.parametrize(
    ("b12", "flag", "bands"),
    [
        (132.99, readings.DEFICIENT, readings.DEFICIENT),
        (133, readings.DEFICIENT, readings.SECOND_TEST),
        (147.99, readings.DEFICIENT, readings.SECOND_TEST),
        (148, readings.NOTHING, readings.SECOND_TEST),
        (258, readings.NOTHING, readings.SECOND_TEST),
        (258.01, readings.NOTHING, readings.NOTHING),
    ],
)
def test_the_plainer_readings_at_their_limits(b12: float, flag: str, bands: str) -> None:
    assert readings.by_flag(b12) == flag
    assert readings.by_bands(b12, LIMITS) == bands


def test_the_yardstick_is_withheld_and_all_else_is_told() -> None:
    person = PEOPLE.filter(pl.col("studied") & pl.col("creatinine_umol_l").is_not_null()).to_dicts()[0]
    told = {one["analyte"] for one in survey.record(person)["facts"]["labs"]}
    withheld = {one["analyte"] for one in survey.record(person, survey.YARDSTICK)["facts"]["labs"]}
    assert told - withheld == {"mma", "homocysteine"}
    assert {"vitamin_b12", "creatinine"} <= withheld


def test_nothing_is_said_of_whoever_is_not_studied(some: pl.DataFrame) -> None:
    others = some.filter(~pl.col("studied"))
    assert others.height > 0
    assert others["cobalens"].null_count() == others.height
    assert some.filter("studied")["cobalens"].is_in(readings.CALLS).all()


def test_the_report_shows_every_table_and_fetches_nothing(some: pl.DataFrame, tmp_path: Path) -> None:
    made = tables.tables_of(some, LIMITS)
    page = report.write(made, LIMITS, RULES, tmp_path).read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    assert page.count("<table") == 10
    assert not re.search(r"(?:src|href)=", page.replace('xlink:href="#', ""))
    assert str(made.sizes["studied"]) in page
    assert page == report.rendered(made, LIMITS, RULES)
    assert {one.name for one in tmp_path.glob("*.csv")} >= {"known.csv", "compared.csv"}
