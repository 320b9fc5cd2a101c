"""From a record to facts: every fact is read along the timeline that its declaration names, under one pack.

Pure and deterministic. What depends on the rules alone is prepared once per ruleset and pack.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache

from cobalens.intake import dates
from cobalens.intake.derive import DERIVED, derived_labs
from cobalens.intake.doses import NOT_GIVEN, SAMPLE_AFTER, SAMPLE_BEFORE, Given, courses, timing
from cobalens.intake.reader import ABOVE_BY, NO_LISTS, READING_POLICIES, Reader, reader_for
from cobalens.intake.readings import Reading, front, history, reading
from cobalens.intake.results import TIMELINES, Answer
from cobalens.intake.statements import (
    ABSENT,
    NO,
    OPEN,
    OPEN_VERDICT,
    YES,
    Stated,
    Verdict,
    state,
    together,
    verdict,
)
from cobalens.model.facts import Basis, Facts, FactValue
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Fact, Pack, Ruleset

AGE, RISE_PERSISTENT = "age", "rise_persistent"
_TODAY = Span(0, 0)
_CONFLICT = "data_quality:conflicting_results"
_SCALE = "data_quality:unit_conversion"
_LATER = "data_quality:dated_after_decision"
_KEPT = 16
_IN_WORDS = "the record says so in words"
_WORDS = {YES: "yes", NO: "no"}


_readers: dict[tuple[int, int], Reader] = {}


def facts_of(record: Record, ruleset: Ruleset, pack: Pack) -> Facts:
    """Every known fact of one person, with what it rests on."""
    return read(record, kept_reader(ruleset, pack))


def facts_beside(record: Record, ruleset: Ruleset, pack: Pack, other: Pack, known: Facts) -> Facts:
    """The facts under a pack, when those under another one are known: only what their limits cut is read again."""
    reader = kept_reader(ruleset, pack)
    differing = _cut_otherwise(reader, other)
    if differing is None:
        return facts_of(record, ruleset, pack)
    labs = [lab for lab in record.labs if lab.analyte in differing]
    if not labs:
        return known
    again = {fact.name for analyte in differing for fact in reader.by_analyte.get(analyte, ())}
    values = {name: value for name, value in known.values.items() if name not in again}
    stated = _stated(record, reader)
    notes: list[tuple[str, str]] = []
    given = _given(reader.treatment, reader, stated) if reader.treatment is not None else NOT_GIVEN
    as_of = dt.date.fromisoformat(record.as_of) if record.as_of else None
    _measured(_readings(labs, reader, notes), reader, stated, given, as_of, values, notes)
    return Facts(values, tuple(dict.fromkeys((*known.notes, *notes))))


def notes_beside(record: Record, ruleset: Ruleset, pack: Pack, analytes: Set[str]) -> list[tuple[str, str]]:
    """What reading the results of these tests would note, without the facts; none of them feeds a formula."""
    reader = kept_reader(ruleset, pack)
    stated = _stated(record, reader)
    notes: list[tuple[str, str]] = []
    given = _given(reader.treatment, reader, stated) if reader.treatment is not None else NOT_GIVEN
    labs = [lab for lab in record.labs if lab.analyte in analytes]
    _measured(_readings(labs, reader, notes), reader, stated, given, None, {}, notes)
    return notes


def _cut_otherwise(reader: Reader, other: Pack) -> frozenset[str] | None:
    """The analytes whose limits differ from another pack's; nothing where more than limits makes the readings differ."""
    kept = reader.beside.get(other.name)
    if kept is None or kept[0] is not other:
        kept = reader.beside[other.name] = (other, _differing_analytes(reader, other))
    return kept[1]


def _differing_analytes(reader: Reader, other: Pack) -> frozenset[str] | None:
    mine = reader.pack
    if any(mine.policies.get(name) != other.policies.get(name) for name in READING_POLICIES):
        return None
    above = mine.policies.get(ABOVE_BY) != other.policies.get(ABOVE_BY)
    found = {
        fact.of[0]
        for fact in reader.ruleset.facts.values()
        if fact.lab
        and (
            mine.limits.get(fact.limits_of) != other.limits.get(fact.limits_of)
            or (above and fact.timeline == "persistence")
        )
    }
    return None if found & DERIVED else frozenset(found)


