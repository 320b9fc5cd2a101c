"""The explanation of a statement: its rows and reasons, the facts behind them, the limits, the sources."""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.model.interpretation import Node
from cobalens.model.printing import printed
from cobalens.model.ruleset import UNKNOWN, Row
from cobalens.model.trace import NOT_LOOKED_FOR, SUPPORTED
from cobalens.report.basis import entries, limit_used, named, unit_of
from cobalens.report.case import Case
from cobalens.report.words import (
    figures_in,
    for_clinicians,
    layout,
    mark,
    pack_title,
    published,
    unit_word,
    when_said,
    year,
)

MAIN = ("answer", "deficiency")
TRIED = "next_test:"
"""Tests may also be found by trying out their results."""


def explain(case: Case, code: str | None = None) -> tuple[Node, ...]:
    """The answer and every supported finding, or the one asked for: a finding's code, a question or fact, or ``question=answer``.

    It quotes rows, limits and sources, and is in English as these are.
    """
    case = for_clinicians(case)
    seen: set[tuple[str, str]] = set()
    if code is not None:
        question = code.partition("=")[0]
        if question in case.trace.choices:
            return (statement_of(case, question, seen),)
        if question in case.ruleset.facts:
            return (statement_of_fact(case, question),)
        return (finding(case, code, seen),)
    main = [statement_of(case, question, seen) for question in MAIN if question in case.trace.choices]
    codes = dict.fromkeys(one.code for one in case.trace.findings if one.status == SUPPORTED)
    return (*main, *(finding(case, one, seen) for one in codes))


def statement_of(case: Case, question: str, seen: set[tuple[str, str]]) -> Node:
    """A choose question with its answer and the rows that gave it."""
    choice = case.trace.choices[question]
    say = case.say(f"{question}={choice.answer}")
    known = say.title != f"{question}={choice.answer}"
    text = say.title if known else f"{case.label(question)} {choice.answer}"
    below = rows(case, [(question, case.row(question, name)) for name in choice.rows], seen)
    return Node("statement", text, below, question)


def statement_of_fact(case: Case, name: str) -> Node:
    """A fact that is told by itself, with the entries of the record behind it."""
    code = f"{name}={case.reads(name)}"
    title = case.say(code).title
    text = f"{case.label(name)}: {case.reads(name)}" if title == code else title
    return Node("statement", text, fact_node(case, name, "").children, name)


def finding(case: Case, code: str, seen: set[tuple[str, str]]) -> Node:
    """A code with the rows that say it, or with what it waits for."""
    given = case.given.get(code, ())
    statuses = {one.status for one in given}
    title = case.say(code).title
    if SUPPORTED in statuses:
        return Node("statement", f"{title} ({code})", rows(case, case.holding(code), seen), code)
    status = NOT_LOOKED_FOR if NOT_LOOKED_FOR in statuses else "not_supported"
    text = layout(case, "explain_status", code=f"{title} ({code})", status=layout(case, status))
    waiting = dict.fromkeys(case.label(name) for one in given for name in one.waiting_for)
    children = [Node("fact", layout(case, "explain_waiting", names="; ".join(waiting)))] if waiting else []
    if code.startswith(TRIED):
        children.append(Node("fact", layout(case, "explain_tried")))
    return Node("statement", text, tuple(children), code)


def rows(case: Case, held: Iterable[tuple[str, Row]], seen: set[tuple[str, str]]) -> tuple[Node, ...]:
    """Rows with their reasons; a row that was opened before is not opened again."""
    nodes = []
    for table, row in held:
        name = f"{table}.{row.name}"
        text = f"{name}: {row.why} {mark(case, row.status)}".strip()
        if (table, row.name) in seen:
            nodes.append(Node("as_above", f"{text} ({layout(case, 'explain_as_above')})", (), name))
            continue
        seen.add((table, row.name))
        inputs = [input_node(case, row, name, seen) for name, _ in row.cells]
        nodes.append(Node("row", text, (*inputs, *(source(case, one) for one in row.evidence)), name))
    return tuple(nodes)


def input_node(case: Case, row: Row, name: str, seen: set[tuple[str, str]]) -> Node:
    written = row.written.get(name, "")
    if name in case.ruleset.facts:
        return fact_node(case, name, written)
    if name.startswith("policy."):
        plain = name.removeprefix("policy.")
        value = case.pack.policies.get(plain, "")
        evidence = case.pack.policy_evidence.get(plain)
        children = (source(case, evidence),) if evidence else ()
        return Node("limit", layout(case, "explain_policy", label=plain, value=value), children, name)
    if name.startswith(("finding.", "any.")):
        value = ("unknown", "yes", "no")[case.trace.values.get(name, UNKNOWN)]
        held = case.holding(name.removeprefix("finding.")) if name.startswith("finding.") else ()
        return Node("fact", asked(case, name, value, written), rows(case, held, seen), name)
    choice = case.trace.choices[name]
    below = [(name, case.row(name, choice.rows[0]))]
    return Node("fact", asked(case, name, choice.answer, written), rows(case, below, seen), name)


def asked(case: Case, name: str, value: str, written: str) -> str:
    return layout(case, "explain_asked", label=case.label(name), value=value, written=written)


def fact_node(case: Case, name: str, written: str) -> Node:
    """A fact, each entry of the record behind it, and the limits that the cell named."""
    fact = case.ruleset.facts[name]
    known = case.value(name)
    children = []
    for one in entries(case, name):
        if one.from_ is None:
            children.append(Node("fact", one.note or layout(case, "explain_absent")))
            continue
        when = when_said(case, one.date, one.day)
        if fact.lab:
            text = layout(case, "explain_value", value=printed(one.value), when=when, where=one.from_)
        else:
            text = layout(case, "explain_words", words=one.words, when=when, where=one.from_)
        children.append(Node("fact", f"{text}; {one.note}" if one.note else text))
    if fact.limits:
        unit = unit_of(case, known.basis[0]) if known.basis else None
        for limit in named(case, fact, written):
            shown = limit_used(case, fact, limit, unit)
            here = figures_in(case, fact, limit, unit)
            value, shown_in = published(case, fact, limit, unit)
            text = layout(
                case,
                "explain_limit_here" if here else "explain_limit",
                limit=shown.limit,
                value=value,
                unit=unit_word(case, printed(shown_in)),
                here=printed(f"{here} {unit}"),
                pack=pack_title(case, limit),
                status=shown.status,
            )
            children.append(Node("limit", text, (source(case, limit.evidence),)))
    return Node("fact", asked(case, name, fact.values[known.value], written), tuple(children), name)


def source(case: Case, evidence: str) -> Node:
    one = case.ruleset.evidence[evidence]
    publication = case.ruleset.sources[one.source]
    text = layout(
        case,
        "explain_source",
        evidence=one.id,
        title=publication.title,
        year=year(case, publication.year),
        section=f", {one.section}" if one.section else "",
        status=one.status,
    )
    return Node("source", text, (), evidence)


def outline(nodes: Iterable[Node], depth: int = 0) -> list[tuple[int, Node]]:
    """The tree as lines with their depth, for plain text."""
    found = []
    for node in nodes:
        found.append((depth, node))
        found += outline(node.children, depth + 1)
    return found
