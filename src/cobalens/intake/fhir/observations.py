"""Observation: a laboratory result for `read_lab`, or a finding, habit or answer for the phrase reader."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cobalens.intake import units
from cobalens.intake.entries import Times
from cobalens.intake.fhir.coded import Test, is_molar_code, test_of
from cobalens.intake.fhir.person import SET_ASIDE, UNDERSTOOD, Fate, Person, between, marked, moment, note, read_words, span, statement
from cobalens.intake.fhir.shapes import Json, absent, annotations, bare, codings, first_code, items, number, obj, plain_text, text, words
from cobalens.intake.labs import read_lab
from cobalens.model.record import UNDATED, Event, Span, Unread

VOID = frozenset({"entered-in-error"})
CATEGORIES = {"exam": "examination", "imaging": "imaging", "survey": "symptoms", "social-history": "conditions", "procedure": "procedures"}
"""Category of an Observation -> the field that the phrase reader is told."""
VITAL = "vital-signs"
CODE_AND_UNIT = "data_quality:code_and_unit"
CODE_REJECTED = "data_quality:code_rejected"
MAX_COMPONENTS = 500


def read_observation(resource: Json, where: str, person: Person) -> Fate | None:
    status = text(resource.get("status")).lower()
    test = test_of(resource.get("code"), person.lexis)
    if status in VOID:
        return _void(test, where, person)
    when, time = dated(resource, where, person)
    fate = _one(resource, resource, test, where, when, time, status, person)
    components = items(resource.get("component"))
    for place, part in enumerate(components[:MAX_COMPONENTS]):
        _one(part, resource, test_of(part.get("code"), person.lexis), f"{where} component[{place}]", when, time, status, person)
    for said in annotations(resource):
        person.found.events += read_words(said, f"{where} note", "lab_note", person, Times(start=when))
    if fate is None or fate.fate == SET_ASIDE:
        return fate
    # What its members or notes say counts for the whole; without any, a panel is only a frame.
    if components or items(resource.get("note")):
        return None
    return Fate(UNDERSTOOD, PANEL) if items(resource.get("hasMember")) else fate


PANEL = "a panel; its members are read one by one"
NO_VALUE = "it holds no result"


def _void(test: Test, where: str, person: Person) -> Fate:
    analyte = person.tools.analytes.analytes.get(test.analyte)
    if analyte is not None and analyte.used:
        note(where, f"{_capital(analyte.label)}: the result is marked as entered in error; it is not used.", person)
    return Fate(SET_ASIDE, "entered in error")


def dated(resource: Json, where: str, person: Person) -> tuple[Span, str]:
    """When the sample was taken: effective time, specimen, the report that lists it, the visit, the day of issue."""
    start, end, time = moment(resource, "effective", where, person)
    if start.known or end.known:
        return (between(start, end) if end.known else start), time
    specimen = person.index.find(resource.get("specimen"), resource)
    if collection := obj(specimen.get("collection")):
        start, end, time = moment(collection, "collected", where, person)
        if start.known or end.known:
            return (between(start, end) if end.known else start), time
    if reported := person.reports.get(id(resource)):
        return span(reported, where, person)
    visit = obj(person.index.find(resource.get("encounter"), resource).get("period"))
    if visit:
        begin, end = span(visit.get("start"), where, person)[0], span(visit.get("end"), where, person)[0]
        if begin.known:
            return between(begin, end) if end.known else begin, ""
    return span(resource.get("issued"), where, person)


def _one(
    part: Json, whole: Json, test: Test, where: str, when: Span, time: str, status: str, person: Person
) -> Fate | None:  # fmt: skip
    """One value: the Observation's own, or that of a component."""
    for code in test.rejected:
        person.found.unread.append(Unread(f"{where} code", code, "a code whose check digit holds; its words are read instead"))
    value, unit, sign = _value(part, test, person)
    missing = _missing(part) if value is None else ""
    if test.clash:
        person.found.unread.append(Unread(where, test.name[:80] or test.code, "codes that mean the same test"))
        return Fate(SET_ASIDE, "its codes mean different tests")
    if test.analyte:
        return _lab(part, whole, test, value, unit, sign, missing, where, when, time, status, person)
    if is_vital(whole):
        return Fate(UNDERSTOOD, "a vital sign; no rule reads it")
    if status == "cancelled":
        return Fate(SET_ASIDE, "cancelled")
    if missing and value is None:
        return Fate(SET_ASIDE, f"no value: {missing}"[:80])
    if value is None and not isinstance(part.get("valueBoolean"), bool):
        return Fate(UNDERSTOOD, NO_VALUE) if part is whole else None
    person.found.events += _finding(part, whole, value, unit, where, when, person)
    return None


