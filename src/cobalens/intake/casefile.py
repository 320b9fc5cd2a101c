"""A case file, or the same as plain values, to a record. Every key is known or reported; nothing is dropped in silence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cobalens import errors
from cobalens.intake import dates
from cobalens.intake.allergies import TO, to_what
from cobalens.intake.coding import code_index
from cobalens.intake.deaths import death_of_case
from cobalens.intake.entries import (
    Found,
    Prepared,
    Times,
    Tools,
    nothing_yet,
    read_list,
    read_text,
    span_from,
    unknown_keys,
)
from cobalens.intake.laboratory.labs import read_lab
from cobalens.intake.laboratory.scales import scale_notes
from cobalens.intake.laboratory.signs import sign
from cobalens.intake.laboratory.testnames import TestNames, index_for
from cobalens.intake.manner import in_its_order, with_own_range
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.series import merge
from cobalens.intake.prose.sexranges import by_sex
from cobalens.intake.source import read_source
from cobalens.intake.words.ages import age_of_birth, who_is
from cobalens.intake.words.perspective import Perspective, perspective
from cobalens.model.record import Event, Lab, Note, Record, Unread
from cobalens.model.ruleset import Ruleset

MAX_LIST = 5_000
OLDEST = 130

FIELDS = {
    "symptoms": "symptoms", "conditions": "conditions", "medications": "medications", "supplements": "supplements",
    "procedures": "procedures", "diet": "diet", "note": "note", "goal": "goal", "function": "function",
    "ethnicity": "ethnicity", "imaging": "imaging", "biopsies": "biopsies", "examination": "examination",
    "allergies": "conditions", "exposures": "conditions", "family_history": "conditions", "planned_treatment": "medications",
}  # fmt: skip
"""Key of a case file -> the field that the phrase reader is told."""
ALIASES = {
    "diagnoses": "conditions", "history": "conditions", "past_medical_history": "conditions", "problems": "conditions",
    "drugs": "medications", "medicines": "medications", "treatments": "medications", "operations": "procedures",
    "surgery": "procedures", "notes": "note", "text": "note", "goals": "goal", "biopsy": "biopsies",
    "signs": "examination", "findings": "examination", "planned": "planned_treatment",
    "planned_treatments": "planned_treatment", "results": "labs", "lab_results": "labs", "social_history": "exposures",
    "habits": "exposures", "adherence": "note",
}  # fmt: skip
_OWN = ("medications", "supplements", "conditions", "procedures", "biopsies", "imaging")
"""Lists of the patient's own: a relative in them is never the patient."""
_IN_PATIENT = frozenset({"ethnicity", "goal", "function", "diet"})
_PATIENT_KEYS = _IN_PATIENT | set("age sex gender pregnant breastfeeding birth_date dob died".split())
_NOT_READ = frozenset(
    {"id", "name", "identifier", "title", "origin", "scenarios", "expected", "comment", "version", "$schema"}
)
"""Known and left alone: names and numbers of people, and what a worked case says about itself."""
LISTS = {
    "medications": "drug", "drugs": "drug", "supplements": "supplement", "conditions": "condition",
    "diagnoses": "condition", "symptoms": "symptom", "procedures": "procedure", "operations": "procedure",
    "diet": "diet", "exposures": "exposure", "findings": "finding", "examination": "finding", "function": "function",
    "allergies": "allergy", "goal": "goal",
}  # fmt: skip
"""What a list of a record may be called -> the kind of concept on it."""
_YES, _NO = frozenset({"yes", "true", "y", "1"}), frozenset({"no", "false", "n", "0"})
_OPEN = frozenset(
    ["", "maybe", "perhaps", "possible", "possibly", "could be", "might be", "probable", "probably", "likely", "suspected",
     "unsure", "not sure", "uncertain", "don't know", "dont know", "query", "awaiting test", "test pending", "trying"]
)  # fmt: skip
"""Neither a yes nor a no."""
_SEX = {
    **dict.fromkeys(("female", "f", "woman", "girl", "w"), "female"),
    **dict.fromkeys(("male", "m", "man", "boy"), "male"),
}
_UNSTATED = frozenset({"", "unknown", "not stated", "not given", "n/a", "na", "none", "null"})
_AGE = pattern(r"(?:aged? )?(\d{1,4}(?:\.\d+)?)(?: ?-?(?:years?|yrs?|y|yo|y/o)(?:[ -]?old)?)?")
_AGE_SHORT = pattern(r"(\d{1,3})(?: ?-?(months?|mths?|mo|weeks?|wks?|days?))(?:[ -]?old)?")
_PER_YEAR = {"m": Decimal(12), "w": Decimal("52.18"), "d": Decimal("365.25")}
_DATED = ("date", "start_date", "stop_date", "end_date", "birth_date", "dob")

