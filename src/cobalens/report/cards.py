"""One answer as cards of CDS Hooks: what cannot wait, the answer, or what orders that are not signed yet change. For clinicians.

A card suggests no action and changes nothing in the record; it says what was looked at and what was not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import NAMESPACE_OID, uuid5

import msgspec

from cobalens.model.interpretation import Citation, Interpretation, Said
from cobalens.report.case import Case
from cobalens.report.fhir import ANSWER, FINDING
from cobalens.report.findings import finding
from cobalens.report.items import Item, Section
from cobalens.report.markdown import markdown
from cobalens.report.pages import TO_DO, URGENT, answer_section, answer_sources, pick
from cobalens.report.summary import next_lines, summary
from cobalens.report.words import for_clinicians, layout, year

Read = tuple[Case, Interpretation]

CRITICAL, WARNING, INFO = "critical", "warning", "info"
LONGEST = 139
"""Characters of a summary: fewer than 140, as the specification has it."""
OF_ANYBODY = ("data_quality:", "ask:", "scope:", "interpretation:")
"""What is no reason for a card where no level was ever measured: gaps of the record, and how tests that are not there would read."""
TEST, INSUFFICIENT = "next_test:", "data_quality:insufficient_data"
PRESSES = ("red_flag:", "urgency:immediate")
SOON, OPEN = ("deficiency", "both"), "undetermined"
LEAD = ("red_flag:", "urgency:immediate", "action:", "plan:", "caution:", "safety:", "urgency:", "route:")
"""In which order a short line tells what orders change: what is to be done before how soon and how."""
NEVER_NEW = ("data_quality:", "ask:")
"""What may change with an order, and is no reason to interrupt whoever writes it."""
LINKS, TESTS, UNREAD, WORDS = 3, 3, 5, 60
REASONS = ("done", "known", "elsewhere", "not_here")
REASON = "urn:cobalens:hooks:override-reason"
OWN = "urn:cobalens:"


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """A code with its words."""

    system: str
    code: str
    display: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Who says it, and of what it speaks."""

    label: str
    topic: Coding


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A publication that the card rests on."""

    label: str
    url: str
    type: str = "absolute"


class Card(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What CDS Hooks 2.0 calls a card; an attribute without a value is left out."""

    uuid: str
    summary: str
    indicator: str
    source: Source
    detail: str
    links: tuple[Link, ...] = ()
    override_reasons: tuple[Coding, ...] = ()
    extension: dict[str, str | tuple[str, ...]] = {}


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came with a call, and what was asked for and did not come."""

    instance: str
    """The UUID of the call; the cards' own ones follow from it."""
    missing: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    tests: dict[str, tuple[str, ...]] = {}
    """Key -> the tests that it asks for."""


def of_record(read: Read, sent: Sent, levels: frozenset[str]) -> tuple[Card, ...]:
    """For a record that is opened; nothing where nothing in it bears on vitamin B12. ``levels``: the tests of which one does."""
    case, said = for_clinicians(read[0]), read[1]
    spoken = voiced(said)
    if not measured(case, levels) and not bearing(spoken, levels):
        return ()
    made = [card(case, said, sent, "answer", answer_line(case, said), answer_level(said), answer_topic(case, said),
                 [*summed(case, said), *looked_at(case, said, sent)], answer_sources(case) if case.in_scope else [])]  # fmt: skip
    if urgent := pick(spoken, PRESSES):
        made.insert(0, card(case, said, sent, "urgent", urgent_line(case, said, urgent), CRITICAL, topic(case, urgent[0].code),
                            [first(case, urgent), answered(case, said)], cited(urgent)))  # fmt: skip
    return tuple(made)


def measured(case: Case, levels: frozenset[str]) -> bool:
    return any(one.analyte in levels for one in case.record.labs)


def bearing(spoken: Iterable[Said], levels: frozenset[str]) -> list[Said]:
    """What was found because of something on the record: that a level would help is said of anybody without one."""
    level = tuple(f"{TEST}{one}" for one in levels)
    return [one for one in spoken if one.code not in level and not one.code.startswith(OF_ANYBODY)]


