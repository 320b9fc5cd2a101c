"""The many plain results of a Bundle: what test and unit a result is of, and what it is called, is known of the next one.

Only for resources of which every field is looked at here; the record is the same with and without this shortcut.
"""

from __future__ import annotations

from decimal import Decimal

from cobalens.intake.fhir.bundle import Piece
from cobalens.intake.fhir.coded import KEPT, Series, test_of
from cobalens.intake.fhir.person import Fate, Person, placed
from cobalens.intake.fhir.plain import Lane, measured
from cobalens.intake.fhir.quantities import value_of
from cobalens.intake.fhir.shapes import Json
from cobalens.model.record import Lab

_PLAIN = frozenset({"value", "unit", "system", "code"})
Key = tuple[str, str, str]


def next_of(piece: Piece, key: Key, lane: Lane, person: Person) -> tuple[Fate, str] | None:
    """Takes one more result of a test and unit met before; what becomes of it, and what it is called."""
    one = person.lexis.series.get(key)
    if one is None or person.day is None:
        return None
    resource = piece.resource
    quantity, taken = resource.get("valueQuantity"), resource.get("effectiveDateTime")
    if (
        not isinstance(quantity, dict)
        or not quantity.keys() <= _PLAIN
        or (quantity.get("unit"), quantity.get("code")) != one.units
        or not isinstance(taken, str)
        or resource[lane.code] != one.code
        or any(resource.get(name) != value for name, value in one.same)
    ):
        return None
    at, shown = placed(taken.strip(), person.day), measured(resource)
    if at is None or shown is None:
        return None
    number = Decimal(quantity["value"])
    if not one.least <= number <= one.most:
        return None
    when, time = at
    called = f"{one.name} {shown}"[:300]
    same = (one.analyte, number, number, one.ucum, None, when, time, None)
    if same in person.seen:
        return Fate("set_aside", "the same result was met before"), called
    person.seen.add(same)
    person.found.labs.append(
        Lab(
            analyte=one.analyte,
            where=piece.where,
            text=f"{number} {one.unit}",
            lo=number,
            hi=number,
            unit=one.ucum,
            when=when,
            time=time,
            status=one.status,
        )
    )
    return Fate(*one.fate), called


def begin(piece: Piece, key: Key, lane: Lane, fate: Fate, name: str, lab: Lab, person: Person) -> None:
    """Keeps what a plain result was of, where nothing but its number and its day can differ in the next."""
    resource = piece.resource
    quantity, shown = resource.get("valueQuantity"), measured(resource)
    if not isinstance(quantity, dict) or not quantity.keys() <= _PLAIN or shown is None:
        return
    test = test_of(resource[lane.code], person.lexis)
    value, unit, sign = value_of(resource, test, person)
    scale = person.lexis.scales.get((test.analyte, unit))
    if (
        not test.agrees
        or isinstance(value, str)
        or sign
        or scale is None
        or scale.ucum is None
        or not is_plain(lab)
        or not name.endswith(f" {shown}")
    ):
        return
    series = person.lexis.series
    if len(series) >= KEPT:
        series.clear()
    series[key] = Series(
        resource[lane.code],
        tuple((one, resource.get(one)) for one in lane.same),
        (quantity.get("unit"), quantity.get("code")),
        name.removesuffix(f" {shown}"),
        (fate.fate, fate.reason),
        lab.analyte,
        unit,
        scale.ucum,
        lab.status,
        scale.least,
        scale.most,
    )


def is_plain(lab: Lab) -> bool:
    """A number and its unit, and nothing beside them."""
    extra = (lab.ref_low, lab.ref_high, lab.qualitative, lab.problem, lab.method, lab.specimen)
    return all(one is None for one in extra) and lab.lo is not None and lab.lo == lab.hi


def key_of(key: Key, resource: Json) -> Key:
    """A test has a series for each of its units."""
    quantity = resource.get("valueQuantity")
    unit = quantity.get("unit") if isinstance(quantity, dict) else None
    return key[1], key[2], unit if isinstance(unit, str) else ""
