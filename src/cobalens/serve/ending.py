"""The end that is asked for from outside, by a service manager or by another process: in order, so that nothing lies about."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENDED = 143
"""Stopped by SIGTERM before the end, as shells say it."""


@contextmanager
def in_order(status: int = ENDED) -> Iterator[None]:
    """Within it SIGTERM ends the work as a fault would, through everything that tidies up, and with this exit status."""

    def ended(number: int, frame: object) -> None:
        del number, frame
        sys.exit(status)

    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