def of_orders(before: Read, after: Read, sent: Sent) -> tuple[Card, ...]:
    """For orders that are not signed yet: what they change in what is said of this person; nothing where that is nothing."""
    case, said = for_clinicians(after[0]), after[1]
    earlier = {one.code for one in before[1].supported()}
    now = {one.code for one in said.supported()}
    gained = [one for one in voiced(said) if one.code not in earlier and not one.code.startswith(NEVER_NEW)]
    lost = [one for one in voiced(before[1]) if one.code not in now and not one.code.startswith(NEVER_NEW)]
    otherwise = (before[1].answer, before[1].deficiency) != (said.answer, said.deficiency)
    if not gained and not otherwise:
        return ()
    ordered = sorted(gained, key=place)
    line = (
        layout(case, "fhir_card_orders", titles=titles(case, ordered))
        if ordered
        else layout(case, "fhir_card_otherwise")
    )
    urgent = pick(voiced(said), PRESSES)
    level = CRITICAL if urgent else WARNING if otherwise or pick(gained, TO_DO) else INFO
    items = [Item("", layout(case, "fhir_card_planned")), *(told(case, one) for one in ordered)]
    if lost:
        items.append(Item("", layout(case, "fhir_card_gone", titles=titles(case, lost))))
    sections = [
        first(case, urgent), Section(layout(case, "fhir_card_changes"), tuple(items)),
        answered(case, said), *to_settle(case, said), *looked_at(case, said, sent),
    ]  # fmt: skip
    about = topic(case, ordered[0].code) if ordered else answer_topic(case, said)
    return (card(case, said, sent, "orders", line, level, about, sections, cited(ordered)),)


def card(
    case: Case, said: Interpretation, sent: Sent, kind: str, line: str, level: str, about: Coding,
    sections: Iterable[Section], sources: Iterable[Citation],
) -> Card:  # fmt: skip
    return Card(
        uuid=str(uuid5(NAMESPACE_OID, f"{sent.instance}\n{kind}")),
        summary=fitting(line),
        indicator=level,
        source=Source(
            label=layout(case, "fhir_card_source", version=said.cobalens, pack=said.pack_basis.title),
            topic=about,
        ),
        detail=markdown([*sections, Section("", (Item("", layout(case, "support")),), "small")]),
        links=links(case, sources),
        override_reasons=() if level == INFO else tuple(reason(case, one) for one in REASONS),
        extension=coded(said),
    )


def coded(said: Interpretation) -> dict[str, str | tuple[str, ...]]:
    """The same in codes, for whoever counts or compares."""
    return {
        f"{OWN}answer": said.answer,
        f"{OWN}deficiency": said.deficiency,
        f"{OWN}findings": tuple(one.code for one in said.supported()),
        f"{OWN}as-of": said.as_of or "",
        f"{OWN}pack": said.pack,
        f"{OWN}ruleset": said.ruleset,
    }


# --- Words --------------------------------------------------------------------------------------------------------


def voiced(said: Interpretation) -> list[Said]:
    return [one for one in said.supported() if not one.quiet]


def urgent_line(case: Case, said: Interpretation, urgent: Sequence[Said]) -> str:
    deficiency = case.say(f"deficiency={said.deficiency}").title
    return layout(case, "fhir_card_answer", answer=titles(case, urgent), deficiency=deficiency)


def answer_line(case: Case, said: Interpretation) -> str:
    if not case.in_scope:
        return titles(case, pick(voiced(said), ("scope:",)))
    answer = case.say(f"answer={said.answer}").title
    if said.answer == OPEN and said.next_tests:
        return layout(case, "fhir_card_next", answer=answer, test=case.say(said.next_tests[0].code).title)
    deficiency = case.say(f"deficiency={said.deficiency}").title
    return layout(case, "fhir_card_answer", answer=answer, deficiency=deficiency)


def answer_level(said: Interpretation) -> str:
    """A red flag has a card of its own; what needs replacing, or acting on soon, or somebody else, is a warning."""
    return WARNING if said.answer in SOON or pick(voiced(said), ("urgency:soon", *URGENT)) else INFO


def place(one: Said) -> int:
    return next((number for number, start in enumerate(LEAD) if one.code.startswith(start)), len(LEAD))


