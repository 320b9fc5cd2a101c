"""How fast the answer page comes: beside an echo page on the same framework and server, in the same run.

Both read the same form, with its token and its sealed record. The echo page gives back what it was sent; the answer
page reads the record, runs every table and pack, and writes the page. `python -m bench.web`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from socket import socket
from statistics import median
from typing import Any

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
CASES = (Path("src/cobalens/examples/published-case.json"), *sorted(Path("tests/cases").glob("*.json"))[:12])


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
        command = [
            "-m",
            "uvicorn",
            "bench.web:served",
            "--factory",
            "--port",
            str(self.port),
            "--workers",
            str(WORKERS),
        ]
        self.process = subprocess.Popen([sys.executable, *command, "--log-level", "error", "--no-access-log"])
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


def visitors(site: Site) -> list[tuple[httpx.Client, dict[str, str]]]:
    """One browser a user, each with its cookie and the form of a case read before."""
    made = []
    for number in range(USERS):
        client = httpx.Client(base_url=site.address, timeout=60)
        token = field("_csrf_token", client.get("/results").text)
        case = CASES[number % len(CASES)].read_bytes()
        sent = {"_csrf_token": token, "text": "", "as_of": "2026-03-05", "audience": "clinician"}
        page = client.post("/results", data=sent, files={"file": ("case.json", case)}).text
        made.append((client, {"_csrf_token": token, "held": field("held", page), "later": "1"}))
    return made


def field(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


def load(
    users: Sequence[tuple[httpx.Client, Any]], path: str, seconds: float, thinking: float
) -> list[float]:
    """The time of every request of all users at once."""
    times: list[float] = []
    until = time.perf_counter() + seconds

    def use(number: int, client: httpx.Client, form: dict[str, str]) -> None:
        time.sleep(thinking * number / len(users))
        while time.perf_counter() < until:
            start = time.perf_counter()
            client.post(path, data=form).raise_for_status()
            times.append(time.perf_counter() - start)
            time.sleep(thinking)

    threads = [threading.Thread(target=use, args=(number, *user)) for number, user in enumerate(users)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sorted(times)


def main() -> int:
    site = Site()
    try:
        users = visitors(site)
        for path in ("/echo", "/answer"):
            load(users, path, 2.0, 0.0)
        rates: dict[str, list[float]] = {"/echo": [], "/answer": []}
        for _ in range(ROUNDS):
            for path, found in rates.items():
                found.append(len(load(users, path, SECONDS, 0.0)) / SECONDS)
        reading = load(users, "/answer", 3 * SECONDS, THINKING)
        pressed = load(users, "/answer", SECONDS, 0.0)
    finally:
        site.stop()
    echoed, answered = (median(found) for found in rates.values())
    p99 = 1000 * share(reading, 0.99)
    print(
        f"echo page           {echoed:8.0f} requests a second, {USERS} users without a pause, {WORKERS} workers"
    )
    print(f"answer page         {answered:8.0f} requests a second")
    print(f"share               {answered / echoed:8.2f} (promised: {TARGET_SHARE:.2f})")
    print(f"{USERS} people, {THINKING:.0f} s between clicks: median {1000 * median(reading):.0f} ms, p99 {p99:.0f} ms "
          f"(promised: {TARGET_MS} ms)")  # fmt: skip
    print(
        f"{USERS} users without a pause: median {1000 * median(pressed):.0f} ms, p99 {1000 * share(pressed, 0.99):.0f} ms"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
