"""Units and conversions against others' word: UCUM's own functional tests where they are at hand, and pint with ucumvert."""

from __future__ import annotations

import functools
import random
import xml.etree.ElementTree as ET
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from tests.intake.lab_index import analytes

from cobalens.intake.laboratory import units

FUNCTIONAL = Path(__file__).parents[3] / "shared" / "data" / "ucum" / "UcumFunctionalTests.xml"
"""Eclipse Public Licence: read where it lies, not shipped."""


@functools.lru_cache(maxsize=1)
def registry() -> Any:
    """UCUM codes as quantities, by people who have nothing to do with this project."""
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()


def said(code: str) -> Any:
    """One of this unit, in the oracle's words; an equivalent of a single charge is a mole."""
    return registry().from_ucum(code.replace("eq", "mol"))


def pairs() -> list[tuple[str, str, str]]:
    """Every two units of one test, once for each test that has them."""
    found = []
    for name, analyte in sorted(analytes().items()):
        found += [(name, one, other) for one, other in permutations(analyte.units, 2)]
    return found


def convertible(name: str, one: str, other: str) -> bool:
    analyte = analytes()[name]
    accepted = units.dimensions_of(analyte)
    source, target = units.parse_for(one, accepted), units.parse_for(other, accepted)
    assert source is not None
    assert target is not None
    return units.convert(Decimal(1), source, target, analyte.molar_mass) is not None


CONVERTED = [
    (name, one, other)
    for name, one, other in pairs()
    # Laboratories write U and IU for one another; to UCUM they are two things.
    if convertible(name, one, other) and ("[IU]" in one) == ("[IU]" in other)
]


def test_most_pairs_of_units_of_one_test_can_be_converted() -> None:
    left = {pair for pair in pairs() if not convertible(*pair)}
    assert len(CONVERTED) > 5 * len(left) / 2
    # What is left measures something else: a ratio, an arbitrary unit, or a mass against an activity.
    for name, one, other in sorted(left):
        accepted = units.dimensions_of(analytes()[name])
        source, target = units.parse_for(one, accepted), units.parse_for(other, accepted)
        assert source is not None
        assert target is not None
        assert source.dimension != target.dimension


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CONVERTED}))
def test_every_conversion_agrees_with_an_independent_library(name: str) -> None:
    pytest.importorskip("ucumvert")
    analyte, chance = analytes()[name], random.Random(name)
    accepted = units.dimensions_of(analyte)
    for one, other in ((one, other) for of, one, other in CONVERTED if of == name):
        source, target = units.parse_for(one, accepted), units.parse_for(other, accepted)
        assert source is not None
        assert target is not None
        for value in (Decimal(chance.randint(1, 10**9)).scaleb(-chance.randint(0, 6)) for _ in range(3)):
            ours = units.convert(value, source, target, analyte.molar_mass)
            quantity = registry().Quantity(float(value), said(source.ucum).units)
            if source.dimension != target.dimension:
                assert analyte.molar_mass is not None
                mass = registry().Quantity(float(analyte.molar_mass), "gram / mole")
                quantity = quantity / mass if source.dimension == units.MASS else quantity * mass
            theirs = quantity.to(said(target.ucum).units).magnitude
            assert ours is not None
            assert float(ours) == pytest.approx(theirs, rel=1e-12), (one, other, value)


@pytest.mark.parametrize("code", sorted({unit for analyte in analytes().values() for unit in analyte.units}))
def test_every_unit_that_is_read_is_a_valid_ucum_code(code: str) -> None:
    pytest.importorskip("ucumvert")
    found = units.parse(code)
    assert found is not None
    assert registry().from_ucum(found.ucum) is not None


# --- UCUM's own tests ---------------------------------------------------------------------------------------------


def cases(kind: str) -> list[dict[str, str]]:
    if not FUNCTIONAL.is_file():
        return []
    tree = ET.parse(FUNCTIONAL)
    return [dict(one.attrib) for one in tree.getroot().iterfind(f"{kind}/case")]


needed = pytest.mark.skipif(not FUNCTIONAL.is_file(), reason="UCUM's functional tests are not at hand")


@needed
def test_units_that_ucum_calls_invalid_are_read_as_a_person_means_them_or_not_at_all() -> None:
    wrong = [
        (one["id"], one["unit"], found.ucum)
        for one in cases("validation")
        if one["valid"] == "false" and (found := units.parse(one["unit"])) is not None
    ]
    # Whatever is read is given out as a code that is valid; what a person cannot mean is not read.
    assert [one for *one, code in wrong if registry().from_ucum(code) is None] == []
