"""Many rows at once mean what each row means by itself: the quick reading of long tables equals the reading row by row."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.errors import CobalensError
from cobalens.intake import tables
from cobalens.intake.tables import bulk
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
    import datetime as dt

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
