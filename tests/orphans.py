"""Programs that tests begin, and that must not go on when the tests are killed before they could end them."""

from __future__ import annotations

import ctypes
import signal
import sys

_SYSTEM = ctypes.CDLL(None) if sys.platform == "linux" else None
PARENT_GONE = 1
"""What Linux calls PR_SET_PDEATHSIG."""


def none_left() -> None:
    """Called in the new process (``preexec_fn``): on Linux it is told to end when the one that began it is gone."""
    if _SYSTEM is not None:
        _SYSTEM.prctl(PARENT_GONE, signal.SIGTERM)
