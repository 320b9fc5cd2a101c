"""Pieces of HTML: escaped text, links, badges and tables that can be scrolled with the keyboard and read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from msgspec import Struct

_TAGS = re.compile(r"<[^>]*>")


class Page(Struct, frozen=True):
    """One page: its file name without ending, its title, its Markdown."""

    name: str
    title: str
    body: str
    searched: bool = True


def esc(text: object) -> str:
    return escape(str(text), quote=True)


def link(href: str, label: str) -> str:
    return f'<a href="{esc(href)}">{esc(label)}</a>'


def code(text: str) -> str:
    return f"<code>{esc(text)}</code>"


def date(day: str) -> str:
    return f'<span class="date">{esc(day)}</span>'


def small(html: str) -> str:
    return f'<div class="small">{html}</div>' if html else ""


def badge(status: str, words: str) -> str:
    return f'<span class="badge badge-{esc(status)}">{esc(words)}</span>'


def bullets(items: Iterable[str]) -> str:
    lines = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""


def commas(items: Iterable[str]) -> str:
    return ", ".join(items)


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], ids: Sequence[str] | None = None
) -> str:
    """A table whose first column names the row; heads and cells are HTML already.

    Each cell carries the words of its head, which a narrow screen shows beside it.
    """
    words = [_TAGS.sub("", head) for head in heads]
    made = []
    for at, row in enumerate(rows):
        anchor = f' id="{esc(ids[at])}"' if ids else ""
        first, *rest = row
        cells = "".join(
            f'<td data-head="{word}">{cell}</td>' for word, cell in zip(words[1:], rest, strict=True)
        )
        made.append(f'<tr{anchor}><th scope="row">{first}</th>{cells}</tr>')
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{esc(caption)}"><table class="rules">'
        f"<caption>{esc(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{''.join(made)}</tbody></table></div>"
    )


def raw(html: str) -> str:
    """HTML as a block of Markdown."""
    return f"````{{raw}} html\n{html}\n````\n"


def heading(level: int, text: str) -> str:
    return f"{'#' * level} {plain(text)}\n"


def plain(text: str) -> str:
    """Text in which Markdown sees no markup."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]{}<>#|~$" else sign for sign in text)


def anchor(name: str) -> str:
    return raw(f'<span id="{esc(name)}"></span>')
