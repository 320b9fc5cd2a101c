"""One person of several in a source who could not be read; the others go on."""

from __future__ import annotations

from msgspec import Struct

from cobalens.errors import CobalensError


class Refused(Struct, frozen=True):
    id: str
    error: CobalensError
