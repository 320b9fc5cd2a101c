"""For a patient: on what a statement rests (what the notes say of it, what they leave open, who published it), and a what-if.

In the words of the form; no code, no row and no name of a limit.
"""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.model.interpretation import Node, Used
from cobalens.model.ruleset import UNKNOWN, Row, Ruleset
from cobalens.model.trace import NOT_LOOKED_FOR
from cobalens.report.basis import citations, entries, leaves, rests_of
from cobalens.report.case import Case
from cobalens.report.charts.readings import plain_unit
from cobalens.report.difference import AXES, WhatIf
from cobalens.report.items import Item, Section
from cobalens.report.missing import may_be_asked
from cobalens.report.words import is_result, layout, stretch, year

ALONE, ASK = "layout:plain_fact_", "layout:form_ask_"
"""A fact asked by itself, where the form shows a list below its question; and as the form asks it."""
CHOICE, VALUE = "layout:form_choice_", "layout:plain_value_"
TRIED = "next_test:"
"""Tests may also be found by trying out their results."""


def explain_plainly(case: Case, code: str) -> tuple[Node, ...]:
    """One statement: a finding's code, or ``question=answer``."""
    question = code.partition("=")[0]
    choice = case.trace.choices.get(question)
    if choice is not None:
        said = case.say(f"{question}={choice.answer}").patient
        return (
            Node("statement", said, below(case, [(question, case.row(question, n)) for n in choice.rows])),
        )
    if question in case.ruleset.facts:
        fact = case.say(f"{question}={case.reads(question)}")
        return (Node("statement", fact.patient or fact.heading, told_of(case, question)),)
    held = case.holding(code)
    return (Node("statement", case.say(code).heading, below(case, held) if held else open_yet(case, code)),)


def below(case: Case, held: Iterable[tuple[str, Row]]) -> tuple[Node, ...]:
    rows = list(held)
    names = dict.fromkeys(name for name, _ in leaves(case, rows))
    known = [name for name in names if case.value(name).value != UNKNOWN]
    parts = [
        group(case, "plain_say", [*results_told(case, known), *answers_told(case, known)]),
        group(case, "plain_silent", [Node("fact", one) for one in asked(case, names)]),
        group(case, "plain_sources", [Node("source", one) for one in published(case, rows)]),
    ]
    return tuple(one for one in parts if one.children) or (Node("fact", layout(case, "plain_for_all")),)


def told_of(case: Case, name: str) -> tuple[Node, ...]:
    """What the notes say of one fact, or that they do not."""
    if case.value(name).value == UNKNOWN:
        return (group(case, "plain_silent", [Node("fact", name_of(case, name))]),)
    return (group(case, "plain_say", [*results_told(case, [name]), *answers_told(case, [name])]),)


def open_yet(case: Case, code: str) -> tuple[Node, ...]:
    """What keeps a statement from being made, or that nothing points to it."""
    given = case.given.get(code, ())
    waiting = dict.fromkeys(name for one in given for name in one.waiting_for)
    parts = []
    if code.startswith(TRIED):
        parts.append(Node("fact", layout(case, "plain_tried")))
    elif NOT_LOOKED_FOR not in {one.status for one in given}:
        parts.append(Node("fact", layout(case, "patient_clear")))
    inputs = dict.fromkeys(inner for name in waiting for inner in facts_in(case, name))
    silent = group(case, "plain_silent", [Node("fact", one) for one in asked(case, inputs)])
    return (*parts, silent) if silent.children else tuple(parts)


def group(case: Case, heading: str, found: list[Node]) -> Node:
    return Node("fact", layout(case, heading), tuple(found))


# --- What the notes say ---------------------------------------------------------------------------------------------


def results_told(case: Case, names: Iterable[str]) -> list[Node]:
    """Each result once, with where it lies, if any rule compared it with a limit."""
    found: dict[tuple[str, str | None], str] = {}
    compared: set[tuple[str, str | None]] = set()
    for name in names:
        fact = case.ruleset.facts[name]
        for one in entries(case, name) if fact.lab else ():
            key = (fact.of[0] if fact.of else name, one.from_)
            reading = plain_unit(stretch(case, fact, one.unit)[0]) if is_result(one) and fact.limits else ""
            if key not in found or (reading and key not in compared):
                when = when_told(case, one) if is_result(one) else ""
                label = name_of(case, name)
                told = plain_unit(case.remarks.part(one.value))
                found[key] = layout(
                    case, "plain_result", label=label[:1].upper() + label[1:], value=told, when=when,
                    reading=reading,
                )  # fmt: skip
            if reading:
                compared.add(key)
    return [Node("fact", one) for one in dict.fromkeys(found.values())]


def answers_told(case: Case, names: Iterable[str]) -> list[Node]:
    """What was said otherwise: the question of the form, its answer, and the words that told it."""
    found = []
    for name in names:
        fact = case.ruleset.facts[name]
        if fact.lab:
            continue
        value = value_of(case, fact.values[case.value(name).value])
        words = dict.fromkeys(
            layout(case, "plain_words", words=one.words, when=when_told(case, one))
            for one in entries(case, name)
            if one.from_ and one.words
        )
        text = layout(case, "plain_answer", question=name_of(case, name), answer=value)
        found.append(Node("fact", text, tuple(Node("fact", one) for one in words)))
    return found


