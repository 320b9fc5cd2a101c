"""Refusals, and remarks on what was read, reach a reader of Spanish in Spanish; what a person wrote stays as it was written."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from tools.messages import is_said, sentences

from cobalens import errors
from cobalens.api import load
from cobalens.intake.casefile import read_case
from cobalens.report.remarks import HOLE, remarks_of
from cobalens.serve.web import refusals
from tests.bad.test_wrong_input import WRONG, facts, lab
from tests.web.visitor import Visitor

DOOR = load(language="es")
SPANISH = remarks_of(DOOR.ruleset.text["es"])
ENGLISH = re.compile(
    r"\b(?:the|and|or|is|are|was|not|with|for|this|that|it|of|to|from|which|been|than|give|used|cannot|and|unknown)\b",
    re.IGNORECASE,
)
"""Words that no Spanish sentence has."""
CASES = sorted(Path("tests/cases").glob("*.json"))


def english_in(text: str) -> list[str]:
    """English words outside quotation marks and code."""
    return ENGLISH.findall(re.sub(r"“[^”]*”|«[^»]*»|\"[^\"]*\"|`[^`]*`|\{[^}]*\}", "", text))


def shown(page: str, pattern: str) -> list[str]:
    found = re.findall(pattern, page, re.DOTALL)
    return [html.unescape(re.sub(r"<code>.*?</code>|<[^>]+>", " ", one)) for one in found]


def test_every_sentence_of_the_program_has_its_spanish() -> None:
    assert [one for one in sentences() if one not in SPANISH.known] == []


def test_a_sentence_that_is_said_no_longer_is_not_kept() -> None:
    assert set(SPANISH.known) - set(sentences()) == set()


def test_a_translation_fills_in_what_its_sentence_fills_in() -> None:
    for sentence, words in SPANISH.known.items():
        assert sorted(HOLE.findall(sentence)) == sorted(HOLE.findall(words)), sentence


def test_codes_and_patterns_are_no_sentences() -> None:
    assert not is_said("data_quality:unit_missing")
    assert not is_said(r"\d+ (?:of|in) words")
    assert is_said("Keep one of the two.")


@pytest.mark.parametrize(
    "made",
    [
        errors.file_too_large("", 3_000_000, 2_000_000),
        errors.broken_syntax("", "JSON", 3, 14),
        errors.age_impossible("patient.age"),
        errors.unknown_key("facts", "symptom", ["symptoms", "labs"]),
        errors.unknown_analyte("facts", "vitamin_b13", ["vitamin_b12"]),
        errors.setting_implausible("set", "total vitamin B12", ["ng/L", "pmol/L"]),
        refusals.page_too_old(),
        refusals.nothing_given(),
        refusals.too_large(5_000_000),
        refusals.not_from_here(),
        refusals.broken(),
    ],
    ids=lambda made: made.code,
)  # fmt: skip
def test_a_refusal_is_told_wholly_in_spanish(made: errors.CobalensError) -> None:
    for part in (made.problem, made.likely, made.next):
        told = SPANISH.say(part)
        assert english_in(told) == [], told
        assert (told != part) is bool(part)
        assert re.findall(r"\d[\d,.]*\d", part) == re.findall(r"\d[\d,.]*\d", told)


@pytest.mark.parametrize("content", [made for made, _ in WRONG.values() if isinstance(made, dict)])
def test_a_remark_on_a_wrong_entry_is_told_wholly_in_spanish(content: dict[str, object]) -> None:
    try:
        record = read_case(content, DOOR.ruleset)
    except errors.CobalensError as refused:
        told = [refused.problem, refused.likely, refused.next]
    else:
        told = [one.message for one in record.notes]
        told += [one.suggestion or "" for one in record.not_understood]
    assert [SPANISH.say(one) for one in told if english_in(SPANISH.say(one))] == []


def test_names_of_tests_that_are_filled_in_are_said_in_spanish() -> None:
    (note,) = read_case(lab(value=450, unit=None), DOOR.ruleset).notes
    assert note.message.startswith("Total vitamin B12 came without a unit")
    assert SPANISH.say(note.message).startswith("Vitamina B12 total llegó sin unidad")


def test_units_that_are_filled_in_are_joined_in_spanish() -> None:
    mma = {"analyte": "mma", "value": 310, "unit": "umol/L", "day": 0}
    (note,) = read_case(facts(labs=[mma]), DOOR.ruleset).notes
    assert "In nmol/L or " in note.message
    assert "En nmol/L o " in SPANISH.say(note.message)


def test_a_longer_list_is_joined_in_spanish_to_its_end() -> None:
    (note,) = read_case(lab(value=210, unit="mg/L"), DOOR.ruleset).notes
    assert "In pmol/L or ng/L or ng/dL" in note.message
    assert "En pmol/L o ng/L o ng/dL sería posible" in SPANISH.say(note.message)


@pytest.mark.parametrize(
    "words", ["numb or cold feet", "flurbl grommeting", "The patient said: no result yet, column 3"]
)
def test_what_a_person_wrote_is_not_translated(words: str) -> None:
    assert SPANISH.own(words) == words


def test_a_sentence_that_nobody_knows_stays_as_it_is() -> None:
    assert SPANISH.say("Nobody ever said this or that.") == "Nobody ever said this or that."
    assert SPANISH.say("") == ""


def test_in_english_nothing_is_changed() -> None:
    assert (
        remarks_of(DOOR.ruleset.text["en"]).say("The date is not understood.")
        == "The date is not understood."
    )


def test_a_spanish_page_tells_in_spanish_why_nothing_was_read(visitor: Visitor) -> None:
    page = visitor.paste("", at="/es").text
    box = page.partition('role="alert"')[2].partition("<h1")[0]
    assert "El cuadro está vacío" in box
    assert english_in(re.sub(r"<[^>]+>", " ", box)) == []
    assert 'lang="en"' not in box


@pytest.mark.parametrize(
    "path", [CASES[place] for place in range(0, len(CASES), 9)], ids=lambda path: path.stem
)
def test_what_was_noticed_while_reading_stands_in_spanish(visitor: Visitor, path: Path) -> None:
    visitor.open("/es/results")
    sent = {"_csrf_token": visitor.token, "text": "", "as_of": "2026-03-05"}
    page = visitor.client.post("/es/results", data=sent, files={"file": (path.name, path.read_bytes())}).text
    notes = shown(page, r'<span class="cl-note">(.*?)</span>') + shown(page, r"<details.*?</details>")
    assert [one for one in notes if english_in(one)] == []


def test_a_value_that_cannot_be_used_is_told_in_spanish_while_it_is_typed(visitor: Visitor) -> None:
    visitor.open("/es/form")
    fields = {"check": "lab.vitamin_b12", "lab.vitamin_b12.value": "450", "lab.vitamin_b12.unit": ""}
    part = visitor.client.post("/es/check", data={"_csrf_token": visitor.token, **fields}).text
    assert "llegó sin unidad" in part
    assert english_in(re.sub(r"<[^>]+>", "", part)) == []
