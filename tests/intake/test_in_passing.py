"""What is said in passing: of whom a pronoun speaks, what was stopped when, how a document writes its numbers and days."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Record

AS_OF = "2026-11-23"


def read(text: str) -> Record:
    return read_case({"patient": {}, "facts": {"note": text}}, RULES, AS_OF)


def meant(text: str) -> dict[str, str]:
    return {e.concept: e.time if e.affirmed else "no" for e in read(text).events if not e.family}


def values(text: str) -> dict[str, str]:
    return {lab.analyte: lab.qualitative or lab.text for lab in read(text).labs}


# -- of whom a pronoun speaks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "My sister's B12 was 88 and she has PA, mine was 301 ng/L",
        "My sister's B12 was 88 ng/L. She has PA. Mine was 301 ng/L. I have numb feet.",
        "His mother had PA and she was on injections; he has numb feet",
    ],
)
def test_a_pronoun_that_can_only_be_the_relative_tells_of_the_relative(text: str) -> None:
    assert not {"pernicious_anaemia", "b12_injection"} & set(meant(text))


@pytest.mark.parametrize(
    "text", ["Her mother had PA and she has numb feet", "My mum has PA and I have numb feet"]
)
def test_a_pronoun_that_may_be_the_patient_tells_of_the_patient(text: str) -> None:
    assert "paraesthesia" in meant(text)
    assert "pernicious_anaemia" not in meant(text)


@pytest.mark.parametrize("text", ["Breastfeeding mother 33, strict vegan", "New mother, vegan for years"])
def test_a_mother_who_is_the_patient_is_no_relative(text: str) -> None:
    assert "vegan_diet" in meant(text)


@pytest.mark.parametrize("text", ["Mother vegan", "Mother: vegan"])
def test_a_mother_who_is_a_relative_stays_one(text: str) -> None:
    assert "vegan_diet" not in meant(text)


def test_a_child_whose_birthday_is_told_has_that_age() -> None:
    assert read("Our boy turned 15 in May, he has Crohn's of the ileum").age == 15


# -- what was stopped when -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("Nitrous oxide (nangs) daily until 2 weeks ago", "nitrous_oxide", "past"),
        ("cyanocobalamin, oral, 1 mg daily, stopped May 2026", "b12_unspecified", "past"),
        ("metformin, 1 g twice daily, until 2019", "metformin", "past"),
        ("metformin, 1 g twice daily, since 2019", "metformin", "current"),
        ("omeprazole, metformin, stopped 2019", "ppi", "current"),
        ("stopped nangs in October", "nitrous_oxide", "past"),
    ],
)
def test_a_dose_between_a_medicine_and_its_end_does_not_part_them(text: str, concept: str, time: str) -> None:
    assert meant(text)[concept] == time


def test_of_one_thing_said_twice_that_with_its_end_is_kept() -> None:
    (event,) = (e for e in read("Nitrous oxide (nangs) daily until 2 weeks ago").events)
    assert event.stop.last == -14


# -- bowel that was taken --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("ileum and right colon gone", "terminal_ileum_resection"),
        ("90 cm jejunum left", "small_bowel_resection"),
    ],
)
def test_what_is_gone_or_left_tells_of_a_resection(text: str, concept: str) -> None:
    assert concept in meant(text)


@pytest.mark.parametrize("text", ["ileum normal, colon gone", "ileum looked fine, polyp taken out"])
def test_an_ileum_that_stayed_is_not_resected(text: str) -> None:
    assert "terminal_ileum_resection" not in meant(text)


# -- how a document writes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "analyte", "value"),
    [
        ("Hgb 11.9 g/dL, eosinophils 9,800 /uL", "eosinophils", "9800 /uL"),
        ("Hb 8,4 g/dL, leucocitos 3.100 /uL", "wbc", "3100 /uL"),
        ("Hb 8,4 g/dL, MCV 112,5 fL", "mcv", "112.5 fL"),
    ],
)
def test_the_other_numbers_of_a_text_show_what_marks_its_thousands(
    text: str, analyte: str, value: str
) -> None:
    assert values(text)[analyte] == value


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("IF positive", "positive"),
        ("IF +ve", "positive"),
        ("IF was strongly positive", "positive"),
        ("IF negative", "negative"),
    ],
)
def test_if_in_capitals_before_a_verdict_is_the_antibody(text: str, verdict: str) -> None:
    assert values(text) == {"if_antibody": verdict}


@pytest.mark.parametrize("text", ["If positive, refer", "see if negative", "IF POSITIVE THEN REFER"])
def test_the_word_if_is_no_antibody(text: str) -> None:
    assert values(text) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("anticuerpos anti factor intrínseco positivos", {"if_antibody": "positive"}),
        ("anticuerpos anti factor intrinseco negativos", {"if_antibody": "negative"}),
        ("vitamina B12 baja, folato normal", {"vitamin_b12": "low", "folate_serum": "normal"}),
    ],
)
def test_spanish_names_with_and_without_accents(text: str, said: dict[str, str]) -> None:
    assert values(text) == said


def labs(*written: str) -> list[int | None]:
    entries = [
        {"analyte": "vitamin_b12", "value": 150 + place, "unit": "ng/L", "date": one}
        for place, one in enumerate(written)
    ]
    record = read_case({"patient": {"age": 60}, "facts": {"labs": entries}}, RULES, AS_OF)
    return [lab.when.first for lab in record.labs]


def test_a_date_is_not_turned_round_because_it_would_be_from_the_future() -> None:
    # It may be written wrongly; a year-old result in its place would be a guess that nobody is told.
    assert labs("03/12/2026") == [None]
    assert labs("12/03/2026", "04/11/2026") == [None, None]


def test_a_date_that_can_be_read_either_way_is_still_not_guessed() -> None:
    assert labs("03/04/2026", "05/06/2026") == [None, None]


def test_dates_that_contradict_each_other_are_not_guessed() -> None:
    assert labs("25/03/2026", "03/25/2026", "03/04/2026")[2] is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("B12 149 ng/L in 2023. Nothing since.", -1422, -1058),
        ("B12 240 ng/L, in 2024 it was 166 ng/L", 0, 0),
    ],
)
def test_a_result_of_a_year_is_from_then(text: str, first: int, last: int) -> None:
    lab = read(text).labs[0]
    assert (lab.when.first, lab.when.last) == (first, last)


@pytest.mark.parametrize("text", ["B12 in 2019 normal", "B12 in 2019 was normal", "B12 in 2019 149 ng/L"])
def test_a_year_between_a_name_and_its_result_is_no_result(text: str) -> None:
    (lab,) = read(text).labs
    assert lab.text in ("normal", "149 ng/L")
    assert lab.when.first == -2883


@pytest.mark.parametrize("text", ["B12 in 2019", "B12 that 2 GPs advised"])
def test_a_number_that_counts_something_else_is_no_result(text: str) -> None:
    assert values(text) == {}


@pytest.mark.parametrize(
    "text", ["walks like she's drunk", "walks as if he were drunk", "walking like a drunk"]
)
def test_who_walks_like_somebody_drunk_is_unsteady(text: str) -> None:
    assert "unsteadiness" in meant(text)


def test_who_is_drunk_when_walking_is_not_thereby_unsteady() -> None:
    assert "unsteadiness" not in meant("he walks home when he is drunk")


# -- what was told before ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "On metformin + omeprazole; both stopped 2021.",
        "On metformin and omeprazole. Both have since been stopped.",
        "Metformin and omeprazole; these were discontinued last year",
    ],
)
def test_all_that_was_told_before_may_end_in_the_next_sentence(text: str) -> None:
    assert {name: meant(text)[name] for name in ("metformin", "ppi")} == {"metformin": "past", "ppi": "past"}


@pytest.mark.parametrize(
    "text",
    ["On metformin and omeprazole. Both fine.", "On metformin, omeprazole. All well.", "On metformin and omeprazole. Both help; smoking stopped."],
)  # fmt: skip
def test_another_word_of_all_of_them_ends_nothing(text: str) -> None:
    assert {name: meant(text)[name] for name in ("metformin", "ppi")} == {
        "metformin": "current",
        "ppi": "current",
    }


@pytest.mark.parametrize(
    "text", ["No B12 supplements since she stopped Veg1 in 2023.", "No B12 since stopping tablets last year"]
)
def test_none_since_it_ended_was_there_before(text: str) -> None:
    assert meant(text)["b12_unspecified"] == "past"


def test_an_answer_before_a_dash_speaks_of_its_question_alone() -> None:
    assert meant("On B12? No - never taken any.")["b12_unspecified"] == "no"
    assert meant("Vegan? No - eats fish.") == {
        "vegan_diet": "no", "mixed_diet": "current", "vegetarian_diet": "no", "low_animal_food": "no",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Tired, tingling - 'everything normal'.", "Tingling began with cycle 3 and has stopped getting worse.", "Tingling, no longer progressing"],
)  # fmt: skip
def test_a_complaint_that_is_only_no_worse_is_still_there(text: str) -> None:
    assert meant(text)["paraesthesia"] == "current"


def test_a_complaint_that_stopped_is_over() -> None:
    assert meant("Tingling has stopped.")["paraesthesia"] == "past"


@pytest.mark.parametrize(
    "text", ["Letter from daughter: Dad's B12 was 101 ng/L.", "Email from her son: mum's B12 101 ng/L"]
)
def test_of_whom_a_relative_writes_is_the_patient(text: str) -> None:
    assert values(text) == {"vitamin_b12": "101 ng/L"}


@pytest.mark.parametrize(
    "text", ["Letter from daughter about her mother's B12 101 ng/L", "Her mother's B12 was 101 ng/L."]
)
def test_a_relative_of_theirs_is_not(text: str) -> None:
    assert values(text) == {}


def test_who_calls_is_not_spoken_of() -> None:
    assert meant("Phone call from wife: he has stopped B12.") == {"b12_unspecified": "past"}


@pytest.mark.parametrize("text", ["Liver normal on ultrasound", "Liver OK on CT."])
def test_a_picture_of_the_liver_is_no_blood_test(text: str) -> None:
    assert values(text) == {}
    assert values("Liver normal on admission")["alt"] == "normal"


@pytest.mark.parametrize("text", ["Crohn's (terminal ileum, active)", "Crohn's disease (terminal ileum)"])
def test_what_stands_in_brackets_behind_an_illness_tells_more_of_it(text: str) -> None:
    assert meant(text)["crohn_ileal"] == "current"
    assert "wants_b12_for_neuropathy" not in meant("B12 injections (numb hands)")


def test_the_number_of_something_unknown_is_no_second_result() -> None:
    assert [lab.text for lab in read("B12 170 ng/L, xyzol 3.9 ug/L").labs] == ["170 ng/L"]
    assert [lab.text for lab in read("B12 on 3 October was 244 ng/L and on repeat 231 ng/L").labs] == ["244 ng/L", "231 ng/L"]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "She (sister) has coeliac disease and takes metformin.",
        "He (his dad) has coeliac disease & takes metformin",
    ],
)
def test_brackets_may_say_of_whom_a_pronoun_speaks(text: str) -> None:
    assert meant(text) == {}


@pytest.mark.parametrize(
    "text", ["Numb feet (mother has PA) and falls.", "Numb feet (his mother has PA), falls"]
)
def test_other_brackets_end_what_is_told_of_a_relative(text: str) -> None:
    assert meant(text) == {"paraesthesia": "current", "falls": "current"}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Stopped her B12 tablets in March, restarted in June.", "current"),
        ("B12 tablets stopped in March. Restarted last month.", "current"),
        ("Stopped her B12 tablets in March.", "past"),
        ("Stopped her B12 tablets in March, not restarted.", "past"),
        ("Stopped her B12 tablets in March, to be restarted if low.", "past"),
        ("Stopped her B12 tablets in March, restarted omeprazole.", "past"),
        ("Has B12 tablets at home but does not take them.", "no"),
    ],
)
def test_what_was_stopped_may_be_taken_again(text: str, time: str) -> None:
    assert meant(text)["b12_tablets"] == time


def test_a_relative_to_whom_the_patient_is_unlike_is_no_patient() -> None:
    (event,) = read("Unlike her mother she does not have pernicious anaemia.").events
    assert (event.concept, event.affirmed, event.family) == ("pernicious_anaemia", False, False)


@pytest.mark.parametrize(
    ("text", "time"),
    [("Pregnant since May 2026.", "current"), ("Pregnant in March 2019.", "past"), ("Pregnant.", "current")],
)
def test_a_pregnancy_of_years_ago_is_over(text: str, time: str) -> None:
    assert meant(text)["pregnant"] == time


@pytest.mark.parametrize(
    "text", ["Vegan 3 days a week", "Vegan at weekends", "Eats a vegan diet three days a week."]
)
def test_who_is_vegan_on_some_days_is_not(text: str) -> None:
    assert meant(text)["mixed_diet"] == "current"
    assert meant("Vegan for 3 years")["vegan_diet"] == "current"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("No B12 has been given pending your advice.", "no"),
        ("No B12 given pending results.", "no"),
        ("B12 pending.", None),
    ],
)
def test_what_is_waited_for_is_what_follows(text: str, said: str | None) -> None:
    assert meant(text).get("b12_unspecified") == said
