"""Tables of a folder that say what the codes in its other tables mean, as a mapping with which those are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cobalens.intake.recognise import HEAD
from cobalens.intake.tables.crosswalk import (
    Crosswalk,
    crosswalk_in,
    grids_of,
    headings_of,
    numbering,
    pairs_numbers,
)
from cobalens.intake.tables.dictionaries import (
    Dictionary,
    dictionary_in,
    headings_in,
    mapping_with,
    may_explain,
    names_people,
)
from cobalens.intake.tables.grid import MAX_BYTES, PARQUET, WORKBOOK
from cobalens.model.ruleset import Ruleset
from cobalens.serve.cohort.kinds import ending_of

TEXTS = (".csv", ".tsv", ".txt")


def explained(files: Sequence[Path], ruleset: Ruleset) -> tuple[bytes | None, tuple[str, ...]]:
    """The mapping, and the paths of the tables that it is made of; nothing where other files stand beside tables."""
    if len(files) < 2 or not all(ending_of(one) in TEXTS for one in files):
        return None, ()
    heads = {one: headings_in(begin_of(one)) for one in files}
    asked = {heading for head in heads.values() if names_people(head, ruleset) for heading in head}
    found: dict[Path, Dictionary] = {}
    for one, head in heads.items():
        if may_explain(head, ruleset, asked) and one.stat().st_size <= MAX_BYTES:
            told = dictionary_in(one.read_bytes(), ruleset, asked)
            if told is not None and told.meanings:
                found[one] = told
    mapping = mapping_with(list(found.values()), ruleset) if found else None
    return mapping, tuple(map(str, found)) if mapping is not None else ()


def paired(files: Sequence[Path], ruleset: Ruleset) -> tuple[Crosswalk | None, str]:
    """What the only table of two numbers pairs, and its path; nothing where one of its headings numbers nobody elsewhere."""
    heads = {one: headings_of_any(one) for one in files}
    found = [one for one, head in heads.items() if pairs_numbers(head, ruleset)]
    if len(found) != 1 or found[0].stat().st_size > MAX_BYTES:
        return None, ""
    others = {name for one, head in heads.items() if one != found[0] for name in numbering(head, ruleset)}
    if not others.issuperset(heads[found[0]]):
        return None, ""
    numbers = crosswalk_in(found[0].read_bytes())
    return (numbers, str(found[0])) if numbers is not None else (None, "")


def headings_of_any(path: Path) -> list[str]:
    """The headings of a table; of a workbook, or of columns kept as such, it has to be opened for that."""
    begin = begin_of(path)
    if not begin.startswith((PARQUET, WORKBOOK)):
        return headings_in(begin)
    return headings_of(grids_of(path.read_bytes())) if path.stat().st_size <= MAX_BYTES else []


def begin_of(path: Path) -> bytes:
    """The first bytes as they are: what was packed is unpacked by now, and called as before."""
    with path.open("rb") as file:
        return file.read(HEAD)
