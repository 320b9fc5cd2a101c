"""What many rows of a long table say in the same cells, read once: a result, whosever it is, and a day.

Whatever is more than a result with its day is not read here; the reading row by row decides what everything means.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from cobalens.errors import CobalensError
from cobalens.intake.casefile import tools_for
from cobalens.intake.draft import Draft, finish
from cobalens.intake.entries import nothing_yet, span_from
from cobalens.intake.laboratory.intervals import against_range, plausible_bounds
from cobalens.intake.laboratory.labs import clock_in
from cobalens.intake.laboratory.scales import SCALE
from cobalens.intake.laboratory.units import dimensions_of, parse_for
from cobalens.intake.prose.series import PANEL
from cobalens.intake.prose.sexranges import by_sex
from cobalens.intake.tables.columns import after_a_space
from cobalens.intake.tables.headings import Column
from cobalens.intake.tables.people import canonical, dated_of, long_row
from cobalens.intake.tables.table import Table
from cobalens.model.record import UNDATED, Lab, Note, Span, Unread
from cobalens.model.ruleset import Ruleset

MOST_KINDS = 50_000
"""Different rows that are remembered."""
_PLAIN = re.compile(r"(?:0|[1-9]\d{0,4})(?:\.\d{1,2})?", re.ASCII)
"""A number that can be read in one way only."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLAIN_KEYS = frozenset(
    "analyte loinc value unit ref_low ref_high ref_range flag method specimen status".split()
)
_HERE = "labs[0]"
ALONE = "patient"
"""Who and where, while a row is read as if it were all that is known."""


class Kind(Struct, frozen=True, gc=False):
    """What rows with the same cells say, whosever they are and of whatever day."""

    number: int
    """The result; rows of the same number say it again. Nothing where no result is given."""
    shown: str
    """The row's words without those of the day; a space before each."""
    fate: str
    reason: str
    lab: Lab | None = None
    scale: tuple[str, str] | None = None
    """The test, and whether it was measured by mass or in moles, where both occur."""
    notes: tuple[Note, ...] = ()
    unread: tuple[Unread, ...] = ()


class Moment(Struct, frozen=True, gc=False):
    """A day and a time of day as written, read once."""

    number: int
    """Moments of the same number are written the same way."""
    shown: str
    dated: bool
    when: Span
    time: str


class Shape(Struct, frozen=True):
    """Rows that differ in a plain number alone: one of them as it was read, and between what the others may lie."""

    rest: str
    """The entry without its value."""
    kind: Kind
    before: str
    after: str
    """What is shown before the number and after it."""
    suffix: str
    word: str | None
    least: Decimal
    most: Decimal | None


def _long(draft: Draft, table: Table, row: int) -> None:
    long_row(draft, table, row, {})


class Known(Struct):
    """The rules by which a table is read, and all that has been read in it so far."""

    table: Table
    without_day: Table
    """The same without the columns of the day."""
    ruleset: Ruleset
    day: str | None
    value: Column | None
    """The column of the results, where there is one."""
    of_result: Sequence[Column]
    of_moment: Sequence[Column]
    """The columns of which the words are shown."""
    take: Callable[[Draft, Table, int], object] = _long
    """Reads the result of a row."""
    tail: str = ""
    """What is shown behind each result: the unit that its heading gives."""
    read_whole: int = 0
    """How many rows had to be read as a whole."""
    kinds: dict[Any, Kind | None] = field(default_factory=dict)
    shapes: dict[Any, Shape | None] = field(default_factory=dict)
    moments: dict[Any, Moment | None] = field(default_factory=dict)
    plain: dict[Any, Kind] = field(default_factory=dict)
    """Those of the kinds that are a result and nothing else."""
    scales: dict[str, str] = field(default_factory=dict)
    mixed: bool = False
    """Whether any test is given both by mass and in moles."""
    entries: dict[tuple[str, Any], int] = field(default_factory=dict)
    alike: bool = False
    """Whether cells that are written in different ways say the same."""
    undated: bool = False
    """Whether any row gives no day."""
    stamps: dict[tuple[str, str], int] = field(default_factory=dict)


