"""What a cohort's SQL needs from the reading of one record: limits in the units met, and results that follow from others.

Units are converted and scores calculated here alone, so that a cohort and one patient can never differ in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from cobalens.intake.laboratory.units import MASS, MOLAR, convert, dimensions_of, parse_for
from cobalens.intake.timelines.derive import derived_labs
from cobalens.intake.timelines.timeline import facts_of, kept_reader
from cobalens.model.cohort import Rows, Scale, rows_of
from cobalens.model.record import Lab, Record
from cobalens.model.ruleset import Analyte, Pack, Ruleset


def scales_for(ruleset: Ruleset, pack: Pack, met: Iterable[tuple[str, str | None]] = ()) -> tuple[Scale, ...]:
    """The limits of each analyte in each of its own units, and in every further unit that was ``met`` in the data."""
    cuts = kept_reader(ruleset, pack).setting.cuts
    cutting = {f.of[0]: f for f in ruleset.facts.values() if f.lab and f.limits}
    wanted = {(name, unit) for name in cutting for unit in ruleset.analytes[name].units}
    wanted |= {
        (name, unit)
        for name in cutting
        for limit in pack.limits.get(cutting[name].limits_of, ())
        for unit in limit.values
    }
    wanted |= {(name, unit) for name, unit in met if unit is not None and name in cutting}
    found = []
    for name, unit in sorted(wanted):
        here = cuts(cutting[name], unit)
        if here is not None:
            pairs = tuple((str(cut.value), cut.edge) for cut in here)
            found.append(Scale(name, unit, pairs, _weight(ruleset.analytes[name], unit)))
    return tuple(found)


def _weight(analyte: Analyte, unit: str) -> str | None:
    """The unit in nanograms (or nanomoles, where no molar mass is known) per litre."""
    dimensions = dimensions_of(analyte)
    found = parse_for(unit, dimensions)
    if found is None or found.dimension not in dimensions or not dimensions <= {MASS, MOLAR}:
        return None
    scale = found.scale * Decimal(10) ** 9
    if found.dimension == MOLAR and analyte.molar_mass is not None:
        scale *= Decimal(analyte.molar_mass)
    return format(scale.normalize(), "f")


def factors_for(
    ruleset: Ruleset, name: str, wanted: str, met: Iterable[tuple[str, str | None]] = ()
) -> dict[str, float]:
    """Each unit of a test, its own and those ``met``, -> how much one of it is in the unit that a formula wants."""
    analyte = ruleset.analytes[name]
    target = parse_for(wanted, frozenset())
    found = {}
    for unit in {*analyte.units, *(unit for test, unit in met if test == name and unit)}:
        source = parse_for(unit, frozenset())
        one = convert(Decimal(1), source, target, analyte.molar_mass) if source and target else None
        if one is not None:
            found[unit] = float(one)
    return found


def derived_from(record: Record, ruleset: Ruleset, pack: Pack) -> list[Lab]:
    """The results that the published formulas add to this record."""
    sex, value = ruleset.facts.get("sex"), facts_of(record, ruleset, pack).values.get("sex")
    said = sex.values[value.value] if sex and value and value.value else None
    combined = pack.policies.get("combined_indicator") == "on"
    return derived_labs(record.labs, record.age, said, ruleset.analytes, combined)


def canonical(record: Record, ruleset: Ruleset, pack: Pack, person_id: str | None = None) -> Rows:
    """The canonical rows of one record, derived results among them."""
    return rows_of(record, derived_from(record, ruleset, pack), person_id)
