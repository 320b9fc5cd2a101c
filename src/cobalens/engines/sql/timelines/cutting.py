"""A result against limits in SQL: the stretch in which it lies, the printed range, above the high limit or not.

Limits become the doubles at which a comparison changes its answer, so that no rounding can move an edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from cobalens.engines.sql.timelines.layout import constants, quoted
from cobalens.model.cohort import Scale
from cobalens.model.ruleset import Fact, Pack, Ruleset

WORDS = ("low", "normal", "high", "positive", "negative", "borderline")
RANGE_WORDS = {"low": 1, "normal": 2, "negative": 2, "high": 3, "positive": 3}
BELOW, WITHIN, ABOVE = 1, 2, 3
_READ = "(l.problem IS NULL OR l.problem = 'unit_missing' OR l.problem = 'not_a_number')"
NUMBER = "(l.lo IS NOT NULL OR l.hi IS NOT NULL)"
_FAR = 1e300


class Bands(Struct, frozen=True):
    """An analyte's limits, all of them, and how many up to the high one."""

    analyte: str
    fact: Fact
    upto_high: int

    @property
    def count(self) -> int:
        return len(self.fact.limits)


def bands_of(ruleset: Ruleset) -> dict[str, Bands]:
    """Per analyte the fact with most limits."""
    found: dict[str, Fact] = {}
    for fact in ruleset.facts.values():
        if (
            fact.lab
            and fact.limits
            and (fact.of[0] not in found or len(fact.limits) > len(found[fact.of[0]].limits))
        ):
            found[fact.of[0]] = fact
    return {
        name: Bands(name, fact, fact.limits.index("high") + 1 if "high" in fact.limits else len(fact.limits))
        for name, fact in found.items()
    }


def at_least(number: str) -> float:
    """The least double whose shortest decimal is not below this number."""
    exact, guess = Decimal(number), float(number)
    while Decimal(repr(guess)) >= exact:
        guess = math.nextafter(guess, -math.inf)
    while Decimal(repr(guess)) < exact:
        guess = math.nextafter(guess, math.inf)
    return guess


def beyond(number: str) -> float:
    """The least double whose shortest decimal is above this number."""
    exact, guess = Decimal(number), at_least(number)
    while Decimal(repr(guess)) <= exact:
        guess = math.nextafter(guess, math.inf)
    return guess


def widest(bands: Iterable[Bands]) -> int:
    return max((one.count for one in bands), default=0)


def scale_table(scales: Iterable[tuple[int, Scale, Decimal | None]], width: int) -> str:
    """One row per number and unit. ``t``: the limit for a plain number; ``g`` and ``h``: for an open lower and upper end.

    ``scales``: the number of what is cut, the limits in one unit, and by how many per cent it must move for a trend.
    """
    columns = ["number", "unit", "steps"]
    types = ["INTEGER", "VARCHAR", "INTEGER"]
    for kind in "tgh":
        columns += [f"{kind}{i}" for i in range(1, width + 1)]
        types += ["DOUBLE"] * width
    columns += ["weight", "weight_up", "weight_down"]
    types += ["DECIMAL(17, 10)"] * 3
    rows = []
    for number, scale, trend in scales:
        pad = [_FAR] * (width - len(scale.cuts))
        low = [at_least(number) for number, _ in scale.cuts]
        high = [beyond(number) for number, _ in scale.cuts]
        edge = [g if side == "<" else h for (_, side), g, h in zip(scale.cuts, low, high, strict=True)]
        weights = _weights(scale.weight, trend)
        rows.append(
            [
                number,
                scale.unit,
                len(scale.cuts),
                *edge,
                *pad,
                *low,
                *pad,
                *high,
                *pad,
                *weights,
            ]
        )
    return constants("scale", columns, rows, types)


def _weights(weight: str | None, trend: Decimal | None) -> list[str | None]:
    share = (trend or Decimal(0)) / 100
    if weight is None or not Decimal("1e-4") <= Decimal(weight) < Decimal("1e7"):
        return [None, None, None]
    return [format(Decimal(weight) * by, "f") for by in (Decimal(1), 1 + share, 1 - share)]


def stretch(width: int, steps: str = "s.steps", word: str = "0") -> str:
    """The stretch between the first ``width`` limits in which a result lies: from 1, or 0 where it spans a limit.

    ``word``: what the laboratory's own word stands for, where there is no number to be used.
    """
    if width == 0:
        return word
    return (
        f"CASE WHEN l.problem IS NULL AND {NUMBER} THEN CASE WHEN s.number IS NULL THEN 0 "
        f"WHEN l.lo = l.hi THEN {of_number(width)} ELSE {interval(width, steps)} END ELSE {word} END"
    )


def of_number(width: int) -> str:
    """The stretch of a plain number, of which the unit is known."""
    cases = " ".join(f"WHEN l.lo < s.t{i} THEN {i}" for i in range(1, width + 1))
    return f"CASE {cases} ELSE {width + 1} END" if width else "1"


def plain_number() -> str:
    """A number in a sound unit, taken on a day that is known."""
    return (
        "l.problem IS NULL AND l.lo = l.hi AND NOT l.lo_open AND NOT l.hi_open AND l.first_day = l.last_day"
    )


