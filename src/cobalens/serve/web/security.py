"""What stands around every answer: headers, allowed names, limits, and counters that hold no value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from cobalens.serve.web import refusals
from cobalens.serve.web.settings import LOOPBACK, Settings

STATIC = "/static/"
OPEN_PATHS = ["^/static/", "^/healthz$", "^/readyz$", "^/metrics$"]
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
BOOK = "/rulebook/"
BOOK_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""Its generator writes widths and colours into the pages; they hold nothing that anybody entered, and no script."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
KEEP_NOTHING = "no-store"
KEEP_A_DAY = "public, max-age=86400"


HOOKS = "/cds-services"
CROSS_ORIGIN = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "600",
}


def headers(settings: Settings) -> Callable[[Message, Scope], Awaitable[None]]:
    """On every answer, refusals included; whatever is no part of the program's own look is kept nowhere."""

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        made = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            made[name] = value
        if scope["path"].startswith(BOOK):
            made["content-security-policy"] = BOOK_POLICY
        if scope["path"].startswith(HOOKS) and settings.origins:
            made["vary"] = "origin"
            if (origin := sent_from(scope)) in settings.origins:
                made["access-control-allow-origin"] = origin
                for name, value in CROSS_ORIGIN.items():
                    made[name] = value
        own = scope["path"].startswith(STATIC) and message["status"] == 200
        made["cache-control"] = KEEP_A_DAY if own else KEEP_NOTHING

    return add_headers


def sent_from(scope: Scope) -> str:
    """The site whose page asks; empty where none does."""
    return next((value for name, value in scope["headers"] if name == b"origin"), b"").decode("latin-1")


def csrf(settings: Settings) -> CSRFConfig:
    """The one cookie there is; it belongs to no person and says nothing."""
    return CSRFConfig(
        secret=settings.key,
        cookie_name="cobalens_form",
        cookie_httponly=True,
        cookie_samesite="strict",
        cookie_secure=settings.secure,
        exclude=["^/api/", f"^{HOOKS}", "^/fhir", "^/openapi", *OPEN_PATHS],
    )


def rate_limit(settings: Settings) -> list[Any]:
    if settings.per_minute is None:
        return []
    return [RateLimitConfig(rate_limit=("minute", settings.per_minute), exclude=OPEN_PATHS).middleware]


def named_hosts(settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """Answers under its own names alone, so that no page elsewhere can reach it by renaming this computer."""
    allowed = {*LOOPBACK, *settings.hosts} if settings.is_local or settings.hosts else None

    def around(app: ASGIApp) -> ASGIApp:
        async def checked(scope: Scope, receive: Receive, send: Send) -> None:
            if allowed is not None and scope["type"] == ScopeType.HTTP and host_of(scope) not in allowed:
                raise refusals.wrong_host()
            await app(scope, receive, send)

        return checked

    return around


def host_of(scope: Scope) -> str:
    raw = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    name, colon, port = raw.rpartition(":")
    return name if colon and port.isdigit() else raw


def counted(count: Callable[[Scope, int], None]) -> Callable[[ASGIApp], ASGIApp]:
    """Counts each answer by its status and route."""

    def around(app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    count(scope, message["status"])
                await send(message)

            await app(scope, receive, sent)

        return counting

    return around
