"""Entries of a list (a drug, a diagnosis, an operation, a symptom) to events: words, codes, dates, status, adherence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from cobalens import errors
from cobalens.intake import dates
from cobalens.intake.adherence import as_taken
from cobalens.intake.coding import CodeIndex, concepts_of, system_of
from cobalens.intake.copied import Copied, copied_in, earlier, now_beside
from cobalens.intake.found import ANY_TIME, Found, Times, Words, is_backwards, nothing_yet
from cobalens.intake.keys import hides_an_end, meant_key
from cobalens.intake.laboratory.labs import AnalyteIndex
from cobalens.intake.laboratory.testnames import TestNames
from cobalens.intake.prose.barenumbers import bare_numbers, signs_unread
from cobalens.intake.prose.beds import of_others
from cobalens.intake.prose.dictated import punctuated
from cobalens.intake.prose.labtext import labs_in_text
from cobalens.intake.prose.measures import unread_measures
from cobalens.intake.prose.readcodes import without_read_codes
from cobalens.intake.prose.series import PANEL
from cobalens.intake.prose.sexranges import prints_by_sex
from cobalens.intake.prose.shortyears import with_whole_years
from cobalens.intake.prose.textnames import names_one, names_several
from cobalens.intake.prose.whose import names_by_pronoun, somebody_else
from cobalens.intake.recall import Memory, as_before
from cobalens.intake.routes import route_of
from cobalens.intake.testssaid import holds, of_code, of_tests, take_back
from cobalens.intake.words.boxes import NOT_TICKED, unboxed
from cobalens.intake.words.howoften import told_to_last, with_tests
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.ownwords import OWN_WORDS, TOLD, without_own
from cobalens.intake.words.phrases import OF_THE_PERSON, read_phrase
from cobalens.model.record import UNDATED, Event, Lab, Note, Span, Unread
from cobalens.model.ruleset import Ruleset

__all__ = [
    "ANY_TIME",
    "ENTRY_KEYS",
    "MAX_TEXT",
    "PLANNED",
    "Found",
    "Prepared",
    "Times",
    "Tools",
    "Words",
    "is_backwards",
    "nothing_yet",
    "own_sex",
    "planned_in",
    "read_entry",
    "read_list",
    "read_text",
    "span_from",
    "unknown_keys",
]

MAX_TEXT = 200_000
ENTRY_KEYS = frozenset(
    "name text phrase description drug code system display day date start_day start_date stop_day stop_date end_day "
    "end_date route dose frequency indication note status adherence planned family doubt negated ongoing".split()
)
_NAMES = ("name", "text", "phrase", "description", "drug", "display")
_MEASURED = frozenset({"note", "symptoms", "conditions", "procedures", "imaging", "biopsies", "examination"})
"""Fields whose words may hold results. In a list of drugs a number is a dose."""
_DOSED = frozenset({"medications", "supplements"})
_STATUS = {
    **dict.fromkeys(("refuted", "ruled out", "ruled-out", "excluded", "not done", "not-done", "absent", "not-taken"), "denied"),
    **dict.fromkeys(("suspected", "provisional", "unconfirmed", "differential", "possible", "query", "?"), "doubt"),
    **dict.fromkeys(("resolved", "remission", "in remission", "inactive", "stopped", "ended", "finished", "past"), "past"),
    **dict.fromkeys(("discontinued", "recovered", "completed", "ceased", "previous"), "past"),
    **dict.fromkeys(("planned", "proposed", "draft", "scheduled", "booked", "preparation", "intended", "due"), "planned"),
    **dict.fromkeys(("entered-in-error", "entered in error", "cancelled", "canceled"), "void"),
    **dict.fromkeys(("active", "confirmed", "current", "ongoing", "recurrence", "relapse", "final", "in-progress"), ""),
    **dict.fromkeys(("present", "unknown", "intended to continue", "continuing", "amended"), ""),
}  # fmt: skip
SHORT, MOST_KEPT = 120, 4_096
"""Phrases of at most so many characters are read once, and how many are kept."""


class Prepared(Struct, frozen=True):
    """What reading needs and what takes time to make: kept on disk for as long as the ruleset stays the same."""

    lexicon: CompiledLexicon
    tests: TestNames
    codes: dict[tuple[str, str], tuple[str, ...]]


class Tools(Struct, frozen=True):
    """What reading needs of a ruleset, built once for it."""

    ruleset: Ruleset
    lexicon: CompiledLexicon
    analytes: AnalyteIndex
    codes: CodeIndex
    read: dict[tuple[object, ...], Words] = {}
    """Short phrases read before: the same words are written of many people."""
    memory: Memory = field(default_factory=Memory)
    """The same, with whatever days."""


def unknown_keys(entry: Mapping[str, Any], known: Iterable[str], where: str, found: Found) -> None:
    known = known if isinstance(known, frozenset | set) else frozenset(known)
    if known.issuperset(entry):
        return
    names = sorted(known)
    for key in entry:
        if key not in names:
            place = f"{where}.{key[:60]}" if where else key[:60]
            found.unread.append(Unread(place, key[:60], meant_key(key, names)))


def span_from(
    entry: Mapping[str, Any], day_keys: Iterable[str], date_keys: Iterable[str], where: str,
    as_of: dt.date | None, found: Found,
) -> tuple[Span, str]:  # fmt: skip
    """The span that an entry's day or date gives, and its time of day; two that disagree date nothing."""
    spans: list[tuple[Span, str]] = []
    for key in day_keys:
        if entry.get(key) not in (None, ""):
            try:
                spans.append((dates.span_of_day(entry[key]), ""))
            except dates.DateError:
                found.unread.append(
                    Unread(f"{where}.{key}", "a day that is no whole number", "a whole number, as -30")
                )
    for key in date_keys:
        if entry.get(key) not in (None, ""):
            if as_of is None:
                raise errors.as_of_needed(f"{where}.{key}")
            try:
                spans.append(dates.span_of_date(str(entry[key]), as_of))
            except dates.DateError:
                found.unread.append(Unread(f"{where}.{key}", "a date that is not understood", "YYYY-MM-DD"))
    if not spans:
        return UNDATED, ""
    first = spans[0]
    for other in spans[1:]:
        if not _overlap(first[0], other[0]):
            found.notes.append(
                Note(
                    "data_quality:insufficient_data",
                    where,
                    "Its day and its date disagree; it is read as undated.",
                )
            )
            return UNDATED, ""
    return min(spans, key=lambda one: _width(one[0]))


