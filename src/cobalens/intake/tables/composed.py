"""Headings that say more than the name of a test: at which of several samplings (``B12_2``, ``MMA month 6``), units without a slash.

A result of one of several samplings is dated by the date of that sampling, or by none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from cobalens.intake.laboratory.testnames import AnalyteIndex, find
from cobalens.intake.laboratory.units import MASS, MOLAR, parse
from cobalens.intake.tables.headings import ANALYTE, UNKNOWN, Column, Header, Words, column_of, unit_in

OF_OCCASION = "date_of_occasion"
CHOICE = re.compile(r"(.+?)\s*\(\s*choice\s*=\s*(.+?)\s*\)", re.IGNORECASE)
"""A box to be ticked, as forms of research write it."""
VOLUMES = ("ml", "dl", "ul", "l")
SHORT = 2
"""Letters of which as many may stand for anything."""
_NUMBER = re.compile(r"\d{1,3}")


def composed(header: Header, words: Words, index: AnalyteIndex) -> Header:
    """The headings, with what those say that were not known as a whole."""
    columns = [_of_form(one, words, index) if one.role == UNKNOWN else one for one in header.columns]
    parted = {one.at: said for one in columns if (said := _parted(one, words, index))}
    # A number alone tells samplings apart where one column has a 1 and another one a 2.
    numbers: dict[tuple[str, str], set[str]] = {}
    for said in parted.values():
        numbers.setdefault((said.role, said.name), set()).add(said.occasion)
    counted = (one for one in numbers.values() if one & {"0", "1"} and len(one) > 1)
    # What is numbered so elsewhere in the table is so here too: a test that was done at the second sampling alone.
    known = frozenset().union(*counted)
    for at, said in parted.items():
        if not said.occasion.isdigit() or said.occasion in known:
            columns[at] = said
    return replace(header, columns=tuple(columns))


def _of_form(one: Column, words: Words, index: AnalyteIndex) -> Column:
    if ticked := CHOICE.fullmatch(one.heading):
        asked = column_of(ticked[1], one.at, words, index)
        return replace(asked, heading=ticked[2]) if asked.name == asked.role else one
    pieces = re.split(r"[_\s]+", one.heading)
    if len(pieces) < 2 or not (unit := _without_slash(pieces[-1])):
        return one
    found = column_of(" ".join(pieces[:-1]), one.at, words, index)
    return replace(found, heading=one.heading, unit=unit) if found.role == ANALYTE else one


def _without_slash(text: str) -> str:
    """A unit as names of fields hold it: ``pgml``, ``umoll``."""
    low = text.lower()
    for volume in VOLUMES:
        amount = low.removesuffix(volume)
        if amount and amount != low and len(low) > SHORT:
            found = parse(f"{amount}/{volume}")
            if found is not None and found.dimension in (MASS, MOLAR):
                return f"{amount}/{volume}"
    return ""


def _parted(one: Column, words: Words, index: AnalyteIndex) -> Column | None:
    """A test, or a date, with the sampling that stands before or behind it."""
    if one.role != UNKNOWN:
        return None
    unit, name = unit_in(one.heading, words, index)
    pieces = re.split(r"[_\s.\-]+", re.sub(r"[()\[\]]", " ", name).strip())
    for count in (3, 2, 1):
        if len(pieces) <= count:
            continue
        for said, rest in ((pieces[-count:], pieces[:-count]), (pieces[:count], pieces[count:])):
            if not (occasion := occasion_in(said, words)):
                continue
            found = column_of(" ".join(rest), one.at, words, index)
            found = _of_form(found, words, index) if found.role == UNKNOWN else found
            if found.role == ANALYTE:
                return replace(found, heading=one.heading, occasion=occasion, unit=found.unit or unit)
            if found.role == "date":
                return replace(found, heading=one.heading, role=OF_OCCASION, occasion=occasion)
    return None


def occasion_in(pieces: Sequence[str], words: Words) -> str:
    """Which sampling these words say: ``6 months``, ``visit 2``, ``baseline``, ``2``; nothing where they say none."""
    said = " ".join(pieces).lower()
    if said in words.occasions or _NUMBER.fullmatch(said):
        return said
    parted = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", said).split()
    if len(parted) != 2 or sum(bool(_NUMBER.fullmatch(one)) for one in parted) != 1:
        return ""
    word = next(one for one in parted if not _NUMBER.fullmatch(one))
    return " ".join(parted) if word in words.counted else ""


def results_in(header: Header, index: AnalyteIndex) -> list[list[Column]]:
    """Columns of the same test and day belong together; a second column of values begins a second result."""
    groups: dict[tuple[tuple[str, ...], str, int], list[Column]] = {}
    counts: dict[tuple[tuple[str, ...], str], int] = {}
    for one in header.columns:
        if one.role != ANALYTE:
            continue
        key = (find(one.name, index), f"{one.date}{one.occasion}")
        if one.part == "value":
            counts[key] = counts.get(key, -1) + 1
        groups.setdefault((*key, max(counts.get(key, 0), 0)), []).append(one)
    return list(groups.values())
