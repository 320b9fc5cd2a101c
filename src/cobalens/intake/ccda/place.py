"""The section of a document in hand, and what its parts have in common: accounts, states and dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from msgspec import Struct

from cobalens.intake.ccda.coded import (
    Ids,
)
from cobalens.intake.draft import (
    Draft,
    part,
)
from cobalens.intake.entries import Tools
from cobalens.intake.stamps import Stamp

RESULTS, ALLERGIES, PLAN, SKIPPED = "results", "allergies", "plan", ""
CONCERN, STATE, COMMENT = "CONC", "33999-4", "48767-8"
GENERIC = frozenset({"55607006", "64572001", "404684003", "282291009", "propensity"})
"""Codes that say "a problem" and name none."""
ANY_DRUG = "410942007"
NOTHING_KNOWN = (
    "no known",
    "no current",
    "no problems",
    "no medications",
    "no procedures",
    "none known",
    "nil known",
    "none recorded",
    "not on any",
)
VOID = frozenset({"cancelled", "nullified", "aborted"})
PLANNED = frozenset({"INT", "RQO", "PRMS", "PRP", "ARQ", "APT"})
STATES = {
    "resolved": "resolved",
    "inactive": "inactive",
    "remission": "remission",
    "active": "active",
    "recurrence": "active",
}


class Reading(Struct):
    """What reading one document needs."""

    draft: Draft
    tools: Tools
    zone: int | None
    answers: Mapping[str, str]
    routes: Mapping[str, str]


class Place(Struct):
    """The section in hand."""

    title: str
    field: str
    ids: Ids
    read: set[int] = set()
    """Statements that were read as a part of another."""
    count: int = 0


def new_part(place: Place, words: str, reading: Reading) -> int:
    place.count += 1
    return part(reading.draft, f"{place.title} [{place.count}]", words)


def status_of(node: Element) -> str:
    code = node.find("statusCode")
    return code.get("code", "").lower() if code is not None else ""


def put_dates(entry: dict[str, Any], begin: Stamp, end: Stamp) -> None:
    if begin.date:
        entry["start_date"] = begin.date
    if end.date:
        entry["stop_date"] = end.date
