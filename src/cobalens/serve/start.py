"""The program's entry. A command that answers once and ends does without the housekeeping that nobody would wait for."""

from __future__ import annotations

import gc
import os
import sys

BRIEF = frozenset({"interpret", "explain", "demo", "what-if", "compare", "packs"})
"""Commands that hold what they made until they end: collecting garbage, and freeing everything at the end, only costs time."""
LOST = 2
"""Nobody may take for done what did not all come out."""


def run() -> None:
    from cobalens.serve.streams import prepare

    prepare()
    brief = len(sys.argv) > 1 and sys.argv[1] in BRIEF
    if brief:
        gc.disable()
    status = flushed(commanded())
    if brief:
        os._exit(status)
    sys.exit(status)


def commanded() -> int:
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


def flushed(status: int) -> int:
    """The status, when everything has come out that was said; a reader who has gone away wants no more."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        status = status or 1
    except OSError:
        from cobalens.serve.cli import tell
        from cobalens.serve.output_refusals import output_full

        tell(output_full())
        status = status or LOST
    else:
        return status
    # What is left in the stream would be tried again at the end, and told in words that teach nothing.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
