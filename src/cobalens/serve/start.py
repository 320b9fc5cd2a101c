"""The program's entry. A command that answers once and ends does without the housekeeping that nobody would wait for."""

from __future__ import annotations

import gc
import os
import sys

BRIEF = frozenset({"interpret", "explain", "demo", "what-if", "compare", "packs"})
"""Commands that hold what they made until they end: collecting garbage, and freeing everything at the end, only costs time."""


def run() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in BRIEF:
        from cobalens.serve.cli import main

        main()
        return
    gc.disable()
    status = brief()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        status = status or 1
    os._exit(status)


def brief() -> int:
    """Runs the command and returns its exit status, as the interpreter would have it."""
    from cobalens.serve.cli import main

    try:
        main()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    return 0
