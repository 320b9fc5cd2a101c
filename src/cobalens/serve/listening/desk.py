"""What becomes of one message: refused, or read, kept, handed on; each only once, however often it is sent."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from msgspec import Struct

from cobalens.api import Cobalens
from cobalens.errors import CobalensError
from cobalens.serve.listening import keeping, refusals
from cobalens.serve.listening.counting import Counts
from cobalens.serve.listening.heading import Heading, fingerprint
from cobalens.serve.listening.interpreting import Commented, commented, fault
from cobalens.serve.listening.keeping import Folder
from cobalens.serve.listening.sending import Parcel, Sender

Result = TypeVar("Result")
Known = tuple[bytes, bytes, str]
"""A sender, its control id, and what was said under it: an id that is used again for other results hides none of them."""


STOPPED = "stopped"


class Outcome(Struct, frozen=True):
    """What its sender is told of a message."""

    error: CobalensError | None = None
    lines: tuple[str, ...] = ()


class Desk:
    """Takes messages one after the other from each connection, and from several at the same time."""

    def __init__(
        self,
        door: Cobalens,
        counts: Counts,
        readers: Executor,
        folder: Folder | None,
        sender: Sender | None,
        comment: bool,
        most: int,
    ) -> None:
        self.door, self.counts, self.readers = door, counts, readers
        self.folder, self.sender, self.comment, self.most = folder, sender, comment, most
        self.promised: set[asyncio.Future[str]] = set()
        """Messages that are answered only when the other system has them."""
        self.done: OrderedDict[Known, None] = OrderedDict()
        self.under_way: dict[Known, asyncio.Future[Outcome]] = {}
        self.one_by_one = asyncio.Lock()
        if folder is not None:
            for line in folder.lines.values():
                if line.digest:
                    known = line.sender.encode("latin-1"), line.control.encode("latin-1"), line.digest
                    self._remember(known)
            if sender is not None:
                for name in folder.unsent():
                    self._post(name)
            folder.lines.clear()

    async def taken(self, head: Heading, content: bytes) -> Outcome:
        """The outcome of a message whose header is in order."""
        known = (head.sender, head.control, fingerprint(content))
        if known in self.under_way:
            # Sent again before it was answered, mostly over another connection: one piece of work, two answers.
            return self._repeated(await asyncio.shield(self.under_way[known]))
        if known in self.done:
            return self._repeated(await self._again(content))
        outcome = asyncio.get_running_loop().create_future()
        self.under_way[known] = outcome
        try:
            try:
                found = await self._worked(content, known)
            except Exception as error:  # noqa: BLE001 - whatever happens, everybody who sent it is answered
                found = Outcome(fault(error))
            outcome.set_result(found)
        finally:
            del self.under_way[known]
            outcome.cancel()
        if found.error is None:
            self._remember(known)
        return found

    def _repeated(self, found: Outcome) -> Outcome:
        self.counts.repeated += found.error is None
        return found

    async def _again(self, content: bytes) -> Outcome:
        """Its comment was not kept in memory; the same message has the same one."""
        if not self.comment:
            return Outcome()
        found = await self._aside(partial(commented, self.door, content))
        return Outcome(found) if isinstance(found, CobalensError) else self._accepted(found)

    async def _worked(self, content: bytes, known: Known) -> Outcome:
        found = await self._aside(partial(commented, self.door, content))
        if isinstance(found, CobalensError):
            return Outcome(found)
        if self.folder is not None:
            if not await self._kept(self.folder, found, known):
                return Outcome(refusals.not_kept())
        elif self.sender is not None:
            error = await self._handed_on(self.sender, found)
            if error is not None:
                return Outcome(error)
        return self._accepted(found)

    def _accepted(self, found: list[Commented]) -> Outcome:
        return Outcome(None, tuple(line for one in found for line in one.lines) if self.comment else ())

    async def _kept(self, folder: Folder, found: list[Commented], known: Known) -> bool:
        """In the folder, and in the queue if there is one; from then on the listener answers for it."""
        sender, control, digest = known
        keep = partial(folder.keep, found, sender.decode("latin-1"), control.decode("latin-1"), digest)
        async with self.one_by_one:
            try:
                names = await self._aside(keep)
            except OSError:
                return False
            for name in names:
                self._post(name)
        return True

    def _post(self, name: str) -> None:
        if self.sender is None or self.folder is None:
            return
        folder = self.folder

        async def ended(end: str) -> None:
            try:
                await self._aside(partial(folder.became, name, end))
            except OSError:
                # It will be sent once more at the next start, which is better than not at all.
                sys.stderr.write(f"cobalens: {name} was {end}, which could not be written to {keeping.MAP}\n")

        self.sender.put(Parcel(partial(folder.content, name), ended))

    async def _handed_on(self, sender: Sender, found: list[Commented]) -> CobalensError | None:
        """Without a folder nothing is promised before the other system has it."""
        ends: list[asyncio.Future[str]] = []
        for one in found:
            end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            sender.put(Parcel(partial(bytes, one.message), partial(reported, end)))
            ends.append(end)
        self.promised.update(ends)
        states = await asyncio.gather(*ends)
        self.promised.difference_update(ends)
        if STOPPED in states:
            return refusals.stopping()
        if keeping.GIVEN_UP in states:
            return refusals.not_handed_on()
        return refusals.refused_further_on() if keeping.REFUSED in states else None

    def give_in(self) -> None:
        """Answers those whose messages the other system has not taken: the listener will not be there to see it."""
        for one in self.promised:
            settled(one, STOPPED)

    async def _aside(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.readers, work)

    def _remember(self, known: Known) -> None:
        self.done[known] = None
        while len(self.done) > self.most:
            self.done.popitem(last=False)


async def reported(future: asyncio.Future[str], end: str) -> None:
    settled(future, end)


def settled(future: asyncio.Future[str], end: str) -> None:
    if not future.done():
        future.set_result(end)
