"""A table with a column for each test means the same whether its columns or its rows are read."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.intake import tables
from cobalens.intake.tables import bulk
from tests.records.tables.test_bulk import plain
from tests.robustness.cases import RULES

DAY = "2026-03-02"
COLUMNS: dict[str, tuple[str, ...]] = {
    "Patient ID": ("P1", "P1", "P2", "P3", ""),
    "Age": ("", "67", "67", "6", "two"),
    "Sex": ("", "F", "female", "M", "?"),
    "DOB": ("", "", "1958-04-01", "01/04/1958"),
    "Visit date": ("2025-01-02", "2025-01-02", "02/13/2025", "2025-01-02T08:30", "2027-01-01", "yesterday", "", "45000"),
    "Reported": ("", "", "2025-01-03"),
    "Vitamin B12 (ng/L)": ("150", "150", "151.5", "<100", "1,245", "low", "neg", "see comment", "HAEMOLYSED", "-1", "", "", "n/a", "150 H", "150 pmol/L", "99999", "  "),
    "B12 (pmol/L)": ("", "", "110", "110", "x"),
    "MMA": ("0.62", "620", "", "0.2 umol/L", "pending"),
    "Hb": ("9.8", "112", "", "12", "Normal"),
    "Folate, serum (ug/L)": ("3.1", "3.1", "", ">20", "-", "8.1 (>4)"),
    "Ward": ("", "4B"),
}  # fmt: skip
ROWS = st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in COLUMNS.items()})
KEPT = st.sets(st.sampled_from(sorted(set(COLUMNS) - {"Patient ID", "Vitamin B12 (ng/L)"})))


def content(rows: list[dict[str, str]], left_out: set[str], below: dict[str, str] | None = None) -> bytes:
    names = [name for name in COLUMNS if name not in left_out]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows([*([below] if below else []), *rows])
    return out.getvalue().encode()


def both(source: bytes, as_of: str | None) -> tuple[Any, Any, int]:
    """What the reading by columns and by rows make of a table, and of how many people the former told."""
    by_columns = 0
    whole = tables.record_of_wide

    def counted(*given: Any) -> Any:
        nonlocal by_columns
        found = whole(*given)
        by_columns += found is not None
        return found

    def read() -> Any:
        try:
            return plain(tables.read(source, RULES, as_of))
        except tables.CobalensError as error:
            return error.code, error.where

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "FEWEST", 0)
        patch.setattr(bulk, "MOST_READ_WHOLE", 1000)
        patch.setattr(tables, "record_of_wide", counted)
        one = read()
        patch.setattr(tables, "wide_for", lambda *_: None)
        return one, read(), by_columns


@settings(max_examples=300, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=7), KEPT, st.sampled_from([DAY, DAY, None]))
def test_whatever_stands_in_the_cells_columns_and_rows_say_the_same(
    rows: list[dict[str, str]], left_out: set[str], as_of: str | None
) -> None:
    by_columns, by_rows, _ = both(content(rows, left_out), as_of)
    assert by_columns == by_rows


def test_plain_results_are_read_by_columns() -> None:
    rows = [
        {"Patient ID": f"P{at // 2}", "Sex": "F", "Visit date": f"2025-0{1 + at % 9}-02", "Vitamin B12 (ng/L)": str(150 + at), "Folate, serum (ug/L)": "3.1", "Ward": "4B"}
        for at in range(40)
    ]  # fmt: skip
    one, other, told = both(content(rows, {"Age", "DOB", "Reported", "B12 (pmol/L)", "MMA", "Hb"}), DAY)
    assert one == other
    assert told == 20


def test_a_line_of_ranges_below_the_headings_holds_for_the_whole_column() -> None:
    rows = [
        {"Patient ID": f"P{at}", "Visit date": "2025-01-02", "Vitamin B12 (ng/L)": str(150 + at)}
        for at in range(9)
    ]
    limits = {"Patient ID": "Reference range", "Vitamin B12 (ng/L)": "155-900"}
    one, other, told = both(content(rows, set(COLUMNS) - set(rows[0]), limits), DAY)
    assert one == other
    assert told == 9


@pytest.mark.parametrize("added", ["Comment", "Diagnosis", "Mystery"])
def test_a_table_with_words_beside_the_results_is_read_row_by_row(added: str) -> None:
    head = f"Patient ID,Visit date,Vitamin B12 (ng/L),{added}\n"
    rows = "".join(f"P{at},2025-01-02,{150 + at},numb feet\n" for at in range(9))
    one, other, told = both(f"{head}{rows}".encode(), DAY)
    assert one == other
    assert told == 0
