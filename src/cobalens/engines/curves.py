"""How a test runs with age in the reference population, in the unit of one person's result. It decides nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from cobalens.engines.person import Person
from cobalens.engines.population import OLDEST, SEXES, Group, ladder, population
from cobalens.engines.remeasure import exact, lab_in_hand
from cobalens.engines.standing import OLDEST_CODED, in_unit, pregnant, settings, sex_of
from cobalens.model.counterfactual import Curve

STEPS = (5, 25, 50, 75, 95)
"""The percentiles that are drawn."""
EVERY = 5
"""Years from one point of a line to the next."""


def curves(person: Person) -> Iterator[Curve]:
    """A curve for each test that the survey holds and that this person has as an exact result."""
    told, age, sex = settings(person), person.record.age, sex_of(person)
    if told is None or age is None or sex is None or pregnant(person) or age < int(told["youngest_adult"]):
        return
    for analyte, unit in told["units"].items():
        lab = lab_in_hand(person, analyte)
        value, there = exact(lab), in_unit(person, analyte, unit)
        if lab is None or lab.unit is None or not value or not there:
            continue
        lines = lines_for(
            told["file"], analyte, sex, int(told["youngest_adult"]), int(told["years_either_side"]), int(told["fewest"])
        )  # fmt: skip
        if not lines or not lines[0][1]:
            continue
        yield Curve(
            analyte=analyte,
            unit=lab.unit,
            sex=next(name for name, code in SEXES.items() if code == sex),
            age=age,
            value=value,
            lines=tuple(
                (step, tuple((at, rounded(one * value / there)) for at, one in points))
                for step, points in lines
            ),
            years=int(told["years_either_side"]),
            title=told["title"],
            caveat=told["caveat"],
        )


@lru_cache(maxsize=16)
def lines_for(
    file: str, analyte: str, sex: int, youngest: int, reach: int, fewest: int
) -> tuple[tuple[int, tuple[tuple[int, Decimal], ...]], ...]:
    """The percentiles at each age, in the unit of the survey; ages at which too few were examined are left out."""
    factor = population(file).factors[analyte]
    found: dict[int, list[tuple[int, Decimal]]] = {step: [] for step in STEPS}
    for age in range(youngest, OLDEST_CODED + 1, EVERY):
        oldest = age + reach
        group = Group(max(youngest, age - reach), OLDEST if oldest >= OLDEST_CODED else oldest, sex)
        stored, weights = ladder(file, analyte, group)
        if len(stored) < fewest:
            continue
        for step in STEPS:
            place = min(bisect_left(weights, weights[-1] * step / 100), len(stored) - 1)
            found[step].append((age, Decimal(stored[place]) / factor))
    return tuple((step, tuple(points)) for step, points in found.items())


def rounded(value: Decimal) -> Decimal:
    """To three figures, as a result is read off a curve."""
    return Decimal(f"{value:.3g}")
