"""What is supposed of a person, as typed: ``mma=0.55umol/L``, ``metformin=no``; and two records of one person put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from msgspec.structs import replace

from cobalens import errors
from cobalens.intake.casefile import OLDEST, tools_for
from cobalens.intake.entries import Tools, nothing_yet, read_text
from cobalens.intake.laboratory.labs import read_lab
from cobalens.intake.laboratory.testnames import find, tokens
from cobalens.intake.timelines.timeline import AGE
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Ruleset

SUPPOSED, TODAY, LAST = "what-if", Span(0, 0), "~"
YES, NO, OPEN = "yes", "no", "unknown"
_YES, _NO = frozenset({"yes", "y", "true"}), frozenset({"no", "n", "false"})
_UNUSABLE = {
    "unit_missing": errors.setting_needs_unit,
    "unit_impossible": errors.setting_unit_cannot_be,
    "implausible": errors.setting_implausible,
}


class Supposed(Struct, frozen=True):
    """One thing supposed: a result of today, a statement, an age, or a fact set as such."""

    name: str
    words: str
    lab: Lab | None = None
    without_lab: str | None = None
    """An analyte whose results are left out."""
    events: tuple[Event, ...] = ()
    without: frozenset[str] = frozenset()
    """Concepts of which nothing else counts as said."""
    age: Decimal | None = None
    facts: dict[str, int] = {}


def read_settings(settings: Iterable[str], ruleset: Ruleset) -> tuple[Supposed, ...]:
    """Each setting in turn; one that cannot be read refuses them all."""
    return tuple(read_setting(one, ruleset) for one in settings)


def read_setting(setting: str, ruleset: Ruleset) -> Supposed:
    """A fact by its name, a test by any name that is read in a record, or a phrase."""
    name, sign, value = (part.strip() for part in setting.partition("="))
    where = f"--set {name[:40]}"
    if not (name and sign and value):
        raise errors.setting_not_understood("--set", setting)
    tools = tools_for(ruleset)
    plain = "_".join(tokens(name))
    if plain == AGE:
        return read_age(value, where)
    fact = ruleset.facts.get(plain)
    if fact is not None and not fact.lab:
        return set_fact(plain, value, where, ruleset)
    analytes = find(name, tools.analytes)
    if analytes:
        if value.lower() == OPEN:
            return Supposed(ruleset.analytes[analytes[0]].label, OPEN, without_lab=analytes[0])
        return read_result(name, value, where, tools)
    if fact is not None:
        return set_fact(plain, value, where, ruleset)
    return read_words(name, value, where, tools)


def read_age(value: str, where: str) -> Supposed:
    try:
        age = Decimal(value.split(maxsplit=1)[0])
    except InvalidOperation:
        raise errors.age_impossible(where) from None
    if not 0 <= age <= OLDEST:
        raise errors.age_impossible(where)
    return Supposed(AGE, f"{age}", age=age)


def set_fact(name: str, value: str, where: str, ruleset: Ruleset) -> Supposed:
    fact = ruleset.facts[name]
    word = said(value)
    found = next((index for index, one in enumerate(fact.values) if one.lower() == word), None)
    if found is None:
        raise errors.setting_value_unknown(where, value, fact.values)
    return Supposed(fact.label, fact.values[found], facts={name: found})


def said(value: str) -> str:
    low = value.strip().lower()
    return YES if low in _YES else NO if low in _NO else low


def read_result(name: str, value: str, where: str, tools: Tools) -> Supposed:
    """A result of today: number with unit, a bound such as ``<0.1umol/L``, or the laboratory's own word."""
    lab, _, unread = read_lab({"analyte": name, "value": value}, SUPPOSED, TODAY, tools.analytes)
    if lab is None or unread:
        raise errors.setting_value_unknown(where, value, ())
    analyte = tools.ruleset.analytes[lab.analyte]
    if lab.problem in _UNUSABLE and lab.qualitative is None:
        raise _UNUSABLE[lab.problem](where, analyte.label, analyte.units)
    if lab.lo is None and lab.hi is None and lab.qualitative is None:
        raise errors.setting_needs_unit(where, analyte.label, analyte.units)
    return Supposed(analyte.label, lab.text, lab=replace(lab, where=SUPPOSED, when=TODAY, time=LAST))


