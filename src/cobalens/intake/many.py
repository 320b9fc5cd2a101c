"""Sources of many people: whom one names, its people read as of any day, and what it says of some of them kept apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec import Struct, msgpack
from msgspec.structs import replace

from cobalens.intake import tables
from cobalens.intake.draft import Draft
from cobalens.intake.hl7v2 import reader as messages
from cobalens.intake.recognise import HEAD, People, declared_in, declaring, format_of
from cobalens.intake.refused import Refused
from cobalens.intake.tables.columns import uncollected
from cobalens.intake.tables.crosswalk import Crosswalk, is_numbered_so
from cobalens.intake.tables.grid import WHERE
from cobalens.intake.tables.kept import Kept, kept_of, without
from cobalens.intake.tables.pieces import Piece
from cobalens.intake.tables.refusals import whose_rows
from cobalens.model.record import Element, Record
from cobalens.model.ruleset import Ruleset

TABLES, MESSAGES = "tables", "hl7v2"
Source = tables.Opened | messages.Opened


class Named(Struct, frozen=True):
    """Whom a source names by an identifier, with who gave it where that is said, and how many rows it has."""

    people: list[tuple[str, str]]
    rows: int
    renumbered: int = 0
    """Those who are known by another number elsewhere, by which they are named here."""
    unclear: int = 0
    """Those of whom it is not clear which; they are not named."""


class Apart(Struct, frozen=True):
    """What a source says of some people, with each of its rows and segments."""

    file: str
    tables: list[Kept] = []
    people: list[messages.Person] = []
    guessed: bool = False


def kind_of(head: bytes, mapping: bytes | None) -> str | None:
    """The kind of a source that may name many people; what is given with a mapping is read as a table."""
    kind = TABLES if mapping is not None else format_of(head[:HEAD])
    return kind if kind in (TABLES, MESSAGES) else None


def named_in(
    content: bytes,
    ruleset: Ruleset,
    mapping: bytes | None,
    piece: Piece | None = None,
    called: str = "",
    numbers: Crosswalk | None = None,
) -> Named | None:
    """Whom the source names; nothing where it is of another kind. ``called``: the name of its file."""
    kind = TABLES if piece is not None else kind_of(content, mapping)
    if kind == TABLES:
        found, rows = tables.identifiers(content, ruleset, mapping, piece, called)
        ids: set[str] = set()
        changed: set[str] = set()
        unclear: set[str] = set()
        for header, own in found:
            if numbers is None or not is_numbered_so(header, numbers):
                ids |= own
                continue
            unclear |= own & numbers.unclear
            changed |= own & numbers.pairs.keys()
            ids |= {numbers.pairs.get(one, one) for one in own - numbers.unclear}
        return Named([(one, "") for one in sorted(ids)], rows, len(changed), len(unclear))
    if kind == MESSAGES:
        people = messages.opened(content, "case").people
        return Named(
            [(one.id, one.authority) for one in people if one.id], sum(len(one.segments) for one in people)
        )
    return None


def opened(
    content: bytes,
    ruleset: Ruleset,
    id: str,
    mapping: bytes | None,
    beside: bool = False,
    piece: Piece | None = None,
) -> Source | None:
    """A source of many people made ready for every day; nothing of other sources, and of tables without headings."""
    kind = TABLES if piece is not None else kind_of(content, mapping)
    if kind == TABLES:
        found = tables.opened(content, ruleset, id, mapping, beside, piece)
        if not isinstance(found, tables.Opened):
            if tables.plainly_of_columns(found):
                # Read as lines of a printout, all of its people would be one.
                raise tables.not_recognised(found, ruleset)
            return None
        if heading := tables.may_name_people(found):
            raise whose_rows(WHERE, heading)
        return found
    return messages.opened(content, id) if kind == MESSAGES else None


def reader_of_many(
    source: Source, ruleset: Ruleset, complete: Iterable[str]
) -> Callable[[str, Collection[str] | None], People]:
    """Reads those who are named, or everybody, as of a day; what belongs to nobody in a table is in nobody's record."""
    declared = declared_in(complete, ruleset)

    def read(day: str, wanted: Collection[str] | None) -> People:
        people: Iterable[Record | Refused] = (
            tables.on_day(source, day, wanted, alone=True)
            if isinstance(source, tables.Opened)
            else messages.on_day(source, ruleset, day, frozenset(), wanted)
        )
        with uncollected():
            return [
                declaring(one, declared) if declared and isinstance(one, Record) else one for one in people
            ]

    return read


# --- Some people apart --------------------------------------------------------------------------------------------


def left_of(source: Source, ids: Collection[str]) -> Source:
    """The source without these people."""
    if isinstance(source, tables.Opened):
        return without(source, ids)
    left = [(name, one) for name, one in zip(source.names, source.people, strict=True) if one.id not in ids]
    return replace(source, people=[one for _, one in left], called=[name for name, _ in left])


def apart_of(source: Source, ids: Sequence[str], file: str) -> bytes:
    """What the source says of these people, to be read back by ``apart_again``; nothing where it says nothing."""
    if isinstance(source, tables.Opened):
        kept = kept_of(source, ids)
        return msgpack.encode(Apart(file, kept)) if kept else b""
    wanted = frozenset(ids)
    people = [one for one in source.people if one.id in wanted]
    return msgpack.encode(Apart(file, people=people, guessed=source.file.guessed)) if people else b""


def apart_again(content: bytes) -> Apart:
    return msgpack.decode(content, type=Apart)


def around_of(source: Source) -> list[Element]:
    """The account of what belongs to nobody: headings, what stands above them, the frame of a batch."""
    draft = Draft()
    if isinstance(source, tables.Opened):
        tables.preface_of(draft, source)
    else:
        messages.frame_of(draft, source.file)
    return [Element(one.where, one.text, one.fate, one.reason) for one in draft.parts]
