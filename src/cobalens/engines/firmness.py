"""In what share of re-measurements the answer stands: an exact sum over the stretches that a re-measured result can reach.

Logarithms are normal about the value reported, tests independent; what has no sourced variation is held fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from math import erf, exp, log, prod, sqrt

from msgspec import Struct

from cobalens.engines import scenarios
from cobalens.engines.cells import Bound
from cobalens.engines.person import Person, known
from cobalens.engines.remeasure import (
    READ_ALONE,
    alone,
    exact,
    feeds,
    line,
    narrow_reread,
    printed,
    spread_of,
    supposed,
)
from cobalens.engines.scenarios import Bits, Result, places
from cobalens.model.counterfactual import Firm
from cobalens.model.record import Lab
from cobalens.model.ruleset import Fact

REACH = 3.0
"""How many standard deviations a re-measurement may lie away."""
GRID = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
PRECISE = 1e-4
MOST = 20_000
CROSSED = 2
"""So many results of one test are re-measured at most; further ones that agree with them stay as they are."""
Sets = dict[str, int]


class Varied(Struct, frozen=True):
    """One re-measured result: what it can come to, and how often."""

    analyte: str
    outcomes: tuple[tuple[float, Sets], ...]


def firmness(person: Person, base: Result) -> Firm | None:
    """``base``: a run of the person as is. ``None`` where no result that bears on the answer can be re-measured."""
    varied: list[Varied] = []
    held: list[str] = []
    for analyte in person.shelf.labs:
        labs = read_labs(person, analyte)
        if not labs:
            if any(known(person, f.name) for f in person.shelf.labs[analyte]) and is_measured(
                person, analyte
            ):
                held.append(analyte)
            continue
        spread = spread_of(person.shelf.ruleset, analyte)
        if spread is None or any((exact(lab) or Decimal(0)) <= 0 for lab in labs):
            held.append(analyte)
        else:
            varied.append(remeasured(person, analyte, labs, spread))
    if not varied:
        return None
    answer, deficiency = shares(person, varied, base)
    names = tuple(one.analyte for one in varied)
    return Firm(round(answer, 2), round(deficiency, 2), names, tuple(held))


def is_measured(person: Person, analyte: str) -> bool:
    return any(lab.analyte == analyte for lab in person.record.labs)


def read_labs(person: Person, analyte: str) -> list[Lab]:
    """The results on which the known readings of an analyte rest: one, or two where an untreated one is older."""
    where: dict[str, None] = {}
    for fact in person.shelf.labs[analyte]:
        if fact.timeline in ("untreated", "latest", "range") and known(person, fact.name):
            where |= dict.fromkeys(basis.where for basis in person.facts.values[fact.name].basis)
    return [lab for lab in person.record.labs if lab.analyte == analyte and lab.where in where]


# --- One result -----------------------------------------------------------------------------------------------------


def remeasured(person: Person, analyte: str, labs: Sequence[Lab], spread: float) -> Varied:
    """The stretches of each result within reach, their chances, and the facts they give; two results are crossed."""
    parts = [stretches(person, analyte, lab, spread) for lab in labs[:CROSSED]]
    outcomes: dict[tuple[tuple[str, int], ...], float] = {}
    if len(parts) == 1:
        for chance, _, sets in parts[0]:
            add(outcomes, sets, chance)
    else:
        for one, value, _ in parts[0]:
            for other, second, _ in parts[1]:
                new = {id(labs[0]): value, id(labs[1]): second}
                every = tuple(
                    supposed(analyte, lab, lab.unit or "", new[id(lab)]) if id(lab) in new else lab
                    for lab in person.record.labs
                )
                add(outcomes, narrow_reread(person, analyte, every, labs[0]), one * other)
    return Varied(analyte, tuple((chance, dict(key)) for key, chance in outcomes.items()))


def add(outcomes: dict[tuple[tuple[str, int], ...], float], sets: Sets, chance: float) -> None:
    key = tuple(sorted(sets.items()))
    outcomes[key] = outcomes.get(key, 0.0) + chance


def stretches(person: Person, analyte: str, lab: Lab, spread: float) -> list[tuple[float, Decimal, Sets]]:
    """Per stretch within reach: its chance, a value in it, and what it changes."""
    facts = person.shelf.labs[analyte]
    value = exact(lab)
    assert value is not None
    unit = lab.unit or ""
    middle = log(float(value))

    def at(deviations: float) -> Decimal:
        return Decimal(repr(exp(middle + deviations * spread)))

    simple = all(f.timeline in READ_ALONE for f in facts) and not feeds(person, lab)
    measured = [f for f in facts if f.limits and f.timeline in ("untreated", "latest")]
    cuts = [*line(person, analyte, measured, unit), *printed(lab)] if measured else printed(lab)
    ends = sorted({-REACH, REACH, *cut_deviations(cuts, middle, spread)})
    read = reader(person, analyte, lab, facts, simple)
    if not simple and (feeds(person, lab) or sum(one.analyte == analyte for one in person.record.labs) > 1):
        ends = refined(ends, lambda deviations: read(at(deviations)))
    total = normal(REACH) - normal(-REACH)
    found = []
    for low, high in pairwise(ends):
        inner = at((low + high) / 2)
        found.append(((normal(high) - normal(low)) / total, inner, read(inner)))
    return found


def cut_deviations(cuts: Sequence[Bound], middle: float, spread: float) -> list[float]:
    found = [(log(float(cut.value)) - middle) / spread for cut in cuts if cut.value > 0]
    return [one for one in found if -REACH < one < REACH]


def reader(
    person: Person, analyte: str, lab: Lab, facts: tuple[Fact, ...], simple: bool
) -> Callable[[Decimal], Sets]:
    def read(value: Decimal) -> Sets:
        new = supposed(analyte, lab, lab.unit or "", value)
        if simple:
            return alone(person, facts, new, value)
        labs = tuple(new if one is lab else one for one in person.record.labs)
        return narrow_reread(person, analyte, labs, lab)

    return read


def refined(ends: list[float], read: Callable[[float], Sets]) -> list[float]:
    """Adds cuts that no limit shows: a change against an earlier result, or in something calculated from this one."""
    if len(ends) == 2:
        ends = sorted({*ends, *GRID})
    found = [ends[0]]
    for low, high in pairwise(ends):
        inset = (high - low) * PRECISE
        found += between(low + inset, high - inset, read, read(low + inset), read(high - inset))
        found.append(high)
    return found


def between(low: float, high: float, read: Callable[[float], Sets], first: Sets, last: Sets) -> list[float]:
    """Where the reading changes between two ends that read differently, by halving."""
    if first == last or high - low <= PRECISE:
        return []
    below, above = low, high
    while above - below > PRECISE:
        middle = (below + above) / 2
        if read(middle) == first:
            below = middle
        else:
            above = middle
    return [(below + above) / 2, *between(above, high, read, read(above), last)]


def normal(deviations: float) -> float:
    return 0.5 * (1 + erf(deviations / sqrt(2)))


# --- All results together -------------------------------------------------------------------------------------------


def shares(person: Person, varied: Sequence[Varied], base: Result) -> tuple[float, float]:
    """The summed chances of the combinations in which answer and deficiency stand."""
    axes = fitted([sorted(one.outcomes, key=lambda o: -o[0]) for one in varied if len(one.outcomes) > 1])
    if not axes:
        return 1.0, 1.0
    count = prod(len(axis) for axis in axes)
    changed: dict[str, dict[int, Bits]] = {}
    stride = 1
    for axis in axes:
        period = stride * len(axis)
        repeat = ((1 << count) - 1) // ((1 << period) - 1)
        for place, (_, sets) in enumerate(axis):
            mask = (((1 << stride) - 1) << (place * stride)) * repeat
            for name, value in sets.items():
                by_value = changed.setdefault(name, {})
                by_value[value] = by_value.get(value, 0) | mask
        stride = period
    result = scenarios.run(person.shelf.program, person.values, count, changed, base)
    answer, deficiency = (
        1.0 - lost(axes, result.whole & ~result.answers[question][base.base(question)])
        for question in ("answer", "deficiency")
    )
    return answer, deficiency


def lost(axes: Sequence[Sequence[tuple[float, Sets]]], elsewhere: Bits) -> float:
    """The summed chances of the combinations that give something else."""
    total = 0.0
    for place in places(elsewhere):
        chance = 1.0
        for axis in axes:
            place, here = divmod(place, len(axis))
            chance *= axis[here][0]
        total += chance
    return total


def fitted(axes: list[list[tuple[float, Sets]]]) -> list[list[tuple[float, Sets]]]:
    """Leaves the rarest outcomes away where there would be too many combinations; what is left sums to one."""
    while prod(len(axis) for axis in axes) > MOST:
        at = min(
            (n for n, axis in enumerate(axes) if len(axis) > 1),
            key=lambda n: axes[n][-1][0],
        )
        axes[at] = axes[at][:-1]
        axes = [axis for axis in axes if len(axis) > 1]
    return [[(chance / sum(c for c, _ in axis), sets) for chance, sets in axis] for axis in axes]
