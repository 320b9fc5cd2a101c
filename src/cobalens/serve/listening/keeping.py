"""The folder of a listener: each comment a numbered file, written whole, with a map that says whose it is and what became of it.

The map is what counts. A file gets its name after its line stands there, so after a stop at any moment the folder holds each
message that was acknowledged, and none by halves; what was not handed on yet is known at the next start.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import IO, Any

import msgspec

from cobalens.serve.letters import NO_JSON
from cobalens.serve.listening import refusals
from cobalens.serve.listening.interpreting import Commented

MAP, PART, KIND = "map.ndjson", ".part", ".hl7"
KEPT, WAITING, SENT, REFUSED, GIVEN_UP, GONE = "kept", "waiting", "sent", "refused", "given_up", "gone"
OPEN = (WAITING, GIVEN_UP)
"""Not handed on; what was given up is tried again at the next start."""


class Line(msgspec.Struct, omit_defaults=True):
    """One line of the map: a new file, or what became of one."""

    file: str
    state: str
    id: str = ""
    sender: str = ""
    control: str = ""
    digest: str = ""


class Folder:
    """Kept open and locked by one listener. Its methods wait for the disk, and may be called from several threads."""

    def __init__(self, path: Path, sends: bool) -> None:
        self.path = path
        self.state = WAITING if sends else KEPT
        self.lines: dict[str, Line] = {}
        """What the map held at the start, until it has been looked through."""
        self.number = 0
        self._turn = Lock()
        self._map = self._opened()
        try:
            self._restored()
        except BaseException:
            self._map.close()
            raise

    def close(self) -> None:
        self._map.close()

    def _opened(self) -> IO[bytes]:
        place = self.path / MAP
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not place.exists() and any(self.path.iterdir()):
                raise refusals.folder_of_others(str(self.path))
            # Without a buffer: what a full disk did not take must not come out with a later line.
            opened = place.open("a+b", buffering=0)
        except OSError:
            from cobalens.serve.refusals import cannot_be_written

            raise cannot_be_written(str(self.path)) from None
        if not locked(opened):
            opened.close()
            raise refusals.folder_in_use(str(self.path))
        return opened

    def _restored(self) -> None:
        """Reads the map, names what a stop left unnamed, and takes away what was never acknowledged."""
        self._map.seek(0)
        whole = self._map.read()
        if not whole.endswith(b"\n"):
            # A line broken off by a stop was not acknowledged yet.
            whole = whole[: whole.rfind(b"\n") + 1]
            self._map.truncate(len(whole))
        decoder = msgspec.json.Decoder(Line)
        for number, raw in enumerate(whole.splitlines(), 1):
            try:
                line = decoder.decode(raw)
            except NO_JSON:
                raise refusals.map_broken(str(self.path / MAP), number) from None
            known = self.lines.get(line.file)
            if known is None:
                self.lines[line.file] = line
            else:
                known.state = line.state
        for file in self.path.glob(f"*{PART}"):
            if file.stem in self.lines:
                file.replace(self.path / file.stem)
            else:
                file.unlink()
        numbers = [int(name.removesuffix(KIND)) for name in self.lines if name.removesuffix(KIND).isdecimal()]
        self.number = max(numbers, default=0)

    def unsent(self) -> Iterator[str]:
        """Names of the files that still have to be handed on, in their order; one that is not there was taken away."""
        for name, line in self.lines.items():
            if line.state in OPEN and (self.path / name).exists():
                yield name

    def keep(self, found: Sequence[Commented], sender: str, control: str, digest: str) -> list[str]:
        """Writes the comments of one message: all of them, or none and an ``OSError``."""
        with self._turn:
            return self._kept(found, sender, control, digest)

    def _kept(self, found: Sequence[Commented], sender: str, control: str, digest: str) -> list[str]:
        made: list[Line] = []
        parts: list[Path] = []
        try:
            for place, one in enumerate(found, self.number + 1):
                line = Line(f"{place:06}{KIND}", self.state, one.id, sender, control, digest)
                parts.append(self.path / f"{line.file}{PART}")
                with parts[-1].open("wb") as file:
                    file.write(one.message)
                    settle(file)
                made.append(line)
            settle_names(self.path)
            self._write(made)
        except OSError:
            for part in parts:
                part.unlink(missing_ok=True)
            raise
        self.number += len(made)
        for part, line in zip(parts, made, strict=True):
            part.replace(self.path / line.file)
        return [line.file for line in made]

    def became(self, name: str, state: str) -> None:
        with self._turn:
            self._write([Line(name, state)])

    def content(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def _write(self, lines: Sequence[Line]) -> None:
        """Appends lines as one, or leaves the map as it was."""
        end = self._map.seek(0, os.SEEK_END)
        left = b"".join(msgspec.json.encode(one) + b"\n" for one in lines)
        try:
            while left:
                left = left[self._map.write(left) or 0 :]
            settle(self._map)
        except OSError:
            self._map.truncate(end)
            raise


def settle(file: IO[Any]) -> None:
    """Onto the disk, so that a power cut after the acknowledgement loses nothing."""
    file.flush()
    os.fsync(file.fileno())


def settle_names(folder: Path) -> None:
    """The names of new files too, where the system keeps them apart from the files."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def locked(file: IO[Any]) -> bool:
    try:
        import fcntl
    except ImportError:
        # Only on Windows, which keeps others from renaming an open file anyway.
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
