"""Two people in one note: who is meant by "she" in the record of a man whose wife is named."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Record


def read(text: str, sex: str | None = None) -> Record:
    return read_case({"patient": {"sex": sex} if sex else {}, "facts": {"note": text}}, RULES)


def own(text: str, sex: str | None = None) -> set[str]:
    return {e.concept for e in read(text, sex).events if e.affirmed and not e.family}


@pytest.mark.parametrize(
    ("text", "sex", "theirs", "mine"),
    [
        (
            "Seen with his wife. He is tired. She had her stomach removed in 2020.",
            "male",
            "total_gastrectomy",
            "fatigue",
        ),
        ("Came with her husband. He takes metformin. She takes omeprazole.", None, "metformin", "ppi"),
        ("His mother has PA. She also takes metformin. He has numb feet.", None, "metformin", "paraesthesia"),
        (
            "Her son Josh is with her. He is on metformin. She has tingling.",
            None,
            "metformin",
            "paraesthesia",
        ),
        (
            "Her husband is vegan. He had a gastrectomy. She eats meat.",
            None,
            "gastrectomy_unspecified",
            "mixed_diet",
        ),
    ],
)
def test_the_pronoun_of_the_other_sex_is_the_relative(
    text: str, sex: str | None, theirs: str, mine: str
) -> None:
    found = own(text, sex)
    assert theirs not in found
    assert mine in found


def test_what_a_relative_says_of_the_patient_is_the_patients() -> None:
    assert "vegan_diet" in own("67M. His daughter is worried. She thinks he is vegan")
    assert "falls" in own("His wife attends. She reports he is forgetful and falls.")


def test_without_a_relative_of_that_sex_nobody_else_is_meant() -> None:
    assert "metformin" in own("Mr Smith. She takes metformin.", "male")
    assert "metformin" in own("Her sister has PA. She takes metformin.", "female")


def test_a_result_of_the_other_person_is_listed_and_not_used() -> None:
    record = read("Seen with his wife. He is well. Her B12 was 120 ng/L; his is 250 ng/L.", "male")
    assert [str(lab.lo) for lab in record.labs] == ["250"]
    assert any("120" in one.text for one in record.not_understood)


def test_the_age_behind_the_name_of_whom_somebody_writes_for_is_the_patients() -> None:
    assert read("I'm filling this in for my son Josh who is 24. He has numb feet.").age == 24


@pytest.mark.parametrize("text", ["Numb feet. B12 low. 63F", "Tel call from pt.\nF 63."])
def test_age_and_sex_may_stand_last(text: str) -> None:
    record = read(text)
    assert record.age == 63
    assert "female" in {e.concept for e in record.events}


@pytest.mark.parametrize(
    ("text", "sex", "mine", "theirs"),
    [
        (
            "My husband Tom (68) has lung cancer and he's gone off his food. He's losing weight. I take metformin. He's wobbly.",
            "male", "weight_loss", "metformin",
        ),
        ("My dad is 83. He has bladder cancer. He takes omeprazole. I take metformin. He is forgetful.", "male", "ppi", "metformin"),
    ],
)  # fmt: skip
def test_a_carer_who_mentions_an_illness_of_their_own_is_not_the_patient(
    text: str, sex: str, mine: str, theirs: str
) -> None:
    found = own(text)
    assert {sex, mine} <= found
    assert theirs not in found


def test_a_writer_who_tells_as_much_of_themselves_is_the_patient() -> None:
    found = own(
        "My husband has PA and gets injections, he swears by them. I have numb feet and take metformin."
    )
    assert {"paraesthesia", "metformin"} <= found
    assert "pernicious_anaemia" not in found


@pytest.mark.parametrize(
    "text",
    [
        "The lady in the next bed had her stomach out.",
        "Another patient had her stomach out.",
        "Someone on the ward is vegan.",
    ],
)
def test_strangers_are_somebody_else(text: str) -> None:
    assert not own(text)


def test_a_writer_who_goes_on_about_themselves_is_not_the_patient_either() -> None:
    text = "My husband had cancer in 2020. He works nights. His feet are numb. I am vegan and I take metformin. He eats everything."
    assert not {"vegan_diet", "metformin"} & own(text)
    assert {"paraesthesia", "mixed_diet"} <= own(text)
