"""Worked cases as a printout: a head, a table of results parted by spaces, and lists of words. It knows nothing of the reader."""

from __future__ import annotations

from tests.records.tables.writer import iso, label, listed, sentence, text
from tests.robustness.cases import Case

HEADINGS = {
    "symptoms": "Symptoms", "conditions": "Diagnoses", "medications": "Current medications", "supplements": "Supplements",
    "procedures": "Procedures", "diet": "Diet", "goal": "Goal", "function": "Function", "imaging": "Imaging", "biopsies": "Biopsies",
    "examination": "Examination", "ethnicity": "Ethnicity", "allergies": "Allergies", "exposures": "Social history", "family_history": "Family history",
    "planned_treatment": "Planned treatment", "note": "Notes",
}  # fmt: skip


def printout(case: Case) -> bytes:
    patient, facts = case["patient"], case["facts"]
    lines = ["ST ELSEWHERE HOSPITAL - LABORATORY REPORT", "Page 1 of 1"]
    who = [f"Age: {patient['age']}"] if patient.get("age") is not None else []
    who += [f"Sex: {patient['sex']}"] if patient.get("sex") else []
    who += (
        [f"Pregnant: {'yes' if patient['pregnant'] else 'no'}"] if patient.get("pregnant") is not None else []
    )
    lines += ["   ".join(["MRN: 0042", *who]), ""]
    by_day: dict[int | None, list[str]] = {}
    for lab in facts.get("labs", []):
        by_day.setdefault(lab.get("day"), []).append(result(lab))
    for day, results in sorted(by_day.items(), key=lambda one: (one[0] is None, one[0])):
        lines += [f"Collected: {iso(day)} 08:30"] if day is not None else []
        lines += [f"{'Test':<34}{'Result':<14}{'Units':<18}{'Reference Range':<20}{'Flag':<12}", "-" * 96]
        lines += [*results, ""]
    for key, heading in HEADINGS.items():
        said = [sentence(one) for one in [*listed(facts.get(key)), *listed(patient.get(key))]]
        if said:
            lines += [f"{heading}:", *(f"- {one}" for one in said), ""]
    remarks = [str(lab["note"]) for lab in facts.get("labs", []) if lab.get("note")]
    if remarks:
        lines += ["Notes:", *(f"- {one}" for one in remarks), ""]
    lines += ["*** End of report ***"]
    return "\n".join(lines).encode()


def result(lab: dict[str, object]) -> str:
    low, high = text(lab.get("ref_low")), text(lab.get("ref_high"))
    span = f"{low} - {high}" if low and high else f"> {low}" if low else f"< {high}" if high else ""
    value = (
        f"{text(lab.get('comparator'))}{text(lab.get('value'))}"
        if lab.get("value") is not None
        else text(lab.get("qualitative"))
    )
    flag = text(lab.get("qualitative")) if lab.get("value") is not None else ""
    name = label(str(lab.get("analyte") or lab.get("name")))
    unit = text(lab.get("unit"))
    return f"{name:<34}{value:<14}{'' if unit == '1' else unit:<18}{span:<20}{flag:<12}".rstrip()
