"""A patient's page in Spanish is Spanish throughout; what clinicians read stays in English and says so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from cobalens import Interpretation
from cobalens.api import load
from cobalens.report.questionnaire import questionnaire

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parents[1] / "shared" / "cases"
CASES = [*sorted((ROOT / "cases").glob("*.json")), *sorted(SHARED.glob("*.json"))]
ENGLISH = re.compile(
    r"\b(the|of|and|with|without|is|are|was|were|your|you|for|not|to|this|that|these|which|by|from|may|can|has|have|"
    r"ask|tell|test|low|high|number|doctor|blood|cause|deficiency|unknown)\b",
    re.IGNORECASE,
)
PENDING = "Traducción pendiente de revisión por un profesional sanitario."
IN_ENGLISH = "El texto para profesionales sanitarios está en inglés."
FIRST, ANSWER = "Lea esto primero", "Qué dicen sus resultados"


def said(path: Path, language: str) -> Interpretation:
    case = json.loads(path.read_text(encoding="utf-8"))
    door = load(language=language)
    return door.interpret({k: case[k] for k in ("patient", "facts")}, look_ahead=False)


@cache
def pages() -> dict[str, Interpretation]:
    return {path.stem: said(path, "es") for path in CASES}


def test_no_english_is_left_in_any_patient_page() -> None:
    found = {name: ENGLISH.findall(one.text.patient) for name, one in pages().items()}
    assert len(found) > 100
    assert {name: words for name, words in found.items() if words} == {}


def test_the_words_looked_for_are_those_of_the_english_page() -> None:
    assert all(len(ENGLISH.findall(said(path, "en").text.patient)) > 20 for path in CASES[:10])


def test_every_page_says_that_the_translation_waits_for_a_reader() -> None:
    assert all(one.text.patient.count(PENDING) == 1 for one in pages().values())
    assert PENDING not in said(CASES[0], "en").text.patient


def test_what_presses_comes_first() -> None:
    urgent = [one.text.patient for one in pages().values() if FIRST in one.text.patient]
    assert len(urgent) > 5
    for page in urgent:
        assert page.startswith(FIRST)
        assert page.index(FIRST) < page.index(ANSWER)


@pytest.mark.parametrize("path", CASES[::10], ids=lambda path: path.stem)
def test_clinicians_read_the_same_in_either_language(path: Path) -> None:
    english, spanish = said(path, "en"), said(path, "es")
    assert spanish.text.clinician == f"- {IN_ENGLISH}\n\n{english.text.clinician}"
    assert spanish.text.note == english.text.note
    assert spanish.text.lab_comment == english.text.lab_comment
    assert spanish.answer == english.answer
    assert [one.code for one in spanish.supported()] == [one.code for one in english.supported()]


def test_titles_of_findings_are_in_the_language_asked_for() -> None:
    titles = {one.title for page in pages().values() for one in page.supported()}
    assert "Anemia por inflamación" in titles
    assert not [title for title in titles if re.search(r"\b(the|of|and|with|deficiency)\b", title)]


def test_an_explanation_is_in_english_as_its_rows_and_sources_are() -> None:
    case = json.loads(CASES[0].read_text(encoding="utf-8"))
    case = {k: case[k] for k in ("patient", "facts")}
    assert load(language="es").explain(case) == load().explain(case)


def test_the_form_before_a_reading_is_in_spanish() -> None:
    form = questionnaire(load(language="es").ruleset, "es", "0")
    words = [group["text"] for group in form["item"]]
    words += [item["text"] for group in form["item"] for item in group["item"]]
    assert len(words) > 50
    assert not [one for one in words if ENGLISH.search(one)]
    assert form["description"] == PENDING
    assert "description" not in questionnaire(load().ruleset, "en", "0")


def test_results_keep_the_number_as_the_laboratory_wrote_it() -> None:
    case = {"patient": {"age": 60, "sex": "female"}, "facts": {"labs": [
        {"analyte": "vitamin_b12", "value": 195.5, "unit": "ng/L", "day": 0}]}}  # fmt: skip
    assert "195.5 ng/L" in load(language="es").interpret(case, look_ahead=False).text.clinician


def test_the_command_line_speaks_spanish_to_patients() -> None:
    command = [str(Path(sys.executable).parent / "cobalens"), "interpret", str(CASES[0]), "--language", "es"]
    done = subprocess.run(
        [*command, "--audience", "patient", "--format", "text"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert ANSWER in done.stdout
    assert "Traducción pendiente" in done.stdout