def _shown(known: Known, columns: Sequence[Column], row: int) -> str:
    return "".join([after_a_space(known.table.cell(row, one.at)) for one in columns])


# --- The day ------------------------------------------------------------------------------------------------------


def moment_of(known: Known, key: Any, row: int) -> Moment | None:
    """The day of a row; ``None`` where it is not understood or does not stand for one."""
    if key in known.moments:
        return known.moments[key]
    moment = known.moments[key] = _plain_day(known, key) or _read_day(known, row)
    known.undated |= moment is not None and not moment.dated
    return moment


def _plain_day(known: Known, key: Any) -> Moment | None:
    """A whole date by itself."""
    if known.day is None or not isinstance(key, str) or not _DAY.fullmatch(key):
        return None
    try:
        day = (dt.date.fromisoformat(key) - dt.date.fromisoformat(known.day)).days
    except ValueError:
        return None
    return Moment(_stamped(known, key, ""), f" {key}", True, Span(day, day), "")


def _stamped(known: Known, date: str, time: str) -> int:
    number = len(known.stamps) + 1
    given = known.stamps.setdefault((date, time), number)
    known.alike |= given != number
    return given


def _read_day(known: Known, row: int) -> Moment | None:
    entry: dict[str, Any] = {}
    dated_of(entry, known.table, row)
    found, day = nothing_yet(), dt.date.fromisoformat(known.day) if known.day else None
    if day is not None or "date" not in entry:
        when, time = span_from(entry, (), ("date",), _HERE, day, found) if entry else (UNDATED, "")
        if not found.unread and not found.notes:
            given = " ".join(str(entry.get("time", "")).split()) or clock_in(entry.get("date"))
            number = _stamped(known, entry.get("date", ""), entry.get("time", ""))
            shown = _shown(known, known.of_moment, row)
            return Moment(number, shown, "date" in entry, when, given or time)
    return None


# --- The result ---------------------------------------------------------------------------------------------------


def kind_of(known: Known, key: Any, row: int) -> Kind | None:
    """What a row says; ``None`` where that is more than a result, or speaks of the person."""
    if key in known.kinds:
        return known.kinds[key]
    if len(known.kinds) >= MOST_KINDS:
        known.kinds.clear()
        known.plain.clear()
    kind = _like_another(known, key, row) if known.value is not None else None
    if kind is None:
        kind = _read(known, key, row)
    known.kinds[key] = kind
    if kind is not None and kind.scale is not None:
        known.mixed |= known.scales.setdefault(*kind.scale) != kind.scale[1]
    if kind is not None and kind.lab is not None and not kind.notes and not kind.unread:
        known.plain[key] = kind
    return kind


def _numbered(known: Known, rest: str, value: Any) -> int:
    number = len(known.entries) + 1
    given = known.entries.setdefault((rest, value), number)
    known.alike |= given != number
    return given


def _without_value(entry: dict[str, Any]) -> str:
    return canonical({name: said for name, said in entry.items() if name != "value"})