def quick_stretch(width: int, word: str) -> str:
    """The same where there is a plain number or a word alone."""
    return f"CASE WHEN l.lo IS NULL THEN {word} WHEN s.number IS NULL THEN 0 ELSE {of_number(width)} END"


def quick_range() -> str:
    """``printed_range`` where there is a plain number or a word alone, and no problem."""
    words = " ".join(f"WHEN l.qualitative = '{word}' THEN {value}" for word, value in RANGE_WORDS.items())
    return (
        f"CASE WHEN l.lo < l.ref_low THEN {BELOW} WHEN l.lo > l.ref_high THEN {ABOVE} "
        f"WHEN l.lo >= l.ref_low OR l.lo <= l.ref_high THEN {WITHIN} "
        f"WHEN l.qualitative IS NOT NULL THEN CASE {words} ELSE 0 END ELSE 0 END"
    )


def interval(width: int, steps: str, alias: str = "s") -> str:
    """The same for an interval that has two ends or only one."""
    low = _ends("lo", "g", width, alias)
    high = _ends("hi", "h", width, alias)
    return f"CASE WHEN {low} = CASE WHEN l.hi IS NULL THEN {steps} ELSE {high} END THEN 1 + {low} ELSE 0 END"


def _ends(end: str, opened: str, width: int, alias: str) -> str:
    terms = [
        f"CASE WHEN l.{end} >= CASE WHEN l.{end}_open THEN {alias}.{opened}{i} ELSE {alias}.t{i} END THEN 1 ELSE 0 END"
        for i in range(1, width + 1)
    ]
    return f"({' + '.join(terms)})"


def word_column(alias: str = "a") -> str:
    """What the laboratory's word stands for, from the columns ``q_…`` of the analyte."""
    cases = " ".join(f"WHEN l.qualitative = '{word}' THEN {alias}.q_{word}" for word in WORDS)
    return f"CASE {cases} ELSE 0 END"


def word_literal(meanings: Mapping[str, int]) -> str:
    cases = " ".join(f"WHEN l.qualitative = {quoted(word)} THEN {at}" for word, at in meanings.items())
    return f"CASE {cases} ELSE 0 END" if cases else "0"


def printed_range() -> str:
    """1 below, 2 within, 3 above the printed range; else what the laboratory's flag or word says; else 0."""
    floor = "(l.ref_low IS NULL OR COALESCE(l.lo >= l.ref_low, FALSE) OR (l.lo IS NULL AND l.ref_low <= 0))"
    ceiling = "(l.ref_high IS NULL OR COALESCE(l.hi <= l.ref_high, FALSE))"
    words = " ".join(f"WHEN l.qualitative = '{word}' THEN {value}" for word, value in RANGE_WORDS.items())
    return (
        f"CASE WHEN NOT {_READ} THEN 0 "
        f"WHEN l.hi < l.ref_low OR (l.hi_open AND l.hi = l.ref_low) THEN {BELOW} "
        f"WHEN l.lo > l.ref_high OR (l.lo_open AND l.lo = l.ref_high) THEN {ABOVE} "
        f"WHEN {NUMBER} AND (l.ref_low IS NOT NULL OR l.ref_high IS NOT NULL) AND {floor} AND {ceiling} THEN {WITHIN} "
        f"{words} ELSE 0 END"
    )


def above_high(bands: Bands, by_laboratory: str, level: str, range_word: str) -> str:
    """2 above the high limit, 1 not above it, 0 where that cannot be told.

    ``by_laboratory``: the condition under which the laboratory's own range goes before the limit; empty for never.
    """
    by_range = f"CASE {range_word} WHEN {ABOVE} THEN 2 WHEN {WITHIN} THEN 1 WHEN {BELOW} THEN 1 ELSE 0 END"
    if "high" not in bands.fact.limits:
        by_limit = "0"
    else:
        by_limit = f"CASE WHEN {level} = 0 THEN 0 WHEN {level} > {bands.upto_high} THEN 2 ELSE 1 END"
    has_range = (
        "(l.ref_high IS NOT NULL OR l.qualitative IN ('low', 'normal', 'negative', 'high', 'positive'))"
    )
    first = f"NOT {NUMBER}" + (
        f" OR ({by_laboratory} AND COALESCE({has_range}, FALSE))" if by_laboratory else ""
    )
    return f"CASE WHEN {first} THEN {by_range} ELSE {by_limit} END"


def usable() -> str:
    """A number in a sound unit, or the laboratory's own word."""
    return (
        "(COALESCE(l.problem NOT IN ('unit_missing', 'unit_impossible', 'implausible', 'cancelled'), TRUE) "
        f"AND ((l.problem IS NULL AND {NUMBER}) OR l.qualitative IS NOT NULL))"
    )


def readable() -> str:
    """The printed range or the laboratory's word may be read from it."""
    return _READ


def published_units(pack: Pack, analyte: str, name: str) -> tuple[str, ...]:
    return next((tuple(one.values) for one in pack.limits.get(analyte, ()) if one.name == name), ())
