"""The rulebook beside the pages: a folder that was named, or one that is built when somebody first asks for it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from mimetypes import guess_type
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from cobalens.model.interpretation import Node
from cobalens.model.ruleset import Ruleset
from cobalens.report.rulebook.places import place_of
from cobalens.serve.web.render import page
from cobalens.serve.web.settings import Settings
from cobalens.serve.web.words import SOURCE

GENERATOR = ("sphinx", "furo", "myst_parser")
FRONT = "index.html"
UNSAFE = re.compile(rb'<script>.*?</script>|<script src="_static/translations[^>]*></script>', re.DOTALL)
"""What the generator would run from within a page or from text: it recalls a colour scheme, and knows plurals of no word."""
READY, BUILDING, FAILED, NONE = "ready", "building", "failed", "none"
Asked = Request[Any, Any, Any]
Place = Callable[[Node], str]
"""The address of a line of an explanation; empty where it has none."""


def nowhere(_: Node) -> str:
    return ""


class Book:
    """Where the rulebook is. It holds the knowledge alone, and nothing of anybody."""

    def __init__(self, settings: Settings) -> None:
        self.pack = settings.pack
        self.folder = Path(settings.rulebook) if settings.rulebook else None
        self.place: TemporaryDirectory[str] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()

    def state(self) -> str:
        """What can be shown now; the first question sets the building off."""
        if self.folder is not None:
            return READY
        if not self.is_offered():
            return NONE
        with self.lock:
            if self.process is None:
                self.begin()
            ended = self.process.poll() if self.process else None
            if ended == 0 and self.place is not None:
                self.folder = Path(self.place.name) / "site"
                return READY
        return BUILDING if ended is None else FAILED

    def is_offered(self) -> bool:
        """Whether there is one, or can be: a link to it leads somewhere."""
        return self.folder is not None or all(importlib.util.find_spec(name) for name in GENERATOR)

    def places(self, ruleset: Ruleset) -> Place:
        if not self.is_offered():
            return nowhere

        def place(node: Node) -> str:
            found = place_of(ruleset, node)
            return f"/rulebook/{found}" if found else ""

        return place

    def begin(self) -> None:
        self.place = TemporaryDirectory(prefix="cobalens-rulebook-")
        out = str(Path(self.place.name) / "site")
        command = [sys.executable, "-m", "cobalens.serve.cli", "rulebook", "--pack", self.pack, "--out", out]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def close(self) -> None:
        """At the end of the program nothing of it stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        if self.place is not None:
            self.place.cleanup()
            self.folder = None
        self.process = self.place = None

    def file(self, path: str) -> Path:
        """A file of the book, never one beside it."""
        home = (self.folder or Path()).resolve()
        found = (home / path.lstrip("/")).resolve()
        if not found.is_relative_to(home) or not found.is_file():
            raise NotFoundException
        return found


def rulebook_pages(book: Book) -> list[Any]:
    @get("/rulebook", sync_to_thread=True)
    def front() -> Redirect:
        return Redirect(f"/rulebook/{FRONT}", status_code=303)

    @get("/rulebook/{path:path}", sync_to_thread=True)
    def leaf(request: Asked, path: FromPath[str]) -> Response[Any]:
        state = book.state()
        if state != READY:
            return page(
                request,
                "rulebook.html",
                SOURCE,
                200 if state == BUILDING else 503,
                here="/about",
                state=state,
            )
        file = book.file(path)
        content = file.read_bytes()
        if file.suffix == ".html":
            content = UNSAFE.sub(b"", content).replace(b"<body>", b'<body data-theme="auto">')
        return Response(content, media_type=guess_type(file.name)[0] or "application/octet-stream")

    return [front, leaf]
