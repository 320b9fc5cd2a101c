from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel.messages.pofile import read_po
from tools.page_messages import sentences, written

from cobalens.serve.web.words import HOME, LANGUAGES, SOURCE, catalogue, speaker

OTHERS = [one for one in LANGUAGES if one != SOURCE]
HOLE = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_of_the_pages_is_without_a_translation(language: str) -> None:
    told = catalogue(language)
    assert [one for one in sentences() if not told.get(one)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_of_a_sentence_that_is_said_no_longer(language: str) -> None:
    assert set(catalogue(language)) - set(sentences()) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_what_its_sentence_fills_in(language: str) -> None:
    for sentence, words in catalogue(language).items():
        assert sorted(HOLE.findall(sentence)) == sorted(HOLE.findall(words)), sentence


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_is_as_its_tool_writes_it(language: str) -> None:
    path = HOME / language / "LC_MESSAGES" / "cobalens.po"
    known = {
        str(one.id): str(one.string) for one in read_po(BytesIO(path.read_bytes()), locale=language) if one.id
    }
    assert written(language, known) == path.read_bytes()


def test_a_sentence_without_a_translation_would_be_noticed() -> None:
    assert "Forget now" in sentences()
    assert speaker("es")("Forget now") != "Forget now"
    assert speaker("en")("perhaps {suggestion}?", suggestion="MMA") == "perhaps MMA?"
