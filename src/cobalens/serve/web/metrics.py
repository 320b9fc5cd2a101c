"""Counters for whoever runs the pages: how many requests, how they ended, how long they took. Nothing of what was in them."""

from __future__ import annotations

import time
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
ELSEWHERE = "elsewhere"


class Meter:
    """The counters of one worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "cobalens_requests", "Requests by route and status", ("route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "cobalens_request_seconds", "Time to the first byte", ("route",), registry=self.registry,
            buckets=BUCKETS,
        )  # fmt: skip

    def around(self, app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            began = time.perf_counter()

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = route_of(scope)
                    self.requests.labels(route, message["status"]).inc()
                    self.seconds.labels(route).observe(time.perf_counter() - began)
                await send(message)

            await app(scope, receive, sent)

        return counting

    def text(self) -> bytes:
        return generate_latest(self.registry)


def route_of(scope: Any) -> str:
    """The pattern of the address, never the address itself."""
    return str(scope.get("path_template") or ELSEWHERE)
