"""MLLP frames out of a stream of bytes, however it is cut into packets: 0x0B, the message, 0x1C 0x0D.

Knows nothing of sockets or of messages. What stands between frames is passed over and counted.
"""

from __future__ import annotations

import re

from msgspec import Struct

START, END = b"\x0b", b"\x1c\r"
HEAD = 4_096
"""Bytes kept of a message that is too large: enough for its header."""
MARK = re.compile(rb"\x1c[\r\x0b]|\x0bMSH")
"""The end of a frame, or the beginning of another in the midst of one. A lone 0x0B or 0x1C is a letter of the text: senders
let them through. An end without its carriage return is taken for one where the next frame follows at once."""
LONGEST_MARK = 4


class Frame(Struct, frozen=True):
    """What one frame held, or the beginning of it where that is too large."""

    content: bytes
    too_large: bool = False


class Framer:
    """Takes bytes as they come, and gives each frame once it is whole."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.stray = 0
        """Bytes outside of frames, line ends aside."""
        self.cut_off = 0
        """Frames that another one interrupted."""
        self._held = bytearray()
        self._inside = self._skipping = False
        self._seen = 0

    @property
    def within(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._inside

    @property
    def begun(self) -> bytes:
        """The beginning of the frame that has not ended."""
        return b"" if self._skipping or not self._inside else bytes(self._held[:HEAD])

    def feed(self, data: bytes) -> list[Frame]:
        self._held += data
        found: list[Frame] = []
        while self._step(found):
            pass
        return found

    def _step(self, found: list[Frame]) -> bool:
        """Goes on to the next mark; whether there may be another one."""
        if not self._inside:
            return self._enter()
        mark = MARK.search(self._held, self._seen)
        at = mark.start() if mark else len(self._held) - LONGEST_MARK + 1
        if at > self.limit and not self._skipping:
            # Told by where the mark stands, or could stand at the earliest, so that packets make no difference.
            found.append(Frame(bytes(self._held[: min(HEAD, self.limit)]), too_large=True))
            self._skipping = True
        if mark is None:
            if self._skipping:
                del self._held[: max(0, at)]
            self._seen = 0 if self._skipping else max(0, at)
            return False
        if mark[0].startswith(START):
            self.cut_off += not self._skipping and bool(self._held[:at].strip())
            self._begin(at + 1)
        else:
            if not self._skipping:
                found.append(Frame(bytes(self._held[:at])))
            self._inside = False
            del self._held[: at + (len(END) if mark[0] == END else 1)]
        return True

    def _enter(self) -> bool:
        at = self._held.find(START)
        outside = self._held if at < 0 else self._held[:at]
        self.stray += len(outside) - outside.count(b"\r") - outside.count(b"\n")
        if at < 0:
            self._held.clear()
            return False
        self._begin(at + 1)
        return True

    def _begin(self, at: int) -> None:
        del self._held[:at]
        self._inside, self._skipping, self._seen = True, False, 0


def framed(content: bytes) -> bytes:
    return START + content + END
