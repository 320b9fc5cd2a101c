"""How one document writes: in which order its dates stand, and which of the ranges it prints by sex is the person's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from cobalens.intake import dates
from cobalens.intake.entries import Found, Tools, own_sex
from cobalens.intake.recall import Memory
from cobalens.model.record import Note, Unread

DATE_ORDER = "data_quality:date_order"
_DAY_FIRST = (
    "Dates such as 03/04/2024 are read with the day first, since no date here shows the order; "
    "write 2024-04-03 or 3 Apr 2024 to be sure."
)


def in_its_order(said: str, running: str, tools: Tools, found: Found) -> Tools:
    """The tools to read dates by in the order that the document's own dates show; the day first where none of them does.

    That is said of dates in ``running`` words alone: in a field of its own such a date is not read.
    """
    month_first, either = dates.order_in(said)
    if either and dates.order_in(running)[1]:
        found.notes.append(Note(DATE_ORDER, "note", _DAY_FIRST))
    return (
        replace(tools, lexicon=replace(tools.lexicon, month_first=True), read={}, memory=Memory())
        if month_first
        else tools
    )


def with_own_range(
    entry: Mapping[str, Any], ranges: Mapping[str, str], where: str, tools: Tools, found: Found
) -> dict[str, Any]:
    """Of ranges printed by sex only that of the person's own is used; none where the sex is not known."""
    own = own_sex(tools, found)
    if own not in ranges:
        printed = str(entry["ref_range"])[:60]
        found.unread.append(Unread(f"{where}.ref_range", printed, "the person's sex, beside ranges by sex"))
    return {**entry, "ref_range": ranges.get(own or "")}
