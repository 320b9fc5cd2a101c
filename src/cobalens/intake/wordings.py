"""What wordings mean whatever number and day stand beside them, as rows for a database that cannot ask the reader.

The reader of one patient's case is asked: about a number on every side of every amount that a test can come to, and
about a statement for each way in which its days may lie beside the day of decision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from math import inf, nextafter

from msgspec import Struct
from msgspec.structs import asdict, replace

from cobalens.intake.casefile import read_case
from cobalens.intake.dictionary import entry_meanings, lab_meanings
from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.intervals import plausible_bounds
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset
from cobalens.model.sources import (
    ENTRY_KEY,
    FUTURE,
    LAB_KEY,
    LONG_AGO,
    NONE,
    NOT_UNDERSTOOD,
    NUMBER,
    PARTS,
    PAST,
    SET_ASIDE,
    STATEMENT,
    WORDS_OF,
    EntryRow,
    EventMeaning,
    ResultRow,
)

SIGNS = ("", "<", ">")
"""What may stand before a number; with "or equal" a number is as possible as without."""
_LEAST, _MOST = 1e-300, 1e300
"""What stands for the number beside nought and for the greatest one: doubles that every database takes."""
_STARTS = (PAST, FUTURE, LONG_AGO, NONE)
_STOPS = {"conditions": (NONE, PAST, FUTURE), "medications": (NONE, PAST, FUTURE)}
"""Section -> the stops that its tables know; the others know none."""


class Wording(Struct, frozen=True):
    """One wording as the database counted it: which kind of row, its words by their column, and how many rows."""

    kind: str
    words: Mapping[str, str]
    rows: int = 0

    @property
    def said(self) -> str:
        """The text by which the database finds the wording again."""
        return PARTS.join((self.kind, *(self.words.get(name, "") for name in WORDS_OF[self.kind])))


class Read(Struct, frozen=True):
    """What some wordings came to, and which of them came to nothing, with the reason."""

    results: tuple[ResultRow, ...]
    entries: tuple[EntryRow, ...]
    unread: tuple[tuple[Wording, str], ...]


def read_wordings(
    wordings: Iterable[Wording], ruleset: Ruleset, turns: Collection[frozenset[str]] = ()
) -> Read:
    """``turns``: the tests whose days are days of decision, those of a later turn where there is none of an earlier."""
    results: list[ResultRow] = []
    entries: list[EntryRow] = []
    unread: list[tuple[Wording, str]] = []
    for one in wordings:
        if one.kind == STATEMENT:
            found, reason = _statement(one, ruleset)
            entries += found
        else:
            rows = _numbers(one, ruleset) if one.kind == NUMBER else _worded(one, ruleset)
            turn = _turn(one, ruleset, turns)
            results += (replace(row, turn=turn) for row in rows)
            if turn is not None and not rows:
                results.append(ResultRow(one.said, turn=turn))
            reason = "" if rows else "not understood"
        if reason:
            unread.append((one, reason))
    return Read(tuple(results), tuple(entries), tuple(unread))


def _turn(one: Wording, ruleset: Ruleset, turns: Collection[frozenset[str]]) -> int | None:
    """By what is measured alone, whatever the result: a day of decision is one on which the test was done."""
    words = {name: one.words.get(name) or None for name in ("name", "code", "system", "unit")}
    key = tuple((words | {"word": "normal"}).get(name) for name in LAB_KEY)
    read = {lab.analyte for lab in lab_meanings([(0, key)], ruleset).labs}
    return next((turn for turn, tests in enumerate(turns) if not tests.isdisjoint(read)), None)


# --- Results ------------------------------------------------------------------------------------------------------


def _worded(one: Wording, ruleset: Ruleset) -> list[ResultRow]:
    """A result that is no plain number: the wording is the whole of it."""
    key = tuple(one.words.get(name) or None for name in LAB_KEY)
    return [
        ResultRow(
            one.said, part, analyte=lab.analyte, lo=lab.lo, hi=lab.hi, lo_open=lab.lo_open, hi_open=lab.hi_open,
            unit=lab.unit, ref_low=lab.ref_low, ref_high=lab.ref_high, qualitative=lab.qualitative, problem=lab.problem,
            status=lab.status,
        )
        for part, lab in enumerate(lab_meanings([(0, key)], ruleset).labs)
    ]  # fmt: skip


def _numbers(one: Wording, ruleset: Ruleset) -> list[ResultRow]:
    """A row for each stretch of numbers that the reader takes alike."""
    entry = {name: said for name in ("name", "code", "system", "unit") if (said := one.words.get(name))}

    def read(number: float, sign: str) -> Record:
        given = {**entry, "value": number, "comparator": sign}
        return read_case({"patient": {}, "facts": {"labs": [given]}}, ruleset)

    tests = {lab.analyte for number in (1.0, 1e-3, 1e3, 1e6) for lab in read(number, "").labs}
    if not tests:
        return []
    found: list[ResultRow] = []
    for sign in SIGNS:
        last: list[ResultRow] = []
        for least, most in _stretches(_ends(tests, entry.get("unit"), ruleset)):
            here = [
                ResultRow(
                    one.said, part, sign, least, most, lab.analyte, unit=lab.unit, problem=lab.problem, status=lab.status
                )
                for part, lab in enumerate(read(_between(least, most), sign).labs)
            ]  # fmt: skip
            if last and [replace(row, from_value=least, to_value=most) for row in last] == here:
                last = [replace(row, to_value=most) for row in last]
                found[-len(last) :] = last
            else:
                last = here
                found += here
    return found


def _ends(tests: Iterable[str], unit: str | None, ruleset: Ruleset) -> list[float]:
    """Every amount at which the reading of a number may change: what is possible, in each unit that may be meant."""
    found = {0.0}
    for name in tests:
        analyte = ruleset.analytes[name]
        accepted = units.dimensions_of(analyte)
        for text in (*analyte.units, *analyte.plausible, *([unit] if unit else ())):
            parsed = units.parse_for(text, accepted)
            ends = plausible_bounds(analyte, parsed) if parsed else None
            found |= {float(end) for end in ends or ()}
    return sorted(found)


def _stretches(ends: Iterable[float]) -> Iterator[tuple[float, float]]:
    """All numbers, parted before, at and after each end, where a limit that is no double may lie."""
    least = -_MOST
    for end in ends:
        around = (nextafter(end, -inf), end, nextafter(end, inf)) if end else (-_LEAST, end, _LEAST)
        if around[0] > least:
            yield least, nextafter(around[0], -inf)
        for one in around:
            if one >= least:
                yield one, one
        least = nextafter(around[2], inf)
    yield least, _MOST


def _between(least: float, most: float) -> float:
    if least == most:
        return least
    if most == _MOST:
        return max(least * 2, 1.0)
    return most - 1 if least == -_MOST else least + (most - least) / 2


# --- Statements ---------------------------------------------------------------------------------------------------


def _statement(one: Wording, ruleset: Ruleset) -> tuple[list[EntryRow], str]:
    """A row for each statement and each way in which its days may lie; the reason where there is none."""
    words = {name: one.words.get(name) or None for name in ENTRY_KEY}
    section = words["section"] or "conditions"
    stops = _STOPS.get(section, (NONE,))
    found: list[EntryRow] = []
    reason = ""
    for start in _STARTS:
        for stop in stops:
            key = tuple((words | {"starts": start, "stops": stop})[name] for name in ENTRY_KEY)
            said = entry_meanings([(0, key)], ruleset)
            found += (_row(one.said, start, stop, part, event) for part, event in enumerate(said.events))
            if (start, stop) == (_STARTS[0], NONE) and said.fates[0].fate in (NOT_UNDERSTOOD, SET_ASIDE):
                reason = said.fates[0].reason or "not understood"
        if not found and start == FUTURE:
            # What says nothing of what was nor of what is to come says nothing at all.
            return [], reason
    return found, ""


def _row(said: str, start: str, stop: str, part: int, event: EventMeaning) -> EntryRow:
    told = asdict(event)
    del told["key"]
    return EntryRow(**told, said=said, starts=start, stops=stop, part=part)
