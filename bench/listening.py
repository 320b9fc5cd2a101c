"""`python -m bench.listening`: what a message takes from its first byte to its answer, with and without a folder, and beside a large one.

The listener runs in this process, on this machine's loopback; nothing is compared, so it tells of this machine alone.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.records_hl7 import example
from cobalens.api import load
from cobalens.serve.listening.framing import END, framed
from cobalens.serve.listening.keeping import Folder
from cobalens.serve.listening.serving import Listener
from cobalens.serve.listening.settings import Settings

MESSAGES, WARM, SENDERS, LARGE = 200, 20, 4, 10_000
ROW = "OBX|{number}|NM|2132-9^B12^LN||{value}|pg/mL|200-900||||F|||2026{month:02}{day:02}"


def serving(folder: Path | None) -> tuple[int, threading.Thread, asyncio.AbstractEventLoop, asyncio.Event]:
    """A listener in a thread: its port, and what ends it."""
    ready, found = threading.Event(), list[int]()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def told(host: str, port: int) -> None:
        found.append(port)
        ready.set()

    async def run() -> None:
        stop.append((asyncio.get_running_loop(), asyncio.Event()))
        kept = Folder(folder, sends=False) if folder else None
        await Listener(load(), Settings(port=0), kept, told).run(stop[0][1])

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait()
    return found[0], thread, *stop[0]


def asked(port: int, messages: list[bytes]) -> list[float]:
    """Milliseconds to each answer, over one connection."""
    times = []
    with socket.create_connection(("127.0.0.1", port)) as line:
        for one in messages:
            start, answer = time.perf_counter(), b""
            line.sendall(framed(one))
            while not answer.endswith(END):
                answer += line.recv(65_536)
            times.append((time.perf_counter() - start) * 1000)
            assert b"MSA|AA|" in answer
    return sorted(times)


def large() -> bytes:
    rows = [
        ROW.format(number=n, value=100 + n % 700, month=n % 12 + 1, day=n % 28 + 1) for n in range(1, LARGE)
    ]
    return "\r".join([*example(0).decode().split("\r")[:4], *rows, ""]).encode()


def told(what: str, times: list[float]) -> None:
    print(
        f"{what}: {median(times):.1f} ms, 95 in 100 below {times[int(len(times) * 0.95)]:.1f} ms, at most {times[-1]:.1f} ms"
    )


def measure(folder: Path | None) -> None:
    port, thread, loop, stop = serving(folder)
    try:
        asked(port, [example(number) for number in range(WARM)])
        messages = [example(number) for number in range(WARM, WARM + MESSAGES)]
        told("one sender, kept in a folder" if folder else "one sender", asked(port, messages))
        if folder:
            return
        threads = [
            threading.Thread(
                target=asked,
                args=(port, [example(1_000 * (one + 1) + number) for number in range(MESSAGES // SENDERS)]),
            )
            for one in range(SENDERS)
        ]
        start = time.perf_counter()
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        print(f"{SENDERS} senders: {MESSAGES / (time.perf_counter() - start):.0f} messages a second")
        beside = threading.Thread(target=lambda: told(f"one of {LARGE:,} results", asked(port, [large()])))
        beside.start()
        time.sleep(0.2)
        told("beside it", asked(port, [example(9_000 + number) for number in range(10)]))
        beside.join()
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def main() -> int:
    measure(None)
    with TemporaryDirectory() as folder:
        measure(Path(folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