def _width(span: Span) -> int:
    return (span.last or 0) - (span.first or 0)


def _overlap(one: Span, other: Span) -> bool:
    return (one.first or 0) <= (other.last or 0) and (other.first or 0) <= (one.last or 0)


def own_sex(tools: Tools, found: Found) -> str | None:
    """The person's sex, as far as it has been read."""
    fact = tools.ruleset.facts.get("sex")
    told = {event.concept for event in found.events if not event.family}
    own = (sex for sex, names in fact.answers.items() if told.intersection(names)) if fact else iter(())
    return next(own, found.sex)


def read_text(
    text: str, where: str, field: str, tools: Tools, found: Found, as_of: dt.date | None,
    times: Times = ANY_TIME, route: str | None = None, dose: str | None = None,
) -> list[Event]:  # fmt: skip
    """Reads words: results first, where the field may hold some, then everything else."""
    if len(text) > MAX_TEXT:
        raise errors.text_too_long(where, len(text), MAX_TEXT)
    text = with_whole_years(text)
    day = as_of.isoformat() if as_of else None
    sexed = field in _MEASURED and (prints_by_sex(text) or names_by_pronoun(text))
    sex = own_sex(tools, found) if sexed else None
    key = (text, field, day, times, route, dose, found.patient, sex)
    kept = tools.read.get(key)
    if kept is None:
        asked = (text, field, route, dose, found.patient, sex)
        kept = as_before(
            tools.memory, asked, day, times, tools.lexicon,
            lambda: _read_apart(text, field, tools, day, times, route, dose, found.patient, sex),
        )  # fmt: skip
        if len(text) <= SHORT:
            if len(tools.read) >= MOST_KEPT:
                tools.read.clear()
            tools.read[key] = kept
    # A phrase means the same wherever it stands; only its place is the record's own.
    found.text_labs += (replace(lab, where=where) for lab in kept.labs)
    found.notes += (replace(note, where=where) for note in kept.notes)
    found.unread += (replace(one, where=where) for one in kept.unread)
    found.understood += kept.understood
    found.complete |= kept.complete
    return [replace(event, where=where) for event in kept.events]


