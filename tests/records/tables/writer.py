"""Worked cases as tables, written from the case alone: long (a row a result) and wide (a row a visit). It knows nothing of the reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from tests.records.carried import date_of
from tests.robustness.cases import Case

LONG = (
    "Patient ID", "Age", "Sex", "Pregnant", "Category", "Test name", "Result", "Units", "Lower limit", "Upper limit", "Flag", "Operator",
    "Collection date", "Comment", "Method", "Specimen", "Status", "Dose", "Route", "Start date", "Stop date", "Adherence",
)  # fmt: skip
KINDS = {
    "symptoms": "Symptom", "conditions": "Diagnosis", "medications": "Medication", "supplements": "Supplement", "procedures": "Procedure",
    "diet": "Diet", "note": "Note", "goal": "Goal", "function": "Function", "imaging": "Imaging", "biopsies": "Biopsy", "ethnicity": "Ethnicity",
    "examination": "Examination", "allergies": "Allergy", "exposures": "Exposure", "family_history": "Family history",
    "planned_treatment": "Planned treatment",
}  # fmt: skip
LABELS = {
    "vitamin_b12": "VITAMIN B12", "holotc": "Holotranscobalamin", "mma": "Methylmalonic acid", "homocysteine": "Homocysteine",
    "folate_serum": "Folate, serum", "hemoglobin": "Hemoglobin", "mcv": "MCV", "ferritin": "FERRITIN", "platelets": "Platelets",
}  # fmt: skip
"""What laboratories call some tests; others keep the name of the case."""


def label(analyte: str) -> str:
    return LABELS.get(analyte, analyte.replace("_", " "))


def listed(value: Any) -> list[Any]:
    return [one for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]


def iso(day: Any) -> str:
    date = date_of(day)
    return date.isoformat() if date else ""


def text(value: Any) -> str:
    return "" if value is None else str(value)


def lines_of(case: Case, id: str) -> Iterable[dict[str, str]]:
    """A line for each result and each statement."""
    patient, facts = case["patient"], case["facts"]
    who = {"Patient ID": id, "Age": text(patient.get("age")), "Sex": text(patient.get("sex"))}
    if patient.get("pregnant") is not None:
        who["Pregnant"] = "Y" if patient["pregnant"] else "N"
    yield {**who, "Category": "Demographics", "Test name": "Age", "Result": text(patient.get("age"))}
    for lab in facts.get("labs", []):
        yield {
            **who,
            "Category": "Laboratory",
            "Test name": label(lab.get("analyte") or lab.get("name") or lab.get("code")),
            "Result": text(lab.get("value")),
            "Units": text(lab.get("unit")),
            "Lower limit": text(lab.get("ref_low")),
            "Upper limit": text(lab.get("ref_high")),
            "Flag": text(lab.get("qualitative")),
            "Operator": text(lab.get("comparator")),
            "Collection date": iso(lab.get("day")),
            "Comment": text(lab.get("note")),
            "Method": text(lab.get("method")),
            "Specimen": text(lab.get("specimen")),
            "Status": text(lab.get("status")),
        }
    for key, kind in KINDS.items():
        for entry in [*listed(facts.get(key)), *listed(patient.get(key))]:
            yield {**who, "Category": kind, **statement(entry)}


def statement(entry: Any) -> dict[str, str]:
    if not isinstance(entry, dict):
        return {"Test name": str(entry)}
    return {
        "Test name": text(entry.get("name") or entry.get("text")),
        "Dose": text(entry.get("dose")),
        "Route": text(entry.get("route")),
        "Start date": iso(entry.get("start_day")),
        "Stop date": iso(entry.get("stop_day")),
        "Collection date": iso(entry.get("day")),
        "Comment": text(entry.get("note")),
        "Status": text(entry.get("status")),
        "Adherence": text(entry.get("adherence")),
    }


def long(cases: dict[str, Case], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, LONG, restval="", delimiter=delimiter)
    writer.writeheader()
    for called, case in cases.items():
        writer.writerows(lines_of(case, called))
    return out.getvalue().encode()


# --- Wide ---------------------------------------------------------------------------------------------------------


def wide(case: Case, id: str, delimiter: str = ",", decimal: str = ".") -> bytes:
    """A row a visit; what is said of the person stands in the row of the newest visit."""
    facts, patient = case["facts"], case["patient"]
    days = sorted({lab.get("day") or 0 for lab in facts.get("labs", [])} | {0})
    rows: list[dict[str, str]] = []
    heads: dict[str, None] = dict.fromkeys(("MRN", "Visit date", "Age", "Gender", "Pregnant"))
    for day in days:
        row: dict[str, str] = {"MRN": id, "Visit date": iso(day)}
        again: dict[str, int] = {}
        later: list[dict[str, str]] = []
        for lab in facts.get("labs", []):
            if (lab.get("day") or 0) != day:
                continue
            name = label(lab.get("analyte") or lab.get("name") or lab.get("code"))
            unit = text(lab.get("unit"))
            head = f"{name} ({unit})" if unit and unit != "1" else name
            place = again.get(name, 0)
            again[name] = place + 1
            target = (
                row
                if place == 0
                else later[place - 1]
                if place <= len(later)
                else later.append({"MRN": id, "Visit date": iso(day)}) or later[-1]
            )
            value = text(lab.get("value"))
            cell = f"{text(lab.get('comparator'))}{value}" if value else text(lab.get("qualitative"))
            target[head] = cell.replace(".", decimal)
            heads[head] = None
            for suffix, said in (
                ("lower limit", lab.get("ref_low")), ("upper limit", lab.get("ref_high")), ("comment", lab.get("note")), ("method", lab.get("method")),
                ("flag", lab.get("qualitative") if value else None),
            ):  # fmt: skip
                if said is not None:
                    target[f"{name} {suffix}"] = (
                        text(said).replace(".", decimal) if "limit" in suffix else text(said)
                    )
                    heads[f"{name} {suffix}"] = None
        rows += [row, *later]
    last = rows[-1]
    last.update({"Age": text(patient.get("age")), "Gender": text(patient.get("sex"))})
    if patient.get("pregnant") is not None:
        last["Pregnant"] = "yes" if patient["pregnant"] else "no"
    for key, kind in KINDS.items():
        said = [sentence(entry) for entry in [*listed(facts.get(key)), *listed(patient.get(key))]]
        if said:
            heads[kind] = None
            last[kind] = (
                "; ".join(said)
                if key not in ("note", "goal", "diet", "function", "imaging", "biopsies")
                else "\n".join(said)
            )
    out = io.StringIO()
    writer = csv.DictWriter(out, list(heads), restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def sentence(entry: Any) -> str:
    """An entry in words, as somebody would type it into one cell."""
    if not isinstance(entry, dict):
        return str(entry).replace(";", ",")
    parts = [
        " ".join(
            one
            for one in (
                text(entry.get("route")),
                text(entry.get("name") or entry.get("text")),
                text(entry.get("dose")),
            )
            if one
        )
    ]
    parts += [text(entry.get(key)) for key in ("note",) if entry.get(key) not in (None, "")]
    parts += (
        [
            {"taken": "taken reliably", "missed": "often missed"}.get(
                text(entry["adherence"]), text(entry["adherence"])
            )
        ]
        if entry.get("adherence")
        else []
    )
    start, stop = entry.get("start_day"), entry.get("stop_day")
    if start is not None and start == stop:
        parts.append(f"on {iso(start)}")
    elif start is not None and stop is not None:
        parts[-1] += f" from {iso(start)} to {iso(stop)}"
    elif start is not None:
        parts.append(f"{'from' if int(start) > 0 else 'since'} {iso(start)}")
    elif stop is not None:
        parts.append(f"stopped {iso(stop)}")
    if entry.get("day") is not None:
        parts.append(f"on {iso(entry['day'])}")
    return ", ".join(parts).replace(";", ",")
