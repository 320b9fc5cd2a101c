"""The words: facts that rules ask about, tests with their codes and units, concepts with their phrases, findings and texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cobalens.model.ruleset import Analyte, Code, Concept, Fact
from cobalens.report.rulebook import html, words
from cobalens.report.rulebook.book import LANGUAGE, Book
from cobalens.report.rulebook.html import Page, esc, link, raw
from cobalens.report.rulebook.words import human, say


def facts_page(book: Book) -> Page:
    title = say(book, "head_facts")
    heads = [esc(say(book, f"col_{key}")) for key in ("fact", "of", "timeline", "values", "read_by")]
    facts = list(book.ruleset.facts.values())
    rows = [
        [
            esc(fact.label) + html.small(html.code(fact.name)),
            of_words(book, fact),
            timeline_words(book, fact),
            esc(" · ".join(words.part_words(book, value, fact) for value in fact.values)),
            html.commas(words.question_link(book, one) for one in book.readers.get(fact.name, ())),
        ]
        for fact in facts
    ]
    table = html.table(title, heads, rows, [f"fact-{fact.name}" for fact in facts])
    return Page("facts", title, f"{html.heading(1, title)}{say(book, 'facts_intro')}\n\n{raw(table)}")


def of_words(book: Book, fact: Fact) -> str:
    if fact.lab:
        return html.commas(link(f"tests.html#test-{one}", test_label(book, one)) for one in fact.of)
    if fact.answers:
        return html.bullets(
            f"{esc(human(value))}: {html.commas(concept_link(book, one) for one in concepts)}"
            for value, concepts in fact.answers.items()
        )
    return html.commas(concept_link(book, one) for one in fact.of)


def test_label(book: Book, name: str) -> str:
    one = book.ruleset.analytes.get(name)
    return one.label if one else human(name)


def concept_link(book: Book, name: str) -> str:
    one = book.ruleset.concepts.get(name)
    if one is not None:
        return link(f"words-{one.kind}.html#concept-{name}", one.label)
    if name in book.ruleset.analytes:
        return link(f"tests.html#test-{name}", test_label(book, name))
    return esc(human(name))


def timeline_words(book: Book, fact: Fact) -> str:
    parts = [say(book, f"timeline_{fact.timeline}")]
    if fact.current_for is not None:
        parts.append(say(book, "current_for", days=fact.current_for))
    if fact.lingers:
        parts.append(say(book, "lingers", days=fact.lingers))
    if fact.within is not None:
        parts.append(say(book, "within", days=fact.within))
    return esc(" ".join(parts))


# --- Tests and concepts -------------------------------------------------------------------------------------------


def tests_page(book: Book) -> Page:
    """Laboratory tests: those that rules use first, then those that are only understood."""
    title = say(book, "head_tests")
    parts = [html.heading(1, title), say(book, "tests_intro") + "\n"]
    for key, used in (("tests_used", True), ("tests_known", False)):
        analytes = [one for one in book.ruleset.analytes.values() if one.used is used]
        if analytes:
            parts += [html.heading(2, say(book, key)), raw(test_table(book, say(book, key), analytes))]
    return Page("tests", title, "\n".join(parts))


def test_table(book: Book, caption: str, analytes: list[Analyte]) -> str:
    heads = [esc(say(book, f"col_{key}")) for key in ("test", "loinc", "units", "plausible", "called")]
    rows = [
        [
            esc(one.label) + html.small(html.code(one.name)),
            codes(book, one.codes),
            esc(", ".join(words.unit_word(unit) for unit in one.units if unit)),
            "<br>".join(
                esc(f"{low} – {high} {words.unit_word(unit)}") for unit, (low, high) in one.plausible.items()
            ),
            esc(", ".join(one.names))
            + html.small(
                esc(
                    "; ".join(
                        f"“{word}”: {words.part_words(book, cell)}" for word, cell in one.qualitative.items()
                    )
                )
            ),
        ]
        for one in analytes
    ]
    return html.table(caption, heads, rows, [f"test-{one.name}" for one in analytes])


def codes(book: Book, many: Iterable[Code]) -> str:
    """Codes with their system and how well each was verified."""
    return "<br>".join(
        f"{esc(say(book, f'system_{one.system}'))} {html.code(one.code)} {words.status_badge(book, one.status)}"
        for one in many
    )


def concept_pages(book: Book) -> list[Page]:
    by_kind: dict[str, list[Concept]] = defaultdict(list)
    for one in book.ruleset.concepts.values():
        by_kind[one.kind].append(one)
    return [concept_page(book, kind, found) for kind, found in by_kind.items()]


def concept_page(book: Book, kind: str, concepts: list[Concept]) -> Page:
    title = say(book, f"kind_of_{kind}")
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in book.ruleset.facts.values():
        for name in (*fact.of, *(one for many in fact.answers.values() for one in many)):
            facts[name].append(fact)
    heads = [esc(say(book, f"col_{key}")) for key in ("concept", "codes", "phrases", "asked_as")]
    rows = [
        [
            esc(one.label) + html.small(html.code(one.name)),
            codes(book, one.codes) or esc(say(book, "no_code")),
            esc("; ".join(one.phrases)),
            html.commas(
                dict.fromkeys(link(f"facts.html#fact-{fact.name}", fact.label) for fact in facts[one.name])
            ),
        ]
        for one in concepts
    ]
    table = html.table(title, heads, rows, [f"concept-{one.name}" for one in concepts])
    return Page(
        f"words-{kind}", title, f"{html.heading(1, title)}{say(book, 'concepts_intro')}\n\n{raw(table)}"
    )


# --- What is said -------------------------------------------------------------------------------------------------


def findings_page(book: Book) -> Page:
    """Every finding code with its title and the questions that can give it."""
    title = say(book, "head_findings")
    heads = [esc(say(book, f"col_{key}")) for key in ("finding", "clinician", "found_by")]
    texts = book.ruleset.text[LANGUAGE]
    families: dict[str, list[str]] = defaultdict(list)
    for code in book.ruleset.codes:
        families[code.partition(":")[0]].append(code)
    parts = [html.heading(1, title), say(book, "findings_intro") + "\n"]
    for family, found in sorted(families.items()):
        rows = [
            [
                esc(texts[code].title) + html.small(html.code(code)),
                esc(texts[code].clinician),
                html.commas(words.question_link(book, one) for one in book.ruleset.codes[code]),
            ]
            for code in sorted(found)
        ]
        name = words.first_upper(human(family))
        parts += [html.heading(2, name), raw(html.table(name, heads, rows, sorted(found)))]
    return Page("findings", title, "\n".join(parts))


def learn_page(book: Book) -> Page:
    """The short blocks that stand ready for the conversation."""
    title = say(book, "head_learn")
    heads = [esc(say(book, f"col_{key}")) for key in ("title", "clinician", "patient")]
    rows = [
        [esc(one.title), esc(one.clinician), words.for_patient(one)]
        for key, one in book.ruleset.text[LANGUAGE].items()
        if key.startswith("learn:")
    ]
    return Page(
        "learn",
        title,
        f"{html.heading(1, title)}{say(book, 'learn_intro')}\n\n{raw(html.table(title, heads, rows))}",
    )
