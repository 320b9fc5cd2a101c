"""The start page, a page a chapter, and the same chapter as one long page for printing."""

from __future__ import annotations

from collections import Counter

from cobalens.model.ruleset import Table
from cobalens.report.rulebook import html, words
from cobalens.report.rulebook.book import Book
from cobalens.report.rulebook.html import Page, esc, link, raw
from cobalens.report.rulebook.questions import body, review
from cobalens.report.rulebook.words import human, say

STATUSES = ("verified", "secondary", "derived", "memory", "proposal")
STARTS = ("what", "language", "not_orders")
READS = ("unknown", "kinds", "packs", "worked", "proofs")


def start_page(book: Book) -> Page:
    title = say(book, "title")
    parts = [html.heading(1, title)]
    parts += [say(book, f"start_{key}") + "\n" for key in STARTS]
    parts.append(raw(version_list(book)))
    parts.append(html.heading(2, say(book, "head_review_state")))
    parts.append(raw(review_line(book)))
    parts.append(html.heading(2, say(book, "head_chapters")))
    parts.append(raw(chapter_list(book)))
    parts.append(html.heading(2, say(book, "head_statuses")))
    parts.append(say(book, "start_statuses") + "\n")
    parts.append(raw(status_table(book)))
    parts.append(html.heading(2, say(book, "head_how")))
    parts += [f"- {say(book, f'start_{key}')}" for key in READS]
    return Page("index", title, "\n".join(parts))


def version_list(book: Book) -> str:
    ruleset = book.ruleset
    packs = sorted(ruleset.packs.values(), key=lambda one: (one.name != book.primary.name, one.name))
    checked = [
        f"{esc(words.pack_name(pack))}: {esc(latest(book, pack.name))}"
        for pack in packs
        if latest(book, pack.name)
    ]
    rows = sum(len(table.rows) for table in ruleset.tables)
    facts = [
        (say(book, "sum_version"), esc(book.version)),
        (say(book, "sum_hash"), f'<code class="hash">{esc(ruleset.hash)}</code>'),
        (say(book, "sum_primary"), esc(words.pack_name(book.primary))),
        (say(book, "sum_dates"), html.bullets(checked)),
        (
            say(book, "sum_size"),
            esc(
                say(
                    book,
                    "size",
                    tables=len(ruleset.tables),
                    rows=rows,
                    facts=len(ruleset.facts),
                    evidence=len(ruleset.evidence),
                    invariants=len(ruleset.invariants),
                    patients=sum(map(len, book.worked.values())),
                )
            ),
        ),
    ]
    items = "".join(f"<dt>{esc(name)}</dt><dd>{value}</dd>" for name, value in facts)
    return f'<dl class="summary">{items}</dl>'


def latest(book: Book, pack: str) -> str:
    """The last day on which a limit of a pack's own was checked."""
    limits = [one for many in book.ruleset.packs[pack].limits.values() for one in many if one.pack == pack]
    return max((one.checked for one in limits), default="")


def review_line(book: Book) -> str:
    tables = book.ruleset.tables
    signed = sum(book.reviewed(table) for table in tables)
    kind = "signed" if signed == len(tables) else "open"
    text = say(book, "review_count", signed=signed, all=len(tables))
    return f'<p class="review review-{kind}">{esc(text)} {link("review.html", say(book, "review_link"))}</p>'


def chapter_list(book: Book) -> str:
    return html.bullets(
        f"{link(f'chapter-{name}.html', say(book, f'chapter_{name}'))}: {esc(say(book, f'about_{name}'))} "
        f"({esc(say(book, 'n_questions', n=len(tables)))})"
        for name, tables in book.chapters().items()
    )


def status_table(book: Book) -> str:
    counts = Counter(one.status for one in book.ruleset.evidence.values())
    heads = [esc(say(book, f"col_{key}")) for key in ("status", "meaning", "count")]
    rows = [
        [words.status_badge(book, one), esc(say(book, f"meaning_{one}")), str(counts[one])]
        for one in STATUSES
    ]
    return html.table(say(book, "status_caption"), heads, rows)


def chapter_page(book: Book, name: str, tables: list[Table]) -> Page:
    title = say(book, f"chapter_{name}")
    heads = [esc(say(book, f"col_{key}")) for key in ("question", "kind", "answers", "rules", "review")]
    rows = [
        [
            link(f"question-{table.name}.html", table.question) + html.small(html.code(table.name)),
            esc(say(book, f"kind_short_{table.kind}")),
            esc(
                ", ".join(human(one) for one in table.values)
                or say(book, "n_findings", n=len(book.codes(table)))
            ),
            str(len(table.rows)),
            esc(say(book, "signed_short" if book.reviewed(table) else "unsigned_short")),
        ]
        for table in tables
    ]
    parts = [
        html.heading(1, title),
        say(book, f"about_{name}") + "\n",
        raw(f"<p>{link(f'print-{name}.html', say(book, 'print_link'))}</p>"),
        raw(html.table(say(book, "chapter_caption", name=title), heads, rows)),
    ]
    return Page(f"chapter-{name}", title, "\n".join(parts))


def print_page(book: Book, name: str, tables: list[Table]) -> Page:
    """The whole chapter on one page, left out of the search so that nothing is found twice."""
    title = say(book, "print_title", name=say(book, f"chapter_{name}"))
    parts = [html.heading(1, title), say(book, f"about_{name}") + "\n"]
    for table in tables:
        parts.append(html.heading(2, table.question))
        parts.append(body(book, table, 3, full=False))
    return Page(f"print-{name}", title, "\n".join(parts), searched=False)


def review_page(book: Book) -> Page:
    """Who has signed which question."""
    title = say(book, "head_review_state")
    heads = [esc(say(book, f"col_{key}")) for key in ("question", "chapter", "review")]
    rows = [
        [
            words.question_link(book, table.name),
            esc(say(book, f"chapter_{table.chapter}")),
            review(book, table),
        ]
        for table in book.ruleset.tables
    ]
    parts = [
        html.heading(1, title),
        raw(review_line(book).replace(link("review.html", say(book, "review_link")), "")),
        say(book, "review_how") + "\n",
        raw(html.table(title, heads, rows)),
    ]
    return Page("review", title, "\n".join(parts))
