"""How fast the answer page comes: beside an echo page on the same framework and server, in the same run.

Both read the same form, with its token and its sealed record. The echo page gives back what it was sent; the answer
page reads the record, runs every table and pack, and writes the page. The visitors are as plain as can be, so that
their own work does not hide what the server does; the processor time of the server is told beside, which a busy
machine disturbs least. `python -m bench.web`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from socket import socket
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

import httpx
from litestar import Litestar, post

from bench.timing import share
from cobalens.serve.web import app as web
from cobalens.serve.web.flow import Fields
from cobalens.serve.web.settings import Settings, hand_over, handed_over, with_key

USERS, ROUNDS, SECONDS = 8, 3, 4.0
THINKING = 1.0
"""Seconds between a person's clicks, which is still quicker than anybody reads."""
WORKERS = 2
TARGET_MS, TARGET_SHARE = 50, 0.40
PATHS = ("/echo", "/answer")
CASES = (Path("src/cobalens/examples/published-case.json"), *sorted(Path("tests/cases").glob("*.json"))[:12])


START = """
import sys, uvicorn
from cobalens.serve.web.connections import options
uvicorn.run("bench.web:served", factory=True, port=int(sys.argv[1]), workers=int(sys.argv[2]), **options())
"""
"""As the command starts it."""


@post("/echo", sync_to_thread=True, status_code=200, media_type="text/html")
def echo(data: Fields) -> str:
    return str(data["held"])


def served() -> Litestar:
    """The application, with the echo page beside it."""
    made = web.create_app(handed_over())
    made.register(echo)
    return made


class Site:
    """The server in processes of its own."""

    def __init__(self) -> None:
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        hand_over(with_key(Settings(port=self.port, per_minute=None)))
        self.process = subprocess.Popen([sys.executable, "-c", START, str(self.port), str(WORKERS)])
        self.address = f"http://127.0.0.1:{self.port}"
        for _ in range(600):
            try:
                httpx.get(f"{self.address}/healthz").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise SystemExit("The server did not start.")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class User(NamedTuple):
    """One browser: its cookie, and the form of a case that was read before."""

    form: str
    cookie: str


class Run(NamedTuple):
    """The times of all requests, rising, and the processor time of the server for each."""

    times: list[float]
    spent: float


def visitors(site: Site) -> list[User]:
    made = []
    for number in range(USERS):
        with httpx.Client(base_url=site.address, timeout=60) as client:
            token = field("_csrf_token", client.get("/results").text)
            case = CASES[number % len(CASES)].read_bytes()
            sent = {"_csrf_token": token, "text": "", "as_of": "2026-03-05", "audience": "clinician"}
            page = client.post("/results", data=sent, files={"file": ("case.json", case)}).text
            form = urlencode({"_csrf_token": token, "held": field("held", page), "later": "1"})
            made.append(User(form, "; ".join(f"{name}={value}" for name, value in client.cookies.items())))
    return made


def family(process: int) -> Iterator[int]:
    """A process and all that it started."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def processor_time(process: int) -> float:
    """Seconds that the server has used, with all its workers."""
    ticks = 0
    for one in family(process):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def field(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


def load(site: Site, users: Sequence[User], path: str, seconds: float, thinking: float) -> Run:
    """The time of every request of all users at once, each on a connection of its own."""
    times: list[float] = []
    before = processor_time(site.process.pid)
    until = time.perf_counter() + seconds

    def use(number: int, user: User) -> None:
        connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": user.cookie,
            "Accept-Encoding": "br",
        }
        time.sleep(thinking * number / len(users))
        while time.perf_counter() < until:
            start = time.perf_counter()
            connection.request("POST", path, user.form, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            times.append(time.perf_counter() - start)
            time.sleep(thinking)
        connection.close()

    threads = [threading.Thread(target=use, args=(number, user)) for number, user in enumerate(users)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return Run(sorted(times), (processor_time(site.process.pid) - before) / len(times))


def main() -> int:
    site = Site()
    try:
        users = visitors(site)
        for path in PATHS:
            load(site, users, path, 2.0, 0.0)
        rounds: dict[str, list[Run]] = {path: [] for path in PATHS}
        for _ in range(ROUNDS):
            for path, found in rounds.items():
                found.append(load(site, users, path, SECONDS, 0.0))
        reading = load(site, users, "/answer", 3 * SECONDS, THINKING).times
        pressed = load(site, users, "/answer", SECONDS, 0.0).times
    finally:
        site.stop()
    echoed, answered = (median(len(one.times) / SECONDS for one in found) for found in rounds.values())
    plain, whole = (1000 * median(one.spent for one in found) for found in rounds.values())
    p99 = 1000 * share(reading, 0.99)
    print(
        f"echo page           {echoed:8.0f} requests a second, {USERS} users without a pause, {WORKERS} workers"
    )
    print(f"answer page         {answered:8.0f} requests a second")
    print(f"share               {answered / echoed:8.2f} (promised: {TARGET_SHARE:.2f})")
    print(
        f"processor time      {plain:8.2f} ms for an echo, {whole:.2f} ms for an answer: {plain / whole:.2f}"
    )
    print(f"{USERS} people, {THINKING:.0f} s between clicks: median {1000 * median(reading):.0f} ms, p99 {p99:.0f} ms "
          f"(promised: {TARGET_MS} ms)")  # fmt: skip
    print(
        f"{USERS} users without a pause: median {1000 * median(pressed):.0f} ms, p99 {1000 * share(pressed, 0.99):.0f} ms"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
