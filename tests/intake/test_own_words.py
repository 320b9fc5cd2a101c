"""What this program wrote earlier is no evidence when it stands among the words of a record."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.api import load
from cobalens.intake.pasted import read
from cobalens.intake.words.ownwords import OWN_WORDS, own_words, without_own

DOOR = load()
LABS = [
    {"analyte": "vitamin_b12", "value": 212, "unit": "ng/L", "day": 0},
    {"analyte": "mma", "value": 0.92, "unit": "umol/L", "day": 0},
    {"analyte": "egfr", "value": 71, "unit": "mL/min/1.73m2", "day": 0},
]
PERSON: dict[str, Any] = {
    "patient": {"age": 67, "sex": "female"},
    "facts": {"labs": LABS, "symptoms": ["tingling feet"], "medications": ["omeprazole"]},
}
SAID = DOOR.interpret(PERSON)
OWN = {
    "note": SAID.text.note,
    "comment": SAID.text.lab_comment,
    "note on one line": " ".join(SAID.text.note.split()),
}


def told(record: Any) -> list[str]:
    return [one.code for one in record.notes]


@pytest.mark.parametrize("name", OWN)
def test_it_is_set_aside_whole_and_nothing_beside_it_is(name: str) -> None:
    before, after = "Seen in clinic, numb hands. ", "\nTakes metformin."
    text, found = without_own(before + OWN[name] + after)
    assert found
    assert len(text) == len(before + OWN[name] + after)
    left = " ".join(text.split())
    assert left.startswith("Seen in clinic, numb hands.")
    assert left.endswith("Takes metformin.")
    if name != "comment":
        assert left == "Seen in clinic, numb hands. Takes metformin."


def test_a_comment_on_lines_of_its_own_goes_with_its_result() -> None:
    text, found = without_own(f"Numb hands.\n{OWN['comment']}\nTakes metformin.")
    assert found
    assert text.split() == "Numb hands. Takes metformin.".split()


@pytest.mark.parametrize("name", OWN)
def test_a_note_that_holds_it_reads_as_without_it(name: str) -> None:
    words = "Numb hands since May.\n{}\nTakes metformin 1 g twice daily."
    with_own = DOOR.read({**PERSON, "notes": [words.format(OWN[name])]})
    without = DOOR.read({**PERSON, "notes": [words.format("")]})
    assert [one.concept for one in with_own.events] == [one.concept for one in without.events]
    assert [one.text for one in with_own.labs] == [one.text for one in without.labs]
    assert OWN_WORDS in told(with_own)
    assert OWN_WORDS not in told(without)


def test_a_pasted_record_that_holds_it_reads_as_without_it() -> None:
    words = "Woman, 67\nVitamin B12 212 ng/L\n{}\nMedications: metformin\n"
    (with_own,) = read(words.format(OWN["note"]).encode(), DOOR.ruleset)
    (without,) = read(words.format("").encode(), DOOR.ruleset)
    assert [one.concept for one in with_own.events] == [one.concept for one in without.events]
    assert [one.text for one in with_own.labs] == [one.text for one in without.labs]
    assert OWN_WORDS in told(with_own)


@pytest.mark.parametrize(
    "words",
    [
        "B12: 150 ng/L. B12 deficiency: confirmed by her doctor. On injections.",
        "The ruleset says B12: high.",
        "A comment for the requesting clinician, who knows the patient. B12 150 ng/L.",
        "B12 deficiency: treated; injections",
    ],
)
def test_what_people_write_stays(words: str) -> None:
    assert own_words(words) == []
    assert without_own(words) == (words, False)
