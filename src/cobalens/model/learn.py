"""The Learn chapters as values: short pages in plain words, each paragraph with its sources."""

from __future__ import annotations

from msgspec import Struct

from cobalens.model.interpretation import Citation


class Paragraph(Struct, frozen=True):
    """A few plain sentences under a heading, and what they rest on."""

    code: str
    title: str
    text: str
    sources: tuple[Citation, ...]


class Chapter(Struct, frozen=True):
    """One chapter in one language."""

    name: str
    """Stands in the address of its page."""
    title: str
    about: str
    paragraphs: tuple[Paragraph, ...]
    explains: tuple[str, ...]
    """The finding codes and answers that it is the background of."""
    language: str
    pending: str = ""
    """Says that the translation waits for a reader; empty where it does not."""
