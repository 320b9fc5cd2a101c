"""``python -m bench.records_tables``: 100,000 long rows, against what the reader's own library needs to load them."""

from __future__ import annotations

import csv
import io
import time

import python_calamine
import xlsxwriter

from cobalens.compiler import load_ruleset
from cobalens.intake import tables
from cobalens.intake.casefile import tools_for
from cobalens.intake.tables.grid import of_text, of_workbook
from cobalens.intake.tables.headings import header_of, words_for
from cobalens.intake.tables.mapping import NOTHING_GIVEN
from cobalens.intake.tables.table import group, table_of

ROWS = 100_000
PER_PERSON = 20
TESTS = (
    ("Vitamin B12", "ng/L", 150),
    ("MMA", "nmol/L", 300),
    ("Hemoglobin", "g/L", 100),
    ("MCV", "fL", 80),
    ("Folate, serum", "ug/L", 3),
)
HEAD = ("Patient ID", "Test", "Result", "Units", "Reference Range", "Flag", "Collected")


def rows() -> list[tuple[str, ...]]:
    made = [HEAD]
    for at in range(ROWS):
        name, unit, low = TESTS[at % len(TESTS)]
        made.append(
            (
                f"P{at // PER_PERSON}",
                name,
                str(low + at % 37),
                unit,
                f"{low}-{low * 3}",
                "",
                f"2025-{at % 12 + 1:02}-{at % 28 + 1:02}",
            )
        )
    return made


def workbook(made: list[tuple[str, ...]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": False, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(made):
            sheet.write_row(at, 0, row)
    return out.getvalue()


def timed(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


def main() -> int:
    ruleset = load_ruleset()
    words, index = words_for(ruleset), tools_for(ruleset).analytes
    made = rows()
    out = io.StringIO()
    csv.writer(out).writerows(made)
    text = out.getvalue()
    book = workbook(made)

    def people_of_text() -> None:
        grid = of_text(text, ",")
        header = header_of(grid.rows, words, index)
        assert header is not None
        group(table_of(grid.rows, grid.numbers, "", header, words, index, NOTHING_GIVEN), {})

    def people_of_book() -> None:
        (grid,) = of_workbook(book)
        header = header_of(grid.rows, words, index)
        assert header is not None
        group(table_of(grid.rows, grid.numbers, "", header, words, index, NOTHING_GIVEN), {})

    plain_csv = min(timed(lambda: list(csv.reader(io.StringIO(text)))) for _ in range(3))
    plain_book = min(
        timed(
            lambda: (
                python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book))
                .get_sheet_by_index(0)
                .to_python()
            )
        )
        for _ in range(3)
    )
    grouped_csv, grouped_book = (
        min(timed(work) for _ in range(3)) for work in (people_of_text, people_of_book)
    )
    whole = timed(lambda: tables.read(text.encode(), ruleset, "2026-03-02"))
    lines = (
        ("csv: the library's own load", plain_csv, ""),
        ("csv: rows by person, columns known", grouped_csv, f"{grouped_csv / plain_csv:.1f}x"),
        ("xlsx: the library's own load", plain_book, ""),
        ("xlsx: rows by person, columns known", grouped_book, f"{grouped_book / plain_book:.1f}x"),
        (
            "csv: every result read, units checked",
            whole,
            f"{whole / plain_csv:.1f}x, {whole / ROWS * 1e6:.0f} us a row",
        ),
    )
    print(
        f"{ROWS:,} long rows, {ROWS // PER_PERSON:,} people; promised: at most twice the library's own load"
    )
    for what, seconds, ratio in lines:
        print(f"  {what:<40} {seconds:7.2f} s  {ratio}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
