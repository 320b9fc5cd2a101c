"""Analytes of which the results are read row by row, the policies for them, and a change between two results of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from msgspec.structs import replace

from cobalens.engines.sql.timelines import cutting
from cobalens.engines.sql.timelines.cutting import Bands
from cobalens.engines.sql.timelines.layout import ALWAYS, Frame, constants, listed
from cobalens.model.ruleset import Fact, Pack

SAMPLE = "sample_"
"""Before the tables of the doses that a sample is held against: not all of them are treatment."""
NO_DIFFERENCE, FALLING, RISING, STEADY = 0, 1, 2, 3


class Policies(Struct, frozen=True):
    """The numbers that a pack's policies give to timelines."""

    washout: int | None
    trend_percent: Decimal | None
    trend_gap: int | None
    persistence_gap: int | None
    above_by_laboratory: bool


def policies_of(pack: Pack) -> Policies:
    def days(name: str) -> int | None:
        text = pack.policies.get(name, "")
        return int(text) if text.isdigit() else None

    try:
        percent = Decimal(pack.policies["trend_percent"])
    except (KeyError, InvalidOperation):
        percent = None
    gap = days("persistence_gap_days")
    return Policies(
        days("washout_days"),
        percent,
        days("trend_gap_days") or gap,
        gap,
        pack.policies.get("above_range_by") == "laboratory",
    )


class Lane(Struct, frozen=True):
    """An analyte and the pack as whose its results are read, the number of that reading, and the facts wanted of it."""

    analyte: str
    pack: Pack
    number: int
    bands: Bands | None
    wanted: frozenset[str]
    """Timelines."""

    @property
    def words(self) -> Mapping[str, int]:
        """What the laboratory's own words stand for."""
        return self.bands.fact.qualitative if self.bands else {}

    @property
    def name(self) -> str:
        return f"s{self.number}"

    def column(self, what: str) -> str:
        """What is found of a fact (or of the ``timing``), beside that of other lanes."""
        return f"{self.name}_{what}"


SHARED = frozenset({"untreated", "sample_timing"})
"""Of these, several analytes are read together: they ask what a result says and nothing of others beside it."""


class Chain(Struct, frozen=True):
    """Results that are read row by row in the same way: of one analyte under one pack or several, or of several analytes.

    The policies of all lanes are the same, but whether the laboratory's range says what is high.
    """

    lanes: tuple[Lane, ...]
    facts: dict[str, Fact]
    """By timeline; of several analytes each has its own, which say the same in numbers."""
    sampled: bool
    """Whether the time of a sample to the doses may be asked of it."""

    def fact(self, timeline: str) -> Fact | None:
        return self.facts.get(timeline)

    @property
    def analytes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(lane.analyte for lane in self.lanes))

    @property
    def bands(self) -> Bands | None:
        """The limits of the one analyte that is read; none where there are several, of which nothing asks for them."""
        return self.lanes[0].bands if len(self.analytes) == 1 else None

    @property
    def width(self) -> int:
        return cutting.widest(lane.bands for lane in self.lanes if lane.bands)

    @property
    def word(self) -> str:
        """What the laboratory's own word stands for, in SQL."""
        alone = len(self.analytes) == 1
        return cutting.word_literal(self.lanes[0].words) if alone else cutting.word_column("n")

    def is_of(self, alias: str) -> str:
        return f"{alias}.analyte IN {listed(self.analytes)}"

    @property
    def name(self) -> str:
        return self.lanes[0].name

    @property
    def policies(self) -> Policies:
        return policies_of(self.lanes[0].pack)

    def frame(self, frame: Frame) -> Frame:
        """Rows come from ``lab_kept``; where there are several lanes, each row is read in all those of its analyte."""
        numbers = f"{self.name}_lane" if len(self.lanes) > 1 else ""
        return replace(frame, numbers=numbers, kept=True)

    def numbers(self) -> list[str]:
        if len(self.lanes) == 1:
            return []
        columns = ["number", "analyte", *(f"q_{word}" for word in cutting.WORDS)]
        types = ["INTEGER", "VARCHAR", *["INTEGER"] * len(cutting.WORDS)]
        rows = [
            [one.number, one.analyte, *(one.words.get(word, 0) for word in cutting.WORDS)]
            for one in self.lanes
        ]
        return [constants(f"{self.name}_lane", columns, rows, types)]

    def number(self, alias: str) -> str:
        """The number under which a row is read."""
        return f"{alias}.number" if len(self.lanes) > 1 else str(self.lanes[0].number)

    def among(self, lanes: Iterable[Lane], alias: str) -> str:
        """Whether a row is read in one of these lanes; empty where none is."""
        numbers = [str(one.number) for one in lanes]
        if len(numbers) == len(self.lanes):
            return "TRUE"
        return f"{alias}.number IN ({', '.join(numbers)})" if numbers else ""

    def by_laboratory(self, alias: str) -> str:
        return self.among((one for one in self.lanes if policies_of(one.pack).above_by_laboratory), alias)


def change_of(older: str, newer: str, percent: Decimal | None, upper: str = "hi") -> str:
    """1 falling, 2 rising, 3 steady beyond what re-measuring alone explains; 0 where that cannot be told.

    ``upper``: the column of the upper end, ``lo`` too where all are plain numbers.
    """
    if percent is None:
        return str(NO_DIFFERENCE)
    alone = {"weight": Decimal(1), "weight_up": 1 + percent / 100, "weight_down": 1 - percent / 100}

    def amount(side: str, end: str, weight: str) -> str:
        number = f"CASE WHEN ABS({side}.{end}) < 1e11 THEN CAST({side}.{end} AS DECIMAL(20, 6)) END"
        return f"({number}) * CAST(COALESCE({side}_scale.{weight}, {alone[weight]}) AS DECIMAL(17, 10))"

    comparable = f"({older}.unit = {newer}.unit OR ({older}_scale.weight IS NOT NULL AND {newer}_scale.weight IS NOT NULL))"
    return (
        f"CASE WHEN NOT COALESCE({comparable}, FALSE) THEN {NO_DIFFERENCE} "
        f"WHEN {amount(newer, 'lo', 'weight')} > {amount(older, upper, 'weight_up')} THEN {RISING} "
        f"WHEN {amount(newer, upper, 'weight')} < {amount(older, 'lo', 'weight_down')} THEN {FALLING} "
        f"WHEN {newer}.lo = {newer}.{upper} AND {older}.lo = {older}.{upper} THEN {STEADY} ELSE {NO_DIFFERENCE} END"
    )


def once_low(c: Chain, day: str) -> str:
    """Over the readings of a person: 2 a low one that is certainly current, 1 an earlier one, 0 none. ``day``: the first on which one may have been taken."""
    fact = c.fact("once_low")
    days = ALWAYS if fact is None or fact.current_for is None else fact.current_for
    return f"MAX(CASE WHEN band = 1 THEN CASE WHEN COALESCE({day} >= -{days}, TRUE) THEN 2 ELSE 1 END ELSE 0 END)"


def scales_of(c: Chain) -> str:
    """The weights of the units of an older and a newer result."""
    return " ".join(
        f"LEFT JOIN scale {side}_scale ON {side}_scale.number = {c.number(side)} AND {side}_scale.unit = {side}.unit"
        for side in ("o", "w")
    )
