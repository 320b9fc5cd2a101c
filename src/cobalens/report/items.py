"""What pages are made of: sections of items, for a plain text and for a terminal alike."""

from __future__ import annotations

from msgspec import Struct


class Item(Struct, frozen=True):
    """A title, its sentence, the smaller print below it, and whether it asks for action today."""

    title: str
    text: str = ""
    detail: tuple[str, ...] = ()
    urgent: bool = False
    verbatim: str = ""
    """A line to copy, never wrapped."""
    code: str = ""
    """The finding or answer that it tells, for whoever wants to open what it rests on."""
    shared: int | None = None
    """Title, text and so many details, from the first on, are the knowledge's own words; nothing said of one person is among them."""


class Section(Struct, frozen=True):
    """A heading with its items; ``kind`` is ``answer``, ``urgent``, ``plain``, ``small`` or ``closing``."""

    heading: str
    items: tuple[Item, ...]
    kind: str = "plain"

    @property
    def is_list(self) -> bool:
        """Several bare sentences, which need no headings of their own."""
        return len(self.items) > 1 and not any(one.title or one.detail for one in self.items)
