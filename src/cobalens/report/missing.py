"""What is not known and would decide something, and the tests that would help next, most useful first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cobalens.model.counterfactual import Worth, presses
from cobalens.model.interpretation import Missing, NextTest, Outcome, Said
from cobalens.model.trace import NOT_LOOKED_FOR, SUPPORTED
from cobalens.report.case import Case

QUESTIONS = ("answer", "deficiency", "replacement", "urgency")
"""The questions on which a missing fact may bear."""
WEIGHTS = {"answer": 1.0, "deficiency": 0.6, "replacement": 0.6, "urgency": 0.6}
Swings = Mapping[str, Mapping[str, Sequence[str]]]
"""Unknown fact -> value -> the answers to ``QUESTIONS`` that it would give."""
AT_MOST, LISTED, OF_ONE_TABLE = 5, 6, 3
NEXT_TEST = "next_test:"
PROVISIONAL, ASKED_FOR = "not weighed", "asked for"
DECIDES_FIRST = "next_test"
"""The table whose tests bear on the answer itself; those of other tables look for causes and explanations."""


def next_tests(
    case: Case, findings: Sequence[Said], worths: Sequence[Worth] | None = None
) -> tuple[NextTest, ...]:
    """The tests that would help next. Without ``worths``: those that rules ask for, in their given order.

    A test that another pack asks for comes after those that were weighed under the primary one.
    """
    tests = case.ruleset.lexicon.get("tests", {}).get("test", {})
    said = [one.code for one in findings if one.status == SUPPORTED]
    asked = [one for one in findings if one.status == SUPPORTED and one.code.startswith(NEXT_TEST)]
    asked.sort(key=lambda one: DECIDES_FIRST not in ((one.rule,) if isinstance(one.rule, str) else one.rule))
    asked.sort(key=lambda one: not presses(tests.get(one.code, {}), said))
    if worths is None:
        return tuple(given(case, one, PROVISIONAL) for one in asked[:AT_MOST])
    made = [weighed(case, one) for one in worths]
    listed = {one.code for one in made}
    made += [given(case, one, ASKED_FOR) for one in asked if one.pack and one.code not in listed]
    return tuple(made[:AT_MOST])


def given(case: Case, one: Said, basis: str) -> NextTest:
    held = case.holding(one.code)
    why = held[0][1].why if held else one.why
    return NextTest(code=one.code, title=one.title, why=why, worth=None, basis=basis, if_=None)


def weighed(case: Case, one: Worth) -> NextTest:
    return NextTest(
        code=one.code,
        title=case.say(one.code).title,
        why=one.why,
        worth=one.worth,
        basis=one.basis,
        if_=tuple(Outcome(o.result, o.answer, o.deficiency) for o in one.if_) or None,
        asked=one.asked,
        raises_urgency=one.raises_urgency,
        burden=one.burden,
    )


def missing(case: Case, swings: Swings, at_most: int | None = LISTED) -> tuple[Missing, ...]:
    """Unknown facts that would change an answer, most useful first; then what would show a cause or an explanation.

    ``at_most`` is ``None`` for all of them.
    """
    here = [case.answer(question) for question in QUESTIONS]
    worth: dict[str, float] = {}
    bears_on: dict[str, dict[str, None]] = {}
    for name, values in swings.items():
        if not may_be_asked(case, name):
            continue
        count = len(case.ruleset.facts[name].values) - 1
        for there in values.values():
            moved = [q for q, old, new in zip(QUESTIONS, here, there, strict=True) if old != new]
            worth[name] = worth.get(name, 0.0) + max(WEIGHTS[q] for q in moved) / count
            bears_on.setdefault(name, {}).update(dict.fromkeys(moved))
    order = sorted(worth, key=lambda name: -round(worth[name], 6))
    kept = grouped(case, without_repeats(case, order))
    listed = [
        Missing(
            name,
            test_label(case, name),
            tuple(q for q in QUESTIONS if any(q in bears_on[m] for m in members)),
        )
        for name, members in kept.items()
    ][:at_most]
    more = undecided(case, {one.fact for one in listed})
    if at_most is not None:
        more = more[: min(OF_ONE_TABLE, at_most - len(listed))]
    return (*listed, *more)


def may_be_asked(case: Case, name: str) -> bool:
    """Whether a fact can be asked of somebody of this age and sex, as its own declaration says."""
    return all(case.reads(other) in values for other, values in case.ruleset.facts[name].asked_of.items())


def without_repeats(case: Case, order: Sequence[str]) -> list[str]:
    """One fact for each test not yet done, and no fact whose concepts another one of the list already holds."""
    tests = {lab.analyte for lab in case.record.labs}
    kept: list[str] = []
    for name in order:
        fact = case.ruleset.facts[name]
        if fact.lab:
            if fact.of[0] not in tests:
                tests.add(fact.of[0])
                kept.append(name)
            continue
        wider = any(
            set(fact.of) < set(other.of)
            for other in map(case.ruleset.facts.__getitem__, order)
            if not other.lab
        )
        if not wider:
            kept.append(name)
    return kept


def grouped(case: Case, order: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What to name, with the facts it stands for: a question instead of three or more facts that it is the first to read.

    A table that collects asks of many things at once, such as whatever explains a high number, and names none of them.
    """
    readers = case.readers
    members: dict[str, list[str]] = {}
    for name in order:
        if not case.ruleset.facts[name].lab:
            members.setdefault(readers[name][0], []).append(name)
    found: dict[str, tuple[str, ...]] = {}
    for name in order:
        reader = readers[name][0]
        group = members.get(reader, [])
        if name in group and len(group) >= OF_ONE_TABLE and case.tables[reader].kind == "choose":
            found.setdefault(reader, tuple(group))
        else:
            found[name] = (name,)
    return found


def test_label(case: Case, name: str) -> str:
    """A test by its own name, whichever way it would be read."""
    fact = case.ruleset.facts.get(name)
    analyte = case.ruleset.analytes.get(fact.of[0]) if fact and fact.lab else None
    return analyte.label if analyte else case.label(name)


def is_listed(case: Case, name: str, known: set[str]) -> bool:
    """Whether a fact, or one about part of the same things, is there already."""
    if name in known:
        return True
    fact = case.ruleset.facts[name]
    others = [case.ruleset.facts[one] for one in known if one in case.ruleset.facts]
    return not fact.lab and any(not one.lab and set(one.of) <= set(fact.of) for one in others)


def undecided(case: Case, known: set[str]) -> list[Missing]:
    """Facts that would show a cause where there is a deficiency, or an explanation where a number is high."""
    wanted = []
    if case.answer("deficiency") in ("confirmed", "probable", "possible"):
        wanted.append("cause")
    if case.answer("elevation_explained") in ("unexplained", "not_worked_up", "partly"):
        wanted.append("explanation")
    waits: dict[str, dict[str, None]] = {}
    left_out: set[str] = set()
    for one in case.trace.findings:
        if one.table in wanted and one.status == NOT_LOOKED_FOR and not case.holding(one.code):
            for name in one.waiting_for:
                if name in left_out:
                    continue
                if name not in waits and not (
                    name in case.ruleset.facts
                    and may_be_asked(case, name)
                    and not is_listed(case, name, known)
                ):
                    left_out.add(name)
                    continue
                waits.setdefault(name, {})[one.code] = None
    order = sorted(waits, key=lambda name: -len(waits[name]))
    return [Missing(name, test_label(case, name), tuple(waits[name])) for name in order]