def kept_reader(ruleset: Ruleset, pack: Pack) -> Reader:
    """The reader of a ruleset under a pack, made once."""
    key = (id(ruleset), id(pack))
    reader = _readers.get(key)
    if reader is None or reader.ruleset is not ruleset or reader.pack is not pack:
        if len(_readers) >= _KEPT:
            _readers.clear()
        like = next((one for one in _readers.values() if one.ruleset is ruleset), None)
        reader = _readers[key] = reader_for(ruleset, pack, like)
    return reader


# --- One record ---------------------------------------------------------------------------------------------------


def read(record: Record, reader: Reader) -> Facts:
    stated = _stated(record, reader)
    as_of = dt.date.fromisoformat(record.as_of) if record.as_of else None
    values: dict[str, FactValue] = {}
    notes: list[tuple[str, str]] = []
    _read_statements(record, reader, stated, as_of, values)
    given = _given(reader.treatment, reader, stated) if reader.treatment is not None else NOT_GIVEN
    by_analyte = _readings(_labs(record, reader, values), reader, notes)
    _measured(by_analyte, reader, stated, given, as_of, values, notes)
    for fact in reader.dosing:
        value = _dosing(fact, reader, stated, record, by_analyte, as_of, given)
        if value is not None:
            values[fact.name] = value
    return Facts(values, tuple(dict.fromkeys(notes)))


def _stated(record: Record, reader: Reader) -> dict[str, list[Stated]]:
    found: dict[str, list[Stated]] = {}
    for event in record.events:
        found.setdefault(event.concept, []).append(state(event, reader.kinds.get(event.concept, "")))
    return found


def _measured(
    by_analyte: dict[str, list[Reading]],
    reader: Reader,
    stated: dict[str, list[Stated]],
    given: Given,
    as_of: dt.date | None,
    values: dict[str, FactValue],
    notes: list[tuple[str, str]],
) -> None:
    """The facts of results, and what must be said of them."""
    bases: dict[int, Basis] = {}
    setting = reader.setting
    for analyte, readings in by_analyte.items():
        facts = reader.by_analyte.get(analyte)
        if facts is None:
            continue
        all_of_it = history(readings)
        for fact in facts:
            found = TIMELINES[fact.timeline](fact, all_of_it, given, setting)
            if not found.labs:
                continue
            if (
                found.value == "single"
                and fact.timeline == "persistence"
                and _is_said(RISE_PERSISTENT, stated)
            ):
                found = Answer("persistent", found.labs, _IN_WORDS)
            values[fact.name] = _lab_value(fact, found, as_of, bases)
            if fact.timeline == "untreated" and found.value:
                notes += _conversions(fact, found, reader)
            if found.conflict:
                notes.append((_CONFLICT, _conflict_sentence(reader.ruleset.analytes[analyte].label, found)))


def _read_statements(
    record: Record,
    reader: Reader,
    stated: dict[str, list[Stated]],
    as_of: dt.date | None,
    values: dict[str, FactValue],
) -> None:
    spoken = {place for name in stated for place in reader.by_concept.get(name, ())}
    silent = _silent(record.complete, reader) if record.complete else {}
    bases: dict[int, Basis] = {}
    for place in sorted(spoken.union(silent)):
        fact = reader.said[place]
        if place not in spoken:
            values[fact.name] = silent[place]
            continue
        index, one = (
            _answers(fact, reader, stated, record)
            if fact.answers
            else _yes_or_no(fact, reader, stated, record)
        )
        if index or one.events:
            values[fact.name] = FactValue(index, _event_basis(one.events, as_of, bases), one.note)


