"""Variants with the same result in another unit, and with another number between the same limits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cobalens.errors import CobalensError
from cobalens.intake.laboratory import units
from cobalens.model.ruleset import Analyte, Limit
from tests.robustness.cases import RULES, Case, Variant, copied

EXACT: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (("vitamin_b12",), {"ng/L": "1", "pg/mL": "1", "ng/mL": "0.001", "ng/dL": "0.1", "ug/L": "0.001"}),
    (("vitamin_b12",), {"pmol/L": "1", "nmol/L": "0.001"}),
    (("mma",), {"nmol/L": "1", "umol/L": "0.001", "µmol/L": "0.001", "nmol/mL": "0.001"}),
    (("homocysteine",), {"umol/L": "1", "µmol/L": "1", "nmol/mL": "1"}),
    (("folate_serum", "ferritin"), {"ug/L": "1", "ng/mL": "1", "µg/L": "1", "mcg/L": "1"}),
    (("hemoglobin", "albumin"), {"g/dL": "1", "g/L": "10"}),
    (("wbc", "platelets", "neutrophils", "eosinophils", "monocytes", "basophils"),
     {"10^9/L": "1", "K/uL": "1", "/mm3": "1000", "10^3/µL": "1", "x10^9/L": "1", "/uL": "1000", "G/L": "1"}),
    (("crp",), {"mg/L": "1", "mg/dL": "0.1"}),
    (("copper", "zinc"), {"ug/dL": "1", "ug/L": "10", "µg/dL": "1"}),
    (("hematocrit", "tsat"), {"%": "1", "L/L": "0.01"}),
    (("haptoglobin", "fibrinogen"), {"mg/dL": "1", "g/L": "0.01"}),
    (("bilirubin_total", "bilirubin_indirect"), {"umol/L": "1", "µmol/L": "1"}),
    (("creatinine",), {"umol/L": "1", "µmol/L": "1", "mmol/L": "0.001"}),
    (("creatinine",), {"mg/dL": "1", "mg/L": "10"}),
)  # fmt: skip
"""Units of which the same result is written with a factor that is exact."""
ACROSS = {
    ("vitamin_b12", "ng/L"): ("pmol/L", "0.7378"), ("vitamin_b12", "pg/mL"): ("pmol/L", "0.7378"), ("vitamin_b12", "pmol/L"): ("ng/L", "1.3554"),
    ("creatinine", "mg/dL"): ("umol/L", "88.42"), ("creatinine", "umol/L"): ("mg/dL", "0.01131"),
    ("bilirubin_total", "mg/dL"): ("umol/L", "17.1"), ("bilirubin_total", "umol/L"): ("mg/dL", "0.05848"),
    ("hemoglobin", "g/dL"): ("mmol/L", "0.6206"), ("hemoglobin", "g/L"): ("mmol/L", "0.06206"),
    ("folate_serum", "ng/mL"): ("nmol/L", "2.266"), ("folate_serum", "ug/L"): ("nmol/L", "2.266"),
    ("ferritin", "ug/L"): ("ng/mL", "1"), ("copper", "ug/dL"): ("umol/L", "0.1574"),
}  # fmt: skip
"""From mass to molar and back, rounded: only where the result lies well away from every limit."""
MARGIN = (Decimal("0.95"), Decimal("1.05"))
SHIFTS = tuple(Decimal(x) for x in ("0.5", "0.7", "0.8", "0.9", "0.95", "1.05", "1.1", "1.2", "1.4", "1.8"))
SMALL_SHIFTS = tuple(Decimal(x) for x in ("0.98", "0.99", "1.01", "1.02"))
FEEDS_A_SCORE = ("creatinine", "iron", "tibc", "transferrin", "egfr", "wbc")
"""Their own limits are not the only ones that count."""


def other_units(name: str, case: Case) -> Iterator[Variant]:
    for number in range(3):
        chance = random.Random(f"unit {name} {number}")
        fresh = copied(case)
        for lab in fresh["facts"].get("labs") or []:
            others = [
                (unit, Decimal(factor) / Decimal(table[lab["unit"]]))
                for analytes, table in EXACT
                if lab["analyte"] in analytes and lab.get("unit") in table
                for unit, factor in table.items()
                if unit != lab["unit"]
            ]
            if others:
                rescale(lab, *chance.choice(others))
        yield Variant(name, f"unit {number}", fresh)


def molar_units(name: str, case: Case) -> Iterator[Variant]:
    fresh = copied(case)
    changed = False
    for lab in fresh["facts"].get("labs") or []:
        pair = ACROSS.get((lab["analyte"], lab.get("unit") or ""))
        if pair and all(same_stretch(lab, factor) for factor in MARGIN):
            rescale(lab, pair[0], Decimal(pair[1]))
            changed = True
    if changed:
        yield Variant(name, "mass and molar", fresh)


def other_numbers(name: str, case: Case) -> Iterator[Variant]:
    for number in range(3):
        chance = random.Random(f"number {name} {number}")
        fresh = copied(case)
        by_analyte: dict[str, list[Any]] = {}
        for lab in fresh["facts"].get("labs") or []:
            by_analyte.setdefault(lab["analyte"], []).append(lab)
        for analyte, labs in by_analyte.items():
            shifts = SMALL_SHIFTS if analyte in FEEDS_A_SCORE else SHIFTS
            # The same factor for all readings of a test, so that its trend stays what it was.
            fitting = [shift for shift in shifts if all(same_stretch(lab, shift) for lab in labs)]
            if fitting:
                shift = chance.choice(fitting)
                for lab in labs:
                    if lab.get("value") is not None:
                        lab["value"] = number_of(Decimal(str(lab["value"])) * shift)
        yield Variant(name, f"number {number}", fresh)


def rescale(lab: dict[str, Any], unit: str, factor: Decimal) -> None:
    lab["unit"] = unit
    for key in ("value", "ref_low", "ref_high"):
        if lab.get(key) is not None:
            lab[key] = number_of(Decimal(str(lab[key])) * factor)


def number_of(value: Decimal) -> float | int:
    value = round(value, 6)
    return int(value) if value == value.to_integral() else float(value)


def same_stretch(lab: dict[str, Any], factor: Decimal) -> bool:
    """No published limit of any pack, no printed one and no bound of what is plausible lies between the two results."""
    if lab.get("value") is None:
        return True
    unit = units.parse(lab.get("unit") or "")
    if unit is None:
        return False
    value = Decimal(str(lab["value"]))
    low, high = sorted((value, value * factor))
    marks = [Decimal(str(lab[key])) for key in ("ref_low", "ref_high") if lab.get(key) is not None]
    analyte = RULES.analytes[lab["analyte"]]
    marks += [Decimal(mark) for mark in analyte.plausible.get(unit.ucum, ())]
    for pack in RULES.packs.values():
        for limit in pack.limits.get(lab["analyte"], ()):
            for written, number in limit.values.items():
                if written == unit.ucum:
                    marks.append(Decimal(number))
                    break
            else:
                marks += carried(unit, limit, analyte)
    return not any(low <= mark <= high for mark in marks)


def carried(unit: units.Unit, limit: Limit, analyte: Analyte) -> list[Decimal]:
    """The limit in this unit; none where the limit is of another kind (a count, and a share of it)."""
    try:
        return [units.limit_in(unit.ucum, limit, analyte)[0]]
    except CobalensError:
        return []
