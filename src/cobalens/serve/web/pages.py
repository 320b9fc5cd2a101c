"""The pages that anybody may open by their address: they hold nothing about a person."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from cobalens.report.learn import chapters
from cobalens.serve.web.answering import Desk, today
from cobalens.serve.web.notices import brought_along, notices
from cobalens.serve.web.render import page
from cobalens.serve.web.words import SOURCE, preferred, prefix

Asked = Request[Any, Any, Any]
FROM_OUTSIDE = ("none", "cross-site")
"""An address that was typed or followed from elsewhere; a link of these pages is taken at its word, whatever the browser prefers."""


def public_pages(desk: Desk, language: str) -> list[Any]:
    """The handlers in one language."""
    door = desk.door(language)
    told = chapters(door.ruleset, door.language)

    @get("/", sync_to_thread=True)
    def start(request: Asked) -> Response[Any]:
        wanted = preferred(request.headers.get("accept-language", ""))
        if language == SOURCE != wanted and request.headers.get("sec-fetch-site") in FROM_OUTSIDE:
            return Redirect(f"{prefix(wanted)}/", status_code=303)
        return page(request, "start.html", language, here="/")

    @get("/results", sync_to_thread=True)
    def results(request: Asked) -> Response[str]:
        return page(request, "results.html", language, here="/results", as_of=today(), text="", error=None)

    @get("/learn", sync_to_thread=True)
    def learn(request: Asked) -> Response[str]:
        return page(request, "learn.html", language, here="/learn", chapters=told)

    @get("/learn/{name:str}", sync_to_thread=True)
    def chapter(request: Asked, name: FromPath[str]) -> Response[str]:
        found = next((one for one in told if one.name == name), None)
        if found is None:
            raise NotFoundException
        return page(
            request, "chapter.html", language, here=f"/learn/{found.name}", chapter=found, chapters=told
        )

    @get("/about", sync_to_thread=True)
    def about(request: Asked) -> Response[str]:
        packs = sorted(
            (one for one in door.ruleset.packs.values() if one.role != "common"), key=lambda one: one.title
        )
        return page(
            request, "about.html", language, here="/about", ruleset=door.ruleset.hash, packs=packs,
            primary=door.pack, notices=notices(), parts=brought_along(),
        )  # fmt: skip

    return [start, results, learn, chapter, about]