def _missing(part: Json) -> str:
    """Why there is no value, where the source says so."""
    extended = (part.get(name) for name in ("valueQuantity", "_valueString", "_valueBoolean", "_valueInteger", "_valueDateTime"))
    return first_code(part.get("dataAbsentReason")) or next((why for one in extended if (why := absent(one))), "")


def is_vital(whole: Json) -> bool:
    return any(one.get("code") == VITAL for category in items(whole.get("category")) for one in items(category.get("coding")))


# --- Values -------------------------------------------------------------------------------------------------------

Written = str | int | Decimal
"""A number stays one: only a text can have a separator that might mark thousands."""


def _value(part: Json, test: Test, person: Person) -> tuple[Written | None, str, str]:
    """The value, its unit and its comparator; ``None`` where there is none."""
    if quantity := obj(part.get("valueQuantity")):
        value = _number(quantity.get("value"))
        if value is None:
            return None, "", ""
        beside, unit = _unit(quantity, test, person)
        return f"{value} {beside}" if beside else value, unit, plain_text(quantity.get("comparator"))
    if isinstance(said := part.get("valueString"), str) and said.strip():
        return " ".join(said.split())[:400], "", ""
    for name in ("valueInteger", "valueDecimal"):
        if (value := _number(part.get(name))) is not None:
            return value, "", ""
    if concept := obj(part.get("valueCodeableConcept")):
        return _worded(concept, person) or None, "", ""
    if between_two := obj(part.get("valueRange")):
        low, high = obj(between_two.get("low")), obj(between_two.get("high"))
        ends = number(low.get("value")), number(high.get("value"))
        beside, unit = _unit(low or high, test, person)
        if ends[0] and ends[1]:
            return f"{ends[0]}-{ends[1]} {beside}".strip(), unit, ""
        if ends[0] or ends[1]:
            return f"{ends[0] or ends[1]} {beside}".strip(), unit, ">=" if ends[0] else "<="
    if ratio := obj(part.get("valueRatio")):
        above, below = (number(obj(ratio.get(name)).get("value")) for name in ("numerator", "denominator"))
        if above and below:
            return f"{above}:{below}", "", text(obj(ratio.get("numerator")).get("comparator"))
    return None, "", ""


def _number(value: Any) -> Written | None:
    """A number of JSON, or one in quotation marks as some senders write it."""
    if isinstance(value, Decimal):
        return value if abs(value.adjusted()) < 30 else None
    if isinstance(value, int):
        return None if isinstance(value, bool) or abs(value) >= 10**30 else value
    return (value.strip() or None) if isinstance(value, str) else None


def _worded(concept: Json, person: Person) -> str:
    """An answer in words; a code without words by the list of answers."""
    said = words(concept)
    if said:
        return said
    answers = person.lexis.data.get("answers", {})
    return next((answers[one.code] for one in codings(concept) if one.code in answers), "") or next(
        (one.code for one in codings(concept) if one.code), ""
    )


