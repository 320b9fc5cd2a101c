"""The form that asks only what matters next: questions on which an open answer still depends, and the record from what is said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from cobalens.api import Cobalens
from cobalens.model.record import UNDATED, Event, Record, Span
from cobalens.model.ruleset import Fact, Ruleset
from cobalens.report.case import Case
from cobalens.report.missing import may_be_asked, missing
from cobalens.report.plainly import CHOICE, choice_of, question_of
from cobalens.serve.web.held import PATIENT, Held

FIRST = "total_b12_latest"
"""The fact whose test the form begins with."""
TREATMENT = "treatment_state"
NOT_ASKED = ("adherence", "sample_timing", "family", "lasting", "begun")
"""Timelines that follow from other answers, or that nobody can answer with one word."""
LISTS = ("symptoms", "conditions", "procedures", "medications", "diet")
LAB, FACT, DOSE, NONE = "lab", "fact", "treatment", "none"
YES, NO = "yes", "no"
FORM = "form"
AT_ONCE, OF_A_QUESTION, OPTIONS = 6, 6, 12


class Option(msgspec.Struct, frozen=True):
    value: str
    label: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to ask. ``kind``: ``lab``, ``fact``, ``treatment``."""

    name: str
    kind: str
    label: str
    units: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    """Without "no" and "don't know", which every question has."""


class Checked(msgspec.Struct, frozen=True):
    """How a result would be read, or why it cannot be used."""

    text: str
    is_read: bool
    notes: tuple[str, ...] = ()


def first_test(ruleset: Ruleset) -> Question:
    return lab_question(ruleset, FIRST)


def treatment(ruleset: Ruleset, language: str) -> Question:
    """The ways in which B12 is given, in words that either reader knows."""
    fact, words = ruleset.facts[TREATMENT], ruleset.text[language]
    options = tuple(
        Option(
            name,
            words[f"{CHOICE}{name}"].title if f"{CHOICE}{name}" in words else ruleset.concepts[name].label,
        )
        for name in fact.of
    )
    return Question(name=TREATMENT, kind=DOSE, label=fact.label, options=options)


def lab_question(ruleset: Ruleset, fact: str) -> Question:
    analyte = ruleset.analytes[ruleset.facts[fact].of[0]]
    return Question(name=analyte.name, kind=LAB, label=analyte.label, units=analyte.units)


def questions(door: Cobalens, case: Case, held: Held) -> tuple[Question, ...]:
    """What is not known and would decide something, most useful first, each once; in the words of its reader.

    Of all that there is, not only of what a page lists: what was left open makes room for the rest.
    """
    found: dict[str, Question] = {}
    for one in missing(case, door.ahead(case).swings, None) if case.in_scope else ():
        for name in names_of(case, one.fact):
            made = question(case.ruleset, name, case.language)
            if made is not None and made.name not in held.asked:
                found.setdefault(made.name, made)
    chosen = tuple(found.values())[:AT_ONCE]
    return tuple(in_plain_words(case, one) for one in chosen) if held.audience == PATIENT else chosen


def in_plain_words(case: Case, one: Question) -> Question:
    """A question as a patient is asked it; a test keeps its name, by which it stands on the printout."""
    if one.kind != FACT:
        return one
    options = tuple(Option(o.value, o.label and choice_of(case, o.value, o.label)) for o in one.options)
    return replace(one, label=question_of(case, one.name), options=options)


def names_of(case: Case, name: str) -> list[str]:
    """The fact itself, or the facts of a question that are not known."""
    if name in case.ruleset.facts:
        return [name]
    table = case.tables.get(name)
    inputs = table.inputs if table else ()
    facts = case.ruleset.facts
    open_ones = [n for n in inputs if n in facts and not case.value(n).value and may_be_asked(case, n)]
    return [n for n in open_ones if not facts[n].lab][:OF_A_QUESTION]


def question(ruleset: Ruleset, name: str, language: str) -> Question | None:
    fact = ruleset.facts[name]
    if name == TREATMENT:
        return treatment(ruleset, language)
    if fact.lab:
        return lab_question(ruleset, name) if fact.of and ruleset.analytes[fact.of[0]].units else None
    if not fact.of or fact.timeline in NOT_ASKED:
        return None
    return Question(name=name, kind=FACT, label=fact.label, options=options_of(ruleset, fact))


def options_of(ruleset: Ruleset, fact: Fact) -> tuple[Option, ...]:
    """Yes, where the fact is one thing; else the things of which any makes it so."""
    if fact.answers:
        return tuple(
            Option(names[0], word.replace("_", " ")) for word, names in fact.answers.items() if names
        )
    if len(fact.of) == 1:
        return (Option(fact.of[0], ""),)
    return tuple(Option(name, ruleset.concepts[name].label) for name in fact.of[:OPTIONS])


