"""FHIR R4 and R4B in JSON: Bundles, single resources, lists and bulk lines, to one record for each person.

Every resource ends as one element of the record with its fate; nothing is dropped in silence.
"""

from __future__ import annotations

import datetime as dt
import re
from builtins import id as address_of
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from cobalens import errors
from cobalens.errors import CobalensError
from cobalens.intake import dates
from cobalens.intake.casefile import tools_for
from cobalens.intake.entries import Tools, nothing_yet
from cobalens.intake.fhir import alike, documents, medicines, observations, plans, statements, straight
from cobalens.intake.fhir.bundle import (
    WHERE,
    Directory,
    Group,
    Piece,
    PlainEntry,
    content_of,
    directory,
    people,
    pieces_of,
    plain_entries,
    plain_place,
    resources_of,
)
from cobalens.intake.fhir.coded import lexis
from cobalens.intake.fhir.person import (
    NOT_UNDERSTOOD,
    SET_ASIDE,
    UNDERSTOOD,
    USED,
    Fate,
    Person,
    read_known_patient,
    read_patient,
)
from cobalens.intake.fhir.shapes import Json, codings, items, number, obj, plain_text, text, words
from cobalens.intake.fhir.typed import Patient
from cobalens.intake.prose.series import merge
from cobalens.intake.refused import Refused
from cobalens.model.record import Element, Event, Record, Unread
from cobalens.model.ruleset import Ruleset

__all__ = ["read", "recognise"]

_MARK = re.compile(rb'^\s*[\[{].*?"resourceType"\s*:\s*"[A-Z]', re.DOTALL)
MOST_UNREAD = 1_000
OWN = "urn:cobalens:"
"""Codes that this program hands out."""

READERS: dict[str, Callable[[Json, str, Person], Fate | None]] = {
    "Observation": observations.read_observation,
    "Condition": statements.read_condition,
    "MedicationRequest": medicines.read_request,
    "MedicationStatement": medicines.read_statement,
    "MedicationAdministration": medicines.read_administration,
    "MedicationDispense": medicines.read_dispense,
    "Procedure": statements.read_procedure,
    "ServiceRequest": statements.read_service,
    "AllergyIntolerance": statements.read_allergy,
    "FamilyMemberHistory": statements.read_family,
    "CarePlan": plans.read_plan,
    "NutritionOrder": statements.read_nutrition,
    "QuestionnaireResponse": documents.read_form,
    "DiagnosticReport": documents.read_report,
    "DocumentReference": documents.read_document,
    "Composition": documents.read_composition,
    "ClinicalImpression": documents.read_impression,
    "Flag": documents.read_impression,
    "Goal": documents.read_impression,
    "Communication": documents.read_impression,
}
LOOKED_UP = {
    "Medication": "read with the prescription that names it",
    "Specimen": "read with the result that names it",
    "Binary": "read with the document that names it",
    "Encounter": "its dates are read where a result has none",
}
NOT_NEEDED = frozenset(
    "Organization Practitioner PractitionerRole Location Device Claim ClaimResponse ExplanationOfBenefit Coverage Immunization CareTeam "
    "MessageHeader Provenance AuditEvent OperationOutcome Account Appointment Slot Schedule HealthcareService Endpoint Group Basic "
    "RelatedPerson Questionnaire Media ImagingStudy SupplyDelivery SupplyRequest Task List Consent Subscription Linkage Person "
    "CapabilityStatement ValueSet CodeSystem StructureDefinition BodyStructure Substance EpisodeOfCare DeviceUseStatement Invoice".split()
)
"""Kinds in which nothing stands that a rule asks for."""


def recognise(head: bytes) -> bool:
    """A resource says its type; the first that says it may stand in a Bundle's entry."""
    return _MARK.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def read(
    source: bytes, ruleset: Ruleset, as_of: str | None = None, id: str = "case"
) -> list[Record | Refused]:
    """Everybody in the source; one person whose own record is refused does not take the others along."""
    day = decision_day(as_of)
    tools = tools_for(ruleset)
    content = content_of(source)
    entries = plain_entries(content)
    if entries is not None and day is not None and straight.is_of_one(entries):
        return [at_once(entries, content, tools, day, id)]
    pieces = resources_of(content) if entries is None else pieces_of(entries, content)
    if not pieces:
        raise errors.empty_input(WHERE)
    if all(piece.kind in NOT_NEEDED for piece in pieces):
        raise errors.about_nobody(WHERE, pieces[0].kind)
    index = directory(pieces)
    set_older_aside(pieces)
    groups = people(pieces, index)
    if len(groups) == 1:
        return [record(groups[0], tools, index, day, as_of, id)]
    made: list[Record | Refused] = []
    for group in groups:
        try:
            made.append(record(group, tools, index, day, as_of, id))
        except CobalensError as error:
            if error.code == "as_of_needed":
                raise
            made.append(Refused(own_id(group, id), error))
    return made


