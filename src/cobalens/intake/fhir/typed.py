"""Plain resources as typed values, each field of which is named here: whatever has another field or shape is read as JSON.

Fields that are read nowhere, and those that only have to be equal, stay bytes.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct

EMPTY = Raw(b"")


def is_text(line: bytes) -> bool:
    """Whether all of it can be read, also where it is not looked at."""
    try:
        return line.isascii() or bool(line.decode())
    except UnicodeDecodeError:
        return False


class Named(Struct, gc=False):
    """A reference that gives an address."""

    reference: str


class Quantity(Struct, forbid_unknown_fields=True, gc=False):
    value: Any
    unit: str = ""
    code: str = ""
    system: Raw = EMPTY


class Period(Struct, forbid_unknown_fields=True, gc=False):
    start: str = ""
    end: str = ""


class Resource(
    Struct, tag_field="resourceType", rename="camel", forbid_unknown_fields=True, kw_only=True, gc=False
):
    """What every kind may have and nothing reads but the subject and the id."""

    id: str = ""
    subject: Named | None = None
    meta: Raw = EMPTY
    text: Raw = EMPTY
    encounter: Raw = EMPTY
    identifier: Raw = EMPTY
    implicit_rules: Raw = EMPTY
    language: Raw = EMPTY


class Component(Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    code: Raw
    value_quantity: Quantity


class Observation(Resource, tag="Observation"):
    code: Raw
    effective_date_time: str
    value_quantity: Quantity | None = None
    value_codeable_concept: Raw = EMPTY
    component: list[Component] = []
    status: str = ""
    category: Raw = EMPTY
    interpretation: Raw = EMPTY
    reference_range: Raw = EMPTY
    note: Raw = EMPTY
    issued: Raw = EMPTY
    performer: Raw = EMPTY
    based_on: Raw = EMPTY
    part_of: Raw = EMPTY
    device: Raw = EMPTY


class Condition(Resource, tag="Condition"):
    code: Raw
    clinical_status: Raw = EMPTY
    verification_status: Raw = EMPTY
    category: Raw = EMPTY
    onset_date_time: str = ""
    abatement_date_time: str = ""
    recorded_date: Raw = EMPTY
    severity: Raw = EMPTY
    recorder: Raw = EMPTY
    asserter: Raw = EMPTY
    evidence: Raw = EMPTY


class MedicationUse(Resource, rename="camel", forbid_unknown_fields=True, kw_only=True, gc=False):
    """That somebody takes a medicine."""

    status: str = ""
    effective_date_time: str = ""
    effective_period: Period | None = None
    dosage: Raw = EMPTY
    reason_code: Raw = EMPTY
    date_asserted: Raw = EMPTY
    information_source: Raw = EMPTY
    context: Raw = EMPTY
    category: Raw = EMPTY
    reason_reference: Raw = EMPTY
    derived_from: Raw = EMPTY
    based_on: Raw = EMPTY
    part_of: Raw = EMPTY


class MedicationStatement(MedicationUse, tag="MedicationStatement", kw_only=True):
    medication_codeable_concept: Raw


class ReferringUse(MedicationUse, tag="MedicationStatement", kw_only=True):
    """As ``Referring``."""

    medication_reference: Raw
    contained: Raw = EMPTY


class MedicationOrder(Resource, rename="camel", forbid_unknown_fields=True, kw_only=True, gc=False):
    """Of a medicine."""

    status: str = ""
    intent: str = ""
    dosage_instruction: Raw = EMPTY
    reason_code: Raw = EMPTY
    course_of_therapy_type: Raw = EMPTY
    authored_on: str = ""
    requester: Raw = EMPTY
    recorder: Raw = EMPTY
    category: Raw = EMPTY
    reason_reference: Raw = EMPTY
    dispense_request: Raw = EMPTY
    substitution: Raw = EMPTY
    group_identifier: Raw = EMPTY
    based_on: Raw = EMPTY
    priority: Raw = EMPTY


class MedicationRequest(MedicationOrder, tag="MedicationRequest", kw_only=True):
    medication_codeable_concept: Raw


class Referring(MedicationOrder, tag="MedicationRequest", kw_only=True):
    """An order that refers to its medicine: plain among lines, where what it refers to is put in its place."""

    medication_reference: Raw
    contained: Raw = EMPTY


class Procedure(Resource, tag="Procedure"):
    code: Raw
    status: str = ""
    performed_date_time: str = ""
    performed_period: Period | None = None
    performer: Raw = EMPTY
    location: Raw = EMPTY
    category: Raw = EMPTY
    recorder: Raw = EMPTY
    reason_reference: Raw = EMPTY


Typed = Observation | Condition | MedicationRequest | Procedure | MedicationStatement


class Patient(
    Struct,
    tag_field="resourceType",
    tag="Patient",
    rename="camel",
    forbid_unknown_fields=True,
    kw_only=True,
    gc=False,
):
    """A person of whom nothing is read but birth date, sex, death and background."""

    id: str
    birth_date: str = ""
    gender: str = ""
    deceased_date_time: str = ""
    deceased_boolean: bool = False
    extension: Raw = EMPTY
    meta: Raw = EMPTY
    text: Raw = EMPTY
    implicit_rules: Raw = EMPTY
    language: Raw = EMPTY
    identifier: Raw = EMPTY
    active: Raw = EMPTY
    name: Raw = EMPTY
    telecom: Raw = EMPTY
    address: Raw = EMPTY
    marital_status: Raw = EMPTY
    multiple_birth_boolean: Raw = EMPTY
    multiple_birth_integer: Raw = EMPTY
    photo: Raw = EMPTY
    contact: Raw = EMPTY
    communication: Raw = EMPTY
    general_practitioner: Raw = EMPTY
    managing_organization: Raw = EMPTY
