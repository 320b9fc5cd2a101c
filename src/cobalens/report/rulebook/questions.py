"""One page a question: its table, limits, words, sources, worked patients, where it is used, and what is proved of it."""

from __future__ import annotations

from collections.abc import Iterator

from cobalens.model.ruleset import Row, Table
from cobalens.report.rulebook import html, words
from cobalens.report.rulebook.book import LANGUAGE, Book
from cobalens.report.rulebook.html import Page, esc, link, raw
from cobalens.report.rulebook.words import human, say


def question_page(book: Book, table: Table) -> Page:
    return Page(
        f"question-{table.name}", table.question, html.heading(1, table.question) + body(book, table, 2)
    )


def body(book: Book, table: Table, level: int, full: bool = True) -> str:
    """Everything about one question; the short form for printing leaves out what other pages hold."""
    parts = [raw(review(book, table) + summary(book, table))]
    sections = [("table", rules(book, table)), ("limits", limits(book, table)), ("said", said(book, table))]
    if full:
        sections += [("policies", policies(book, table)), ("sources", sources(book, table))]
    sections += [("worked", worked(book, table)), ("invariants", invariants(book, table))]
    if full:
        sections += [("used", used(book, table))]
    for key, content in sections:
        if content:
            parts.append(html.heading(level, say(book, f"head_{key}")) + "\n" + raw(content))
    return "\n".join(parts)


def review(book: Book, table: Table) -> str:
    """Who has signed the page, or that nobody has."""
    if book.reviewed(table):
        text = say(book, "reviewed", by=table.reviewed_by, on=table.reviewed_on)
        return f'<p class="review review-signed">{esc(text)}</p>'
    return f'<p class="review review-open">{esc(say(book, "unreviewed"))}</p>'


def summary(book: Book, table: Table) -> str:
    facts = [
        (
            say(book, "sum_chapter"),
            link(f"chapter-{table.chapter}.html", say(book, f"chapter_{table.chapter}")),
        ),
        (say(book, "sum_kind"), esc(say(book, f"kind_{table.kind}"))),
        (say(book, "sum_name"), html.code(table.name)),
    ]
    if table.kind == "choose":
        answers = dict.fromkeys((*table.values, *(row.then[0] for row in table.rows)))
        facts.append((say(book, "sum_answers"), esc(", ".join(human(one) for one in answers))))
    facts.append((say(book, "sum_reads"), html.commas(words.input_link(book, one) for one in table.inputs)))
    items = "".join(f"<dt>{esc(name)}</dt><dd>{value}</dd>" for name, value in facts)
    return f'<dl class="summary">{items}</dl>'


# --- The table ----------------------------------------------------------------------------------------------------


def rules(book: Book, table: Table) -> str:
    """Choose tables as a grid of inputs; collect tables, whose rows use few of many inputs, as conditions."""
    grid = table.kind == "choose"
    columns = table.inputs if grid else ()
    heads = [esc(say(book, "col_rule")), *(words.input_link(book, name) for name in columns)]
    if not grid:
        heads.append(esc(say(book, "col_when")))
    heads += [esc(say(book, "col_answer" if grid else "col_finding")), esc(say(book, "col_why"))]
    rows = []
    for row in table.rows:
        cells = [grid_cell(book, row, name) for name in columns] if grid else [conditions(book, row)]
        rows.append([rule_name(book, row), *cells, words.answer(book, table, row), why(book, row)])
    note = say(book, "table_note", pack=words.pack_name(book.primary))
    caption = say(book, "table_caption", name=human(table.name))
    ids = [f"{table.name}.{row.name}" for row in table.rows]
    return f"<p>{esc(say(book, f'table_{table.kind}'))} {esc(note)}</p>" + html.table(
        caption, heads, rows, ids
    )


def grid_cell(book: Book, row: Row, name: str) -> str:
    if name not in row.written:
        return f'<span class="any">{esc(say(book, "any"))}</span>'
    return words.cell(book, name, row.written[name])


