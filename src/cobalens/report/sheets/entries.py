"""What a sheet repeats of the record: every result, symptom and thing taken, in the words and units in which it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cobalens.model.record import Event, Lab, Span
from cobalens.report.case import Case
from cobalens.report.charts.readings import date_on, label_of, last_day, plain_unit, printed, when
from cobalens.report.words import layout

GOAL = "goal"
FEELINGS = ("symptom", "function", GOAL)
SIGNS = ("finding",)
TAKEN = ("drug",)
HISTORY = ("condition", "procedure", "exposure", "diet", "allergy")
TAKEN_LISTS = ("medications", "supplements", "planned_treatment", "drugs")
FELT_LISTS = ("symptoms", "function", "goal")
HISTORY_LISTS = ("conditions", "procedures", "diet", "exposures", "allergies")
OF_PERSON = "patient"
MEANINGS = 2
"""So many of the things that one phrase denies are named; the phrase itself stands there whole."""
LONGEST, LONGEST_WORD = 140, 36
"""Longer statements, and words too long for a column, are cut, and say so with dots."""


def results(case: Case) -> list[Lab]:
    """The newest of each test in the order of the vocabulary, then the older ones, newest first."""
    labs = [lab for lab in case.record.labs if not lab.derived and not lab.where.startswith(OF_PERSON)]
    order = {name: place for place, name in enumerate(case.ruleset.analytes)}
    by_age = sorted(labs, key=lambda lab: (not lab.when.known, -last_day(lab.when)))
    seen: set[str] = set()
    newest: list[Lab] = []
    older: list[Lab] = []
    for lab in by_age:
        (older if lab.analyte in seen else newest).append(lab)
        seen.add(lab.analyte)
    newest.sort(key=lambda lab: (order.get(lab.analyte, len(order)), lab.analyte))
    older.sort(key=lambda lab: (order.get(lab.analyte, len(order)), lab.analyte))
    return [*newest, *older]


def result_rows(case: Case, labs: Iterable[Lab]) -> Iterator[tuple[str, str, str, str]]:
    for lab in labs:
        written = plain_unit(clipped(lab.text)) or layout(case, "sheet_nothing")
        yield capital(label_of(case, lab.analyte)), written, when(case, lab.when), printed(case, lab)


def felt(case: Case, signs: bool = False) -> list[str]:
    """Symptoms, what they do to daily life, and what the person hopes for, each once; what is denied comes last.

    ``signs``: also what was found on examination.
    """
    return said(case, (*FEELINGS, *SIGNS) if signs else FEELINGS, FELT_LISTS)


def history(case: Case) -> list[str]:
    """Illnesses, operations, exposures and diet."""
    return said(case, HISTORY, HISTORY_LISTS)


def taken(case: Case) -> list[str]:
    """Medicines and supplements with dose, route and time; also those that were not recognised."""
    return said(case, TAKEN, TAKEN_LISTS)


def said(case: Case, kinds: tuple[str, ...], lists: tuple[str, ...]) -> list[str]:
    concepts = case.ruleset.concepts
    events = [
        one for one in case.record.events if one.concept in concepts and concepts[one.concept].kind in kinds
    ]
    events = [one for one in events if not one.family]
    lines = [words_of(case, one) for one in events if one.affirmed]
    # Who eats one way does not eat the other: the words that say the one say it plainly enough.
    eaten = {one.text for one in events if one.affirmed and concepts[one.concept].kind == "diet"}
    lines += denials(case, [one for one in events if not one.affirmed and one.text not in eaten])
    lines += [
        layout(case, "sheet_as_written", words=clipped(case.remarks.own(one.text)))
        for one in case.record.not_understood
        if one.where.partition("[")[0] in lists
    ]
    return list(dict.fromkeys(lines))


def words_of(case: Case, event: Event) -> str:
    """``numb feet, since 2026-01-02``; ``planned: pemetrexed``; ``perhaps: little animal food (“probably inadequate”)``."""
    own = clipped(event.text)
    if case.ruleset.concepts[event.concept].kind == GOAL:
        own = meant(case, [event], own)  # the words of a hope or a fear alone would read as a fact
    parts = [own, event.dose_text or "", route_told(case, event.route or "")]
    if event.time == "current" and event.start.known:
        parts.append(begun(case, event.start))
    elif event.start.known:
        parts.append(when(case, event.start))
    line = ", ".join(part if part is own else clipped(part) for part in parts if part)
    if event.doubt:
        return layout(case, "sheet_doubt", words=meant(case, [event], line))
    if event.time == "planned":
        return layout(case, "sheet_planned", words=line)
    return layout(case, "sheet_over", words=line) if event.time == "past" else line


def begun(case: Case, start: Span) -> str:
    """Since when, where that is a day; else the stretch in which it began."""
    if start.first is None and start.last is not None:
        return layout(case, "sheet_begun_by", last=date_on(case, start.last))
    if start.first is None or start.last is None:
        return when(case, start)
    if start.first == start.last:
        return layout(case, "sheet_since", when=date_on(case, start.first))
    first, last = (date_on(case, day) for day in (start.first, start.last))
    return layout(case, "sheet_begun_between", first=first, last=last)


def route_told(case: Case, route: str) -> str:
    """How something is given, in everyday words; a word that is not known here as it was written."""
    key = f"layout:sheet_route_{route}"
    said = case.say(key).title
    return route if said == key else said


def denials(case: Case, events: Iterable[Event]) -> list[str]:
    """``not: numbness or tingling, falls (“no numbness or falls”)``: what is denied, with the words that deny it."""
    together: dict[str, list[Event]] = {}
    for one in events:
        together.setdefault(clipped(one.text), []).append(one)
    return [layout(case, "sheet_denied", words=meant(case, group, line)) for line, group in together.items()]


def meant(case: Case, events: list[Event], line: str) -> str:
    """What words were taken to mean, and the words: "not" before words that deny by themselves would turn them round."""
    labels = list(dict.fromkeys(case.named(case.ruleset.concepts[one.concept].label) for one in events))
    if [one.casefold() for one in labels] == [line.casefold()]:
        return line
    shown = ", ".join(labels[:MEANINGS]) + (" …" if len(labels) > MEANINGS else "")
    return f"{shown} (“{line}”)"


def others(case: Case) -> list[str]:
    """Words that were understood and that no rule needs, and words that were not understood, wherever they stood."""
    unread = [
        layout(case, "sheet_as_written", words=clipped(case.remarks.own(one.text)))
        for one in case.record.not_understood
        if one.where.partition("[")[0] not in (*TAKEN_LISTS, *FELT_LISTS, *HISTORY_LISTS)
    ]
    return list(dict.fromkeys([*(clipped(one) for one in case.record.understood), *unread]))


def clipped(text: str) -> str:
    one_line = " ".join(
        word if len(word) <= LONGEST_WORD else f"{word[: LONGEST_WORD - 1]}…" for word in text.split()
    )
    return one_line if len(one_line) <= LONGEST else f"{one_line[: LONGEST - 1].rstrip()}…"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
