"""The population that ships gives the survey's known figures, and says of one person what it should."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import cobalens.knowledge
from cobalens.engines.cells import Bound, Cell
from cobalens.engines.population import Group, in_cell, members, percentile, population, share, wilson
from cobalens.engines.standing import standing
from cobalens.model.record import Event, Lab, Record, Span
from tests.whatif.people import knowledge, person

TOLD = knowledge().lexicon["population"]
FILE = TOLD["file"]
PEOPLE = population(FILE)
ADULTS = Group(20)


def weighted(analyte: str, group: Group, counts: Callable[[float], bool]) -> float:
    chosen = members(PEOPLE, group, PEOPLE.order[analyte])
    return 100 * share(PEOPLE, chosen, lambda one: counts(PEOPLE.value(analyte, one))).share


@pytest.mark.parametrize(
    ("analyte", "group", "counts", "known"),
    [
        ("vitamin_b12", ADULTS, lambda value: value < 148, "2.3"),
        ("vitamin_b12", ADULTS, lambda value: value < 221, "14.6"),
        ("mma", ADULTS, lambda value: value > 0.271, "6.2"),
        ("mma", Group(60), lambda value: value > 0.271, "13.9"),
        ("homocysteine", ADULTS, lambda value: value > 15, "4.4"),
    ],
)
def test_a_weighted_figure_of_non_pregnant_adults(
    analyte: str, group: Group, counts: Callable[[float], bool], known: str
) -> None:
    assert f"{weighted(analyte, group, counts):.1f}" == known


@pytest.mark.parametrize(
    ("low", "high", "known"),
    [
        (None, "111", "76"),
        ("111", "148", "30"),
        ("221", "300", "8"),
        ("600", "1000", "1.7"),
        ("1000", None, "9.5"),
    ],
)
def test_raised_mma_by_band_of_b12_unweighted(low: str | None, high: str | None, known: str) -> None:
    cell = Cell(Bound(Decimal(low), True) if low else None, Bound(Decimal(high), True) if high else None)
    chosen = [
        one
        for one in members(PEOPLE, ADULTS, in_cell(PEOPLE, "vitamin_b12", cell))
        if PEOPLE.columns["mma"][one]
    ]
    raised = sum(PEOPLE.value("mma", one) > 0.271 for one in chosen)
    decimals = len(known.partition(".")[2])
    assert f"{100 * raised / len(chosen):.{decimals}f}" == known
    if low == "1000":
        assert (raised, len(chosen)) == (6, 63)


def test_the_file_is_the_one_that_the_knowledge_names_and_it_is_small() -> None:
    content = (Path(cobalens.knowledge.__file__).parent / "population" / FILE).read_bytes()
    assert hashlib.sha256(content).hexdigest() == TOLD["sha256"]
    assert len(content) < 400_000


def test_percentiles_rise_with_the_value() -> None:
    group = Group(40, 60, 2)
    found = [
        percentile(FILE, "vitamin_b12", group, Decimal(value))
        for value in (1, 100, 200, 300, 500, 900, 999999)
    ]
    ranks = [one[0] for one in found if one is not None]
    assert ranks == sorted(ranks)
    assert (ranks[0], ranks[-1]) == (0, 100)


@pytest.mark.parametrize(
    ("hits", "size", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (15, 148, 0.0624, 0.1605)],
)
def test_wilsons_interval_at_known_values(hits: int, size: int, low: float, high: float) -> None:
    assert wilson(hits / size, size, 1.959964) == pytest.approx((low, high), abs=2e-4)


def record(value: str, unit: str = "pmol/L", *said: str, analyte: str = "vitamin_b12") -> Record:
    lab = Lab(
        analyte=analyte, where="labs[0]", text=f"{value} {unit}", lo=Decimal(value), hi=Decimal(value), unit=unit,
        when=Span(0, 0),
    )  # fmt: skip
    events = tuple(
        Event(concept=name, where=f"said[{n}]", text=name) for n, name in enumerate(("female", *said))
    )
    return Record(id="made by hand", age=Decimal(66), labs=(lab,), events=events)


def test_a_person_stands_at_a_percentile_of_sex_and_age_and_beside_adults_of_a_like_b12() -> None:
    found = standing(person(record("140")))
    assert found is not None
    assert [one.analyte for one in found.percentiles] == ["vitamin_b12"]
    assert found.percentiles[0].ages == "56 to 76"
    assert 1 < found.percentiles[0].percentile < 8
    raised = found.raised_mma
    assert raised is not None
    assert raised.people >= 30
    assert raised.low < raised.share < raised.high
    assert "not people with cancer" in found.caveat


def test_the_unit_makes_no_difference() -> None:
    one, other = standing(person(record("140"))), standing(person(record("189.75", "ng/L")))
    assert one is not None
    assert other is not None
    assert one.percentiles[0].percentile == pytest.approx(other.percentiles[0].percentile, abs=0.1)


def test_where_mma_was_measured_its_frequency_in_others_is_not_told() -> None:
    with_mma = record("140")
    mma = Lab(
        analyte="mma", where="labs[1]", text="0.5 umol/L", lo=Decimal("0.5"), hi=Decimal("0.5"), unit="umol/L",
        when=Span(0, 0),
    )  # fmt: skip
    found = standing(
        person(Record(id="x", age=Decimal(66), labs=(*with_mma.labs, mma), events=with_mma.events))
    )
    assert found is not None
    assert found.raised_mma is None
    assert [one.analyte for one in found.percentiles] == ["vitamin_b12", "mma"]


def test_pregnancy_has_no_counterpart_in_the_population() -> None:
    assert standing(person(record("140", "pmol/L", "pregnant"))) is None


def test_a_level_after_a_dose_is_not_set_beside_natural_levels() -> None:
    found = standing(person(record("900", "pmol/L", "b12_injection")))
    assert found is None or found.raised_mma is None