_tools: dict[int, Tools] = {}


def prepare(ruleset: Ruleset) -> Prepared:
    from cobalens.intake.words.lexicography import (
        compile_lexicon,  # only needed when the knowledge has changed
    )

    index = index_for(ruleset)
    tests = TestNames(index.names, index.loinc, index.by_first, index.strict)
    return Prepared(compile_lexicon(ruleset.concepts, ruleset.lexicon), tests, code_index(ruleset.concepts))


def tools_for(ruleset: Ruleset, kept: Prepared | None = None) -> Tools:
    """The words, names and codes of a ruleset, made ready once; whoever keeps what was prepared hands it in first."""
    found = _tools.get(id(ruleset))
    if found is None or found.ruleset is not ruleset:
        if len(_tools) >= 8:
            _tools.clear()
        made = kept or prepare(ruleset)
        found = _tools[id(ruleset)] = Tools(ruleset, made.lexicon, index_for(ruleset, made.tests), made.codes)
    return found


def read_case(
    source: bytes | str | dict[str, Any],
    ruleset: Ruleset,
    as_of: str | None = None,
    id: str = "case",
    complete: frozenset[str] = frozenset(),
) -> Record:
    """One person's record. ``as_of`` counts only for dated input; ``complete`` names lists declared complete."""
    case = read_source(source)
    tools, found = tools_for(ruleset), nothing_yet()
    patient, facts = _parts(case, found)
    day = _decision_day(case, patient, facts, as_of)
    _declare(complete, "complete", tools, found)
    if day is not None:
        tools = in_its_order(_words_in(facts), _words_in(facts, _DATED), tools, found)
    seen = perspective(_words(facts), tools.lexicon)
    found.patient, found.sex = seen.patient, seen.sex or who_is(_noted(facts))[1]
    age = _patient(patient, facts, tools, found, day)
    for key, value in facts.items():
        name = ALIASES.get(key, key)
        if name == "labs":
            _labs(value, tools, found, day)
        elif name == "declared_complete":
            listed = value if isinstance(value, list) else [value] if value else []
            _declare([str(one) for one in listed], "declared_complete", tools, found)
        elif name in FIELDS:
            _field(name, value, tools, found, day)
    age = _who(facts, seen, age, tools, found)
    age = age_of_birth(_noted(facts), day) if age is None else age
    found.notes += scale_notes(
        (*found.labs, *found.text_labs), _beside(facts), _notes(facts), ruleset, tools.analytes
    )
    return Record(
        id=id if id != "case" else str(case.get("id") or id)[:200],
        as_of=day.isoformat() if day else None,
        age=age,
        died=death_of_case(patient.get("died"), day, found.unread),
        labs=merge(found.labs, found.text_labs),
        events=tuple(dict.fromkeys(found.events)),
        complete=frozenset(found.complete),
        not_understood=tuple(dict.fromkeys(found.unread)),
        notes=tuple(dict.fromkeys(found.notes)),
        understood=tuple(dict.fromkeys(found.understood)),
    )


# --- Shape and dates ----------------------------------------------------------------------------------------------


def _parts(case: dict[str, Any], found: Found) -> tuple[dict[str, Any], dict[str, Any]]:
    """The patient and the facts; facts may also stand beside the patient."""
    if not case:
        raise errors.empty_input("input")
    known = {"patient", "facts", "as_of", "declared_complete", "labs", *FIELDS, *ALIASES}
    if "resourceType" in case or not known & set(case):
        raise errors.not_a_case(
            "input", "a FHIR resource" if "resourceType" in case else "an object without them"
        )
    unknown_keys(case, known | _NOT_READ, "", found)
    patient, facts = case.get("patient"), case.get("facts")
    for key, part in (("patient", patient), ("facts", facts)):
        if part is not None and not isinstance(part, dict):
            raise errors.wrong_shape(key, "an object", _shape(part))
    inner = dict(facts or {})
    unknown_keys(inner, known - {"patient", "facts", "as_of"} | _NOT_READ, "facts", found)
    merged = {key: value for key, value in case.items() if key not in ("patient", "facts", "as_of")} | inner
    for key, value in merged.items():
        if isinstance(value, list) and len(value) > MAX_LIST:
            raise errors.too_many_entries(key, len(value), MAX_LIST)
    return dict(patient or {}), merged


