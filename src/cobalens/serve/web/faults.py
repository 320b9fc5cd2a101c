"""Every refusal as a page that teaches, or as problem+json for programs; the house's own faults without any value."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from cobalens.errors import CobalensError
from cobalens.serve.web import refusals
from cobalens.serve.web.outcomes import FHIR_JSON, outcome, without_ids
from cobalens.serve.web.render import page, wants_part
from cobalens.serve.web.settings import MAX_UPLOAD
from cobalens.serve.web.words import LANGUAGES, SOURCE
from cobalens.serve.whereabouts import tell_place

LOOKED_AT = ("/openapi", "/healthz", "/readyz", "/metrics")
API = ("/api/", "/cds-services", *LOOKED_AT)
PROBLEM = "application/problem+json"
STATUSES = {
    "host_not_allowed": 421,
    "not_json": 415,
    "body_packed": 415,
    "page_not_found": 404,
    "no_such_service": 404,
    "method_not_allowed": 405,
    "only_json_handed_out": 406,
    "nothing_prefetched": 412,
    "not_fhir_json": 415,
    "form_not_from_here": 403,
    "too_many_requests": 429,
    "request_too_large": 413,
    "file_too_large": 413,
    "record_too_long": 413,
    "internal_error": 500,
    "knowledge_refused": 500,
}
BY_STATUS = {
    403: refusals.not_from_here,
    404: refusals.not_found,
    405: refusals.wrong_method,
    413: lambda: refusals.too_large(MAX_UPLOAD),
    415: refusals.not_json,
    429: refusals.too_often,
}
FHIR = "/fhir"
OF_PLACES = {
    "/api/": {404: refusals.no_such_interface, 405: refusals.post_only},
    "/cds-services": {404: refusals.not_of_hooks, 405: refusals.wrong_way_to_hook},
    **{place: {405: refusals.get_only} for place in LOOKED_AT},
    FHIR: {404: refusals.no_such_fhir, 405: refusals.wrong_way_to_fhir, 415: refusals.not_fhir_json},
}
"""Where something else is said than on the pages."""
TITLES = {
    400: "The input is refused",
    403: "The form is refused",
    404: "Not found",
    405: "Not possible in this way",
    406: "Not in this format",
    412: "Nothing to go by",
    413: "Too large",
    415: "Not in this form",
    421: "Wrong name",
    429: "Too many requests",
    500: "A fault of the program",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What RFC 9457 asks for, and the shape in which this house refuses."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    where: str
    problem: str
    likely: str
    next: str


def refused(request: Request[Any, Any, Any], error: CobalensError) -> Response[Any]:
    return told(request, error, STATUSES.get(error.code, 400))


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    make = BY_STATUS.get(error.status_code)
    for place, words in OF_PLACES.items():
        if request.scope["path"].startswith(place):
            make = words.get(error.status_code, make)
    if make is None and error.status_code >= 500:
        return broken(request, error)
    made = told(request, (make or refusals.not_understood)(), error.status_code)
    for name in ("allow", "retry-after", "ratelimit-reset", "ratelimit-limit"):
        for key, value in (error.headers or {}).items():
            if key.lower() == name:
                made.headers[name] = value
    if "GET" in (may := made.headers.get("allow", "")):
        # HEAD is answered wherever GET is, which the framework does not know.
        made.headers["allow"] = may.replace("GET", "GET, HEAD")
    if "ratelimit-reset" in made.headers:
        # The name by which HTTP itself tells how long to wait, and which programs heed.
        made.headers.setdefault("retry-after", made.headers["ratelimit-reset"])
    return made


def broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    tell_place(error)
    return told(request, refusals.broken(), 500)


def too_deep(request: Request[Any, Any, Any], error: RecursionError) -> Response[Any]:
    """JSON nested deeper than the decoder follows."""
    del error
    return told(request, refusals.not_understood(), 400)


def told(request: Request[Any, Any, Any], error: CobalensError, status: int) -> Response[Any]:
    path = request.scope["path"]
    if path.startswith(FHIR):
        return Response(outcome(error, status), status_code=status, media_type=FHIR_JSON)
    if path.startswith(API):
        return Response(problem(error, status), status_code=status, media_type=PROBLEM)
    language = next((one for one in LANGUAGES if f"{path}/".startswith(f"/{one}/")), SOURCE)
    name = "parts/problem.html" if wants_part(request) else "error.html"
    return page(request, name, language, status, error=error)


def problem(error: CobalensError, status: int) -> Problem:
    error = without_ids(error)
    return Problem(
        title=TITLES.get(status, TITLES[400]),
        status=status,
        detail=str(error),
        code=error.code,
        where=error.where,
        problem=error.problem,
        likely=error.likely,
        next=error.next,
    )
