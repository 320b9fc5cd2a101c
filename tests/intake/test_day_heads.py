"""The day that heads a letter, a visit or a list of results, and what a note of an earlier day calls today."""

from __future__ import annotations

import pytest

from cobalens.compiler import load_ruleset
from cobalens.intake.casefile import read_case
from cobalens.model.record import Record

FEBRUARY = -285
"""From 12 February to 24 November 2026; below, from the same day a year before."""
A_YEAR_BEFORE = -650


def read(note: object) -> Record:
    return read_case({"patient": {}, "facts": {"note": note}}, load_ruleset(), as_of="2026-11-24")


def days(note: object) -> list[tuple[str, int | None]]:
    return [(lab.text.split()[0], lab.when.first) for lab in read(note).labs]


@pytest.mark.parametrize(
    "head",
    [
        "Clinic letter 12/02/2026.", "Clinic 12/02/2026.", "Seen in clinic on 12 February 2026.", "Date of clinic: 12/02/2026\n",
        "Clinic date: 12 February 2026\nTyped: 14 February 2026\n", "Discharge summary 12/02/2026\n", "Review 12/02/2026.",
        "Bloods 12/02/2026\n", "Results 12/02/2026:\n", "12/02/2026\n", "Fecha de extracción: 12/02/2026.", "Informe de laboratorio 12/02/2026.",
        "Bloods 03/01/2025\n\nResults 12/02/2026\n",
        "Collected: 12/02/2026\nReceived: 13/02/2026\nReported: 14/02/2026\n",
    ],
)  # fmt: skip
def test_a_day_that_heads_what_follows_is_that_of_the_results(head: str) -> None:
    found = read(f"{head} B12 150 ng/L. MMA 0.6 umol/L.")
    assert [lab.when.first for lab in found.labs] == [FEBRUARY, FEBRUARY]
    assert not found.not_understood


@pytest.mark.parametrize(
    "words",
    [
        "Typed 12/02/2026.", "DOB 12/02/1958.", "Printed: 12/02/2026\n", "Gastrectomy 12/02/2020.", "Metformin started 12/02/2026.",
        "Review in 3 months.", "Clinic 12/02/2027.", "Seen by oncology.",
    ],
)  # fmt: skip
def test_a_day_of_something_else_is_none_of_the_results(words: str) -> None:
    assert days(f"{words} B12 150 ng/L") == [("150", None)]


def test_each_heading_has_the_results_below_it() -> None:
    text = "Results 12/02/2025:\nB12 150 ng/L\nResults 12/02/2026:\nB12 250 ng/L"
    assert days(text) == [("150", A_YEAR_BEFORE), ("250", FEBRUARY)]


def test_a_result_with_a_day_of_its_own_and_what_is_said_of_now_keep_theirs() -> None:
    assert days("Bloods 12/02/2025. B12 150 ng/L. On 12/02/2026 B12 250 ng/L.") == [
        ("150", A_YEAR_BEFORE),
        ("250", FEBRUARY),
    ]
    assert days("Bloods 12/02/2025. B12 150 ng/L. Now B12 400 ng/L.") == [("150", A_YEAR_BEFORE), ("400", 0)]


def test_today_in_a_letter_is_its_own_day() -> None:
    assert days("Clinic letter 12/02/2026. B12 today 150 ng/L.") == [("150", FEBRUARY)]


@pytest.mark.parametrize(
    ("words", "when"),
    [("B12 150 ng/L today", 0), ("B12 150 ng/L two weeks ago", -14), ("B12 150 ng/L", 0), ("B12 150 ng/L on 05/02/2026", -7)],
)  # fmt: skip
def test_the_times_of_a_dated_note_count_from_its_day(words: str, when: int) -> None:
    assert days({"text": words, "date": "2026-02-12"}) == [("150", FEBRUARY + when)]


def test_a_visit_of_long_ago_copied_into_a_note_is_of_then() -> None:
    text = (
        "Progress note 12/02/2025\nNumb feet, B12 150 ng/L. Started metformin.\n\n"
        "Progress note 23/11/2026\nWell. B12 300 ng/L."
    )
    found = read(text)
    assert [(e.concept, e.start.last) for e in found.events] == [
        ("paraesthesia", A_YEAR_BEFORE),
        ("metformin", A_YEAR_BEFORE),
    ]
    assert sorted(days(text)) == [("150", A_YEAR_BEFORE), ("300", -1)]
