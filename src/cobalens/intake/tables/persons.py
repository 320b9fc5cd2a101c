"""What the columns about the person say: age, sex, birth date, and whether somebody has died."""

from __future__ import annotations

import datetime as dt
import re

from cobalens.intake.dates import age_on, born_between
from cobalens.intake.deaths import stands_for_none
from cobalens.intake.draft import SET_ASIDE, UNDERSTOOD, Draft, close, not_understood, note, part
from cobalens.intake.tables.cells import born_whole, date_text
from cobalens.intake.tables.headings import PERSON, Column
from cobalens.intake.tables.table import Table

YES, NO = "yes", "no"
VOID = "marked as cancelled or entered in error"
DEAD = "The record says that this person has died."
NO_DAY = "a day of death that stands for none"
NEVER = "9999"
"""The year that stands in an empty place of a day."""
SHORTEST_DATE = 4
EXPORTED = 10
"""Years within which a list of people was written that says how old they are, and not when."""
_WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def person_row(draft: Draft, table: Table, row: int) -> bool:
    """Age, sex and what else the columns about the person say."""
    dated = False
    for one in table.header.columns:
        if one.role not in PERSON or one.role in ("id", "name"):
            continue
        value = born_in(table, row, one) if one.role == "birth_date" else table.said(row, one)
        if value is None:
            where = table.where(row, one)
            not_understood(draft, part(draft, where, ""), one.heading, "a year of four digits")
            continue
        if not value or value.lower() in table.words.unsaid:
            continue
        low = value.lower()
        if one.role == "died":
            _take_death(draft, table, row, one)
            continue
        if one.role in ("pregnant", "breastfeeding"):
            value = YES if low in table.words.yes else NO if low in table.words.no else value
        draft.patient[one.role] = value
        dated = dated or one.role == "birth_date"
    if _is_age_on_the_day(draft, table, row):
        # It is of the day of the row, and the birth date says it for every day.
        del draft.patient["age"]
    if draft.patient and draft.patient_part is None:
        draft.patient_part = part(
            draft,
            table.where(row),
            " ".join(f"{k} {v}" for k, v in draft.patient.items() if k != "birth_date"),
        )
    return dated


def _take_death(draft: Draft, table: Table, row: int, column: Column) -> None:
    """A day of death, or a word for it; where a status is a bare number, nobody knows which one stands for death."""
    low = table.said(row, column).lower()
    if low in table.words.no | table.words.alive or low.startswith(NEVER):
        return
    number = part(draft, table.where(row, column), "")
    if low.isdigit() and len(low) < SHORTEST_DATE and "status" in column.heading.lower():
        not_understood(draft, number, column.heading, "`alive` or `dead`")
        return
    day = table.day(row, [column])[:10]
    if stands_for_none(day):
        close(draft, number, SET_ASIDE, NO_DAY)
    else:
        close(draft, number, UNDERSTOOD)
    note(draft, number, DEAD)
    draft.deaths.add(day)


def is_void(table: Table, row: int) -> bool:
    """Whether a column says of the row that it was cancelled or entered in error."""
    return any(table.said(row, one).lower() in table.words.yes for one in table.header.of("void"))


def born_in(table: Table, row: int, column: Column) -> str | None:
    """The birth date; nothing where its year has two digits that may be of two centuries."""
    text = table.said(row, column)
    sampled = table.day(row, table.header.of("date"))[:10]
    upto = dt.date.fromisoformat(sampled) if _WHOLE_DAY.fullmatch(sampled) else today()
    whole = born_whole(text, upto)
    if whole is None or whole == text:
        return whole and table.day(row, [column], born=True)
    return date_text(whole, table.order, born=True)


def _is_age_on_the_day(draft: Draft, table: Table, row: int) -> bool:
    """Whether the age that a row gives is that which its birth date gives on the row's own day, or on one of the last years."""
    age = str(draft.patient.get("age", ""))
    if not age.isdigit():
        return False
    day = table.day(row, table.header.of("date"))[:10]
    try:
        born = born_between(str(draft.patient.get("birth_date", "")))
        spans = [(age_on(*born, today()), EXPORTED)]
        if _WHOLE_DAY.fullmatch(day):
            spans.append((age_on(*born, dt.date.fromisoformat(day)), 1))
    except ValueError:
        return False
    return any(youngest - before <= int(age) <= oldest + 1 for (youngest, oldest), before in spans)


def today() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).date()
