"""One interpretation from a record, its facts and its traces: what is said, on what it rests, and what would help next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from cobalens.model.counterfactual import Counterfactuals
from cobalens.model.interpretation import (
    Because,
    Change,
    Firmness,
    Interpretation,
    NotUnderstood,
    PackBasis,
    Quality,
    Said,
    Text,
    TradeOffs,
)
from cobalens.model.plans import AT_RISK, BESIDE_PLAN, NERVES, PLAN, TREATING
from cobalens.model.trace import NOT_LOOKED_FOR, NOT_SUPPORTED, SUPPORTED, Finding
from cobalens.report.basis import behind, chain, citations, leaves, limits, limits_named, used
from cobalens.report.case import STATUSES, Case, Kept, Leaf, rank, strongest
from cobalens.report.missing import missing, next_tests
from cobalens.report.packs import differing
from cobalens.report.text import texts

RED_FLAG, SECOND_LINE = "red_flag:", "next_test:mma"
SCOPE, QUALITY, BENEFIT, LIMIT = "scope:", "data_quality:", "benefit:", "limit:"
READING = "reading"
"""The rule behind what was noticed before any rule was asked."""
NOTICED = (
    "data_quality:unit_missing",
    "data_quality:unit_implausible",
    "data_quality:unit_conversion",
    "data_quality:conflicting_results",
)
NO_TEXT = Text("", "", "", "")
SAID_KEPT = 20_000


def interpretation(
    case: Case, others: Sequence[Case], ahead: Counterfactuals | None, version: str, whole: bool = True
) -> Interpretation:
    """Everything that is handed out about one person.

    ``others`` are the same person under the packs beside the primary one, ``ahead`` is what would change the answer,
    where that was looked at. What is not ``whole`` is for a door that shows sections before anything was tried out: the
    four texts, the tests and what is missing are left empty, a finding names neither its facts nor its limits, and
    codes that do not hold are there only where another pack may say them.
    """
    in_scope = case.in_scope
    told = said(case, whole, whole or bool(others))
    findings = (
        tuple(told) if in_scope else tuple(one for one in told if one.code.startswith((SCOPE, QUALITY)))
    )
    if in_scope:
        findings = more_careful(case, others, findings)
    findings = noticed(case, findings)
    made = Interpretation(
        cobalens=version,
        ruleset=case.ruleset.hash,
        pack=case.pack.name,
        pack_basis=PackBasis(case.pack.title, case.pack.year, limit_statuses(case)),
        as_of=case.record.as_of,
        id=case.record.id,
        answer=case.answer("answer", "undetermined") if in_scope else "undetermined",
        deficiency=case.answer("deficiency", "not_assessable") if in_scope else "not_assessable",
        treatment_state=case.reads("treatment_state") if case.fact("treatment_state") else "unknown",
        because=because(case, in_scope),
        findings=findings,
        next_tests=next_tests(case, findings, ahead.next_tests if ahead and in_scope else None)
        if whole
        else (),
        what_would_change=changes(ahead) if ahead and in_scope else None,
        firmness=firmness(ahead) if ahead and in_scope else None,
        standing=ahead.standing if ahead and in_scope else None,
        packs=differing(case, others) if in_scope else (),
        not_understood=tuple(
            NotUnderstood(u.where, u.text, u.suggestion) for u in case.record.not_understood
        ),
        data_quality=quality(case, findings),
        missing=missing(case, ahead.swings if ahead else {}) if in_scope and whole else (),
        trade_offs=trade_offs(case, findings),
        text=NO_TEXT,
    )
    return replace(made, text=texts(case, made)) if whole else made


# --- Findings -----------------------------------------------------------------------------------------------------


def said(case: Case, whole: bool = True, also_unsaid: bool = True) -> list[Said]:
    """Every code once, in reading order, over all tables that can give it; or those alone that hold."""
    kept, found = kept_of(case, whole), []
    holding = None if also_unsaid else case.trace.supported()
    for code, given in case.given.items():
        if holding is not None and code not in holding:
            continue
        here = kept.get(id(given[0]) if len(given) == 1 else marked(given))
        found.append(one_said(case, code, whole) if here is None else here[1])
    return found


def kept_of(case: Case, whole: bool) -> Kept:
    """What can be said in the same way of many people: where nothing of a person stands in it, also what is supported."""
    return (case.shelf.unsaid if whole else case.shelf.outlines).setdefault(case.language, {})


def marked(given: tuple[Finding, ...]) -> object:
    """By which findings something is kept; they are kept beside it, so that no other is taken for one."""
    return id(given[0]) if len(given) == 1 else tuple([id(one) for one in given])


def one_said(case: Case, code: str, whole: bool = True) -> Said:
    given = case.given[code]
    if SUPPORTED not in [one.status for one in given]:
        return keep(case, given, one_unsaid(case, code, given), whole)
    if whole or code.startswith(QUALITY):  # what is said of the data names the places where it was
        return one_supported(case, code, leaves(case, case.holding(code)))
    return keep(case, given, one_supported(case, code, ()), whole)


def keep(case: Case, given: tuple[Finding, ...], made: Said, whole: bool) -> Said:
    kept = kept_of(case, whole)
    if len(kept) >= SAID_KEPT:
        kept.clear()
    kept[marked(given)] = given, made
    return made


def one_supported(case: Case, code: str, asked: Sequence[Leaf]) -> Said:
    """A code that holds, with the facts among ``asked`` and their limits."""
    rows = case.holding(code)
    tables = tuple(dict.fromkeys(table for table, _ in rows))
    return Said(
        code=code,
        status=SUPPORTED,
        title=case.say(code).title,
        why=" ".join(dict.fromkeys(row.why for _, row in rows)),
        rule=tables[0] if len(tables) == 1 else tuple(table for table, _ in rows),
        row=one_or_list([row.name for _, row in rows]),
        verification=strongest([row.status for _, row in rows]),
        facts=used(case, asked),
        thresholds=limits(case, asked),
        sources=citations(case, rows),
        quiet=all(row.quiet for _, row in rows),
    )


def one_unsaid(case: Case, code: str, given: Sequence[Finding]) -> Said:
    """A code that is excluded, or not looked for; nothing in it is about this person alone."""
    waiting = dict.fromkeys(name for one in given for name in one.waiting_for)
    open_ones = any(one.status == NOT_LOOKED_FOR for one in given)
    return Said(
        code=code,
        status=NOT_LOOKED_FOR if open_ones else NOT_SUPPORTED,
        title=case.say(code).title,
        why="",
        rule=one_or_list(tuple(dict.fromkeys(one.table for one in given))),
        row=(),
        verification=None,
        waiting_for=tuple(waiting),
    )


def noticed(case: Case, findings: tuple[Said, ...]) -> tuple[Said, ...]:
    """What was noticed while reading that is a finding in its own right, said once with the places where it was."""
    notes = [(n.code, n.where, n.message) for n in case.record.notes]
    notes += [(code, "", sentence) for code, sentence in case.facts.notes]
    made = {}
    for code in NOTICED:
        told = [(where, sentence) for c, where, sentence in notes if c == code]
        if told:
            made[code] = Said(
                code=code,
                status=SUPPORTED,
                title=case.say(code).title,
                why=" ".join(dict.fromkeys(sentence for _, sentence in told)),
                rule=READING,
                row=(),
                verification=STATUSES[0],
            )
    if not made:
        return findings
    kept = tuple(one if one.status == SUPPORTED else made.pop(one.code, one) for one in findings)
    spoken = {one.code for one in kept if one.status == SUPPORTED}
    return (*(one for code, one in made.items() if code not in spoken), *kept)


def one_or_list(names: Sequence[str]) -> str | tuple[str, ...]:
    return names[0] if len(names) == 1 else tuple(names)


# --- Other packs ---------------------------------------------------------------------------------------------------


def more_careful(case: Case, others: Sequence[Case], findings: tuple[Said, ...]) -> tuple[Said, ...]:
    """Where packs disagree: beside a red flag or a nerve at risk the most treating plan holds; else a test is added.

    What is taken over carries the name of the pack that says it.
    """
    red_flag = any(one.status == SUPPORTED and one.code.startswith(RED_FLAG) for one in findings)
    treating = max(others, key=treats, default=case)
    if (red_flag or case.answer(NERVES) in AT_RISK) and treats(treating) > treats(case):
        findings = borrowed(findings, treating, (*PLAN, *BESIDE_PLAN), drop=PLAN)
    if not red_flag:
        for other in others:
            if other.answer("deficiency") != case.answer("deficiency"):
                findings = borrowed(findings, other, (SECOND_LINE,))
    return findings


def treats(case: Case) -> int:
    """How far a pack goes in treating: at once, ordinarily, on trial, or not."""
    return TREATING.get(case.answer("replacement"), 0)


def borrowed(
    findings: tuple[Said, ...], other: Case, families: tuple[str, ...], drop: tuple[str, ...] = ()
) -> tuple[Said, ...]:
    """The findings, with what another pack supports of some families put in their places, and without what it replaces."""
    found = []
    for one in findings:
        there = one.code.startswith(families) and bool(other.holding(one.code))
        if there and one.status != SUPPORTED:
            found.append(replace(one_said(other, one.code), pack=other.pack.name))
        elif not there and one.status == SUPPORTED and one.code.startswith(drop):
            found.append(
                replace(one, status=NOT_SUPPORTED, why="", row=(), facts=(), thresholds=(), sources=())
            )
        else:
            found.append(one)
    return tuple(found)


# --- The answer ---------------------------------------------------------------------------------------------------


def because(case: Case, in_scope: bool) -> Because:
    """The rows that gave answer and deficiency, then those of the questions which the deficiency row read."""
    if not in_scope:
        why = reasons(case, "in_scope")
        return Because(tuple(why), tuple(why))
    deficiency = reasons(case, "deficiency")
    if (choice := case.choice("deficiency")) is not None:
        row = case.row("deficiency", choice.rows[0])
        for name, _ in row.cells:
            deficiency += [one.why for _, one in behind(case, name)]
    return Because(tuple(dict.fromkeys(reasons(case, "answer"))), tuple(dict.fromkeys(deficiency)))


def reasons(case: Case, question: str) -> list[str]:
    choice = case.choice(question)
    return [case.row(question, name).why for name in choice.rows] if choice else []


def limit_statuses(case: Case) -> tuple[str, ...]:
    """How well the limits on which the answer rests are verified; all of the pack's own where none decided."""
    if not case.in_scope:
        return ()
    found = {case.limit_status(one) for leaf in chain(case) for one in limits_named(case, leaf)}
    if not found:
        own = [one for group in case.pack.limits.values() for one in group if one.pack == case.pack.name]
        found = {case.limit_status(one) for one in own}
    return tuple(sorted(found, key=rank))


