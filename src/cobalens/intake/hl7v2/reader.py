"""A file of HL7 v2 messages to records: whose they are, on which day they are judged, and which segment is read how."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any

from msgspec import Struct

from cobalens import errors
from cobalens.intake import dates
from cobalens.intake.casefile import tools_for
from cobalens.intake.draft import (
    NOT_UNDERSTOOD,
    SET_ASIDE,
    UNDERSTOOD,
    Draft,
    close,
    finish,
    join,
    note,
    part,
)
from cobalens.intake.hl7v2.context import READERS, drug, order_words, person, remark
from cobalens.intake.hl7v2.results import read_rows
from cobalens.intake.hl7v2.rows import Order, Reading, Row, add_specimen, names_for, new_row, order_of
from cobalens.intake.hl7v2.syntax import File, Segment, read_file, text, whole
from cobalens.intake.laboratory.reportwords import clinical
from cobalens.intake.refused import Refused
from cobalens.intake.stamps import Stamp, stamp, zone_of
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

MAX_PEOPLE = 5_000
GUESSED = "No character set is named and the text is not UTF-8; it was read as Western European."
OWN_REMARK = "Cobalens: "
"""How this program's own comments begin; sent back to it, they are no news."""
KNOWN = {
    "MSH": "message header", "MSA": "acknowledgement", "ERR": "error", "EVN": "event", "SFT": "software", "UAC": "credentials",
    "PD1": "demographics", "NK1": "next of kin", "PV1": "visit", "PV2": "visit", "ORC": "order", "OBR": "order", "TQ1": "timing",
    "TQ2": "timing", "SPM": "specimen", "SAC": "container", "CTD": "contact", "CTI": "study", "FT1": "charge", "IN1": "insurance",
    "IN2": "insurance", "IN3": "insurance", "GT1": "guarantor", "DB1": "disability", "ROL": "role", "PRT": "participation",
    "RXR": "route", "RXC": "component", "DSC": "continuation", "QRD": "query", "QRF": "query", "QAK": "query", "QPD": "query",
    "RCP": "query", "TXA": "document", "ARV": "access", "ACC": "accident", "UB1": "billing", "UB2": "billing", "BLG": "billing",
    "PDA": "death", "DRG": "billing", "MRG": "merge", "NTE": "remark", "OBX": "result", "PID": "patient", "FHS": "file header",
    "FTS": "file trailer", "BHS": "batch header", "BTS": "batch trailer", "PRD": "provider", "AUT": "authorisation", "CON": "consent",
    "ZDS": "document", "IPC": "imaging", "GOL": "goal", "PTH": "pathway", "VAR": "variance", "DSP": "display", "NPU": "bed",
}  # fmt: skip
"""Segments that are known and hold nothing that a rule needs, or that are read together with another."""
_DRUGS = frozenset({"RXE", "RXO", "RXA", "RXD", "RXG"})
_WITH_DRUG = _DRUGS | {"RXR", "TQ1", "RXC"}
_ENDS = _DRUGS | {"ORC", "OBR", "PID", "MSH"}


class Person(Struct):
    """The segments about one person, each with the number of its message."""

    id: str
    segments: list[tuple[int, Segment]]
    zones: dict[int, int | None]
    sent: dict[int, Stamp]
    """When each message was sent."""
    authority: str = ""
    """Who gave the identifier."""


class Opened(Struct, frozen=True):
    """The messages of a file, and whose each segment is."""

    file: File
    people: list[Person]
    id: str
    called: list[str] | None = None
    """What those who are left are called, where some have been taken out."""

    @property
    def names(self) -> list[str]:
        """What each person is called: one alone as the file is, where it has a name; several by their own numbers."""
        if self.called is not None:
            return self.called
        if len(self.people) == 1:
            return [self.people[0].id or self.id if self.id == "case" else self.id]
        often = Counter(one.id for one in self.people)
        return [
            one.id if one.id and often[one.id] == 1 else f"{one.id or self.id}#{number}"
            for number, one in enumerate(self.people, 1)
        ]


NO_DAY = "as_of_needed"