def says_nothing(content: bytes, tools: Tools, day: dt.date) -> bool:
    """Whether the resources on these lines, all of one person, add nothing to what is known of that person on a day."""
    pieces = resources_of(content)
    person = Person(tools, lexis(tools), nothing_yet(), day, directory(pieces), today=day.isoformat())
    for piece in pieces:
        element(piece, person)
    found = person.found
    return not (found.events or found.labs or found.text_labs or found.notes or found.complete)


def decision_day(as_of: str | None) -> dt.date | None:
    if as_of is None:
        return None
    try:
        first, last, _ = dates.parse_date(as_of)
    except dates.DateError:
        raise errors.date_not_understood("as_of") from None
    if first != last:
        raise errors.date_not_understood("as_of")
    return first


def set_older_aside(pieces: list[Piece]) -> None:
    """Of several versions of one resource the newest counts."""
    if len({f"{one.kind} {one.known_id or one.own}" for one in pieces}) == len(pieces):
        return
    newest: dict[tuple[str, str], Piece] = {}
    for piece in pieces:
        own = plain_text(piece.own)
        if not own or piece.aside or piece.kind == "Patient":
            continue
        other = newest.setdefault((piece.kind, own), piece)
        if other is piece or other.resource.get("subject") != piece.resource.get("subject"):
            continue
        if other.resource == piece.resource:
            piece.aside = "the same resource again"
            continue
        mine, theirs = version_of(piece.resource), version_of(other.resource)
        if mine == theirs:
            continue
        older, newer = (piece, other) if mine < theirs else (other, piece)
        older.aside = "an older version of a resource that is here too"
        newest[piece.kind, own] = newer


def version_of(resource: Json) -> tuple[str, int]:
    """When it was last changed, and its version; equal where nothing is said."""
    meta = obj(resource.get("meta"))
    version = text(meta.get("versionId"))
    return text(meta.get("lastUpdated")), int(version) if version.isdecimal() and len(version) < 9 else 0


def own_id(group: Group, id: str) -> str:
    own = text(group.patient.own) if group.patient else group.key.rsplit("/", 1)[-1]
    return own[:200] or id


def record(
    group: Group, tools: Tools, index: Directory, day: dt.date | None, as_of: str | None, id: str
) -> Record:
    """One person's record, with what became of each of the resources."""
    person = Person(tools, lexis(tools), nothing_yet(), day, index, today=day.isoformat() if day else "")
    fates: dict[int, Fate] = {}
    if (own := group.patient) is not None:
        fates[0] = (
            read_known_patient(own.of_person, own.where, person)
            if own.of_person is not None
            else read_patient(own.resource, own.where, person, day.isoformat() if day else None)
        ) or Fate(USED, "")
    elif contained := within(group):
        read_patient(contained, "contained Patient", person, day.isoformat() if day else None)
    person.reports = listed(group, index)
    elements: list[Element] = []
    for piece in group.pieces:
        if group.patient is piece:
            elements.append(Element(piece.where, piece.kind, *fates[0]))
        else:
            elements.append(element(piece, person))
    return made_of(person, own_id(group, id), tuple(elements))


def at_once(entries: list[PlainEntry], content: bytes, tools: Tools, day: dt.date, id: str) -> Record:
    """The record of a plain Bundle of one person, without a piece for each resource."""
    own = entries[0].resource
    assert isinstance(own, Patient)
    person = Person(tools, lexis(tools), nothing_yet(), day, directory([]), today=day.isoformat())
    where = plain_place(0, "Patient", own.id)
    fate = read_known_patient(own, where, person) or Fate(USED, "")
    waiting = straight.read_entries(entries, content, person, day, element)
    elements = straight.account(Element(where, "Patient", *fate), waiting)
    return made_of(person, text(own.id)[:200] or id, elements)


def made_of(person: Person, id: str, elements: Sequence[Element]) -> Record:
    found = person.found
    return Record(
        id=id,
        as_of=person.today or None,
        age=person.age,
        labs=merge(found.labs, found.text_labs),
        events=tuple(passed(dict.fromkeys(found.events), person)),
        complete=frozenset(found.complete),
        not_understood=once(found.unread),
        notes=tuple(dict.fromkeys(found.notes)),
        elements=elements,
        understood=tuple(dict.fromkeys(found.understood)),
        died=person.died,
    )


def passed(events: Iterable[Event], person: Person) -> Iterator[Event]:
    """A state of the body that passes of itself is over some time after it began, whether or not anybody said so."""
    lasts = person.lexis.data.get("passing", {})
    for event in events:
        days = lasts.get(event.concept)
        begun = event.start.last
        over = days is not None and begun is not None and begun < -days and not event.stop.known
        yield replace(event, time="past") if over and event.time == "current" else event


