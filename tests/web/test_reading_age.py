"""The pages' own sentences are read with six years of school, in both languages; what clinicians or programmers alone meet stands in templates of its own."""

from __future__ import annotations

import re

import pytest
from tools.page_messages import WEB, sentences

from cobalens.serve.web.words import catalogue
from tests.knowledge.readability import HARDEST_GRADE, LEAST_SCORE, grade, score

PROFESSIONAL = ("templates/parts/copy.html", "templates/parts/programs.html", "templates/rulebook.html")
"""Texts to paste into a record, the interface for programs, and the wait for the rulebook."""
ARTICLES_QUESTION = "Is this a deficiency needing replacement, or a biomarker needing interpretation?"
"""People carry it to their doctor word for word; the start page says it in plain words beside it."""
HOLE = re.compile(r"\{\w+\}")
FEWEST_WORDS, A_SENTENCE_BY_LENGTH = 4, 9
"""Names of fields and buttons are not measured; a sentence is what ends as one, or is as long as one."""


def is_sentence(text: str) -> bool:
    words = len(text.split())
    return words >= A_SENTENCE_BY_LENGTH or (words >= FEWEST_WORDS and text.endswith((".", "?", "!", "…")))


def patients_sentences() -> dict[str, list[str]]:
    return {
        text: places
        for text, places in sentences().items()
        if is_sentence(text) and text != ARTICLES_QUESTION and not set(places) <= set(PROFESSIONAL)
    }


def filled(text: str) -> str:
    return HOLE.sub("three", text)


def test_english_is_read_with_six_years_of_school() -> None:
    found = patients_sentences()
    assert len(found) > 40
    hard = {text: round(grade(filled(text)), 1) for text in found if grade(filled(text)) > HARDEST_GRADE}
    assert hard == {}


def test_spanish_is_rather_easy_to_read() -> None:
    told = catalogue("es")
    hard = {
        told[text]: round(score(HOLE.sub("tres", told[text])), 1)
        for text in patients_sentences()
        if score(HOLE.sub("tres", told[text])) < LEAST_SCORE
    }
    assert hard == {}


def test_the_articles_question_is_put_in_plain_words_beside_it() -> None:
    page = (WEB / "templates" / "start.html").read_text(encoding="utf-8")
    assert ARTICLES_QUESTION in page
    assert "In plain words:" in page[page.index(ARTICLES_QUESTION) :]


@pytest.mark.parametrize("name", PROFESSIONAL)
def test_a_template_for_professionals_is_one(name: str) -> None:
    assert (WEB / name).is_file()


def test_a_hard_sentence_would_be_noticed() -> None:
    assert is_sentence("Haematological abnormalities notwithstanding, administration proceeds.")
    assert not is_sentence("Vitamin B12 as a treatment")
