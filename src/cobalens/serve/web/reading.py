"""The table "this is what I read": each result and statement as fields that can be corrected, and back to a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from cobalens.model.record import Event, Lab, Note, Record, Span, Unread
from cobalens.model.ruleset import Ruleset, Say
from cobalens.report.plainly import CHOICE
from cobalens.serve.web.words import N_

SHOWN = 80
"""Results, and statements, that can be corrected one by one; what is more is told and used as it was read."""
BLANK_ROWS = 2
KEEP, DENY, DROP = "keep", "no", "drop"
PERSON = ("age", "sex", "pregnant")
OWN = "by hand"


class LabRow(msgspec.Struct, frozen=True, kw_only=True):
    """One result as fields."""

    place: int
    label: str
    value: str
    unit: str
    units: tuple[str, ...]
    date: str
    """A day as the field holds it: a date in a dated record, else days before today."""
    span: str
    """What is known of the day where it is no single day."""
    where: str
    problem: str
    notes: tuple[str, ...]


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, in its own words and as it was taken."""

    place: int
    words: str
    label: str
    read_as: tuple[str, ...]
    where: str
    is_denial: bool


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read of one person, for the page on which it is confirmed."""

    as_of: str | None
    age: str
    sex: str
    labs: tuple[LabRow, ...]
    events: tuple[EventRow, ...]
    more_labs: int
    more_events: int
    not_understood: tuple[Unread, ...]
    notes: tuple[Note, ...]


def table_of(record: Record, ruleset: Ruleset, plain: Mapping[str, Say]) -> Reading:
    """``plain``: the words in which a patient is told what a statement was taken to mean; empty for a clinician."""
    sex = sex_of(record, ruleset)
    hidden = sex_concepts(ruleset)
    events = [
        (place, one) for place, one in enumerate(record.events) if one.concept not in hidden or one.family
    ]
    own = [(place, lab) for place, lab in enumerate(record.labs) if not lab.derived]
    return Reading(
        as_of=record.as_of,
        age="" if record.age is None else f"{record.age:f}",
        sex=sex,
        labs=tuple(lab_row(place, lab, record, ruleset) for place, lab in own[:SHOWN]),
        events=tuple(event_row(place, one, ruleset, plain) for place, one in events[:SHOWN]),
        more_labs=max(0, len(own) - SHOWN),
        more_events=max(0, len(events) - SHOWN),
        not_understood=record.not_understood,
        notes=record.notes,
    )


def lab_row(place: int, lab: Lab, record: Record, ruleset: Ruleset) -> LabRow:
    analyte = ruleset.analytes.get(lab.analyte)
    units = analyte.units if analyte else ()
    if lab.unit and lab.unit not in units:
        units = (lab.unit, *units)
    return LabRow(
        place=place,
        label=label_of(lab.analyte, ruleset),
        value=number_of(lab),
        unit=lab.unit or "",
        units=units,
        date=day_field(lab.when, record.as_of),
        span=span_words(lab.when, record.as_of),
        where=lab.where,
        problem=lab.problem or "",
        notes=tuple(note.message for note in record.notes if is_about(note, lab, record, ruleset)),
    )


def is_about(note: Note, lab: Lab, record: Record, ruleset: Ruleset) -> bool:
    """A line of a note may hold several tests; then a remark is about the one that it names."""
    if note.where != lab.where:
        return False
    here = {one.analyte for one in record.labs if one.where == lab.where}
    if len(here) == 1:
        return True
    said = note.message.casefold()
    named = [one for one in here if label_of(one, ruleset).casefold() in said]
    return lab.analyte == max(named, key=lambda one: len(label_of(one, ruleset)), default="")


def label_of(analyte: str, ruleset: Ruleset) -> str:
    return ruleset.analytes[analyte].label if analyte in ruleset.analytes else analyte


def event_row(place: int, event: Event, ruleset: Ruleset, plain: Mapping[str, Say]) -> EventRow:
    concept = ruleset.concepts.get(event.concept)
    own = plain.get(f"{CHOICE}{event.concept}")
    marks = [
        key
        for key, holds in (
            (N_("denied"), not event.affirmed),
            (N_("in doubt"), event.doubt),
            (N_("somebody else"), event.family),
            (N_("past"), event.affirmed and event.time == "past"),
            (N_("planned"), event.affirmed and event.time == "planned"),
        )
        if holds
    ]
    return EventRow(
        place=place,
        words=event.text,
        label=own.title if own else concept.label if concept else event.concept,
        read_as=tuple(marks),
        where=event.where,
        is_denial=not event.affirmed,
    )


def number_of(lab: Lab) -> str:
    """The number as a field holds it: ``195``, ``< 150``, or the laboratory's word."""
    if lab.lo is not None and lab.lo == lab.hi:
        return f"{lab.lo:f}"
    if lab.lo is not None and lab.hi is not None:
        return f"{lab.lo:f}-{lab.hi:f}"
    if lab.hi is not None:
        return f"{'<' if lab.hi_open else '<='} {lab.hi:f}"
    if lab.lo is not None:
        return f"{'>' if lab.lo_open else '>='} {lab.lo:f}"
    if lab.qualitative and not lab.problem:
        return lab.qualitative
    return lab.text.removesuffix(f" {lab.unit}") if lab.unit else lab.text


def day_field(when: Span, as_of: str | None) -> str:
    if when.first is None or when.first != when.last:
        return ""
    return str(when.first) if as_of is None else on(as_of, when.first)


def on(as_of: str, day: int) -> str:
    return (dt.date.fromisoformat(as_of) + dt.timedelta(days=day)).isoformat()


