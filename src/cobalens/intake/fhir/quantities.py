"""The value of an Observation with its unit, as it was written: numbers, words, ranges, ratios."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cobalens.intake.fhir.coded import Test
from cobalens.intake.fhir.person import (
    Person,
)
from cobalens.intake.fhir.shapes import (
    Json,
    codings,
    number,
    obj,
    plain_text,
    text,
    words,
)
from cobalens.intake.laboratory import units

Written = str | int | Decimal
"""A number stays one: only a text can have a separator that might mark thousands."""


def value_of(part: Json, test: Test, person: Person) -> tuple[Written | None, str, str]:
    """The value, its unit and its comparator; ``None`` where there is none."""
    if quantity := obj(part.get("valueQuantity")):
        value = number_of(quantity.get("value"))
        if value is None:
            return None, "", ""
        beside, unit = _unit(quantity, test, person)
        return f"{value} {beside}" if beside else value, unit, plain_text(quantity.get("comparator"))
    if isinstance(said := part.get("valueString"), str) and said.strip():
        return " ".join(said.split())[:400], "", ""
    for name in ("valueInteger", "valueDecimal"):
        if (value := number_of(part.get(name))) is not None:
            return value, "", ""
    if concept := obj(part.get("valueCodeableConcept")):
        return _worded(concept, person) or None, "", ""
    if between_two := obj(part.get("valueRange")):
        low, high = obj(between_two.get("low")), obj(between_two.get("high"))
        ends = number(low.get("value")), number(high.get("value"))
        beside, unit = _unit(low or high, test, person)
        if ends[0] and ends[1]:
            return f"{ends[0]}-{ends[1]} {beside}".strip(), unit, ""
        if ends[0] or ends[1]:
            return f"{ends[0] or ends[1]} {beside}".strip(), unit, ">=" if ends[0] else "<="
    if ratio := obj(part.get("valueRatio")):
        above, below = (number(obj(ratio.get(name)).get("value")) for name in ("numerator", "denominator"))
        parts = [_shown(obj(ratio.get(name))) for name in ("numerator", "denominator")]
        if above and below == "1" and all(parts):
            # So much in one litre.
            return above, "/".join(parts), text(obj(ratio.get("numerator")).get("comparator"))
        if above and below:
            return f"{above}:{below}", "", text(obj(ratio.get("numerator")).get("comparator"))
    return None, "", ""


def _shown(quantity: Json) -> str:
    return text(quantity.get("unit")) or text(quantity.get("code"))


def number_of(value: Any) -> Written | None:
    """A number of JSON, or one in quotation marks as some senders write it."""
    if isinstance(value, Decimal):
        return value if abs(value.adjusted()) < 30 else None
    if isinstance(value, int):
        return None if isinstance(value, bool) or abs(value) >= 10**30 else value
    return (value.strip() or None) if isinstance(value, str) else None


def _worded(concept: Json, person: Person) -> str:
    """An answer in words; a code without words by the list of answers."""
    said = words(concept)
    if said:
        return said
    answers = person.lexis.data.get("answers", {})
    return next((answers[one.code] for one in codings(concept) if one.code in answers), "") or next(
        (one.code for one in codings(concept) if one.code), ""
    )


def _unit(quantity: Json, test: Test, person: Person) -> tuple[str, str]:
    """What is written beside the number, and the unit; two that differ are handed on both, so that neither is picked."""
    shown, code = text(quantity.get("unit"))[:60], text(quantity.get("code"))[:60]
    if not shown or not code or shown == code:
        return "", shown or code
    analyte = person.tools.analytes.analytes.get(test.analyte)
    if analyte is None:
        return "", shown
    accepted, spelt = units.dimensions_of(analyte), person.tools.analytes.words.units
    one, other = units.parse_for(shown, accepted, spelt), units.parse_for(code, accepted, spelt)
    if one and other and (one.dimension, one.scale) != (other.dimension, other.scale):
        return shown, code
    return "", shown if one or not other else code
