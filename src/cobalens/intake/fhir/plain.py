"""The many resources of a Bundle that say nothing to any rule: what was found of the first is known of the next.

Only for resources of which every field is looked at here, and only while all that could matter is equal; the record is the
same with and without this shortcut.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from cobalens.intake.fhir.bundle import Piece
from cobalens.intake.fhir.coded import KEPT, Plan
from cobalens.intake.fhir.person import Fate, Person, placed
from cobalens.intake.fhir.shapes import Json, plain_text, text


class Lane(NamedTuple):
    code: str
    """The field that says what it is."""
    same: tuple[str, ...]
    """Fields that change what is said: equal, or the shortcut does not hold."""
    dates: tuple[str, ...]
    """Dates that do not matter here, as long as they are dates."""
    known: frozenset[str]
    """All fields, with those that are read nowhere."""


_NOWHERE = frozenset(
    "resourceType id meta text subject patient encounter context identifier implicitRules language".split()
)


def _lane(code: str, same: str, dates: str, nowhere: str) -> Lane:
    parts = tuple(same.split()), tuple(dates.split())
    return Lane(code, *parts, _NOWHERE | {code, *parts[0], *parts[1], *nowhere.split()})


LANES = {
    "Observation": _lane("code", "status category", "effectiveDateTime issued", "valueQuantity performer"),
    "Condition": _lane(
        "code", "clinicalStatus verificationStatus category", "onsetDateTime abatementDateTime recordedDate", "severity recorder asserter"
    ),
    "MedicationRequest": _lane("medicationCodeableConcept", "status intent dosageInstruction", "authoredOn", "requester category reasonReference"),
    "Procedure": _lane("code", "status", "performedDateTime", "performer location category recorder reasonReference"),
}  # fmt: skip
SILENT_KINDS = ("laboratory", "vital-signs")
"""Categories of Observations whose number says nothing where nobody knows the test."""


def signature(piece: Piece, lane: Lane) -> tuple[str, str, str] | None:
    """Under which a resource may be remembered, where its kind of content allows it at all."""
    resource = piece.resource
    if not resource.keys() <= lane.known:
        return None
    code = resource.get(lane.code)
    if not isinstance(code, dict):
        return None
    given = code.get("coding")
    first = given[0] if isinstance(given, list) and given else None
    own = first.get("code") if isinstance(first, dict) else None
    said = code.get("text")
    return piece.kind, own if isinstance(own, str) else "", said if isinstance(said, str) else ""


def remembered(
    piece: Piece, key: tuple[str, str, str], lane: Lane, person: Person
) -> tuple[Fate, str] | None:
    """What becomes of a resource like one that said nothing, and what it is called."""
    plan = person.lexis.plans.get(key)
    if plan is None or person.day is None:
        return None
    resource = piece.resource
    if resource[lane.code] != plan.code or any(resource.get(name) != value for name, value in plan.same):
        return None
    if not all(is_date(resource[name], person.day) for name in lane.dates if name in resource):
        return None
    called = plan.name
    if piece.kind == "Observation":
        shown = measured(resource)
        if shown is None:
            return None
        called = f"{called} {shown}"[:300]
    found = person.found
    found.understood += plan.understood
    found.unread += [replace(one, where=piece.where) for one in plan.unread]
    return Fate(*plan.fate), called


def is_date(value: object, day: dt.date) -> bool:
    return isinstance(value, str) and placed(value.strip(), day) is not None


def measured(resource: Json) -> str | None:
    """The number and unit of a plain quantity, as they are shown."""
    quantity = resource.get("valueQuantity")
    if not isinstance(quantity, dict) or "comparator" in quantity:
        return None
    value = quantity.get("value")
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) >= 30:
            return None
        return f"{value:f} {text(quantity.get('unit')) or text(quantity.get('code'))}".rstrip()
    if type(value) is not int or abs(value) >= 10**30:
        return None
    return f"{value} {text(quantity.get('unit')) or text(quantity.get('code'))}".rstrip()


def remember(
    piece: Piece, key: tuple[str, str, str], lane: Lane, fate: Fate, name: str, said: tuple[int, int], person: Person
) -> None:  # fmt: skip
    """Keeps what was found of a resource that changed nothing about the person."""
    resource = piece.resource
    if piece.kind == "Observation":
        if measured(resource) is None or not any(kind in SILENT_KINDS for kind in kinds(resource)):
            return
        name = name.removesuffix(f" {measured(resource)}")
    plans = person.lexis.plans
    if len(plans) >= KEPT:
        plans.clear()
    same = tuple((one, resource.get(one)) for one in lane.same)
    understood, unread = tuple(person.found.understood[said[0] :]), tuple(person.found.unread[said[1] :])
    plans[key] = Plan(resource[lane.code], same, (fate.fate, fate.reason), name, understood, unread)


def kinds(resource: Json) -> list[str]:
    category = resource.get("category")
    found = []
    for concept in category if isinstance(category, list) else []:
        given = concept.get("coding") if isinstance(concept, dict) else None
        found += (
            [plain_text(one.get("code")) for one in given if isinstance(one, dict)]
            if isinstance(given, list)
            else []
        )
    return found
