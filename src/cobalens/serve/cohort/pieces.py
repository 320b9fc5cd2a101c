"""Files of a source that are too large to be read at once: shared out into the folder of the run, before anybody is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from cobalens.errors import CobalensError, file_too_large
from cobalens.intake.many import TABLES, kind_of
from cobalens.intake.recognise import HEAD, MAX_BYTES
from cobalens.intake.tables.pieces import whole_in
from cobalens.intake.tables.sharing import LARGE_ROWS, share_out
from cobalens.model.ruleset import Ruleset
from cobalens.serve.cohort.cases import cut, may_be_cut, pieces_in
from cobalens.serve.cohort.packed import plain
from cobalens.serve.cohort.progress import Telling

PIECES = "pieces"


class Given(Struct, frozen=True):
    """What is read as one part."""

    path: Path
    source: Path
    """The file as its owner knows it."""
    piece: bool = False
    before: int | None = None
    """Of a piece of a file of cases: how many stand before it."""


def part_all(
    files: Sequence[Given],
    folder: Path,
    ruleset: Ruleset,
    mapping: bytes | None,
    telling: Telling,
    left: Collection[str] = (),
) -> list[Given]:
    """The files, and in place of those that are too large their pieces; one that was shared out before a stop is not again.

    ``left``: the paths of those that stay whole.
    """
    large = {
        place: one
        for place, one in enumerate(files)
        if str(one.path) not in left and may_be_large(one.path, mapping)
    }
    sizes = {place: one.path.stat().st_size for place, one in large.items()}
    done = {place for place in large if (folder / f"{place:05}").exists()}
    advance = telling("bytes of tables shared out", sum(sizes.values()), sum(sizes[one] for one in done))
    found: list[Given] = []
    for place, one in enumerate(files):
        into = folder / f"{place:05}"
        if place not in large and may_be_cut(one.path):
            if not into.exists():
                cut(one.path, into, plain(one.source).stem)
            found += [Given(piece, one.source, before=int(piece.stem)) for piece in pieces_in(into)]
            continue
        if place in large and place not in done:
            # What is wrong with it is told when it is read.
            with suppress(CobalensError):
                called = plain(one.source).stem
                share_out(one.path, into, ruleset, mapping, advance, beside=len(files) > 1, called=called)
        names = sorted(whole_in(into).pieces) if into.exists() else []
        found += [Given(into / name, one.source, True) for name in names] or [one]
    return found


def whole(path: Path) -> bytes:
    """What stands in a file, refused before it is read where no format is read of that size."""
    if (size := path.stat().st_size) > MAX_BYTES:
        raise file_too_large("input", size, MAX_BYTES)
    return path.read_bytes()


def may_be_large(path: Path, mapping: bytes | None) -> bool:
    if path.stat().st_size <= LARGE_ROWS:
        return False
    with path.open("rb") as file:
        return kind_of(file.read(HEAD), mapping) == TABLES
