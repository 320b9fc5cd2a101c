"""The application: every page in every language, the JSON interface, and what stands around them."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import License
from litestar.static_files import create_static_files_router
from litestar.types import Receive, Scope, Send

from cobalens import __version__
from cobalens.errors import CobalensError
from cobalens.serve.web import api, faults, hooks, operation, security
from cobalens.serve.web.answering import desk_for, naming, remarking
from cobalens.serve.web.connections import hearing_out
from cobalens.serve.web.flow import personal_pages
from cobalens.serve.web.metrics import Meter
from cobalens.serve.web.pages import public_pages
from cobalens.serve.web.rulebook import Book, rulebook_pages
from cobalens.serve.web.settings import MAX_UPLOAD, Settings, handed_over, with_key
from cobalens.serve.web.uploads import FhirRequest, HookRequest, InMemory
from cobalens.serve.web.words import LANGUAGES, prefix, speaker

STATIC = Path(__file__).parent / "static"
SMALL = 500
"""Bytes below which compressing is no gain."""
QUICKEST = 1
"""How hard is tried to make an answer small: trying harder takes three times as long and saves some hundred bytes."""
YOUNG = 20_000
"""Objects that are made before a look for garbage: an answer makes some thousand, and hardly any of them is in a circle."""


class Application(Litestar):
    """Answers HEAD as it would answer GET (the server leaves the body out), and whoever sends too much when it is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if scope["type"] == ScopeType.HTTP and scope["method"] == HttpMethod.HEAD:
            # Load balancers ask in this way whether all is well.
            scope = {**scope, "method": HttpMethod.GET}
        if scope["type"] == ScopeType.HTTP:
            receive, send = hearing_out(scope, receive, send)
        await super().__call__(scope, receive, send)


def create_app(settings: Settings) -> Litestar:
    settings = with_key(settings)
    desk, meter = desk_for(settings, tuple(LANGUAGES)), Meter()
    book = Book(settings)
    routers: list[Any] = []
    for language in LANGUAGES:
        speaker(language)
        handlers = [*public_pages(desk, language), *personal_pages(desk, language, book)]
        routers.append(Router(prefix(language) or "/", route_handlers=handlers, include_in_schema=False))
    for doors, check, request in (
        (api.interface(desk, meter), api.json_only, InMemory),
        (hooks.services(desk), api.hooks_only, HookRequest),
        (operation.operations(desk), operation.fhir_only, FhirRequest),
    ):
        routers.append(
            Router(
                "/",
                route_handlers=doors,
                before_request=check,
                request_class=request,
                exception_handlers={RecursionError: faults.too_deep},
            )
        )
    routers.append(Router("/", route_handlers=rulebook_pages(book), include_in_schema=False))
    routers.append(create_static_files_router("/static", [STATIC], include_in_schema=False))
    return Application(
        routers,
        middleware=[meter.around, security.named_hosts(settings), *security.rate_limit(settings)],
        before_send=[security.headers(settings)],
        csrf_config=security.csrf(settings),
        compression_config=CompressionConfig(
            backend="brotli", brotli_quality=QUICKEST, brotli_gzip_fallback=True, minimum_size=SMALL
        ),
        exception_handlers={
            CobalensError: faults.refused,
            HTTPException: faults.http,
            Exception: faults.broken,
        },
        openapi_config=OpenAPIConfig(
            title="Cobalens",
            version=__version__,
            path="/openapi.json",
            render_plugins=[JsonRenderPlugin(path="/")],
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
        ),
        on_shutdown=[book.close],
        state=State(
            {
                "borrowed": desk.borrowed,
                "names": {one: naming(door) for one, door in desk.doors.items()},
                "remarks": {one: remarking(door) for one, door in desk.doors.items()},
            }
        ),
        logging_config=None,
        request_class=InMemory,
        request_max_body_size=MAX_UPLOAD,
        debug=False,
    )


def made() -> Litestar:
    """What each worker starts: the application as the command was told to serve it."""
    application = create_app(handed_over())
    # The knowledge stays for as long as the worker does: no later look for garbage goes through it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    return application
