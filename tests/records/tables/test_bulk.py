"""Many rows at once mean what each row means by itself: the quick reading of long tables equals the reading row by row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.errors import CobalensError
from cobalens.intake import tables
from cobalens.intake.tables import bulk
from cobalens.intake.tables.columns import cells_below, distinct, in_columns
from cobalens.intake.tables.grid import of_parquet, of_text
from tests.robustness.cases import RULES

DAY = "2026-03-02"
HEAD = ("Patient ID", "Age", "Sex", "DOB", "Test", "LOINC", "Result", "Units", "Range", "Low", "Flag", "Collected", "Reported", "Time",
        "Status", "Specimen", "Operator", "Interpretation", "Comment", "Accession", "Category", "Lab section")  # fmt: skip
CELLS: dict[str, tuple[str, ...]] = {
    "Patient ID": ("P1", "P1", "P2", "P3", "", " P1 "),
    "Age": ("", "67", "67", "6", "two", "900"),
    "Sex": ("", "F", "female", "M", "?"),
    "DOB": ("", "", "1958-04-01", "01/04/1958", "2058-01-01"),
    "Test": ("Vitamin B12", "B12", "MMA", "Hemoglobin", "MCV", "Folate, serum", "Ferritin", "INR", "Age", "Diagnosis", "nothing known", "Total", ""),
    "LOINC": ("", "", "", "2132-9", "718-7", "2132-8", "x"),
    "Result": ("150", "150", "150.0", "0.15", "1,245", "1.245", "1.245,0", "<100", ">2000", "150-200", "low", "neg", "see comment", "HAEMOLYSED", "-1", "1e3",
               "99999", "007", "12.5", "80", "yes", "", "  ", "n/a", "150 H", "150 pmol/L", "0", "١٥٠"),
    "Units": ("ng/L", "ng/L", "pmol/L", "g/L", "nmol/L", "umol/L", "fL", "PG/ML", "bananas", "", "1"),
    "Range": ("", "", "180-900", "<0.28", "180-900 pmol/L", "x"),
    "Low": ("", "", "", "180", "low"),
    "Flag": ("", "", "H", "L", "N", "?", "*"),
    "Collected": ("2025-01-02", "2025-01-02", "02/13/2025", "2025-01-02T08:30", "2 Jan 2025", "2027-01-01", "2025", "yesterday", "", "45000"),
    "Reported": ("", "", "2025-01-03"),
    "Time": ("", "", "08:30", "8.30 pm"),
    "Status": ("", "", "final", "corrected", "cancelled", "prelim?"),
    "Specimen": ("", "", "serum", "urine", "CSF"),
    "Operator": ("", "", "", "<", ">=", "about"),
    "Interpretation": ("", "", "", "low", "high", "strange"),
    "Comment": ("", "", "", "slightly haemolysed", "see comment", "taking metformin"),
    "Accession": ("", "A1", "A2", "A3"),
    "Category": ("", "", "Laboratory", "Diagnosis", "Medication"),
    "Lab section": ("", "", "", "chemistry"),
}  # fmt: skip


def both(content: bytes, as_of: str | None, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, int]:
    """What the quick and the plain reading make of a table, and how many people the quick one read by itself."""
    quick = 0
    whole = bulk.record_of

    def counted(*given: Any) -> Any:
        nonlocal quick
        found = whole(*given)
        quick += found is not None
        return found

    def read() -> Any:
        try:
            return tables.read(content, RULES, as_of)
        except CobalensError as error:
            return error.code, error.where

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "FEWEST", 0)
        patch.setattr(bulk, "MOST_READ_WHOLE", 1000)
        patch.setattr(tables, "record_of", counted)
        one = read()
        patch.setattr(tables, "bulk_for", lambda *_: None)
        other = read()
    return plain(one), plain(other), quick


def plain(people: Any) -> Any:
    """Records as they are; a refused person as its id and the code of the refusal."""
    if isinstance(people, tuple):
        return people
    return [(one.id, one.error.code) if hasattr(one, "error") else one for one in people]


def written(columns: tuple[str, ...], rows: list[dict[str, str]], mark: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    writer.writerow(columns)
    writer.writerows([row.get(one, "") for one in columns] for row in rows)
    return out.getvalue().encode()


def hostile(seed: int) -> tuple[bytes, str | None]:
    """Some columns, each with few or many kinds of cells."""
    chance = random.Random(seed)
    optional = [one for one in HEAD if one not in ("Test", "Result")]
    columns = tuple(
        one
        for one in HEAD
        if one in ("Test", "Result") or one in chance.sample(optional, chance.randint(1, 9))
    )
    calm = {
        one: chance.sample(CELLS[one], min(len(CELLS[one]), chance.choice((1, 2, 3, 30)))) for one in columns
    }
    rows = [{one: chance.choice(calm[one]) for one in columns} for _ in range(chance.randint(3, 40))]
    return written(columns, rows, chance.choice(",\t;")), chance.choice((DAY, DAY, DAY, None))


def test_hostile_rows_mean_the_same_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = 0
    for seed in range(400):
        content, as_of = hostile(seed)
        one, other, count = both(content, as_of, monkeypatch)
        assert one == other, seed
        quick += count
    assert quick > 60


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("P1", "P2", "P3")),
            st.sampled_from(
                (
                    ("Vitamin B12", "ng/L"),
                    ("Vitamin B12", "pmol/L"),
                    ("MMA", "nmol/L"),
                    ("MCV", "fL"),
                    ("INR", ""),
                )
            ),
            st.decimals(min_value=0, max_value=3000, places=2).map(str) | st.integers(0, 99999).map(str),
            st.sampled_from(("", "100-400", "<200", ">200", "0.1-0.9")),
            st.sampled_from(("", "H", "L", "N")),
            st.dates().map(str),
        ),
        min_size=5,
        max_size=60,
    )
)
def test_any_numbers_on_any_days_mean_the_same_many_at_once(found: list[tuple[Any, ...]]) -> None:
    columns = ("Patient ID", "Test", "Units", "Result", "Range", "Flag", "Collected")
    rows = [
        dict(zip(columns, (who, *test, value, limits, flag, day), strict=True))
        for who, test, value, limits, flag, day in found
    ]
    with pytest.MonkeyPatch.context() as patch:
        one, other, _ = both(written(columns, rows), DAY, patch)
    assert one == other


def test_cells_of_other_kinds_mean_the_same_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    chance = random.Random(4)
    count = 300
    table = arrow.table(
        {
            "Patient ID": [chance.randint(1, 9) for _ in range(count)],
            "Test": [chance.choice(("Vitamin B12", "MCV", "nothing known", None)) for _ in range(count)],
            "Result": [chance.choice((150.0, 150.5, 80.0, -1.0, None, float("nan"))) for _ in range(count)],
            "Units": [chance.choice(("ng/L", "fL", None)) for _ in range(count)],
            "Collected": [dt.date(2025, 1, chance.randint(1, 4)) for _ in range(count)],
        }
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    one, other, quick = both(out.getvalue(), DAY, monkeypatch)
    assert one == other
    assert quick > 2


def test_a_large_table_is_read_at_once_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("Patient ID", "Test", "Result", "Units", "Collected")
    rows = [
        dict(
            zip(
                columns,
                (f"P{at // 20}", "Vitamin B12", str(150 + at % 90), "ng/L", f"2025-01-{at % 28 + 1:02}"),
                strict=True,
            )
        )
        for at in range(bulk.FEWEST + 100)
    ]
    taken: list[bool] = []
    whole = bulk.record_of
    monkeypatch.setattr(tables, "record_of", lambda *given: taken.append(True) or whole(*given))
    people = tables.read(written(columns, rows), RULES, DAY)
    assert len(people) == len(taken) == 30
    assert sum(len(one.labs) for one in people) == len(rows)  # type: ignore[union-attr]


DIRTY = st.fixed_dictionaries(
    {},
    optional={
        "Patient ID": st.sampled_from(("P1", "P1 ", "P2", "P3", "", "P 1")),
        "Sex": st.sampled_from(("F", "F", "female", "M", "")),
        "Test": st.sampled_from(("Vitamin B12", "VITAMIN B12", "Vitamin B12", "MMA", "MCV", "Folate, serum", "Total", "")),
        "Result": st.sampled_from(("150", "150,5", "1.245,0", ">2000", "150-200", "see\ncomment", 'a "raised" one', "NEG", "", " 150"))
        | st.integers(0, 2500).map(str)
        | st.decimals(min_value=0, max_value=300, places=1).map(lambda one: str(one).replace(".", ",")),
        "Units": st.sampled_from(("ng/L", "NG/L", "pmol/L", "PG/ML", "nmol/L", "fL", "bananas", "")),
        "Range": st.sampled_from(("180-900", "180 - 900", "<0,28", "900-180", "")),
        "Flag": st.sampled_from(("", "", "H", "L", "*")),
        "Collected": st.dates(min_value=dt.date(2015, 1, 1), max_value=dt.date(2027, 1, 1)).map(str)
        | st.sampled_from(("2025-01-02", "2.1.2025", "02.01.25", "2025-02-30", "2025", "soon", "2025-01-02 08:30", "")),
        "Accession": st.integers(1, 5).map(str),
        "Left over": st.sampled_from(("", "", "yes", "no", "what is this")),
    },
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(DIRTY, min_size=4, max_size=30),
    st.permutations(("Patient ID", "Test", "Result", "Units", "Range", "Flag", "Collected", "Accession")),
    st.sets(st.sampled_from(("Sex", "Left over", "Accession", "Collected", "Flag"))),
    st.sampled_from((",", ";", "\t")),
    st.lists(st.integers(1, 30), max_size=4),
    st.sampled_from((DAY, DAY, None)),
)
def test_a_dirty_table_means_the_same_many_rows_at_once(
    rows: list[dict[str, str]], order: list[str], toggled: set[str], mark: str, blank: list[int], as_of: str | None
) -> None:  # fmt: skip
    columns = [one for one in order if one not in toggled] + sorted(toggled - set(order))
    lines = written(tuple(columns), [*rows, *rows[: len(rows) // 3]], mark).split(b"\r\n")
    for at in blank:
        lines.insert(min(at, len(lines)), b"")
    with pytest.MonkeyPatch.context() as patch:
        one, other, _ = both(b"\r\n".join(lines), as_of, patch)
    assert one == other


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(("", "150", "a b", "x,y", 'say "no"', "two\nlines", "180-900")),
            min_size=1,
            max_size=4,
        ),
        max_size=90,
    ),
    st.booleans(),
)
def test_the_cells_of_a_text_and_the_lines_on_which_they_stand_are_those_of_the_text(
    rows: list[list[str]], even: bool
) -> None:
    rows = [(row * 4)[:3] for row in rows] if even else rows
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    text = out.getvalue()
    told, at = [], 1
    reader = csv.reader(io.StringIO(text, newline=""))
    for row in reader:
        if row:
            told.append((at, row))
        at = reader.line_num + 1
    grid = of_text(text, ",")
    assert list(zip(grid.numbers, map(list, grid.rows), strict=True)) == told
    assert [list(grid.rows[at]) for at in range(len(grid.rows))] == [row for _, row in told]


def test_rows_that_lie_apart_and_rows_of_one_person_together_mean_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = ("Patient ID", "Age", "Test", "Result", "Units", "Collected")
    cells = [
        (f"P{at % 7}", "67", ("Vitamin B12", "MMA")[at % 2], str(150 + at % 40), ("ng/L", "nmol/L")[at % 2],
         f"2025-01-{at % 28 + 1:02}")
        for at in range(400)
    ]  # fmt: skip
    for order in (cells, sorted(cells)):
        rows = [dict(zip(columns, one, strict=True)) for one in order]
        one, other, quick = both(written(columns, rows), DAY, monkeypatch)
        assert one == other
        assert quick == 7


def test_empty_cells_of_a_text_column_in_parquet_are_nothing_and_not_words() -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table(
        {
            "Patient ID": ["P1", None, "P2", "P2"],
            "Test": ["Vitamin B12", "MMA", None, "Vitamin B12"],
            "Result": ["150", " 0.3 ", "7", None],
            "Units": ["ng/L", "umol/L", "fL", "ng/L"],
        }
    )
    out = io.BytesIO()
    parquet.write_table(table, out, row_group_size=2)
    grid = of_parquet(out.getvalue())
    assert list(map(list, grid.rows))[1:] == [
        ["P1", "Vitamin B12", "150", "ng/L"],
        [None, "MMA", "0.3", "umol/L"],
        ["P2", None, "7", "fL"],
        ["P2", "Vitamin B12", None, "ng/L"],
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(("", "a", "b", "c", "d"))] * 2), max_size=80), st.integers(0, 50))
def test_the_different_cells_of_a_column_are_those_below_the_headings(
    rows: list[tuple[str, str]], first: int
) -> None:
    held = in_columns(rows, 1000)
    for at in (0, 1):
        assert set(distinct(held, at, first)) == {row[at] for row in rows[first:]}
        assert list(cells_below(held, at, first)) == [row[at] for row in rows[first:]]