def _silent(complete: frozenset[str], reader: Reader) -> dict[int, FactValue]:
    """The facts that are a no when nothing at all is said and these lists are complete."""
    found = reader.silent.get(complete)
    if found is None:
        if len(reader.silent) >= _KEPT:
            reader.silent.clear()
        found = reader.silent[complete] = {}
        for place in dict.fromkeys(
            place for name in sorted(complete) for place in reader.by_list.get(name, ())
        ):
            fact = reader.said[place]
            names = reader.named[fact.name].get("")
            if (
                not fact.answers
                and names
                and all(_is_complete(name, fact, reader, complete) for name in names)
            ):
                found[place] = FactValue(fact.values.index("no"), (), ABSENT)
    return found


def _yes_or_no(
    fact: Fact, reader: Reader, stated: dict[str, list[Stated]], record: Record
) -> tuple[int, Verdict]:
    one = _over(reader.named[fact.name][""], fact, reader, stated, record)
    word = _WORDS.get(one.value)
    return (fact.values.index(word) if word in fact.values else 0), one


def _answers(
    fact: Fact, reader: Reader, stated: dict[str, list[Stated]], record: Record
) -> tuple[int, Verdict]:
    """A fact with answers of its own: the one answer that is said; two at once are none."""
    found = [
        (name, _over(names, fact, reader, stated, record)) for name, names in reader.named[fact.name].items()
    ]
    held = [(name, one) for name, one in found if one.value == YES]
    if len(held) == 1:
        return fact.values.index(held[0][0]), held[0][1]
    if held:
        events = tuple(event for _, one in held for event in one.events)
        return 0, Verdict(
            OPEN, events, "the record says more than one: " + ", ".join(name for name, _ in held)
        )
    return 0, Verdict()


def _over(
    names: Mapping[str, int], fact: Fact, reader: Reader, stated: dict[str, list[Stated]], record: Record
) -> Verdict:
    verdicts: list[Verdict] = []
    if record.complete:
        open_silence = False
        for name in names:
            here = stated.get(name)
            complete = _is_complete(name, fact, reader, record.complete)
            if here or complete:
                verdicts.append(verdict(here or (), fact, complete))
            else:
                open_silence = True
    else:
        spoken = _spoken(names, stated)
        if len(spoken) == 1:
            one = verdict(stated[spoken[0]], fact, False)
            # One no among several concepts of which nothing is said is none.
            alone = one.value != NO or len(names) == 1 or fact.timeline == "adherence"
            return one if alone else OPEN_VERDICT
        verdicts += [verdict(stated[name], fact, False) for name in spoken]
        open_silence = len(spoken) < len(names)
    # How one product is taken is said of that product; silence about another leaves nothing open.
    if open_silence and not (fact.timeline == "adherence" and verdicts):
        if len(verdicts) == 1:
            return OPEN_VERDICT if verdicts[0].value == NO else verdicts[0]
        verdicts.append(OPEN_VERDICT)
    return together(verdicts)


def _spoken(names: Mapping[str, int], stated: dict[str, list[Stated]]) -> list[str]:
    """The concepts of which anything is said, in the order in which the fact names them."""
    if len(names) == 1:
        return [name for name in names if name in stated]
    found = [name for name in stated if name in names]
    if len(found) > 1:
        found.sort(key=names.__getitem__)
    return found


def _is_complete(name: str, fact: Fact, reader: Reader, complete: frozenset[str]) -> bool:
    """Relatives are on no list of the patient's own, and no list says how a drug was taken."""
    if fact.timeline in ("family", "adherence"):
        return False
    return not complete.isdisjoint(reader.lists.get(name, NO_LISTS) | reader.extra.get(fact.name, NO_LISTS))


def _stated_of(fact: Fact, reader: Reader, stated: dict[str, list[Stated]]) -> list[Stated]:
    return [item for name in _spoken(reader.named[fact.name][""], stated) for item in stated[name]]


def _is_said(name: str, stated: dict[str, list[Stated]]) -> bool:
    return name in stated and any(
        item.event.affirmed and not (item.event.doubt or item.event.family) and item.phase != "planned"
        for item in stated[name]
    )


