"""What may be tried out on the answer page: values that can be moved and facts that can be switched, and what was tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from cobalens.api import Cobalens
from cobalens.model.interpretation import Interpretation
from cobalens.model.record import Lab
from cobalens.model.ruleset import Fact
from cobalens.report.basis import chain
from cobalens.report.case import Case
from cobalens.report.difference import first_upper
from cobalens.report.missing import may_be_asked
from cobalens.report.plainly import name_of, value_of
from cobalens.serve.drawing import cuts_for

MOST_VALUES, MOST_FACTS, MOST_ASKED = 5, 8, 3
VALUE, UNIT, FACT, WAS = "value.", "unit.", "fact.", "was."
BEYOND = Decimal("1.5")
"""A slider ends this far beyond the highest limit, or beyond twice the value."""
STEPS = 200
NOT_SAID = frozenset({"unknown", "no"})


class Slider(msgspec.Struct, frozen=True, kw_only=True):
    """A result that can be moved, in the unit in which it was reported."""

    name: str
    label: str
    value: str
    unit: str
    units: tuple[str, ...]
    top: str
    step: str
    marks: tuple[str, ...]
    """Where the guideline's limits lie."""


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that can be supposed otherwise."""

    name: str
    label: str
    now: str
    choices: tuple[tuple[str, str], ...]
    """Each value and how it is said."""


class Controls(msgspec.Struct, frozen=True):
    sliders: tuple[Slider, ...]
    switches: tuple[Switch, ...]


NONE = Controls((), ())


def controls(door: Cobalens, case: Case, said: Interpretation, for_patient: bool) -> Controls:
    """The results and facts on which the answer rests, then those that are not known and would decide something."""
    if not case.in_scope:
        return NONE
    facts = case.ruleset.facts
    resting = list(dict.fromkeys(name for name, _ in chain(case)))
    open_ones = [one.fact for one in said.missing if one.fact in facts]
    measured = {lab.analyte: lab for lab in sorted(case.record.labs, key=age_of) if movable(lab)}
    cutting = {fact.of[0]: fact for fact in facts.values() if fact.lab and fact.limits}
    tests = dict.fromkeys(facts[name].of[0] for name in resting if name in facts and facts[name].lab)
    sliders = [
        slider(door, case, cutting[name], measured[name])
        for name in [*tests, *(n for n in measured if n not in tests)]
        if name in measured and name in cutting
    ][:MOST_VALUES]
    wanted = dict.fromkeys(facts[name].of[0] for name in open_ones if facts[name].lab)
    sliders += [blank(case, cutting[name]) for name in wanted if name in cutting and name not in measured][
        :MOST_ASKED
    ]
    names = [*(n for n in open_ones if not facts[n].lab), *(n for n in resting if n in facts)]
    switches = [
        Switch(
            name=name,
            label=name_of(case, name) if for_patient else first_upper(case.named(facts[name].label)),
            now=facts[name].values[case.value(name).value],
            choices=tuple((value, value_of(case, value)) for value in facts[name].values),
        )
        for name in dict.fromkeys(names)
        if switchable(facts[name]) and is_of_this_person(case, name)
    ][:MOST_FACTS]
    return Controls(tuple(sliders), tuple(switches))


def age_of(lab: Lab) -> tuple[int, str]:
    return (lab.when.last if lab.when.last is not None else 0, lab.time)


def movable(lab: Lab) -> bool:
    return (
        lab.unit is not None
        and lab.lo is not None
        and lab.lo == lab.hi
        and not lab.derived
        and not lab.problem
    )


def is_of_this_person(case: Case, name: str) -> bool:
    """Whether somebody of this age and sex may suppose it; a denial that goes without saying is nothing to switch."""
    return may_be_asked(case, name) or case.reads(name) not in NOT_SAID


def switchable(fact: Fact) -> bool:
    return (
        not fact.lab
        and bool(fact.of)
        and fact.timeline in ("ever", "current", "current_or_planned", "planned")
    )


def slider(door: Cobalens, case: Case, fact: Fact, lab: Lab) -> Slider:
    unit, value = lab.unit or "", lab.lo or Decimal(0)
    edges = [cut.value for cut in cuts_for(door, case)(fact, unit) or ()]
    top = max([2 * value, *(BEYOND * edge for edge in edges)]) or Decimal(1)
    return Slider(
        name=fact.of[0],
        label=case.ruleset.analytes[fact.of[0]].label,
        value=f"{value:f}",
        unit=unit,
        units=(unit,),
        top=plain(top),
        step=plain(top / STEPS),
        marks=tuple(plain(edge) for edge in edges),
    )


def blank(case: Case, fact: Fact) -> Slider:
    """A test that was not done: a value may be supposed, in a unit that has to be chosen."""
    analyte = case.ruleset.analytes[fact.of[0]]
    return Slider(
        name=analyte.name,
        label=analyte.label,
        value="",
        unit="",
        units=analyte.units,
        top="",
        step="",
        marks=(),
    )


def plain(number: Decimal) -> str:
    """Three digits are enough to move a value."""
    rounded = Decimal(f"{number:.3g}")
    return f"{rounded:f}"


def settings_of(form: Mapping[str, str]) -> list[str]:
    """What was moved or switched, as settings; what stands as it stood is none."""
    return [*moved(form), *switched(form)]


def moved(form: Mapping[str, str]) -> Iterable[str]:
    for name in (key.removeprefix(VALUE) for key in form if key.startswith(VALUE)):
        value = form[VALUE + name].strip()
        if value and value != form.get(f"{WAS}{name}", ""):
            yield f"{name}={value} {form.get(UNIT + name, '')}".strip()


def switched(form: Mapping[str, str]) -> Iterable[str]:
    for name in (key.removeprefix(FACT) for key in form if key.startswith(FACT)):
        value = form[FACT + name]
        if value and value != form.get(f"{WAS}{name}", ""):
            yield f"{name}={value}"
