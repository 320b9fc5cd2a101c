"""All pages of the rulebook in reading order, and the tree by which they are browsed."""

from __future__ import annotations

from msgspec.structs import replace

from cobalens.report.rulebook import chapters, evidence, numbers, questions, safety, vocabulary
from cobalens.report.rulebook.book import Book
from cobalens.report.rulebook.html import Page, heading
from cobalens.report.rulebook.words import say


def pages(book: Book) -> list[Page]:
    """The start page holds the tree; every other page hangs in it but the pages for printing."""
    start = chapters.start_page(book)
    parts = [chapters.chapter_page(book, name, tables) for name, tables in book.chapters().items()]
    answers = [questions.question_page(book, table) for table in book.ruleset.tables]
    figures = [numbers.packs_page(book), numbers.limits_page(book), numbers.policies_page(book), numbers.regimens_page(book)]
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
        chapters.review_page(book),
    ]
    guides = [guide(name, text) for name, text in book.guides.items()]
    prints = [chapters.print_page(book, name, tables) for name, tables in book.chapters().items()]
    tree = [("chapters", parts), ("numbers", figures), ("words", lexicon), ("basis", basis), ("guides", guides)]
    trees = [chapters.toctree([p.name for p in found], say(book, f"nav_{key}"), hidden=True) for key, found in tree if found]
    start = replace(start, body="\n".join([start.body, "", *trees]))
    return [start, *parts, *answers, *figures, *lexicon, *basis, *guides, *prints]


def guide(name: str, text: str) -> Page:
    """A page written by hand: its first heading is its title."""
    first = next((line for line in text.splitlines() if line.startswith("# ")), f"# {name}")
    title = first.removeprefix("# ").strip()
    return Page(name, title, text if first in text else heading(1, title) + text)