def _unit(quantity: Json, test: Test, person: Person) -> tuple[str, str]:
    """What is written beside the number, and the unit; two that differ are handed on both, so that neither is picked."""
    shown, code = text(quantity.get("unit"))[:60], text(quantity.get("code"))[:60]
    if not shown or not code or shown == code:
        return "", shown or code
    analyte = person.tools.analytes.analytes.get(test.analyte)
    if analyte is None:
        return "", shown
    accepted, spelt = units.dimensions_of(analyte), person.tools.analytes.words.units
    one, other = units.parse_for(shown, accepted, spelt), units.parse_for(code, accepted, spelt)
    if one and other and (one.dimension, one.scale) != (other.dimension, other.scale):
        return shown, code
    return "", shown if one or not other else code


# --- Results ------------------------------------------------------------------------------------------------------


def _lab(
    part: Json, whole: Json, test: Test, value: Written | None, unit: str, sign: str, missing: str, where: str,
    when: Span, time: str, status: str, person: Person,
) -> Fate | None:  # fmt: skip
    found, index = person.found, person.tools.analytes
    analyte = index.analytes[test.analyte]
    flag = _flag(part, person)
    if isinstance(part.get("valueBoolean"), bool):
        value = "positive" if part["valueBoolean"] else "negative"
    if value is None and not flag and status != "cancelled":
        if items(whole.get("hasMember")) or (part is whole and items(whole.get("component"))):
            return Fate(UNDERSTOOD, PANEL)
        if analyte.used:
            why = f" ({missing})" if missing else ""
            note(where, f"{_capital(analyte.label)}: the source gives no result{why[:60]}.", person)
        return Fate(SET_ASIDE, f"no result: {missing}"[:80] if missing else "no result")
    entry: dict[str, Any] = {"value": value, "unit": unit, "comparator": sign or None, "flag": flag or None, "status": status}
    entry |= {"loinc": test.code, "name": test.name} if test.code else {"name": test.name}
    entry |= _range(part, unit, analyte, person, where)
    if method := words(whole.get("method")):
        entry["method"] = method
    if specimen := _specimen(whole, person):
        entry["specimen"] = specimen
    notes = len(found.notes)
    lab, said, unread = read_lab(entry, where, when, index)
    found.notes += said
    found.unread += unread
    if lab is None:
        return None
    if time and not lab.time:
        lab = replace(lab, time=time)
    same = (lab.analyte, lab.lo, lab.hi, lab.unit, lab.qualitative, lab.when, lab.time, lab.problem)
    if same in person.seen:
        del found.notes[notes:]
        return Fate(SET_ASIDE, "the same result was met before")
    person.seen.add(same)
    found.labs.append(lab)
    _code_and_unit(test, part, lab.unit, lab.problem, where, person)
    if lab.problem is not None:
        return Fate(SET_ASIDE, said[0].message if said else lab.problem)
    return None if analyte.used else Fate(UNDERSTOOD, "no rule reads this test")


def _code_and_unit(test: Test, part: Json, unit: str | None, problem: str | None, where: str, person: Person) -> None:
    """A code for a mass and a unit of amount, or the other way round: the unit is what was reported."""
    if not test.code or unit is None or problem is not None:
        return
    display = next((one.display for one in codings(part.get("code")) if one.code == test.code), "")
    molar = is_molar_code(test.code, display, person.lexis)
    read = units.parse(unit)
    analyte = person.tools.analytes.analytes[test.analyte]
    if molar is None or read is None or analyte.molar_mass is None or read.dimension not in (units.MASS, units.MOLAR):
        return
    if molar != (read.dimension == units.MOLAR) and analyte.used:
        kinds = ("a mass", "an amount in moles")
        note(where, f"{_capital(analyte.label)}: its code stands for {kinds[molar]}, its unit ({unit}) for {kinds[not molar]}; "
                    "the unit that was reported is read.", person, CODE_AND_UNIT)  # fmt: skip


