"""What is only advised, what somebody is allergic to, and what an operation left: none of it is taken, eaten or gone."""

from __future__ import annotations

import pytest
from tests.intake.test_classes_of_words import meant, read


@pytest.mark.parametrize(
    "text",
    [
        "recommended a vegan diet",
        "told to try a vegetarian diet by her oncologist",
        "dietitian suggested a plant based diet",
        "has been advised to go vegan but hasn't started",
        "Vegan diet recommended",
        "Vegan diet was suggested by her sister",
        "thinking of going vegan",
    ],
)
def test_a_diet_that_is_only_advised_is_not_eaten(text: str) -> None:
    assert meant(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "was recommended a vegan diet and has followed it for 2 years",
        "she is vegan and was advised supplements",
        "Vegan. Advised to take B12.",
        "vegan diet, supplements recommended",
        "GP suggested her vegan diet was the cause",
        "Dietitian advised B12 supplement as vegan",
        "requests vegan meals",
    ],
)
def test_a_diet_that_was_taken_up_or_that_is_blamed_is_eaten(text: str) -> None:
    assert meant(text)["vegan_diet"] == "current"


@pytest.mark.parametrize(
    "text",
    [
        "Drug allergies - hydroxocobalamin",
        "Drug allergies: hydroxocobalamin",
        "Drug allergies:\n- hydroxocobalamin\n- penicillin",
        "Allergies\nhydroxocobalamin (rash)",
        "Adverse reactions: hydroxocobalamin",
        "Allergies:\n\n- penicillin\n- cyanocobalamin - anaphylaxis",
    ],
)
def test_b12_below_a_heading_of_allergies_is_an_allergy_and_not_taken(text: str) -> None:
    assert meant(text) == {"b12_allergy": "current"}


@pytest.mark.parametrize(
    "text",
    ["Drug allergies: metformin", "Allergies:\n- metformin\n- omeprazole (rash)", "Intolerances: metformin"],
)
def test_another_medicine_below_it_is_not_taken(text: str) -> None:
    assert meant(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Allergies\nhydroxocobalamin (rash)\nMedication\nmetformin 500 mg",
        "Allergies:\nNKDA\nmetformin 500 mg",
        "Allergies\n\nMedications\nmetformin",
        "Allergies:\nnone\nmetformin",
        "Allergies: none\nOn metformin",
    ],
)
def test_the_list_of_allergies_ends_where_something_else_begins(text: str) -> None:
    assert meant(text)["metformin"] == "current"


@pytest.mark.parametrize(
    "text", ["sleeve 2019", "Roux-en-Y 2015", "sleeve (2018)", "PMH: hysterectomy 2001, sleeve 2012"]
)
def test_an_operation_by_its_short_name_and_a_year_is_read(text: str) -> None:
    assert meant(text) == {"bariatric_surgery": "current"}


@pytest.mark.parametrize(
    "text", ["sleeve 3", "compression sleeve, 2018", "Roux-en-Y hepaticojejunostomy 2015"]
)
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert "bariatric_surgery" not in meant(text)


def test_a_part_of_another_operation_is_none_of_its_own() -> None:
    assert meant("Total gastrectomy, Roux-en-Y 2015") == {"total_gastrectomy": "current"}


@pytest.mark.parametrize(
    "text",
    [
        "right hemicolectomy, ileum preserved",
        "Right hemicolectomy 2020, terminal ileum intact",
        "right hemicolectomy with preservation of the terminal ileum",
        "right hemicolectomy (TI not resected)",
        "right hemicolectomy sparing the ileum",
    ],
)
def test_a_right_hemicolectomy_that_left_the_ileum_took_none_of_it(text: str) -> None:
    assert set(meant(text).values()) == {"no"}


@pytest.mark.parametrize("text", ["right hemicolectomy", "right hemicolectomy with 20 cm of terminal ileum"])
def test_any_other_took_some(text: str) -> None:
    assert meant(text)["ileum_bypassed_or_short_resection"] == "current"
    assert read(text).not_understood == ()


@pytest.mark.parametrize(
    "text", ["son reports numb feet", "Wife reports numb feet for 3 months", "Son says he has numb feet"]
)
def test_a_relative_who_only_tells_it_is_not_the_patient(text: str) -> None:
    assert meant(text) == {"paraesthesia": "current"}


@pytest.mark.parametrize(
    "text",
    ["flatmate does nangs", "carer for husband with dementia", "daughter turned vegan, mum cooks separately"],
)
def test_what_a_flatmate_or_somebody_cared_for_has_is_not_the_patients(text: str) -> None:
    assert set(meant(text).values()) == {"family"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("has not been taking her cyanocobalamin", "b12_unspecified"),
        ("not taking her B12 tablets", "b12_tablets"),
        ("does not collect his B12 tablets", "b12_tablets"),
    ],
)
def test_who_does_not_take_what_is_theirs_was_given_it(text: str, concept: str) -> None:
    assert meant(text) == {concept: "past"}


