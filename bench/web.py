"""How fast the answer page comes: beside two echoes on the same framework and server, in the same run.

All three read the same form, with its token and its sealed record. The echo in text gives the sealed record back as it
came. The echo page opens it, seals it and shows it in the frame of these pages, as every page about a person does; the
answer page runs every table and pack between the two, and says what follows. The share is told of both: the one that
was promised is of the echo page, since what the frame, the seal and the compression cost is no work on the answer. The
visitors are as plain as can be, so that their own work does not hide what the server does; the processor time of the
server is told beside, which a busy machine disturbs least. `python -m bench.web`.
"""

from __future__ import annotations

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
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
from litestar import Litestar, MediaType, Request, Response, post

from bench.timing import share
from cobalens.serve.web import app as web
from cobalens.serve.web.answering import Desk, desk_for
from cobalens.serve.web.flow import Fields
from cobalens.serve.web.render import environment, parts
from cobalens.serve.web.settings import Settings, hand_over, handed_over, with_key

USERS, ROUNDS, SECONDS = 8, 15, 1.0
LONG = 4.0
THINKING = 1.0
"""Seconds between a person's clicks, which is still quicker than anybody reads."""
WORKERS = 2
TARGET_MS, TARGET_SHARE = 50, 0.40
TEXT, PAGE, ANSWER = "/echo", "/echo-page", "/answer"
PATHS = (TEXT, PAGE, ANSWER)
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


ECHOED = """{% extends "base.html" %}{% block title %}{{ _("The answer") }}{% endblock %}{% block main %}
<form method="post" action="{{ at }}/answer" id="state" autocomplete="off">{{ forms.hidden(csrf, held) }}</form>
<p>{{ told.record.id }}</p>{% endblock %}"""


def echo_page(desk: Desk) -> Any:
    """A page about a person that says nothing of it."""
    shown = environment().from_string(ECHOED)

    @post(PAGE, status_code=200)
    async def echoed(request: Request[Any, Any, Any], data: Fields) -> Response[str]:
        held = desk.held(data)
        given = parts(request, "en", here=PAGE, held=desk.sealed(held), told=held)
        return Response(shown.render(given), media_type=MediaType.HTML)

    return echoed


def served() -> Litestar:
    """The application, with the echoes beside it."""
    settings = handed_over()
    made = web.create_app(settings)
    made.register(echo)
    made.register(echo_page(desk_for(settings, ("en",))))
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
    """The times of all requests, rising; for each, how long the server worked, and waited for a processor, and the visitor."""

    times: list[float]
    spent: float
    waited: float
    visiting: float


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


def on_processors(process: int) -> tuple[float, float]:
    """Seconds for which the server with all its workers has run, and for which it was ready to run and had to wait."""
    run = waited = 0
    for one in family(process):
        for task in Path(f"/proc/{one}/task").iterdir():
            ran, stood, _ = (task / "schedstat").read_text().split()
            run, waited = run + int(ran), waited + int(stood)
    return run / 1e9, waited / 1e9


def field(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


def load(site: Site, users: Sequence[User], path: str, seconds: float, thinking: float) -> Run:
    """The time of every request of all users at once, each on a connection of its own."""
    times: list[float] = []
    before, own = on_processors(site.process.pid), time.process_time()
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
    spent, waited = (
        (now - then) / len(times) for now, then in zip(on_processors(site.process.pid), before, strict=True)
    )
    return Run(sorted(times), spent, waited, (time.process_time() - own) / len(times))


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
        reading = load(site, users, ANSWER, 3 * LONG, THINKING)
        pressed = load(site, users, ANSWER, LONG, 0.0)
    finally:
        site.stop()
    print(
        f"{USERS} users without a pause, {WORKERS} workers, medians of {ROUNDS} rounds: requests a second, and processor "
        "time of the server and of the visitor for each"
    )
    for path, name in ((TEXT, "echo in text"), (PAGE, "echo page"), (ANSWER, "answer page")):
        found = rounds[path]
        print(f"  {name:14} {median(len(one.times) / SECONDS for one in found):8.0f} "
              f"{1000 * median(one.spent for one in found):8.2f} ms {1000 * median(one.visiting for one in found):8.2f} ms")  # fmt: skip
    for path, name in ((PAGE, "echo page"), (TEXT, "echo in text")):
        pairs = list(zip(rounds[ANSWER], rounds[path], strict=True))
        served = sorted(len(one.times) / len(other.times) for one, other in pairs)
        worked = median(other.spent / one.spent for one, other in pairs)
        print(f"  share of the {name:14}{median(served):6.2f} ({share(served, 0.25):.2f} to {share(served, 0.75):.2f} in "
              f"half of the rounds), by processor time {worked:.2f}"
              f"{f' (promised: {TARGET_SHARE:.2f})' if path == PAGE else ''}")  # fmt: skip
    for words, one in (
        (f"{USERS} people, {THINKING:.0f} s between clicks", reading),
        (f"{USERS} users without a pause", pressed),
    ):
        print(f"{words}: median {1000 * median(one.times):.0f} ms, p99 {1000 * share(one.times, 0.99):.0f} ms "
              f"(promised: {TARGET_MS} ms); a request works {1000 * one.spent:.1f} ms and waits {1000 * one.waited:.1f} ms "
              "for a processor")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
