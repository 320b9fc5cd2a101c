"""How far a denial, an answer on a form and the end of something go; and words that only name a test or somebody else."""

from __future__ import annotations

import pytest
from tests.intake.test_classes_of_words import meant, read


@pytest.mark.parametrize("text", ["no numbness before chemo", "no numbness or tingling before chemo"])
def test_what_dates_a_denial_is_not_denied(text: str) -> None:
    assert meant(text)["chemotherapy"] == "current"
    assert meant(text)["paraesthesia"] == "no"
    assert "cisplatin" not in meant(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("no chemo before surgery", "chemotherapy"),
        ("never had chemo before", "chemotherapy"),
        ("denies numbness since chemo, falls or weakness", "limb_weakness"),
        ("not on metformin since surgery", "metformin"),
    ],
)
def test_what_is_denied_stays_denied_beside_a_time(text: str, concept: str) -> None:
    assert meant(text)[concept] in ("no", "past")


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("no tingling except in cold weather", "paraesthesia"),
        ("no numbness apart from the left foot", "paraesthesia"),
        ("no falls except one last year", "falls"),
        ("never had falls until this year", "falls"),
        ("never had tingling until chemo", "paraesthesia"),
        ("never took metformin until 2020", "metformin"),
    ],
)
def test_a_denial_with_an_exception_or_only_until_some_time_is_a_yes(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


def test_what_is_withheld_until_something_else_has_not_begun() -> None:
    assert meant("no B12 until bloods taken")["b12_unspecified"] == "no"


@pytest.mark.parametrize(
    "text", ["Numbness Y / Weakness N / Falls N", "Numbness: Y / Weakness: N / Falls: N"]
)
def test_an_answer_behind_its_label_speaks_of_that_alone(text: str) -> None:
    assert meant(text) == {"paraesthesia": "current", "limb_weakness": "no", "falls": "no"}
    assert meant("Tingling N") == {"paraesthesia": "no"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("myeloma screen neg", {"myeloma_or_paraprotein": "no"}),
        ("myeloma screen sent", {}),
        ("coeliac markers sent", {}),
    ],
)
def test_a_test_for_an_illness_is_not_the_illness(text: str, expected: dict[str, str]) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("tingling nearly gone", "paraesthesia"),
        ("numbness not fully resolved", "paraesthesia"),
        ("metformin to be stopped", "metformin"),
        ("suggest omeprazole be stopped", "ppi"),
    ],
)
def test_what_is_not_over_yet_goes_on(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


def test_what_somebody_is_going_to_buy_is_planned_and_a_cancelled_clinic_denies_nothing() -> None:
    assert meant("going to buy B12 tablets") == {"b12_tablets": "planned"}
    assert "no" not in meant("due B12 today but clinic cancelled").values()


def test_what_is_given_to_a_relative_is_theirs_and_what_is_shared_is_taken() -> None:
    assert meant("B12 injections given to her mother") == {"b12_injection": "family"}
    assert meant("shares her husband's B12 tablets") == {"b12_tablets": "current"}
    assert meant("her husband's metformin") == {"metformin": "family"}


def test_worry_about_a_memory_is_a_complaint() -> None:
    assert meant("daughter worried about his memory") == {"cognitive_decline": "current"}
    assert meant("no memory concerns") == {"cognitive_decline": "no"}


def test_presumed_and_never_proven_is_in_doubt() -> None:
    assert [(one.concept, one.doubt) for one in read("Presumed PA, never proven").events] == [
        ("pernicious_anaemia", True)
    ]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("used laughing gas all summer, none since 2024", "nitrous_oxide"),
        ("metformin for years, nothing since 2020", "metformin"),
    ],
)
def test_none_since_some_time_is_the_end(text: str, concept: str) -> None:
    found = [one for one in read(text).events if one.concept == concept]
    assert [(one.time, one.stop.known) for one in found] == [("past", True)]


def test_a_greeting_tells_of_nobody_and_a_denial_taken_back_settles_a_doubt() -> None:
    assert meant("Dear colleague, Stage III colon cancer.") == {"solid_cancer": "current"}
    text = "Flatmate found empty cream chargers; he initially denied, later admitted to daily use."
    assert [(one.concept, one.doubt) for one in read(text).events] == [("nitrous_oxide", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("advised to continue B12 injections", {"b12_injection": "current"}),
        ("encouraged to take her B12 tablets", {"b12_tablets": "current"}),
        ("advised to start B12 injections", {}),
        ("neighbour found her on the floor", {"falls": "current"}),
        ("coeliac blood test negative", {}),
        ("hepatitis B surface antigen negative", {}),
    ],
)
def test_advice_to_go_on_with_it_and_tests_of_the_blood_say_what_they_say(
    text: str, expected: dict[str, str]
) -> None:
    assert meant(text) == expected


def test_a_list_denied_with_an_exception_is_not_denied_as_a_whole() -> None:
    assert "bariatric_surgery" not in meant("no gastric surgery apart from a banding in 2010")
    assert not read("no medication except something for sleep").complete
    assert meant("neurologically intact except unsteady")["unsteadiness"] == "current"
