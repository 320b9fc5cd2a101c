"""What stands below each statement of an answer, written once for a language: it holds nothing of a person."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from cobalens.api import Cobalens
from cobalens.report.learn import chapter_of, chapters
from cobalens.serve.web.render import environment
from cobalens.serve.web.words import prefix, speaker

KEPT = 4096
"""More than there are statements, each for two readers."""


class Feet(Struct, frozen=True):
    """As the pages of a language show them."""

    chapter: Callable[[str], str | None]
    """The chapter of Learn behind a statement, by its code."""
    foot: Callable[[str, str, bool], bytes]
    """By code and name: the way to what it rests on, and to its background, if that is to be linked."""


def feet_of(door: Cobalens, language: str) -> Feet:
    titles = {one.name: one.title for one in chapters(door.ruleset, door.language)}
    written = environment().get_template("parts/foot.html")

    @lru_cache(maxsize=KEPT)
    def chapter(code: str) -> str | None:
        name = chapter_of(door.ruleset, code)
        return name if name in titles else None

    def foot(code: str, name: str, linked: bool) -> bytes:
        found = chapter(code) if linked else None
        given = {"_": speaker(language), "at": prefix(language), "code": code, "name": name}
        return written.render(given, chapter=(found, titles[found]) if found else None).encode()

    return Feet(chapter, foot)