def test_who_takes_nothing_for_it_was_given_nothing() -> None:
    assert "past" not in meant("takes nothing for her B12").values()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 620 ng/L on tablets", {"b12_tablets": "current"}),
        ("B12 620 ng/L while on oral treatment", {"b12_unspecified": "current"}),
        ("B12 620 ng/L off tablets", {"b12_tablets": "past"}),
        ("B12 620 ng/L on treatment for lymphoma", {"lymphoma": "current"}),
        ("Hb 120 g/L on tablets", {}),
    ],
)
def test_what_somebody_is_on_right_behind_a_result_of_b12_is_b12(text: str, expected: dict[str, str]) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CKD stage 5 not for dialysis", {"chronic_kidney_disease": "current", "dialysis": "no"}),
        ("dialysis planned for January", {"dialysis": "planned"}),
        ("declined dialysis", {"dialysis": "no"}),
        ("stopped dialysis after transplant", {"dialysis": "past"}),
        ("on dialysis", {"dialysis": "current"}),
        ("gastric bypass (considering)", {}),
        ("gastric bypass under discussion", {}),
    ],
)
def test_a_treatment_that_is_planned_declined_or_thought_of_is_not_under_way(
    text: str, expected: dict[str, str]
) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("H. pylori stool Ag negative", {"helicobacter": "no"}),
        ("H pylori breath test negative", {"helicobacter": "no"}),
        ("CLO positive", {"helicobacter": "current"}),
        ("H pylori breath test sent", {}),
    ],
)
def test_a_test_for_h_pylori_says_what_its_result_says(text: str, expected: dict[str, str]) -> None:
    assert meant(text) == expected


def test_short_names_beside_other_medicines_and_the_dose_in_a_name_are_read() -> None:
    assert meant("for pembro/pemetrexed/carbo from Monday") == dict.fromkeys(
        ("checkpoint_inhibitor", "pemetrexed", "carboplatin"), "planned"
    )
    assert [one.dose_ug for one in read("B12 1000 mcg sublingual od").events] == [1000]


def test_the_short_name_of_an_illness_that_may_be_something_else_is_listed() -> None:
    assert [one.text for one in read("ET JAK2 positive").not_understood] == ["ET"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("declined gas and air", {"nitrous_oxide_anaesthesia": "no"}),
        ("was offered gas and air", {}),
        ("gas and air in labour", {"nitrous_oxide_anaesthesia": "current"}),
        ("balloons daily, refuses to stop", {"nitrous_oxide": "current"}),
    ],
)
def test_gas_that_was_declined_or_only_offered_was_not_breathed(text: str, expected: dict[str, str]) -> None:
    assert meant(text) == expected


def test_what_was_given_at_first_was_followed_by_another_and_a_complaint_may_go_on() -> None:
    assert meant("Was given B12 jabs at first but they moved me to tablets") == {"b12_injection": "past"}
    assert meant("numb at first, now burning feet")["paraesthesia"] == "current"


def test_injections_that_are_somebodys_and_have_no_name_are_listed() -> None:
    assert [one.text for one in read("they stopped my jabs").not_understood] == ["jabs"]
    assert meant("PA. They stopped my jabs because the level was high")["b12_injection"] == "past"
    assert read("Insulin: gives his injections").not_understood == ()


def test_off_it_since_some_time_is_the_end_of_it() -> None:
    assert read("off metformin since 2020").events[0].stop.known
    assert read("alcohol excess, abstinent since 2021").events[0].time == "past"


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("Her mother, aged 80, has PA", ("pernicious_anaemia",)),
        ("Her husband, a diabetic, takes metformin", ("diabetes", "metformin")),
        ("Her late husband, a vegan, died of colon cancer", ("vegan_diet", "solid_cancer")),
        ("her father, 82, takes metformin", ("metformin",)),
        ("Her sister is diabetic and vegan", ("diabetes", "vegan_diet")),
        ("Pt's daughter is pregnant and vegan", ("pregnant", "vegan_diet")),
        ("His wife is coeliac and diabetic", ("coeliac_disease", "diabetes")),
    ],
)
def test_what_describes_a_relative_in_passing_is_the_relatives(text: str, concepts: tuple[str, ...]) -> None:
    told = {one.concept: one.family for one in read(text).events if one.affirmed}
    assert {one: told[one] for one in concepts} == dict.fromkeys(concepts, True)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Her mother, a diabetic, and she has numb feet", "paraesthesia"),
        ("His wife is vegan and he eats little meat", "low_animal_food"),
        ("FH: mother PA, takes metformin", "metformin"),
        ("Mother had PA, diabetic herself, takes metformin", "metformin"),
    ],
)
def test_after_it_the_patient_is_told_of_again(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("never without her omeprazole", "ppi", "current"),
        ("cannot deny drinking heavily", "alcohol_excess", "current"),
        ("Diagnosis of MDS was made in error", "other_myeloid_neoplasm", "no"),
        ("Metformin to be restarted once eGFR >45", "metformin", "past"),
    ],
)
def test_words_that_look_like_a_denial_and_words_that_are_one(text: str, concept: str, time: str) -> None:
    assert meant(text) == {concept: time}
    assert read(text).labs == ()