def span_words(when: Span, as_of: str | None) -> str:
    if not when.known or when.first == when.last:
        return ""
    ends = ["…" if end is None else str(end) if as_of is None else on(as_of, end) for end in when_ends(when)]
    return " – ".join(ends)


def when_ends(when: Span) -> tuple[int | None, int | None]:
    return when.first, when.last


def sex_concepts(ruleset: Ruleset) -> dict[str, str]:
    fact = ruleset.facts.get("sex")
    return {concept: word for word, names in (fact.answers if fact else {}).items() for concept in names}


def sex_of(record: Record, ruleset: Ruleset) -> str:
    words = sex_concepts(ruleset)
    found = {words[one.concept] for one in record.events if one.concept in words and not one.family}
    return found.pop() if len(found) == 1 else ""


# --- Back to a record -----------------------------------------------------------------------------------------------


def corrected(record: Record, form: Mapping[str, str], ruleset: Ruleset) -> Record:
    """The record with what was changed, struck out or added in the table; what was left alone is exactly as it was."""
    from cobalens.intake.casefile import read_case
    from cobalens.intake.supposed import added

    table, before = table_of(record, ruleset, {}), record.labs
    labs, fresh = [], []
    shown = {row.place: row for row in table.labs}
    for place, lab in enumerate(record.labs):
        row = shown.get(place)
        if row is None or row_is_same(row, form):
            if row is None or form.get(f"lab.{place}.keep", KEEP) != DROP:
                labs.append(lab)
            continue
        if form.get(f"lab.{place}.keep", KEEP) != DROP:
            fresh.append((lab, entry(lab.analyte, f"lab.{place}", form, record.as_of)))
    notes = tuple(
        note for note in record.notes if not any(is_about(note, lab, record, ruleset) for lab, _ in fresh)
    )
    events = tuple(kept(record.events, table.events, form))
    record = replace(record, labs=tuple(labs), notes=notes, events=events)
    person = with_person(record, table, form, ruleset)
    for lab, made in fresh:
        read = read_case({"facts": {"labs": [made]}}, ruleset, record.as_of)
        person = replace(
            person,
            labs=(*person.labs, *(replace(one, where=lab.where, method=lab.method) for one in read.labs)),
            notes=(*person.notes, *(replace(one, where=lab.where) for one in read.notes)),
            not_understood=(*person.not_understood, *read.not_understood),
        )
    places = {lab.where: place for place, lab in reversed(list(enumerate(before)))}
    person = replace(
        person, labs=tuple(sorted(person.labs, key=lambda one: places.get(one.where, len(before))))
    )
    more: dict[str, Any] = {
        "labs": list(new_entries(form, record.as_of)),
        "note": form.get("more", "").strip(),
    }
    if more["labs"] or more["note"]:
        person = added(
            person, read_case({"facts": {k: v for k, v in more.items() if v}}, ruleset, record.as_of)
        )
    return person


def row_is_same(row: LabRow, form: Mapping[str, str]) -> bool:
    name = f"lab.{row.place}"
    return (
        form.get(f"{name}.value", row.value).strip() == row.value
        and form.get(f"{name}.unit", row.unit) == row.unit
        and form.get(f"{name}.date", row.date).strip() == row.date
    )


def entry(analyte: str, name: str, form: Mapping[str, str], as_of: str | None) -> dict[str, Any]:
    """One laboratory entry of a case file from the fields of a row."""
    made: dict[str, Any] = {"analyte": analyte, "value": form.get(f"{name}.value", "").strip()}
    if unit := form.get(f"{name}.unit", "").strip():
        made["unit"] = unit
    if day := form.get(f"{name}.date", "").strip():
        made["date" if as_of is not None else "day"] = day if as_of is not None else number(day)
    return made


def number(day: str) -> int | str:
    return int(day) if day.lstrip("+-").isdigit() else day


def new_entries(form: Mapping[str, str], as_of: str | None) -> Iterable[dict[str, Any]]:
    for place in range(BLANK_ROWS):
        analyte = form.get(f"new.{place}.analyte", "").strip()
        if analyte and form.get(f"new.{place}.value", "").strip():
            yield entry(analyte, f"new.{place}", form, as_of)


def kept(events: Iterable[Event], rows: Iterable[EventRow], form: Mapping[str, str]) -> Iterable[Event]:
    shown = {row.place: row for row in rows}
    for place, event in enumerate(events):
        choice = form.get(f"event.{place}", KEEP) if place in shown else KEEP
        if choice == DENY:
            yield replace(event, affirmed=False, doubt=False, time="current")
        elif choice != DROP:
            yield event


def with_person(record: Record, table: Reading, form: Mapping[str, str], ruleset: Ruleset) -> Record:
    """Age and sex as the fields say; an emptied field is not known."""
    from cobalens.intake.casefile import read_case

    age, sex = form.get("age", table.age).strip(), form.get("sex", table.sex)
    if age != table.age:
        read = read_case({"patient": {"age": age or None}, "facts": {}}, ruleset)
        record = replace(record, age=read.age, not_understood=(*record.not_understood, *read.not_understood))
    if sex != table.sex:
        words = sex_concepts(ruleset)
        events = tuple(one for one in record.events if one.concept not in words or one.family)
        told = tuple(Event(concept=name, where=OWN, text=word) for name, word in words.items() if word == sex)
        record = replace(record, events=(*events, *told))
    return record


def dated(record: Record, as_of: str | None) -> Record:
    """The record with the day of decision that was named: day 0 is that day, however the record counts."""
    return replace(record, as_of=as_of) if as_of and record.as_of is None else record