def _flag(part: Json, person: Person) -> str:
    """The laboratory's flag: the first that says low, normal or high, else the first."""
    flags = person.tools.analytes.words.flags
    given = [one for concept in items(part.get("interpretation")) for one in [*(c.code for c in codings(concept)), words(concept)] if one]
    low = [one.lower() for one in given]
    return next((one for one in low if one in flags), next((one for one in low if one in person.tools.analytes.words.qualitative), ""))


def _range(part: Json, unit: str, analyte: Any, person: Person, where: str) -> Json:
    """The normal range printed for this person; none where several could be meant."""
    ranges = [one for one in items(part.get("referenceRange")) if _is_normal(one) and _fits(one, person)]
    if len(ranges) != 1:
        if len(ranges) > 1:
            person.found.unread.append(Unread(f"{where} referenceRange", "several reference ranges", "the one that applies"))
        return {}
    one = ranges[0]
    made: Json = {}
    accepted, spelt = units.dimensions_of(analyte), person.tools.analytes.words.units
    mine = units.parse_for(unit, accepted, spelt) if unit else None
    for key, end in (("ref_low", obj(one.get("low"))), ("ref_high", obj(one.get("high")))):
        value = number(end.get("value"))
        if not value:
            continue
        other = text(end.get("unit")) or text(end.get("code"))
        read = units.parse_for(other, accepted, spelt) if other else None
        if read and mine and (read.dimension, read.scale) != (mine.dimension, mine.scale):
            person.found.unread.append(Unread(f"{where} referenceRange", "a range in another unit than its result", unit))
            return {}
        made[key] = value
    if not made and (said := text(one.get("text"))) and any(sign.isdigit() for sign in said):
        made["ref_range"] = said[:80]
    return made


def _is_normal(one: Json) -> bool:
    kind = first_code(one.get("type"))
    return kind in ("", "normal", "recommended", "reference")


def _fits(one: Json, person: Person) -> bool:
    said = " ".join(words(concept).lower() for concept in items(one.get("appliesTo")))
    if person.sex and ("male" in said.split() or "female" in said.split()) and person.sex not in said.split():
        return False
    span_of_life = obj(one.get("age"))
    if person.age is None or not span_of_life:
        return True
    low, high = (number(obj(span_of_life.get(name)).get("value")) for name in ("low", "high"))
    years = all(text(obj(span_of_life.get(name)).get("unit")).lower() in ("", "a", "y", "yr", "year", "years") for name in ("low", "high"))
    try:
        return not years or (not low or float(low) <= float(person.age)) and (not high or float(person.age) <= float(high))
    except ValueError:
        return True


def _specimen(whole: Json, person: Person) -> str:
    given = obj(whole.get("specimen"))
    kind = person.index.find(given, whole).get("type")
    return words(kind) or text(given.get("display"))


# --- Findings -----------------------------------------------------------------------------------------------------


def _finding(part: Json, whole: Json, value: Written | None, unit: str, where: str, when: Span, person: Person) -> list[Event]:
    """A sign, a habit, an answer: the value in the light of what was asked. What is not understood is named once."""
    kinds = [one.code for c in items(whole.get("category")) for one in codings(c)]
    field = next((CATEGORIES[kind] for kind in kinds if kind in CATEGORIES), "note")
    of_laboratory, of_life = "laboratory" in kinds, bool({"survey", "social-history"} & set(kinds))
    times = Times(start=when) if field != "symptoms" else Times(start=Span(None, when.last) if when.known else UNDATED)
    unread = person.found.unread
    begin = len(unread)
    yes = part.get("valueBoolean")
    measured = bool(part.get("valueQuantity")) or part.get("valueInteger") is not None
    if isinstance(yes, bool):
        value = "yes" if yes else "no"
    assert value is not None
    value = str(value)
    asked, concept = part.get("code"), obj(part.get("valueCodeableConcept"))
    if measured:
        matter = stripped(words(asked), person.lexis.data)
        events = [] if of_laboratory or is_measure(asked) else beside(matter, f"{value} {unit}".strip(), where, field, person, times)
    elif is_measure(asked):
        events = said_alone(asked, value, concept, where, field, person, times)
    else:
        events = answered(asked, value, concept, where, field, person, times)
    if of_laboratory:
        signs = ("finding", "symptom")
        events = [event for event in events if person.tools.lexicon.kinds.get(event.concept) in signs or event.where != where]
    missed = measured or is_measure(asked) or len(unread) > begin
    del unread[begin:]
    if missed and not events and not of_life:
        unread.append(Unread(where, (words(asked) or next((f"{c.system} {c.code}" for c in codings(asked)), ""))[:120]))
    elif not events and of_life:
        person.found.understood.append("an answer about how the person lives")
    return events


