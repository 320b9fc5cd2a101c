"""The short view of one person: answer, why, what to do and what would help next; and the frame of the demonstration."""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.model.interpretation import Interpretation, Said
from cobalens.report.ahead import change_section, firmness_section
from cobalens.report.case import Case
from cobalens.report.items import Item, Section
from cobalens.report.pages import (
    TO_DO,
    URGENT,
    answer_section,
    answer_sources,
    clinicians_notice,
    missing_section,
    pick,
    results_section,
    sources_section,
    to_do,
    why_section,
)
from cobalens.report.unplaced import unplaced_section
from cobalens.report.words import for_clinicians, layout, mark, year

CASE_SOURCE = "M16"
CHANGES_SHOWN = 3


def summary(case: Case, said: Interpretation) -> tuple[Section, ...]:
    """One line for each thing, in English; the clinician's page has the rest."""
    notice = clinicians_notice(case)
    case = for_clinicians(case)
    spoken = [one for one in said.supported() if not one.quiet]
    urgent = pick(spoken, URGENT)
    others = [one for one in spoken if one not in urgent and not one.code.startswith(("next_test:", "ask:"))]
    made = [
        notice,
        answer_section(case, said, with_ruleset=False),
        Section(
            layout(case, "urgent"),
            tuple(Item(case.say(one.code).title, case.say(one.code).clinician, (), True) for one in urgent),
            "urgent",
        ),
        why_section(case, said),
        results_section(case),
        unplaced_section(case),
        lines(case, "do", to_do(others)),
        lines(case, "found", [one for one in others if not one.code.startswith(TO_DO)]),
        next_lines(case, said),
        missing_section(case, said),
        few(change_section(case, said)),
        firmness_section(case, said),
        sources_section(case, said, answer_sources(case)),
    ]
    return tuple(section for section in made if section.items)


def lines(case: Case, heading: str, found: Iterable[Said]) -> Section:
    return Section(
        layout(case, heading),
        tuple(
            Item(case.say(one.code).title, f"{one.why} {mark(case, one.verification)}".strip())
            for one in found
        ),
    )


def next_lines(case: Case, said: Interpretation) -> Section:
    """Tests and questions that would help next, each with its reason."""
    asked = [(one.code, one.why) for one in pick(said.supported(), ("ask:",))]
    told = [*((one.code, one.why) for one in said.next_tests), *asked]
    items = [Item(case.say(code).title, why) for code, why in told]
    return Section(layout(case, "next"), tuple(items))


def few(section: Section) -> Section:
    return Section(section.heading, section.items[:CHANGES_SHOWN], section.kind)


def demo_start(case: Case) -> Section:
    source = case.ruleset.sources[case.ruleset.evidence[CASE_SOURCE].source]
    cited = layout(case, "demo_source", title=source.title, year=year(case, source.year), url=source.url)
    return Section(layout(case, "demo_start"), (Item("", layout(case, "demo_intro")), Item("", cited)))


def demo_end(case: Case, command: str, example: str) -> Section:
    """Commands to copy: the ways into the same case, and the start of one's own."""
    ways = (
        ("demo_page", f"{command} interpret {example}"),
        ("demo_patient", f"{command} interpret {example} --audience patient"),
        ("demo_explain", f"{command} explain {example} --finding deficiency"),
        ("demo_serve", f"{command} serve"),
        ("demo_json", f"{command} interpret {example} --format json"),
    )
    items = tuple(Item("", layout(case, key), verbatim=line) for key, line in ways)
    return Section(layout(case, "demo_next"), items, "closing")
