"""Rows among the results that name a finding rather than a test (blasts 12 %), or say in words what was seen: read as words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec.structs import replace

from cobalens.intake.entries import Found, Times, Tools, nothing_yet, read_text
from cobalens.intake.laboratory.values import AMOUNTS, NO, YES

PRESENT = dict.fromkeys(YES | AMOUNTS | {"high", "raised"}, True) | dict.fromkeys(NO | {"normal"}, False)
_KINDS = frozenset({"finding", "condition"})
_SAID = ("analyte", "name")


def sign(entry: Mapping[str, Any], where: str, times: Times, tools: Tools, found: Found) -> bool:
    """Whether the row is such a finding; what it says is then in ``found``."""
    name = next((text for key in _SAID if isinstance(text := entry.get(key), str) and text.strip()), "")
    there = _there(entry)
    if not name:
        return False
    if there is None:
        return _described(name, entry, where, times, tools, found)
    tried = nothing_yet()
    events = read_text(name.replace("_", " "), where, "examination", tools, tried, None, times)
    kinds = tools.ruleset.concepts
    if (
        not events
        or tried.unread
        or tried.text_labs
        or not all(e.affirmed and e.concept in kinds and kinds[e.concept].kind in _KINDS for e in events)
    ):
        return False
    text = f"{name}: {entry.get('value') if entry.get('value') is not None else entry.get('qualitative')}"
    found.events += [replace(event, affirmed=there, text=text) for event in events]
    found.understood += tried.understood
    return True


def _described(
    name: str, entry: Mapping[str, Any], where: str, times: Times, tools: Tools, found: Found
) -> bool:
    """Whether the row says in words what was seen: "blood film: hypersegmented neutrophils", "bone marrow: megaloblastic"."""
    words = [text for key in ("value", "qualitative") if isinstance(text := entry.get(key), str)]
    said = next((text for text in words if any(c.isalpha() for c in text)), "")
    tried = nothing_yet()
    events = (
        read_text(f"{name.replace('_', ' ')}: {said}", where, "examination", tools, tried, None, times)
        if said
        else []
    )
    if not events or tried.text_labs:
        return False
    found.events += events
    found.unread += tried.unread
    found.understood += tried.understood
    return True


def _there(entry: Mapping[str, Any]) -> bool | None:
    """Whether the finding is there, by the row's word, or by its number against nought and the printed limit."""
    value, comparator = entry.get("value"), entry.get("comparator")
    if value is None:
        value = entry.get("qualitative") or entry.get("flag")
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in PRESENT:
        return PRESENT[word]
    number, limit = _number(value), _number(entry.get("ref_high"))
    if number is None or number < 0 or (comparator not in (None, "", "=", ">", ">=")):
        return None
    return number > (limit or 0)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