def _given(fact: Fact, reader: Reader, stated: dict[str, list[Stated]]) -> Given:
    said = [name for name in (SAMPLE_BEFORE, SAMPLE_AFTER) if _is_said(name, stated)]
    items = _stated_of(fact, reader, stated)
    found = courses(items, fact, reader.routeless) if items else ()
    return Given(tuple(found), reader.washout, said[0] if len(said) == 1 else "")


# --- Results ------------------------------------------------------------------------------------------------------


def _labs(record: Record, reader: Reader, values: dict[str, FactValue]) -> list[Lab]:
    labs = list(record.labs)
    if record.age is not None and AGE in reader.ruleset.analytes:
        units = reader.ruleset.analytes[AGE].units
        labs.append(
            Lab(analyte=AGE, where="patient.age", text=f"{record.age} years", lo=record.age, hi=record.age,
                unit=units[0] if units else None, when=_TODAY)
        )  # fmt: skip
    sex_fact, sex_value = reader.ruleset.facts.get("sex"), values.get("sex")
    sex = sex_fact.values[sex_value.value] if sex_fact and sex_value and sex_value.value else None
    combined = reader.pack.policies.get("combined_indicator") == "on"
    return labs + derived_labs(labs, record.age, sex, reader.ruleset.analytes, combined)


