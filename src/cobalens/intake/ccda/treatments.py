"""Medicines and procedures of a document: given, planned, stopped, or not done."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from cobalens.intake.ccda.coded import (
    codings,
    frequency,
    named,
    original,
    referred,
    statements,
    times,
)
from cobalens.intake.ccda.narrative import words_of
from cobalens.intake.ccda.place import (
    ANY_DRUG,
    NOTHING_KNOWN,
    PLAN,
    PLANNED,
    VOID,
    Place,
    Reading,
    new_part,
    put_dates,
    status_of,
)
from cobalens.intake.draft import (
    SET_ASIDE,
    UNDERSTOOD,
    close,
    put,
)
from cobalens.intake.laboratory.reportwords import (
    coded_entry,
)


def read_drug(node: Element, above: list[Element], place: Place, reading: Reading) -> None:
    draft = reading.draft
    for inner, _ in statements(node):
        place.read.add(id(inner))
    material = node.find("consumable/manufacturedProduct/manufacturedMaterial")
    given = codings(material.find("code"), place.ids) if material is not None else []
    words = named(given) or (words_of(material.find("name")) if material is not None else "")
    words = words or original(node.find("code"), place.ids) or referred(node.find("text"), place.ids)
    number = new_part(place, words or "medicine", reading)
    status = status_of(node)
    if status in ("cancelled", "nullified"):
        close(draft, number, SET_ASIDE, status)
        return
    negated = node.get("negationInd") == "true"
    nothing = negated and any(code == ANY_DRUG for code, _, _ in given)
    if not words or nothing or words.lower().startswith(NOTHING_KNOWN):
        if words or negated:
            put(draft, "medications", "none", number)
        else:
            close(draft, number, UNDERSTOOD, "empty")
        return
    entry: dict[str, Any] = {"name": words}
    for code, _, system in given:
        if code and system in ("rxnorm", "atc", "snomed"):
            entry["code"], entry["system"] = code, system
            break
    begin, end = times(node, reading.zone)
    put_dates(entry, begin, end)
    single = next((one for one in node.findall("effectiveTime") if one.get("value")), None)
    if single is not None and begin.date and not end.date and node.find("effectiveTime/period") is None:
        entry["stop_date"] = begin.date
    dose = node.find("doseQuantity")
    if dose is not None and dose.get("value"):
        entry["dose"] = f"{dose.get('value')} {dose.get('unit', '')}".strip()
    if often := frequency(node):
        entry["frequency"] = often
    if route := _route(node, place, reading):
        entry["route"] = route
    if why := _reason(node, place):
        entry["indication"] = why
    if negated:
        entry["status"] = "not-taken"
    elif status in ("completed", "aborted", "suspended") and place.field != PLAN and "stop_date" not in entry:
        entry["status"] = "stopped"
    elif place.field == PLAN:
        entry["status"] = "planned"
    put(draft, "medications", entry, number, quiet="code" in entry)


def _route(node: Element, place: Place, reading: Reading) -> str:
    for code, words, _ in codings(node.find("routeCode"), place.ids):
        if code in reading.routes or code.upper() in reading.routes:
            return reading.routes.get(code) or reading.routes[code.upper()]
        if words:
            return words.lower()
    return ""


def _reason(node: Element, place: Place) -> str:
    for relation in node.findall("entryRelationship"):
        if relation.get("typeCode") == "RSON":
            for inner in relation.findall("observation"):
                if words := named(codings(inner.find("value"), place.ids)):
                    return words
    return ""


def read_procedure(node: Element, place: Place, reading: Reading) -> None:
    draft = reading.draft
    given = codings(node.find("code"), place.ids)
    words = named(given) or referred(node.find("text"), place.ids)
    number = new_part(place, words or "procedure", reading)
    status = status_of(node)
    if status in VOID:
        close(draft, number, SET_ASIDE, status)
        return
    if not words:
        close(draft, number, UNDERSTOOD, "empty")
        return
    if words.lower().startswith(NOTHING_KNOWN):
        put(draft, "procedures", "none", number)
        return
    code = next(((c, s) for c, _, s in given if c and s in ("snomed", "icd10")), ("", ""))
    entry = coded_entry(*code, words)
    begin, end = times(node, reading.zone)
    when = begin if begin.date else end
    if when.date:
        entry["date"] = when.date
    if node.get("negationInd") == "true":
        entry["status"] = "not done"
    elif node.get("moodCode", "EVN") in PLANNED or place.field == PLAN:
        entry["status"] = "planned"
    put(draft, "procedures", entry, number, quiet="code" in entry)