def _read(known: Known, key: Any, row: int) -> Kind | None:
    """Reads the row as if it were all that is known of somebody, and undated."""
    known.read_whole += 1
    draft = Draft()
    known.take(draft, known.without_day, row)
    if draft.patient or len(draft.parts) != 1 or set(draft.sections) - {"labs"}:
        return None
    entries = draft.sections.get("labs", [])
    if any(by_sex(one.get("ref_range")) for one in entries if isinstance(one, dict)):
        return None
    try:
        record = finish(draft, known.ruleset, "", ALONE, always_dated=False)
    except CobalensError:
        return None
    lab = record.labs[0] if record.labs else None
    if len(record.labs) > 1 or record.events or record.understood or record.complete:
        return None
    if any(one.code == SCALE for one in record.notes) or (lab is not None and lab.method == PANEL):
        return None
    shown = _shown(known, known.of_result, row)
    if entries:
        shown += known.tail
    if not entries:
        return Kind(0, shown, record.elements[0].fate, record.elements[0].reason)
    place = draft.parts[0].where
    kind = Kind(
        _numbered(known, _without_value(entries[0]), entries[0].get("value")),
        shown,
        record.elements[0].fate,
        record.elements[0].reason,
        lab,
        _scale(lab, known),
        tuple(replace(one, where=one.where.removeprefix(place)) for one in record.notes),
        tuple(replace(one, where=one.where.removeprefix(place)) for one in record.not_understood),
    )
    known.shapes.setdefault(key[:-1], _shape(known, entries[0], kind, row))
    return kind


def _scale(lab: Lab | None, known: Known) -> tuple[str, str] | None:
    analyte = known.ruleset.analytes.get(lab.analyte) if lab is not None else None
    if (
        lab is None
        or analyte is None
        or not analyte.used
        or analyte.molar_mass is None
        or lab.problem
        or not lab.unit
    ):
        return None
    unit = parse_for(lab.unit, dimensions_of(analyte), tools_for(known.ruleset).analytes.words.units)
    return (lab.analyte, unit.dimension) if unit is not None else None


def _shape(known: Known, entry: dict[str, Any], kind: Kind, row: int) -> Shape | None:
    """What holds for every plain number in the place of this one."""
    lab, value = kind.lab, entry.get("value")
    if (
        lab is None
        or known.value is None
        or not isinstance(value, str)
        or not _PLAIN.fullmatch(value)
        or not entry.get("unit")
        or set(entry) - _PLAIN_KEYS
        or lab.problem
        or kind.notes
        or kind.unread
        or not lab.unit
        or not lab.lo == lab.hi == Decimal(value)
        or not lab.text.startswith(value)
    ):
        return None
    index = tools_for(known.ruleset).analytes
    analyte = index.analytes[lab.analyte]
    unit = parse_for(str(entry["unit"]), dimensions_of(analyte), index.words.units)
    if unit is None or unit.ucum != lab.unit:
        return None
    ends = plausible_bounds(analyte, unit)
    flag = " ".join(str(entry.get("flag", "")).split()).lower()
    word = index.words.flags.get(flag) or index.words.qualitative.get(flag)
    at = next(at for at, one in enumerate(known.of_result) if one == known.value)
    return Shape(
        _without_value(entry),
        kind,
        _shown(known, known.of_result[:at], row),
        _shown(known, known.of_result[at + 1 :], row) + known.tail,
        lab.text[len(value) :],
        word,
        ends[0] if ends else Decimal(0),
        ends[1] if ends else None,
    )


def _like_another(known: Known, key: Any, row: int) -> Kind | None:
    """A row that differs from one already read in a plain number alone."""
    shape = known.shapes.get(key[:-1])
    if shape is None or known.value is None:
        return None
    cell = known.table.cell(row, known.value.at)
    if isinstance(cell, dt.date) or not _PLAIN.fullmatch(value := known.table.text(row, known.value)):
        return None
    number = Decimal(value)
    if number < shape.least or (shape.most is not None and number > shape.most):
        return None
    kind, lab = shape.kind, shape.kind.lab
    assert lab is not None
    ranged = lab.ref_low is not None or lab.ref_high is not None
    by_range = against_range(number, number, False, False, lab.ref_low, lab.ref_high) if ranged else None
    if shape.word and by_range and {shape.word, by_range} == {"low", "high"}:
        return None
    made = replace(
        lab, lo=number, hi=number, text=f"{value}{shape.suffix}", qualitative=shape.word or by_range
    )
    shown = f"{shape.before}{after_a_space(cell)}{shape.after}"
    return Kind(_numbered(known, shape.rest, value), shown, kind.fate, kind.reason, made, kind.scale)
