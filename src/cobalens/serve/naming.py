"""What a record is called: by its own id, also where it is refused, else by where it came from."""

from __future__ import annotations

import msgspec

from cobalens.intake.recognise import BOM
from cobalens.serve.inputs import Input
from cobalens.serve.letters import NO_JSON

DEFAULT_ID = "case"
LONGEST = 200
"""Letters of an id."""
LARGEST = 1_000_000
"""Bytes of what is refused, beyond which it is not looked into once more."""


class Named(msgspec.Struct, frozen=True):
    """What a case says of itself, whatever else is wrong with it."""

    id: str | int | None = None
    resourceType: msgspec.Raw | None = None  # noqa: N815 - the name that FHIR gives it


def own_id(one: Input) -> str:
    """The id in a case that is refused, so that it can be found again; else where it came from."""
    if not isinstance(one.content, bytes) or len(one.content) > LARGEST:
        return one.id
    try:
        named = msgspec.json.decode(one.content.removeprefix(BOM), type=Named)
    except NO_JSON:
        return one.id
    return str(named.id)[:LONGEST] if named.id and named.resourceType is None else one.id


def is_unnamed(id: str) -> bool:
    """Whether a reader has found no id in the record; some number those of a file themselves."""
    name, _, number = id.partition("#")
    return name == DEFAULT_ID and (number.isdecimal() or id == DEFAULT_ID)