def titles(case: Case, found: Sequence[Said]) -> str:
    return "; ".join(dict.fromkeys(case.say(one.code).title for one in found))


def fitting(line: str) -> str:
    """A summary of the length that is allowed, cut between words."""
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST - 1].rsplit(' ', 1)[0].rstrip(' ;,.')}…"


def first(case: Case, urgent: Iterable[Said]) -> Section:
    return Section(layout(case, "urgent"), tuple(told(case, one) for one in urgent), "urgent")


def told(case: Case, one: Said) -> Item:
    known = finding(case, one)
    return Item(known.title, known.text, known.detail)


def answered(case: Case, said: Interpretation) -> Section:
    return answer_section(case, said, with_ruleset=True)


def to_settle(case: Case, said: Interpretation) -> list[Section]:
    """The tests and questions that would tell, where nothing is told yet: whoever orders can order them as well."""
    wanted = next_lines(case, said)
    return [wanted] if said.answer == OPEN and wanted.items else []


def summed(case: Case, said: Interpretation) -> list[Section]:
    """The short view, without what has a card of its own and what ends every card."""
    apart = bool(pick(voiced(said), PRESSES))
    made = [one for one in summary(case, said) if not (apart and one.kind == "urgent")]
    return [
        Section(one.heading, tuple(item for item in one.items if item.text != layout(case, "support")))
        for one in made
    ]


def looked_at(case: Case, said: Interpretation, sent: Sent) -> tuple[Section, ...]:
    """What did not come, came in part, or was not understood."""
    items = []
    for key, kept in (("missing", sent.missing), ("part", sent.part)):
        if kept:
            names = ", ".join(named(case, one, sent) for one in kept)
            items.append(Item("", layout(case, f"fhir_card_{key}", names=names)))
    if unread := said.not_understood:
        words = "; ".join(f"“{short(one.text)}”" for one in unread[:UNREAD])
        more = layout(case, "fhir_card_more") if len(unread) > UNREAD else ""
        items.append(Item("", layout(case, "fhir_card_unread", count=len(unread), words=words + more)))
    sections = (
        Section(layout(case, "data"), about_data(case, said)),
        Section(layout(case, "fhir_card_sent"), tuple(items)),
    )
    return tuple(one for one in sections if one.items)


def about_data(case: Case, said: Interpretation) -> tuple[Item, ...]:
    """What was noticed in what came, each thing once; that much of a record is missing is said elsewhere."""
    kept = [one for one in said.data_quality if one.where or one.code != INSUFFICIENT]
    made = [Item("", one.message) for one in kept[:UNREAD]]
    if len(kept) > UNREAD:
        made.append(Item("", layout(case, "fhir_card_data_more", count=len(kept) - UNREAD)))
    return tuple(dict.fromkeys(made))


def named(case: Case, key: str, sent: Sent) -> str:
    tests = sent.tests.get(key)
    if tests is None:
        return layout(case, f"fhir_card_{key}")
    labels = [case.ruleset.analytes[one].label for one in tests[:TESTS]]
    return layout(case, "fhir_card_results", tests=", ".join(labels) + layout(case, "fhir_card_more"))


def short(words: str) -> str:
    return words if len(words) <= WORDS else f"{words[:WORDS]}…"


# --- Codes and links ----------------------------------------------------------------------------------------------


def topic(case: Case, code: str) -> Coding:
    return Coding(system=FINDING, code=code, display=case.say(code).title)


def answer_topic(case: Case, said: Interpretation) -> Coding:
    return Coding(system=ANSWER, code=said.answer, display=case.say(f"answer={said.answer}").title)


def reason(case: Case, name: str) -> Coding:
    return Coding(
        system=REASON, code=name.replace("_", "-"), display=layout(case, f"fhir_card_reason_{name}")
    )


def cited(found: Iterable[Said]) -> list[Citation]:
    return [source for one in found for source in one.sources]


def links(case: Case, sources: Iterable[Citation]) -> tuple[Link, ...]:
    """Publications that have an address, each once; no page of this program, since it may not be reached from there."""
    found = {
        one.url: Link(label=f"{one.title}{year(case, one.year)}", url=one.url) for one in sources if one.url
    }
    return tuple(found.values())[:LINKS]
