"""Each translation has every sentence, follows the English, and keeps what is put into it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools import messages

from cobalens.api import load
from cobalens.compiler import KNOWLEDGE, KnowledgeError, compile_knowledge, load_ruleset
from cobalens.compiler.catalogues import (
    PENDING,
    catalogue_path,
    chapters,
    in_language,
    languages,
    translated,
)
from cobalens.compiler.files import knowledge_files
from cobalens.errors import CobalensError

RULESET = load_ruleset()
CHAPTER = "deficiency"
FIRST = "interpretation:functional_deficiency|title"


def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE / "text", folder / "text")
    return folder


def refused(folder: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as error:
        translated(RULESET, "es", folder)
    return [f"{one.code}: {one}" for one in error.value.complaints]


def change(folder: Path, old: str, new: str, chapter: str = CHAPTER) -> None:
    path = catalogue_path(folder, "es", chapter)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_nothing_is_missing_stale_or_left_over() -> None:
    assert languages() == ["en", "es"]
    assert messages.main(["--check"]) == 0


def test_every_title_and_every_sentence_for_patients_is_in_spanish() -> None:
    spanish, english = load(language="es").ruleset.text["es"], RULESET.text["en"]
    asked = [one for _, many in chapters(KNOWLEDGE, RULESET) for one in many]
    assert len(asked) > 1000
    assert {code for code, say in english.items() if say.patient} <= {one.code for one in asked}
    same = [one.context for one in asked if len(one.text) > 40 and spanish[one.code].patient == one.text]
    assert same == []


def test_a_missing_message_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, "Falta de B12 útil: el número no la muestra", "")
    (complaint,) = refused(folder)
    assert complaint.startswith("message_missing")
    assert FIRST in complaint
    assert "make messages" in complaint


def test_a_translation_of_a_sentence_since_changed_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, "Functional deficiency: the number does not show it", "Functional lack")
    (complaint,) = refused(folder)
    assert complaint.startswith("message_stale")
    assert "Then: Functional lack" in complaint


def test_a_translation_in_doubt_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, f'msgctxt "{FIRST}"', f'#, fuzzy\nmsgctxt "{FIRST}"')
    assert refused(folder)[0].startswith("message_unsure")


def test_a_placeholder_that_is_lost_or_invented_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, "A fecha de {date}.", "A fecha de {fecha}.", "layout")
    (complaint,) = refused(folder)
    assert complaint.startswith("placeholders_differ")
    assert "The English sentence has date." in complaint


def test_a_message_of_nothing_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    with catalogue_path(folder, "es", CHAPTER).open("a", encoding="utf-8") as file:
        file.write('\nmsgctxt "cause:thunder|title"\nmsgid "Thunder"\nmsgstr "Trueno"\n')
    assert refused(folder)[0].startswith("message_of_nothing")


def test_a_catalogue_of_no_chapter_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    shutil.copy(catalogue_path(folder, "es", CHAPTER), catalogue_path(folder, "es", "weather"))
    assert refused(folder)[0].startswith("catalogue_of_nothing")


def test_a_changed_sentence_keeps_its_old_translation_in_doubt(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, "Functional deficiency: the number does not show it", "Functional lack")
    path = catalogue_path(folder, "es", CHAPTER)
    (wanted,) = (many for name, many in chapters(folder, RULESET) if name == CHAPTER)
    from cobalens.compiler.catalogues import read_catalogue

    new = messages.renewed(read_catalogue(path), CHAPTER, "es", wanted).decode()
    assert '#| msgid "Functional lack"' in new
    assert "#, fuzzy" in new
    assert "Falta de B12 útil" in new
    assert re.search(r"^# reviewed_by:$", new, re.MULTILINE)


def test_the_translation_says_that_it_waits_until_all_of_it_was_reviewed(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    assert PENDING in translated(RULESET, "es", folder)
    for path in (folder / "text" / "es").glob("*.po"):
        text = path.read_text(encoding="utf-8")
        assert "# reviewed_by:\n# reviewed_on:\n" in text
        path.write_text(
            text.replace(
                "# reviewed_by:\n# reviewed_on:\n", "# reviewed_by: A. Reader\n# reviewed_on: 2026-01-02\n"
            ),
            encoding="utf-8",
        )
    assert PENDING not in translated(RULESET, "es", folder)


def test_an_invariant_of_wording_without_patterns_for_a_language_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    path = folder / "invariants.toml"
    text = path.read_text(encoding="utf-8")
    spanish, after = text.index("[invariant.23.es]"), text.index("[invariant.24]")
    path.write_text(text[:spanish] + text[after:], encoding="utf-8")
    with pytest.raises(KnowledgeError) as refused:
        compile_knowledge(folder)
    told = [(one.code, one.where) for one in refused.value.complaints]
    assert told == [("missing_key", "invariants.toml [invariant.23] es")]


def test_the_hash_covers_the_catalogues() -> None:
    assert {path.name for path in knowledge_files(KNOWLEDGE) if path.suffix == ".po"} >= {
        "learn.po",
        "labels.po",
    }


def test_a_language_is_read_only_when_it_is_asked_for() -> None:
    assert set(load().ruleset.text) == {"en"}
    assert set(load(language="es").ruleset.text) == {"en", "es"}
    assert load(language="es").ruleset.hash == load().ruleset.hash


def test_nothing_for_catalogues_is_loaded_until_a_translation_is_read_anew() -> None:
    code = "import sys, cobalens; cobalens.load(language={!r}); print('babel' in sys.modules)"
    for language in ("en", "es"):  # this test's own process has put the Spanish words in the cache
        load(language=language)
        done = subprocess.run(
            [sys.executable, "-c", code.format(language)], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "False"


def test_a_language_without_catalogues_is_refused() -> None:
    assert in_language(RULESET, "xx") is RULESET
    with pytest.raises(CobalensError, match="no text in the language"):
        load(language="xx")
