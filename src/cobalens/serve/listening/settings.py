"""How the listener was asked to work, and its limits."""

from __future__ import annotations

import msgspec

from cobalens.intake.hl7v2.syntax import MAX_BYTES

HOST, PORT = "127.0.0.1", 2575
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TRIES, CONNECTIONS, IDLE = 8, 32, 3_600
PATIENCE = 30
"""Seconds for a connection to the other system, and for its acknowledgement."""
FIRST_PAUSE, LONGEST_PAUSE = 1, 60
"""Seconds between two tries; each pause is twice the one before."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    host: str = HOST
    port: int = PORT
    send_to: tuple[str, int] | None = None
    out: str | None = None
    comment: bool = True
    """Whether the acknowledgement carries the comment."""
    tries: int = TRIES
    connections: int = CONNECTIONS
    idle: float = IDLE
    """Seconds without a byte between messages after which a connection is closed."""
    slow: float = 60
    """Seconds within which a message that has begun must end, and an answer be taken."""
    stop: float = 30
    """Seconds that what has begun may take to end after the signal to stop."""
    most: int = MAX_BYTES
    """Bytes of a message, as for a file of HL7 v2."""
    readers: int = 8
    """Messages that are read at the same time, in turns of some milliseconds; a large one takes ten times its size in memory."""
    remembered: int = 10_000
    """Messages that are known again."""
    every: float = 60
    """Seconds between two lines of counts, where there is anything new."""
    patience: float = PATIENCE
    pauses: tuple[float, float] = (FIRST_PAUSE, LONGEST_PAUSE)

    @property
    def is_local(self) -> bool:
        return self.host in LOOPBACK