def _shape(value: Any) -> str:
    return {list: "a list", dict: "an object", str: "text", bool: "yes or no"}.get(type(value), "a number")


def _decision_day(
    case: dict[str, Any], patient: dict[str, Any], facts: dict[str, Any], as_of: str | None
) -> dt.date | None:
    """Day 0 as a date, when the input is dated; a record in relative days needs none and keeps none."""
    own = case.get("as_of")
    text = as_of or (str(own) if own not in (None, "") else None)
    day = _one_day(text) if text is not None else None
    if own in (None, "") and not _is_dated(patient) and not _is_dated(facts):
        said = _words_in(facts)
        placed = dates.writes_a_day(said) and (day is not None or not _is_relative(facts))
        # As people write them, "3 Feb 2026" or "since 2019", only a day of decision gives them a place.
        named = day is not None and dates.names_any_day(said)
        if not placed and not named:
            return None
    if day is None:
        raise errors.as_of_needed("input")
    return day


def _one_day(text: str) -> dt.date:
    try:
        first, last, _ = dates.parse_date(text)
    except dates.DateError:
        raise errors.date_not_understood("as_of") from None
    if first != last:
        raise errors.date_not_understood("as_of")
    return first


def _is_dated(part: Any) -> bool:
    if isinstance(part, dict):
        return any(
            (key in _DATED and value not in (None, ""))
            or (isinstance(value, (dict, list)) and _is_dated(value))
            for key, value in part.items()
        )
    return isinstance(part, list) and any(_is_dated(item) for item in part if isinstance(item, (dict, list)))


_RELATIVE = ("day", "start_day", "stop_day", "end_day")


def _words_in(part: Any, without: tuple[str, ...] = ()) -> str:
    """All words of a part but those of some fields, in which a day of the calendar may be named: "metformin since 2024-06-30"."""
    texts: list[str] = []
    rest = [part]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, dict):
            rest += [held for key, held in one.items() if key not in without]
        elif isinstance(one, list):
            rest += one
    return "\n".join(texts)


def _is_relative(part: Any) -> bool:
    """Whether some entry counts its days from day 0."""
    rest = [part]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            if any(one[key] not in (None, "") for key in _RELATIVE if key in one):
                return True
            rest += one.values()
        elif isinstance(one, list):
            rest += one
    return False


def _declare(names: Any, where: str, tools: Tools, found: Found) -> None:
    if not names:
        return
    groups = {
        group for concept in tools.ruleset.concepts.values() for group in (concept.kind, *concept.group)
    }
    for name in sorted(names):
        one = LISTS.get(name.strip().lower(), name.strip().lower())
        if one in groups or name in LISTS:
            found.complete.add(one)
        else:
            found.unread.append(Unread(where, name[:60], errors.suggest(name, LISTS)))


# --- The person ---------------------------------------------------------------------------------------------------


def _patient(
    patient: dict[str, Any], facts: dict[str, Any], tools: Tools, found: Found, day: dt.date | None
) -> Decimal | None:
    unknown_keys(patient, _PATIENT_KEYS | _NOT_READ, "patient", found)
    for key in sorted(_IN_PATIENT & set(patient)):
        read_list(f"patient.{key}", patient[key], FIELDS[key], tools, found, day)
    _sex(patient, tools, found)
    for key in ("pregnant", "breastfeeding"):
        _yes_or_no(key, patient.get(key), tools, found, day)
    return _age(patient, found, day)


def sex_in(text: str) -> str | None:
    """``female`` or ``male``, where a word for it stands."""
    return _SEX.get(text.strip().lower())


