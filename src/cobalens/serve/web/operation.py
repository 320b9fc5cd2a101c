"""`POST /fhir/$interpret-b12`: one person's record as a Bundle or in Parameters, and the interpretation as a Bundle."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import Body

from cobalens import errors
from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.report.fhir import bundle
from cobalens.serve.web import refusals
from cobalens.serve.web.answering import Desk
from cobalens.serve.web.bodies import kind_of, refuse_packed
from cobalens.serve.web.capability import OPERATION, PARAMETERS, capability, definition
from cobalens.serve.web.outcomes import FHIR_JSON
from cobalens.serve.web.settings import Settings

Json = dict[str, Any]

HOME = "/fhir"
JSON = "application/json"
READ = (FHIR_JSON, JSON)
VERSIONS = ("4.0", "4.0.1", "4.3", "4.3.0")
DONE = 200
AUDIENCES = ("clinician", "patient")
Call = Request[Any, Any, Any]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the Parameters say beside the record."""

    record: Json
    as_of: str | None = None
    pack: str | None = None
    language: str = "en"
    audience: str = AUDIENCES[0]


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A FHIR resource, whose elements its own specification describes."""

    resourceType: str  # noqa: N815 - the name that FHIR gives it


WORDS = Schema(type=OpenAPIType.STRING)
Told = Annotated[
    dict[str, Any],
    Body(
        media_type=FHIR_JSON,
        description="A Bundle of any type, or Parameters with `bundle` or `resource`, `asOf`, `pack`, `language`, `audience`.",
        schema_extra={"properties": {"resourceType": WORDS}},
    ),
]
REFUSED = {
    status: ResponseSpec(data_container=Resource, media_type=FHIR_JSON, description=words, generate_examples=False)
    for status, words in (
        (400, "The input is refused, with what to do, as an OperationOutcome"), (406, "Another format was asked for"),
        (413, "Too large"), (415, "Not FHIR in JSON"), (429, "Too many requests"),
    )
}  # fmt: skip


def operations(desk: Desk) -> list[Any]:
    ruleset = desk.door("en").ruleset

    @post(
        f"{HOME}/${OPERATION}",
        sync_to_thread=True,
        status_code=DONE,
        operation_id="interpret_b12",
        tags=["FHIR"],
        responses={
            DONE: ResponseSpec(
                data_container=Resource,
                media_type=FHIR_JSON,
                description="The Bundle",
                generate_examples=False,
            ),
            **REFUSED,
        },
    )
    def interpret_b12(request: Call, data: Told) -> Response[bytes]:
        """The interpretation of one person's record as a Bundle, as `cobalens interpret --format fhir` writes it."""
        ask = asked_in(data)
        door = load(ask.pack or desk.settings.pack, None, ask.language)
        try:
            case, said = door.judged(ask.record, ask.as_of)
        except CobalensError as error:
            raise refusals.day_not_given() if error.code == "as_of_needed" else error from None
        return as_fhir(bundle(case, said, ask.audience), request)

    def described(summary: str) -> Any:
        return {DONE: ResponseSpec(data_container=Resource, media_type=FHIR_JSON, description=summary, generate_examples=False),
                **{status: REFUSED[status] for status in (400, 406, 429)}}  # fmt: skip

    @get(
        f"{HOME}/metadata",
        sync_to_thread=False,
        operation_id="capability",
        tags=["FHIR"],
        responses=described("The statement"),
    )
    def metadata(request: Call) -> Response[bytes]:
        """What of FHIR this program does: one operation, and no records."""
        return as_fhir(capability(ruleset, base_of(request, desk.settings)), request)

    @get(
        f"{HOME}/OperationDefinition/{OPERATION}",
        sync_to_thread=False,
        operation_id="operation_definition",
        tags=["FHIR"],
        responses=described("The definition"),
    )
    def operation(request: Call) -> Response[bytes]:
        """The operation and its parameters, as the capability statement refers to it."""
        return as_fhir(definition(base_of(request, desk.settings)), request)

    return [interpret_b12, metadata, operation]


# --- What is asked ------------------------------------------------------------------------------------------------


def asked_in(data: Json) -> Asked:
    kind = data.get("resourceType")
    if not isinstance(kind, str) or not kind:
        raise refusals.not_a_resource()
    return of_parameters(data) if kind == "Parameters" else Asked(record=data)


