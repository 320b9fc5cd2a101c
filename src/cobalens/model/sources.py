"""What sources of whole populations are brought to before anything is read: persons, results and entries as they were written.

Everything that says something about anybody is a *key*; each distinct key is read once, by the reader of one patient's
record, and its meaning is joined back. So a word, a unit or a code can never mean two things.
"""

from __future__ import annotations

from inspect import get_annotations

from msgspec import Struct

LAB_KEY = (
    "name", "code", "system", "value", "unit", "comparator", "flag", "word", "ref_low", "ref_high", "status", "specimen",
)  # fmt: skip
"""Columns of ``raw_lab`` that say what was measured; all text or NULL."""
ENTRY_KEY = ("section", "name", "code", "system", "status", "route", "dose", "broader", "starts", "stops")
"""Columns of ``raw_entry`` that say what was stated; all text or NULL. ``broader``: codes above the own one, nearest first."""
RAW_PERSON = ("person_id", "birth_first", "birth_last", "death_day", "died")
RAW_ENTRY = (
    "person_id", "place", *ENTRY_KEY[:-2], "start_first", "start_last", "stop_first", "stop_last",
)  # fmt: skip
"""``starts`` and ``stops`` are added per day of decision: how the entry's days lie beside it."""

DERIVED_KEY = ("age", "sex", "results")
"""Of the results of one day that feed formulas: ``results`` holds a line each, analyte, value and unit."""
BETWEEN, PARTS = "\n", "\t"
"""Between the lines of a key that holds several things, and between the parts of one."""

NONE, LONG_AGO, PAST, FUTURE = "none", "long_ago", "past", "future"
"""How a day lies beside the day of decision, as far as reading depends on it."""
USED, UNDERSTOOD, NOT_UNDERSTOOD, SET_ASIDE = "used", "understood", "not_understood", "set_aside"


class LabMeaning(Struct, frozen=True):
    """One result that a key comes to, without its days."""

    key: int
    analyte: str
    lo: float | None
    hi: float | None
    lo_open: bool
    hi_open: bool
    unit: str | None
    ref_low: float | None
    ref_high: float | None
    qualitative: str | None
    problem: str | None
    status: str


class Stated(Struct, frozen=True):
    """One statement. ``start_from`` and ``stop_from``: whose days it carries."""

    concept: str
    affirmed: bool
    doubt: bool
    family: bool
    tense: str
    start_from: str
    """``start`` or ``stop`` of the entry, ``none``, or ``words``: then ``*_first`` and ``*_last`` count from the decision."""
    start_first: int | None
    start_last: int | None
    stop_from: str
    stop_first: int | None
    stop_last: int | None
    route: str | None
    dose_ug: float | None
    adherence: str | None
    listed_as_procedure: bool


class EventMeaning(Stated, frozen=True):
    """One statement that a key comes to."""

    key: int


class DerivedMeaning(Struct, frozen=True):
    """One result that a published formula makes of those of one day; ``source``: the one whose time and state it takes."""

    key: int
    analyte: str
    value: float
    unit: str
    source: str
    source_value: float


class Fate(Struct, frozen=True):
    """What became of a key, and why."""

    key: int
    fate: str
    reason: str = ""


class Meanings(Struct, frozen=True):
    """What some keys mean; a key may come to several results and statements, or to none, and always has a fate."""

    labs: tuple[LabMeaning, ...] = ()
    events: tuple[EventMeaning, ...] = ()
    fates: tuple[Fate, ...] = ()


# --- Wordings as rows of a database that reads its own tables ------------------------------------------------------

NUMBER, WORDED, STATEMENT = "number", "worded", "statement"
WORDS_OF = {
    NUMBER: ("name", "code", "system", "unit"),
    WORDED: ("name", "code", "system", "unit", "value", "comparator", "word", "ref_low", "ref_high"),
    STATEMENT: ENTRY_KEY[:-2],
}  # fmt: skip
"""Kind of a wording -> the columns that say it; a plain number, its sign and its range are no part of it."""


class ResultRow(Struct, frozen=True):
    """What a result's wording means. Of a plain number: where it lies between the two, with that sign before it."""

    said: str
    part: int = 0
    sign: str | None = None
    from_value: float | None = None
    to_value: float | None = None
    analyte: str | None = None
    lo: float | None = None
    hi: float | None = None
    lo_open: bool = False
    hi_open: bool = False
    unit: str | None = None
    ref_low: float | None = None
    ref_high: float | None = None
    qualitative: str | None = None
    problem: str | None = None
    status: str = "final"
    turn: int | None = None
    """Whether the day of such a result is a day of decision, and in which turn."""


class EntryRow(Stated, frozen=True):
    """What a statement's wording means where its days lie so beside the day of decision."""

    said: str
    starts: str
    stops: str
    part: int


def columns_of(shape: type[Struct]) -> dict[str, str]:
    """Column -> its type as it is written in the class, those of the class it builds on first."""
    written = (get_annotations(one) for one in reversed(shape.__mro__))
    return {name: str(kind) for one in written for name, kind in one.items()}
