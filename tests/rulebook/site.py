"""Builds the rulebook once for all tests, and reads its pages: links, anchors, text, addresses of other sites."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

from cobalens import __version__
from cobalens.compiler import load_ruleset
from cobalens.model.ruleset import Ruleset
from cobalens.report.rulebook.book import Book, book_of
from cobalens.report.rulebook.site import build
from cobalens.report.rulebook.worked import guides, worked_patients

PACK = "nice-ng239"
RULESET = "ruleset.msgpack"
FETCHING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
STYLE_ADDRESS = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])(\w+:)?//""")


def book(ruleset: Ruleset | None = None, shown: dict[str, str] | None = None) -> Book:
    return book_of(ruleset or load_ruleset(), PACK, __version__, worked_patients(), shown or {}, guides())


def built_once(folders: pytest.TempPathFactory) -> Path:
    """The site, built by whichever process of this test run comes first; the others wait for it."""
    folder = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    site = folder / "rulebook"
    with (folder / "rulebook.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not site.is_dir():
            part = folder / f"rulebook.{os.getpid()}"
            ruleset = load_ruleset()
            build(book(ruleset), part)
            (folder / RULESET).write_bytes(msgspec.msgpack.encode(ruleset))
            part.rename(site)
    return site


def shown_ruleset(site: Path) -> Ruleset:
    """The very rules that the site shows."""
    return msgspec.msgpack.decode((site.parent / RULESET).read_bytes(), type=Ruleset)


class Reader(HTMLParser):
    """What one page links to, what can be linked to in it, what it fetches, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if "id" in held:
            self.ids.append(held["id"])
        if tag == "a" and "href" in held:
            self.links.append(held["href"])
        if held.get(FETCHING.get(tag, "")):
            self.fetched.append(held[FETCHING[tag]])

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read_pages(site: Path) -> dict[str, Reader]:
    found = {}
    for path in sorted(site.glob("*.html")):
        reader = Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        found[path.name] = reader
    return found


def dead_links(site: Path, pages: dict[str, Reader]) -> Iterator[str]:
    """Every link to a page, place or file that is not there."""
    ids = {name: set(page.ids) for name, page in pages.items()}
    for name, page in pages.items():
        for href in {*page.links, *page.fetched}:
            parts = urlsplit(href)
            if parts.scheme or parts.netloc or href == "#":
                continue
            target = unquote(parts.path) or name
            if target in ids:
                if parts.fragment and unquote(parts.fragment) not in ids[target]:
                    yield f"{name} -> {href}"
            elif not (site / target).is_file():
                yield f"{name} -> {href}"


def fetched_from_elsewhere(site: Path, pages: dict[str, Reader]) -> Iterator[str]:
    """Everything that a browser would ask another site for."""
    for name, page in pages.items():
        yield from (f"{name}: {href}" for href in page.fetched if urlsplit(href).netloc)
    for path in sorted(site.rglob("*.css")):
        if STYLE_ADDRESS.search(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(site))
