"""Of what an answer page is made, part by part, in the processor's time of one process, over the people of `bench.web`.

The parts stand beside the whole request and the echo page, which were run in turns with them, without a network.
`python -m bench.web_parts`.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
import time
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urlencode

from litestar import Litestar
from litestar.testing import TestClient

from bench.web import ANSWER, CASES, PAGE, echo_page
from cobalens.api import Cobalens
from cobalens.report.view import view_of
from cobalens.serve.web import answering
from cobalens.serve.web import app as web
from cobalens.serve.web.held import CLINICIAN, PATIENT
from cobalens.serve.web.laying import Press
from cobalens.serve.web.settings import Settings

HOST = "127.0.0.1:8612"
KEY = "k" * 64
ROUNDS, REPEATED = 25, 3
HEADERS = (
    (b"host", HOST.encode()),
    (b"content-type", b"application/x-www-form-urlencoded"),
    (b"accept-encoding", b"br"),
)


def forms(application: Litestar, audience: str) -> list[tuple[bytes, bytes, str]]:
    """What a browser sends for each person: the body, its cookie, and the sealed record in it."""
    made = []
    with TestClient(application, base_url=f"http://{HOST}") as client:
        token = field("_csrf_token", client.get("/results").text)
        for path in CASES:
            sent = {"_csrf_token": token, "text": "", "as_of": "2026-03-05", "audience": audience}
            page = client.post("/results", data=sent, files={"file": ("case.json", path.read_bytes())}).text
            held = field("held", page)
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            body = urlencode({"_csrf_token": token, "held": held, "later": answering.YES})
            made.append((body.encode(), cookie.encode(), held))
    return made


def field(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


async def ask(application: Litestar, path: str, body: bytes, cookie: bytes) -> None:
    """One request, from its first byte to the last of its answer."""
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [*HEADERS, (b"content-length", str(len(body)).encode()), (b"cookie", cookie)],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8612),
    }  # fmt: skip
    got: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        got.append(message)

    await application(scope, receive, send)
    assert got[0]["status"] == 200, got[0]["status"]


def parts_of(desk: answering.Desk, door: Cobalens, sealed: list[str]) -> dict[str, Callable[[], object]]:
    """Each part by itself, for every person once; what a part needs is made before."""
    held = [desk.held({"held": one}) for one in sealed]
    cases = [door.case(one.record) for one in held]
    made = [answering.answer(door, one, look_ahead=False) for one in held]
    press = Press(door, "en", borrowed=False)

    def judged() -> list[Any]:
        return [door.judged(one.record, look_ahead=False, whole=False) for one in held]

    return {
        "opening and sealing the record": lambda: [desk.sealed(desk.held({"held": one})) for one in sealed],
        "facts and tables": lambda: [door.case(one.record) for one in held],
        "the other packs": lambda: [door.read_otherwise(one) for one in cases],
        "judged": judged,
        "judged and laid out": lambda: [
            view_of(case, said, one.audience, whole=False)
            for (case, said), one in zip(judged(), held, strict=True)
        ],
        "page": lambda: [press.written(one, text, "", b"") for text, one in zip(sealed, made, strict=True)],
    }  # fmt: skip


def told(audience: str, found: dict[str, float], echo: float, whole: float) -> None:
    assembled = found["judged"] - found["facts and tables"] - found["the other packs"]
    lines = {
        "facts and tables": found["facts and tables"],
        "the other packs": found["the other packs"],
        "findings with what they rest on": assembled,
        "sections for the reader": found["judged and laid out"] - found["judged"],
        "markup with its frame": found["page"],
    }
    rest = whole - sum(lines.values())
    print(f"Answer page ({audience}): {whole:.2f} ms; echo page: {echo:.2f} ms; share {echo / whole:.2f}")
    for name, spent in (*lines.items(), ("the rest: request, record, compression, cold caches", rest)):
        print(f"  {name:58}{spent:6.2f} ms")
    least = echo + found["facts and tables"] + found["the other packs"]
    print(f"  share if nothing were done but facts, tables and packs    {echo / least:6.2f}")


def main() -> int:
    settings = Settings(key=KEY, per_minute=None)
    application = web.create_app(settings)
    desk = answering.desk_for(settings, ("en",))
    application.register(echo_page(desk))
    door = desk.door("en")
    loop = asyncio.new_event_loop()
    for audience in (CLINICIAN, PATIENT):
        sent = forms(application, audience)
        work = parts_of(desk, door, [held for _, _, held in sent])

        def all_of(path: str, sent: list[tuple[bytes, bytes, str]] = sent) -> None:
            for body, cookie, _ in sent:
                loop.run_until_complete(ask(application, path, body, cookie))

        work |= {PAGE: lambda: all_of(PAGE), ANSWER: lambda: all_of(ANSWER)}
        least = dict.fromkeys(work, float("inf"))
        # As each worker of the server does.
        gc.collect()
        gc.freeze()
        gc.set_threshold(web.YOUNG, *gc.get_threshold()[1:])
        for _ in range(ROUNDS):
            for name, part in work.items():
                before = time.process_time()
                for _ in range(REPEATED):
                    part()
                spent = 1000 * (time.process_time() - before) / REPEATED / len(sent)
                least[name] = min(least[name], spent)
        told(audience, least, least[PAGE], least[ANSWER])
    return 0


if __name__ == "__main__":
    sys.exit(main())
