"""The JSON interface: the same answers as the command line, for programs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import Body

from cobalens.api import Cobalens, load
from cobalens.model.interpretation import Interpretation
from cobalens.report.difference import WhatIf
from cobalens.serve.given import refuse_early
from cobalens.serve.web import refusals
from cobalens.serve.web.answering import Desk
from cobalens.serve.web.bodies import asked, refuse_packed
from cobalens.serve.web.faults import PROBLEM, Problem
from cobalens.serve.web.metrics import Meter

JSON = "application/json"
READ = (JSON, "application/fhir+json")
"""What a body may call itself where a FHIR Bundle may be one; neither can be sent by a page elsewhere unasked."""
TEXT = "text/plain; version=0.0.4"
REFUSED = {
    status: ResponseSpec(
        data_container=Problem, media_type=PROBLEM, description=words, generate_examples=False
    )
    for status, words in (
        (400, "The input is refused, with what to do"),
        (413, "Too large"),
        (415, "Not JSON, or packed"),
        (429, "Too many requests"),
    )
}
DONE = 200
Asked = Request[Any, Any, Any]


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person, and how to read what is given."""

    case: dict[str, Any]
    """A case, or a FHIR R4 Bundle."""
    as_of: str | None = None
    """The day on which the question is asked (YYYY-MM-DD); needed for dated input."""
    pack: str | None = None
    """The primary pack; by default the one with which the server was started."""
    language: str = "en"
    complete: tuple[str, ...] = ()
    """Lists of the case that are declared complete."""


class Ask(About, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person to interpret."""

    look_ahead: bool = True
    """Also weigh tests, look for changes and tell how firm the answer is; without it the answer comes sooner."""


class Suppose(About, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person, and what is supposed."""

    set: tuple[str, ...]
    """Settings as on the command line: ``mma=0.55umol/L``, ``pregnant=no``."""


WORDS = Schema(type=OpenAPIType.STRING)
BESIDE = {
    "case": Schema(type=OpenAPIType.OBJECT, description="A case, or a FHIR R4 Bundle."),
    "as_of": Schema(type=OpenAPIType.STRING, description="The day asked about; dated input needs it."),
    "pack": Schema(type=OpenAPIType.STRING, description="The primary pack."),
    "language": Schema(type=OpenAPIType.STRING, description="`en` or `es`."),
    "complete": Schema(
        type=OpenAPIType.ARRAY,
        items=WORDS,
        description="Lists of the case that are declared complete.",
    ),
}
LOOK_AHEAD = Schema(
    type=OpenAPIType.BOOLEAN, description="`false`: sooner, without tests weighed and changes."
)
SUPPOSED = Schema(
    type=OpenAPIType.ARRAY,
    items=WORDS,
    description="What is supposed, for what-if: `mma=0.55umol/L`, `pregnant=no`.",
)
EITHER = "A case or a FHIR R4 Bundle as it is; or an object with `case` and what is to be said beside it."
ToldToAsk = Annotated[
    dict[str, Any],
    Body(
        media_type=JSON, description=EITHER, schema_extra={"properties": {**BESIDE, "look_ahead": LOOK_AHEAD}}
    ),
]
ToldToSuppose = Annotated[
    dict[str, Any],
    Body(
        media_type=JSON,
        description="An object with `case`, and what is supposed under `set`.",
        schema_extra={"properties": {**BESIDE, "set": SUPPOSED}},
    ),
]


def interface(desk: Desk, meter: Meter) -> list[Any]:
    def door_for(ask: About) -> Cobalens:
        door = load(ask.pack or desk.settings.pack, None, ask.language)
        refuse_early(door, None, ask.complete)
        return door

    @post(
        "/api/v1/interpret",
        sync_to_thread=True,
        status_code=DONE,
        operation_id="interpret",
        tags=["interpret"],
        responses={
            DONE: ResponseSpec(
                data_container=Interpretation, description="The interpretation", generate_examples=False
            ),
            **REFUSED,
        },
    )
    def interpret(request: Asked, data: ToldToAsk) -> Response[bytes]:
        """Is this a deficiency needing replacement, or a biomarker needing interpretation? With reasons and sources."""
        ask = asked(data, Ask)
        return as_json(door_for(ask).interpret(ask.case, ask.as_of, ask.complete, look_ahead=ask.look_ahead))

    @post(
        "/api/v1/what-if",
        sync_to_thread=True,
        status_code=DONE,
        operation_id="what_if",
        tags=["interpret"],
        responses={
            DONE: ResponseSpec(
                data_container=WhatIf, description="Before and after", generate_examples=False
            ),
            **REFUSED,
        },
    )
    def what_if(request: Asked, data: ToldToSuppose) -> Response[bytes]:
        """The answer before and after something is supposed."""
        ask = asked(data, Suppose)
        if not ask.set:
            raise refusals.nothing_supposed()
        return as_json(door_for(ask).what_if(ask.case, ask.set, ask.as_of, ask.complete))

    @get("/healthz", sync_to_thread=False, media_type=MediaType.TEXT, tags=["state"])
    def healthz() -> str:
        """The program runs."""
        return "ok\n"

    @get("/readyz", sync_to_thread=False, media_type=MediaType.JSON, tags=["state"])
    def readyz() -> dict[str, str]:
        """The knowledge is loaded, and which."""
        door = desk.door("en")
        return {"state": "ready", "ruleset": door.ruleset.hash, "pack": door.pack.name}

    @get("/metrics", sync_to_thread=False, media_type=TEXT, tags=["state"])
    def metrics() -> Response[bytes]:
        """Counters of requests and their times, in Prometheus' format; no value of anybody."""
        return Response(meter.text(), media_type=TEXT)

    return [interpret, what_if, healthz, readyz, metrics]


def as_json(made: Interpretation | WhatIf) -> Response[bytes]:
    return Response(msgspec.json.encode(made), media_type=MediaType.JSON)


def json_only(request: Asked) -> None:
    only_json(request, refusals.SHAPE, READ)


def hooks_only(request: Asked) -> None:
    only_json(request, refusals.HOOK_SHAPE)


def only_json(request: Asked, shape: str, read: tuple[str, ...] = (JSON,)) -> None:
    """A page elsewhere can make a browser send text, but not JSON, without being asked first."""
    if request.method != "POST":
        return
    if request.scope["query_string"]:
        raise refusals.said_in_the_address(shape)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() not in read:
        raise refusals.not_json()
    refuse_packed(request.headers)
    if request.headers.get("content-length") == "0":
        raise refusals.empty_body(shape)
