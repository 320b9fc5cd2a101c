"""What stands around the results: the person, diagnoses, drugs, procedures, allergies, and the words of the order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from cobalens.intake.draft import LONGEST_TEXT, SET_ASIDE, UNDERSTOOD, USED, Draft, close, note, put
from cobalens.intake.hl7v2.rows import Reading, codings, terminology, triples
from cobalens.intake.hl7v2.syntax import Segment, components, repeats, text, whole
from cobalens.intake.laboratory.reportwords import GENERAL_REMARK, clinical, coded_entry, of_this_person
from cobalens.intake.stamps import Stamp, stamp

OLDEST = 130
_SEX = {"F": "female", "M": "male", "FEMALE": "female", "MALE": "male"}
_ROUTES = {
    "PO": "oral", "IM": "intramuscular", "SC": "subcutaneous", "SQ": "subcutaneous", "IV": "intravenous",
    "SL": "sublingual", "NS": "nasal", "IN": "nasal", "IH": "inhaled", "PR": "rectal", "TD": "transdermal", "TP": "topical",
}  # fmt: skip
_STOPPED = frozenset({"DC", "CA", "OC", "CR", "DR", "OD", "CM"})
_CANCELLED = frozenset({"CA", "OC", "CR", "UC"})
_HELD = frozenset({"HD", "OH", "HR"})
_NO_ALLERGY = ("no known", "none", "nka", "nkda", "no allerg")
_NOTHING_KNOWN = ("no known", "no problems", "none known", "nil known")


def person(segment: Segment, number: int, draft: Draft, day: dt.date) -> None:
    """PID: sex, birth date, race, death. Names and addresses are not read."""
    draft.patient_part = number
    sex = text(segment, 8).upper()
    if sex in _SEX:
        draft.patient["sex"] = _SEX[sex]
    born = stamp(text(segment, 7))
    if born.date:
        year = int(born.date[:4])
        if _is_possible(born, day) and day.year - year <= OLDEST:
            draft.patient["birth_date"] = born.date
        else:
            note(
                draft,
                number,
                "The birth date lies after the day of decision or too long ago; the age is not known.",
            )
    elif segment.raw(7).strip('" '):
        note(draft, number, "The birth date is not a date; the age is not known.")
    died, said = stamp(text(segment, 29)).date, text(segment, 30).upper()
    if died or said == "Y":
        note(draft, number, "The record says that this person has died.")
        draft.deaths.add(died)
    race = [words for raw in repeats(segment, 10) for words in [_words(raw, segment)] if words]
    if race:
        draft.patient["ethnicity"] = race
    close(draft, number, USED if draft.patient else UNDERSTOOD)


def _is_possible(born: Stamp, day: dt.date) -> bool:
    return born.date <= day.isoformat()[: len(born.date)]


def _words(raw: str, segment: Segment) -> str:
    parts = whole(raw, segment.marks).split(segment.marks.component)
    return parts[1] if len(parts) > 1 and parts[1] else parts[0]


# --- Diagnoses, procedures, allergies -----------------------------------------------------------------------------


def diagnosis(segment: Segment, number: int, reading: Reading) -> None:
    if text(segment, 21).upper() == "D":
        close(reading.draft, number, SET_ASIDE, "deleted by the sender")
        return
    entry = _coded(segment, 3, reading, text(segment, 2), extra=text(segment, 4))
    if _told_empty(entry, "conditions", number, reading):
        return
    if when := stamp(text(segment, 5), reading.zone).date:
        entry["date"] = when
    if text(segment, 6).upper() == "W":
        # A working diagnosis is what an order is asked to settle.
        entry["status"] = "provisional"
    put(reading.draft, "conditions", entry, number, quiet="code" in entry)


def problem(segment: Segment, number: int, reading: Reading) -> None:
    """PRB of a problem list."""
    if text(segment, 1).upper() in ("DE", "D"):
        close(reading.draft, number, SET_ASIDE, "deleted by the sender")
        return
    entry = _coded(segment, 3, reading)
    if _told_empty(entry, "conditions", number, reading):
        return
    if start := stamp(text(segment, 7) or text(segment, 2), reading.zone).date:
        entry["start_date"] = start
    if stop := stamp(text(segment, 9), reading.zone).date:
        entry["stop_date"] = stop
    put(reading.draft, "conditions", entry, number, quiet="code" in entry)


def procedure(segment: Segment, number: int, reading: Reading) -> None:
    entry = _coded(segment, 3, reading, text(segment, 2), extra=text(segment, 4))
    if _told_empty(entry, "procedures", number, reading):
        return
    if when := stamp(text(segment, 5), reading.zone).date:
        entry["date"] = when
    put(reading.draft, "procedures", entry, number, quiet="code" in entry)


def allergy(segment: Segment, number: int, reading: Reading) -> None:
    given = codings(segment, 3)
    words = next((words for _, words, _ in given if words), "") or next(
        (code for code, _, _ in given if code), ""
    )
    if segment.name == "IAM" and text(segment, 6).upper() == "D":
        close(reading.draft, number, SET_ASIDE, "deleted by the sender")
    elif not words or words.lower().startswith(_NO_ALLERGY):
        close(reading.draft, number, UNDERSTOOD)
    else:
        put(reading.draft, "conditions", f"allergic to {words}", number)


def _coded(
    segment: Segment, field: int, reading: Reading, system: str = "", extra: str = ""
) -> dict[str, Any]:
    """The first code that is known here, with the words."""
    given = codings(segment, field)
    words = next((words for _, words, _ in given if words), "") or extra
    fallback = terminology(system)
    for code, _, named in given:
        if code and (named or fallback) in ("snomed", "icd10"):
            return coded_entry(code, named or fallback, words)
    code = next((code for code, _, _ in given if code), "")
    return {"name": words} if words else coded_entry(code, "", "")


def _told_empty(entry: dict[str, Any], section: str, number: int, reading: Reading) -> bool:
    """ "No known problems", or nothing at all."""
    words = str(entry.get("name") or "").lower()
    if words.startswith(_NOTHING_KNOWN):
        put(reading.draft, section, "none", number)
        return True
    if not words and not entry.get("code"):
        close(reading.draft, number, UNDERSTOOD, "empty")
        return True
    return False


# --- Drugs --------------------------------------------------------------------------------------------------------


_DRUG_FIELDS = {
    "RXE": (2, 3, 5, 0, 0), "RXO": (1, 2, 4, 0, 0), "RXA": (5, 6, 7, 3, 4), "RXD": (2, 4, 5, 3, 0), "RXG": (4, 5, 7, 0, 0),
}  # fmt: skip
"""Fields of the segments that name a drug: code, amount, units, start, stop."""


def drug(
    segment: Segment, number: int, reading: Reading, order: Segment | None, beside: list[Segment]
) -> dict[str, Any] | None:
    """A drug ordered, encoded, dispensed or given: its entry. ``order``: its ORC; ``beside``: its RXR and TQ1."""
    code, amount, units, start, stop = _DRUG_FIELDS[segment.name]
    given = codings(segment, code)
    words = next((words for _, words, _ in given if words), "") or next(
        (one for one, _, _ in given if one), ""
    )
    control = text(order, 1).upper() if order else ""
    state = text(order, 5).upper() if order else ""
    if segment.name == "RXA":
        done = text(segment, 20).upper()
        if done in ("RE", "NA") or text(segment, 21).upper() == "D":
            close(
                reading.draft,
                number,
                SET_ASIDE,
                "refused or not given" if done in ("RE", "NA") else "deleted",
            )
            return None
    if control in _CANCELLED or (state == "CA" and control != "DC"):
        close(reading.draft, number, SET_ASIDE, "a cancelled order")
        return None
    if not words:
        close(reading.draft, number, UNDERSTOOD, "empty")
        return None
    entry: dict[str, Any] = {"name": words}
    for one, _, system in given:
        if one and system in ("rxnorm", "atc", "snomed"):
            entry["code"], entry["system"] = one, system
            break
    dose = " ".join(one for one in (text(segment, amount), _unit(segment, units)) if one)
    if dose:
        entry["dose"] = dose
    _times(entry, segment, start, stop, beside, reading, text(order, 7, 2) if order else "")
    for other in beside:
        if other.name == "RXR" and (route := _route(other)):
            entry.setdefault("route", route)
    if control in _STOPPED or state in _STOPPED or control in _HELD or state == "HD":
        entry["status"] = "stopped"
    if segment.name == "RXA" and entry.get("start_date") and not entry.get("stop_date"):
        # A dose given once is over; the timelines know how long each drug still counts.
        entry["stop_date"] = entry["start_date"]
    return entry if put(reading.draft, "medications", entry, number, quiet="code" in entry) else None


def _times(
    entry: dict[str, Any],
    segment: Segment,
    start: int,
    stop: int,
    beside: list[Segment],
    reading: Reading,
    repeat: str,
) -> None:
    begins = text(segment, start) if start else ""
    ends = text(segment, stop) if stop else ""
    frequency = repeat
    if segment.name == "RXE":
        frequency = frequency or text(segment, 1, 2).replace("&", " ")
        begins, ends = begins or text(segment, 1, 4), ends or text(segment, 1, 5)
    for other in beside:
        if other.name == "TQ1":
            begins, ends = begins or text(other, 7), ends or text(other, 8)
            frequency = frequency or text(other, 3).replace("&", " ").strip()
    if when := stamp(begins, reading.zone).date:
        entry["start_date"] = when
    if until := stamp(ends, reading.zone).date:
        entry["stop_date"] = until
    if frequency:
        entry["frequency"] = frequency


def _unit(segment: Segment, number: int) -> str:
    given = codings(segment, number)
    return next((code or words for code, words, _ in given), "")


def _route(segment: Segment) -> str:
    given = codings(segment, 1)
    code = next((code for code, _, _ in given if code), "")
    words = next((words for _, words, _ in given if words), "")
    return _ROUTES.get(code.upper(), words.lower() or code.lower())


# --- Words of the order -------------------------------------------------------------------------------------------


def order_words(segment: Segment, number: int, reading: Reading) -> None:
    """OBR-13 (clinical information) and OBR-31 (reason for the study)."""
    said = whole(segment.raw(13), segment.marks)
    if said and said != '""':
        put(reading.draft, "note", said, number)
    for raw in repeats(segment, 31):
        for code, words, system in triples(components(raw, segment.marks))[:1]:
            if words or system in ("icd10", "snomed"):
                put(reading.draft, "conditions", coded_entry(code, system, words or code), number)


def visit(segment: Segment, number: int, reading: Reading) -> None:
    """PV2-3: the reason of the admission."""
    for code, words, system in codings(segment, 3)[:1]:
        if words:
            put(reading.draft, "conditions", coded_entry(code, system, words), number)


def remark(words: str, number: int, reading: Reading, of_person: bool) -> None:
    """NTE below the patient, or below an order, where the laboratory may speak of people in general."""
    if len(words) > LONGEST_TEXT:
        close(reading.draft, number, SET_ASIDE, f"longer than {LONGEST_TEXT} characters")
        return
    kept = clinical(words) if of_person else of_this_person(words)
    if kept.strip():
        put(reading.draft, "note", kept, number)
    elif words.strip():
        close(reading.draft, number, SET_ASIDE, GENERAL_REMARK)
    else:
        close(reading.draft, number, UNDERSTOOD, "empty")


READERS: dict[str, Callable[[Segment, int, Reading], None]] = {
    "DG1": diagnosis, "PRB": problem, "PR1": procedure, "AL1": allergy, "IAM": allergy, "PV2": visit,
}  # fmt: skip
