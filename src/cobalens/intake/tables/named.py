"""What the name of a file or a sheet says of its rows, where their headings do not: ``conditions.csv``, a sheet *Drugs*.

Rows of ``allergies.csv`` are never taken, whatever its columns are called; those of ``stopped_drugs.csv`` not any more.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.tables.headings import SECTIONS, TEST, Column, Header, Words, tidy

OFFICES, OTHERS = "offices", "others"
NOT_NEEDED = (OFFICES, OTHERS)
"""What is so called holds nothing that bears on a result, unless its own headings say otherwise."""
OVERRULES = frozenset({"allergies", "family_history"})
"""What a file called so lists is nobody's own, or not taken, whatever its columns are called."""
TREATMENTS = frozenset({"medications", "supplements"})
STOPPED, PLANNED = "stopped", "planned"


class Said(Struct, frozen=True):
    """The list to which the rows belong, and whether that goes on."""

    section: str = ""
    status: str = ""


def said_by(called: str, words: Words) -> Said:
    """What a name says; nothing where it names no list, or one whose entries may not be so."""
    parts = re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", tidy(PurePath(called).name)).split()
    held = f" {' '.join(parts)} "
    section = next(
        (name for name, those in words.files.items() if any(f" {one} " in held for one in those)), ""
    )
    if section in ("", "labs"):
        return Said()
    if section not in NOT_NEEDED and words.file_says["not_so"].intersection(parts):
        return Said()
    if words.file_says["over"].intersection(parts) and section in TREATMENTS:
        return Said(section, STOPPED)
    return Said(section, PLANNED if words.file_says["ahead"].intersection(parts) else "")


def by_name(header: Header, said: Said, words: Words) -> Header:
    """The headings with what the file's name says of the rows; results stay results where each test has a column.

    Where nobody is named the rows may be a dictionary, which is about no person.
    """
    if said.section in ("", *NOT_NEEDED) or header.wide or not header.of("id", "name"):
        return header
    columns = list(header.columns)
    listed = header.of(*SECTIONS)
    if said.section in OVERRULES:
        for one in listed:
            columns[one.at] = replace(one, role=said.section, name=said.section)
    elif not listed and not header.long and (told := _words_in(header, words)):
        columns[told.at] = replace(told, role=said.section, name=said.section)
    elif listed and not header.long and said.section not in {one.name for one in listed}:
        return header
    return replace(header, columns=tuple(columns), section=said.section, status=said.status)


def _words_in(header: Header, words: Words) -> Column | None:
    """The column that names what a row is about."""
    if found := header.of(TEST):
        return found[0]
    held = [one for one in header.columns if words.beside_results.get(tidy(one.heading)) == TEST]
    return next((one for one in held if one.role != "name" or header.of("id")), None)


def not_needed(header: Header | None, said: Said) -> bool:
    """Whether a table is of doctors, payers or visits, and holds no results and no words about people."""
    if said.section not in NOT_NEEDED:
        return False
    return header is None or not (header.long or header.wide or (header.people and said.section == OTHERS))
