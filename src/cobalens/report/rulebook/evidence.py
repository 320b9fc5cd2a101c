"""The evidence list: every statement with its publication, how well it was verified, and what rests on it."""

from __future__ import annotations

from collections import defaultdict

from cobalens.model.ruleset import Evidence
from cobalens.report.rulebook import html, words
from cobalens.report.rulebook.book import Book
from cobalens.report.rulebook.html import Page, esc, link, raw
from cobalens.report.rulebook.words import say


def evidence_page(book: Book) -> Page:
    title = say(book, "head_evidence")
    by_source: dict[str, list[Evidence]] = defaultdict(list)
    for one in book.ruleset.evidence.values():
        by_source[one.source].append(one)
    heads = [esc(say(book, f"col_{key}")) for key in ("id", "says", "section", "status", "used_in")]
    parts = [html.heading(1, title), say(book, "evidence_intro") + "\n"]
    for name, found in by_source.items():
        source = book.ruleset.sources[name]
        year = f" ({source.year})" if source.year and str(source.year) not in source.title else ""
        rows = [
            [
                esc(one.id),
                esc(one.says),
                esc(one.section),
                words.status_badge(book, one.status),
                html.bullets(link(use.href, words.human(use.label)) for use in book.cited.get(one.id, ()))
                or esc(say(book, "cited_nowhere")),
            ]
            for one in found
        ]
        parts.append(html.heading(2, source.title + year))
        if source.url:
            parts.append(raw(f"<p>{link(source.url, source.url)}</p>"))
        parts.append(raw(html.table(source.title, heads, rows, [one.id for one in found])))
    return Page("evidence", title, "\n".join(parts))