def within(group: Group) -> Json:
    """The Patient that a resource carries in itself."""
    return next(
        (
            one
            for piece in group.pieces
            if piece.plain is None
            for one in items(piece.resource.get("contained"))
            if one.get("resourceType") == "Patient"
        ),
        {},
    )


def listed(group: Group, index: Directory) -> dict[int, str]:
    """For results without a date of their own: the date of the report that lists them."""
    found: dict[int, str] = {}
    for piece in group.pieces:
        if piece.kind == "DiagnosticReport" and not piece.aside:
            given = piece.resource
            when = text(given.get("effectiveDateTime")) or text(
                obj(given.get("effectivePeriod")).get("start")
            )
            if when:
                for one in items(given.get("result")):
                    # A result of plain values has a date of its own.
                    known = index.piece(one)
                    if known is not None and known.plain is not None:
                        continue
                    if resource := index.find(one, given):
                        found.setdefault(address_of(resource), when)
    return found


def element(piece: Piece, person: Person) -> Element:
    """One resource with what became of it; one that says nothing like many before it need not be read again."""
    plain = None if piece.aside else piece.plain
    if plain is None:
        fate = what_becomes(piece, person)
        return Element(piece.where, described(piece), *fate)
    if (known := alike.recalled(plain, piece.where, person)) is not None:
        return known
    found = person.found
    before = alike.count(found)
    # What this resource declares complete is told apart from what was complete already.
    complete, found.complete = found.complete, set()
    fate = what_becomes(piece, person)
    made = Element(piece.where, described(piece), *fate)
    if not found.complete:
        alike.keep(plain, made, piece.resource, before, person)
    found.complete |= complete
    return made


def what_becomes(piece: Piece, person: Person) -> Fate:
    """Reads one resource and says what became of it."""
    if piece.aside:
        return Fate(SET_ASIDE, piece.aside)
    kind = piece.kind
    if is_own(piece.resource):
        return Fate(SET_ASIDE, "an earlier interpretation by this program is no fact about the person")
    if kind == "Patient":
        return Fate(SET_ASIDE, "the same person again")
    if kind in LOOKED_UP:
        return Fate(UNDERSTOOD, LOOKED_UP[kind])
    reader = READERS.get(kind)
    if reader is None:
        return (
            Fate(UNDERSTOOD, "no rule needs this kind")
            if kind in NOT_NEEDED
            else Fate(NOT_UNDERSTOOD, "this kind of resource is not read")
        )
    found = person.found
    told_of = len(found.events), len(found.labs), len(found.text_labs), len(found.complete)
    understood, unread = len(found.understood), len(found.unread)
    told = reader(piece.resource, piece.where, person)
    if told is not None:
        return told
    if told_of != (len(found.events), len(found.labs), len(found.text_labs), len(found.complete)):
        return Fate(USED, "")
    if len(found.understood) != understood:
        return Fate(UNDERSTOOD, "no rule needs it")
    if len(found.unread) != unread:
        return Fate(NOT_UNDERSTOOD, "its words and codes are not known here")
    return Fate(UNDERSTOOD, "it says nothing that a rule needs")


def is_own(resource: Json) -> bool:
    code = resource.get("code")
    given = code.get("coding") if isinstance(code, dict) else None
    if isinstance(given, list):
        for one in given:
            if isinstance(one, dict) and plain_text(one.get("system")).startswith(OWN):
                return True
    return False


NAMED = ("code", "medicationCodeableConcept", "vaccineCode", "type", "relationship")


def described(piece: Piece) -> str:
    """What it is, in the source's own words."""
    given = piece.resource
    if not given or piece.kind == "Patient":
        return piece.kind or "nothing"
    name = ""
    for key in NAMED:
        if key in given and (name := words(given[key])):
            break
    if not name:
        name = (
            _by_code(given.get("code"))
            or text(obj(given.get("medicationReference")).get("display"))
            or piece.kind[:60]
        )
    if piece.kind != "Observation":
        return name[:300]
    quantity = given.get("valueQuantity")
    if isinstance(quantity, dict):
        unit = text(quantity.get("unit")) or text(quantity.get("code"))
        return (
            f"{name} {plain_text(quantity.get('comparator'))}{number(quantity.get('value'))} {unit}".strip()[
                :300
            ]
        )
    return (
        f"{name} {text(given.get('valueString'))[:80] or words(given.get('valueCodeableConcept'))}".strip()[
            :300
        ]
    )


def _by_code(concept: Any) -> str:
    return next(
        (f"{one.system.rsplit('/', 1)[-1]} {one.code}".strip() for one in codings(concept) if one.code), ""
    )


def once(unread: list[Unread]) -> tuple[Unread, ...]:
    """The same words in a hundred places are told once, where they stand first."""
    first: dict[str, Unread] = {}
    for one in unread:
        first.setdefault(one.text, one)
    return tuple(first.values())[:MOST_UNREAD]
