"""The Learn chapters: nine short pages in either language, every paragraph with its sources, every finding with its page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cobalens.api import load
from cobalens.compiler import KNOWLEDGE, KnowledgeError, compile_knowledge, load_ruleset
from cobalens.report.learn import chapter_of, chapters

RULESET = load_ruleset()
NAMES = (
    "what_b12_does", "nutrient_and_biomarker", "high", "low", "injections", "nerves", "testing", "headlines", "questions",
)  # fmt: skip


def test_the_chapters_follow_the_article() -> None:
    assert tuple(one.name for one in load().learn()) == NAMES


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_paragraph_has_words_and_a_source_with_its_status(language: str) -> None:
    for chapter in load(language=language).learn():
        assert chapter.title
        assert chapter.about
        assert 3 <= len(chapter.paragraphs) <= 8
        for one in chapter.paragraphs:
            assert one.title
            assert one.text
            assert one.sources
            assert all(source.title and source.status for source in one.sources)


def test_every_finding_and_answer_is_explained_by_one_chapter() -> None:
    explained = [code for chapter in chapters(RULESET) for code in chapter.explains]
    assert len(explained) == len(set(explained))
    assert set(RULESET.codes) <= set(explained)
    assert {"answer=both", "deficiency=confirmed", "urgency=soon"} <= set(explained)


@pytest.mark.parametrize(
    ("code", "chapter"),
    [
        ("cause:gastrectomy", "low"),
        ("cause:dietary", "what_b12_does"),
        ("high_b12_explanation:liver_disease", "high"),
        ("limit:not_for_chemotherapy_neuropathy", "nerves"),
        ("limit:not_for_energy", "injections"),
        ("safety:b12_not_anticancer", "headlines"),
        ("safety:no_change_on_one_reading", "questions"),
        ("red_flag:same_day_assessment", "nerves"),
        ("answer=biomarker", "nutrient_and_biomarker"),
    ],
)
def test_the_nearest_chapter_explains_a_finding(code: str, chapter: str) -> None:
    assert chapter_of(RULESET, code) == chapter


def test_only_a_translation_says_that_it_waits_for_a_reader() -> None:
    assert {one.pending for one in load().learn()} == {""}
    assert all(one.pending.startswith("Traducción pendiente") for one in load(language="es").learn())


WRONG = {
    "a paragraph without words": ('text = "learn:two_meanings"', 'text = "learn:two_meaning"', "not_one_of"),
    "a paragraph shown twice": (
        'text = "learn:two_meanings"',
        'text = "learn:both_at_once"',
        "declared_twice",
    ),
    "evidence that does not exist": ('source = ["U11"]', 'source = ["U911"]', "not_one_of"),
    "a paragraph without a source": ('source = ["U11"]', "source = []", "no_source"),
    "a family of nothing": ('"ask:supplements"', '"ask:suplements"', "not_one_of"),
    "a finding without a chapter": ('"neuropathy_differential:", ', "", "no_chapter"),
    "words that no chapter shows": ('    { text = "learn:same_day", source = ["U11"] },\n', "", "unused"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_dead_name_fails_the_build(kind: str, tmp_path: Path) -> None:
    old, new, code = WRONG[kind]
    folder = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    path = folder / "learn.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError) as refused:
        compile_knowledge(folder)
    assert code in {one.code for one in refused.value.complaints}
