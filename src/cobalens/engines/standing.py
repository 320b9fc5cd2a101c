"""One person beside the reference population: percentiles, and how often MMA was raised at a B12 like theirs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cobalens.engines.cells import Bound, Cell, number, pretty
from cobalens.engines.person import Person, known
from cobalens.engines.population import (
    OLDEST,
    SEXES,
    Group,
    Population,
    in_cell,
    members,
    percentile,
    population,
    share,
    wilson,
)  # fmt: skip
from cobalens.engines.remeasure import exact, lab_in_hand
from cobalens.model.counterfactual import Percentile, RaisedMma, Standing
from cobalens.model.ruleset import UNKNOWN, Fact

B12, MMA = "vitamin_b12", "mma"
RAISED = "raised"


def settings(person: Person) -> Mapping[str, Any] | None:
    """How comparison is made; ``None`` where the knowledge ships no population."""
    return person.shelf.ruleset.lexicon.get("population")


def standing(person: Person) -> Standing | None:
    told = settings(person)
    if told is None or person.record.age is None:
        return None
    found = [one for one in (percentile_of(person, told, name) for name in told["units"]) if one is not None]
    raised = raised_mma(person, told)
    if not found and raised is None:
        return None
    return Standing(tuple(found), raised, told["title"], told["caveat"])


def sex_of(person: Person) -> int | None:
    index = person.values.get("sex", UNKNOWN)
    return SEXES.get(person.shelf.ruleset.facts["sex"].values[index]) if index else None


def pregnant(person: Person) -> bool:
    index = person.values.get("pregnant", UNKNOWN)
    return bool(index) and person.shelf.ruleset.facts["pregnant"].values[index] == "yes"


def percentile_of(person: Person, told: Mapping[str, Any], analyte: str) -> Percentile | None:
    """Among people of the same sex, up to ten years older or younger."""
    sex, age = sex_of(person), person.record.age
    value = in_unit(person, analyte, told["units"][analyte])
    if sex is None or age is None or value is None or pregnant(person):
        return None
    reach = int(told["years_either_side"])
    oldest = int(age) + reach
    group = Group(int(age) - reach, OLDEST if oldest >= OLDEST_CODED else oldest, sex)
    found = percentile(told["file"], analyte, group, value)
    if found is None or found[1] < int(told["fewest"]):
        return None
    return Percentile(analyte, round(found[0], 1), found[1], ages(group))


OLDEST_CODED = 85
"""Ages from here on are one age in the survey."""


def ages(group: Group) -> str:
    return f"{group.youngest} and over" if group.oldest == OLDEST else f"{group.youngest} to {group.oldest}"


def in_unit(person: Person, analyte: str, unit: str) -> Decimal | None:
    """The person's newest result in the unit of the survey: as reported, or by the ratio of a limit had in both units."""
    lab = lab_in_hand(person, analyte)
    value = exact(lab)
    if lab is None or value is None or lab.unit is None:
        return None
    if lab.unit == unit:
        return value
    fact = limited(person, analyte)
    mass = person.shelf.ruleset.analytes[analyte].molar_mass
    ratio = ratio_of(person, fact, lab.unit, unit, mass) if fact else None
    return value * ratio if ratio is not None else None


def limited(person: Person, analyte: str) -> Fact | None:
    return next((f for f in person.shelf.labs.get(analyte, ()) if f.limits), None)


def ratio_of(person: Person, fact: Fact, source: str, target: str, mass: str | None) -> Decimal | None:
    """How many of one unit make one of the other. A rounded pair of limits would be off by a little; the molar mass is not."""
    first, second = person.intake.cuts(fact, source), person.intake.cuts(fact, target)
    if not first or not second:
        return None
    rough = second[0].value / first[0].value
    if mass is None:
        return rough
    for exactly in (Decimal(mass), 1 / Decimal(mass)):
        power = (rough / exactly).log10().to_integral_value()
        candidate = exactly * Decimal(10) ** int(power)
        if abs(candidate / rough - 1) < Decimal("0.01"):
            return candidate
    return Decimal(10) ** int(rough.log10().to_integral_value())


# --- MMA at this B12 ------------------------------------------------------------------------------------------------


def raised_mma(person: Person, told: Mapping[str, Any]) -> RaisedMma | None:
    """Where MMA was not measured: its frequency above the pack's limit among adults with a B12 near this one."""
    fact = limited(person, MMA)
    age = person.record.age
    value = in_unit(person, B12, told["units"][B12])
    if fact is None or age is None or value is None or known(person, fact.name) or pregnant(person):
        return None
    if any(lab.analyte == MMA for lab in person.record.labs) or not undosed(person):
        return None
    cut = next((c for c in person.intake.cuts(fact, told["units"][MMA]) or () if c.name == RAISED), None)
    if cut is None:
        return None
    people = population(told["file"])
    limit, column = cut.value * people.factors[MMA], people.columns[MMA]
    chosen = comparable(people, told, value, int(age))
    if chosen is None:
        return None
    among, cell, group = chosen
    found = share(people, among, lambda one: bool(column[one] > limit))
    low, high = wilson(found.share, found.effective, float(told["interval_z"]))
    unit = told["units"][B12]
    return RaisedMma(
        share=round(found.share, 2),
        low=round(low, 2),
        high=round(high, 2),
        people=found.people,
        raised=found.counted,
        band=f"{rounded(cell.low)} to {rounded(cell.high)} {pretty(unit)}",
        ages=ages(group),
        limit=f"> {number(cut.value)} {pretty(told['units'][MMA])}",
    )


def undosed(person: Person) -> bool:
    """A level that shows a dose is like nobody's natural level."""
    index = person.values.get("sample_timing", UNKNOWN)
    return person.shelf.ruleset.facts["sample_timing"].values[index] != "after_dose"


def rounded(bound: Bound | None) -> str:
    return f"{bound.value:.0f}" if bound is not None else ""


def comparable(
    people: Population, told: Mapping[str, Any], value: Decimal, age: int
) -> tuple[list[int], Cell, Group] | None:
    """Adults of the same side of sixty whose B12 lies near; a wider stretch, then any age, where too few are there."""
    older, youngest = int(told["older_from"]), int(told["youngest_adult"])
    side = Group(older) if age >= older else Group(youngest, older - 1)
    for group in (side, Group(youngest)):
        for reach in (Decimal(told["near"]), Decimal(told["wider"])):
            cell = Cell(Bound(value * (1 - reach), False), Bound(value * (1 + reach), True))
            among = [
                one for one in members(people, group, in_cell(people, B12, cell)) if people.columns[MMA][one]
            ]
            if len(among) >= int(told["fewest"]):
                return among, cell, group
    return None