def _read_apart(
    text: str, field: str, tools: Tools, day: str | None, times: Times, route: str | None, dose: str | None,
    patient: frozenset[str], sex: str | None,
) -> Words:  # fmt: skip
    """The words, and of a note the older letters copied into it, each as of its own day."""
    copied = Copied(text) if field != "note" or times != ANY_TIME else copied_in(text, tools.lexicon, day)
    out = _read(copied.rest, field, tools, day, times, route, dose, patient, sex)
    for words, when, head in copied.letters:
        one = _read(words, field, tools, day, Times(start=when), route, dose, patient, sex)
        labs, events = (one.labs, one.events) if when.known else earlier(one.labs, one.events, tools.lexicon)
        out = Words(
            (*now_beside(out.labs, labs), *labs), (*out.events, *events), (*out.notes, *one.notes), (*out.unread, *one.unread),
            (*out.understood, head, *one.understood), out.complete,
        )  # fmt: skip
    return out


def _read(
    text: str,
    field: str,
    tools: Tools,
    day: str | None,
    times: Times,
    route: str | None,
    dose: str | None,
    patient: frozenset[str],
    sex: str | None = None,
) -> Words:
    labs: list[Lab] = []
    notes: tuple[Note, ...] = ()
    unread: tuple[Unread, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    text, has_own = without_own(text)
    text, empty = unboxed(punctuated(without_read_codes(text)))
    text, others = of_others(text) if field == "note" else (text, ())
    other = somebody_else(text, sex, tools.lexicon, patient)
    written = _day_of_note(field, day, times)
    if field in _MEASURED:
        measured = labs_in_text(
            text, "", tools.analytes, UNDATED if written else times.start, written or day, tools.lexicon,
            patient, sex, other,
        )  # fmt: skip
        if written:
            measured = measured._replace(labs=tuple(_as_measured(lab, times.start) for lab in measured.labs))
        # "US: liver normal" tells of a picture, not of blood tests.
        if field != "imaging" or not any(lab.method == PANEL for lab in measured.labs):
            labs += measured.labs
            notes, unread, spans = measured.notes, measured.unread, measured.spans
    reading = partial(
        read_phrase, where="", field=field, lexicon=tools.lexicon, start=UNDATED if written else times.start,
        stop=times.stop, route=route, dose=dose, as_of=written or day, patient=patient, other=other,
    )  # fmt: skip
    said = reading(text, consumed=spans)
    if lasting := told_to_last(text, spans):
        said = with_tests(
            said, reading(lasting), tools.lexicon.kinds, lambda one: names_several(one, tools.analytes)
        )
    if written:
        said = replace(said, events=tuple(_as_written(e, times.start, tools) for e in said.events))
    labs += of_tests(said, "", tools.lexicon, times)
    events = tuple(_straight(event) for event in said.events)
    if events != said.events:
        notes = (*notes, Note("data_quality:insufficient_data", "", _BACKWARDS))
    if has_own:
        notes = (*notes, Note(OWN_WORDS, "", TOLD))
    unread = (*unread, *said.not_understood, *(Unread("", one, NOT_TICKED) for one in empty))
    unread = (*unread, *(Unread("", one, OF_THE_PERSON) for one in others))
    if field not in _DOSED:
        index = tools.analytes
        unread += unread_measures(
            text, spans, unread, said.understood, events, lambda one: names_one(one, index), index.words.units,
            tools.lexicon.kinds,
        )  # fmt: skip
    if field in _MEASURED:
        unread += bare_numbers(
            text, spans, unread, events, tools.analytes, tools.lexicon.months, tools.lexicon.timely
        )
        unread += signs_unread(text, spans, unread, tools.analytes.words)
    return Words(tuple(labs), events, notes, unread, said.understood, said.complete)


def _day_of_note(field: str, day: str | None, times: Times) -> str | None:
    """The date on which a note was written, where it is a single day and the record is dated."""
    start = times.start
    if field != "note" or day is None or start.first is None or start.first != start.last or times.stop.known:
        return None
    return (dt.date.fromisoformat(day) + dt.timedelta(days=start.first)).isoformat()


def _as_written(event: Event, written: Span, tools: Tools) -> Event:
    """A statement of a dated note: its own times count from the day of the note, and without any it has that day.

    A medicine that is being taken then was begun by that day, and nobody knows how long before.
    """
    if not event.start.known and not event.stop.known:
        taken = (
            event.affirmed and event.time == "current" and tools.lexicon.kinds.get(event.concept) == "drug"
        )
        return replace(event, start=Span(None, written.last) if taken else written)
    return replace(event, start=_later(event.start, written), stop=_later(event.stop, written))


def _as_measured(lab: Lab, written: Span) -> Lab:
    """A result in a dated note: its own time counts from the day of the note, and without any it has that day."""
    return replace(lab, when=_later(lab.when, written) if lab.when.known else written)


def _later(span: Span, by: Span) -> Span:
    days = by.first or 0
    return Span(*(None if one is None else one + days for one in (span.first, span.last)))


def planned_in(
    text: str, where: str, field: str, tools: Tools, as_of: dt.date | None, said: Sequence[Event], start: Span = UNDATED
) -> list[Event]:  # fmt: skip
    """What is told only where it is a plan, "hip replacement", in words that stand among what is planned."""
    told = {event.concept for event in said}
    ahead = read_text(text, where, field, tools, nothing_yet(), as_of, Times(start=_AHEAD))
    return [
        replace(one, start=start if one.start == _AHEAD else one.start, time="planned")
        for one in ahead
        if one.concept in tools.lexicon.only_planned and one.affirmed and one.concept not in told
    ]


PLANNED = "planned_treatment"
_AHEAD = Span(1, None)
"""Some day after the decision."""


def read_list(key: str, value: Any, field: str, tools: Tools, found: Found, as_of: dt.date | None) -> None:
    """A list of phrases and entries; a single phrase or entry may stand for a list of one."""
    if value is None or value == "":
        return
    several = isinstance(value, list)
    for place, item in enumerate(value if several else [value]):
        where = f"{key}[{place}]" if several else key
        if item is None or item == "":
            continue
        if isinstance(item, str):
            said = read_text(item, where, field, tools, found, as_of)
            plans = planned_in(item, where, field, tools, as_of, said) if key == PLANNED else []
            found.events += (*said, *plans)
        elif isinstance(item, dict):
            found.events += read_entry(item, where, field, tools, found, as_of)
        else:
            found.unread.append(
                Unread(where, "neither words nor an entry", "a phrase, or an object with `name`")
            )


def read_entry(
    entry: Mapping[str, Any], where: str, field: str, tools: Tools, found: Found, as_of: dt.date | None
) -> list[Event]:
    """One entry with its dates, codes and status."""
    unknown_keys(entry, ENTRY_KEYS, where, found)
    day, _ = span_from(entry, ("day",), ("date",), where, as_of, found)
    start, _ = span_from(entry, ("start_day",), ("start_date",), where, as_of, found)
    stop, _ = span_from(entry, ("stop_day", "end_day"), ("stop_date", "end_date"), where, as_of, found)
    backwards = is_backwards(start if start.known else day, stop)
    if backwards:
        found.notes.append(Note("data_quality:insufficient_data", where, _BACKWARDS))
        day = start = stop = UNDATED
    times = Times(start if start.known else day, stop)
    name = _name(entry)
    note = entry.get("note")
    if isinstance(note, str) and note.strip():
        name = f"{name}, {note.strip()}" if name else note.strip()
    dose = (
        ", ".join(str(entry[key]) for key in ("dose", "frequency") if entry.get(key) not in (None, ""))
        or None
    )
    route = route_of(entry.get("route"))
    status = _status(entry, where, found)
    if status == "void":
        found.notes.append(
            Note(
                "data_quality:insufficient_data", where, "Marked as cancelled or entered in error; not used."
            )
        )
        return []
    coded: list[Event] = []
    told = len(found.text_labs)
    if entry.get("code") not in (None, ""):
        coded = _coded(entry, name, where, field, tools, found, times, route, dose, bool(name))
    events = coded
    if name:
        spoken = read_text(name, where, field, tools, found, as_of, times, route, dose)
        known = {event.concept for event in spoken}
        coded = [event for event in coded if event.concept not in known]
        events = coded + spoken
        if status == "planned" or entry.get("planned") is True:
            events += planned_in(name, where, field, tools, as_of, events, times.start)
    elif not coded and entry.get("code") in (None, ""):
        found.unread.append(Unread(where, "an entry without a name or a code", "name"))
    if isinstance(entry.get("indication"), str) and entry["indication"].strip():
        events += read_text(entry["indication"], f"{where}.indication", "conditions", tools, found, as_of)
    settled = [_settled(event, status, entry) for event in events]
    found.text_labs += of_code(coded, found.text_labs[told:], tools, times)
    ended = UNDATED if where.startswith(_DONE) else times.stop
    if not holds(_settled(Event(concept="", where=where, text=name, stop=ended), status, entry)):
        take_back(found, told)

    def read(words: str) -> list[Event]:
        return read_text(words, f"{where}.adherence", "medications", tools, found, as_of)

    settled = as_taken(entry.get("adherence"), f"{where}.adherence", settled, found, read)
    # Which of the two dates is wrong decides whether it goes on: neither is guessed.
    unsure = backwards or hides_an_end(entry, ENTRY_KEYS)
    return [replace(event, doubt=True) for event in settled] if unsure else settled


_DONE = ("procedures", "imaging", "biopsies")
_BACKWARDS = "It ends before it begins; neither date is used, and whether it goes on is unknown."


def _straight(event: Event) -> Event:
    """The event; without its dates, and in doubt, where words make it end before it begins."""
    if not is_backwards(event.start, event.stop):
        return event
    return replace(event, start=UNDATED, stop=UNDATED, time="current", doubt=True)


def _name(entry: Mapping[str, Any]) -> str:
    return next((str(entry[key]).strip() for key in _NAMES if entry.get(key) not in (None, "")), "")


def _status(entry: Mapping[str, Any], where: str, found: Found) -> str:
    raw = entry.get("status")
    if raw in (None, ""):
        return ""
    word = _STATUS.get(str(raw).strip().lower())
    if word is None:
        found.unread.append(Unread(f"{where}.status", str(raw)[:60], errors.suggest(str(raw), _STATUS)))
    return word or ""


def _coded(
    entry: Mapping[str, Any], name: str, where: str, field: str, tools: Tools, found: Found, times: Times,
    route: str | None, dose: str | None, named: bool,
) -> list[Event]:  # fmt: skip
    code, given = str(entry["code"])[:60], str(entry.get("system") or "")
    system = system_of(given) if given else None
    concepts = concepts_of(code, system, tools.codes) if not given or system else ()
    if not concepts and not named:
        hint = "a system such as SNOMED CT, ICD-10, ATC or RxNorm" if given and not system else None
        found.unread.append(Unread(where, f"{given} {code}".strip(), hint))
    events = []
    for concept in concepts:
        # The phrase reader turns the dose into micrograms; any of the concept's own phrases will do.
        phrase = next(iter(tools.ruleset.concepts[concept].phrases), "")
        said = read_phrase(phrase, where, field, tools.lexicon, times.start, times.stop, route, dose).events
        text = name or f"{given} {code}".strip()
        plain = Event(
            concept=concept,
            where=where,
            text=text,
            start=times.start,
            stop=times.stop,
            route=route,
            dose_text=dose,
        )
        events.append(
            next((replace(e, text=text) for e in said if e.concept == concept and e.affirmed), plain)
        )
    return events


def _settled(event: Event, status: str, entry: Mapping[str, Any]) -> Event:
    """What the entry's own fields add to the words."""
    done = _is_done(event, status)
    if status == "denied" or entry.get("negated") is True:
        event = replace(event, affirmed=False)
    if status == "doubt" or entry.get("doubt") is True:
        event = replace(event, doubt=True)
    if (status == "past" and not done) or (entry.get("ongoing") is False and event.time == "current"):
        event = replace(event, time="past")
    if status == "planned" or entry.get("planned") is True:
        event = replace(event, time="planned")
    if entry.get("family") is True:
        event = replace(event, family=True)
    return event


def _is_done(event: Event, status: str) -> bool:
    """An operation that is completed is done, not over."""
    return status == "past" and event.where.startswith(_DONE)