def conditions(book: Book, row: Row) -> str:
    if not row.written:
        return esc(say(book, "always"))
    return html.bullets(
        f"{words.input_link(book, name)}: {words.cell(book, name, written)}"
        for name, written in row.written.items()
    )


def rule_name(book: Book, row: Row) -> str:
    notes = []
    if row.overrides:
        notes.append(esc(say(book, "overrides", rows=", ".join(human(one) for one in row.overrides))))
    if row.quiet:
        notes.append(esc(say(book, "quiet")))
    return esc(human(row.name)) + html.small("<br>".join(notes))


def why(book: Book, row: Row) -> str:
    return (
        esc(row.why)
        + html.small(words.evidence_links(book, row.evidence))
        + html.small(f"{esc(say(book, 'row_status'))} {words.status_badge(book, row.status)}")
    )


# --- Limits and policies ------------------------------------------------------------------------------------------


def limits(book: Book, table: Table) -> str:
    """Every limit that the table names, for each pack and unit."""
    made = []
    for name in table.inputs:
        fact = book.ruleset.facts.get(name)
        if fact is None or not fact.limits:
            continue
        wanted = set().union(*(words.limits_named(row, name) for row in table.rows))
        if wanted:
            made.append(
                limit_table(
                    book,
                    table.name,
                    fact.label,
                    fact.limits_of,
                    [one for one in fact.limits if one in wanted],
                )
            )
    return "".join(dict.fromkeys(made))


def limit_table(book: Book, question: str, label: str, analyte: str, names: list[str]) -> str:
    heads = [say(book, f"col_{key}") for key in ("limit", "pack", "value", "edge", "evidence", "checked")]
    rows = []
    for name in names:
        for pack, used_by in packs_by_limit(book, analyte, name).items():
            limit = next(one for one in book.ruleset.packs[pack].limits[analyte] if one.name == name)
            value = "<br>".join(
                esc(f"{number} {words.unit_word(unit)}") for unit, number in limit.values.items()
            )
            note = html.small(esc(limit.note)) if limit.note else ""
            evidence = f"{link(f'evidence.html#{limit.evidence}', limit.evidence)} "
            evidence += words.status_badge(book, book.status(limit))
            taken = [words.pack_name(book.ruleset.packs[one]) for one in used_by if one != pack]
            also = html.small(esc(say(book, "also_taken", packs=", ".join(taken)))) if taken else ""
            rows.append(
                [
                    esc(human(name)),
                    link("packs.html", words.pack_name(book.ruleset.packs[pack])) + also,
                    value + note,
                    esc(say(book, "edge_above" if limit.edge == "<" else "edge_below")),
                    evidence,
                    html.date(limit.checked),
                ]
            )
    return html.table(
        say(book, "limit_used_caption", label=label, name=human(question)), [esc(one) for one in heads], rows
    )


def packs_by_limit(book: Book, analyte: str, name: str) -> dict[str, list[str]]:
    """The packs that publish a limit, each with the packs that take it over."""
    found: dict[str, list[str]] = {}
    for pack in sorted(
        book.ruleset.packs.values(), key=lambda one: (one.name != book.primary.name, one.name)
    ):
        for limit in pack.limits.get(analyte, ()):
            if limit.name == name:
                found.setdefault(limit.pack, []).append(pack.name)
    return found


def policies(book: Book, table: Table) -> str:
    names = [one.removeprefix("policy.") for one in table.inputs if one.startswith("policy.")]
    return policy_table(book, names) if names else ""


def policy_table(book: Book, names: list[str], anchors: bool = False) -> str:
    packs = list(book.ruleset.packs.values())
    heads = [esc(say(book, "col_policy")), *(esc(words.pack_name(pack)) for pack in packs)]
    rows = [
        [
            words.input_link(book, f"policy.{name}") if not anchors else esc(words.first_upper(human(name))),
            *(
                esc(human(pack.policies[name]))
                + html.small(words.evidence_links(book, [pack.policy_evidence[name]]))
                for pack in packs
            ),
        ]
        for name in names
    ]
    ids = [f"policy-{name}" for name in names] if anchors else None
    return html.table(say(book, "policy_caption"), heads, rows, ids)


