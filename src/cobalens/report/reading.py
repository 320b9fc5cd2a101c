"""How each piece of the input was read, for whoever wants to check it."""

from __future__ import annotations

from collections import Counter

from cobalens.model.interpretation import Understood
from cobalens.model.record import Element, Event, Lab
from cobalens.report.case import Case
from cobalens.report.items import Item, Section
from cobalens.report.words import layout

FATES = ("used", "understood", "not_understood", "set_aside")


def reading(case: Case) -> tuple[Understood, ...]:
    """Every result and statement with what it was taken to be, then the words that no rule needs."""
    record = case.record
    found = [Understood(lab.where, lab.text, read_lab(case, lab)) for lab in record.labs]
    found += [Understood(event.where, event.text, read_event(case, event)) for event in record.events]
    found += [Understood("", words, layout(case, "read_background")) for words in record.understood]
    found += [Understood(one.where, one.text, read_element(case, one)) for one in record.elements]
    return tuple(found)


def read_element(case: Case, element: Element) -> str:
    fate = layout(case, f"fate_{element.fate}")
    return layout(case, "fate_because", fate=fate, reason=element.reason) if element.reason else fate


def accounting(case: Case) -> str:
    """What became of the elements of the input; the numbers add up to it."""
    fates = Counter(one.fate for one in case.record.elements)
    return layout(
        case, "accounting", total=len(case.record.elements), **{fate: fates[fate] for fate in FATES}
    )


def read_lab(case: Case, lab: Lab) -> str:
    analyte = case.ruleset.analytes.get(lab.analyte)
    parts = [
        case.named(analyte.label) if analyte else lab.analyte,
        lab.problem or lab.qualitative or lab.unit or "",
    ]
    return ", ".join(part for part in parts if part)


def read_event(case: Case, event: Event) -> str:
    concept = case.ruleset.concepts.get(event.concept)
    words = [case.named(concept.label) if concept else event.concept]
    words += [
        layout(case, key)
        for key, holds in (
            ("read_denied", not event.affirmed),
            ("read_doubt", event.doubt),
            ("read_family", event.family),
            (f"read_{event.time}", event.affirmed),
        )
        if holds
    ]
    return ", ".join([*words, *([event.route] if event.route else [])])


def reading_section(case: Case) -> Section:
    items = tuple(
        Item("", layout(case, "read_as", words=one.words, where=one.from_, read_as=one.read_as))
        for one in reading(case)
    )
    if case.record.elements:
        items = (Item("", accounting(case)), *items)
    return Section(layout(case, "reading"), items, "small")
