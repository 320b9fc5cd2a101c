"""Results that were given and say nothing for today: too old, of one day and different, or on no side of a limit."""

from __future__ import annotations

from cobalens.model.printing import printed
from cobalens.model.ruleset import UNKNOWN
from cobalens.report.basis import entries
from cobalens.report.case import Case
from cobalens.report.items import Item, Section
from cobalens.report.words import RANGE_WORDS, is_result, layout, when_said

MARKERS = ("total_b12_band", "printed_range", "active_b12_says", "mma_says", "homocysteine_says")
"""The questions that read the tests on which a deficiency rests."""
TOTAL, NOT_HIGH = "vitamin_b12", ("none", "not_measured")
"""A total that reads as high has said something, also where it cannot speak of a lack."""


def unplaced(case: Case) -> list[tuple[str, str]]:
    """Of the tests on which a deficiency rests, those none of whose results could be placed, each result with the reason."""
    told: dict[tuple[str, str, str], tuple[str, str]] = {}
    placed = {TOTAL} if case.answer("elevation", "none") not in NOT_HIGH else set()
    for name in asked(case) if case.in_scope else ():
        fact = case.ruleset.facts[name]
        analyte = fact.of[0]
        if case.value(name).value != UNKNOWN:
            placed.add(analyte)
            continue
        for one in entries(case, name):
            if one.from_ and one.note and is_result(one):
                found = case.ruleset.analytes.get(analyte)
                words = layout(
                    case,
                    "result_unplaced",
                    value=printed(one.value),
                    when=when_said(case, one.date, one.day),
                    reason=one.note,
                )
                told.setdefault(
                    (analyte, one.from_, one.value), (found.label if found else fact.label, words)
                )
    return [words for (analyte, _, _), words in told.items() if analyte not in placed]


def asked(case: Case) -> list[str]:
    """The results that these questions compare with a limit or a printed range."""
    facts = case.ruleset.facts
    inputs = (
        name for question in MARKERS if question in case.tables for name in case.tables[question].inputs
    )
    return [
        name
        for name in dict.fromkeys(inputs)
        if name in facts
        and facts[name].lab
        and (facts[name].limits or set(RANGE_WORDS) <= set(facts[name].values))
    ]


def unplaced_section(case: Case) -> Section:
    items = tuple(Item(label, words) for label, words in unplaced(case))
    return Section(layout(case, "results_unplaced"), items)