def changes(ahead: Counterfactuals) -> tuple[Change, ...]:
    return tuple(Change(one.set, one.answer, one.deficiency, one.kind) for one in ahead.what_would_change)


def firmness(ahead: Counterfactuals) -> Firmness | None:
    firm = ahead.firmness
    return Firmness(firm.answer, firm.deficiency, firm.varied, firm.held) if firm else None


# --- The data -----------------------------------------------------------------------------------------------------


def quality(case: Case, findings: Iterable[Said]) -> tuple[Quality, ...]:
    """What was noticed while reading, and what rules say about the data, each once."""
    found = [Quality(note.code, note.where, note.message) for note in case.record.notes]
    found += [Quality(code, "", sentence) for code, sentence in case.facts.notes]
    found += [
        Quality(one.code, ", ".join(dict.fromkeys(f.from_ for f in one.facts if f.from_)), one.why)
        for one in findings
        if one.status == SUPPORTED and one.code.startswith(QUALITY) and one.rule != READING
    ]
    return tuple(dict.fromkeys(found))


def trade_offs(case: Case, findings: Iterable[Said]) -> TradeOffs:
    codes = [one.code for one in findings if one.status == SUPPORTED]
    return TradeOffs(
        tuple(case.say(code).clinician for code in codes if code.startswith(BENEFIT)),
        tuple(case.say(code).clinician for code in codes if code.startswith(LIMIT)),
    )
