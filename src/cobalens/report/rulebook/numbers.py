"""The numbers side by side: packs, their limits and policies, and the published regimens."""

from __future__ import annotations

from cobalens.model.ruleset import Limit, Pack
from cobalens.report.rulebook import html, words
from cobalens.report.rulebook.book import Book, regimens
from cobalens.report.rulebook.front import latest
from cobalens.report.rulebook.html import Page, esc, link, raw
from cobalens.report.rulebook.questions import policy_table
from cobalens.report.rulebook.words import human, say


def packs_page(book: Book) -> Page:
    title = say(book, "head_packs")
    heads = [esc(say(book, f"col_{key}")) for key in ("pack", "role", "year", "inherits", "own", "checked")]
    packs = ordered(book)
    rows = [
        [
            esc(pack.title) + html.small(html.code(pack.name)),
            esc(say(book, f"role_{pack.role}")),
            esc(pack.year or ""),
            esc(words.pack_name(book.ruleset.packs[pack.inherits])) if pack.inherits else "",
            esc(
                say(
                    book,
                    "n_limits",
                    n=sum(one.pack == pack.name for many in pack.limits.values() for one in many),
                )
            ),
            esc(latest(book, pack.name)),
        ]
        for pack in packs
    ]
    parts = [
        html.heading(1, title),
        say(book, "packs_intro", primary=html.plain(words.pack_name(book.primary))) + "\n",
        raw(html.table(title, heads, rows)),
        raw(
            html.bullets(
                [
                    link("limits.html", say(book, "head_all_limits")),
                    link("policies.html", say(book, "head_all_policies")),
                ]
            )
        ),
    ]
    return Page("packs", title, "\n".join(parts))


def ordered(book: Book) -> list[Pack]:
    """The primary pack first."""
    return sorted(book.ruleset.packs.values(), key=lambda one: (one.name != book.primary.name, one.name))


def limits_page(book: Book) -> Page:
    """Every limit of every test: packs as columns, units as lines, the source beneath."""
    title = say(book, "head_all_limits")
    packs = ordered(book)
    heads = [
        esc(say(book, "col_limit")),
        esc(say(book, "col_unit")),
        *(esc(words.pack_name(pack)) for pack in packs),
    ]
    parts = [html.heading(1, title), say(book, "limits_intro") + "\n"]
    for analyte in dict.fromkeys(name for pack in packs for name in pack.limits):
        label = book.ruleset.analytes[analyte].label if analyte in book.ruleset.analytes else human(analyte)
        rows = []
        for name in dict.fromkeys(one.name for pack in packs for one in pack.limits.get(analyte, ())):
            held = [
                next((one for one in pack.limits.get(analyte, ()) if one.name == name), None)
                for pack in packs
            ]
            for unit in dict.fromkeys(unit for one in held if one for unit in one.values):
                cells = [limit_cell(book, pack, one, unit) for pack, one in zip(packs, held, strict=True)]
                rows.append([esc(human(name)), esc(words.unit_word(unit)), *cells])
        parts.append(html.anchor(f"limit-{analyte}"))
        parts.append(html.heading(2, words.first_upper(label)))
        parts.append(raw(html.table(say(book, "limit_caption", label=label), heads, rows)))
    return Page("limits", title, "\n".join(parts))


def limit_cell(book: Book, pack: Pack, limit: Limit | None, unit: str) -> str:
    """A pack's own number in bold with its source; one taken over says from where."""
    if limit is None or unit not in limit.values:
        return f'<span class="any">{esc(say(book, "not_published"))}</span>'
    sign = "<" if limit.edge == "<" else "≤"
    number = esc(f"{sign} {limit.values[unit]}")
    if limit.pack != pack.name:
        return number + html.small(esc(say(book, "taken_from", pack=book.ruleset.packs[limit.pack].title)))
    evidence = f"{link(f'evidence.html#{limit.evidence}', limit.evidence)} "
    evidence += f"{words.status_badge(book, book.status(limit))}<br>{esc(say(book, 'checked_on'))} {html.date(limit.checked)}"
    note = html.small(esc(limit.note)) if limit.note else ""
    return f"<strong>{number}</strong>{html.small(evidence)}{note}"


def policies_page(book: Book) -> Page:
    title = say(book, "head_all_policies")
    body = raw(policy_table(book, list(book.ruleset.policies), anchors=True))
    return Page("policies", title, f"{html.heading(1, title)}{say(book, 'policies_intro')}\n\n{body}")


def regimens_page(book: Book) -> Page:
    """Published regimens, quoted for reference and never as an order."""
    title = say(book, "head_regimens")
    heads = [
        esc(say(book, f"col_{key}"))
        for key in ("regimen", "drug", "route", "schedule", "jurisdiction", "evidence")
    ]
    entries = regimens(book.ruleset)
    rows = [
        [
            esc(one["label"]),
            esc(one["drug"]),
            esc(one["route"]),
            esc(one["schedule"]) + html.small(esc(one.get("note", ""))),
            esc(one["jurisdiction"]),
            words.evidence_links(book, [one["source"]]),
        ]
        for one in entries.values()
    ]
    table = html.table(title, heads, rows, [f"regimen-{name}" for name in entries])
    return Page("regimens", title, f"{html.heading(1, title)}{say(book, 'regimens_intro')}\n\n{raw(table)}")