def _sex(patient: dict[str, Any], tools: Tools, found: Found) -> None:
    for key in ("sex", "gender"):
        raw = patient.get(key)
        if raw is None or str(raw).strip().lower() in _UNSTATED:
            continue
        sex = sex_in(str(raw))
        fact = tools.ruleset.facts.get("sex")
        concept = fact.answers[sex][0] if fact and sex in fact.answers else sex
        if sex is None or concept is None or concept not in tools.ruleset.concepts:
            found.unread.append(Unread(f"patient.{key}", str(raw)[:30], "female or male"))
        else:
            found.events.append(Event(concept=concept, where=f"patient.{key}", text=str(raw)))
        return


def _yes_or_no(key: str, raw: Any, tools: Tools, found: Found, day: dt.date | None) -> None:
    low = str(raw).strip().lower()
    if raw is None or low in _UNSTATED:
        return
    if low.rstrip("?.") in _OPEN and key in tools.ruleset.concepts:
        found.events.append(Event(concept=key, where=f"patient.{key}", text=f"{key}: {low}", doubt=True))
    elif (low in _YES | _NO or low.split()[0] == "no") and key in tools.ruleset.concepts:
        text = f"{key}: {'yes' if low in _YES else 'no'}"
        found.events.append(Event(concept=key, where=f"patient.{key}", text=text, affirmed=low in _YES))
    else:
        found.events += read_text(f"{key}, {low}", f"patient.{key}", "conditions", tools, found, day)


def _age(patient: dict[str, Any], found: Found, day: dt.date | None) -> Decimal | None:
    stated = _stated_age(patient.get("age"), found)
    key = "birth_date" if patient.get("birth_date") not in (None, "") else "dob"
    born = patient.get(key)
    if born in (None, ""):
        return stated
    if day is None:
        raise errors.as_of_needed(f"patient.{key}")
    try:
        first, last = dates.born_between(str(born))
    except dates.DateError:
        raise errors.birth_date_impossible(f"patient.{key}") from None
    if first > day:
        raise errors.birth_date_impossible(f"patient.{key}")
    youngest, oldest = dates.age_on(first, min(last, day), day)
    if oldest > OLDEST:
        raise errors.birth_date_impossible(f"patient.{key}")
    if stated is not None:
        if not youngest <= int(stated) <= oldest:
            raise errors.age_disagrees("patient")
        return stated
    if youngest != oldest:
        found.notes.append(
            Note("data_quality:insufficient_data", f"patient.{key}",
                 "The birth date is not complete; the younger of the ages that it allows is used.")
        )  # fmt: skip
    return Decimal(youngest)


def _stated_age(raw: Any, found: Found) -> Decimal | None:
    if raw is None or (isinstance(raw, str) and raw.strip().lower() in _UNSTATED):
        return None
    text = str(raw).strip().lower()
    if not isinstance(raw, bool) and (match := _AGE.fullmatch(text)):
        age = Decimal(match.group(1))
        if age > OLDEST:
            raise errors.age_impossible("patient.age")
        return age
    if match := _AGE_SHORT.fullmatch(text):
        return (Decimal(match.group(1)) / _PER_YEAR[match.group(2)[0]]).quantize(Decimal("0.01"))
    if isinstance(raw, (int, Decimal)) and not isinstance(raw, bool):
        raise errors.age_impossible("patient.age")
    found.unread.append(Unread("patient.age", "an age that is no number of years", "a number of years"))
    return None


def _words(facts: Mapping[str, Any]) -> list[str]:
    """What was written in words, the notes first: who is spoken of?"""
    names = sorted(facts, key=lambda key: ALIASES.get(key, key) not in ("note", "goal"))
    return [
        one
        for key in names
        if FIELDS.get(ALIASES.get(key, key), _OWN[0]) not in _OWN
        for one in (facts[key] if isinstance(facts[key], list) else [facts[key]])
        if isinstance(one, str) and one.strip()
    ]


def _who(
    facts: Mapping[str, Any], seen: Perspective, age: Decimal | None, tools: Tools, found: Found
) -> Decimal | None:
    """Age and sex out of the notes ("67F", "a 62-year-old woman", "Mum (58)"), where they stand nowhere else."""
    fact = tools.ruleset.facts.get("sex")
    known = {concept for of in fact.answers.values() for concept in of} if fact else set()
    told = any(event.concept in known and not event.family for event in found.events)
    if told and age is not None:
        return age
    written = who_is(_noted(facts))
    sex = seen.sex or written[1]
    if sex and fact and sex in fact.answers and not told:
        found.events.append(Event(concept=fact.answers[sex][0], where="note", text=sex))
    if age is not None:
        return age
    years = next((one for one in (seen.age, written[0], seen.told) if one is not None), None)
    if years is None or years > OLDEST:
        return None
    return Decimal(years)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _noted(facts: Mapping[str, Any]) -> list[str]:
    keys = (key for key in facts if ALIASES.get(key, key) == "note")
    return [text for key in keys for text in _listed(facts[key]) if isinstance(text, str)]


