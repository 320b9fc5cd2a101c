"""What a page hands to the next one: the record in a hidden field, sealed so that only this server can have written it.

Nothing of it stays here, and none of it stands in an address.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib

import msgspec
from msgspec.structs import replace

from cobalens.model.record import Record
from cobalens.serve.web import refusals

MAX_SEALED = 4_000_000
SEAL = 32
PATIENT, CLINICIAN = "patient", "clinician"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One person's record between two pages, and how it is to be shown."""

    record: Record
    pack: str
    audience: str = PATIENT
    someone: bool = False
    """The reader fills this in for somebody else."""
    asked: frozenset[str] = frozenset()
    """What was asked already and left open."""


def seal(held: Held, key: str) -> str:
    """Without the account of each element of the input, which no page shows and which would be most of it."""
    lean = replace(held, record=replace(held.record, elements=()))
    content = zlib.compress(msgspec.msgpack.encode(lean, order="deterministic"), 6)
    sealed = base64.urlsafe_b64encode(stamp(content, key) + content).decode()
    if len(sealed) > MAX_SEALED:
        raise refusals.record_too_long()
    return sealed


def opened(text: str, key: str) -> Held:
    """The record again. The seal is checked before anything is unpacked."""
    if len(text) > MAX_SEALED:
        raise refusals.page_too_old()
    try:
        raw = base64.urlsafe_b64decode(text.encode())
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise refusals.page_too_old() from None
    content = raw[SEAL:]
    if not text or not hmac.compare_digest(raw[:SEAL], stamp(content, key)):
        raise refusals.page_too_old()
    return msgspec.msgpack.decode(zlib.decompress(content), type=Held)


def stamp(content: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), content, hashlib.sha256)
