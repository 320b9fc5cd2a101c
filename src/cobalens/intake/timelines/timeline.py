"""From a record to facts: every fact is read along the timeline that its declaration names, under one pack.

Pure and deterministic. What depends on the rules alone is prepared once per ruleset and pack.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence, Set

from cobalens.intake.timelines.derive import DERIVED, derived_labs
from cobalens.intake.timelines.doses import NOT_GIVEN, SAMPLE_AFTER, SAMPLE_BEFORE, Given, courses, timing
from cobalens.intake.timelines.reader import ABOVE_BY, READING_POLICIES, Reader, reader_for
from cobalens.intake.timelines.readings import Reading, front, history, reading, usable
from cobalens.intake.timelines.results import TIMELINES, Answer
from cobalens.intake.timelines.said import basis_of, basis_of_events, is_complete, read_statements, spoken
from cobalens.intake.timelines.statements import (
    ABSENT,
    Stated,
    state,
)
from cobalens.model.facts import Basis, Facts, FactValue
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Fact, Pack, Ruleset

AGE, RISE_PERSISTENT = "age", "rise_persistent"
_TODAY = Span(0, 0)
_CONFLICT = "data_quality:conflicting_results"
_SCALE = "data_quality:unit_conversion"
_LATER = "data_quality:dated_after_decision"
_UNDATED = "data_quality:undated_result"
_KEPT = 16
_IN_WORDS = "the record says so in words"


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
    read_statements(record, reader, stated, as_of, values)
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
            timeline = fact.timeline
            found = TIMELINES[timeline](fact, all_of_it, given, setting)
            if not found.labs:
                continue
            if timeline == "persistence" and found.value == "single" and _is_said(RISE_PERSISTENT, stated):
                found = Answer("persistent", found.labs, _IN_WORDS)
            values[fact.name] = _lab_value(fact, found, as_of, bases)
            if timeline == "untreated" and found.value:
                notes += _conversions(fact, found, reader)
            if found.conflict:
                notes.append((_CONFLICT, _conflict_sentence(reader.ruleset.analytes[analyte].label, found)))


def _stated_of(fact: Fact, reader: Reader, stated: dict[str, list[Stated]]) -> list[Stated]:
    return [item for name in spoken(reader.named[fact.name][""], stated) for item in stated[name]]


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
    return labs + derived_labs(
        labs, record.age, sex, reader.ruleset.analytes, combined, reader.newest_derived
    )


def _readings(labs: Sequence[Lab], reader: Reader, notes: list[tuple[str, str]]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    undated = False
    for lab in labs:
        if lab.problem == "cancelled":
            continue
        one = reading(lab)
        if one is None:
            notes.append((_LATER, f"{lab.where} is dated after the day of decision and was set aside."))
        else:
            found.setdefault(lab.analyte, []).append(one)
            undated |= not one.dated
    if undated:
        notes += (note for held in found.values() for note in _left_out(held, reader))
    return found


def _left_out(readings: Sequence[Reading], reader: Reader) -> Iterator[tuple[str, str]]:
    """An undated result serves only where no other of the test has a day; that it was passed over is told, unless it repeats one."""
    dated = {one.lab.text for one in readings if one.dated and usable(one.lab)}
    analyte = reader.ruleset.analytes.get(readings[0].lab.analyte)
    if not dated or analyte is None or not analyte.used:
        return
    for one in readings:
        if not one.dated and not one.lab.derived and usable(one.lab) and one.lab.text not in dated:
            where, label = one.lab.where, analyte.label
            said = f"{label}: the result of {where} has no date and was left out, since others of this test have one."
            yield _UNDATED, said


def _lab_value(fact: Fact, found: Answer, as_of: dt.date | None, bases: dict[int, Basis]) -> FactValue:
    """``bases``: those of the results so far, by the address of the result; several facts rest on the same one."""
    value = found.value
    index = value if isinstance(value, int) else fact.values.index(value)
    basis = []
    for lab in found.labs:
        known = bases.get(id(lab))
        if known is None:
            known = bases[id(lab)] = basis_of(lab, lab.when, as_of)
        basis.append(known)
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
        return _value(fact, "on", basis_of_events(ongoing, as_of))
    if given.courses:
        return _value(fact, "stopped", basis_of_events([course.event for course in given.courses], as_of))
    denied, note = _denied(fact, reader, items, record)
    return _value(fact, "never", basis_of_events(denied, as_of), note) if denied is not None else None


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
    denials = [
        item.event
        for item in items
        if not item.event.affirmed and not item.event.family and item.phase != "planned"
    ]
    names = {event.concept for event in denials}
    if names & reader.routeless:
        return denials, ""
    # Where no way of giving it is left, the product without a way is denied too.
    wanted = [name for name in fact.of if name in reader.kinds and name not in reader.routeless]
    silent = [name for name in wanted if name not in names]
    if not wanted or not all(is_complete(name, fact, reader, record.complete) for name in silent):
        return None, ""
    return denials, ABSENT if silent else ""


def _sample(fact: Fact, reader: Reader, by_analyte: dict[str, list[Reading]]) -> Reading | None:
    """The newest reading of the analytes that the fact names, else of the first that is read untreated."""
    for analyte in fact.samples or reader.untreated:
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
    lab = basis_of(sample.lab, sample.lab.when, as_of)
    if not given.courses:
        if given.said:
            return _value(fact, "after_dose" if given.said == SAMPLE_AFTER else "undosed", (lab,), _IN_WORDS)
        denied, note = _denied(fact, reader, items, record)
        if denied is None:
            return None
        return _value(fact, "undosed", (lab, *basis_of_events(denied, as_of)), note)
    basis = (lab, *basis_of_events([course.event for course in given.courses], as_of))
    found = [timing(sample, course, given.washout, given.said) for course in given.courses]
    note = _IN_WORDS if given.said else ""
    if "after" in found:
        return _value(fact, "after_dose", basis, note)
    if all(one in ("before", "washed_out") for one in found):
        return _value(fact, "washed_out" if "washed_out" in found else "undosed", basis, note)
    if "same_day" in found:
        return _value(fact, "", basis, "a dose and the sample are of the same day")
    return _value(fact, "", basis, "the time from dose to sample is not known")
