"""A level that held until some time, and the one of now: each keeps its own time, and what is denied is no level."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant, read, values

from cobalens.model.record import Span

NOW, EARLIER = Span(0, 0), Span(None, -1)
UNTIL_2024 = Span(None, -692)


def told(text: str) -> list[tuple[str, Span]]:
    return [(lab.text, lab.when) for lab in read(text).labs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 normal until 2024, now 149", [("normal", UNTIL_2024), ("149", NOW)]),
        ("B12 was normal until 2024 and is now 149 ng/L.", [("normal", UNTIL_2024), ("149 ng/L", NOW)]),
        ("B12 fine up to 2024; 149 ng/L now", [("normal", UNTIL_2024), ("149 ng/L", NOW)]),
        ("B12 400 ng/L until 2024, now 149 ng/L", [("400 ng/L", UNTIL_2024), ("149 ng/L", NOW)]),
        ("B12 normal until 2024.", [("normal", UNTIL_2024)]),
        ("B12 normal until this year.", [("normal", EARLIER)]),
    ],
)
def test_what_held_until_some_time_is_of_then(text: str, expected: list[tuple[str, Span]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    ["Injections until B12 is normal, then stop.", "Continue until B12 normal", "B12 fine until recently."],
)
def test_until_what_is_only_aimed_at_or_of_no_day_is_no_level_of_today(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("B12 1,450 ng/L on admission, now 620 ng/L", "1450 ng/L"),
        ("B12 was 150, now 620 ng/L", "150 ng/L"),
        ("B12 was 150 ng/L, on tablets, today 620 ng/L.", "150 ng/L"),
        ("B12 150 ng/L. Ferritin 20 ug/L. Today's B12 620 ng/L.", "150 ng/L"),
    ],
)
def test_the_one_told_before_that_of_now_is_the_earlier_one(text: str, first: str) -> None:
    of = {lab.text: lab.when for lab in read(text).labs if lab.analyte == "vitamin_b12"}
    assert of == {first: EARLIER, "620 ng/L": NOW}


def test_the_same_number_again_is_no_second_sample() -> None:
    assert [when.known for _, when in told("B12 140 ng/L. Repeat today 140 ng/L.")] == [False, True]


def test_a_dated_one_before_that_of_now_keeps_its_day() -> None:
    assert told("B12 was 150 ng/L in 2024, now 620 ng/L")[0] == ("150 ng/L", Span(-1057, -692))


@pytest.mark.parametrize("text", ["B12 low in 2019.", "B12 deficient in 2019", "Was B12 deficient in 2019."])
def test_a_verdict_of_a_year_is_of_then(text: str) -> None:
    ((_, when),) = told(text)
    assert when == Span(-2883, -2519)


@pytest.mark.parametrize(
    "text",
    ["Not B12 deficient.", "Unlikely to be B12 deficient", "Never B12 deficient", "No longer B12 deficient", "Is not thought to be B12 deficient",
     "Nor is he B12 or folate deficient", "Not iron deficient."],
)  # fmt: skip
def test_whoever_is_said_not_to_lack_it_has_no_low_level(text: str) -> None:
    assert values(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "She is B12 deficient.",
        "Not well, B12 low.",
        "Not surprisingly B12 low",
        "Does not eat meat and B12 low",
    ],
)
def test_another_denial_before_it_leaves_the_level(text: str) -> None:
    assert values(text) == {"vitamin_b12": "low"}


@pytest.mark.parametrize(
    "text",
    ["Is she B12 deficient?", "Is there coeliac disease?", "Is she vegan?", "Have I got coeliac disease?"],
)
def test_a_question_is_no_answer(text: str) -> None:
    assert values(text) == {}
    assert all(one.doubt for one in read(text).events)


# -- none since some time ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "No B12 since 2019.",
        "Not had B12 since 2019",
        "Has not taken B12 since 2019.",
        "No B12 supplements since 2019",
    ],
)
def test_none_since_some_time_was_there_before(text: str) -> None:
    assert meant(text) == {"b12_unspecified": "past"}
    (event,) = read(text).events
    assert (event.stop.first, event.stop.last) == (-2883, -2519)


@pytest.mark.parametrize(
    "text", ["No B12.", "Never had B12 since 2019", "No B12 in the last year", "Not had B12"]
)
def test_none_at_all_was_never_there(text: str) -> None:
    assert meant(text)["b12_unspecified"] == "no"


@pytest.mark.parametrize(
    "text",
    [
        "No B12 checked since 2019.",
        "Not had B12 checked since 2019",
        "No B12 level since 2019",
        "No B12 on file",
        "No B12 measured for 3 years",
    ],
)
def test_a_level_that_nobody_measured_is_no_treatment(text: str) -> None:
    assert meant(text) == {}


# -- a year in brackets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "B12 (2023) 389 ng/L",
        "B12 (2023): 389 ng/L",
        "B12 (in 2023) = 389 ng/L",
        "Last B12 (2023) was 389 ng/L",
    ],
)
def test_a_year_in_brackets_behind_the_name_is_no_result(text: str) -> None:
    assert told(text) == [("389 ng/L", Span(-1422, -1058))]


def test_a_year_in_brackets_alone_is_no_result() -> None:
    assert told("B12 (2023)") == []
    assert told("B12 (2023 ng/L)") == [("2023 ng/L", Span())]


def test_this_year_may_be_written_short() -> None:
    assert told("B12 (2023): 389 ng/L. This yr: 171 pg/mL")[1] == ("171 pg/mL", Span(-365, 0))


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("Before that monthly B12 injections.", "b12_injection", "past"),
        ("Antes tomaba omeprazol, lo dejó en 2020.", "ppi", "past"),
        ("Dejó la metformina el año pasado.", "metformin", "past"),
        ("Toma omeprazol.", "ppi", "current"),
        ("Not known diabetic.", "diabetes", "no"),
        ("Known diabetic.", "diabetes", "current"),
    ],
)
def test_what_was_taken_before_is_over(text: str, concept: str, time: str) -> None:
    assert meant(text)[concept] == time
