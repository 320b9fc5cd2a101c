"""CDS Hooks 2.0: which services there are, and what each says of the patient whose record or orders are open.

Nothing is fetched from anywhere and nothing is kept: what is said rests on the call alone, and names what did not come.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import Body, Parameter

from cobalens import errors
from cobalens.api import Cobalens, load
from cobalens.errors import CobalensError
from cobalens.model.record import Record
from cobalens.report import cards
from cobalens.report.cards import Card, Sent
from cobalens.serve.web import prefetch, refusals
from cobalens.serve.web.answering import Desk, today
from cobalens.serve.web.bodies import kind_of
from cobalens.serve.web.faults import PROBLEM, Problem
from cobalens.serve.web.prefetch import Asked, Given, Json, bundle_of

HOME = "/cds-services"
JSON = "application/json"
DONE = 200
Call = Request[Any, Any, Any]
VIEW, SELECT, SIGN = "patient-view", "order-select", "order-sign"
EXTENSION = "urn:cobalens:"
AS_OF, PACK = f"{EXTENSION}as-of", f"{EXTENSION}pack"
SHOWN = {
    "hook": '"hook": "patient-view"',
    "hookInstance": '"hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"',
    "context": '"context": {"patientId": "…"}',
    "patientId": '"patientId": "1288992"',
    "draftOrders": '"draftOrders": {"resourceType": "Bundle", "entry": […]}',
    "selections": '"selections": ["MedicationRequest/103"]',
    "prefetch": '"prefetch": {"patient": {"resourceType": "Patient", …}, …}',
    "extension": f'"extension": {{"{AS_OF}": "2026-03-05"}}',
    "feedback": '"feedback": [{"card": "…", "outcome": "overridden", "outcomeTimestamp": "…"}]',
}


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service, as the discovery describes it."""

    hook: str
    title: str
    description: str
    id: str
    prefetch: dict[str, str] = {}
    usageRequirements: str  # noqa: N815 - the name that the specification gives it


class Services(msgspec.Struct, frozen=True):
    """The answer of the discovery."""

    services: tuple[Service, ...]


class Cards(msgspec.Struct, frozen=True):
    """The answer of a service."""

    cards: tuple[Card, ...]


class Nothing(msgspec.Struct, frozen=True):
    """An object without anything in it."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A call, as far as it is used."""

    instance: str
    patient: str
    context: Json
    prefetch: Json
    as_of: str
    pack: str | None


ALONE = "It rests on what is prefetched alone: no FHIR server is called, and nothing is kept."
VIEW_WORDS = (
    "Reads vitamin B12 in the light of the whole record: a deficiency needing replacement, or a biomarker needing "
    "interpretation. Says nothing where nothing on the record bears on it."
)
ORDER_WORDS = (
    "Says what the orders that are not signed yet change in the reading of vitamin B12: treatment that needs it, "
    "what to do before it, and what to avoid at an operation. Says nothing where they change nothing."
)
SERVICES = {
    "cobalens-patient-view": (VIEW, "Vitamin B12 in context", VIEW_WORDS),
    "cobalens-order-select": (SELECT, "Vitamin B12 and the orders selected", ORDER_WORDS),
    "cobalens-order-sign": (SIGN, "Vitamin B12 and the orders to be signed", ORDER_WORDS),
}
OBJECT = Schema(type=OpenAPIType.OBJECT)
WORDS = Schema(type=OpenAPIType.STRING)
Told = Annotated[
    dict[str, Any],
    Body(
        media_type=JSON,
        description="A call of CDS Hooks 2.0; `fhirServer` and `fhirAuthorization` are not used.",
        schema_extra={
            "properties": {
                "hook": WORDS, "hookInstance": Schema(type=OpenAPIType.STRING, description="A UUID."),
                "context": OBJECT, "prefetch": OBJECT,
                "extension": Schema(type=OpenAPIType.OBJECT, description=f"`{AS_OF}`: the day asked about; `{PACK}`: the primary pack."),
            }
        },
    ),
]  # fmt: skip
Heard = Annotated[
    dict[str, Any],
    Body(media_type=JSON, description="What was done with a card; it is not kept.", schema_extra={"properties": {"feedback": Schema(type=OpenAPIType.ARRAY, items=OBJECT)}}),
]  # fmt: skip
Name = Annotated[
    str,
    Parameter(
        description="The `id` of a service, as the discovery names it.", schema_extra={"enum": list(SERVICES)}
    ),
]


