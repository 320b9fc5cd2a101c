"""Many people as tables: one row a person, and their findings one a row, as CSV or as an Excel workbook."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from cobalens.model.interpretation import Interpretation
from cobalens.report.case import Case
from cobalens.report.words import by_pack

PEOPLE = (
    "id", "as_of", "answer", "deficiency", "treatment_state", "urgency", "key_findings", "next_tests", "notes", "not_understood", "error",
)  # fmt: skip
FINDINGS = ("id", "code", "status", "title", "why", "rule", "verification", "sources")
MOST_CHARACTERS = 32_000
"""What a cell of a workbook holds."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_URGENCY = "urgency:"
_NOT_KEY = ("next_test:", "regimen:", "benefit:", _URGENCY, "route:", "data_quality:")
"""Codes that stand in another column, or say how and not what."""


class Told(Struct, frozen=True):
    """One person as the tables show them: interpreted, or with the reason why not."""

    id: str
    case: Case | None = None
    said: Interpretation | None = None
    error: dict[str, str] | None = None


def urgency(case: Case, said: Interpretation) -> str:
    """How soon: as it is said, which may be on another pack's word; else as the primary pack has it."""
    found = [one.code.removeprefix(_URGENCY) for one in said.supported() if one.code.startswith(_URGENCY)]
    return found[0] if found else case.answer("urgency")


def person_row(told: Told) -> tuple[str, ...]:
    if told.case is None or told.said is None:
        error = told.error or {}
        said = " ".join(part for part in (error.get("problem", ""), error.get("next", "")) if part)
        return (told.id, *[""] * (len(PEOPLE) - 2), said)
    case, said_of = told.case, told.said
    return (
        told.id,
        said_of.as_of or "",
        said_of.answer,
        said_of.deficiency,
        said_of.treatment_state,
        urgency(case, said_of),
        _joined(
            f"{one.title} {by_pack(case, one)}".strip()
            for one in said_of.supported()
            if not one.quiet and not one.code.startswith(_NOT_KEY)
        ),
        _joined(one.title for one in said_of.next_tests),
        _joined(one.message for one in said_of.data_quality),
        _joined(one.text for one in said_of.not_understood),
        "",
    )


def finding_rows(told: Told) -> list[tuple[str, ...]]:
    if told.said is None:
        return []
    return [
        (
            told.id,
            one.code,
            one.status,
            one.title,
            one.why,
            one.rule if isinstance(one.rule, str) else _joined(one.rule),
            one.verification or "",
            _joined(
                dict.fromkeys(
                    f"{source.title}{f', {source.section}' if source.section else ''}"
                    for source in one.sources
                )
            ),
        )
        for one in told.said.supported()
    ]


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(part for part in parts if part))


def escaped(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    clean = "".join(char for char in text if char >= " " or char in "\n\t")
    return f"'{clean}" if clean.lstrip(" ").startswith(_DANGEROUS) else clean


def people_csv(people: Iterable[Told]) -> str:
    return _csv(PEOPLE, [person_row(one) for one in people])


def findings_csv(people: Iterable[Told]) -> str:
    return _csv(FINDINGS, [row for one in people for row in finding_rows(one)])


def _csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([escaped(cell) for cell in row] for row in rows)
    return out.getvalue()


def workbook(people: Sequence[Told], about: Sequence[tuple[str, str]] = ()) -> bytes:
    """Two sheets of text, and a third that says by which rules they were made."""
    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        # The clock has no part in an answer; without a day, the workbook would hold that of its making.
        book.set_properties({"created": BEGINNING})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        _sheet(book, "People", PEOPLE, [person_row(one) for one in people], head, cell)
        _sheet(book, "Findings", FINDINGS, [row for one in people for row in finding_rows(one)], head, cell)
        _sheet(book, "About", ("what", "which"), about, head, cell)
    return out.getvalue()


BEGINNING = dt.datetime.combine(dt.date(2000, 1, 1), dt.time())
WIDTHS = {
    "id": 22,
    "why": 60,
    "key_findings": 60,
    "next_tests": 40,
    "notes": 40,
    "title": 36,
    "sources": 40,
    "code": 36,
    "which": 60,
}


def _sheet(
    book: Any, name: str, headings: Sequence[str], rows: Iterable[Sequence[str]], head: Any, cell: Any
) -> None:
    sheet = book.add_worksheet(name)
    for column, heading in enumerate(headings):
        sheet.set_column(column, column, WIDTHS.get(heading, 16))
        sheet.write_string(0, column, heading, head)
    last = 0
    for row, texts in enumerate(rows, 1):
        last = row
        for column, text in enumerate(texts):
            sheet.write_string(row, column, escaped(text)[:MOST_CHARACTERS], cell)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(last, 1), len(headings) - 1)


def about(told: Iterable[Told]) -> tuple[tuple[str, str], ...]:
    """Program, ruleset and guideline, and what the table is not."""
    first = next((one for one in told if one.case is not None and one.said is not None), None)
    if first is None or first.said is None or first.case is None:
        return ()
    said = first.said
    return (
        ("Cobalens", said.cobalens),
        ("Ruleset", said.ruleset),
        ("Read by", f"{said.pack_basis.title} ({said.pack_basis.year or ''})".replace(" ()", "")),
        (
            "What this is",
            "Decision support, not a diagnosis or an order: a professional reviews the reasons.",
        ),
    )
