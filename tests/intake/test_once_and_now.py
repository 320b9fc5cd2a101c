"""What was taken once and what is taken now, told in one breath or in two; and what was given at a time that is over."""

from __future__ import annotations

import pytest

from cobalens.api import load
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.timeline import facts_of

DOOR = load()
DAY = "2026-03-10"


def told(note: str, day: str | None = None) -> tuple[dict[str, str], str]:
    """Each medicine with its time, and whether B12 is given."""
    record = read_case({"facts": {"note": note}}, DOOR.ruleset, day)
    fact = DOOR.ruleset.facts["treatment_state"]
    found = facts_of(record, DOOR.ruleset, DOOR.pack).values.get(fact.name)
    drugs = {
        one.concept: one.time for one in record.events if DOOR.ruleset.concepts[one.concept].kind == "drug"
    }
    return drugs, fact.values[found.value] if found else "unknown"


@pytest.mark.parametrize(
    "note",
    [
        "Switched from B12 injections to 1 mg tablets.",
        "Switched from B12 injections to daily 1000 mcg tablets.",
        "B12 injections changed to tablets.",
        "Her B12 injections have been changed to tablets.",
        "Was on B12 injections, now on tablets.",
        "Previously on B12 injections, currently on 1 mg tablets.",
        "Previously on B12 injections; currently on tablets.",
        "Used to have B12 injections but now takes tablets.",
        "Had B12 injections until 2022, tablets since.",
        "Was on B12 injections. Now on tablets.",
    ],
)
def test_tablets_that_took_the_place_of_injections_are_b12(note: str) -> None:
    assert told(note) == ({"b12_injection": "past", "b12_tablets": "current"}, "on")


@pytest.mark.parametrize(
    ("note", "drugs", "state"),
    [
        ("B12 deficiency, was on tablets, now injections every 3 months.", {"b12_tablets": "past", "b12_injection": "current"}, "on"),
        ("Was on omeprazole, now on famotidine.", {"ppi": "past", "h2_blocker": "current"}, "unknown"),
        ("Was on B12 injections. Now on tablets for blood pressure.", {"b12_injection": "past"}, "stopped"),
        ("Was on B12 injections, now on tablets for blood pressure.", {"b12_injection": "past"}, "stopped"),
        ("Had insulin injections. Now on tablets. B12 210 ng/L", {}, "unknown"),
    ],
)  # fmt: skip
def test_other_medicines_change_places_too_and_other_tablets_are_none(
    note: str, drugs: dict[str, str], state: str
) -> None:
    assert told(note) == (drugs, state)


@pytest.mark.parametrize("note", ["Was on B12.", "Was on B12 injections.", "They were taking B12."])
def test_b12_that_was_taken_is_over(note: str) -> None:
    assert told(note)[1] == "stopped"


def test_a_complaint_that_somebody_was_having_is_not_over() -> None:
    record = read_case(
        {"facts": {"note": "She was having numbness in her feet for 3 months."}}, DOOR.ruleset, None
    )
    assert [(one.concept, one.time) for one in record.events] == [("paraesthesia", "current")]


def test_an_operation_that_somebody_had_ends_no_medicine_named_behind_it() -> None:
    drugs, state = told("Had gastric bypass, on B12 injections, now on capecitabine.")
    assert (drugs["b12_injection"], state) == ("current", "on")


def test_what_was_taken_when_a_sample_was_drawn_may_be_taken_still() -> None:
    assert told("She was on B12 injections when the sample was taken.")[1] == "on"


@pytest.mark.parametrize(
    ("note", "state"),
    [
        ("Treated with B12 injections in 2019.", "stopped"),
        ("Six B12 injections in March 2024.", "stopped"),
        ("Loading doses of B12 in January 2026.", "on"),
        ("B12 injections since 2019.", "on"),
        ("Started B12 injections in 2019.", "on"),
        ("B12 injections, started in 2019.", "on"),
        ("B12 injections for PA diagnosed in 2019.", "on"),
    ],
)
def test_a_course_in_a_year_long_gone_is_over_and_one_begun_then_goes_on(note: str, state: str) -> None:
    assert told(note, DAY)[1] == state


@pytest.mark.parametrize(
    ("note", "state"),
    [
        ("B12 loading completed last week, now 3 monthly.", "on"),
        ("B12 loading completed last week, now monthly blood tests.", "stopped"),
        ("B12 injections stopped, now monthly blood tests.", "stopped"),
        ("B12 injections if level <150.", "unknown"),
        ("B12 injections if MMA raised.", "unknown"),
        ("Continue B12 injections if the level is still low.", "on"),
        ("On B12 injections if level low.", "on"),
        ("B12 injections every 3 months, more often if tired.", "on"),
        ("B12 injections until there is no further improvement, then 2 monthly.", "on"),
    ],
)
def test_a_first_course_is_followed_by_its_interval_and_a_condition_gives_nothing(
    note: str, state: str
) -> None:
    assert told(note, DAY)[1] == state
