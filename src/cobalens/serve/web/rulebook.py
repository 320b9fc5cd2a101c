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
SITE, BEGUN, BUILT, BROKEN = "site", "begun", "built", "broken"
"""The pages, and by which files the workers tell one another how far they are."""
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
        self.place = Path(settings.shared) if settings.shared else None
        self.own: TemporaryDirectory[str] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()

    def state(self) -> str:
        """What can be shown now; the first question sets the building off, in one worker for all."""
        if self.folder is not None:
            return READY
        if not self.is_offered():
            return NONE
        with self.lock:
            if self.place is None:
                self.own = TemporaryDirectory(prefix="cobalens-rulebook-")
                self.place = Path(self.own.name)
            if self.process is None and is_first(self.place):
                self.begin(self.place)
            self.tell()
            if (self.place / BUILT).exists():
                self.folder = self.place / SITE
                return READY
            return FAILED if (self.place / BROKEN).exists() else BUILDING

    def tell(self) -> None:
        """Leaves word for every worker once the building has ended."""
        ended = self.process.poll() if self.process else None
        if ended is not None and self.place is not None and self.place.is_dir():
            (self.place / (BROKEN if ended else BUILT)).touch()

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

    def begin(self, place: Path) -> None:
        out = str(place / SITE)
        command = [sys.executable, "-m", "cobalens", "rulebook", "--pack", self.pack, "--out", out]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=self.wait, daemon=True).start()

    def wait(self) -> None:
        """Other workers learn of the end though nobody asks this one again."""
        process = self.process
        if process is not None:
            process.wait()
            with self.lock:
                if self.process is process:
                    self.tell()

    def close(self) -> None:
        """At the end of the program nothing of it stays."""
        with self.lock:
            process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait()
        if self.own is not None:
            self.own.cleanup()
            self.own = self.place = self.folder = None

    def file(self, path: str) -> Path:
        """A file of the book, never one beside it."""
        home = (self.folder or Path()).resolve()
        found = (home / path.lstrip("/")).resolve()
        if not found.is_relative_to(home) or not found.is_file():
            raise NotFoundException
        return found


def is_first(place: Path) -> bool:
    """Whether no other worker has begun."""
    try:
        (place / BEGUN).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


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