# --- Words, sources, patients, invariants, use --------------------------------------------------------------------


def said(book: Book, table: Table) -> str:
    """What is shown for each finding or answer, to either reader."""
    texts = book.ruleset.text[LANGUAGE]
    answers = [f"{table.name}={one}" for one in (*table.values, "unknown")]
    codes = [one for one in (book.codes(table) or answers) if one in texts]
    rows = [
        [
            esc(texts[one].title) + html.small(html.code(one)),
            esc(texts[one].clinician),
            words.for_patient(texts[one]),
        ]
        for one in codes
    ]
    heads = [esc(say(book, f"col_{key}")) for key in ("title", "clinician", "patient")]
    return html.table(say(book, "said_caption", name=human(table.name)), heads, rows) if rows else ""


def sources(book: Book, table: Table) -> str:
    ids = dict.fromkeys(one for row in table.rows for one in row.evidence)
    return html.bullets(source_line(book, one) for one in ids)


def source_line(book: Book, id: str) -> str:
    one = book.ruleset.evidence[id]
    source = book.ruleset.sources[one.source]
    section = f", {esc(one.section)}" if one.section else ""
    return (
        f"{link(f'evidence.html#{id}', id)} {words.status_badge(book, one.status)} {esc(one.says)} "
        f"<span class='cite'>{esc(source.title)}{f' ({source.year})' if source.year else ''}{section}</span>"
    )


def worked(book: Book, table: Table) -> str:
    patients = book.worked.get(table.name, ())
    if not patients:
        return ""
    heads = [esc(say(book, f"col_{key}")) for key in ("patient_is", "known", "then", "by_row")]
    rows = []
    for one in patients:
        known = [
            f"{esc(words.input_name(book, name))}: {esc(given_words(book, name, value))}"
            for name, value in one.given.items()
        ]
        if one.pack:
            known.append(esc(say(book, "under_pack", pack=words.pack_name(book.ruleset.packs[one.pack]))))
        then = esc(say(book, f"finding_{one.then}") if one.code else human(one.then))
        if one.code:
            then = f"{words.code_link(book, one.code)}: {then}"
        row = link(f"#{table.name}.{one.row}", human(one.row)) if one.row else ""
        rows.append(
            [
                esc(words.first_upper(one.sentence)),
                html.bullets(known) or esc(say(book, "nothing_known")),
                then,
                row,
            ]
        )
    return f"<p>{esc(say(book, 'worked_note'))}</p>" + html.table(
        say(book, "worked_caption", name=human(table.name)), heads, rows
    )


def given_words(book: Book, name: str, value: str) -> str:
    """A result as reported, or a value in words."""
    fact = book.ruleset.facts.get(name)
    if fact is not None and fact.lab and value not in fact.values:
        return value
    return words.part_words(book, value, fact)


def invariants(book: Book, table: Table) -> str:
    return html.bullets(
        f"{link(f'invariants.html#invariant-{one.id}', say(book, 'invariant_n', id=one.id))} {esc(one.sentence)} "
        f"<span class='shown'>{esc(say(book, f'shown_{one.kind}_{book.shown[one.id]}'))}</span>"
        for one in book.spoken_of.get(table.name, ())
    )


def used(book: Book, table: Table) -> str:
    items = list(using(book, table))
    return html.bullets(items) if items else f"<p>{esc(say(book, 'used_nowhere'))}</p>"


def using(book: Book, table: Table) -> Iterator[str]:
    """The questions that read this one, or one of its findings."""
    for name in book.readers.get(table.name, ()):
        yield words.question_link(book, name)
    for name in book.readers.get(f"any.{table.name}", ()):
        yield f"{words.question_link(book, name)} ({esc(say(book, 'reads_any'))})"
    for code in book.codes(table):
        for name in book.readers.get(f"finding.{code}", ()):
            if name != table.name:
                yield f"{words.question_link(book, name)} ({esc(words.code_title(book, code))})"