def refused_as(*more: int) -> dict[int, ResponseSpec]:
    words = {
        400: "The call is refused, with what to do", 404: "No such service", 412: "Nothing was prefetched",
        413: "Too large", 415: "Not JSON", 429: "Too many requests",
    }  # fmt: skip
    return {
        status: ResponseSpec(data_container=Problem, media_type=PROBLEM, description=words[status], generate_examples=False)
        for status in (400, 404, *more, 413, 415, 429)
    }  # fmt: skip


def services(desk: Desk) -> list[Any]:
    asked = prefetch.asked_of(desk.door("en").ruleset)
    listed = Services(tuple(service(name, asked) for name in SERVICES))

    @get(
        HOME,
        sync_to_thread=False,
        operation_id="cds_services",
        tags=["CDS Hooks"],
        responses={429: refused_as()[429]},
    )
    def discover() -> Services:
        """The services of CDS Hooks, with what to prefetch for each."""
        return listed

    @post(
        f"{HOME}/{{service:str}}",
        sync_to_thread=True,
        status_code=DONE,
        operation_id="cds_service",
        tags=["CDS Hooks"],
        responses={
            DONE: ResponseSpec(data_container=Cards, description="Cards, or none", generate_examples=False),
            **refused_as(412),
        },
    )
    def call(request: Call, service: Name, data: Told) -> Response[bytes]:
        """What is to be said while a record is open, or orders are written."""
        hook = hook_of(service)
        ask = asked_in(data, hook)
        door = load(ask.pack or desk.settings.pack)
        return as_json(Cards(answered(door, hook, ask, asked)))

    @post(
        f"{HOME}/{{service:str}}/feedback",
        sync_to_thread=False,
        status_code=DONE,
        operation_id="cds_feedback",
        tags=["CDS Hooks"],
        responses={
            DONE: ResponseSpec(data_container=Nothing, description="Heard, and not kept", generate_examples=False),
            **refused_as(),
        },
    )  # fmt: skip
    def feedback(request: Call, service: Name, data: Heard) -> Response[bytes]:
        """What was done with a card: taken note of nowhere, since this program keeps nothing."""
        hook_of(service)
        of_kind(data, "feedback", list, "a list", "body")
        return as_json(Nothing())

    return [discover, call, feedback]


def service(name: str, asked: Asked) -> Service:
    hook, title, description = SERVICES[name]
    return Service(
        hook=hook,
        title=title,
        description=description,
        id=name,
        prefetch=asked.templates,
        usageRequirements=ALONE,
    )


def as_json(made: Cards | Nothing) -> Response[bytes]:
    return Response(msgspec.json.encode(made), media_type=MediaType.JSON)


# --- What is asked ------------------------------------------------------------------------------------------------


def hook_of(name: str) -> str:
    if name not in SERVICES:
        raise refusals.no_such_service(list(SERVICES))
    return SERVICES[name][0]


