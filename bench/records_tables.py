"""``python -m bench.records_tables``: 100,000 results to people's records, against what the reader's own library needs to load them.

They stand one a row, and then five a row with a column for each test, where the library makes a fifth of the objects.

Held against the target are the libraries that give a cell for each cell, row by row, as ours does; the bare `csv.reader`
and pyarrow's columns, which are made without Python's objects, stand beside them.
"""

from __future__ import annotations

import csv
import io
import random
import time
from typing import Any, NamedTuple

import python_calamine
import xlsxwriter

from cobalens.compiler import load_ruleset
from cobalens.intake import tables
from cobalens.model.record import UNDATED, Element, Lab

ROWS = 100_000
PER_PERSON = 20
TARGET = 2.0
ROUNDS = 7
DAY = "2026-03-02"
TESTS = (
    ("Vitamin B12", "ng/L", 60, 1400, 0, "180-900"),
    ("MMA", "nmol/L", 80, 1200, 0, "<280"),
    ("Hemoglobin", "g/L", 70, 180, 0, "120-160"),
    ("MCV", "fL", 70, 125, 1, "80-100"),
    ("Folate, serum", "ug/L", 2, 24, 1, "3.9-20"),
)
"""Name, unit, between what and how finely the numbers lie, and the laboratory's range."""
HEAD = ("Patient ID", "Test", "Result", "Units", "Reference Range", "Flag", "Collected")


class Load(NamedTuple):
    what: str
    seconds: float
    held_against: float = 0.0
    promised: bool = False


def rows() -> list[tuple[str, ...]]:
    """Results as a laboratory has them: some three thousand different numbers, ten years of days."""
    chance = random.Random(12)
    made: list[tuple[str, ...]] = [HEAD]
    for at in range(ROWS):
        name, unit, low, high, digits, usual = TESTS[at % len(TESTS)]
        number = chance.uniform(low, high)
        made.append(
            (
                f"P{at // PER_PERSON}",
                name,
                f"{number:.{digits}f}",
                unit,
                usual,
                "",
                f"{2016 + chance.randrange(10)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            )
        )
    return made


def visits(made: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The same results with a row for each visit and a column for each test."""
    heads = [f"{name} ({unit})" for name, unit, *_ in TESTS]
    taken = (made[at : at + len(TESTS)] for at in range(1, len(made), len(TESTS)))
    return [
        (HEAD[0], HEAD[-1], *heads),
        *((rows[0][0], rows[0][-1], *(row[2] for row in rows)) for rows in taken),
    ]


def workbook(made: list[tuple[str, ...]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": False, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(made):
            sheet.write_row(at, 0, row)
    return out.getvalue()


def columns(made: list[tuple[str, ...]]) -> bytes:
    import pyarrow as arrow
    from pyarrow import parquet

    out = io.BytesIO()
    names, *body = made
    parquet.write_table(arrow.table(dict(zip(names, map(list, zip(*body, strict=True)), strict=True))), out)
    return out.getvalue()


def timed(*works: Any) -> list[float]:
    """The least time of the processor that each took, by turns."""
    least = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for at, work in enumerate(works):
            started = time.process_time()
            work()
            least[at] = min(least[at], time.process_time() - started)
    return least


def loads() -> list[Load]:
    import pyarrow as arrow
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    ruleset = load_ruleset()
    made = rows()
    out = io.StringIO()
    csv.writer(out).writerows(made)
    text = out.getvalue()
    source, book, pages = text.encode(), workbook(made), columns(made)
    wide = visits(made)
    out = io.StringIO()
    csv.writer(out).writerows(wide)
    wide_text = out.getvalue()
    wide_source, wide_book, wide_pages = wide_text.encode(), workbook(wide), columns(wide)
    sample = Lab(analyte="x", where="", text="")

    def dicts() -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(text)))

    def wide_dicts() -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(wide_text)))

    def wide_floor() -> list[object]:
        """The cells, and one bare result for each of them."""
        return [
            Lab(analyte="x", where="", text=cell, lo=sample.lo, when=UNDATED)
            for row in csv.reader(io.StringIO(wide_text))
            for cell in row[2:]
        ]

    def bare() -> list[list[str]]:
        return list(csv.reader(io.StringIO(text)))

    def floor() -> list[object]:
        """No reading at all: the cells, and per row one result and its line in the account as objects."""
        return [
            (
                Lab(analyte=row[1], where="", text=row[2], lo=sample.lo, when=UNDATED),
                Element(row[0], row[2], "used"),
            )
            for row in csv.reader(io.StringIO(text))
        ]

    def of_arrow() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = parquet.read_table(io.BytesIO(pages)).to_pylist()
        return found

    def of_arrow_wide() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = parquet.read_table(io.BytesIO(wide_pages)).to_pylist()
        return found

    def of_calamine(content: bytes) -> Any:
        return lambda: (
            python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
            .get_sheet_by_index(0)
            .to_python()
        )

    def ours(content: bytes) -> Any:
        return lambda: tables.read(content, ruleset, DAY)

    by_dict, by_row, least, by_column, mine, page_rows, my_pages, sheet, my_sheet = timed(
        dicts, bare, floor, lambda: arrow_csv.read_csv(arrow.py_buffer(source)),
        ours(source), of_arrow, ours(pages), of_calamine(book), ours(book),
    )  # fmt: skip
    wide_csv, wide_least, my_wide_csv, wide_rows, my_wide_pages, wide_sheet, my_wide_sheet = timed(
        wide_dicts, wide_floor, ours(wide_source), of_arrow_wide, ours(wide_pages), of_calamine(wide_book), ours(wide_book),
    )  # fmt: skip
    return [
        Load("CSV: a dict a row, csv.DictReader", by_dict),
        Load("CSV: a list a row, csv.reader", by_row),
        Load("CSV: into columns, pyarrow.csv", by_column),
        Load("CSV: a list, a result and an account as bare objects a row", least, by_dict),
        Load("CSV: people with results, units and ranges read", mine, by_dict, True),
        Load("  … against csv.reader", mine, by_row),
        Load("  … against pyarrow.csv", mine, by_column),
        Load("Parquet: a dict a row, pyarrow", page_rows),
        Load("Parquet: people with results", my_pages, page_rows, True),
        Load("xlsx: a list a row, python-calamine", sheet),
        Load("xlsx: people with results", my_sheet, sheet, True),
        Load("wide CSV: a dict a row, csv.DictReader", wide_csv),
        Load("wide CSV: a list a row, a bare result a cell", wide_least, wide_csv),
        Load("wide CSV: people with results", my_wide_csv, wide_csv),
        Load("  … against a bare result a cell", my_wide_csv, wide_least),
        Load("wide Parquet: a dict a row, pyarrow", wide_rows),
        Load("wide Parquet: people with results", my_wide_pages, wide_rows),
        Load("wide xlsx: a list a row, python-calamine", wide_sheet),
        Load("wide xlsx: people with results", my_wide_sheet, wide_sheet),
    ]


def main() -> int:
    print(
        f"{ROWS:,} results, {ROWS // PER_PERSON:,} people; promised for long rows: at most {TARGET:g} times the library's own load"
    )
    for one in loads():
        told = f"{one.seconds / one.held_against:6.2f}x" if one.held_against else ""
        if one.promised:
            told += "  kept" if one.seconds <= TARGET * one.held_against else "  not kept"
        print(f"  {one.what:<60} {one.seconds:7.2f} s  {told}".rstrip())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