def opened(source: bytes, id: str) -> Opened:
    """What serves every day of decision."""
    file = read_file(source, "input")
    if not file.messages:
        raise errors.empty_input("input")
    people = _people(file)
    if len(people) > MAX_PEOPLE:
        raise errors.too_many_entries("input", len(people), MAX_PEOPLE)
    return Opened(file, people, id)


def on_day(
    source: Opened, ruleset: Ruleset, as_of: str | None, complete: frozenset[str], wanted: Collection[str] | None = None
) -> Iterator[Record | Refused]:  # fmt: skip
    """One record for each person of the file, or for each that is wanted, in the order in which they are met."""
    for number, (one, called) in enumerate(zip(source.people, source.names, strict=True)):
        if wanted is not None and called not in wanted:
            continue
        try:
            yield _record(one, source.file, number == 0, ruleset, as_of, called, complete)
        except errors.CobalensError as error:
            if len(source.people) == 1 and source.called is None:
                raise
            yield Refused(called, error)


def read_messages(
    source: bytes, ruleset: Ruleset, as_of: str | None, id: str, complete: frozenset[str]
) -> list[Record | Refused]:
    found = list(on_day(opened(source, id), ruleset, as_of, complete))
    undated = [one.error for one in found if isinstance(one, Refused) and one.error.code == NO_DAY]
    if len(undated) == len(found):
        # Where one message has a day, the others are not judged on that of the reading in its place.
        raise undated[0]
    return found


def _people(file: File) -> list[Person]:
    """Messages by the identifier of their patient; without one, each message stands for itself."""
    found: dict[str, Person] = {}
    for number, message in enumerate(file.messages):
        head = message.segments[0]
        zone = zone_of(text(head, 7))
        starts = [at for at, one in enumerate(message.segments) if one.name == "PID"]
        for first, last in pairwise([0, *starts[1:], len(message.segments)]):
            segments = message.segments[first:last]
            pid = next((one for one in segments if one.name == "PID"), None)
            called, key = _identity(pid)
            key = key or f"{number}:{first}"
            if key not in found:
                found[key] = Person(called, [], {}, {}, key.removeprefix(f"{called}^") if called else "")
            found[key].segments += [(number, one) for one in segments]
            found[key].zones[number] = zone
            found[key].sent[number] = stamp(text(head, 7), zone)
    return list(found.values())


def _identity(pid: Segment | None) -> tuple[str, str]:
    if pid is None:
        return "", ""
    for field in (3, 2, 4):
        if called := text(pid, field):
            return called[:200], f"{called}^{text(pid, field, 4)}"
    return "", ""


def _decision_day(one: Person, as_of: str | None) -> str:
    """The day asked for, else that of the newest report (OBR-22), else that of the newest message (MSH-7)."""
    if as_of is not None:
        try:
            first, last, _ = dates.parse_date(as_of)
        except dates.DateError:
            raise errors.date_not_understood("as_of") from None
        if first != last:
            raise errors.date_not_understood("as_of")
        return first.isoformat()
    reported = [stamp(text(s, 22), one.zones[n]) for n, s in one.segments if s.name == "OBR"]
    for found in (reported, list(one.sent.values())):
        if days := [each.date for each in found if each.whole]:
            return max(days)
    raise errors.as_of_needed("input")


def _record(
    one: Person,
    file: File,
    first: bool,
    ruleset: Ruleset,
    as_of: str | None,
    id: str,
    complete: frozenset[str],
) -> Record:
    day = _decision_day(one, as_of)
    draft = Draft()
    if first:
        frame_of(draft, file)
    take(one, draft, ruleset, day)
    if file.guessed and draft.parts:
        note(draft, 0, GUESSED)
    return finish(draft, ruleset, day, id, complete)


def frame_of(draft: Draft, file: File) -> None:
    """The account of what stands around the messages."""
    for name, words in file.around:
        known = f"{name}: {KNOWN[name]}" if name else words
        part(draft, name or "before the first message", known, UNDERSTOOD if name else NOT_UNDERSTOOD)


