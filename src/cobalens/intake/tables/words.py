"""Words in the cells of a table as entries of a list: several in one cell, with their days, or one event a row."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from cobalens.intake.draft import Draft, put
from cobalens.intake.tables.cells import timed
from cobalens.intake.tables.codes import coded_in
from cobalens.intake.tables.headings import CODE, CODED, SECTIONS, Column, Header, tidy
from cobalens.intake.tables.table import Table

TIMED = frozenset({"medications", "supplements", "procedures", "conditions", "planned_treatment"})
"""Lists of which each entry may have days."""
BESIDE = ("date", "start", "stop", "dose", "route", "frequency", "adherence", "indication")
STATED = TIMED | {"allergies", "family_history", "symptoms"}
"""Lists of which a row of its own may hold an entry with its days."""
VISIT = "visit"
"""In the heading of a day: a diagnosis told on it may be older."""
_SEVERAL = re.compile(r"\s*(?:;|\n|\s\|\s|•)\s*")


def pieces(text: str, section: str) -> list[str]:
    if section in ("note", "diet", "goal", "function", "imaging", "biopsies", "ethnicity"):
        return [" ".join(text.split())]
    return [one.strip() for one in _SEVERAL.split(text) if one.strip()]


def statement_in(table: Table, row: int) -> tuple[Column, str] | None:
    """The one diagnosis, drug or operation of a row that holds nothing else but what belongs to it: its days, dose and route.

    What two columns say of it, as reported and as coded, is said together.
    """
    header = table.header
    listed = _stated_in(header)
    if not listed:
        return None
    words = ", ".join(dict.fromkeys(text for one in listed if (text := table.said(row, one))))
    if not words and coded_in(table, row):
        # A system that knows its codes leaves the words out.
        return listed[0], ""
    beside = header.status or any(table.said(row, one) for one in header.of(*BESIDE, CODE, CODED))
    plain = words.lower() in table.words.yes | table.words.no
    if not beside or plain or len(pieces(words, listed[0].name)) != 1:
        return None
    return listed[0], words


@lru_cache(maxsize=256)
def _stated_in(header: Header) -> tuple[Column, ...]:
    """The columns of a statement a row, where a table has such rows."""
    listed = header.of(*SECTIONS)
    visits = any(VISIT in tidy(one.heading).split() for one in header.of("date"))
    lists = STATED if header.section else TIMED
    if header.wide or header.events or visits or not listed or listed[0].name not in lists:
        return ()
    spans = header.section or header.of("start", "stop")
    return () if len(listed) > 1 and not (spans and len({one.name for one in listed}) == 1) else listed


def put_timed(draft: Draft, section: str, words: str, order: str | None, number: int) -> bool:
    """An item of a list, with the calendar dates that stand in its words; tells whether there are any."""
    name, dates = timed(words, order)
    if "date" in dates and section in ("medications", "supplements"):
        # Given on one day: not a treatment that goes on.
        day = dates.pop("date")
        dates = {"start_date": day, "stop_date": day, **dates}
    put(draft, section, {"name": name, **dates} if dates and name else words, number)
    return bool(dates and name)


def put_event(draft: Draft, table: Table, row: int, words: str, when: dict[str, Any], number: int) -> None:
    """What happened on the day of the row; its kind says in which list it belongs, or is a part of the words."""
    kind = next((text for one in table.header.of("kind") if (text := table.said(row, one))), "")
    role = table.words.roles.get(tidy(kind), "")
    section = role if role in TIMED else "note"
    if section == "note" and kind and role not in SECTIONS and table.words.lists.get(tidy(kind)) != "labs":
        words = f"{kind}: {words}"
    put(draft, section, {"name": words, **when} if when else words, number)
