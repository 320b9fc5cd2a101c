"""Sections of a C-CDA document: what each one holds, and how its entries and, without entries, its text are read."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from cobalens.intake.ccda.coded import (
    codings,
    named,
    range_of,
    referred,
    statements,
    times,
    value_of,
)
from cobalens.intake.ccda.narrative import Item, by_id, items_of, words_of
from cobalens.intake.ccda.place import (
    ALLERGIES,
    COMMENT,
    CONCERN,
    GENERIC,
    NOTHING_KNOWN,
    PLAN,
    RESULTS,
    SKIPPED,
    STATE,
    STATES,
    VOID,
    Place,
    Reading,
    new_part,
    put_dates,
    status_of,
)
from cobalens.intake.ccda.treatments import read_drug, read_procedure
from cobalens.intake.draft import (
    SET_ASIDE,
    UNDERSTOOD,
    close,
    compare_code_and_unit,
    not_understood,
    put,
)
from cobalens.intake.laboratory.reportwords import (
    GENERAL_REMARK,
    answered,
    clinical,
    coded_entry,
    of_this_person,
    plain_name,
    range_text,
    section_of,
    test_of,
    unit_text,
)
from cobalens.intake.stamps import Stamp, stamp
from cobalens.intake.tables.cells import date_text, order_of
from cobalens.model.record import Unread

SECTIONS = {
    "30954-2": RESULTS, "18725-2": RESULTS, "11502-2": RESULTS, "26436-6": RESULTS,
    "11450-4": "conditions", "11348-0": "conditions", "46241-6": "conditions", "11535-2": "conditions", "29308-4": "conditions",
    "10219-4": "conditions", "10218-6": "conditions", "55109-3": "conditions", "75310-3": "conditions", "46240-8": "conditions",
    "10160-0": "medications", "10183-2": "medications", "42346-7": "medications", "29549-3": "medications",
    "47519-4": "procedures", "10167-5": "procedures", "29554-3": "procedures", "48765-2": ALLERGIES,
    "29762-2": "exposures", "10157-6": "family_history", "61144-2": "diet", "47420-5": "function", "61146-7": "goal",
    "18776-5": PLAN, "59772-4": PLAN, "10154-3": "symptoms", "29299-5": "symptoms", "46239-0": "symptoms",
    "10164-2": "note", "10187-3": "note", "51848-0": "note", "51847-2": "note", "8648-8": "note", "34109-9": "note",
    "11488-4": "note", "10190-7": "note", "28570-0": "note", "34117-2": "note", "11506-3": "note", "29545-1": "examination",
    "10210-3": "examination", "18748-4": "imaging", "22634-0": "biopsies", "11529-5": "biopsies",
    "8716-3": SKIPPED, "11369-6": SKIPPED, "48768-6": SKIPPED, "42348-3": SKIPPED, "46264-8": SKIPPED, "69730-0": SKIPPED,
    "85847-2": SKIPPED, "8653-8": SKIPPED, "42349-1": SKIPPED, "74152-2": SKIPPED, "11537-8": SKIPPED,
}  # fmt: skip
"""LOINC code of a section -> the list of a case file that it feeds; nothing where no rule needs it."""


def section(node: Element, reading: Reading) -> None:
    """One section; the sections within it are read by themselves."""
    code = node.find("code")
    text = node.find("text")
    title = (
        words_of(node.find("title")) or (code.get("displayName", "") if code is not None else "") or "section"
    )
    field = SECTIONS.get(code.get("code", "") if code is not None else "")
    place = Place(" ".join(title.split())[:60], section_of(title) if field is None else field, by_id(text))
    usable = [one for one in node.findall("entry") if any(True for _ in statements(one))]
    before = len(reading.draft.parts)
    if place.field == SKIPPED or node.get("nullFlavor"):
        if place.field != SKIPPED and not usable:
            _narrative(text, place, reading)
            return
        for _ in usable or [node]:
            close(
                reading.draft, new_part(place, place.title, reading), UNDERSTOOD, "no rule needs this section"
            )
        return
    for entry in usable:
        for one, above in statements(entry):
            if id(one) not in place.read:
                _statement(one, above, place, reading)
    if len(reading.draft.parts) == before:
        _narrative(text, place, reading)


# --- Entries ------------------------------------------------------------------------------------------------------


def _statement(node: Element, above: list[Element], place: Place, reading: Reading) -> None:
    """One clinical statement. Acts and organizers that only hold others are accounted for by what they hold."""
    kind = node.tag
    if kind == "organizer" or (kind == "encounter" and node.find("entryRelationship") is not None):
        return
    if (
        kind == "act"
        and node.find("entryRelationship/observation") is not None
        and place.field in ("conditions", ALLERGIES)
    ):
        return
    code = node.find("code")
    if kind == "act" and code is not None and code.get("code") == COMMENT:
        _comment(node, place, reading)
    elif kind == "substanceAdministration":
        read_drug(node, above, place, reading)
    elif kind == "observation":
        _observation(node, above, place, reading)
    elif kind in ("procedure", "act") and place.field in ("procedures", PLAN):
        read_procedure(node, place, reading)
    else:
        given = codings(code, place.ids)
        close(
            reading.draft,
            new_part(place, named(given) or kind, reading),
            UNDERSTOOD,
            "no rule needs this kind of entry",
        )


def _comment(node: Element, place: Place, reading: Reading) -> None:
    words = referred(node.find("text"), place.ids)
    number = new_part(place, words or "comment", reading)
    kept = of_this_person(words)
    if kept:
        put(reading.draft, "note", kept, number)
    else:
        close(reading.draft, number, SET_ASIDE if words else UNDERSTOOD, GENERAL_REMARK if words else "empty")


def _observation(node: Element, above: list[Element], place: Place, reading: Reading) -> None:
    code = node.find("code")
    given = codings(code, place.ids) or [("", referred(node.find("text"), place.ids), "")]
    if code is not None and code.get("code") == STATE:
        return
    test = test_of(given, reading.tools.analytes)
    if test.known and place.field not in (PLAN, "family_history"):
        _result(node, above, given, place, reading)
    elif place.field == ALLERGIES:
        _allergy(node, place, reading)
    elif place.field == "procedures" and not codings(node.find("value"), place.ids):
        read_procedure(node, place, reading)
    elif place.field == PLAN:
        _planned(node, named(given), place, reading)
    else:
        _finding(node, above, given, place, reading)


def _result(
    node: Element, above: list[Element], given: list[tuple[str, str, str]], place: Place, reading: Reading
) -> None:
    draft, index = reading.draft, reading.tools.analytes
    test = test_of(given, index)
    value = node.find("value")
    said, units = value_of(value, place.ids, reading.answers) if value is not None else ("", [])
    unit = unit_text(units, index)
    number = new_part(place, f"{test.shown} {said} {unit}", reading)
    status = status_of(node)
    if node.get("negationInd") == "true" or status in VOID:
        close(draft, number, SET_ASIDE, "not done" if status not in VOID else status)
        _mark_comments(node, place, reading)
        return
    entry: dict[str, Any] = {"name": test.name} if test.name else {}
    if test.loinc:
        entry["loinc"] = test.loinc
    if said:
        entry["value"] = said
    if unit:
        entry["unit"] = unit
    printed, strange = range_text(range_of(node, place.ids))
    if printed:
        entry["ref_range"] = printed
    elif strange:
        draft.unread.append(
            Unread(draft.parts[number].where, range_of(node, place.ids)[:80], "two numbers, such as 180-900")
        )
    for one in node.findall("interpretationCode"):
        flag = (one.get("code") or one.get("displayName") or "").lower()
        if flag in index.words.flags and flag not in ("i", "<", ">"):
            entry.setdefault("flag", flag)
    entry["status"] = "p" if status in ("active", "held", "new") else "f"
    when = _when(node, above, reading)
    if when.date:
        entry["date"] = when.date
    if when.time:
        entry["time"] = when.time
    specimen = test.specimen or _specimen(node, above, place)
    if specimen:
        entry["specimen"] = specimen
    if method := named(codings(node.find("methodCode"), place.ids)):
        entry["method"] = method
    if not said and "flag" not in entry:
        close(draft, number, UNDERSTOOD, "no result given")
    else:
        if not said:
            entry["qualitative"] = entry.pop("flag")
        put(draft, "labs", entry, number)
        compare_code_and_unit(draft, number, test, unit, reading.tools)
    _mark_comments(node, place, reading)


def _mark_comments(node: Element, place: Place, reading: Reading) -> None:
    for act in node.findall("entryRelationship/act"):
        code = act.find("code")
        if code is not None and code.get("code") == COMMENT:
            place.read.add(id(act))
            _comment(act, place, reading)


def _when(node: Element, above: list[Element], reading: Reading) -> Stamp:
    for one in (node, *reversed(above)):
        begin, end = times(one, reading.zone)
        if begin.date or end.date:
            return begin if begin.date else end
    return Stamp()


def _specimen(node: Element, above: list[Element], place: Place) -> str:
    for one in (node, *reversed(above)):
        found = one.find("specimen/specimenRole/specimenPlayingEntity")
        if found is not None:
            return (named(codings(found.find("code"), place.ids)) or words_of(found.find("name"))).lower()
    return ""


def _finding(
    node: Element, above: list[Element], given: list[tuple[str, str, str]], place: Place, reading: Reading
) -> None:
    """A diagnosis, a finding, a habit: a question with a value, or a value that speaks for itself."""
    draft = reading.draft
    question = plain_name(named(given))
    value = node.find("value")
    coded = codings(value, place.ids)
    words = named(coded)
    if not words and value is not None:
        words = value_of(value, place.ids, reading.answers)[0]
    words = words or referred(node.find("text"), place.ids)
    number = new_part(place, f"{question} {words}".strip() or "observation", reading)
    if status_of(node) in VOID:
        close(draft, number, SET_ASIDE, status_of(node))
        return
    denied = node.get("negationInd") == "true"
    code = next(((c, s) for c, _, s in coded if c and s in ("snomed", "icd10")), ("", ""))
    if (denied and (code[0] in GENERIC or not words)) or words.lower().startswith(NOTHING_KNOWN):
        put(draft, place.field, "none", number)
        return
    if not words and not code[0]:
        close(draft, number, UNDERSTOOD, "empty")
        return
    if said := answered(question, words) if question else "":
        put(draft, "note", said, number)
        return
    if question and words.lower() in reading.tools.analytes.words.qualitative:
        put(draft, "note", f"{question} {words.lower()}", number)
        return
    if value is not None and value.get("value") is not None:
        not_understood(draft, number, f"{question}: {words} {value.get('unit', '')}".strip())
        return
    entry = coded_entry(*code, words)
    begin, end = times(node, reading.zone)
    put_dates(entry, begin, end)
    if denied:
        entry["negated"] = True
    elif status := _state(node, above, place):
        entry["status"] = status
    put(draft, place.field if place.field != RESULTS else "note", entry, number, quiet="code" in entry)


def _state(node: Element, above: list[Element], place: Place) -> str:
    """What became of a problem: its own status, else that of the concern about it."""
    for other in node.findall("entryRelationship/observation"):
        code = other.find("code")
        if code is not None and code.get("code") == STATE:
            place.read.add(id(other))
            words = named(codings(other.find("value"), place.ids)).lower()
            return next((status for word, status in STATES.items() if word in words.split()), "")
    concern = next((one for one in reversed(above) if one.tag == "act"), None)
    if concern is not None and place.field == "conditions" and _is_concern(concern):
        return {"completed": "resolved", "aborted": "inactive", "suspended": "inactive"}.get(
            status_of(concern), ""
        )
    return ""


def _is_concern(node: Element) -> bool:
    code = node.find("code")
    return code is not None and code.get("code") == CONCERN


def _allergy(node: Element, place: Place, reading: Reading) -> None:
    agent = node.find("participant/participantRole/playingEntity")
    words = ""
    if agent is not None:
        words = named(codings(agent.find("code"), place.ids)) or words_of(agent.find("name"))
    number = new_part(place, words or "allergy", reading)
    if node.get("negationInd") == "true" or not words or words.lower().startswith("no "):
        close(reading.draft, number, UNDERSTOOD)
    else:
        put(reading.draft, "conditions", f"allergic to {words}", number)


def _planned(node: Element, words: str, place: Place, reading: Reading) -> None:
    """A test or check that is planned; what is planned is no result."""
    close(reading.draft, new_part(place, words or "planned", reading), UNDERSTOOD, "planned, not done")


# --- Text ---------------------------------------------------------------------------------------------------------


def _narrative(text: Element | None, place: Place, reading: Reading) -> None:
    """A section without entries: what a person would read."""
    draft = reading.draft
    items = items_of(text)
    if not items:
        close(draft, new_part(place, place.title, reading), UNDERSTOOD, "empty")
        return
    if place.field == PLAN:
        # What a plan says in words is advice and intention, and not told apart.
        for item in items:
            close(draft, new_part(place, item.words, reading), UNDERSTOOD, "planned, not done")
        return
    if place.field in ("note", "goal") and not any(item.cells for item in items):
        words = clinical("\n".join(item.words for item in items))
        number = new_part(place, words, reading)
        if words:
            put(draft, place.field, words, number)
        else:
            close(draft, number, SET_ASIDE, GENERAL_REMARK)
        return
    order = order_of(item.cells["date"] for item in items if item.cells.get("date"))
    for item in items:
        _item(item, place, reading, order)


def _item(item: Item, place: Place, reading: Reading, order: str | None = None) -> None:
    """``order``: whether day or month comes first, where the dates of the table show it."""
    draft, index = reading.draft, reading.tools.analytes
    number = new_part(place, item.words, reading)
    cells = item.cells
    if place.field == RESULTS and cells.get("name") and cells.get("value"):
        test = test_of([("", cells["name"], "")], index)
        if test.known:
            entry: dict[str, Any] = {"name": test.name, "value": cells["value"]}
            if cells.get("unit"):
                entry["unit"] = unit_text([cells["unit"]], index)
            printed, _ = range_text(cells.get("ref_range", ""))
            if printed:
                entry["ref_range"] = printed
            if cells.get("flag", "").lower() in index.words.flags:
                entry["flag"] = cells["flag"]
            if cells.get("date"):
                entry["date"] = stamp(cells["date"]).date or date_text(cells["date"], order)
            put(draft, "labs", entry, number)
        else:
            not_understood(draft, number, item.words[:160])
        return
    words = item.words
    if place.field in ("conditions", "medications", "procedures") and words.lower().startswith(NOTHING_KNOWN):
        words = "none"
    if place.field == ALLERGIES:
        if words.lower().startswith(("no ", "none", "nk")):
            close(draft, number, UNDERSTOOD)
        else:
            put(draft, "conditions", f"allergic to {words}", number)
        return
    put(draft, "note" if place.field == RESULTS else place.field, words, number)
