"""What is not known and would decide something, and the tests that would help next, most useful first."""

from __future__ import annotations

from cobalens.model.interpretation import Missing, NextTest
from cobalens.model.trace import NOT_LOOKED_FOR
from cobalens.report.basis import open_leaves
from cobalens.report.case import Case

AT_MOST = 5
LISTED = 8
WORTH_NAMING = 1.5
NEXT_TEST, ASK = "next_test:", "ask:"
PROVISIONAL = "provisional order"
DECIDES_FIRST = "next_test"
"""The table whose tests bear on the answer itself; those of other tables look for causes and explanations."""
WEIGHTS = {
    "red_flags": 8.0,
    "deficiency_notes": 5.0,
    "replacement_actions": 4.0,
    "explanation": 3.0,
    "cause": 3.0,
    "route_findings": 3.0,
    "next_steps": 2.0,
    "sample_notes": 2.0,
    "test_notes": 2.0,
    "cautions": 2.0,
    "anaemia_type": 1.5,
    "neuropathy_differential": 1.5,
    "treatment_plan": 1.0,
}
"""How much an open code of a table matters for the list of what is missing."""
UNDECIDED = frozenset({"unknown", "not_measured", "confounded", "unreadable", "age_not_stated"})
"""Answers of the questions behind *deficiency* that say that something is not known."""
GROUPED_FROM = 3
"""A question that waits for this many facts is named itself, not fact by fact."""


def next_tests(case: Case) -> tuple[NextTest, ...]:
    """The tests that rules ask for: those that bear on the answer first, then in reading order."""
    codes = [
        code
        for code in dict.fromkeys(one.code for one in case.trace.findings)
        if code.startswith(NEXT_TEST) and case.holding(code)
    ]
    codes.sort(key=lambda code: not any(table == DECIDES_FIRST for table, _ in case.holding(code)))
    return tuple(
        NextTest(
            code=code,
            title=case.say(code).title,
            why=case.holding(code)[0][1].why,
            worth=None,
            basis=PROVISIONAL,
            if_=None,
        )
        for code in codes[:AT_MOST]
    )


def missing(case: Case) -> tuple[Missing, ...]:
    """Unknown facts and questions for which open codes wait, by how much waits for them."""
    worth: dict[str, float] = {}
    waits: dict[str, dict[str, None]] = {}

    def add(name: str, code: str, much: float) -> None:
        worth[name] = worth.get(name, 0.0) + much
        waits.setdefault(name, {})[code] = None

    for question in undecided(case, "deficiency"):
        for name in items(case, question):
            add(name, "deficiency", WEIGHTS["deficiency_notes"])
    for one in case.trace.findings:
        weight = WEIGHTS.get(one.table)
        if weight is None or one.status != NOT_LOOKED_FOR or case.holding(one.code):
            continue
        named = dict.fromkeys(item for name in one.waiting_for for item in items(case, name))
        for name in named:
            add(name, one.code, weight / len(named))
    listed: list[str] = []
    for name in sorted(worth, key=lambda name: -round(worth[name], 6)):
        gated = name in case.tables and not open_leaves(case, name).keys().isdisjoint(listed)
        if worth[name] >= WORTH_NAMING and not gated and len(listed) < LISTED:
            listed.append(name)
    return tuple(Missing(name, case.label(name), tuple(waits[name])) for name in listed)


def undecided(case: Case, question: str) -> list[str]:
    """The questions that a question reads directly and that could not be answered."""
    table = case.tables.get(question)
    if table is None:
        return []
    return [name for name in table.inputs if case.answer(name, "") in UNDECIDED]


def items(case: Case, name: str) -> list[str]:
    """What to name for an unknown input: its facts when they are few, else the question itself."""
    below = list(open_leaves(case, name))
    if len(below) < GROUPED_FROM or name not in case.tables:
        return below
    return [name]
