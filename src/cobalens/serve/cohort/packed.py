"""Files of a source that are packed by gzip, unpacked into the run's own folder: each as a whole, or set aside with the reason.

They lie there until the run ends, since a line that needs a careful reading is read again from its place.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from cobalens.serve.cohort import refusals

if TYPE_CHECKING:
    from cobalens.serve.cohort.progress import Advance, Telling

UNPACKED = "unpacked"
GZIP, MARK = ".gz", b"\x1f\x8b"
WITH_CHECKS = 16 + zlib.MAX_WBITS
"""Of zlib: a gzip file, whose sum and length are checked at its end."""
BLOCK = 1 << 16
MOST_TIMES = 200
"""Records pack to between a tenth and a fiftieth of their size; what packs far better is made to fill a disk."""
FREELY = 100_000_000
"""Bytes up to which nothing is said against any file."""
CUT, DAMAGED, NOT_PACKED, TOO_MUCH = (
    "breaks off before its end",
    "is damaged",
    "is not packed by gzip, as its name says",
    f"unpacks to more than {MOST_TIMES} times its size",
)
WHOLE, SAME = "unpacked", "the same as the file beside it"


class Packed(Struct, frozen=True):
    """What became of a packed file: ``WHOLE``, ``SAME``, or why it was set aside."""

    file: str
    """As it is called in the source."""
    packed: int
    fate: str
    bytes: int = 0
    """Unpacked."""

    @property
    def aside(self) -> bool:
        return self.fate not in (WHOLE, SAME)


class UnsoundError(Exception):
    """Why a file cannot be unpacked as a whole."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# --- One file -----------------------------------------------------------------------------------------------------


def plain(path: Path) -> Path:
    """What a file would be called if it were not packed."""
    return path.with_suffix("") if path.suffix.lower() == GZIP else path


def is_packed(path: Path) -> bool:
    """By its name, or by its content: what a browser fetches is often packed still, and not called so."""
    if path.suffix.lower() == GZIP:
        return True
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK


def pieces(path: Path) -> Iterator[tuple[bytes, int]]:
    """What a file holds, with how many packed bytes were read for each piece; ``UnsoundError`` where it is not whole."""
    unpacker = zlib.decompressobj(WITH_CHECKS)
    with path.open("rb") as file:
        first = file.read(len(MARK))
        if first and first != MARK[: len(first)]:
            raise UnsoundError(NOT_PACKED)
        file.seek(0)
        while block := file.read(BLOCK):
            read = len(block)
            while block:
                if unpacker.eof:
                    # Several packed files put together are one; zeros may fill up what is behind them.
                    block = block.lstrip(b"\0")
                    if not block:
                        break
                    unpacker = zlib.decompressobj(WITH_CHECKS)
                try:
                    found = unpacker.decompress(block)
                except zlib.error:
                    raise UnsoundError(DAMAGED) from None
                block = unpacker.unused_data
                yield found, read
                read = 0
            if read:
                yield b"", read
    if not unpacker.eof:
        raise UnsoundError(CUT)


def head_of(path: Path, size: int) -> bytes:
    """The first bytes of a file, unpacked where it is packed."""
    if not is_packed(path):
        with path.open("rb") as file:
            return file.read(size)
    found = bytearray()
    try:
        for piece, _ in pieces(path):
            found += piece
            if len(found) >= size:
                break
    except UnsoundError as unsound:
        if not found:
            raise refusals.packed_unsound(path.name, unsound.reason) from None
    return bytes(found[:size])


def unpack(path: Path, target: Path, advance: Advance) -> int:
    """Writes a file beside its place and then moves it there; its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    coming = target.with_name(target.name + ".coming")
    stat = path.stat()
    most = max(FREELY, MOST_TIMES * stat.st_size)
    written = 0
    try:
        with coming.open("wb") as into:
            for piece, read in pieces(path):
                written += len(piece)
                if written > most:
                    raise UnsoundError(TOO_MUCH)
                into.write(piece)
                advance(read)
            into.flush()
            os.fsync(into.fileno())
    except (UnsoundError, OSError):
        coming.unlink(missing_ok=True)
        raise
    # Unpacked anew after a stop, it is still the file of which places are known.
    os.utime(coming, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    coming.replace(target)
    return written


def is_same(path: Path, other: Path, advance: Advance) -> bool:
    """Whether a packed file holds what stands in the other one."""
    try:
        with other.open("rb") as file:
            for piece, read in pieces(path):
                advance(read)
                if file.read(len(piece)) != piece:
                    return False
            return not file.read(1)
    except UnsoundError:
        return False


# --- All files of a source ----------------------------------------------------------------------------------------


def unpack_all(
    files: Sequence[Path],
    top: Path,
    folder: Path,
    known: Iterable[Packed],
    telling: Telling,
    named: Callable[[Path], Path],
) -> tuple[list[Path], list[Packed]]:
    """The files to read, in their order, and what became of each packed one.

    ``known``: what became of them before a stop. ``named``: what an unpacked file is to be called.
    """
    packed = [path for path in files if is_packed(path)]
    fates = {one.file: one for one in known}
    beside = {str(path).casefold(): path for path in files if path not in set(packed)}
    sizes = {path: path.stat().st_size for path in packed}
    targets = {path: folder / named(path).relative_to(top) for path in packed}
    done = [path for path in packed if targets[path].exists() or name_in(path, top) in fates]
    advance = telling("packed bytes unpacked", sum(sizes.values()), sum(sizes[path] for path in done))
    for path in packed:
        name, target = name_in(path, top), targets[path]
        if target.exists():
            fates[name] = Packed(name, sizes[path], WHOLE, target.stat().st_size)
        elif name in fates and fates[name].fate != WHOLE:
            continue
        elif (other := beside.get(str(plain(path)).casefold())) is not None:
            if not is_same(path, other, advance):
                raise refusals.packed_differs(name, other.name)
            fates[name] = Packed(name, sizes[path], SAME)
        else:
            try:
                fates[name] = Packed(name, sizes[path], WHOLE, unpack(path, target, advance))
            except UnsoundError as unsound:
                fates[name] = Packed(name, sizes[path], unsound.reason)
    found = [
        targets.get(path, path)
        for path in files
        if path not in targets or fates[name_in(path, top)].fate == WHOLE
    ]
    return found, [fates[name_in(path, top)] for path in packed]


def name_in(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix()


def as_known(path: Path, top: Path, folder: Path) -> Path:
    """A file as it is called in the source, also where it is read unpacked."""
    return top / path.relative_to(folder) if path.is_relative_to(folder) else path
