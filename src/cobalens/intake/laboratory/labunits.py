"""The unit of a laboratory entry: in its field, beside its value, behind its name, or in its printed range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex, unit_beside
from cobalens.intake.laboratory.units import Unit
from cobalens.intake.laboratory.values import Value, read_value
from cobalens.model.ruleset import Analyte

MOST_TEXT = 300


def written(raw: object) -> str:
    return (
        " ".join(str(raw).split())[:MOST_TEXT] if isinstance(raw, str | int | Decimal) and raw != "" else ""
    )


def unit_of(
    entry: Mapping[str, Any], value: Value, bearers: Iterable[str], index: AnalyteIndex
) -> tuple[Unit | None, str, bool]:
    """The unit, its text, and whether two different units were given."""
    accepted = frozenset(d for key in bearers for d in units.dimensions_of(index.analytes[key]))
    field = written(entry.get("unit"))
    if field.lower() in index.words.awaited:
        field = ""
    if not field:
        field = unit_beside(written(entry.get("analyte") or entry.get("name")), accepted, index)
    if not field and not value.unit and (printed := read_value(entry.get("ref_range"), index.words).unit):
        field = unit_beside(f"({printed})", accepted, index)
    outer = units.parse_for(field, accepted, index.words.units) if field else None
    inner = units.parse_for(value.unit, accepted, index.words.units) if value.unit else None
    if field and value.unit:
        alike = outer and inner and (outer.dimension, outer.scale) == (inner.dimension, inner.scale)
        return outer, field, not alike
    return (outer, field, False) if field else (inner, value.unit, False)


def which(bearers: tuple[str, ...], unit: Unit | None, index: AnalyteIndex) -> Analyte:
    """The one bearer of the name that is reported in this dimension; the first when none is."""
    if unit is not None:
        for key in bearers:
            if unit.dimension in units.dimensions_of(index.analytes[key]):
                return index.analytes[key]
    return index.analytes[bearers[0]]
