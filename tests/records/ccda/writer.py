"""A worked case as a C-CDA 2.1 Continuity of Care Document, written from the implementation guide and not from the reader."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.records.carried import DAY_ZERO, birth_of, date_of
from tests.records.hl7v2.writer import LOCAL, LOINC

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><id root="2.16.840.1.113883.19" extension="1"/>'
    '<code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>Summary</title>'
)
LOINC_OID, SNOMED_OID = "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96"
WORDS = {"low": "L", "high": "H", "normal": "N"}


def compact(day: dt.date | None) -> str:
    return "" if day is None else day.strftime("%Y%m%d")


def document(case: dict[str, Any]) -> str:
    facts = case["facts"]
    sections = [
        section("30954-2", "Results", [organizer(facts.get("labs") or [])] if facts.get("labs") else []),
        section("11450-4", "Problems", [problem(one) for one in facts.get("conditions") or []]),
        section("10160-0", "Medications", [drug(one) for one in facts.get("medications") or []]),
        section("47519-4", "Procedures", [procedure(one) for one in facts.get("procedures") or []]),
        section("29762-2", "Social history", social(case["patient"])),
        told("10154-3", "Chief complaint", facts.get("symptoms") or []),
        told("61144-2", "Nutrition", [facts["diet"]] if facts.get("diet") else []),
        told("61146-7", "Goals", [facts["goal"]] if facts.get("goal") else []),
        told("51848-0", "Assessment", [facts["note"]] if facts.get("note") else []),
    ]
    supplements = facts.get("supplements") or []
    entries = [drug(one) for one in supplements if isinstance(one, dict)]
    sections.append(section("10160-0", "Supplements taken", entries) if entries else "")
    sections.append(told("99999-9", "Supplements", [one for one in supplements if isinstance(one, str)]))
    body = f"<component><structuredBody>{''.join(sections)}</structuredBody></component>"
    return f'{HEAD}<effectiveTime value="{compact(DAY_ZERO)}120000+0000"/>{person(case["patient"])}{body}</ClinicalDocument>'


def count(case: dict[str, Any]) -> int:
    """Pieces of the document: the person, the header, and each statement, item or empty section."""
    facts = case["facts"]
    supplements = facts.get("supplements") or []
    sizes = [
        len(facts.get(key) or []) for key in ("labs", "conditions", "medications", "procedures", "symptoms")
    ]
    sizes += [len(social(case["patient"])), 1, 1, 1]
    notes = sum(1 for lab in facts.get("labs") or [] if lab.get("note"))
    extra = sum(1 for one in supplements if isinstance(one, dict))
    plain = sum(1 for one in supplements if isinstance(one, str))
    return 2 + sum(max(size, 1) for size in sizes) + notes + extra + max(plain, 1)


def person(patient: dict[str, Any]) -> str:
    born = compact(birth_of(patient.get("age")))
    sex = {"female": "F", "male": "M"}.get(patient.get("sex") or "", "")
    gender = (
        f'<administrativeGenderCode code="{sex}" codeSystem="2.16.840.1.113883.5.1"/>'
        if sex
        else '<administrativeGenderCode nullFlavor="UNK"/>'
    )
    birth = f'<birthTime value="{born}"/>' if born else '<birthTime nullFlavor="UNK"/>'
    name = "<name><given>Jane</given><family>Doe</family></name>"
    return f'<recordTarget><patientRole><id extension="4711" root="1.2.3"/><patient>{name}{gender}{birth}</patient></patientRole></recordTarget>'


def section(code: str, title: str, entries: list[str]) -> str:
    text = (
        "<text><table><tbody><tr><td>See entries</td></tr></tbody></table></text>" if entries else "<text/>"
    )
    made = "".join(f"<entry>{one}</entry>" for one in entries)
    return f'<component><section><code code="{code}" codeSystem="{LOINC_OID}"/><title>{title}</title>{text}{made}</section></component>'


def told(code: str, title: str, lines: list[str]) -> str:
    items = "".join(f"<item>{escape(line)}</item>" for line in lines)
    text = f"<text><list>{items}</list></text>" if lines else "<text/>"
    return f'<component><section><code code="{code}" codeSystem="{LOINC_OID}"/><title>{title}</title>{text}</section></component>'


def when(begin: dt.date | None, end: dt.date | None = None) -> str:
    low = f'<low value="{compact(begin)}"/>' if begin else '<low nullFlavor="UNK"/>'
    high = f'<high value="{compact(end)}"/>' if end else ""
    return (
        f'<effectiveTime xsi:type="IVL_TS">{low}{high}</effectiveTime>'
        if begin or end
        else '<effectiveTime nullFlavor="UNK"/>'
    )


def organizer(labs: list[dict[str, Any]]) -> str:
    inner = "".join(f"<component>{result(lab)}</component>" for lab in labs)
    return f'<organizer classCode="BATTERY" moodCode="EVN"><code nullFlavor="UNK"/><statusCode code="completed"/>{inner}</organizer>'


def result(lab: dict[str, Any]) -> str:
    code, name = LOINC.get(lab["analyte"], ("", LOCAL.get(lab["analyte"], lab["analyte"].replace("_", " "))))
    named = (
        f'<code code="{code}" codeSystem="{LOINC_OID}" displayName={quoteattr(name)}/>'
        if code
        else f'<code nullFlavor="OTH"><originalText>{escape(name)}</originalText></code>'
    )
    day = date_of(lab.get("day"))
    time = f'<effectiveTime value="{compact(day)}"/>' if day else '<effectiveTime nullFlavor="UNK"/>'
    value, unit = lab.get("value"), lab.get("unit")
    of = f" unit={quoteattr(unit)}" if unit else ""
    sign = lab.get("comparator")
    if value is None:
        said = f'<value xsi:type="ST">{escape(lab.get("qualitative") or "")}</value>'
    elif sign:
        end = "high" if sign[0] == "<" else "low"
        inclusive = "true" if sign.endswith("=") else "false"
        said = f'<value xsi:type="IVL_PQ"><{end} value="{value}"{of} inclusive="{inclusive}"/></value>'
    else:
        said = f'<value xsi:type="PQ" value="{value}"{of}/>'
    flag = WORDS.get(lab.get("qualitative") or "") if value is not None else None
    flagged = f'<interpretationCode code="{flag}" codeSystem="2.16.840.1.113883.5.83"/>' if flag else ""
    low, high = lab.get("ref_low"), lab.get("ref_high")
    ends = (f'<low value="{low}"{of}/>' if low is not None else "") + (
        f'<high value="{high}"{of}/>' if high is not None else ""
    )
    printed = (
        f'<referenceRange><observationRange><value xsi:type="IVL_PQ">{ends}</value></observationRange></referenceRange>'
        if ends
        else ""
    )
    note = lab.get("note")
    remark = (
        f'<entryRelationship typeCode="SUBJ"><act classCode="ACT" moodCode="EVN"><code code="48767-8" codeSystem="{LOINC_OID}"/>'
        f"<text>{escape(note)}</text></act></entryRelationship>"
        if note
        else ""
    )
    return f'<observation classCode="OBS" moodCode="EVN">{named}<statusCode code="completed"/>{time}{said}{flagged}{printed}{remark}</observation>'


def problem(words: str) -> str:
    value = f'<value xsi:type="CD" nullFlavor="UNK"><originalText>{escape(words)}</originalText></value>'
    inner = f'<observation classCode="OBS" moodCode="EVN"><code code="55607006" codeSystem="{SNOMED_OID}"/><statusCode code="completed"/>{value}</observation>'
    return f'<act classCode="ACT" moodCode="EVN"><code code="CONC"/><statusCode code="active"/><entryRelationship typeCode="SUBJ">{inner}</entryRelationship></act>'


def drug(one: dict[str, Any]) -> str:
    dose = str(one.get("dose") or "")
    name = f"{one['name']}, {dose}" if dose else one["name"]
    if one.get("adherence"):
        name += f", {one['adherence']}"
    route = f"<routeCode displayName={quoteattr(one['route'])}/>" if one.get("route") else ""
    material = f'<manufacturedMaterial><code nullFlavor="OTH"><originalText>{escape(name)}</originalText></code></manufacturedMaterial>'
    period = when(date_of(one.get("start_day")), date_of(one.get("stop_day")))
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="EVN"><statusCode code="active"/>{period}{route}'
        f'<consumable><manufacturedProduct classCode="MANU">{material}</manufacturedProduct></consumable></substanceAdministration>'
    )


def procedure(one: dict[str, Any]) -> str:
    day = date_of(one.get("day"))
    time = f'<effectiveTime value="{compact(day)}"/>' if day else '<effectiveTime nullFlavor="UNK"/>'
    code = f'<code nullFlavor="OTH"><originalText>{escape(one["name"])}</originalText></code>'
    return (
        f'<procedure classCode="PROC" moodCode="EVN">{code}<statusCode code="completed"/>{time}</procedure>'
    )


def social(patient: dict[str, Any]) -> list[str]:
    made = []
    for key in ("pregnant", "breastfeeding"):
        if patient.get(key) is not None:
            answer = "Yes" if patient[key] else "No"
            code = f'<code nullFlavor="OTH"><originalText>{key.capitalize()}</originalText></code>'
            made.append(
                f'<observation classCode="OBS" moodCode="EVN">{code}<statusCode code="completed"/><value xsi:type="ST">{answer}</value></observation>'
            )
    return made
