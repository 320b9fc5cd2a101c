"""Since when a medicine has been taken: a change of medicine, a beginning in a year gone by, and a latest dose."""

from __future__ import annotations

import pytest
from tests.intake.test_told_after import read, said

A_YEAR = (-1058, -693)
"""2024, from 24 November 2026."""


def course(text: str, concept: str) -> tuple[str, int | None, int | None, int | None]:
    one = next(event for event in read(text).events if event.concept == concept)
    return one.time, one.start.first, one.start.last, one.stop.last


@pytest.mark.parametrize(
    "text",
    [
        "PA, changed from injections to tablets in 2024", "Changed from B12 injections to B12 tablets in 2024",
        "put on B12 tablets in 2024 by GP", "was put back on B12 tablets in 2024",
    ],
)  # fmt: skip
def test_what_was_begun_in_a_year_gone_by_goes_on(text: str) -> None:
    assert course(text, "b12_tablets") == ("current", *A_YEAR, None)


@pytest.mark.parametrize("text", ["had B12 tablets in 2024", "B12 tablets in 2024"])
def test_what_was_had_in_a_year_gone_by_is_over(text: str) -> None:
    assert course(text, "b12_tablets")[0] == "past"


@pytest.mark.parametrize(
    "text",
    [
        "B12 injections every 2 months, last 5 weeks ago", "last B12 injection 5 weeks ago",
        "B12 injections, last one about 5 weeks ago", "B12 injection 3-monthly, last given 20/10/2026",
    ],
)  # fmt: skip
def test_the_latest_dose_tells_of_no_beginning(text: str) -> None:
    assert course(text, "b12_injection") == ("current", None, -35, None)


@pytest.mark.parametrize(
    ("text", "first"),
    [("B12 injections started last month", -60), ("B12 injection last week", -14), ("first B12 injection 5 weeks ago, last 2 weeks ago", -35)],
)  # fmt: skip
def test_a_beginning_keeps_its_day(text: str, first: int) -> None:
    assert course(text, "b12_injection")[1] == first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NCS consistent with B12 deficiency", "?b12_deficiency_known"),
        ("Nerve conduction studies in keeping with a B12 deficiency", "?b12_deficiency_known"),
        ("picture compatible with pernicious anaemia", "?pernicious_anaemia"),
        ("known B12 deficiency", "b12_deficiency_known"),
        ("Histology consistent with adenocarcinoma of stomach", "solid_cancer"),
        ("biopsy consistent with coeliac disease", "coeliac_disease"),
    ],
)
def test_a_picture_that_fits_a_lack_makes_nobody_known_to_have_it(text: str, expected: str) -> None:
    assert expected in said(text)


def test_capitals_with_a_year_may_head_what_was_done() -> None:
    assert said("PA 2015 - B12 injections") == {"pernicious_anaemia", "b12_injection"}


@pytest.mark.parametrize(
    ("text", "concept", "expected"),
    [
        ("B12 supplementation commenced 6 months ago and then self-discontinued", "b12_unspecified", ("past", -183, -183, None)),
        ("B12 tablets started in March 2026, stopped in June 2026", "b12_tablets", ("past", None, None, -147)),
        ("B12 injections had to be stopped because of the pandemic", "b12_injection", ("past", None, None, None)),
        ("she used to inject herself with B12 bought online", "b12_injection", ("past", None, None, None)),
        ("had to stop metformin", "metformin", ("past", None, None, None)),
        ("metformin used to treat diabetes", "metformin", ("current", None, None, None)),
        ("B12 injection overdue by 5 months", "b12_injection", ("past", None, None, -152)),
    ],
)  # fmt: skip
def test_how_a_course_ended(
    text: str, concept: str, expected: tuple[str, int | None, int | None, int | None]
) -> None:
    assert course(text, concept) == expected
