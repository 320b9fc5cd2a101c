"""How a connection is spoken to: each piece of an answer is sent at once.

A socket that several processes share is opened without naming its protocol, so that the event loop leaves Nagle's
algorithm on; header and page are two pieces, and the second would then wait some 40 ms for a delayed acknowledgement.
"""

from __future__ import annotations

from asyncio import Transport
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

from litestar.types import Message, Receive, ReceiveMessage, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cobalens.serve.web.settings import MAX_UPLOAD

PATIENCE = 60
"""Seconds after which a worker that gives no sign is started again: a busy machine is no reason to drop what is being answered."""

TOO_LARGE = 413
HEARD_OUT = 5 * MAX_UPLOAD
"""Bytes that are taken from the line, and thrown away, of a request that is too large."""


def hearing_out(scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
    """As before; but that a request is too large is said only when it has been sent to its end, within bounds.

    Most programs read no answer while they are sending. Were the line closed on them, they would learn of a fault of the
    network, and not what to do.
    """
    ended = False

    async def received() -> ReceiveMessage:
        nonlocal ended
        part = await receive()
        ended = part["type"] != "http.request" or not part.get("more_body", False)
        return part

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == TOO_LARGE:
            # Who asks before sending has sent nothing yet.
            heard = HEARD_OUT + 1 if any(name == b"expect" for name, _ in scope["headers"]) else 0
            while not ended and heard <= HEARD_OUT:
                part = await received()
                heard += len(part.get("body", b"")) if part["type"] == "http.request" else 0
        await send(message)

    return received, sent


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
