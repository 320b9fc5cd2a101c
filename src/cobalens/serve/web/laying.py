"""An answer laid out as a page. What the knowledge says is written once for a language, and a page once for each kind of
answer; what stands in them of one person is escaped and filled in, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from cobalens.api import Cobalens
from cobalens.report.items import Item, Section
from cobalens.serve.web.feet import KEPT, feet_of
from cobalens.serve.web.render import surroundings
from cobalens.serve.web.stencils import Stencil, cut, hole, inked, stencil
from cobalens.serve.web.words import N_, speaker

if TYPE_CHECKING:
    from cobalens.serve.web.answering import Answer

ITEM, LINE, LEAD, MORE = "parts/item.html", "parts/line.html", "parts/lead.html", "parts/more.html"
"""An item among others, and in a list; the answer itself, and what is said below it."""
SECTION, URGENT, FOLDED, NOTICE = (
    "parts/section.html",
    "parts/urgent.html",
    "parts/folded.html",
    "parts/notice.html",
)
UNTITLED = N_("The answer")
NOTHING = b""
KINDS = 256
"""More than there are kinds of pages, or shapes of an item."""


class Press:
    """Sets the answers of one language as pages."""

    def __init__(self, door: Cobalens, language: str, borrowed: bool) -> None:
        self.language, self.borrowed = language, borrowed
        self.feet = feet_of(door, language)
        self.known = lru_cache(KEPT)(self.known_of)
        self.box = lru_cache(KEPT)(self.box_of)
        self.page = lru_cache(KINDS)(self.page_of)
        self.untitled = inked(speaker(language)(UNTITLED))

    def written(self, made: Answer, held: str, token: str, ahead: bytes) -> bytes:
        """The whole page; ``held`` is the sealed record, ``ahead`` the part that comes later, where it is there already."""
        view = made.view
        kind = self.page(made.held.audience, made.held.someone, made.tone, made.looked_ahead)
        return kind.fill(
            {
                "title": inked(view.answer.items[0].title) or self.untitled,
                "csrf": inked(token),
                "held": inked(held),
                "notices": b"".join(
                    [self.box(NOTICE, "", "").fill({"body": inked(one.text)}) for one in view.notice]
                ),
                "urgent": self.boxes(URGENT, view.urgent),
                "heading": inked(view.answer.heading),
                "answer": self.answer(view.answer),
                "early": self.sections(view.early),
                "ahead": ahead,
                "rest": self.sections(view.rest),
                "folded": self.boxes(FOLDED, (*view.folded, *view.sources)),
                "closing": self.sections(view.closing),
            }
        )

    def page_of(self, audience: str, someone: bool, tone: str, looked_ahead: bool) -> Stencil:
        names = (
            *("title", "csrf", "held", "notices", "urgent", "heading", "answer"),
            *("early", "ahead", "rest", "folded", "closing"),
        )
        given = surroundings(self.language, self.borrowed) | {name: hole(name) for name in names}
        given |= {"audience": audience, "someone": someone, "tone": tone, "looked_ahead": looked_ahead}
        return stencil("answer.html", given | {"here": "/answer"})

    def answer(self, section: Section) -> bytes:
        return b"".join(
            [self.set(LEAD if place == 0 else MORE, one, True) for place, one in enumerate(section.items)]
        )

    def sections(self, all: Iterable[Section]) -> bytes:
        made = []
        for one in all:
            if one.is_list:
                body = b"".join([self.set(LINE, each, False) for each in one.items])
            else:
                body = self.items(one.items, once=True)
            made.append(self.box(SECTION, one.heading, one.kind, one.is_list).fill({"body": body}))
        return b"".join(made)

    def boxes(self, template: str, all: Iterable[Section]) -> bytes:
        return b"".join(
            [
                self.box(template, one.heading, one.kind).fill({"body": self.items(one.items, once=False)})
                for one in all
            ]
        )

    def items(self, all: Iterable[Item], once: bool) -> bytes:
        """Of several with the same background the first alone links to it, if so wished."""
        told: set[str | None] = set()
        made = []
        for one in all:
            chapter = self.feet.chapter(one.code) if one.code else None
            made.append(self.set(ITEM, one, chapter not in told))
            if once and one.code:
                told.add(chapter)
        return b"".join(made)

    def box_of(self, template: str, heading: str, kind: str, is_list: bool = False) -> Stencil:
        """What stands around a section; headings are the knowledge's own words."""
        given = {"heading": heading, "kind": kind, "is_list": is_list, "body": hole("body")}
        return stencil(template, {"_": speaker(self.language), **given})

    def set(self, template: str, one: Item, linked: bool) -> bytes:
        """One item; what the knowledge says of many people is there already."""
        if one.shared is None:
            foot = self.feet.foot(one.code, one.title or one.text, linked) if one.code else NOTHING
            return loose(template, one, foot)
        shared, own = one.detail[: one.shared], one.detail[one.shared :]
        known = self.known(template, one.code, one.title, one.text, shared, len(own), one.urgent, linked)
        if not own:
            return known.parts[0]
        return known.fill({str(place): inked(line) for place, line in enumerate(own)})

    def known_of(
        self,
        template: str,
        code: str,
        title: str,
        text: str,
        shared: tuple[str, ...],
        own: int,
        urgent: bool,
        linked: bool,
    ) -> Stencil:
        lines = [*(inked(one) for one in shared), *(hole(str(place)).encode() for place in range(own))]
        foot = self.feet.foot(code, title or text, linked) if code else NOTHING
        shape = shaped(template, bool(title), bool(text), len(lines), False, urgent)
        return cut(filled(shape, inked(title), inked(text), lines, NOTHING, foot))


def loose(template: str, one: Item, foot: bytes) -> bytes:
    """An item that may speak of this person in whatever it says."""
    shape = shaped(template, bool(one.title), bool(one.text), len(one.detail), bool(one.verbatim), one.urgent)
    lines = [inked(line) for line in one.detail]
    return filled(shape, inked(one.title), inked(one.text), lines, inked(one.verbatim), foot)


def filled(
    shape: Stencil, title: bytes, text: bytes, lines: Iterable[bytes], verbatim: bytes, foot: bytes
) -> bytes:
    filling: dict[str, bytes] = {"title": title, "text": text, "verbatim": verbatim, "foot": foot}
    for place, line in enumerate(lines):
        filling[str(place)] = line
    return shape.fill(filling)


@lru_cache(KINDS)
def shaped(template: str, title: bool, text: bool, lines: int, verbatim: bool, urgent: bool) -> Stencil:
    """An item by what there is of it, whatever it says."""
    there = {"title": title, "text": text, "verbatim": verbatim, "foot": True}
    given = {name: hole(name) if is_there else "" for name, is_there in there.items()}
    return stencil(
        template, {**given, "lines": [hole(str(place)) for place in range(lines)], "urgent": urgent}
    )
