"""Is B12 low, under 200 pg/mL? Twelve ways of writing it that are each read right, or unknown with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.fhir.build import b12, concept, door, one, quantity

LOW, INDETERMINATE, UNKNOWN = "deficient", "indeterminate", "not_measured"

PROBES: dict[str, tuple[dict[str, Any], str, str]] = {
    "150 pg/mL": (b12(**quantity(150, "pg/mL")), LOW, ""),
    "150 ng/L": (b12(**quantity(150, "ng/L")), LOW, ""),
    "0.15 ng/mL": (b12(**quantity(0.15, "ng/mL")), LOW, ""),
    "110 pmol/L under a molar code": (b12(code="14685-2", **quantity(110, "pmol/L")), LOW, ""),
    "110 pmol/L under the mass code": (b12(**quantity(110, "pmol/L")), LOW, "the unit that was reported is read"),
    "250 pmol/L under the mass code is 339 pg/mL": (b12(**quantity(250, "pmol/L")), INDETERMINATE, "the unit that was reported is read"),
    "a unit in text without a UCUM code": (b12(**quantity(150, "pg/ml", ucum=False)), LOW, ""),
    "below 100": (b12(**quantity(100, "pg/mL", comparator="<")), LOW, ""),
    "above 150 does not say on which side of a limit": (
        b12(**quantity(150, "pg/mL", comparator=">")), UNKNOWN, "does not say on which side of a limit",
    ),
    "entered in error": (b12(status="entered-in-error", **quantity(150, "pg/mL")), UNKNOWN, "entered in error"),
    "no value, with the reason": (b12(dataAbsentReason=concept("", ("", "not-performed"))), UNKNOWN, "no result (not-performed)"),
    "150 g/L cannot be": (b12(**quantity(150, "g/L")), UNKNOWN, "outside anything that occurs"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROBES)
def test_probe(name: str) -> None:
    observation, says, reason = PROBES[name]
    record = one(observation)
    case = door().case(record)
    assert case.answer("total_b12_says") == says
    told = [note.message for note in record.notes] + [case.value("total_b12").note]
    assert not reason or any(reason in message for message in told), told


def test_the_original_number_and_unit_are_kept() -> None:
    (lab,) = one(b12(**quantity(110, "pmol/L"))).labs
    assert (lab.text, lab.unit, lab.lo, lab.hi) == ("110 pmol/L", "pmol/L", 110, 110)


def test_two_different_units_are_not_chosen_between() -> None:
    both = {
        "valueQuantity": {
            "value": 150,
            "unit": "pg/mL",
            "system": "http://unitsofmeasure.org",
            "code": "pmol/L",
        }
    }
    (lab,) = one(b12(**both)).labs
    assert lab.problem == "unit_impossible"
