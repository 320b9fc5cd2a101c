"""What is left open and what is not: the cause of a low result, a complaint that is no worse, a form nobody filled in, a plan of the past."""

from __future__ import annotations

import pytest
from tests.intake.test_classes_of_words import meant, read
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case


def verdicts(note: str) -> list[tuple[str, str | None]]:
    return [
        (lab.analyte, lab.qualitative)
        for lab in read_case({"patient": {}, "facts": {"note": note}}, RULES).labs
    ]


@pytest.mark.parametrize(
    "note", ["B12 low ?cause", "B12 low query cause", "low B12 cause unclear", "B12 low ?dietary"]
)
def test_a_low_result_of_unknown_cause_is_low(note: str) -> None:
    assert verdicts(note) == [("vitamin_b12", "low")]


@pytest.mark.parametrize("note", ["?low B12", "query low B12", "?B12 low", "is B12 low?", "low B12?"])
def test_a_low_result_that_is_only_asked_about_is_none(note: str) -> None:
    assert verdicts(note) == []


@pytest.mark.parametrize(
    "text",
    [
        "no worsening of her numbness",
        "denies any change in numbness",
        "no progression of numbness",
        "denies worsening numbness",
        "no further increase in numbness",
    ],
)
def test_a_complaint_that_is_no_worse_is_there(text: str) -> None:
    assert meant(text) == {"paraesthesia": "current"}


@pytest.mark.parametrize(
    "text", ["Vegan: ***", "Pregnant: ____", "Metformin: [ ]", "Numbness: [blank]", "PPI: ..."]
)
def test_a_label_that_nobody_filled_in_says_nothing(text: str) -> None:
    assert not [event for event in read(text).events if event.affirmed and not event.doubt]


def test_a_label_behind_an_empty_one_is_read() -> None:
    assert meant("Vegan: *** Pregnant: yes") == {"pregnant": "current"}


@pytest.mark.parametrize(
    "text",
    [
        "was meant to have B12 every 3 months after gastrectomy, never arranged",
        "was supposed to get B12 injections after her gastrectomy",
        "was to start B12 injections after his gastrectomy",
    ],
)
def test_an_operation_before_a_plan_of_the_past_was_done(text: str) -> None:
    assert meant(text)["gastrectomy_unspecified"] == "current"
    assert meant("to have B12 injections after gastrectomy")["gastrectomy_unspecified"] == "planned"


@pytest.mark.parametrize(
    "text",
    [
        "for FLOT then gastrectomy",
        "for FLOT, then gastrectomy",
        "due FLOT and then gastrectomy",
        "to have chemo then gastrectomy",
    ],
)
def test_what_follows_in_a_plan_is_planned_too(text: str) -> None:
    assert meant(text)["gastrectomy_unspecified"] == "planned"
    assert meant("had FLOT then gastrectomy")["gastrectomy_unspecified"] == "current"


@pytest.mark.parametrize(
    "text",
    [
        "alcohol 60 units/week",
        "Alcohol: 60 units per week",
        "alcohol 8 units a day",
        "non-smoker, 60 units a week",
    ],
)
def test_units_behind_the_word_alcohol_are_of_alcohol(text: str) -> None:
    assert meant(text)["alcohol_excess"] == "current"
    assert meant("energy drinks 4 cans a day").get("alcohol_excess") is None


def test_balloons_of_a_party_are_not_inhaled() -> None:
    assert meant("blew up balloons for the party") == {}
    assert meant("inhales balloons at parties") == {"nitrous_oxide": "current"}


@pytest.mark.parametrize(
    "text",
    ["takes spirulina for my B12", "eats nori every day for B12", "gets her B12 from fortified cereal"],
)
def test_what_food_is_eaten_for_is_not_taken_itself(text: str) -> None:
    assert "b12_unspecified" not in meant(text)


@pytest.mark.parametrize(
    "text", ["on metformin and takes tablets for B12", "takes a spray for B12", "gets B12 from the chemist"]
)
def test_b12_that_tablets_are_for_is_taken(text: str) -> None:
    assert meant(text)["b12_unspecified"] == "current"


@pytest.mark.parametrize(
    "text",
    [
        "numbness likely CIPN",
        "numbness is likely CIPN",
        "numbness, probably CIPN",
        "numbness likely due to chemo",
    ],
)
def test_a_complaint_is_there_though_its_cause_is_in_doubt(text: str) -> None:
    said = {event.concept: event.doubt for event in read(text).events}
    assert said.pop("paraesthesia") is False
    assert set(said.values()) == {True}


def test_a_complaint_may_itself_be_in_doubt() -> None:
    assert [event.doubt for event in read("numbness possible").events] == [True]


def test_a_question_mark_that_stands_apart_at_the_end_is_of_what_stands_before() -> None:
    assert [event.doubt for event in read("B12 deficiency ?").events] == [True]
    assert [event.doubt for event in read("numb feet ? cause").events] == [False]


@pytest.mark.parametrize(
    "text", ["Discuss B12 before pemetrexed", "check B12 prior to pemetrexed", "give B12 before pemetrexed"]
)
def test_what_something_is_to_be_done_before_is_still_to_come(text: str) -> None:
    assert meant(text)["pemetrexed"] == "planned"
    assert meant("numbness began before pemetrexed")["pemetrexed"] == "current"
