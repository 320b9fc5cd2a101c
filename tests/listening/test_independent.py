"""The other side by other people: python-hl7's client sends to the listener, and its server takes what is handed on."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import hl7
import pytest
from hl7.client import MLLPClient
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server

from cobalens.serve.listening.settings import Settings
from tests.listening.wire import PATIENCE, RESULT, Running, framed, numbered, stable, until

ROOT = Path(__file__).resolve().parents[2]


class Theirs:
    """Their server, which acknowledges by their own making."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.port, self._ready = 0, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    async def _run(self) -> None:
        self.loop, self.end = asyncio.get_running_loop(), asyncio.Event()
        server = await start_hl7_server(self._met, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self.end.wait()
        server.close()

    async def _met(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()
                self.received.append(str(message))
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.end.set)
        self._thread.join(PATIENCE)


@pytest.fixture
def theirs() -> Iterator[Theirs]:
    one = Theirs()
    yield one
    one.close()


def test_their_client_is_answered() -> None:
    with Running() as running, MLLPClient("127.0.0.1", running.port) as client:
        for number in (1, 2, 3):
            answer = client.send_message(hl7.parse(numbered(number).decode()))
            read = hl7.parse(answer.strip(b"\x0b\x1c\r").decode("ascii"))
            assert [str(read.segment("MSA")[one]) for one in (1, 2)] == ["AA", str(number)]
            assert len(read.segments("NTE")) == 3


def test_their_server_takes_what_is_handed_on(theirs: Theirs) -> None:
    settings = Settings(port=0, send_to=("127.0.0.1", theirs.port), comment=False)
    with Running(settings) as running, running.sender() as sender:
        sender.send(b"".join(framed(numbered(number)) for number in range(5)))
        for _ in range(5):
            assert b"MSA|AA|" in sender.next()
        until(lambda: len(theirs.received) == 5)
    for number, one in enumerate(theirs.received):
        read = hl7.parse(one)
        assert str(read.segment("MSH")[10]) == str(number)
        assert str(read.segment("OBX")[5]) == "195"
        assert len(read.segments("NTE")) == 3


def test_the_documentation_shows_what_is_answered() -> None:
    shown = re.findall(
        r"^([<>]) (.*)$", (ROOT / "docs" / "listening.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    asked = [line for mark, line in shown if mark == ">"]
    told = "\r".join(line for mark, line in shown if mark == "<")
    assert "\r".join([*asked, ""]).encode() == RESULT
    with Running() as running:
        assert stable(running.answer(RESULT)) == stable(f"{told}\r".encode())