def asked_in(data: Json, hook: str) -> Ask:
    """The call, checked in the order in which one would write it."""
    if of_kind(data, "hook", str, "a text", "body") != hook:
        raise refusals.other_hook(hook)
    instance = of_kind(data, "hookInstance", str, "a text", "body")
    try:
        instance = str(UUID(instance))
    except ValueError:
        raise refusals.instance_no_uuid() from None
    context = of_kind(data, "context", dict, "an object", "body")
    patient = of_kind(context, "patientId", str, "a text", "context").removeprefix("Patient/")
    if not patient.strip():
        raise refusals.key_missing("patientId", SHOWN["patientId"], "context")
    if hook == SELECT:
        chosen = of_kind(context, "selections", list, "a list", "context")
        for one in chosen:
            if not isinstance(one, str):
                raise refusals.wrong_kind(
                    "each entry of `selections`", "a text", kind_of(one), SHOWN["selections"], "context"
                )
    if hook != VIEW:
        of_kind(context, "draftOrders", dict, "an object", "context")
    brought = of_kind(data, "prefetch", dict, "an object", "body", otherwise={})
    as_of, pack = extended(of_kind(data, "extension", dict, "an object", "body", otherwise={}))
    return Ask(
        instance=instance,
        patient=patient,
        context=context,
        prefetch=brought,
        as_of=as_of or today(),
        pack=pack,
    )


def of_kind(data: Json, name: str, wanted: type, words: str, where: str, otherwise: Any = None) -> Any:
    value = data.get(name, otherwise)
    if value is None and name not in data:
        raise refusals.key_missing(name, SHOWN[name], where)
    if not isinstance(value, wanted):
        found = "an object" if isinstance(value, dict) else kind_of(value)
        raise refusals.wrong_kind(f"`{name}`", words, found, SHOWN[name], where)
    return value


def extended(given: Json) -> tuple[str | None, str | None]:
    """What this program understands of an extension; what others have there is theirs."""
    known = (AS_OF, PACK)
    for name in given:
        if name.startswith(EXTENSION) and name not in known:
            raise errors.unknown_key("extension", name, known)
    found = []
    for name in known:
        value = given.get(name)
        if value is not None and not isinstance(value, str):
            kind = "an object" if isinstance(value, dict) else kind_of(value)
            raise refusals.wrong_kind(f"`{name}`", "a text", kind, SHOWN["extension"], "extension")
        found.append(value)
    return found[0], found[1]


# --- What is said -------------------------------------------------------------------------------------------------


def answered(door: Cobalens, hook: str, ask: Ask, asked: Asked) -> tuple[Card, ...]:
    came = prefetch.given(ask.prefetch, asked)
    sent = Sent(instance=f"{ask.instance}\n{hook}", missing=came.missing, part=came.part, tests=asked.tests)
    if hook == VIEW:
        record = read(door, came.entries, ask, "prefetch")
        if record is None:
            return ()
        return cards.of_record(door.judged(record, look_ahead=False), sent, asked.levels)
    return ordered(door, hook, ask, came, sent)


def ordered(door: Cobalens, hook: str, ask: Ask, came: Given, sent: Sent) -> tuple[Card, ...]:
    """The record with and without the orders; those selected alone where the hook says which these are."""
    drafts = prefetch.orders(ask.context["draftOrders"], came.entries)
    chosen = ask.context["selections"] if hook == SELECT else []
    new = [one for one in drafts if prefetch.is_selected(one, chosen)] or drafts
    others = [one for one in drafts if one not in new]
    before = read(door, [*came.entries, *others], ask, "prefetch")
    after = read(door, [*came.entries, *drafts], ask, "context.draftOrders")
    if after is None:
        return ()
    if before is None:
        # Nothing was on the record: what the orders say stands beside the person alone.
        before = msgspec.structs.replace(after, labs=(), events=(), elements=())
    earlier, now = (door.judged(one, look_ahead=False) for one in (before, after))
    return cards.of_orders(earlier, now, sent)


def read(door: Cobalens, entries: list[Json], ask: Ask, where: str) -> Record | None:
    """The record of the patient in context, or nothing where no resource came."""
    if not entries:
        return None
    try:
        record = door.read(bundle_of(entries, ask.patient), ask.as_of, id=ask.patient)
    except CobalensError as error:
        if error.code == "two_people":
            raise refusals.another_patient(where) from None
        raise
    if record.id != ask.patient:
        raise refusals.another_patient(where)
    return record
