"""Variants of the same content in another shape: other order, everything as one running text."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tests.robustness.cases import Case, Variant, copied
from tests.robustness.words import LISTS

HEADINGS = {
    "clinic": {"symptoms": "Symptoms", "conditions": "PMH", "medications": "Medications", "supplements": "Supplements", "procedures": "Procedures", "diet": "Diet"},
    "ward": {"symptoms": "PC", "conditions": "Background", "medications": "DH", "supplements": "OTC", "procedures": "PSH", "diet": "Diet"},
    "letter": {"symptoms": "Presenting complaint", "conditions": "Past medical history", "medications": "Current medication", "supplements": "Supplements", "procedures": "Operations and investigations", "diet": "Dietary history"},
}  # fmt: skip
SAID = {
    "vitamin_b12": "vitamin B12", "holotc": "active B12", "mma": "MMA", "folate_serum": "serum folate", "hemoglobin": "Hb", "mcv": "MCV",
    "egfr": "eGFR", "wbc": "WBC", "crp": "CRP", "alt": "ALT", "ast": "AST", "alp": "ALP", "ldh": "LDH", "tsat": "transferrin saturation",
    "if_antibody": "intrinsic factor antibody", "parietal_cell_antibody": "parietal cell antibody", "bilirubin_total": "total bilirubin",
    "bilirubin_indirect": "indirect bilirubin", "peg_recovery": "PEG recovery", "afp": "AFP", "rdw": "RDW", "tsh": "TSH",
}  # fmt: skip
ROUTES = {"oral": "po", "intravenous": "iv", "intramuscular": "im", "subcutaneous": "sc"}


def reordered(name: str, case: Case) -> Iterator[Variant]:
    """Entries shuffled, fields and keys turned round."""
    for number in range(3):
        chance = random.Random(f"order {name} {number}")
        fresh = copied(case)
        facts = {key: fresh["facts"][key] for key in shuffled(list(fresh["facts"]), chance)}
        for key in (*LISTS, "labs"):
            if isinstance(facts.get(key), list):
                facts[key] = [turned(one) for one in shuffled(facts[key], chance)]
        yield Variant(name, f"order {number}", {"facts": facts, "patient": turned(fresh["patient"])})


def shuffled(things: list[Any], chance: random.Random) -> list[Any]:
    return chance.sample(things, len(things))


def turned(entry: Any) -> Any:
    return dict(reversed(entry.items())) if isinstance(entry, dict) else entry


def as_note(name: str, case: Case) -> Iterator[Variant]:
    """The words of every field as one text, under the headings of three kinds of record; results stay where they are."""
    for style, headings in HEADINGS.items():
        yield Variant(name, f"note, {style}", noted(case, headings))


def as_note_with_results(name: str, case: Case) -> Iterator[Variant]:
    """Nothing but a note: words and results."""
    for style, headings in HEADINGS.items():
        fresh = noted(case, headings)
        labs = fresh["facts"].pop("labs")
        fresh["facts"]["note"] = f"{fresh['facts']['note']} {RESULTS[style](labs)}".strip()
        yield Variant(name, f"all in note, {style}", fresh)


def beside(labs: list[dict[str, Any]]) -> str:
    """Every result with its own day."""
    return "".join(f"{lab_text(lab)} {ago(lab.get('day') or 0)}. " for lab in labs)


def headed(labs: list[dict[str, Any]]) -> str:
    """Today's results under one heading, earlier ones each with its day."""
    today = "; ".join(lab_text(lab) for lab in labs if not lab.get("day"))
    before = "; ".join(f"{lab_text(lab)} {ago(lab['day'])}" for lab in labs if lab.get("day"))
    return (f"Bloods today: {today}. " if today else "") + (f"Earlier results: {before}." if before else "")


def first(labs: list[dict[str, Any]]) -> str:
    """The day before the result."""
    return " ".join(f"{ago(lab.get('day') or 0).capitalize()}: {lab_text(lab)}." for lab in labs)


RESULTS = {"clinic": beside, "ward": headed, "letter": first}


def noted(case: Case, headings: dict[str, str]) -> Case:
    facts = case["facts"]
    parts = []
    for field, heading in headings.items():
        entries = facts.get(field) or []
        entries = [entries] if isinstance(entries, str) else entries
        if entries:
            parts.append(f"{heading}: {'; '.join(map(entry_text, entries))}.")
    parts.append(facts.get("note") or "")
    rest = {key: value for key, value in facts.items() if key not in (*headings, "note")}
    return {
        "patient": dict(case["patient"]),
        "facts": {**copied(rest), "note": " ".join(filter(None, parts))},
    }


def entry_text(entry: Any) -> str:
    """A list's entry as people write it in a line of a letter."""
    if isinstance(entry, str):
        return entry
    words = [entry["name"], ROUTES.get(entry.get("route") or "", ""), entry.get("dose") or ""]
    start, stop, day = entry.get("start_day"), entry.get("stop_day"), entry.get("day")
    if day is not None and day != 0:
        words.append(f"({ago(day)})")
    if start is not None and stop is not None:
        words.append(f"(from {ago(start)} to {ago(stop)})")
    elif stop is not None:
        words.append(f"(stopped {ago(stop)})")
    elif start is not None:
        words.append(f"(starts {ago(start)})" if start > 0 else f"(since {ago(start)})")
    return " ".join(filter(None, words))


def ago(day: int) -> str:
    if day == 0:
        return "today"
    if day > 0:
        return f"in {day} days"
    for length, word in ((365, "year"), (30, "month"), (7, "week"), (1, "day")):
        if -day % length == 0:
            count = -day // length
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    raise AssertionError


def lab_text(lab: dict[str, Any]) -> str:
    words = [SAID.get(lab["analyte"], lab["analyte"].replace("_", " "))]
    if lab.get("value") is None:
        words.append(lab.get("qualitative") or "")
    else:
        words.append(
            f"{lab.get('comparator') or ''}{lab['value']}{'%' if lab['unit'] == '%' else ' ' + (lab['unit'] or '')}"
        )
        low, high = lab.get("ref_low"), lab.get("ref_high")
        if low is not None and high is not None:
            words.append(f"({low}-{high})")
        elif high is not None:
            words.append(f"(<{high})")
    if lab.get("note"):
        words.append(f"({lab['note']})")
    return " ".join(filter(None, words))
