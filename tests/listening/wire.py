"""A listener in this process, a sender that speaks to it in bytes, and another system that comments are handed on to."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from cobalens.api import load
from cobalens.serve.listening.keeping import Folder
from cobalens.serve.listening.serving import Listener
from cobalens.serve.listening.settings import Settings
from tests.records.hl7v2.messages import B12, HEAD, message

PATIENCE = 30
START, END = b"\x0b", b"\x1c\r"
RESULT = message(B12)


def framed(content: bytes) -> bytes:
    return START + content + END


def numbered(number: int | str, result: str = "195") -> bytes:
    """A result under a control id of its own."""
    return message(B12.replace("|195|", f"|{result}|"), head=HEAD.replace("|1|P|", f"|{number}|P|"))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


class Running:
    """The listener on a port of its own, in a thread."""

    def __init__(
        self, settings: Settings | None = None, folder: Path | None = None, language: str = "en"
    ) -> None:
        settings = settings or Settings(port=0)
        self.folder = Folder(folder, settings.send_to is not None) if folder else None
        self.listener = Listener(load(language=language), settings, self.folder, self._told)
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _told(self, host: str, port: int) -> None:
        assert host == "127.0.0.1"
        self.port = port
        self._ready.set()

    def _run(self) -> None:
        async def run() -> None:
            self.loop, self.asked = asyncio.get_running_loop(), asyncio.Event()
            await self.listener.run(self.asked)

        asyncio.run(run())

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ask_to_stop(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self.asked.set)

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self.folder is not None:
            self.folder.close()

    def sender(self) -> Talking:
        return Talking(self.port)

    def answer(self, content: bytes) -> bytes:
        with self.sender() as sender:
            return sender.ask(content)


class Talking:
    """A connection to a listener."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def next(self) -> bytes:
        """The content of the next frame; nothing where the connection ends."""
        while END not in self.held:
            data = self.socket.recv(65_536)
            if not data:
                assert not self.held
                return b""
            self.held += data
        found, _, self.held = self.held.partition(END)
        assert found[:1] == START
        return found[1:]

    def ask(self, content: bytes) -> bytes:
        self.send(framed(content))
        return self.next()


class Other:
    """Another system. What it does with each message that comes: a code of MSA-1, or a word below; the last goes on."""

    def __init__(self, *does: str) -> None:
        self.does = list(does or ["AA"])
        self.received: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def _run(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            self._ends.append(one)
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        held = b""
        try:
            while data := one.recv(65_536):
                held += data
                while END in held:
                    content, _, held = held.partition(END)
                    self.received.append(content[1:])
                    what = self.does.pop(0) if len(self.does) > 1 else self.does[0]
                    if what == "close":
                        one.shutdown(socket.SHUT_RDWR)
                        one.close()
                        return
                    if what == "slow":
                        time.sleep(0.3)
                    if what != "nothing":
                        one.sendall(framed(acknowledged(content[1:], what)))
        except OSError:
            return

    def close(self) -> None:
        with suppress(OSError):
            # Closing alone would let whoever waits in accept take one more.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in self._ends:
            one.close()


def acknowledged(content: bytes, code: str) -> bytes:
    """By a code, or an AA that is slow, of another message, or of none that it names."""
    of = {"another": b"another one", "anonymous": b""}.get(code, control(content))
    said = "AA" if code in ("another", "anonymous", "slow") else code
    head = b"MSH|^~\\&|EHR|H|LIS|H|20260302||ACK|X|P|2.5.1"
    return head + b"\rMSA|" + said.encode() + b"|" + of + b"\r"


def control(content: bytes) -> bytes:
    return content.split(b"\r")[0].split(b"|")[9]


def segments(answer: bytes) -> list[list[str]]:
    return [re.split(r"[|#]", line) for line in answer.decode("latin-1").split("\r") if line]


def segment(answer: bytes, name: str) -> list[str]:
    return next((one for one in segments(answer) if one[0] == name), [])


def code(answer: bytes) -> str:
    return segment(answer, "MSA")[1]


def comment(answer: bytes) -> list[str]:
    return [one[3] for one in segments(answer) if one[0] == "NTE"]


def stable(answer: bytes) -> str:
    """Without the time and the number of the answer itself."""
    text = re.sub(r"(?<=[|#])\d{14}[+-]\d{4}(?=[|#])", "TIME", answer.decode("ascii"), count=1)
    return re.sub(r"(?<=[|#])CB[0-9A-F]{14,}(?=[|#])", "OWN-ID", text, count=1)
