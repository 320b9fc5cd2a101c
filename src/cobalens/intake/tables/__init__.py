"""Tables of results: CSV, TSV, Excel and Parquet, one row a result, a visit or a person, of one person or many."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Collection, Iterator, Sequence
from itertools import repeat

from msgspec import Struct
from msgspec.structs import replace

from cobalens import errors
from cobalens.errors import CobalensError
from cobalens.intake.casefile import tools_for
from cobalens.intake.draft import Draft, finish
from cobalens.intake.refused import Refused
from cobalens.intake.tables.bulk import Bulk, bulk_for, bulk_on, of_one_mind, reads_of, record_of
from cobalens.intake.tables.cells import text_of
from cobalens.intake.tables.columns import distinct, each, uncollected
from cobalens.intake.tables.grid import (
    MAX_BYTES,
    PARQUET,
    WHERE,
    Grid,
    decoded,
    delimiter_of,
    head_text,
    is_case,
    is_workbook,
    of_parquet,
    of_text,
    of_workbook,
)
from cobalens.intake.tables.headings import (
    DEEPEST,
    UNKNOWN,
    Header,
    Words,
    recognised_in,
    says_who,
    tidy,
    words_for,
)
from cobalens.intake.tables.mapping import NOTHING_GIVEN, Mapped, mapping_of
from cobalens.intake.tables.named import NOT_NEEDED, said_by
from cobalens.intake.tables.people import fill, ignored, preface
from cobalens.intake.tables.pieces import Piece, table_of_piece
from cobalens.intake.tables.refusals import headings_not_recognised, two_in_one
from cobalens.intake.tables.table import Person, Table, group, header_in, naming, table_of
from cobalens.intake.tables.wide import Wide, record_of_wide, wide_for, wide_on
from cobalens.model.record import Element, Record
from cobalens.model.ruleset import Ruleset

__all__ = ["read", "recognise"]

MAX_PEOPLE = 100_000
NO_NUMBER = "not_a_number"
WIDE = 4
"""Columns from which on lines are no printout."""
MANY = 100_000
"""Bytes from which on so many things are made that looking among them for garbage would be felt."""


def recognise(head: bytes) -> bool:
    """A workbook, a Parquet file, or text whose lines have the same cells."""
    if is_workbook(head) or head.startswith(PARQUET):
        return True
    text = head_text(head)
    return text is not None and not is_case(text) and delimiter_of(text) is not None


def read(
    source: bytes, ruleset: Ruleset, as_of: str | None = None, id: str = "case", mapping: bytes | None = None
) -> list[Record | Refused]:
    """Everybody in the table, in the order in which they are met."""
    if len(source) > MAX_BYTES:
        raise errors.file_too_large(WHERE, len(source), MAX_BYTES)
    if len(source) < MANY:
        return _read(source, ruleset, as_of, id, mapping)
    with uncollected():
        return _read(source, ruleset, as_of, id, mapping)


def _read(
    source: bytes, ruleset: Ruleset, as_of: str | None, id: str, mapping: bytes | None
) -> list[Record | Refused]:
    found = opened(source, ruleset, id, mapping)
    if not isinstance(found, Opened):
        return _otherwise(source, found, words_for(ruleset), ruleset, as_of, id, mapping)
    return list(on_day(found, as_of))


class Opened(Struct):
    """A source whose headings are known: its tables, and whose each row is."""

    tables: list[Table]
    rest: list[Grid]
    people: dict[str, list[tuple[Table, Person]]]
    ruleset: Ruleset
    id: str
    many: Bulk | None
    wide: Wide | None
    called: list[str] | None = None
    """What those who are left are called, where some have been taken out."""
    of_more: bool = False
    """Whether there are other people in further pieces."""

    @property
    def names(self) -> list[str]:
        """What each person is called, in the order in which they are met."""
        if self.called is not None:
            return self.called
        numbered = (self.of_more or len(self.people) > 1) and self.id != "case"
        return [
            parts[0][1].id[:200] or (f"{self.id}#{number}" if numbered else self.id)
            for number, parts in enumerate(self.people.values(), 1)
        ]


def opened(
    source: bytes,
    ruleset: Ruleset,
    id: str = "case",
    mapping: bytes | None = None,
    beside: bool = False,
    piece: Piece | None = None,
) -> Opened | list[Grid]:
    """What serves every day of decision; the cells alone where no headings are known.

    ``beside``: other tables speak of the same people, so that one may say no more than who they are.
    """
    if piece is not None:
        table = table_of_piece(source, piece, ruleset, _mapped(mapping, ruleset))
        return _of_people([table], [], ruleset, id, piece)
    index, words = tools_for(ruleset).analytes, words_for(ruleset)
    grids, mapped = _grids(source, ruleset, mapping)
    tables: list[Table] = []
    rest: list[Grid] = []
    for grid in grids:
        header = _header(grid, words, ruleset, mapped, beside, id)
        if header is None:
            rest.append(grid)
        else:
            tables.append(table_of(grid.rows, grid.numbers, grid.name, header, words, index, mapped))
    return _of_people(tables, rest, ruleset, id) if tables else grids


def _of_people(
    tables: list[Table], rest: list[Grid], ruleset: Ruleset, id: str, piece: Piece | None = None
) -> Opened:
    people: dict[str, list[tuple[Table, Person]]] = {}
    for table in tables:
        found: dict[str, Person] = {}
        group(table, found, piece.whole.each_says if piece else None)
        for key, person in found.items():
            people.setdefault(key, []).append((table, person))
    if not people and piece is None:
        raise errors.empty_input(WHERE)
    if len(people) > MAX_PEOPLE:
        raise errors.too_many_entries(WHERE, len(people), MAX_PEOPLE)
    many = bulk_for(tables[0], ruleset, None) if len(tables) == 1 else None
    wide = wide_for(tables[0], ruleset, None) if len(tables) == 1 and many is None else None
    return Opened(tables, rest, people, ruleset, id, many, wide, of_more=piece is not None)


def _mapped(mapping: bytes | None, ruleset: Ruleset) -> Mapped:
    return mapping_of(mapping, tools_for(ruleset).analytes) if mapping is not None else NOTHING_GIVEN


def _grids(source: bytes, ruleset: Ruleset, mapping: bytes | None) -> tuple[list[Grid], Mapped]:
    if len(source) > MAX_BYTES:
        raise errors.file_too_large(WHERE, len(source), MAX_BYTES)
    mapped = _mapped(mapping, ruleset)
    grids = grids_of(source, mapped)
    if grids is None or not any(grid.rows for grid in grids):
        raise errors.empty_input(WHERE)
    return grids, mapped


def not_needed_by_name(called: str, ruleset: Ruleset) -> bool:
    """Whether a table so called is of doctors, payers, visits and the like, where its headings say no more."""
    return said_by(called, words_for(ruleset)).section in NOT_NEEDED


def identifiers(
    source: bytes,
    ruleset: Ruleset,
    mapping: bytes | None = None,
    piece: Piece | None = None,
    called: str = "",
) -> tuple[list[tuple[Header, set[str]]], int]:
    """Whom the rows of each table name by an identifier, and how many rows there are; no other cell is looked at."""
    if piece is not None:
        table = table_of_piece(source, piece, ruleset, _mapped(mapping, ruleset))
        held = [(table.rows, table.header)]
    else:
        words = words_for(ruleset)
        grids, mapped = _grids(source, ruleset, mapping)
        found_in = ((grid.rows, _header(grid, words, ruleset, mapped, True, called)) for grid in grids)
        held = [(rows, header) for rows, header in found_in if header is not None]
    found = [
        (header, set(map(text_of, distinct(rows, one.at, header.below).values())) - {""})
        for rows, header in held
        for one in header.of("id")[:1]
    ]
    return found, sum(len(rows) for rows, _ in held)


def grids_of(source: bytes, mapped: Mapped) -> list[Grid] | None:
    if source.startswith(PARQUET):
        return [of_parquet(source)]
    if is_workbook(source[:65_536]):
        grids = of_workbook(source)
        if mapped.sheet:
            named = [grid for grid in grids if grid.name in (mapped.sheet, "")]
            if not named:
                raise errors.unknown_key("mapping.table.sheet", mapped.sheet, [grid.name for grid in grids])
            return named
        return grids
    text = decoded(source)
    mark = delimiter_of(text)
    return [of_text(text, mark or ",")] if text.strip() else None


def _header(
    grid: Grid, words: Words, ruleset: Ruleset, mapped: Mapped, beside: bool, called: str
) -> Header | None:
    named = grid.name if said_by(grid.name, words).section else called
    return header_in(
        grid.rows, grid.numbers, words, tools_for(ruleset).analytes, mapped, beside or bool(grid.name), named
    )


def _otherwise(
    source: bytes,
    grids: list[Grid],
    words: Words,
    ruleset: Ruleset,
    as_of: str | None,
    id: str,
    mapping: bytes | None,
) -> list[Record | Refused]:
    """Without headings: lines of a printout, or a refusal that says what was recognised."""
    if mapping is None and not any(several_named(grid, words) for grid in grids):
        from cobalens.intake.pasted import lines_of_grid, of_lines

        found = of_lines([line for grid in grids for line in lines_of_grid(grid)], ruleset, as_of, id)
        if not source.startswith(PARQUET) and not is_workbook(source[:65_536]):
            # The commas may be decimal ones, in lines that are no rows at all.
            found = max(found, of_text_itself(source, grids[0], ruleset, as_of, id), key=made_sense)
        if found is not None and any(lab.problem != NO_NUMBER for lab in found.labs):
            return [found]
    raise not_recognised(grids, ruleset)


def not_recognised(grids: Sequence[Grid], ruleset: Ruleset) -> CobalensError:
    words = words_for(ruleset)
    return headings_not_recognised(WHERE, *recognised_in(grids[0].rows, words, tools_for(ruleset).analytes))


def several_named(grid: Grid, words: Words) -> bool:
    """Whether a column that is known to number people has several numbers: lines of a printout are of one person."""
    for place, row in enumerate(grid.rows[:DEEPEST]):
        for at, cell in enumerate(row):
            if (
                says_who(text_of(cell), words)
                and len(set(each(grid.rows, at, text_of, place + 1)) - {""}) > 1
            ):
                return True
    return False


def plainly_of_columns(grids: Sequence[Grid]) -> bool:
    """Whether cells stand below headings, whatever these say: as many in each row, the first row of words alone."""
    for grid in grids:
        first = [text_of(cell) for cell in grid.rows[0]] if len(grid.rows) > 1 else []
        alike = len({len(row) for row in grid.rows}) == 1
        if alike and len(first) >= WIDE and all(one and not one[0].isdigit() for one in first):
            return True
    return False


def of_text_itself(source: bytes, grid: Grid, ruleset: Ruleset, as_of: str | None, id: str) -> Record | None:
    from cobalens.intake.pasted import Line, of_lines

    # Lines end where they end in a table, so that both readings count them alike.
    texts = io.StringIO(decoded(source), newline=None)
    lines = [Line(number, one.rstrip("\n")) for number, one in enumerate(texts, 1)]
    rows = {at for at, row in zip(grid.numbers, grid.rows, strict=True) if any(map(text_of, row))}
    if rows != {line.number for line in lines if line.text.strip()}:
        # A cell holds several lines.
        return None
    return of_lines(lines, ruleset, as_of, id)


def made_sense(record: Record | None) -> tuple[int, int]:
    """How many results can be used, and how little was left over."""
    if record is None:
        return -1, 0
    return sum(lab.problem is None for lab in record.labs), -len(record.not_understood)


def on_day(
    source: Opened, as_of: str | None, wanted: Collection[str] | None = None, alone: bool = False
) -> Iterator[Record | Refused]:
    """Everybody's record, or that of those who are wanted, as of a day of decision.

    ``alone``: without the account of what belongs to nobody, which the first person's record holds otherwise.
    """
    day = _as_of(as_of)
    many = bulk_on(source.many, day) if source.many is not None else None
    wide = wide_on(source.wide, day) if source.wide is not None else None
    told_apart = any(table.header.of("sex", "birth_date") for table in source.tables)
    asked = [
        (number == 0 and not alone, called, parts)
        for number, (called, parts) in enumerate(zip(source.names, source.people.values(), strict=True))
        if wanted is None or called in wanted
    ]
    above = Draft()
    preface_of(above, source)
    reads = reads_of(many, (parts[0][1] for _, _, parts in asked)) if many is not None else repeat(None)
    opening = [Element(one.where, one.text, one.fate, one.reason) for one in above.parts]
    for (first, called, parts), read in zip(asked, reads, strict=False):
        begins = opening if first else ()
        table, person = parts[0]
        if (
            many is not None
            and (not told_apart or of_one_mind(many, person) or not says_two(table, person))
            and (whole := record_of(many, person, called, begins, read)) is not None
        ):
            yield whole
            continue
        if (
            wide is not None
            and (not told_apart or of_one_mind(wide.bulk, person) or not says_two(table, person))
            and (whole := record_of_wide(wide, person, called, begins)) is not None
        ):
            yield whole
            continue
        yield _row_by_row(above if first else Draft(), parts, source.ruleset, day, called)


def _row_by_row(
    draft: Draft, parts: Sequence[tuple[Table, Person]], ruleset: Ruleset, day: str | None, called: str
) -> Record | Refused:
    dated = contradiction = False
    for table, person in parts:
        contradiction = contradiction or says_two(table, person)
        dated = fill(draft, table, person.rows) or dated
        ignored(draft, table, person.rows)
    if dated and day is None:
        raise errors.as_of_needed(WHERE)
    if contradiction:
        return Refused(called, two_in_one())
    try:
        record = finish(draft, ruleset, day or "", called, always_dated=False)
    except CobalensError as error:
        return Refused(called, error)
    return replace(record, id=called)


def _as_of(as_of: str | None) -> str | None:
    if as_of is None:
        return None
    from cobalens.intake.dates import DateError, parse_date

    try:
        first, last, _ = parse_date(as_of)
    except DateError:
        raise errors.date_not_understood("as_of") from None
    if first != last:
        raise errors.date_not_understood("as_of")
    day: dt.date = first
    return day.isoformat()


def preface_of(draft: Draft, source: Opened) -> None:
    """The account of what belongs to nobody."""
    for table in source.tables:
        preface(draft, table)
    _unread_sheets(draft, source.rest)


def _unread_sheets(draft: Draft, rest: list[Grid]) -> None:
    from cobalens.intake.draft import SET_ASIDE, part

    for grid in rest:
        part(
            draft,
            grid.name or "sheet",
            f"{len(grid.rows)} rows",
            SET_ASIDE,
            "a sheet without headings that are known",
        )


def says_two(table: Table, person: Person) -> bool:
    """Whether rows under one identifier say two sexes or two birth dates."""
    for role in ("sex", "birth_date"):
        for one in table.header.of(role):
            said = {
                text[0].lower() if role == "sex" else text
                for row in person.rows
                if (text := table.said(row, one))
            }
            if len(said) > 1:
                return True
    return False


def may_number_people(parts: Sequence[str], words: Words) -> bool:
    """ "Sample key", "Code der Kundin": a word for a sign at the end, or one anywhere beside one for a person."""
    if not parts:
        return False
    return parts[-1] in words.sign or not (words.sign.isdisjoint(parts) or words.person.isdisjoint(parts))


def may_name_people(source: Opened) -> str:
    """A column that is not known and may say whose each row is, of a table whose rows are read as one person's for want of any."""
    for table in source.tables if len(source.people) == 1 else ():
        rows, header = table.rows, table.header
        if naming(header) or len(rows) - header.below < 2:
            continue
        for one in header.of(UNKNOWN):
            if (
                may_number_people(tidy(one.heading).split(), table.words)
                and len(distinct(rows, one.at, header.below)) > 1
            ):
                return one.heading
    return ""
