"""An interpretation as a FHIR R4 Bundle: a report that is never final, proposals, cautions, and where it all comes from.

Nothing in it can be taken for a result of the laboratory, a diagnosis or an order: the codes are this project's own.
"""

from __future__ import annotations

import base64
import re
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from cobalens.model.interpretation import Citation, Interpretation, NextTest, Said
from cobalens.report.case import Case
from cobalens.report.words import for_clinicians, layout

Json = dict[str, Any]

FINDING, ANSWER, DEFICIENCY = (
    "urn:cobalens:fhir:finding",
    "urn:cobalens:fhir:answer",
    "urn:cobalens:fhir:deficiency",
)
RECORD, RULESET, SOURCE, KIND = (
    "urn:cobalens:fhir:record",
    "urn:cobalens:fhir:ruleset",
    "urn:cobalens:fhir:source",
    "urn:cobalens:fhir:kind",
)
CAUTIONS = ("caution:", "red_flag:", "safety:", "scope:")
SEVERE = ("red_flag:",)
CONCLUDED = ("interpretation:",)
"""Findings that are conclusions about the tests. A cause or an explanation is weighed in the words, never coded: a code could be filed."""
HL7_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
CLINICIAN, PATIENT = "clinician", "patient"
ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

_REFERENCE = re.compile(r"\b([A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})(?= |$)")


def bundle(case: Case, said: Interpretation, audience: str = CLINICIAN) -> Json:
    """Everything about one person in one collection; its ids follow from the person, the day and the ruleset.

    ``audience`` says for whom the full text is; all else is for clinicians.
    """
    form = full_text(case if audience == PATIENT else for_clinicians(case), said, audience)
    case = for_clinicians(case)
    report, device = address(said, "report"), address(said, "device")
    requests = [(address(said, "request", one.code), request(case, said, one)) for one in said.next_tests]
    issues = [(address(said, "issue", one.code), issue(case, said, one, device)) for one in cautions(said)]
    targets = [report, *(name for name, _ in (*requests, *issues))]
    entries = [
        (report, diagnostic_report(case, said, form)), *requests, *issues,
        (address(said, "provenance"), provenance(case, said, targets, device)), (device, software(case, said)),
    ]  # fmt: skip
    made: Json = {"resourceType": "Bundle", "type": "collection"}
    if said.as_of:
        made["timestamp"] = f"{said.as_of}T00:00:00Z"
    return made | {"entry": [{"fullUrl": name, "resource": one} for name, one in entries]}


def address(said: Interpretation, *parts: str) -> str:
    name = "\n".join((said.ruleset, said.pack, said.id, said.as_of or "", *parts))
    return f"urn:uuid:{uuid5(NAMESPACE_OID, name)}"


def subject(case: Case, said: Interpretation) -> Json:
    """The Patient of the input where it was FHIR, else the record's own id."""
    place = f"Patient/{said.id}"
    if any(one.text == "Patient" and place in one.where for one in case.record.elements):
        return {"reference": place}
    return {"type": "Patient", "identifier": {"system": RECORD, "value": said.id}}


def coded(system: str, code: str, title: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": title}], "text": title}


# --- The report ---------------------------------------------------------------------------------------------------


def diagnostic_report(case: Case, said: Interpretation, form: Json) -> Json:
    """``preliminary``: a final report would be a professional's, and a registered one would say nothing yet."""
    title = layout(case, "fhir_report")
    made: Json = {
        "resourceType": "DiagnosticReport",
        "meta": {
            "tag": [{"system": KIND, "code": "decision-support", "display": layout(case, "fhir_status")}]
        },
        "language": case.language,
        "text": narrative(title, said.text.note, layout(case, "fhir_status")),
        "status": "preliminary",
        "category": [coded(KIND, "decision-support", layout(case, "fhir_device"))],
        "code": coded(KIND, "b12-interpretation", title),
        "subject": subject(case, said),
    }
    if said.as_of:
        made["effectiveDateTime"] = said.as_of
    if results := observed(case):
        made["result"] = [{"reference": one} for one in results]
    made["conclusion"] = f"{layout(case, 'fhir_status')}\n\n{said.text.note}"
    made["conclusionCode"] = conclusions(case, said)
    made["presentedForm"] = [form]
    return made


def full_text(case: Case, said: Interpretation, audience: str) -> Json:
    """The page for one reader, in the reader's language."""
    for_patient = audience == PATIENT
    words = said.text.patient if for_patient else said.text.clinician
    return {
        "contentType": "text/plain",
        "language": case.language,
        "title": layout(case, "patient_answer" if for_patient else "fhir_report"),
        "data": base64.b64encode(words.encode()).decode(),
    }


def narrative(*lines: str) -> Json:
    said = "".join(f"<p>{escaped(one)}</p>" for part in lines for one in part.splitlines() if one.strip())
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'}


def escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def conclusions(case: Case, said: Interpretation) -> list[Json]:
    answer = layout(case, "fhir_answer", title=case.say(f"answer={said.answer}").title)
    deficiency = layout(case, "fhir_deficiency", title=case.say(f"deficiency={said.deficiency}").title)
    found = [one for one in said.supported() if one.code.startswith(CONCLUDED) and not one.quiet]
    return [
        coded(ANSWER, said.answer, answer),
        coded(DEFICIENCY, said.deficiency, deficiency),
        *(coded(FINDING, one.code, case.say(one.code).title) for one in found),
    ]


def observed(case: Case) -> list[str]:
    """The Observations of the input that gave a result which a rule may ask for."""
    analytes = case.ruleset.analytes
    places = [
        lab.where
        for lab in case.record.labs
        if lab.problem is None and lab.analyte in analytes and analytes[lab.analyte].used
    ]
    found = [
        match[1]
        for place in places
        if (match := _REFERENCE.search(place)) and match[1].startswith("Observation/")
    ]
    return list(dict.fromkeys(found))


# --- Proposals and cautions ---------------------------------------------------------------------------------------


def request(case: Case, said: Interpretation, test: NextTest) -> Json:
    """A proposal in draft: it has no requester, and only a professional can make an order of it."""
    proposal = layout(case, "fhir_proposal", title=case.say(test.code).title)
    made: Json = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": coded(FINDING, test.code, case.say(test.code).title),
        "subject": subject(case, said),
    }
    if said.as_of:
        made["authoredOn"] = said.as_of
    if test.why:
        made["reasonCode"] = [{"text": test.why}]
    return made | {"note": [{"text": f"{proposal}. {layout(case, 'fhir_status')}"}]}


