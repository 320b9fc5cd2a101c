"""Forms: boxes that are ticked or empty, choices that nobody made, questions that are answered, marks for positive and negative."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.intake.words.boxes import unboxed
from cobalens.model.record import Record


def read(text: str) -> Record:
    return read_case({"patient": {}, "facts": {"note": text}}, RULES)


def said(text: str) -> set[str]:
    return {("" if e.affirmed else "-") + e.concept for e in read(text).events if not e.doubt}


def listed(text: str) -> set[str]:
    return {one.text for one in read(text).not_understood}


@pytest.mark.parametrize("box", ["[ ]", "[]", "☐", "( )"])
def test_what_stands_beside_an_empty_box_is_not_said_and_is_listed(box: str) -> None:
    text = f"{box} metformin   {box} gastrectomy"
    assert said(text) == set()
    assert listed(text) == {"metformin", "gastrectomy"}


@pytest.mark.parametrize("box", ["[x]", "[X]", "[✓]", "☑", "(x)", "☒"])
def test_what_stands_beside_a_ticked_box_is_said(box: str) -> None:
    assert said(f"{box} metformin  [ ] gastrectomy") == {"metformin"}


def test_a_box_may_stand_behind_its_words() -> None:
    assert said("Metformin ☑ Gastrectomy ☐") == {"metformin"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin: [ ] yes [x] no", {"-metformin"}),
        ("Metformin: [x] yes [ ] no", {"metformin"}),
        ("Metformin: [ ] yes [ ] no", set()),
        ("Symptoms: [ ] numbness [x] falls", {"falls"}),
        ("- [x] numbness\n- [ ] gastrectomy\n- [x] metformin", {"paraesthesia", "metformin"}),
    ],
)
def test_boxes_of_a_line_answer_what_heads_it(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_answers_may_stand_before_what_they_answer() -> None:
    assert said("No ( ) yes (x) numbness") == {"paraesthesia"}
    assert said("No (x) yes ( ) numbness") == {"-paraesthesia"}


def test_an_answer_alone_before_its_box_is_left_to_people() -> None:
    assert said("No ( ) numbness (x) falls") == set()
    assert listed("No ( ) numbness (x) falls")


@pytest.mark.parametrize(
    "text", ["Metformin: Y/N", "Metformin yes / no", "Metformin (Y / N)", "Metformin? Y/N"]
)
def test_a_choice_that_nobody_made_says_nothing(text: str) -> None:
    assert said(text) == set()
    assert listed(text) == {"Metformin"}


@pytest.mark.parametrize(
    ("text", "expected"), [("Metformin Y/N: N", {"-metformin"}), ("Metformin (yes/no): yes", {"metformin"})]
)
def test_a_choice_that_was_made_is_read(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_text_without_boxes_is_left_as_it_is() -> None:
    assert unboxed("B12 120 ng/L (low); N/V [1]") == ("B12 120 ng/L (low); N/V [1]", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Does he take metformin? Yes.", {"metformin"}),
        ("Is he on metformin? yes, 1 g", {"metformin"}),
        ("Has she had a gastrectomy? Yes 2018", {"gastrectomy_unspecified"}),
        ("Numb? Yes since May", {"paraesthesia"}),
        ("Do you use nitrous oxide? No", {"-nitrous_oxide"}),
    ],
)
def test_a_question_about_a_fact_is_settled_by_its_answer(text: str, expected: set[str]) -> None:
    assert expected <= said(text)


def test_a_question_whether_something_may_be_done_is_not() -> None:
    assert "b12_injection" not in said("Can he have B12 injections? Yes")


def test_vitamins_denied_in_answer_are_denied() -> None:
    assert "supplement" in read("Do you take any vitamins? No").complete


def test_a_dash_before_no_answers_nothing_where_a_question_follows_later() -> None:
    assert "ppi" in said("Lansoprazole since 2015 - no indication recorded ?stop")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Romberg ⊕", "romberg"), ("Romberg ⊖", "-romberg"), ("plantars ↑↑, Romberg ⊕, power 5/5", "romberg")],
)
def test_encircled_signs_are_positive_and_negative(text: str, expected: str) -> None:
    assert expected in said(text)


def test_encircled_signs_are_results_too() -> None:
    assert [(lab.analyte, lab.qualitative) for lab in read("IFAb ⊖").labs] == [("if_antibody", "negative")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin  Yes ☑ No ☐   since 2016", {"metformin"}),
        ("Metformin  Yes ☐ No ☑", {"-metformin"}),
        ("Metformin ☐ Yes ☑ No", {"-metformin"}),
        ("Metformin  Yes ☐ No ☐", set()),
        ("Metformin  Yes ☑ No ☑", set()),
    ],
)
def test_a_yes_and_a_no_may_have_a_box_each(text: str, expected: set[str]) -> None:
    assert {one for one in said(text) if "metformin" in one} == expected


def test_several_questions_with_a_yes_and_a_no_stand_in_one_line() -> None:
    text = "Metformin Yes ☐ No ☑  Nitrous oxide Yes ☐ No ☐  Vegan Yes ☑ No ☐"
    assert {"-metformin", "vegan_diet"} <= said(text)
    assert not {"nitrous_oxide", "-nitrous_oxide"} & said(text)
    assert listed(text) == {"Nitrous oxide"}


@pytest.mark.parametrize("answer", ["not sure", "unsure", "don't know", "cannot recall"])
def test_who_is_not_sure_says_nothing(answer: str) -> None:
    assert not {"vegan_diet", "-vegan_diet"} & said(f"Vegan: {answer}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tingling \u2714  Falls \u2718  Vegan \u2718", {"paraesthesia", "-falls", "-vegan_diet"}),
        ("\u2714 Tingling \u2718 Falls \u2718 Vegan", {"paraesthesia", "-falls", "-vegan_diet"}),
        ("\u2705 Tingling\n\u274c Falls", {"paraesthesia", "-falls"}),
    ],
)
def test_a_cross_beside_ticks_is_a_no(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_crosses_alone_may_be_ticks_and_are_listed() -> None:
    assert said("Falls \u2718 Vegan \u2718") == set()
    assert listed("Falls \u2718 Vegan \u2718") == {"Falls", "Vegan"}


def test_round_buttons_are_boxes_where_one_of_a_line_is_full() -> None:
    assert "vegan_diet" not in said("Diet: \u25cb vegan \u25cf vegetarian")
    assert "vegetarian_diet" in said("Diet: \u25cb vegan \u25cf vegetarian")
    assert said("\u25cf numb feet\n\u25cb metformin") == {"paraesthesia", "metformin"}


@pytest.mark.parametrize("text", ["Vegan or vegetarian: N", "Vegan, or vegetarian: N", "Vegan/vegetarian: N"])
def test_one_no_answers_a_question_about_either(text: str) -> None:
    assert {"-vegan_diet", "-vegetarian_diet"} <= said(text)
    assert "-paraesthesia" not in said("Numbness: Y / Weakness: N")
