"""Halves of letters, as a program leaves them that cuts a text in the middle of a sign: no output could write them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading comes to where there is no JSON, or JSON in which bytes stand that are no letters."""
BEGINNING = 1000
"""Bytes within which a content shows that it is JSON."""
INSTEAD = "\ufffd"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Two halves that make a letter; else one alone; else any other escape, so that an escaped backslash begins none."""
_HALVES = re.compile("[\ud800-\udfff]")


def whole_letters(raw: bytes) -> bytes:
    """JSON in which each half of a letter is the mark for what could not be read; anything else is as it was."""
    begins = raw[:BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begins not in (b"{", b"[") or _HALF.search(raw) is None:
        return raw
    return _ESCAPES.sub(lambda found: b"\\ufffd" if found[1] else found[0], raw)


def writable(value: Any) -> Any:
    """The same for plain values that came in by another way."""
    if isinstance(value, str):
        return _HALVES.sub(INSTEAD, value)
    if isinstance(value, dict):
        return {writable(key): writable(one) for key, one in value.items()}
    return [writable(one) for one in value] if isinstance(value, list | tuple) else value
