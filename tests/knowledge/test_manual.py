"""The page on the rule language names every key that the compiler takes, and shows nothing that it would refuse."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cobalens.compiler import KNOWLEDGE, load_ruleset, rules, vocabulary

PAGE = (Path(__file__).parent.parent.parent / "docs" / "knowledge.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def named(word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", PAGE) is not None


@pytest.mark.parametrize(
    "words",
    [
        vocabulary.ANALYTE_KEYS,
        vocabulary.CONCEPT_KEYS,
        vocabulary.FACT_KEYS,
        vocabulary.ABOUT_A_LIMIT,
        vocabulary.ABOUT_A_PACK,
        vocabulary.KINDS,
        vocabulary.ROLES,
        vocabulary.STATUSES,
        vocabulary.EVENT_TIMELINES,
        vocabulary.LAB_TIMELINES,
        vocabulary.DOSE_TIMELINES,
        rules.TABLE_KEYS,
        rules.ROW_KEYS,
        rules.CHAPTERS,
    ],
)
def test_every_word_of_the_language_is_on_the_page(words: Any) -> None:
    assert [word for word in sorted(words) if not named(word)] == []


def test_every_file_of_the_knowledge_is_on_the_page() -> None:
    names = {path.name for path in KNOWLEDGE.iterdir() if path.suffix in (".toml", ".py")} - {"__init__.py"}
    names |= {path.name for path in (KNOWLEDGE / "lexicon").glob("*.toml")}
    assert [name for name in sorted(names) if name not in PAGE] == []


def test_what_the_page_shows_is_there() -> None:
    """A name in an example is one of the knowledge, so that a reader who looks for it finds it."""
    ruleset = load_ruleset()
    known = {
        "analyte": ruleset.analytes,
        "concept": ruleset.concepts,
        "fact": ruleset.facts,
        "source": ruleset.sources,
        "evidence": ruleset.evidence,
        "policy": {},
        "row": {},
        "patients": {},
    }
    assert len(EXAMPLES) >= 7
    for example in EXAMPLES:
        tree = tomllib.loads(example)
        for section, entry in tree.items():
            if not isinstance(entry, dict):
                continue
            if section not in known:
                assert section in ruleset.analytes or section in ruleset.text["en"], section
            elif known[section]:
                assert entry.keys() <= known[section].keys(), section
