"""One person's record as it was read, before any rule looks at it.

Intake makes it, the timelines turn it into facts. It keeps the words, numbers, units and dates of the source; it
decides nothing. ``gc=False``: values of text and numbers hold no cycle, and a population has millions of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

Day = int
"""Days relative to the day of decision (0); earlier is negative."""


class Span(Struct, frozen=True, gc=False):
    """A date as an interval of days: exact when ``first == last``, open where ``None``."""

    first: Day | None = None
    last: Day | None = None

    @property
    def known(self) -> bool:
        return self.first is not None or self.last is not None


UNDATED = Span()


class Lab(Struct, frozen=True, kw_only=True, gc=False):
    """One laboratory result. ``lo`` and ``hi`` bound the value in the unit reported; ``None`` is unbounded.

    ``195`` is ``[195, 195]``, ``< 150`` is ``(-inf, 150)`` with ``hi_open``. A result with no usable
    number (qualitative, or refused with a ``problem``) has neither bound.
    """

    analyte: str
    where: str
    """Where in the source: ``labs[0]``."""
    text: str
    """The value as written, with its unit, for people."""
    lo: Decimal | None = None
    hi: Decimal | None = None
    lo_open: bool = False
    hi_open: bool = False
    unit: str | None = None
    """The unit in UCUM spelling, or ``None`` when the source gave none or gave nonsense."""
    when: Span = UNDATED
    time: str = ""
    """Time of day within the date, sortable text; later wins a same-day tie."""
    ref_low: Decimal | None = None
    ref_high: Decimal | None = None
    qualitative: str | None = None
    """``low`` ``normal`` ``high`` ``positive`` ``negative`` ``borderline``: the laboratory's own word or flag."""
    problem: str | None = None
    """``unit_missing`` ``unit_impossible`` ``implausible`` ``not_a_number`` ``cancelled``: why the number is not used."""
    status: str = "final"
    """``preliminary`` ``final`` ``corrected``."""
    method: str | None = None
    specimen: str | None = None
    derived: bool = False
    """Calculated by a score, not measured."""


class Event(Struct, frozen=True, kw_only=True):
    """One statement about one concept: a symptom, diagnosis, drug, operation, finding, habit or goal."""

    concept: str
    where: str
    text: str
    """The words of the source that said it."""
    affirmed: bool = True
    """``False``: denied ("no numbness", a refuted diagnosis)."""
    doubt: bool = False
    """Suspected, possible, queried."""
    family: bool = False
    """Said of somebody else."""
    time: str = "current"
    """``current`` ``past`` ``planned``, as the words or dates say; ``past`` means over (resolved, stopped, in remission)."""
    start: Span = UNDATED
    stop: Span = UNDATED
    route: str | None = None
    """``oral`` ``intramuscular`` ``subcutaneous`` ``intravenous`` ``inhaled`` …"""
    dose_ug: Decimal | None = None
    """A single dose in micrograms, where one was stated."""
    dose_text: str | None = None
    adherence: str | None = None
    """``taken`` ``missed``."""


class Unread(Struct, frozen=True, gc=False):
    """A piece of the input that was not understood, with what was probably meant."""

    where: str
    text: str
    suggestion: str | None = None


class Note(Struct, frozen=True, gc=False):
    """Something about the data that the reader must know: a code of ``data_quality:`` and a sentence."""

    code: str
    where: str
    message: str


class Element(Struct, frozen=True, gc=False):
    """One element of the input and what became of it: every element has exactly one ``fate``."""

    where: str
    """Where in the source: ``entry[3] Observation/abc``, ``OBX[5]``, ``row 12``."""
    text: str
    """What it is, in the source's own words."""
    fate: str
    """``used`` ``understood`` (and not needed) ``not_understood`` ``set_aside``."""
    reason: str = ""


class Record(Struct, frozen=True, kw_only=True):
    """Everything that was read about one person."""

    id: str
    as_of: str | None = None
    """ISO date of day 0; ``None`` for a record in relative days."""
    age: Decimal | None = None
    labs: tuple[Lab, ...] = ()
    events: tuple[Event, ...] = ()
    complete: frozenset[str] = frozenset()
    """Lists declared complete: kinds (``symptom``, ``drug``, ``condition`` …) or a named group (``neurological``)."""
    not_understood: tuple[Unread, ...] = ()
    notes: tuple[Note, ...] = ()
    elements: Sequence[Element] = ()
    """The accounting of a record read from another format than a case file."""
    understood: tuple[str, ...] = ()
    """Phrases understood and not needed by any rule."""
    died: Span | None = None
    """The day of death, open where only the death is said; ``None`` where nothing is said of one, which is no sign of life."""

    @property
    def has_died(self) -> bool:
        """Whether the death was for certain on the day of decision or before it."""
        return self.died is not None and self.died.last is not None and self.died.last <= 0
