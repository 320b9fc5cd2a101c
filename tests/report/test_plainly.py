"""What a patient is told of the reasons: in the words of the form, with what the notes say and what they leave open."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from cobalens.api import Cobalens, load
from cobalens.model.ruleset import Fact
from cobalens.report.explain import outline
from cobalens.report.plainly import ALONE, ASK, CHOICE, VALUE, plain_moved, plain_rows

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))
LANGUAGES = ("en", "es")
AS_OF = "2026-03-05"
CODES = re.compile(r"\b\w+_\w+\b|\b[a-z]+:[a-z]|\(asked|[<>]=? ")
OPTIONS = 12
"""How many things the form lists below one question."""


@cache
def door(language: str) -> Cobalens:
    return load("nice-ng239", None, language)


def told(language: str) -> list[Fact]:
    return [one for one in door(language).ruleset.facts.values() if not one.lab]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_that_is_no_test_has_a_question_in_a_patients_words(language: str) -> None:
    words = door(language).ruleset.text[language]
    assert [one.name for one in told(language) if f"{ASK}{one.name}" not in words] == []
    assert all(words[f"{ASK}{one.name}"].title.endswith("?") for one in told(language))


def test_a_question_with_a_list_below_it_can_also_be_asked_alone() -> None:
    words = door("en").ruleset.text["en"]
    with_list = [one.name for one in told("en") if "one of these" in words[f"{ASK}{one.name}"].title]
    assert len(with_list) > 15
    assert [name for name in with_list if f"{ALONE}{name}" not in words] == []
    alone = [say.title for code, say in words.items() if code.startswith(ALONE)]
    assert [one for one in alone if "one of these" in one] == []


def test_everything_that_the_form_lists_has_a_name_for_patients() -> None:
    words = door("en").ruleset.text["en"]
    listed = {name for fact in told("en") if len(fact.of) > 1 for name in fact.of[:OPTIONS]}
    own = {name for name in listed if f"{CHOICE}{name}" not in words}
    alone = {name for name in own if f"{ASK}{name}" in words}
    assert own - alone == set()


def test_every_answer_has_a_word() -> None:
    words = door("en").ruleset.text["en"]
    values = {value for fact in told("en") for value in fact.values}
    assert [value for value in sorted(values) if f"{VALUE}{value}" not in words] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES[::9], ids=lambda path: path.stem)
def test_no_code_stands_in_a_patients_reasons(case: Path, language: str) -> None:
    here = door(language)
    record = here.read(case, AS_OF)
    said = here.interpret(record, look_ahead=False)
    codes = [f"answer={said.answer}", f"deficiency={said.deficiency}"]
    codes += [one.code for one in said.supported() if one.code in here.ruleset.codes]
    own = {event.text for event in record.events} | {lab.text for lab in record.labs}
    for code in codes:
        nodes = [node.text for _, node in outline(here.explain_plainly(record, code))]
        assert len(nodes) > 1, code
        for text in nodes:
            bare = text
            for words in own:
                bare = bare.replace(words, "")
            assert not CODES.search(bare), (code, text)


def test_the_reasons_name_the_result_with_where_it_lies_and_the_words_of_the_notes() -> None:
    case = {
        "patient": {"age": 60},
        "facts": {
            "labs": [{"analyte": "vitamin_b12", "value": 120, "unit": "ng/L", "day": 0}],
            "medications": [{"name": "metformin", "start_day": -900}],
        },
    }
    nodes = [node.text for _, node in outline(door("en").explain_plainly(case, "cause:metformin"))]
    assert "These notes say:" in nodes
    assert "Total vitamin B12: 120 ng/L, today: below 180 ng/L" in nodes
    place = nodes.index("Do you take metformin? Yes")
    assert nodes[place + 1].startswith("“metformin”")
    assert nodes[-3] == "Where this comes from:"  # and two publications


def test_what_is_not_known_is_asked_and_never_called_no() -> None:
    case = {
        "patient": {"age": 60},
        "facts": {"labs": [{"analyte": "vitamin_b12", "value": 120, "unit": "ng/L"}]},
    }
    nodes = [node.text for _, node in outline(door("en").explain_plainly(case, "cause:metformin"))]
    assert nodes[1:] == [
        "These notes do not say:",
        "Do you take metformin?",
        "Did you take metformin in the last year?",
    ]


def test_a_test_that_no_rule_asks_for_says_why_it_is_named() -> None:
    case = {"patient": {"age": 60}, "facts": {}}
    nodes = [node.text for _, node in outline(door("en").explain_plainly(case, "next_test:homocysteine"))]
    assert "A test is named here when its result could change what this page says." in nodes


def test_a_what_if_is_told_in_the_sentences_of_the_patients_page() -> None:
    case = {
        "patient": {"age": 60},
        "facts": {"labs": [{"analyte": "vitamin_b12", "value": 120, "unit": "ng/L", "day": 0}]},
    }
    here = door("en")
    made = here.what_if(case, ["vitamin_b12=900 ng/L"])
    reading = here.case(here.read(case))
    rows = plain_rows(reading, made)
    assert rows[0][0] == "What the results suggest"
    words = here.ruleset.text["en"]
    sentences = {say.patient for say in words.values()} | {say.heading for say in words.values()}
    assert {row[1] for row in rows} | {row[2] for row in rows} <= sentences
    assert any(changed for *_, changed in rows)
    sections = plain_moved(reading, made)
    assert {part for one in sections for item in one.items for part in (item.title, item.text)} - {
        ""
    } <= sentences


def test_a_what_if_that_changes_nothing_says_so() -> None:
    case = {
        "patient": {"age": 60},
        "facts": {"labs": [{"analyte": "vitamin_b12", "value": 120, "unit": "ng/L", "day": 0}]},
    }
    here = door("en")
    made = here.what_if(case, ["vitamin_b12=121 ng/L"])
    (section,) = plain_moved(here.case(here.read(case)), made)
    assert section.items[0].text == "It would say the same."