def take(one: Person, draft: Draft, ruleset: Ruleset, day: str) -> None:
    """What the messages say of one person."""
    tools = tools_for(ruleset)
    reading = Reading(draft, tools, names_for(tools))
    rows: list[Row] = []
    repeated = _sent_again(one)
    by_message: dict[int, list[Segment]] = {}
    for number, segment in one.segments:
        by_message.setdefault(number, []).append(segment)
    for number, segments in by_message.items():
        reading.zone = one.zones[number]
        if number in repeated:
            for segment in segments:
                part(
                    draft,
                    segment.where,
                    KNOWN.get(segment.name, segment.name),
                    SET_ASIDE,
                    "a message sent again",
                )
            continue
        rows += _walk(segments, number, reading, dt.date.fromisoformat(day))
    read_rows(rows, reading)


def _sent_again(one: Person) -> set[int]:
    """Numbers of messages whose control id and content were met before."""
    seen: dict[str, int] = {}
    again: set[int] = set()
    for number in dict.fromkeys(n for n, _ in one.segments):
        own = [s for n, s in one.segments if n == number]
        control = text(own[0], 10) if own[0].name == "MSH" else ""
        content = control + "\r" + "\r".join("|".join(s.fields) for s in own if s.name != "MSH")
        if control and content in seen:
            again.add(number)
        seen.setdefault(content, number)
    return again


def _walk(segments: list[Segment], message: int, reading: Reading, day: dt.date) -> list[Row]:
    """Takes each segment where it belongs; the results are returned, to be read when all are known."""
    draft = reading.draft
    rows: list[Row] = []
    order, orc, below = Order(), None, ""
    given: tuple[int, dict[str, Any]] | None = None
    for place, segment in enumerate(segments):
        name = segment.name
        if name == "OBX":
            rows.append(new_row(segment, order, message, reading))
            below = "OBX"
            continue
        words = whole(segment.raw(3), segment.marks) if name == "NTE" else ""
        number = part(draft, segment.where, words or KNOWN.get(name) or _said(segment))
        if words.startswith(OWN_REMARK):
            close(draft, number, SET_ASIDE, "a comment of this program")
            continue
        if name == "NTE":
            if below == "OBX":
                rows[-1].notes.append((number, words))
            elif given is not None and below in _WITH_DRUG and words.strip():
                # "Forgets most days": said of this drug, and read with it.
                given[1]["note"] = "; ".join(
                    one for one in (given[1].get("note", ""), clinical(words)) if one
                )
                join(draft, number, given[0])
            else:
                remark(words, number, reading, of_person=below == "PID")
            continue
        if name == "OBR":
            order = order_of(segment, reading.zone)
            order_words(segment, number, reading)
        elif name == "ORC":
            orc = segment
        elif name == "SPM":
            add_specimen(order, segment, reading.zone)
        elif name == "PID":
            person(segment, number, draft, day)
        elif name in _DRUGS:
            entry = drug(segment, number, reading, orc, _beside(segments, place))
            given = (number, entry) if entry is not None else None
        elif name in READERS:
            READERS[name](segment, number, reading)
        elif name not in KNOWN:
            close(draft, number, NOT_UNDERSTOOD, "a segment that is not read")
        below = name if name not in ("PD1", "NK1", "PV1", "PV2") or below != "PID" else below
    return rows


def _said(segment: Segment) -> str:
    """A segment in a few words: the displays of its coded fields."""
    if segment.name not in (*READERS, *_DRUGS):
        return segment.name
    shown = [text(segment, field, 2) or text(segment, field) for field in (2, 3, 4, 5)]
    return f"{segment.name}: {' '.join(one for one in shown if one and not one.isdigit())}"


def _beside(segments: list[Segment], place: int) -> list[Segment]:
    """Route and timing of a drug: after it, or between it and its ORC."""
    found = []
    for one in segments[place + 1 :]:
        if one.name in _ENDS:
            break
        if one.name in ("RXR", "TQ1"):
            found.append(one)
    for one in reversed(segments[:place]):
        if one.name in _ENDS:
            break
        if one.name == "TQ1":
            found.append(one)
    return found
