"""A day and a month without a year beside a result: read where the text's own dates tell the year, listed where they do not."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import read

from cobalens.model.record import Span

MAY_3, JUNE_1, JUNE_12, SEPTEMBER_2, OCTOBER_20 = (Span(day, day) for day in (-204, -175, -164, -82, -34))


def told(text: str) -> list[tuple[str, Span]]:
    return [(lab.text.split()[0], lab.when) for lab in read(text).labs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 on 3/5/2026 210 ng/L, 148 on 1/6", [("210", MAY_3), ("148", JUNE_1)]),
        ("B12 210 ng/L (3/5/2026), 148 (1/6)", [("210", MAY_3), ("148", JUNE_1)]),
        ("B12 3/5/26 210, 1/6 148, 2/9 120 ng/L", [("210", MAY_3), ("148", JUNE_1), ("120", SEPTEMBER_2)]),
        ("B12 3/5/2026 210 ng/L; 12/06 180 ng/L; 20/10 148 ng/L",
         [("210", MAY_3), ("180", JUNE_12), ("148", OCTOBER_20)]),
        ("B12 210 ng/L on 3/5/2026. Repeat 148 ng/L on 1/6.", [("210", MAY_3), ("148", JUNE_1)]),
        ("B12 210 ng/L on 3/5/2026. Repeat on 1/6: 148 ng/L.", [("210", MAY_3), ("148", JUNE_1)]),
        ("B12 210 ng/L on 3/5/2026, 148 ng/L 3/12 ago", [("210", MAY_3), ("148", Span(-91, -91))]),
    ],
)  # fmt: skip
def test_the_last_such_day_counts_where_a_date_bears_its_year(
    text: str, expected: list[tuple[str, Span]]
) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "B12 210 ng/L on 3/11/2026, 148 ng/L on 1/12",
        "B12 210 ng/L on 3/5/2025. Repeat 148 ng/L on 1/6.",
    ],
)
def test_where_no_date_bears_that_year_it_is_listed_and_no_result_of_today(text: str) -> None:
    record = read(text)
    assert [lab.text for lab in record.labs] == ["210 ng/L"]
    assert any("148 ng/L" in one.text for one in record.not_understood)


def test_the_only_result_is_kept_without_its_day() -> None:
    assert told("B12 148 ng/L on 1/6") == [("148", Span())]
