"""Notes that look like something else: a number with an equals sign, a sentence behind the word telephone."""

from __future__ import annotations

import pytest

from cobalens.intake.recognise import format_of, read_people
from cobalens.model.record import Record
from tests.robustness.cases import RULES


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("B12 = 148. (units not on the slip). 77F, numb feet", "pasted"),
        ("B12 = 148\nHb = 120\nnumb feet", "pasted"),
        ('id = "one"\n[patient]\nage = 67', None),
        ("patient = { age = 67 }", None),
        ('facts.note = "numb feet"', None),
    ],
)
def test_an_equals_sign_makes_no_case_file(text: str, known: str | None) -> None:
    assert format_of(text.encode()) == known


def test_a_sentence_behind_the_word_telephone_is_read() -> None:
    text = b"Telephone: wife says he has numb feet and is unsteady since May"
    (record,) = read_people(text, RULES, "2026-11-23")
    assert isinstance(record, Record)
    assert {"paraesthesia", "unsteadiness"} <= {one.concept for one in record.events}


def test_a_telephone_number_is_no_part_of_the_illness() -> None:
    (record,) = read_people(b"Telephone: 01234 567890\nB12 148 ng/L", RULES, "2026-11-23")
    assert isinstance(record, Record)
    assert [one.text for one in record.not_understood] == []