# --- What was said --------------------------------------------------------------------------------------------------


def begun(door: Cobalens, form: Mapping[str, Any], as_of: str) -> Record:
    """The record from the first page of the form."""
    from cobalens.intake.casefile import read_case

    facts: dict[str, Any] = {name: form[name].strip() for name in LISTS if str(form.get(name, "")).strip()}
    facts["declared_complete"] = [name for name in LISTS if form.get(f"{NONE}.{name}")]
    facts["labs"] = [one for one in [lab_entry(first_test(door.ruleset).name, form)] if one]
    patient = {key: form[key] for key in ("age", "sex") if str(form.get(key, "")).strip()}
    record = read_case({"patient": patient, "facts": facts}, door.ruleset, as_of)
    record = replace(record, as_of=as_of)
    return with_answers(door.ruleset, record, form)


def lab_entry(analyte: str, form: Mapping[str, Any], prefix: str = LAB) -> dict[str, Any] | None:
    value = str(form.get(f"{prefix}.{analyte}.value", "")).strip()
    if not value:
        return None
    made: dict[str, Any] = {"analyte": analyte, "value": value}
    for key in ("unit", "date"):
        if field := str(form.get(f"{prefix}.{analyte}.{key}", "")).strip():
            made[key] = field
    return made


def went_on(door: Cobalens, held: Held, form: Mapping[str, Any]) -> Held:
    """The record with what the page was told; what was left open is not asked again."""
    from cobalens.intake.casefile import read_case
    from cobalens.intake.supposed import added

    record = with_answers(door.ruleset, held.record, form)
    asked = str(form.get("asked", "")).split()
    entries = [one for name in asked if (one := lab_entry(name, form)) is not None]
    if entries:
        read = read_case({"facts": {"labs": entries}}, door.ruleset, record.as_of)
        record = added(record, read)
    return replace(held, record=record, asked=held.asked | frozenset(asked))


def with_answers(ruleset: Ruleset, record: Record, form: Mapping[str, Any]) -> Record:
    events: list[Event] = []
    for key, value in form.items():
        kind, _, name = key.partition(".")
        if kind == FACT and value and name in ruleset.facts:
            events += answered(ruleset, ruleset.facts[name], str(value))
    events += dosed(ruleset, form, record.as_of)
    if not events:
        return record
    spoken = {one.concept for one in events}
    kept = tuple(one for one in record.events if one.concept not in spoken or one.family)
    return replace(record, events=(*kept, *events))


def answered(ruleset: Ruleset, fact: Fact, value: str) -> Iterable[Event]:
    """What an answer says; "no" denies each thing that would make it so."""
    if value == NO:
        return [said(ruleset, name, affirmed=False) for name in fact.of]
    if value not in fact.of:
        return []
    time = "planned" if fact.timeline == "planned" else "current"
    return [said(ruleset, value, time=time)]


def said(
    ruleset: Ruleset, concept: str, affirmed: bool = True, time: str = "current", stop: Span = UNDATED
) -> Event:  # fmt: skip
    label = ruleset.concepts[concept].label
    return Event(concept=concept, where=FORM, text=label, affirmed=affirmed, time=time, stop=stop)


def dosed(ruleset: Ruleset, form: Mapping[str, Any], as_of: str | None) -> Iterable[Event]:
    """B12 given as treatment: none, which, and whether it is over."""
    chosen, own = str(form.get(DOSE, "")), ruleset.facts[TREATMENT].of
    if chosen == NO:
        return [said(ruleset, name, affirmed=False) for name in own]
    if chosen not in own:
        return []
    over = form.get(f"{DOSE}.state") == "stopped"
    stop = span_of(str(form.get(f"{DOSE}.last", "")), as_of) if over else UNDATED
    return [said(ruleset, chosen, time="past" if over else "current", stop=stop)]


def span_of(date: str, as_of: str | None) -> Span:
    try:
        days = (dt.date.fromisoformat(date) - dt.date.fromisoformat(as_of or "")).days
    except ValueError:
        return UNDATED
    return Span(days, days)


def checked(door: Cobalens, form: Mapping[str, Any]) -> Checked | None:
    """One result as it would be read, while it is typed."""
    from cobalens.intake.casefile import read_case

    name = str(form.get("check", ""))
    prefix, _, analyte = name.partition(".")
    if analyte not in door.ruleset.analytes:
        return None
    entry = lab_entry(analyte, form, prefix)
    if entry is None:
        return None
    entry.pop("date", None)
    record = read_case({"facts": {"labs": [entry]}}, door.ruleset)
    notes = tuple(one.message for one in record.notes)
    if not record.labs:
        return Checked(entry["value"], False, notes)
    lab = record.labs[0]
    return Checked(lab.text, lab.problem is None, notes)
