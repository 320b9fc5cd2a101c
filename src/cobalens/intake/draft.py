"""A record from another format as the entries of a case file, with the account of what became of each piece of the input.

A reader of a format says what stands where; how words, codes, units and numbers are read is `casefile`'s work alone, so
that one result means the same in every format.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from cobalens.intake.casefile import ALIASES, read_case
from cobalens.intake.deaths import death_in
from cobalens.intake.entries import Tools
from cobalens.intake.laboratory.intervals import BY_WORD, told_by_word
from cobalens.intake.laboratory.reportwords import Test
from cobalens.intake.laboratory.units import MASS, MOLAR, parse
from cobalens.intake.patterns import pattern
from cobalens.model.record import Element, Note, Record, Unread
from cobalens.model.ruleset import Ruleset

USED, UNDERSTOOD, NOT_UNDERSTOOD, SET_ASIDE = "used", "understood", "not_understood", "set_aside"
CODE_AND_UNIT = "data_quality:code_and_unit"
LONGEST_TEXT = 50_000
MOST_ENTRIES = 4_900
"""Of one list of one person: results, diagnoses, drugs …"""
ELEMENT_TEXT = 160

_PLACE = pattern(r"([a-z_]+\[\d+\])(\.note)?(.*)", re.DOTALL)


class Part(Struct):
    """One piece of the input and what is known so far of its fate."""

    where: str
    text: str
    fate: str = ""
    reason: str = ""
    like: int | None = None
    """The part with which it was read as one."""


class Draft(Struct):
    """What has been taken out of one person's data so far."""

    patient: dict[str, Any] = field(default_factory=dict)
    patient_part: int | None = None
    sections: dict[str, list[Any]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    """Place in the case file (``labs[3]``) -> number of the part that it came from."""
    parts: list[Part] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    deaths: set[str] = field(default_factory=set)
    """Days of this person's death as they are said; an empty text where only the death is said."""
    quiet: set[str] = field(default_factory=set)
    """Places whose words are no loss when they are not understood, because a code beside them was."""


def part(draft: Draft, where: str, text: str, fate: str = "", reason: str = "") -> int:
    """Opens the account of one piece of the input; its number."""
    draft.parts.append(Part(where, " ".join(text.split())[:ELEMENT_TEXT], fate, reason))
    return len(draft.parts) - 1


def close(draft: Draft, number: int, fate: str, reason: str = "") -> None:
    """Settles a fate that does not depend on how words are read; the first word holds."""
    one = draft.parts[number]
    if not one.fate:
        one.fate, one.reason = fate, reason


def join(draft: Draft, number: int, other: int) -> None:
    """One line of a text shares the fate of the text."""
    if not draft.parts[number].fate and number != other:
        draft.parts[number].like = other


def not_understood(draft: Draft, number: int, text: str, suggestion: str | None = None) -> None:
    draft.unread.append(Unread(draft.parts[number].where, text[:300], suggestion))
    close(draft, number, NOT_UNDERSTOOD, suggestion or "")


def note(draft: Draft, number: int, message: str, code: str = "data_quality:insufficient_data") -> None:
    draft.notes.append(Note(code, draft.parts[number].where, message))


def put(draft: Draft, section: str, entry: Any, number: int, quiet: bool = False) -> str:
    """Adds an entry to a list of the case file; its place there. Too long or too many is said, not cut."""
    section = ALIASES.get(section, section)
    held = draft.sections.setdefault(section, [])
    if _length(entry) > LONGEST_TEXT:
        close(draft, number, SET_ASIDE, f"longer than {LONGEST_TEXT} characters")
        return ""
    if len(held) >= MOST_ENTRIES:
        close(draft, number, SET_ASIDE, f"more than {MOST_ENTRIES} entries of this kind")
        return ""
    place = f"{section}[{len(held)}]"
    held.append(entry)
    draft.places[place] = number
    if quiet:
        draft.quiet.add(place)
    return place


def _length(entry: Any) -> int:
    if isinstance(entry, dict):
        return max((len(value) for value in entry.values() if isinstance(value, str)), default=0)
    return len(entry) if isinstance(entry, str) else 0


# --- To a record --------------------------------------------------------------------------------------------------


def finish(
    draft: Draft,
    ruleset: Ruleset,
    as_of: str,
    id: str,
    complete: frozenset[str] = frozenset(),
    always_dated: bool = True,
    beside_dated: bool = False,
) -> Record:
    """The record, with every place named as the source names it and every piece accounted for.

    ``always_dated``: the format has days of its own, so that day 0 is a date even where nothing else is dated.
    ``beside_dated``: results with days are added later, so that what has none is read as in a dated record.
    """
    case: dict[str, Any] = {"patient": draft.patient, "facts": dict(draft.sections)}
    if beside_dated:
        case["as_of"] = as_of
    record = read_case(case, ruleset, as_of, id, complete)
    named = {place: draft.parts[number].where for place, number in draft.places.items()}
    if draft.patient_part is not None:
        named["patient"] = draft.parts[draft.patient_part].where
    unread = [one for one in record.not_understood if not _is_quiet(one.where, draft)]
    elements = _elements(draft, record, unread, ruleset)
    return replace(
        record,
        as_of=record.as_of or (as_of if always_dated else None),
        labs=tuple(replace(lab, where=_source(lab.where, named)) for lab in record.labs),
        events=tuple(replace(event, where=_source(event.where, named)) for event in record.events),
        not_understood=(
            *draft.unread,
            *(Unread(_source(one.where, named), one.text, one.suggestion) for one in unread),
        ),
        notes=(
            *draft.notes,
            *(Note(one.code, _source(one.where, named), one.message) for one in record.notes),
        ),
        elements=elements,
        died=death_in(draft.deaths, as_of) or record.died,
    )


def _is_quiet(where: str, draft: Draft) -> bool:
    if where.startswith("patient.ethnicity"):
        return True
    match = _PLACE.match(where)
    return match is not None and match[1] in draft.quiet


def _source(where: str, named: dict[str, str]) -> str:
    if where.startswith("patient") and "patient" in named:
        return named["patient"]
    match = _PLACE.match(where)
    if not match:
        return where
    if match[2] and (whole := named.get(match[1] + match[2])):
        return whole + match[3]
    own = named.get(match[1])
    return f"{own}{match[2] or ''}{match[3]}" if own else where


def _elements(draft: Draft, record: Record, unread: list[Unread], ruleset: Ruleset) -> tuple[Element, ...]:
    marks: dict[int, dict[str, str]] = {}

    def mark(where: str, fate: str, reason: str = "") -> None:
        number = _number(where, draft)
        if number is not None:
            marks.setdefault(number, {}).setdefault(fate, reason)

    for lab in record.labs:
        if lab.problem and told_by_word(lab):
            mark(lab.where, USED, BY_WORD)
        elif lab.problem:
            mark(lab.where, "refused", lab.problem.replace("_", " "))
        else:
            analyte = ruleset.analytes.get(lab.analyte)
            mark(lab.where, USED if analyte is None or analyte.used else "known")
    for event in record.events:
        mark(event.where, USED)
    for one in record.notes:
        mark(one.where, "noted", one.message)
    for left in unread:
        mark(left.where, NOT_UNDERSTOOD, left.suggestion or "")
    made: list[Element] = []
    for number, piece in enumerate(draft.parts):
        if piece.like is not None:
            other = _element(draft.parts[piece.like], marks.get(piece.like, {}))
            made.append(Element(piece.where, piece.text, other.fate, other.reason))
        else:
            made.append(_element(piece, marks.get(number, {})))
    return tuple(made)


def _number(where: str, draft: Draft) -> int | None:
    if where.startswith("patient"):
        return draft.patient_part
    match = _PLACE.match(where)
    if not match:
        return None
    whole = draft.places.get(match[1] + (match[2] or ""))
    return whole if whole is not None else draft.places.get(match[1])


def _element(one: Part, marks: dict[str, str]) -> Element:
    if one.fate:
        return Element(one.where, one.text, one.fate, one.reason)
    if USED in marks:
        return Element(one.where, one.text, USED, marks[USED])
    if "refused" in marks:
        return Element(one.where, one.text, SET_ASIDE, marks.get("noted") or marks["refused"])
    if "known" in marks:
        return Element(one.where, one.text, UNDERSTOOD)
    if NOT_UNDERSTOOD in marks:
        return Element(one.where, one.text, NOT_UNDERSTOOD, marks[NOT_UNDERSTOOD])
    if "noted" in marks:
        return Element(one.where, one.text, SET_ASIDE, marks["noted"])
    return Element(one.where, one.text, UNDERSTOOD)


def compare_code_and_unit(draft: Draft, number: int, test: Test, unit: str, tools: Tools) -> None:
    """A code for a mass under a unit of amount, or the other way round: the unit is what was reported, and that is said."""
    analyte = tools.ruleset.analytes.get(tools.analytes.loinc.get(test.loinc, ""))
    found = parse(unit, tools.analytes.words.units) if unit else None
    if analyte is None or found is None or analyte.molar_mass is None or found.dimension not in (MASS, MOLAR):
        return
    words, lists = test.shown.lower(), tools.ruleset.lexicon.get("fhir", {}).get("property", {})
    molar = test.loinc in lists.get("molar", ()) or "[moles/" in words
    if not molar and test.loinc not in lists.get("mass", ()) and "[mass/" not in words:
        return
    if molar != (found.dimension == MOLAR) and analyte.used:
        kinds = ("a mass", "an amount in moles")
        message = f"{analyte.label[:1].upper()}{analyte.label[1:]}: its code stands for {kinds[molar]}, its unit ({unit}) for {kinds[not molar]}; the unit that was reported is read."
        note(draft, number, message, CODE_AND_UNIT)
