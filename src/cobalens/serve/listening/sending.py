"""Hands comments on to another system by MLLP: one after the other, each acknowledged before the next is sent.

What is not taken is tried again after growing pauses, and given up after so many tries; what is refused is not sent again.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from typing import Any

from msgspec import Struct

from cobalens.serve.listening.counting import Counts
from cobalens.serve.listening.framing import Framer, framed
from cobalens.serve.listening.heading import ACCEPT, APPLICATION, LINE, heading, with_fields
from cobalens.serve.listening.interpreting import fault
from cobalens.serve.listening.keeping import GIVEN_UP, GONE, REFUSED, SENT

TAKEN, REFUSALS = ("AA", "CA"), ("AE", "CE")
"""Anything else (AR, CR, silence, a closed line) may have nothing to do with the message, which is sent again."""
LONGEST_ANSWER = 1_000_000


class Parcel(Struct):
    """A message on its way. ``ended`` is told what became of it."""

    content: Callable[[], bytes]
    ended: Callable[[str], Coroutine[Any, Any, None]]


class NotTakenError(Exception):
    """Nobody took the message this time."""


class Client:
    """One connection, opened when it is needed and kept for the next message."""

    def __init__(self, host: str, port: int, patience: float) -> None:
        self.host, self.port, self.patience = host, port, patience
        self._streams: tuple[StreamReader, StreamWriter] | None = None
        self._framer = Framer(LONGEST_ANSWER)

    async def send(self, content: bytes) -> str:
        """The code with which the message is acknowledged."""
        try:
            async with asyncio.timeout(self.patience):
                reader, writer = await self._connected()
                writer.write(framed(content))
                await writer.drain()
                return await self._answer(reader, control_of(content))
        except (OSError, TimeoutError, NotTakenError):
            self.close()
            raise NotTakenError from None

    async def _connected(self) -> tuple[StreamReader, StreamWriter]:
        if self._streams and self._streams[0].at_eof():
            self.close()
        if not self._streams:
            self._streams = await asyncio.open_connection(self.host, self.port)
            self._framer = Framer(LONGEST_ANSWER)
        return self._streams

    async def _answer(self, reader: StreamReader, control: bytes) -> str:
        """The next acknowledgement of this very message, or one that does not say of which: no other is under way."""
        while data := await reader.read(65_536):
            for frame in self._framer.feed(data):
                code, of = acknowledged(frame.content)
                if code and of in (control, b""):
                    return code
        raise NotTakenError

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


class Sender:
    """The queue before the client. ``tries``: how often at most, 0 for as long as it takes."""

    def __init__(
        self, client: Client, counts: Counts, tries: int, first: float, longest: float
    ) -> None:  # fmt: skip
        self.client, self.counts, self.tries = client, counts, tries
        self.first, self.longest = first, longest
        self.queue: asyncio.Queue[Parcel] = asyncio.Queue()
        self.failing = asyncio.Event()
        """Set while the last try was in vain."""

    def put(self, parcel: Parcel) -> None:
        self.counts.waiting += 1
        self.queue.put_nowait(parcel)

    async def drained(self) -> None:
        """Until nothing waits, or nothing can be handed on at present."""
        waits: list[Coroutine[Any, Any, object]] = [self.queue.join(), self.failing.wait()]
        either = [asyncio.create_task(one) for one in waits]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in either:
                one.cancel()

    async def run(self) -> None:
        """Until it is cancelled. What waits then is for whoever put it there to keep."""
        try:
            while True:
                parcel = await self.queue.get()
                end = await self._sent(parcel)
                self.counts.waiting -= 1
                self.counts.ends[end] += 1
                await parcel.ended(end)
                self.queue.task_done()
        finally:
            self.client.close()

    async def _sent(self, parcel: Parcel) -> str:
        pause, tried = self.first, 0
        while True:
            try:
                content = for_sending(parcel.content())
            except OSError:
                return GONE
            try:
                code = await self.client.send(content)
            except NotTakenError:
                code = ""
            except Exception as error:  # noqa: BLE001 - one message with a fault does not hold up those behind it
                fault(error)
                return GIVEN_UP
            if code in TAKEN + REFUSALS:
                self.failing.clear()
                return SENT if code in TAKEN else REFUSED
            self.failing.set()
            tried += 1
            if tried == self.tries:
                return GIVEN_UP
            await asyncio.sleep(pause)
            pause = min(2 * pause, self.longest)


def acknowledged(content: bytes) -> tuple[str, bytes]:
    """Code and control id of an acknowledgement; nothing of another message."""
    head = heading(content)
    mark = head.marks[0].encode() if head else b"|"
    for line in LINE.split(content):
        fields = line.strip().split(mark)
        if fields[0] == b"MSA":
            fields += [b"", b""]
            return fields[1].decode("ascii", "replace").strip().upper(), fields[2].strip()
    return "", b""


def control_of(content: bytes) -> bytes:
    head = heading(content)
    return head.control if head else b""


def for_sending(content: bytes) -> bytes:
    """The laboratory's message as it is, but for how it wants to be acknowledged: that was between it and this listener."""
    head = heading(content)
    if head is None or not (head.raw(ACCEPT) or head.raw(APPLICATION)):
        return content
    return with_fields(content, {ACCEPT: b"", APPLICATION: b""})
