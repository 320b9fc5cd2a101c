"""What is shown of the invariants, who is not covered, and the known limits counted from the knowledge itself."""

from __future__ import annotations

from collections import Counter

from cobalens.model.ruleset import Invariant
from cobalens.report.rulebook import html, words
from cobalens.report.rulebook.book import Book, tables_named
from cobalens.report.rulebook.html import Page, esc, link, raw
from cobalens.report.rulebook.words import say

KINDS = ("proved", "text", "tested")
NOT_COVERED = ("child", "intensive_care", "dosing", "probability", "write_back", "diagnosis", "regulated")
KNOWN = ("unsigned", "sources", "methods", "ethnicity", "high_limits", "reading", "proof", "english")
WEAK = ("memory", "proposal")


def invariants_page(book: Book) -> Page:
    title = say(book, "head_all_invariants")
    parts = [html.heading(1, title), say(book, "invariants_intro") + "\n"]
    heads = [esc(say(book, f"col_{key}")) for key in ("number", "never_happens", "how_shown", "speaks_of")]
    for kind in KINDS:
        mine = [one for one in book.ruleset.invariants if one.kind == kind]
        rows = [
            [
                esc(one.id),
                esc(one.sentence) + conditions(book, one),
                esc(say(book, f"shown_{one.kind}_{book.shown[one.id]}")),
                html.commas(words.question_link(book, name) for name in tables_named(book.ruleset, one)),
            ]
            for one in mine
        ]
        name = say(book, f"invariants_{kind}", n=len(mine))
        parts += [html.heading(2, name), say(book, f"about_{kind}") + "\n"]
        parts.append(raw(html.table(name, heads, rows, [f"invariant-{one.id}" for one in mine])))
    return Page("invariants", title, "\n".join(parts))


def conditions(book: Book, one: Invariant) -> str:
    """The combinations that no patient may meet, or the tests that show it."""
    if one.written:
        cells = [
            "; ".join(
                f"{esc(words.input_name(book, name))}: {esc(cell_words(book, name, cell))}"
                for name, cell in condition.items()
            )
            for condition in one.written
        ]
        return html.small(esc(say(book, "never_together")) + html.bullets(cells))
    if one.tested_by:
        return html.small(
            esc(say(book, "tested_by")) + " " + html.commas(html.code(test) for test in one.tested_by)
        )
    return ""


def cell_words(book: Book, name: str, cell: str) -> str:
    fact = book.ruleset.facts.get(name)
    return f" {say(book, 'or')} ".join(words.part_words(book, part.strip(), fact) for part in cell.split("|"))


def limits_known_page(book: Book) -> Page:
    """Who is not covered, what is known to be weak, and the counts that say how weak."""
    title = say(book, "head_known")
    parts = [html.heading(1, title), html.heading(2, say(book, "head_not_covered"))]
    parts += [f"- {say(book, f'not_{key}')}" for key in NOT_COVERED]
    parts += ["", html.heading(2, say(book, "head_known_limits"))]
    parts += [f"- {say(book, f'known_{key}')}" for key in KNOWN]
    parts += ["", html.heading(2, say(book, "head_counts")), raw(counts(book))]
    parts += [
        html.heading(2, say(book, "head_weak_limits")),
        say(book, "weak_limits_intro") + "\n",
        raw(weak_limits(book)),
    ]
    parts += [
        html.heading(2, say(book, "head_weak_evidence")),
        say(book, "weak_evidence_intro") + "\n",
        raw(weak_evidence(book)),
    ]
    return Page("known-limits", title, "\n".join(parts))


def counts(book: Book) -> str:
    """Rows, limits, codes and statements by how well they are verified."""
    ruleset = book.ruleset
    limits = {
        (one.pack, analyte, one.name): one
        for p in ruleset.packs.values()
        for analyte, many in p.limits.items()
        for one in many
    }
    kinds = (
        ("counted_evidence", Counter(one.status for one in ruleset.evidence.values())),
        ("counted_rows", Counter(row.status for table in ruleset.tables for row in table.rows)),
        ("counted_limits", Counter(book.status(one) for one in limits.values())),
        (
            "counted_codes",
            Counter(
                code.status
                for many in (ruleset.analytes.values(), ruleset.concepts.values())
                for codes in (one.codes for one in many)
                for code in codes
            ),
        ),
    )
    statuses = ("verified", "secondary", "derived", "memory", "proposal")
    heads = [esc(say(book, "col_counted")), *(words.status_badge(book, one) for one in statuses)]
    rows = [[esc(say(book, key)), *(str(counter[one]) for one in statuses)] for key, counter in kinds]
    return html.table(say(book, "head_counts"), heads, rows)


def weak_limits(book: Book) -> str:
    heads = [esc(say(book, f"col_{key}")) for key in ("test", "limit", "pack", "value", "evidence")]
    rows = []
    for pack in book.ruleset.packs.values():
        for analyte, many in pack.limits.items():
            for one in many:
                if one.pack == pack.name and book.status(one) in WEAK:
                    label = (
                        book.ruleset.analytes[analyte].label if analyte in book.ruleset.analytes else analyte
                    )
                    value = "; ".join(
                        f"{number} {words.unit_word(unit)}" for unit, number in one.values.items()
                    )
                    rows.append(
                        [
                            link(f"limits.html#limit-{analyte}", label),
                            esc(words.human(one.name)),
                            esc(words.pack_name(pack)),
                            esc(value),
                            f"{link(f'evidence.html#{one.evidence}', one.evidence)} {words.status_badge(book, book.status(one))}",
                        ]
                    )
    return html.table(say(book, "head_weak_limits"), heads, rows)


def weak_evidence(book: Book) -> str:
    return html.bullets(
        f"{link(f'evidence.html#{one.id}', one.id)} {words.status_badge(book, one.status)} {esc(one.says)}"
        for one in book.ruleset.evidence.values()
        if one.status in WEAK
    )