def of_parameters(data: Json) -> Asked:
    """Each parameter is known, stands once and has the kind that the definition gives it; resources are put together."""
    given = data.get("parameter", [])
    if not isinstance(given, list):
        raise refusals.wrong_kind(
            "`parameter`", "a list", kind_or_object(given), "", "Parameters", refusals.FHIR_SHAPE
        )
    resources: list[Json] = []
    found: dict[str, str] = {}
    for one in given:
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str):
            raise refusals.key_missing("name", '{"name": "asOf", "valueDate": "2026-03-05"}', "Parameters")
        if name not in PARAMETERS:
            raise errors.unknown_key("Parameters", name, PARAMETERS)
        kinds = PARAMETERS[name].values
        if not kinds:
            resources.append(resource_of(one, name))
            if (
                name == "bundle"
                and sum(part.get("name") == name for part in given if isinstance(part, dict)) > 1
            ):
                raise refusals.parameter_twice(name)
            continue
        if name in found:
            raise refusals.parameter_twice(name)
        found[name] = value_of(one, name, kinds)
    if not resources:
        raise refusals.no_resource_given()
    if found.get("audience", AUDIENCES[0]) not in AUDIENCES:
        raise refusals.no_such_audience()
    return Asked(
        record=resources[0] if len(resources) == 1 else together(resources),
        as_of=found.get("asOf"),
        pack=found.get("pack"),
        language=found.get("language", "en"),
        audience=found.get("audience", AUDIENCES[0]),
    )


def resource_of(parameter: Json, name: str) -> Json:
    found = parameter.get("resource")
    if not isinstance(found, dict):
        raise refusals.wrong_kind(
            f"`{name}`", "a `resource`", "no resource", "", "Parameters", refusals.FHIR_SHAPE
        )
    if name == "bundle" and found.get("resourceType") != "Bundle":
        raise refusals.wrong_kind(
            f"`{name}`", "a Bundle", "another resource", "", "Parameters", refusals.FHIR_SHAPE
        )
    return found


def value_of(parameter: Json, name: str, kinds: tuple[str, ...]) -> str:
    """The value under one of the names of its kinds; a text in each of them."""
    for kind in kinds:
        value = parameter.get(kind)
        if isinstance(value, str):
            return value
    wanted = " or ".join(f"`{kind}`" for kind in kinds)
    raise refusals.wrong_kind(
        f"`{name}`", f"a text under {wanted}", "something else", f'{{"name": "{name}", "{kinds[0]}": "…"}}', "Parameters"
    )  # fmt: skip


def together(resources: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def kind_or_object(value: Any) -> str:
    return "an object" if isinstance(value, dict) else kind_of(value)


# --- How it is spoken ---------------------------------------------------------------------------------------------


def fhir_only(request: Call) -> None:
    """What is sent and what is asked for is FHIR in JSON, and nothing about a person stands in an address."""
    if request.method == "POST" and request.scope["query_string"]:
        raise refusals.said_in_the_address(refusals.FHIR_SHAPE)
    if handed_out_as(request) is None:
        raise refusals.only_json_handed_out()
    if request.method != "POST":
        return
    kind, version = media_type(request.headers.get("content-type", ""))
    if kind not in READ or (version and version not in VERSIONS):
        raise refusals.not_fhir_json()
    refuse_packed(request.headers)
    if request.headers.get("content-length") == "0":
        raise refusals.empty_body(refusals.FHIR_SHAPE)


def media_type(written: str) -> tuple[str, str]:
    """The type, and the version of FHIR that may stand beside it."""
    kind, *parts = written.split(";")
    options = dict(part.strip().partition("=")[::2] for part in parts)
    return kind.strip().lower(), options.get("fhirVersion", "").strip('"')


def handed_out_as(request: Call) -> str | None:
    """The first of the types that are asked for in which an answer can be given; nothing where there is none."""
    # Many write the plus of `fhir+json` as it is, where it stands for a blank.
    in_address = request.query_params.get("_format", "").replace(" ", "+")
    asked = "*/*" if in_address == "json" else str(in_address or request.headers.get("accept", ""))
    wanted = [media_type(one) for one in asked.split(",") if one.strip()]
    if not wanted:
        return FHIR_JSON
    for kind, version in wanted:
        if version and version not in VERSIONS:
            continue
        if kind in READ:
            return kind
        if kind in ("*/*", "application/*"):
            return FHIR_JSON
    return None


def as_fhir(made: Json, request: Call) -> Response[bytes]:
    return Response(msgspec.json.encode(made), media_type=handed_out_as(request) or FHIR_JSON)


def base_of(request: Call, settings: Settings) -> str:
    """Under which address the caller knows this program; behind a proxy that speaks TLS it is one of TLS."""
    base = str(request.base_url).rstrip("/")
    return f"https{base.removeprefix('http')}" if settings.secure and base.startswith("http:") else base
