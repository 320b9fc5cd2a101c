"""One finding in words for a clinician: what the knowledge says of everybody, worded once, and what of this record it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cobalens.model.interpretation import Said, Used
from cobalens.model.printing import printed
from cobalens.report.basis import entries, named_first
from cobalens.report.case import Case, Phrase
from cobalens.report.items import Item
from cobalens.report.words import by_pack, is_result, layout, mark, when_said

FACTS_SHOWN = 4
STATED_KEPT = 20_000
"""What is full begins anew."""


def finding(case: Case, one: Said, urgent: bool = False) -> Item:
    """One finding with its sentence, the reason, what it rests on and its sources."""
    known = stated(case, one, urgent)
    facts = fact_words(resting(case, one))
    if not facts:
        return known
    detail = (*known.detail, layout(case, "rests_on", facts="; ".join(facts)))
    return Item(known.title, known.text, detail, urgent, code=one.code, shared=known.shared)


def stated(case: Case, one: Said, urgent: bool) -> Item:
    """What a finding says of everybody of whom the same rows say it; what was noticed in one record is worded anew."""
    key = (case.language, one.code, one.rule, one.row, one.pack, urgent)
    found = case.shelf.stated.get(key) if one.row else None
    if found is None:
        found = worded(case, one, urgent)
        if one.row:
            if len(case.shelf.stated) >= STATED_KEPT:
                case.shelf.stated.clear()
            case.shelf.stated[key] = found
    return found


def worded(case: Case, one: Said, urgent: bool) -> Item:
    ids = ", ".join(citation.evidence for citation in one.sources)
    because = layout(case, "because", why=one.why) + (f" [{ids}]" if ids else "")
    marked = f"{mark(case, one.verification)} {by_pack(case, one)}".strip()
    text = case.say(one.code).clinician
    title, shared = case.say(one.code).title, 1 if one.row else None
    return Item(title, f"{text} {marked}".strip(), (because,), urgent, code=one.code, shared=shared)


def resting(case: Case, one: Said) -> Iterator[Phrase]:
    """The facts behind a finding in words; where it does not name them, those of its rows, as far as they are asked for."""
    if one.facts:
        return (phrase for used in one.facts for phrase in phrases(case, (used,)))
    names = named_first(case, case.holding(one.code))
    return (phrase for name in names for phrase in told_of(case, name))


def told_of(case: Case, name: str) -> tuple[Phrase, ...]:
    """A fact in words, by each entry of the record; each is put into words once for a person."""
    key = (case.language, name)
    found = case.phrases.get(key)
    if found is None:
        found = case.phrases[key] = tuple(phrases(case, entries(case, name)))
    return found


def phrases(case: Case, facts: Iterable[Used]) -> Iterator[Phrase]:
    """What is told of facts, each with what makes it the same as another; results with their value."""
    for one in facts:
        if one.from_ is None or one.from_ == "patient.age":
            continue
        key = f"{one.from_} {one.words}"
        if is_result(one):
            analyte = case.ruleset.analytes.get(case.ruleset.facts[one.fact].of[0])
            words = f"{analyte.label if analyte else one.label} {printed(one.value)}"
            key = f"{one.from_} {words}"
        elif one.value == "yes":
            words = f"{one.label} (“{one.words}”)"
        else:
            words = f"{one.label}: {one.value.replace('_', ' ')}"
        yield key, words + when_said(case, one.date, one.day)


def fact_words(told: Iterable[Phrase]) -> list[str]:
    """The first few of them, each phrase of the record once."""
    found: dict[str, str] = {}
    for key, words in told:
        if words not in found.values():
            found.setdefault(key, words)
            if len(found) == FACTS_SHOWN:
                break
    return list(found.values())
