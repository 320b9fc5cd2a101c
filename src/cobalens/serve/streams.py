"""Standard input and output as terminals and scripts need them: data in UTF-8 everywhere, words in letters that can be shown."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from pathlib import Path

SPELT = "spelt"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a disk or a quota says when it takes no more."""
_SHAPES = {
    "•": "*",
    "━": "=",
    "─": "-",
    "│": "|",
    "├": "|",
    "└": "`",
    "→": "->",
    "±": "+/-",
    "²": "2",
    "·": ".",
}
"""Beside the letters that a message in ASCII knows: what pages and trees are drawn with."""


def prepare() -> None:
    """Streams that were closed by whoever started the program lead nowhere; a letter that a terminal lacks is spelt."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Opened in this order, each takes its own number, so that no file opened later stands in its place.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    codecs.register_error(SPELT, spelt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=SPELT)


def spelt(error: UnicodeError) -> tuple[str | bytes, int]:
    """A number must not lose its sign: "≥ 1" is ">= 1" where a terminal knows ASCII alone, and never "? 1"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from cobalens.report.hl7v2 import plain

    letters = error.object[error.start : error.end]
    return "".join(_SHAPES.get(one) or plain(one) or "?" for one in letters), error.end


def put(data: str | bytes) -> None:
    """Data for another program: always in UTF-8, whatever the terminal speaks, and with the ends of lines as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data.encode("utf-8", "replace") if isinstance(data, str) else data)
    sys.stdout.buffer.flush()
