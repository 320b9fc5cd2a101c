"""What letters and printouts put in few signs: a day of birth, a printed range, the day of a whole list, what waits until when."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.intake.test_told_after import listed, read, said


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("Re: Mrs J, DOB 04/07/1951. B12 150 ng/L", 75), ("Date of birth: 4 July 1951", 75), ("Age/Sex: 61/F", 61),
        ("DOB 04/07/1951\nMother: DOB 01/01/1920", None), ("DOB 31/12/2026", None),
    ],
)  # fmt: skip
def test_a_day_of_birth_tells_the_age(text: str, age: int | None) -> None:
    assert read(text).age == age


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("Vitamin B12 1187 pg/mL 232-1245", ("232", "1245")),
        ("Vitamin B12   1,187   H   pg/mL   232 - 1245", ("232", "1245")),
        ("B12 310 ng/L 197-771, folate 8.2 ug/L 3.9-26.8", ("197", "771")),
        ("B12 310 ng/L 10-12", (None, None)),
        ("B12 310 ng/L 2-3 weeks ago", (None, None)),
        ("B12 310 197-771", (None, None)),
    ],
)
def test_two_numbers_behind_a_unit_are_its_range(text: str, limits: tuple[str | None, str | None]) -> None:
    one = read(text).labs[0]
    assert (one.ref_low, one.ref_high) == tuple(None if end is None else Decimal(end) for end in limits)


@pytest.mark.parametrize(
    ("text", "mma"),
    [
        ("Pre-treatment B12 (05/01/26): 96 ng/L, MMA 4.1 umol/L.", -323),
        ("B12 (5 January 2026): 96 ng/L and MMA 4.1 umol/L", -323),
        ("B12 96 ng/L (5 January 2026), MMA 4.1 umol/L", None),
        ("B12 (2023): 389 ng/L, MMA 4.1 umol/L", None),
        ("B12 (5 January 2026): 96 ng/L. MMA 4.1 umol/L", None),
        ("B12 (5 January 2026): 96 ng/L, MMA now 4.1 umol/L", 0),
    ],
)
def test_a_day_between_name_and_value_is_that_of_the_whole_list(text: str, mma: int | None) -> None:
    (one,) = (lab for lab in read(text).labs if lab.analyte == "mma")
    assert one.when.first == mma


@pytest.mark.parametrize(
    "text",
    [
        "B12 injection - GP unable to give until 10/12", "B12 not due until April", "B12 injections postponed until after surgery",
        "B12 injection not available until 10 December",
    ],
)  # fmt: skip
def test_what_waits_until_some_day_is_still_to_come(text: str) -> None:
    assert all(event.time == "planned" for event in read(text).events if event.concept.startswith("b12"))
    assert said(text)


def test_when_it_was_stopped_stands_behind_that_word() -> None:
    (one,) = read("Metformin: dose halved March 2025, stopped June 2025").events
    assert (one.stop.first, one.stop.last) == (-541, -512)


def test_a_time_in_brackets_is_of_what_stands_in_them() -> None:
    text = "metformin 1 g twice daily (type 2 diabetes since 2012) and lansoprazole"
    starts = {event.concept: event.start.known for event in read(text).events}
    assert starts == {"metformin": False, "diabetes": True, "ppi": False}


def test_how_long_something_else_lasts_dates_no_diet() -> None:
    starts = {e.concept: e.start.first for e in read("vegan with 4 months of tingling").events if e.affirmed}
    assert starts == {"vegan_diet": None, "paraesthesia": -122}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("numbness worse rather than better since the chemotherapy finished", "worse_after_chemotherapy_stopped"),
        ("now can't walk unaided", "walking_affected"),
        ("now unable to walk", "unable_to_walk"),
        ("prescribed cyanocobalamin, never really took them", "-b12_unspecified"),
        ("ROT aquíleos abolidos", "areflexia"),
        ("On B12 injections (PA 2015)", "pernicious_anaemia"),
        ("numbness rapidly climbing", "rapid_progression"),
        ("is B12 safe after cancer?", "fears_b12_feeds_cancer"),
        ("12 cm of terminal ileum removed in 2019", "ileum_bypassed_or_short_resection"),
        ("ileocaecal resection of 20 cm", "ileum_bypassed_or_short_resection"),
        ("21 cm of terminal ileum removed in 2019", "terminal_ileum_resection"),
    ],
)  # fmt: skip
def test_wordings_of_letters(text: str, expected: str) -> None:
    assert expected in said(text)


def test_letters_behind_a_name_are_no_illness() -> None:
    assert said("reviewed by J Smith (PA)") == set()
    assert "PA" in listed("reviewed by J Smith (PA)")


@pytest.mark.parametrize(
    ("text", "first"),
    [("gastrectomy in Nov '19", -2580), ("gastrectomy '19", None), ("gastrectomy in '09", -6536), ("gastrectomy Nov \u201919", -2580)],
)  # fmt: skip
def test_a_year_behind_an_apostrophe_is_one(text: str, first: int | None) -> None:
    (one,) = (e for e in read(text).events if e.concept == "gastrectomy_unspecified")
    assert one.start.first == first


def test_a_level_of_before_an_operation_is_read_with_its_level() -> None:
    assert [lab.text for lab in read("B12 level pre-op 402 ng/L").labs] == ["402 ng/L"]


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("Metformin 500 mg three times a day", "500 mg three times a day"), ("metformin 1 g bd", "1 g bd"),
        ("hydroxocobalamin 1 mg every 3 months", "1 mg every 3 months"), ("takes metformin 1 g on and off", "1 g"),
        ("metformin 1 g in the clinic", "1 g"),
    ],
)  # fmt: skip
def test_a_dose_is_told_with_how_often_it_is_taken(text: str, dose: str) -> None:
    assert read(text).events[0].dose_text == dose
