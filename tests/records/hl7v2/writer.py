"""A worked case as an ORU^R01, written from the HL7 v2.5.1 specification and not from the reader."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.records.carried import DAY_ZERO, birth_of, date_of

LOINC = {
    "vitamin_b12": ("2132-9", "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma"),
    "holotc": ("72160-5", "Holotranscobalamin [Moles/volume] in Serum or Plasma"),
    "mma": ("13964-2", "Methylmalonate [Moles/volume] in Serum or Plasma"),
    "homocysteine": ("13965-9", "Homocysteine [Moles/volume] in Serum or Plasma"),
    "folate_serum": ("2284-8", "Folate [Mass/volume] in Serum or Plasma"),
    "hemoglobin": ("718-7", "Hemoglobin [Mass/volume] in Blood"),
    "mcv": ("787-2", "MCV [Entitic volume] by Automated count"),
    "platelets": ("777-3", "Platelets [#/volume] in Blood by Automated count"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"),
}
"""The tests that this laboratory codes; the others go out under local names."""
LOCAL = {"egfr": "EGFR", "if_antibody": "Intrinsic factor antibody", "tsat": "Transferrin saturation", "crp": "C-reactive protein",
         "peg_recovery": "PEG recovery", "bcr_abl1": "BCR::ABL1", "jak2": "JAK2", "pdgfra": "FIP1L1-PDGFRA"}  # fmt: skip
LETTERS = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\", "\r": ""}
ROUTES = {"oral": "PO", "intramuscular": "IM", "intravenous": "IV", "subcutaneous": "SC"}


def escaped(text: Any) -> str:
    return "".join(LETTERS.get(letter, letter) for letter in str(text))


def compact(day: dt.date | None) -> str:
    return "" if day is None else day.strftime("%Y%m%d")


def segment(name: str, **fields: str) -> str:
    """A segment from numbered fields: ``f3="..."``."""
    numbered = {int(key[1:]): value for key, value in fields.items() if value}
    return "|".join([name, *(numbered.get(at, "") for at in range(1, max(numbered, default=0) + 1))])


def message(case: dict[str, Any], version: str = "2.5.1") -> str:
    return "\r".join(segments(case, version)) + "\r"


def segments(case: dict[str, Any], version: str = "2.5.1") -> list[str]:
    patient, facts = case["patient"], case["facts"]
    made = [
        f"MSH|^~\\&|LIS|HOSPITAL|EHR|HOSPITAL|{compact(DAY_ZERO)}1200||ORU^R01^ORU_R01|77|P|{version}||||||UNICODE UTF-8",
        segment("PID", f1="1", f3="4711^^^HOSPITAL^MR", f5="DOE^JANE", f7=compact(birth_of(patient.get("age"))),
                f8={"female": "F", "male": "M"}.get(patient.get("sex") or "", "U")),
    ]  # fmt: skip
    made += [segment("NTE", f1="1", f3=escaped(note)) for note in [facts.get("note")] if note]
    made += [
        segment("ORC", f1="RE"),
        segment("OBR", f1="1", f3="F1", f4="PANEL^Panel^L", f22=f"{compact(DAY_ZERO)}1130", f25="F"),
    ]
    made += [result(lab, at) for at, lab in enumerate(facts.get("labs") or [], 1)]
    for key in ("pregnant", "breastfeeding"):
        if patient.get(key) is not None:
            answer = "Y^Yes^HL70136" if patient[key] else "N^No^HL70136"
            made.append(segment("OBX", f2="CE", f3=f"{key.upper()}^{key.capitalize()}^L", f5=answer, f11="F"))
    made += [said("Symptoms", one) for one in facts.get("symptoms") or []]
    for name in ("diet", "goal"):
        if facts.get(name):
            made.append(said(name.capitalize(), facts[name]))
    made += [
        segment("DG1", f1=str(at), f3=f"^{escaped(one)}", f6="F")
        for at, one in enumerate(facts.get("conditions") or [], 1)
    ]
    made += [
        segment("PR1", f1=str(at), f3=f"^{escaped(one['name'])}", f5=compact(date_of(one.get("day"))))
        for at, one in enumerate(facts.get("procedures") or [], 1)
    ]
    for one in facts.get("medications") or []:
        made += drug(one)
    for one in facts.get("supplements") or []:
        made += drug(one) if isinstance(one, dict) else [said("Supplements", one)]
    return made


def said(heading: str, words: str) -> str:
    return segment("OBX", f2="TX", f3=f"{heading.upper()}^{heading}^L", f5=escaped(words), f11="F")


def drug(one: dict[str, Any]) -> list[str]:
    timing = f"^^^{compact(date_of(one.get('start_day')))}^{compact(date_of(one.get('stop_day')))}".rstrip(
        "^"
    )
    made = [segment("RXE", f1=timing, f2=f"^{escaped(one['name'])}", f3=escaped(one.get("dose") or ""))]
    route = one.get("route")
    if route:
        made.append(segment("RXR", f1=f"{ROUTES.get(route, '')}^{route}"))
    if one.get("adherence"):
        made.append(segment("NTE", f1="1", f3=escaped(one["adherence"])))
    return made


def result(lab: dict[str, Any], at: int) -> str:
    code, name = LOINC.get(lab["analyte"], ("", LOCAL.get(lab["analyte"], lab["analyte"].replace("_", " "))))
    identifier = f"{code}^{name}^LN" if code else f"L{at}^{name}^L"
    value, unit = lab.get("value"), lab.get("unit") or ""
    fields = {
        "f1": str(at),
        "f3": identifier,
        "f6": f"{escaped(unit)}^^UCUM" if unit else "",
        "f11": "F",
        "f14": compact(date_of(lab.get("day"))),
    }
    if value is None:
        fields |= {"f2": "ST", "f5": escaped(lab.get("qualitative") or "")}
    elif lab.get("comparator"):
        fields |= {"f2": "SN", "f5": f"{lab['comparator']}^{value}"}
    else:
        fields |= {"f2": "NM", "f5": str(value)}
    if value is not None and lab.get("qualitative"):
        fields["f8"] = {"low": "L", "high": "H", "normal": "N"}.get(lab["qualitative"], "A")
    low, high = lab.get("ref_low"), lab.get("ref_high")
    if low is not None or high is not None:
        fields["f7"] = (
            f"{low}-{high}"
            if low is not None and high is not None
            else f">{low}"
            if high is None
            else f"<{high}"
        )
    made = segment("OBX", **fields)
    return made + (f"\r{segment('NTE', f1='1', f2='L', f3=escaped(lab['note']))}" if lab.get("note") else "")