def cautions(said: Interpretation) -> list[Said]:
    return [one for one in said.supported() if one.code.startswith(CAUTIONS)]


def issue(case: Case, said: Interpretation, finding: Said, device: str) -> Json:
    made: Json = {
        "resourceType": "DetectedIssue",
        "status": "preliminary",
        "code": coded(FINDING, finding.code, case.say(finding.code).title),
    }
    if finding.code.startswith(SEVERE):
        made["severity"] = "high"
    made["patient"] = subject(case, said)
    if said.as_of:
        made["identifiedDateTime"] = said.as_of
    made["author"] = {"reference": device}
    found = [match[1] for one in finding.facts if one.from_ and (match := _REFERENCE.search(one.from_))]
    if found:
        made["implicated"] = [
            {"reference": one} for one in dict.fromkeys(found) if not one.startswith("Patient/")
        ] or None
    words = " ".join(one for one in (case.say(finding.code).clinician, finding.why) if one)
    made["detail"] = words or case.say(finding.code).title
    return {key: value for key, value in made.items() if value is not None}


# --- Where it comes from ------------------------------------------------------------------------------------------


def provenance(case: Case, said: Interpretation, targets: list[str], device: str) -> Json:
    """The ruleset, and every source that a statement rests on, with how well each was verified."""
    ruleset = layout(case, "fhir_ruleset", version=said.cobalens, pack=said.pack_basis.title)
    made: Json = {"resourceType": "Provenance", "target": [{"reference": one} for one in targets]}
    if said.as_of:
        made["occurredDateTime"] = said.as_of
        made["recorded"] = f"{said.as_of}T00:00:00Z"
    else:
        made["_recorded"] = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}
    made["activity"] = {"text": layout(case, "fhir_activity")}
    made["agent"] = [
        {
            "type": {"coding": [{"system": HL7_PARTICIPANT, "code": "assembler", "display": "Assembler"}]},
            "who": {"reference": device},
        }
    ]
    entities = [
        {
            "role": "source",
            "what": {"identifier": {"system": RULESET, "value": said.ruleset}, "display": ruleset},
        }
    ]
    entities += [
        {
            "role": "source",
            "what": {
                "identifier": {"system": SOURCE, "value": f"{one.id}/{one.evidence}"},
                "display": cited(case, one),
            },
        }
        for one in sources(said)
    ]
    return made | {"entity": entities}


def sources(said: Interpretation) -> list[Citation]:
    return list(dict.fromkeys(source for one in said.supported() for source in one.sources))


def cited(case: Case, one: Citation) -> str:
    section = layout(case, "fhir_of_source", section=one.section) if one.section else ""
    return layout(case, "fhir_source", title=one.title, section=section, status=one.status)


def software(case: Case, said: Interpretation) -> Json:
    return {
        "resourceType": "Device",
        "deviceName": [{"name": "Cobalens", "type": "model-name"}],
        "type": {"text": layout(case, "fhir_device")},
        "version": [
            {"type": {"text": "software"}, "value": said.cobalens},
            {"type": {"text": "ruleset"}, "value": said.ruleset},
            {"type": {"text": "pack"}, "value": said.pack},
        ],
    }
