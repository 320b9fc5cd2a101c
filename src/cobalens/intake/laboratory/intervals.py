"""Results as intervals: what can occur, what the printed range makes of a number, what a sign stands for."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.units import Unit
from cobalens.model.record import Lab
from cobalens.model.ruleset import Analyte

SIGNS = frozenset({"positive", "negative"})


def is_amount(analyte: Analyte) -> bool:
    """Whether too little and enough are different answers: there, "negative" may be either."""
    words = analyte.qualitative
    return "low" in words and words["low"] != words.get("normal")


BY_WORD = "by the laboratory's own word or range; the number itself is not used"


def told_by_word(lab: Lab) -> bool:
    """Whether a result whose number cannot be used still says something: its flag, or its place in the printed range."""
    return lab.problem in ("unit_missing", "not_a_number") and lab.qualitative is not None


def plausible_bounds(analyte: Analyte, unit: Unit) -> tuple[Decimal, Decimal] | None:
    """The least and greatest result that can occur, in this unit; ``None`` when none was declared for it."""
    return _bounds(tuple(analyte.plausible.items()), units.dimensions_of(analyte), analyte.molar_mass, unit)


@lru_cache(maxsize=1024)
def _bounds(
    declared: tuple[tuple[str, tuple[str, str]], ...],
    accepted: frozenset[str],
    molar_mass: str | None,
    unit: Unit,
) -> tuple[Decimal, Decimal] | None:
    ranges = [(source, ends) for text, ends in declared if (source := units.parse_for(text, accepted))]
    ranges.sort(key=lambda one: one[0].dimension != unit.dimension)
    for source, (low, high) in ranges:
        least = units.convert(Decimal(low), source, unit, molar_mass)
        most = units.convert(Decimal(high), source, unit, molar_mass)
        if least is not None and most is not None:
            return least, most
    return None


@lru_cache(maxsize=512)
def only_unit(listed: tuple[str, ...]) -> Unit | None:
    """The unit of a test reported on one scale everywhere, so that leaving it out leaves no doubt; else ``None``.

    A test that is also reported as a bare number (an index, a ratio) is such a bare number when no unit stands by.
    """
    found = [unit for text in listed if (unit := units.parse(text))]
    bare = next((unit for unit in found if unit.dimension == units.NUMBER), None)
    if bare or not found:
        return bare
    return found[0] if len({(unit.dimension, unit.scale) for unit in found}) == 1 else None


def bounds(
    low: Decimal | None, high: Decimal | None, comparator: str
) -> tuple[Decimal | None, Decimal | None, bool, bool]:
    """The interval that a number with its sign stands for: ``< 150`` is everything below 150."""
    if comparator in {"<", "<="}:
        return None, high, False, comparator == "<"
    if comparator in {">", ">="}:
        return low, None, comparator == ">", False
    return low, high, False, False


def against_range(
    lo: Decimal | None,
    hi: Decimal | None,
    lo_open: bool,
    hi_open: bool,
    ref_low: Decimal | None,
    ref_high: Decimal | None,
) -> str | None:
    """``low`` ``normal`` ``high`` against the printed range, or ``None`` when the interval reaches across an end."""
    if ref_low is not None and hi is not None and (hi < ref_low or (hi == ref_low and hi_open)):
        return "low"
    if ref_high is not None and lo is not None and (lo > ref_high or (lo == ref_high and lo_open)):
        return "high"
    above_low = ref_low is None or (lo is not None and lo >= ref_low)
    below_high = ref_high is None or (hi is not None and hi <= ref_high)
    return "normal" if (ref_low is not None or ref_high is not None) and above_low and below_high else None
