"""All pages of the rulebook in reading order, and the tree by which they are browsed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from cobalens.report.rulebook import evidence, front, numbers, questions, safety, vocabulary
from cobalens.report.rulebook.book import Book
from cobalens.report.rulebook.html import Page, heading
from cobalens.report.rulebook.words import first_upper, human, say


class Site(Struct, frozen=True):
    """The pages, and what the sidebar lists: groups of pages, and below a chapter its questions."""

    pages: list[Page]
    groups: list[tuple[str, list[tuple[str, str]]]]
    chapter_of: dict[str, str]
    """A question's page, a page for printing or a chapter's page -> the chapter's page."""
    questions: dict[str, list[tuple[str, str]]]


def site_of(book: Book) -> Site:
    chapters = book.chapters()
    start = front.start_page(book)
    parts = [front.chapter_page(book, name, tables) for name, tables in chapters.items()]
    answers = [questions.question_page(book, table) for table in book.ruleset.tables]
    prints = [front.print_page(book, name, tables) for name, tables in chapters.items()]
    figures = [
        numbers.packs_page(book),
        numbers.limits_page(book),
        numbers.policies_page(book),
        numbers.regimens_page(book),
    ]
    lexicon = [
        vocabulary.facts_page(book),
        vocabulary.tests_page(book),
        *vocabulary.concept_pages(book),
        vocabulary.findings_page(book),
        vocabulary.learn_page(book),
    ]
    basis = [
        evidence.evidence_page(book),
        safety.invariants_page(book),
        safety.limits_known_page(book),
        front.review_page(book),
    ]
    guides = [guide(name, text, book.guides) for name, text in book.guides.items()]
    groups = [
        ("chapters", parts),
        ("numbers", figures),
        ("words", lexicon),
        ("basis", basis),
        ("guides", guides),
    ]
    pages_of = {
        f"chapter-{name}": [(f"question-{table.name}", first_upper(human(table.name))) for table in tables]
        for name, tables in chapters.items()
    }
    chapter_of = {page: chapter for chapter, found in pages_of.items() for page, _ in found}
    chapter_of |= {f"{kind}-{name}": f"chapter-{name}" for name in chapters for kind in ("chapter", "print")}
    return Site(
        pages=[start, *parts, *answers, *figures, *lexicon, *basis, *guides, *prints],
        groups=[
            (say(book, f"nav_{key}"), [(one.name, one.title) for one in found])
            for key, found in groups
            if found
        ],
        chapter_of=chapter_of,
        questions=pages_of,
    )


LOCAL_LINK = re.compile(r"\[([^\]]+)\]\((?!\w+:)([\w./-]+)\.md(#[^)]*)?\)")


def guide(name: str, text: str, others: Iterable[str] = ()) -> Page:
    """A page written by hand: its first heading is its title. Links to documents outside the book become plain text."""
    first = next((line for line in text.splitlines() if line.startswith("# ")), f"# {name}")
    title = first.removeprefix("# ").strip()
    known = set(others)
    text = LOCAL_LINK.sub(lambda found: found[0] if found[2] in known else found[1], text)
    return Page(name, title, text if first in text else heading(1, title) + text)
