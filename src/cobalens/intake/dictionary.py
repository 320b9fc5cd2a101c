"""Distinct results and entries of a whole population to what they mean, through the reader of one patient's case file.

An entry's days bear on its reading only by how they lie beside the day of decision; a stand-in day of each kind is read,
and whose day it was is told, so that the population's own days can take its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cobalens.intake.casefile import read_case, tools_for
from cobalens.intake.coding import concepts_of, system_of
from cobalens.intake.entries import Tools
from cobalens.intake.timelines.derive import derived_labs
from cobalens.intake.words.events import LONG_AGO as DAYS
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Ruleset
from cobalens.model.sources import (
    BETWEEN,
    ENTRY_KEY,
    FUTURE,
    LAB_KEY,
    LONG_AGO,
    NONE,
    NOT_UNDERSTOOD,
    PARTS,
    PAST,
    SET_ASIDE,
    UNDERSTOOD,
    USED,
    DerivedMeaning,
    EventMeaning,
    Fate,
    LabMeaning,
    Meanings,
)

Key = tuple[str | None, ...]
AS_OF = "2000-06-15"
"""Only so that words with dates can be read; days are told beside it."""
START = {PAST: -17, LONG_AGO: -DAYS - 17, FUTURE: 17}
STOP = {PAST: -5, LONG_AGO: -5, FUTURE: 23}
PATIENT = "patient."
PROCEDURES = "procedures"


def lab_meanings(keys: Iterable[tuple[int, Key]], ruleset: Ruleset) -> Meanings:
    """What results mean; a key is ``(number, the columns of LAB_KEY)``."""
    labs: list[LabMeaning] = []
    fates: list[Fate] = []
    for number, key in keys:
        entry = {name: value for name, value in zip(LAB_KEY, key, strict=True) if value is not None}
        if "word" in entry:
            entry["qualitative"] = entry.pop("word")
        record = read_case({"patient": {}, "facts": {"labs": [entry]}}, ruleset, AS_OF)
        labs += (_lab(number, lab) for lab in record.labs)
        fates.append(_fate(number, record, bool(record.labs)))
    return Meanings(labs=tuple(labs), fates=tuple(fates))


def entry_meanings(keys: Iterable[tuple[int, Key]], ruleset: Ruleset) -> Meanings:
    """What entries mean; a key is ``(number, the columns of ENTRY_KEY)``."""
    tools = tools_for(ruleset)
    events: list[EventMeaning] = []
    fates: list[Fate] = []
    for number, key in keys:
        given = dict(zip(ENTRY_KEY, key, strict=True))
        section = given["section"] or "conditions"
        record = read_case(_case(section, given, tools), ruleset, AS_OF)
        start, stop = START.get(given["starts"] or NONE), STOP.get(given["stops"] or NONE)
        events += (_event(number, event, section, start, stop) for event in record.events)
        fates.append(_fate(number, record, bool(record.events)))
    return Meanings(events=tuple(events), fates=tuple(fates))


def derived_meanings(
    keys: Iterable[tuple[int, tuple[float | None, str | None, str]]], ruleset: Ruleset, combined: bool = False
) -> list[DerivedMeaning]:
    """What published formulas add to the results of one day; a key is ``(number, the columns of DERIVED_KEY)``."""
    found: list[DerivedMeaning] = []
    for number, (age, sex, results) in keys:
        labs = [_feeding(line) for line in results.split(BETWEEN)]
        born = None if age is None else Decimal(repr(age))
        for made in derived_labs(labs, born, sex, ruleset.analytes, combined):
            source = next(lab for lab in labs if lab.where == made.where)
            if made.lo is not None and source.lo is not None and made.unit is not None:
                value, fed = float(made.lo), float(source.lo)
                found.append(DerivedMeaning(number, made.analyte, value, made.unit, source.analyte, fed))
    return found


def sexes_of(ruleset: Ruleset) -> dict[str, str]:
    """The concept that says a sex -> the sex, as formulas name it."""
    fact = ruleset.facts.get("sex")
    return {concept: sex for sex, concepts in fact.answers.items() for concept in concepts} if fact else {}


def _feeding(line: str) -> Lab:
    analyte, value, unit = line.split(PARTS)
    number = Decimal(value)
    return Lab(analyte=analyte, where=analyte, text="", lo=number, hi=number, unit=unit, when=Span(0, 0))


def _case(section: str, given: Mapping[str, str | None], tools: Tools) -> dict[str, Any]:
    if section.startswith(PATIENT):
        return {"patient": {section.removeprefix(PATIENT): given["name"]}, "facts": {}}
    entry: dict[str, Any] = {
        name: given[name] for name in ("name", "status", "route", "dose") if given[name] is not None
    }
    if coded := _known(given, tools):
        entry["system"], entry["code"] = coded
    stand_in = {"start_day": START.get(given["starts"] or NONE), "stop_day": STOP.get(given["stops"] or NONE)}
    entry |= {name: days for name, days in stand_in.items() if days is not None}
    return {"patient": {}, "facts": {section: [entry]}}


def _known(given: Mapping[str, str | None], tools: Tools) -> tuple[str, str] | None:
    """The own code where it is known, else the nearest broader one that is; the own one where none is."""
    own = (given["system"] or "", given["code"] or "")
    above = [tuple(one.split(PARTS)) for one in (given["broader"] or "").split(BETWEEN) if one]
    for system, code in (own, *above):
        known = system_of(system)
        if code and known and concepts_of(code, known, tools.codes):
            return system, code
    return own if own[1] and system_of(own[0]) else None


def _lab(number: int, lab: Lab) -> LabMeaning:
    return LabMeaning(
        number, lab.analyte, _number(lab.lo), _number(lab.hi), lab.lo_open, lab.hi_open, lab.unit,
        _number(lab.ref_low), _number(lab.ref_high), lab.qualitative, lab.problem, lab.status,
    )  # fmt: skip


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _event(number: int, event: Event, section: str, start: int | None, stop: int | None) -> EventMeaning:
    start_from, start_span = _whose(event.start, start, stop)
    stop_from, stop_span = _whose(event.stop, start, stop)
    return EventMeaning(
        event.concept, event.affirmed, event.doubt, event.family, event.time,
        start_from, start_span.first, start_span.last, stop_from, stop_span.first, stop_span.last,
        event.route, _number(event.dose_ug), event.adherence, section == PROCEDURES, number,
    )  # fmt: skip


def _whose(span: Span, start: int | None, stop: int | None) -> tuple[str, Span]:
    """Whether a span is the entry's own start or stop, or stood in its words."""
    if not span.known:
        return NONE, Span()
    if start is not None and span == Span(start, start):
        return "start", Span()
    if stop is not None and span == Span(stop, stop):
        return "stop", Span()
    return "words", span


def _fate(number: int, record: Record, said: bool) -> Fate:
    """One fate a key. A name that says nothing is no loss beside a code that does."""
    if any(lab.problem for lab in record.labs):
        return Fate(number, SET_ASIDE, next(lab.problem for lab in record.labs if lab.problem) or "")
    if said:
        return Fate(number, USED)
    if record.not_understood:
        return Fate(number, NOT_UNDERSTOOD)
    if record.notes:
        return Fate(number, SET_ASIDE, record.notes[0].code)
    return Fate(number, UNDERSTOOD)
