"""Every sentence for a patient can be read at the age of twelve, in each language."""

from __future__ import annotations

from functools import cache

import pytest
from tests.knowledge.readability import (
    HARDEST_GRADE,
    LEAST_SCORE,
    english_syllables,
    grade,
    score,
    spanish_syllables,
)

from cobalens.compiler import load_ruleset
from cobalens.compiler.catalogues import in_language
from cobalens.model.ruleset import Say

ARTICLES_QUESTION = (
    "“Is this a deficiency needing replacement, or a biomarker needing interpretation?” ",
    "«¿Es una falta que hay que reponer, o un marcador que hay que interpretar?». ",
)
"""The question that the article gives people to take along; the plain words beside it are what is measured."""
WHOLE_SENTENCES = (
    "layout:patient_", "layout:marks_patient", "layout:sheet_visit_", "layout:sheet_question_", "layout:sheet_closing_plain",
    "layout:sheet_symptoms_", "layout:sheet_taken_", "layout:sheet_no_results", "layout:form_",
)  # fmt: skip


@cache
def words_in(language: str) -> dict[str, Say]:
    return in_language(load_ruleset(), language).text[language]


def told(words: dict[str, Say]) -> dict[str, str]:
    """What a patient reads: the texts of findings and chapters, and the whole sentences around them."""
    found = {code: say.patient for code, say in words.items() if say.patient}
    for code, say in words.items():
        if (
            code.startswith(WHOLE_SENTENCES)
            and say.title.endswith((".", "?"))
            and "{" not in say.title
            and not say.title[0].isdigit()
        ):
            found[code] = say.title
    for code, text in found.items():
        for question in ARTICLES_QUESTION:
            found[code] = found[code].replace(question, "")
        assert found[code], code
        assert text
    return found


def test_english_is_read_with_six_years_of_school() -> None:
    texts = told(words_in("en"))
    assert len(texts) > 250
    hard = {code: round(grade(text), 1) for code, text in texts.items() if grade(text) > HARDEST_GRADE}
    assert hard == {}


def test_spanish_is_rather_easy_to_read() -> None:
    texts = told(words_in("es"))
    assert len(texts) > 250
    hard = {code: round(score(text), 1) for code, text in texts.items() if score(text) < LEAST_SCORE}
    assert hard == {}


@pytest.mark.parametrize(
    ("easy", "hard"),
    [
        (
            "Ask your doctor if you need this test.",
            "Discontinuation of supplementation necessitates interdisciplinary consideration of contraindications.",
        ),
        (
            "Tell the nurse if you bleed.",
            "Haematological abnormalities notwithstanding, administration proceeds.",
        ),
    ],
)
def test_the_measure_tells_plain_english_from_hard(easy: str, hard: str) -> None:
    assert grade(easy) <= HARDEST_GRADE < grade(hard)


def test_the_measure_tells_plain_spanish_from_hard() -> None:
    easy = "Pregunte a su médico si le hace falta esta prueba."
    hard = "La interrupción de la suplementación requiere consideración interdisciplinaria de contraindicaciones."
    assert score(hard) < LEAST_SCORE <= score(easy)


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("médico", 3), ("día", 2), ("sangre", 2), ("guía", 2), ("aún", 2), ("leer", 2), ("quien", 1), ("riñones", 3),
        ("homocisteína", 6), ("cualquier", 2), ("muy", 1), ("ayuda", 3), ("inyecciones", 4), ("B12", 3),
    ],
)  # fmt: skip
def test_spanish_syllables_are_counted_as_they_are_spoken(word: str, syllables: int) -> None:
    assert spanish_syllables(word) == syllables


@pytest.mark.parametrize(("word", "syllables"), [("vitamin", 3), ("unsteady", 3), ("Crohn’s", 1), ("B12", 2)])
def test_english_syllables_are_counted_as_they_are_spoken(word: str, syllables: int) -> None:
    assert english_syllables(word) == syllables
