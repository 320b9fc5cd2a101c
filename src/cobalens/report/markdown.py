"""Sections as GitHub-flavoured Markdown. Whatever stands in them is text: no word of a record can make a link, a tag or a list."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cobalens.report.items import Item, Section

MARKUP = re.compile(r"([\\`*_\[\]~])")
STARTS = re.compile(r"^(\d*)([-+=#.)])")
"""What would begin a list, a heading or a line across."""
LINK = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(:)|(www)(\.)")
TAGS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
JOINER = "\u2060"
"""Has no width and parts no line; an address with it in the middle is none."""


def markdown(sections: Iterable[Section]) -> str:
    return "\n\n".join(block(one) for one in sections if one.items)


def block(section: Section) -> str:
    head = [f"**{escaped(section.heading)}**", ""] if section.heading else []
    return "\n".join([*head, *(line for item in section.items for line in lines(item))])


def lines(item: Item) -> list[str]:
    title, text = (escaped(one) for one in (item.title, item.text))
    head = f"**{title}**: {text}" if title and text else f"**{title}**" if title else text
    return [f"- {head}", *(f"  - {escaped(one)}" for one in item.detail)]


def escaped(words: str) -> str:
    """Words on one line that are shown as they are, also where a renderer would take an address for a link."""
    bare = " ".join(words.split())
    made = MARKUP.sub(r"\\\1", re.sub("[&<>]", lambda one: TAGS[one[0]], bare))
    made = STARTS.sub(r"\1\\\2", made)
    made = LINK.sub(lambda one: f"{one[1] or one[3]}{JOINER}{one[2] or one[4]}", made)
    return made.replace("@", f"@{JOINER}")