def read_words(name: str, value: str, where: str, tools: Tools) -> Supposed:
    """A concept by its name, or a phrase as people write it; ``yes``, ``no`` or ``unknown``."""
    word = said(value)
    concept = tools.ruleset.concepts.get("_".join(tokens(name)))
    if concept is not None:
        events = [Event(concept=concept.name, where=SUPPOSED, text=name)]
    else:
        found = nothing_yet()
        events = read_text(name, SUPPOSED, "note", tools, found, None)
        if found.unread:
            events = []
    if not events:
        raise errors.setting_name_unknown(where, name, known_names(tools))
    if word not in (YES, NO, OPEN):
        raise errors.setting_value_unknown(where, value, (YES, NO, OPEN))
    own = frozenset(one.concept for one in events)
    made = (
        () if word == OPEN else tuple(replace(one, affirmed=one.affirmed == (word == YES)) for one in events)
    )
    label = ", ".join(dict.fromkeys(tools.ruleset.concepts[one.concept].label for one in events))
    return Supposed(label, word, events=made, without=own)


def known_names(tools: Tools) -> list[str]:
    names = [" ".join(words) for words in tools.analytes.names]
    phrases = [phrase for one in tools.ruleset.concepts.values() for phrase in one.phrases]
    return [*names, *tools.ruleset.facts, *tools.ruleset.concepts, *phrases]


def applied(record: Record, supposed: Iterable[Supposed]) -> Record:
    """The record with what is supposed; a result takes the place of those of the day of decision."""
    for one in supposed:
        labs = record.labs
        if one.without_lab:
            labs = tuple(lab for lab in labs if lab.analyte != one.without_lab)
        if one.lab is not None:
            analyte = one.lab.analyte
            labs = (*(lab for lab in labs if lab.analyte != analyte or lab.when != TODAY), one.lab)
        events = tuple(event for event in record.events if event.concept not in one.without)
        age = record.age if one.age is None else one.age
        record = replace(record, labs=labs, events=(*events, *one.events), age=age)
    return record


# --- Two records of one person --------------------------------------------------------------------------------------


def one_person(old: Record, new: Record, ruleset: Ruleset) -> None:
    """Refuses two records that cannot be of one person: another sex, or a younger age later."""
    first, second = (sex_of(one, ruleset) for one in (old, new))
    if first and second and first != second:
        raise errors.two_people("sex")
    if old.age is not None and new.age is not None and new.age < old.age:
        raise errors.two_people("age")


def sex_of(record: Record, ruleset: Ruleset) -> str | None:
    fact = ruleset.facts.get("sex")
    words = {concept: word for word, names in (fact.answers if fact else {}).items() for concept in names}
    found = {words[one.concept] for one in record.events if one.concept in words and not one.family}
    return found.pop() if len(found) == 1 else None


def added(old: Record, new: Record) -> Record:
    """The old record with what the new one says besides; what is no result is the newer statement's where both speak.

    Both are seen from the later of their two days of decision.
    """
    as_of = max(filter(None, (old.as_of, new.as_of)), default=None)
    old, new = seen_on(old, as_of), seen_on(new, as_of)
    spoken = {one.concept for one in new.events}
    return Record(
        id=new.id,
        as_of=as_of,
        age=new.age if new.age is not None else old.age,
        labs=with_new(old.labs, new.labs),
        events=(*(one for one in old.events if one.concept not in spoken), *new.events),
        complete=old.complete | new.complete,
        not_understood=(*old.not_understood, *new.not_understood),
        notes=(*old.notes, *new.notes),
        elements=(*old.elements, *new.elements),
        understood=(*old.understood, *new.understood),
        died=new.died or old.died,
    )


def seen_on(record: Record, as_of: str | None) -> Record:
    """The record with its days counted from another day of decision; one in relative days stays as it is."""
    if as_of is None or record.as_of is None or record.as_of == as_of:
        return record
    by = (date.fromisoformat(record.as_of) - date.fromisoformat(as_of)).days
    return replace(
        record,
        as_of=as_of,
        labs=tuple(replace(one, when=moved(one.when, by)) for one in record.labs),
        events=tuple(
            replace(one, start=moved(one.start, by), stop=moved(one.stop, by)) for one in record.events
        ),
        died=moved(record.died, by) if record.died else None,
    )


def moved(span: Span, by: int) -> Span:
    return Span(*(None if day is None else day + by for day in (span.first, span.last)))


def with_new(old: Sequence[Lab], new: Sequence[Lab]) -> tuple[Lab, ...]:
    """Old results first; of the same test and day the new one counts, and a new one without a day is of today."""
    dated = tuple(lab if lab.when.known else replace(lab, when=TODAY, time=LAST) for lab in new)
    taken = {(lab.analyte, lab.when) for lab in dated}
    return (*(lab for lab in old if (lab.analyte, lab.when) not in taken), *dated)
