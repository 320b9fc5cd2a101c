"""The listener itself: connections and their limits, one answer after the other, and an end that leaves nothing half done."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import signal
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from cobalens.api import Cobalens
from cobalens.errors import CobalensError
from cobalens.serve.listening import refusals
from cobalens.serve.listening.acknowledging import acknowledgement, answers
from cobalens.serve.listening.counting import Counts
from cobalens.serve.listening.desk import Desk, Outcome
from cobalens.serve.listening.framing import Frame, Framer, framed
from cobalens.serve.listening.heading import Heading, heading, refusal
from cobalens.serve.listening.interpreting import fault
from cobalens.serve.listening.keeping import Folder
from cobalens.serve.listening.sending import Client, Sender
from cobalens.serve.listening.settings import Settings

PACKET = 65_536
LAST_TURN = 0.5


class Connection:
    """One sender's connection."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, framer: Framer) -> None:
        self.reader, self.writer, self.framer = reader, writer, framer
        self.busy = False
        """A message is at work, and will be answered."""


class Listener:
    """``told`` is called with the address once it listens."""

    def __init__(
        self,
        door: Cobalens,
        settings: Settings,
        folder: Folder | None = None,
        told: Callable[[str, int], None] = lambda host, port: None,
    ) -> None:
        self.door, self.settings, self.folder, self.told = door, settings, folder, told
        self.counts = Counts()
        self.open: dict[asyncio.Task[None], Connection] = {}
        self.begun = f"{int(time.time()):X}"
        self.number = itertools.count(1)

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Until ``stop`` is set, or a signal asks for the end; a second signal does not wait for what has begun."""
        settings, hurried = self.settings, asyncio.Event()
        self.asked = stop or asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(unforeseen)
        if stop is None:
            on_signals(self.asked, hurried)
        with ThreadPoolExecutor(settings.readers, "reader") as readers:
            sender = self._sender()
            self.desk = Desk(
                self.door, self.counts, readers, self.folder, sender, settings.comment, settings.remembered
            )
            try:
                server = await asyncio.start_server(
                    self._met, settings.host, settings.port, limit=PACKET, backlog=settings.connections
                )
            except (OSError, UnicodeError):
                raise refusals.cannot_listen(f"{settings.host}:{settings.port}") from None
            tasks = [asyncio.create_task(self._report())]
            if sender is not None:
                tasks.append(asyncio.create_task(sender.run()))
            host, port = server.sockets[0].getsockname()[:2]
            self.told(host, port)
            await self.asked.wait()
            server.close()
            await self._finished(sender, hurried)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._tell()

    def _sender(self) -> Sender | None:
        if self.settings.send_to is None:
            return None
        client = Client(*self.settings.send_to, self.settings.patience)
        return Sender(client, self.counts, self.settings.tries, *self.settings.pauses)

    async def _finished(self, sender: Sender | None, hurried: asyncio.Event) -> None:
        """What was begun comes to its end; connections on which nothing is at work close at once."""
        for task, one in list(self.open.items()):
            if not one.busy:
                task.cancel()
        work: list[asyncio.Future[Any]] = list(self.open)
        if sender is not None:
            work.append(asyncio.create_task(self._handed_on(sender)))
        enough: asyncio.Future[Any] = asyncio.create_task(hurried.wait())
        everything: asyncio.Future[Any] = asyncio.gather(*work, return_exceptions=True)
        either = [everything, enough]
        await asyncio.wait(either, timeout=self.settings.stop, return_when=asyncio.FIRST_COMPLETED)
        self.desk.give_in()
        # A last turn for the answers just given; what is still at work then has no answer, and is sent again.
        await asyncio.wait([everything], timeout=LAST_TURN)
        for left in (everything, enough, *self.open):
            left.cancel()
        await asyncio.gather(everything, enough, *self.open, return_exceptions=True)

    async def _handed_on(self, sender: Sender) -> None:
        """What waits, and where it is kept first, also what is being read; without a folder that waits for this itself."""
        if self.folder is not None and self.open:
            await asyncio.wait(list(self.open))
        await sender.drained()
        self.desk.give_in()

    # --- One connection -------------------------------------------------------------------------------------------

    async def _met(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self.asked.is_set() or len(self.open) >= self.settings.connections:
            self.counts.turned_away += 1
            writer.close()
            return
        one = Connection(reader, writer, Framer(self.settings.most))
        self.open[task] = one
        try:
            await self._served(one)
        except (OSError, asyncio.CancelledError):
            # The sender is gone, or the listener goes: nothing is at work that was not answered.
            writer.transport.abort()
        finally:
            del self.open[task]
            self.counts.stray += one.framer.stray
            self.counts.cut_off += one.framer.cut_off + one.framer.within
            await self._closed(writer)

    async def _closed(self, writer: StreamWriter) -> None:
        """After the last answer, for which a sender that does not take it is not waited for ever."""
        writer.close()
        with suppress(OSError):
            try:
                async with asyncio.timeout(self.settings.slow):
                    await writer.wait_closed()
            except TimeoutError:
                writer.transport.abort()

    async def _served(self, one: Connection) -> None:
        """Reads on only when all that came is answered, so that whoever sends too fast waits."""
        until: float | None = None
        while not self.asked.is_set():
            now = time.monotonic()
            try:
                async with asyncio.timeout(self.settings.idle if until is None else max(0.0, until - now)):
                    data = await one.reader.read(PACKET)
            except TimeoutError:
                await self._waited_too_long(one)
                return
            if not data:
                return
            was_within = one.framer.within
            frames = one.framer.feed(data)
            for frame in frames:
                one.busy = True
                await self._answered(one, frame)
                one.busy = False
                if self.asked.is_set():
                    return
            if not one.framer.within:
                until = None
            elif frames or not was_within or until is None:
                until = time.monotonic() + self.settings.slow

    async def _waited_too_long(self, one: Connection) -> None:
        if not one.framer.within:
            self.counts.silent += 1
            return
        self.counts.slow += 1
        self.counts.messages += 1
        error = refusals.message_not_finished(int(self.settings.slow))
        await self._told(one, heading(one.framer.begun), Outcome(error))

    async def _answered(self, one: Connection, frame: Frame) -> None:
        head = heading(frame.content)
        if head is not None and head.is_answer:
            self.counts.answers += 1
            return
        self.counts.messages += 1
        refused = refusal(head, frame.content)
        if frame.too_large:
            refused = refusals.message_too_large(self.settings.most)
        outcome = Outcome(refused)
        if refused is None and head is not None:
            try:
                outcome = await self.desk.taken(head, frame.content)
            except Exception as error:  # noqa: BLE001 - whatever happens, the sender is answered
                outcome = Outcome(fault(error))
        await self._told(one, head, outcome)

    async def _told(self, one: Connection, head: Heading | None, outcome: Outcome) -> None:
        """Sends the answers that are wanted; the comment goes with the last of them."""
        self._count(outcome.error)
        codes = answers(head, outcome.error)
        self.counts.unanswered += not codes
        for code in codes:
            lines = outcome.lines if code == codes[-1] else ()
            made = acknowledgement(head, code, self._id(), now(), outcome.error, lines)
            one.writer.write(framed(made))
        try:
            async with asyncio.timeout(self.settings.slow):
                await one.writer.drain()
        except TimeoutError:
            self.counts.slow += 1
            raise ConnectionError from None

    def _count(self, error: CobalensError | None) -> None:
        if error is None:
            self.counts.accepted += 1
        else:
            self.counts.refused[refusals.condition(error)] += 1

    def _id(self) -> str:
        """A control id of the listener's own, within the twenty characters of older versions, and never the same again."""
        return f"CB{self.begun}{next(self.number):06X}"

    # --- What is told to whoever runs it --------------------------------------------------------------------------

    async def _report(self) -> None:
        last = self.counts.line()
        while True:
            await asyncio.sleep(self.settings.every)
            if self.counts.line() != last:
                last = self.counts.line()
                self._tell()

    def _tell(self) -> None:
        sys.stderr.write(f"cobalens: {self.counts.line()}\n")
        sys.stderr.flush()


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).astimezone()


def unforeseen(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A fault outside of any message: where it happened, and never what the error says, which may hold a value."""
    del loop
    error = context.get("exception")
    if isinstance(error, Exception):
        fault(error)


def on_signals(asked: asyncio.Event, hurried: asyncio.Event) -> None:
    """The first signal asks for the end, the second does not wait for it."""

    def came() -> None:
        (hurried if asked.is_set() else asked).set()

    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(one, came)
        except NotImplementedError:
            # On Windows the loop takes no signals itself.
            signal.signal(one, partial(handed, loop, came))


def handed(loop: asyncio.AbstractEventLoop, came: Callable[[], None], number: int, frame: object) -> None:
    del number, frame
    loop.call_soon_threadsafe(came)