# --- Lists --------------------------------------------------------------------------------------------------------


def _labs(value: Any, tools: Tools, found: Found, day: dt.date | None) -> None:
    if isinstance(value, dict):
        value = [
            {"analyte": k, **v} if isinstance(v, dict) else {"analyte": k, "value": v}
            for k, v in value.items()
        ]
    if value is None:
        return
    if not isinstance(value, list):
        raise errors.wrong_shape("labs", "a list of results", _shape(value))
    for place, entry in enumerate(value):
        where = f"labs[{place}]"
        if isinstance(entry, str):
            # Results as one line of text; words beside them are read as in a note.
            found.events += read_text(entry, where, "note", tools, found, day)
        elif isinstance(entry, dict):
            _lab(entry, where, tools, found, day)
        elif entry is not None:
            found.unread.append(
                Unread(where, "neither a result nor words", "an object with `analyte` and `value`")
            )


def _beside(facts: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each laboratory entry says in words beside its number: its note and its printed range."""
    out: dict[str, list[str]] = {}
    for key, value in facts.items():
        if ALIASES.get(key, key) == "labs" and isinstance(value, list):
            for place, entry in enumerate(value):
                if isinstance(entry, dict):
                    said = [entry.get(part) for part in ("note", "ref_range", "ref_low", "ref_high")]
                    out[f"labs[{place}]"] = [text for text in said if isinstance(text, str)]
    return out


def _notes(facts: Mapping[str, Any]) -> dict[str, str]:
    named = ((key, text) for key in facts if ALIASES.get(key, key) == "note" for text in _listed(facts[key]))
    return {f"{key} {place}": text for place, (key, text) in enumerate(named) if isinstance(text, str)}


def _lab(entry: Mapping[str, Any], where: str, tools: Tools, found: Found, day: dt.date | None) -> None:
    when, time = span_from(entry, ("day",), ("date",), where, day, found)
    if ranges := by_sex(entry.get("ref_range")):
        entry = with_own_range(entry, ranges, where, tools, found)
    lab, notes, unread = read_lab(entry, where, when, tools.analytes)
    found.notes += notes
    found.unread += () if lab is None and sign(entry, where, Times(start=when), tools, found) else unread
    if lab is not None:
        found.labs.append(_timed(lab, time))
    note = entry.get("note")
    if isinstance(note, str) and note.strip():
        found.events += read_text(note, f"{where}.note", "lab_note", tools, found, day, Times(start=when))
    elif note not in (None, ""):
        found.unread.append(Unread(f"{where}.note", "a note that is not text"))


def _timed(lab: Lab, time: str) -> Lab:
    return replace(lab, time=time) if time and not lab.time else lab


def _allergy(event: Event, tools: Tools, found: Found, day: dt.date | None) -> list[Event]:
    """A medicine in the list of allergies, be it a bare name or a code, is none that is taken."""
    concept = tools.ruleset.concepts.get(event.concept)
    if concept is None or concept.kind != "drug":
        return [event]
    unread = len(found.unread)
    read = read_text(" ".join((*TO, concept.label)), event.where, "conditions", tools, found, day)
    del found.unread[unread:]
    return [one for one in read if one.concept != event.concept]


def _field(name: str, value: Any, tools: Tools, found: Found, day: dt.date | None) -> None:
    before = len(found.events)
    value = to_what(value) if name == "allergies" else value
    read_list(name, value, FIELDS[name], tools, found, day)
    if name == "allergies":
        found.events[before:] = [
            one for event in found.events[before:] for one in _allergy(event, tools, found, day)
        ]
    elif name == "family_history":
        found.events[before:] = [replace(event, family=True) for event in found.events[before:]]
    elif name == "planned_treatment":
        found.events[before:] = [
            replace(event, time="planned") if event.affirmed else event for event in found.events[before:]
        ]
