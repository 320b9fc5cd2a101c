"""How a connection is spoken to: each piece of an answer is sent at once.

A socket that several processes share is opened without naming its protocol, so that the event loop leaves Nagle's
algorithm on; header and page are two pieces, and the second would then wait some 40 ms for a delayed acknowledgement.
"""

from __future__ import annotations

from asyncio import Transport
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE = 60
"""Seconds after which a worker that gives no sign is started again: a busy machine is no reason to drop what is being answered."""


class AtOnce(HttpToolsProtocol):
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        transport.get_extra_info("socket").setsockopt(IPPROTO_TCP, TCP_NODELAY, True)
        super().connection_made(transport)


def options() -> dict[str, Any]:
    """What the server is started with wherever it is started."""
    return {
        "http": AtOnce,
        "access_log": False,
        "log_level": "error",
        "server_header": False,
        "date_header": True,
        "timeout_worker_healthcheck": PATIENCE,
    }
