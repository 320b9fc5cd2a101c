"""Packs side by side: where another pack reads this person differently, and by which limit or policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cobalens.model.interpretation import PackReading, PackReason
from cobalens.model.ruleset import UNKNOWN, Row
from cobalens.report.basis import behind, unit_of
from cobalens.report.case import Case
from cobalens.report.words import for_clinicians, stretch

AXES = ("answer", "deficiency")
POLICY = "policy."
LIMIT_KIND, POLICY_KIND = "limit", "policy"


def differing(case: Case, others: Iterable[Case]) -> tuple[PackReading, ...]:
    """The other packs whose answer or deficiency is not that of the primary one."""
    here = [case.answer(axis) for axis in AXES]
    found = []
    for other in others:
        answer, deficiency = (other.answer(axis) for axis in AXES)
        if [answer, deficiency] != here:
            pack = other.pack
            found.append(
                PackReading(pack.name, pack.title, pack.year, answer, deficiency, reasons(case, other))
            )
    return tuple(found)


def reasons(case: Case, other: Case) -> tuple[PackReason, ...]:
    """What the two readings rest on and read differently; where that is nothing, whatever differs at all."""
    asked = dict.fromkeys((*inputs(case), *inputs(other)))
    close = [*by_limit(case, other, asked), *by_policy(case, other, asked)]
    if close:
        return tuple(close)
    policies = [f"{POLICY}{name}" for name in case.pack.policies]
    return (*by_limit(case, other, case.ruleset.facts), *by_policy(case, other, policies))


def inputs(case: Case) -> dict[str, None]:
    """Everything that the rows behind answer and deficiency ask, down to facts and policies."""
    level: list[tuple[str, Row]] = [
        (axis, case.row(axis, name))
        for axis in AXES
        if (choice := case.choice(axis)) is not None
        for name in choice.rows
    ]
    found: dict[str, None] = {}
    while level:
        below: list[tuple[str, Row]] = []
        for _, row in level:
            for name, _ in row.cells:
                if name not in found:
                    found[name] = None
                    if name not in case.ruleset.facts and not name.startswith(POLICY):
                        below += behind(case, name)
        level = below
    return found


def by_limit(case: Case, other: Case, names: Iterable[str]) -> Iterator[PackReason]:
    """Results that lie in another stretch there, each test once."""
    tests: set[str] = set()
    for name in names:
        fact = case.ruleset.facts.get(name)
        if fact is None or not fact.limits or fact.of[0] in tests:
            continue
        values = [one.value(name).value for one in (case, other)]
        basis = case.value(name).basis or other.value(name).basis
        if values[0] == values[1] or UNKNOWN in values or not basis:
            continue
        unit = unit_of(case, basis[0])
        here, there = (stretch(for_clinicians(one), fact, unit)[0].lstrip(": ") for one in (case, other))
        tests.add(fact.of[0])
        analyte = case.ruleset.analytes.get(fact.of[0])
        label = analyte.label if analyte else fact.label
        yield PackReason(LIMIT_KIND, name, f"{label} {basis[0].text}", here, there)


def by_policy(case: Case, other: Case, names: Iterable[str]) -> Iterator[PackReason]:
    for name in names:
        policy = name.removeprefix(POLICY)
        if name.startswith(POLICY) and policy in case.pack.policies:
            here, there = case.pack.policies[policy], other.pack.policies.get(policy, "")
            if here != there:
                yield PackReason(POLICY_KIND, policy, policy.replace("_", " "), spaced(here), spaced(there))


def spaced(word: str) -> str:
    return word.replace("_", " ")