MEASURE = ("[", " specimen", " in tissue", "receptor", " by immune", " titer", " titre")
"""What the name of a test holds, and the name of a sign does not: neither its "positive" nor its "negative" is a statement."""
LONG = 10
"""Words of a question that is more than the name of one matter."""


def is_measure(asked: Any) -> bool:
    names = [text(obj(asked).get("text")), *(one.display for one in codings(asked))]
    return any(sign in name.lower() for name in names for sign in MEASURE)


def answered(asked: Any, value: str, concept: Json, where: str, field: str, person: Person, times: Times) -> list[Event]:
    """What an answer says once its question is known: yes and no speak of the question, other words of themselves."""
    data = person.lexis.data
    polarity = data.get("polarity", {})
    low = value.lower().strip(" .!")
    matter = stripped(words(asked), data)
    if low in polarity.get("unsaid", ()):
        return []
    if low in polarity.get("findings", ()) and matter:
        changed = beside(matter, low, where, field, person, times, by="")
        if changed or low in ("normal", "abnormal"):
            return changed
    if low in polarity.get("yes", ()) or low in polarity.get("no", ()):
        if len(matter.split()) > LONG:
            return []
        if low in polarity.get("no", ()):
            return denied(asked, matter, where, field, person, times)
        return statement({"text": matter, "coding": obj(asked).get("coding")}, where, field, person, times)
    return said_alone(asked, value, concept, where, field, person, times) or (
        beside(matter, value, where, field, person, times) if matter and len(matter.split()) <= LONG else []
    )


def said_alone(asked: Any, value: str, concept: Json, where: str, field: str, person: Person, times: Times) -> list[Event]:
    """The answer's own words, with the word before them that its question stands for."""
    prefix = next((p for one in codings(asked) if (p := person.lexis.data.get("prefix", {}).get(one.code))), "")
    if prefix:
        return read_words(value if prefix in value.lower() else f"{prefix} {value}", where, field, person, times)
    return statement(concept, where, field, person, times) if concept else read_words(value, where, field, person, times)


def beside(matter: str, value: str, where: str, field: str, person: Person, times: Times, by: str = ":") -> list[Event]:
    """What question and answer say together, without what the question says alone."""
    alone = {(event.concept, event.affirmed) for event in read_words(matter, where, field, person, times)}
    together = read_words(f"{matter}{by} {value}", where, field, person, times)
    return [event for event in together if (event.concept, event.affirmed) not in alone]


def denied(asked: Any, matter: str, where: str, field: str, person: Person, times: Times) -> list[Event]:
    """A "no": what the question is about is denied, by its words and by its codes."""
    events = read_words(f"no {matter}", where, field, person, times) if matter else []
    if any(not event.affirmed for event in events):
        return events
    return marked(statement(asked, where, field, person, times), denied=True)


def stripped(question: str, data: Json) -> str:
    """What a question is about: "Do you have numbness?" asks for numbness."""
    said = bare(question).strip(" ?:.")
    low = said.lower()
    for start in data.get("question", {}).get("starts", ()):
        if low.startswith(f"{start} "):
            rest = said[len(start) :].strip(" :")
            return stripped(rest, data) if rest else said
    return said


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]
