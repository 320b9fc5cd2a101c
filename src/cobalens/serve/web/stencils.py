"""A template written once with holes in it, which are filled for each person: how it looks stays with the template, and
filling it is a join. Nothing of a person is ever in what is kept."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup, escape
from msgspec import Struct

from cobalens.serve.web.render import environment

MARK = "\0"
"""Stands in no template."""


class Stencil(Struct, frozen=True):
    """What was written, as it is sent, cut at its holes, with the places and names of these."""

    parts: tuple[bytes, ...]
    holes: tuple[tuple[int, str], ...]

    def fill(self, filling: Mapping[str, bytes]) -> bytes:
        """Each hole filled with what is escaped already."""
        if not self.holes:
            return self.parts[0]
        parts = list(self.parts)
        for place, name in self.holes:
            parts[place] = filling[name]
        return b"".join(parts)


def hole(name: str) -> Markup:
    """What is handed to a template in place of what is not known yet."""
    return Markup(f"{MARK}{name}{MARK}")


def inked(text: str) -> bytes:
    """Words as they are sent within a page."""
    return escape(text).encode()


def stencil(template: str, given: Mapping[str, object]) -> Stencil:
    """A template with what is ``given``, among it the holes."""
    return cut(environment().get_template(template).render(given).encode())


def cut(written: bytes) -> Stencil:
    parts = tuple(written.split(MARK.encode()))
    return Stencil(parts, tuple((place, parts[place].decode()) for place in range(1, len(parts), 2)))