def when_told(case: Case, one: Used) -> str:
    if one.date:
        return layout(case, "on_date", date=one.date)
    if one.day is None:
        return ""
    if one.day == 0:
        return layout(case, "plain_today")
    days = abs(one.day)
    if days == 1:
        return layout(case, "plain_ahead_one" if one.day > 0 else "plain_ago_one")
    return layout(case, "plain_ahead" if one.day > 0 else "plain_ago", days=days)


# --- What they leave open -------------------------------------------------------------------------------------------


def asked(case: Case, names: Iterable[str]) -> list[str]:
    """The facts among some that are not known, as one would ask for them."""
    open_ones = (name for name in names if case.value(name).value == UNKNOWN and may_be_asked(case, name))
    return list(dict.fromkeys(name_of(case, name) for name in open_ones))


def facts_in(case: Case, name: str, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """A fact itself, or the facts that a question or finding reads, through the questions below it."""
    if name in case.ruleset.facts:
        return (name,)
    tables = [name.removeprefix("any.")]
    if name.startswith("finding."):
        tables = [one.table for one in case.given.get(name.removeprefix("finding."), ())]
    inputs = dict.fromkeys(
        inner
        for table in tables
        if table in case.tables and table not in seen
        for inner in case.tables[table].inputs
    )
    return tuple(fact for inner in inputs for fact in facts_in(case, inner, seen | set(tables)))


def name_of(case: Case, name: str) -> str:
    """A fact as a patient is asked for it; a test by the name that stands on the printout."""
    fact = case.ruleset.facts[name]
    if fact.lab:
        analyte = case.ruleset.analytes.get(fact.of[0]) if fact.of else None
        return case.named(analyte.label if analyte else fact.label)
    words = case.ruleset.text[case.language]
    found = words.get(f"{ALONE}{name}") or words.get(f"{ASK}{name}")
    return found.title if found else case.named(fact.label)


def question_of(case: Case, name: str) -> str:
    """A fact as the form asks it, with its list below."""
    found = case.ruleset.text[case.language].get(f"{ASK}{name}")
    return found.title if found else case.named(case.ruleset.facts[name].label)


def choice_of(case: Case, concept: str, label: str) -> str:
    """One of several things among which a patient chooses."""
    found = case.ruleset.text[case.language].get(f"{CHOICE}{concept}")
    return found.title if found else case.named(label)


def value_of(case: Case, value: str) -> str:
    """``yes``, ``no``, ``unknown`` or another answer, in words."""
    found = case.ruleset.text[case.language].get(f"{VALUE}{value}")
    return found.title if found else value.replace("_", " ")


def published(case: Case, rows: Iterable[tuple[str, Row]]) -> list[str]:
    """The publications by name: those of the rows, or where these cite none, of the nearest rows behind them."""
    level, seen = list(rows), set[tuple[str, str]]()
    while level:
        found = citations(case, level)
        if found:
            return list(dict.fromkeys(f"{one.title}{year(case, one.year)}" for one in found))
        keys = [(table, row.name) for table, row in level]
        seen.update(keys)
        behind = [one for key in keys for one in (case.rests.get(key) or rests_of(case, key)).behind]
        level = [(one[0], case.rows[one]) for one in behind if one not in seen]
    return []


# --- What would be otherwise ----------------------------------------------------------------------------------------


def plain_rows(case: Case, one: WhatIf) -> list[tuple[str, str, str, bool]]:
    """What the results suggest before and after; the rest of it only where it changed."""
    made = []
    for axis in AXES:
        changed = axis in one.changed
        if changed or axis == AXES[0]:
            words = [case.say(f"{axis}={getattr(side, axis)}").patient for side in (one.before, one.after)]
            made.append((layout(case, f"plain_side_{axis}"), words[0], words[1], changed))
    return made


def plain_moved(case: Case, one: WhatIf) -> list[Section]:
    """What would be said as well, and what no longer; what is not told in short texts is left out here too."""
    told = spoken(case.ruleset)
    gained = [case.say(made.code) for made in one.findings_gained if made.code in told]
    lost = [case.say(made.code) for made in one.findings_lost if made.code in told]
    made = [
        Section(layout(case, "plain_gained"), tuple(Item(say.heading, say.patient) for say in gained)),
        Section(layout(case, "plain_lost"), tuple(Item(say.heading) for say in lost)),
    ]
    if not (one.changed or gained or lost):
        made.append(Section("", (Item("", layout(case, "plain_same")),)))
    return [section for section in made if section.items]


def spoken(ruleset: Ruleset) -> set[str]:
    """The findings that some row says aloud."""
    return {code for table in ruleset.tables for row in table.rows if not row.quiet for code in row.then}