def _readings(labs: Sequence[Lab], reader: Reader, notes: list[tuple[str, str]]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for lab in labs:
        if lab.problem == "cancelled":
            continue
        one = reading(lab)
        if one is None:
            notes.append((_LATER, f"{lab.where} is dated after the day of decision and was set aside."))
        else:
            found.setdefault(lab.analyte, []).append(one)
    return found


def _lab_value(fact: Fact, found: Answer, as_of: dt.date | None, bases: dict[int, Basis]) -> FactValue:
    """``bases``: those of the results so far, by the address of the result; several facts rest on the same one."""
    value, labs = found.value, found.labs
    index = value if isinstance(value, int) else fact.values.index(value)
    basis = [bases.get(id(lab)) or bases.setdefault(id(lab), _basis(lab, lab.when, as_of)) for lab in labs]
    return FactValue(index, tuple(basis), found.note)


def _conversions(fact: Fact, found: Answer, reader: Reader) -> list[tuple[str, str]]:
    """Said where the marker was read on another scale than any of its published limits."""
    said = []
    for unit in dict.fromkeys(lab.unit for lab in found.labs if lab.unit and not lab.derived):
        if any(cut.converted or cut.scaled for cut in reader.setting.cuts(fact, unit) or ()):
            label = reader.ruleset.analytes[fact.of[0]].label
            said.append(
                (_SCALE, f"{label} is reported in {unit}; the published limits were expressed in that unit.")
            )
    return said


@lru_cache(maxsize=16_384)
def _iso_day(day: int, as_of: dt.date | None) -> str | None:
    return dates.iso(Span(day, day), as_of)


def _basis(of: Lab | Event, when: Span, as_of: dt.date | None) -> Basis:
    first = when.first
    if first is None or first != when.last:
        return Basis(of.text, of.where, dates.iso(when, as_of))
    return Basis(of.text, of.where, _iso_day(first, as_of), first)


def _event_basis(
    events: Sequence[Event], as_of: dt.date | None, bases: dict[int, Basis] | None = None
) -> tuple[Basis, ...]:
    """``bases``: those of the statements so far, by the address of the statement."""
    bases = {} if bases is None else bases
    found = []
    for event in events:
        known = bases.get(id(event))
        if known is None:
            when = event.start if event.start.known else event.stop
            known = bases[id(event)] = _basis(event, when, as_of)
        found.append(known)
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def _conflict_sentence(label: str, found: Answer) -> str:
    places = ", ".join(lab.where for lab in found.labs)
    return f"{label}: {found.note} ({places}). None was picked in silence."


# --- Doses --------------------------------------------------------------------------------------------------------


def _dosing(
    fact: Fact,
    reader: Reader,
    stated: dict[str, list[Stated]],
    record: Record,
    by_analyte: dict[str, list[Reading]],
    as_of: dt.date | None,
    treatment: Given,
) -> FactValue | None:
    items = _stated_of(fact, reader, stated)
    given = treatment if fact is reader.treatment else _given(fact, reader, stated)
    if fact.timeline == "treatment_state":
        return _treatment_state(fact, reader, items, given, record, as_of)
    sample = _sample(fact, reader, by_analyte)
    if sample is None:
        return None
    return _sample_timing(fact, reader, items, given, record, sample, as_of)


def _value(fact: Fact, word: str, basis: tuple[Basis, ...], note: str = "") -> FactValue:
    return FactValue(fact.values.index(word) if word else 0, basis, note)


def _treatment_state(
    fact: Fact,
    reader: Reader,
    items: Sequence[Stated],
    given: Given,
    record: Record,
    as_of: dt.date | None,
) -> FactValue | None:
    ongoing = [course.event for course in given.courses if course.ongoing]
    if ongoing:
        return _value(fact, "on", _event_basis(ongoing, as_of))
    if given.courses:
        return _value(fact, "stopped", _event_basis([course.event for course in given.courses], as_of))
    denied, note = _denied(fact, reader, items, record)
    return _value(fact, "never", _event_basis(denied, as_of), note) if denied is not None else None


def _denied(
    fact: Fact, reader: Reader, items: Sequence[Stated], record: Record
) -> tuple[list[Event] | None, str]:
    """The words by which every product of the fact is denied, or ``None`` when silence would have to count."""
    if not items and not record.complete:
        return None, ""
    open_doubt = any(
        item.event.affirmed and not item.event.family and item.phase != "planned" for item in items
    )
    if open_doubt:
        return None, ""
    denials = [item.event for item in items if not item.event.affirmed and not item.event.family]
    names = {event.concept for event in denials}
    if names & reader.routeless:
        return denials, ""
    wanted = [name for name in fact.of if name in reader.kinds]
    silent = [name for name in wanted if name not in names]
    if not wanted or not all(_is_complete(name, fact, reader, record.complete) for name in silent):
        return None, ""
    return denials, ABSENT if silent else ""


def _sample(fact: Fact, reader: Reader, by_analyte: dict[str, list[Reading]]) -> Reading | None:
    """The newest reading of the analyte that the fact names, else of the first that is read untreated."""
    named = [name for name in fact.of if name in reader.ruleset.analytes]
    for analyte in named or reader.untreated:
        present = [
            r for r in by_analyte.get(analyte, ()) if r.lab.problem != "not_a_number" or r.lab.qualitative
        ]
        if present:
            return front(present)[0]
    return None


def _sample_timing(
    fact: Fact,
    reader: Reader,
    items: Sequence[Stated],
    given: Given,
    record: Record,
    sample: Reading,
    as_of: dt.date | None,
) -> FactValue | None:
    lab = _basis(sample.lab, sample.lab.when, as_of)
    if not given.courses:
        if given.said:
            return _value(fact, "after_dose" if given.said == SAMPLE_AFTER else "undosed", (lab,), _IN_WORDS)
        denied, note = _denied(fact, reader, items, record)
        if denied is None:
            return None
        return _value(fact, "undosed", (lab, *_event_basis(denied, as_of)), note)
    basis = (lab, *_event_basis([course.event for course in given.courses], as_of))
    found = [timing(sample, course, given.washout, given.said) for course in given.courses]
    note = _IN_WORDS if given.said else ""
    if "after" in found:
        return _value(fact, "after_dose", basis, note)
    if all(one in ("before", "washed_out") for one in found):
        return _value(fact, "washed_out" if "washed_out" in found else "undosed", basis, note)
    if "same_day" in found:
        return _value(fact, "", basis, "a dose and the sample are of the same day")
    return _value(fact, "", basis, "the time from dose to sample is not known")
