"""`cobalens what-if`: the answer before and after something is supposed, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cobalens.api import Cobalens, load
from cobalens.model.record import Record
from cobalens.report.case import Case
from cobalens.report.difference import (
    Compared,
    WhatIf,
    moved_sections,
    rows,
    supposed_section,
    table_section,
)
from cobalens.report.items import Section
from cobalens.report.words import layout
from cobalens.serve.batch import read_one
from cobalens.serve.given import refuse_early, refuse_overwriting
from cobalens.serve.inputs import only, places
from cobalens.serve.outputs import put, put_words
from cobalens.serve.status import DONE
from cobalens.serve.terminal import has_screen, show, width


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    form: str
    out: str | None
    as_of: str | None
    pack: str
    language: str
    complete: frozenset[str]


def run(file: str, settings: Sequence[str], wanted: Wanted) -> int:
    door = load(wanted.pack, None, wanted.language)
    record = record_of(door, file, wanted)
    one = door.what_if(record, settings)
    case = door.case(record)
    told(case, one, [supposed_section(case, one)], ("side_before", "side_after"), wanted)
    return DONE


def record_of(door: Cobalens, file: str, wanted: Wanted) -> Record:
    refuse_early(door, wanted.as_of, wanted.complete)
    refuse_overwriting(wanted.out, places([file]).found)
    return read_one(door, only(file), wanted.as_of, wanted.complete)


def told(
    case: Case, one: WhatIf | Compared, first: list[Section], columns: tuple[str, str], wanted: Wanted
) -> None:
    """As data, or the sections with the table between them."""
    if wanted.form == "json":
        put(wanted.out, msgspec.json.format(msgspec.json.encode(one), indent=2).decode() + "\n")
        return
    first = [section for section in first if section.items]
    last = moved_sections(case, one)
    if wanted.out is not None or not has_screen():
        from cobalens.report.text import plain

        sections = [*first, table_section(case, one), *last]
        put_words(wanted.out, plain(sections, 100 if wanted.out else width()) + "\n")
        return
    show(first)
    draw_table(case, one, columns)
    show(last)


def draw_table(case: Case, one: WhatIf | Compared, columns: tuple[str, str]) -> None:
    from rich.console import Console

    Console(width=width(), highlight=False).print(table(case, one, columns))


def table(case: Case, one: WhatIf | Compared, columns: tuple[str, str]) -> object:
    """Question, before, after; what changed stands out by weight, not by colour alone."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD, expand=True)
    made.add_column("", ratio=1)
    for key in columns:
        made.add_column(layout(case, key), ratio=2, overflow="fold")
    for label, before, after, changed in rows(case, one):
        style = "bold" if changed else "dim"
        made.add_row(label, Text(before), Text(after, style=style))
    return made
