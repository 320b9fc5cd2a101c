"""Codes of diagnoses, drugs and operations in the cells of a table, each with its terminology."""

from __future__ import annotations

import re
from typing import Any

from cobalens.intake.coding import system_of
from cobalens.intake.tables.cells import text_of
from cobalens.intake.tables.headings import CODE, CODED, tidy
from cobalens.intake.tables.table import Table

ICD, ICD_10 = "icd", "icd10"
LISTS = {"icd10": "conditions", "snomed": "conditions", "atc": "medications", "rxnorm": "medications"}
"""Terminology before a code -> the list of what is coded so."""
_LOINC = re.compile(r"\d{1,7}-\d")
_OTHER_ICD = re.compile(r"icd-?\d{1,2}[a-z]{0,3}", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{0,2}\d[\dA-Za-z.\-]*")
_ICD_10 = re.compile(r"[A-DF-UW-Za-df-uw-z]\d|[EVev]\d[\dA-Za-z]\.")
"""In the ninth edition codes begin with a digit, with E and three digits, or with V."""


def coded_in(table: Table, row: int) -> dict[str, Any]:
    """The code of a row and its terminology; words that stand in place of a code."""
    for one in table.header.of(CODE, CODED):
        text = table.said(row, one)
        if not text or _LOINC.fullmatch(text):
            continue
        if not _CODE.fullmatch(text) and ":" not in text:
            return {"name": text} if one.role == CODED else {}
        told = _system(table, row)
        name = table.mapped.names.get(f"{text}|{told}") or table.mapped.names.get(text)
        found = code_of(text, one.name if one.role == CODED else "", told)
        return {"name": name, **found} if name else found
    return {}


def bare(code: str) -> str:
    """The code without the terminology before it."""
    before, _, rest = code.partition(":")
    return rest.strip() if rest and system_of(before) else code


def list_of(code: str) -> str:
    """The list to which a code belongs that says its terminology: ``ICD10CM:C50.9``."""
    before, colon, _ = code.partition(":")
    system = system_of(before) if colon else None
    if system:
        return LISTS.get(system, "")
    return "conditions" if colon and _OTHER_ICD.fullmatch(before.strip()) else ""


def code_of(text: str, system: str, told: str = "") -> dict[str, Any]:
    """A code as it stands in a cell, with its terminology: told beside it, before it (``ICD10CM:C50.9``), or by its column."""
    before, colon, rest = text.partition(":")
    if colon and system_of(before):
        return {"code": rest.strip(), "system": before}
    if told.isdigit():
        told = f"{ICD}{told.lstrip('0')}"
    system = told or system
    if system == ICD:
        system = ICD_10 if _ICD_10.match(text) else "ICD-9 or ICD-10"
    return {"code": text, **({"system": system} if system else {})}


def _system(table: Table, row: int) -> str:
    for one in table.header.columns:
        if tidy(one.heading) in table.words.systems and (text := text_of(table.cell(row, one.at))):
            return text
    return ""
