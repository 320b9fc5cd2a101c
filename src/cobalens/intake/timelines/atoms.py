"""From a result to the stretch between two limits in which it lies, in the unit in which it was reported."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from cobalens import errors
from cobalens.intake.laboratory.units import limit_in
from cobalens.model.record import Lab
from cobalens.model.ruleset import Analyte, Fact, Limit, Pack


class Cut(Struct, frozen=True):
    """One limit in one unit. ``other``: where the same limit lies as published in another unit."""

    name: str
    value: Decimal
    edge: str
    converted: bool = False
    """By a molar mass."""
    scaled: bool = False
    """By a power of ten: the number is none of those published."""
    other: tuple[tuple[Decimal, str], ...] = ()


def cuts_for(fact: Fact, unit: str, pack: Pack, analyte: Analyte) -> tuple[Cut, ...] | None:
    """The limits of a fact in a unit; ``None`` where the pack or the unit does not carry them."""
    published = {limit.name: limit for limit in pack.limits.get(fact.limits_of, ())}
    cuts = []
    for name in fact.limits:
        limit = published.get(name)
        if limit is None:
            return None
        try:
            value, converted = _limit_value(unit, limit, analyte)
        except errors.CobalensError:
            return None
        scaled = not converted and value not in {Decimal(number) for number in limit.values.values()}
        other = _elsewhere(unit, value, limit, analyte)
        cuts.append(Cut(name, value, limit.edge, converted, scaled, other))
    return tuple(cuts)


def _limit_value(unit: str, limit: Limit, analyte: Analyte) -> tuple[Decimal, bool]:
    exact = limit.values.get(unit)
    return (Decimal(exact), False) if exact is not None else limit_in(unit, limit, analyte)


def _elsewhere(unit: str, value: Decimal, limit: Limit, analyte: Analyte) -> tuple[tuple[Decimal, str], ...]:
    """Published pairs are rounded: where the limit's other published values fall, seen in this unit."""
    found = []
    for other, number in limit.values.items():
        if other == unit:
            continue
        alone = Limit(limit.name, limit.edge, {other: number}, limit.evidence, limit.checked, limit.pack)
        try:
            seen, converted = limit_in(unit, alone, analyte)
        except errors.CobalensError:
            continue
        if converted and seen != value:
            found.append((seen, other))
    return tuple(found)


def passes(value: Decimal, limit: Decimal, edge: str) -> bool:
    """Whether a value lies above a cut; with the edge ``<`` the limit itself does, with ``<=`` it does not."""
    return value >= limit if edge == "<" else value > limit


def atom(lab: Lab, cuts: tuple[Cut, ...]) -> int:
    """The value of the fact (1 for below the first limit), or 0 when the result spans a limit."""
    lo, hi = lab.lo, lab.hi
    if lo is not None and lo == hi:
        place = 1
        for cut in cuts:
            if lo > cut.value or (lo == cut.value and cut.edge == "<"):
                place += 1
        return place
    lowest, highest = 1, 1
    for cut in cuts:
        # The open end of "> 200" holds no 200, so the edge of the limit does not matter there.
        if lo is not None and (lo >= cut.value if lab.lo_open else passes(lo, cut.value, cut.edge)):
            lowest += 1
        if hi is None or (hi > cut.value if lab.hi_open else passes(hi, cut.value, cut.edge)):
            highest += 1
    return lowest if lowest == highest else 0


def between_units(lab: Lab, cuts: tuple[Cut, ...]) -> str:
    """A caveat when the limit's other published unit reads this very result the other way."""
    value = lab.lo
    if value is None or value != lab.hi:
        return ""
    for cut in cuts:
        for seen, unit in cut.other:
            if passes(value, cut.value, cut.edge) != passes(value, seen, cut.edge):
                return (
                    f"the published limit {cut.name!r} is a rounded pair: its value in {unit} "
                    "would read this result the other way"
                )
    return ""
