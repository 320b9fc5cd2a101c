"""What stands below each statement of an answer, the way to its reasons and to its background: written once for everybody.

Nothing of a person is in it: a statement and its name are of the knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from markupsafe import Markup

from cobalens.api import Cobalens
from cobalens.report.items import Item
from cobalens.report.learn import chapter_of, chapters
from cobalens.serve.web.render import environment
from cobalens.serve.web.words import prefix, speaker

KEPT = 4096
"""More than there are statements, each for two readers."""
NOTHING = Markup("")
Feet = Callable[[Iterable[Item], bool], list[tuple[Item, Markup]]]
"""Each item with what stands below it; of several with the same background the first alone links to it, if so wished."""


def feet_of(door: Cobalens, language: str) -> Feet:
    """As the pages of a language show them."""
    titles = {one.name: one.title for one in chapters(door.ruleset, door.language)}
    written = environment().get_template("parts/foot.html")

    @lru_cache(maxsize=KEPT)
    def chapter(code: str) -> str | None:
        """The chapter of Learn behind a statement."""
        name = chapter_of(door.ruleset, code)
        return name if name in titles else None

    @lru_cache(maxsize=KEPT)
    def foot(code: str, name: str, linked: bool) -> Markup:
        found = chapter(code) if linked else None
        return Markup(
            written.render(
                _=speaker(language),
                at=prefix(language),
                code=code,
                name=name,
                chapter=(found, titles[found]) if found else None,
            )
        )

    def feet(items: Iterable[Item], once: bool) -> list[tuple[Item, Markup]]:
        told: set[str | None] = set()
        made = []
        for one in items:
            if not one.code:
                made.append((one, NOTHING))
                continue
            found = chapter(one.code)
            made.append((one, foot(one.code, one.title or one.text, found not in told)))
            if once:
                told.add(found)
        return made

    return feet
