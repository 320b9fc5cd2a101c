"""The reader against several hundred phrases whose meaning a person wrote down: what is read is right, and little is missed."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest
from tests.intake.phrase_lexicon import concepts, lexicon, status

from cobalens.intake.words.phrases import read_phrase

SIGNS = {
    "@-": "denied of family",
    "-": "no",
    "?": "doubt",
    "~": "past",
    ">": "planned",
    "@": "family",
    "=": "complete",
}
GOLD = tomllib.loads((Path(__file__).parent / "gold.toml").read_text(encoding="utf-8"))
PHRASES = [
    (field, text, says)
    for field, table in GOLD.items()
    if field not in {"groups", "misspelt"}
    for text, says in table["phrases"]
]
Said = set[tuple[str, str]]


def expected(says: str) -> Said:
    out: Said = set()
    for word in says.split():
        if word.startswith("$"):
            out |= expected(GOLD["groups"][word[1:]])
            continue
        sign = next((s for s in SIGNS if word.startswith(s)), "")
        out.add((word.removeprefix(sign), SIGNS.get(sign, "yes")))
    return out


def read(field: str, text: str) -> Said:
    reading = read_phrase(text, "note", field, lexicon())
    return {(e.concept, status(e)) for e in reading.events} | {
        (name, "complete") for name in reading.complete
    }


@cache
def scores() -> tuple[float, float, str]:
    right = wrong = missed = 0
    report = []
    for field, text, says in PHRASES:
        want, got = expected(says), read(field, text)
        right, wrong, missed = right + len(want & got), wrong + len(got - want), missed + len(want - got)
        if want != got:
            report.append(f"[{field}] {text}: too much {sorted(got - want)}, missing {sorted(want - got)}")
    return right / (right + wrong), right / (right + missed), "\n".join(report)


def test_there_are_at_least_five_hundred_phrases_over_every_field() -> None:
    assert len(PHRASES) >= 500
    assert len({text for _, text, _ in PHRASES}) >= 500
    fields = {
        "symptoms",
        "conditions",
        "medications",
        "supplements",
        "diet",
        "procedures",
        "note",
        "goal",
        "function",
        "imaging",
        "biopsies",
    }
    assert {field for field, _, _ in PHRASES} == fields


def test_every_expected_concept_exists() -> None:
    names = {name for _, _, says in PHRASES for name, kind in expected(says) if kind != "complete"}
    assert sorted(names - set(concepts())) == []


def test_what_is_read_is_right() -> None:
    precision, _, report = scores()
    assert precision >= 0.98, report


def test_little_is_missed() -> None:
    _, recall, report = scores()
    assert recall >= 0.95, report


@pytest.mark.parametrize(("field", "text", "meant"), GOLD["misspelt"]["phrases"])
def test_a_misspelt_word_is_reported_with_what_was_probably_meant_and_never_guessed(
    field: str, text: str, meant: str
) -> None:
    reading = read_phrase(text, "note", field, lexicon())
    assert meant in [u.suggestion for u in reading.not_understood]
    misspelt = read_phrase(meant, "note", field, lexicon()).events
    assert not {e.concept for e in misspelt} & {e.concept for e in reading.events}
