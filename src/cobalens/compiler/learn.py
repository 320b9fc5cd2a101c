"""Checks the Learn chapters: words and evidence exist, every paragraph cites, and every finding has its chapter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cobalens.compiler import complaints as say
from cobalens.compiler.complaints import Complaint
from cobalens.compiler.reading import Shelf, Tree
from cobalens.model.ruleset import Evidence, Say

FILE = "learn.toml"
WORDS, HEADING = "learn:", "learn:chapter_"


def check_learn(shelf: Shelf, words: dict[str, Say], evidence: dict[str, Evidence], codes: set[str]) -> None:
    """Complains of every dead name in ``learn.toml``, in either direction; a knowledge without chapters has none."""
    if FILE not in shelf.trees:
        return
    chapters = shelf.trees[FILE].get("chapter", {})
    said = codes | {code for code in words if "=" in code}
    shown: list[str] = []
    for name, chapter in chapters.items():
        where = f"{FILE} [chapter.{name}]"
        if not shelf.keys(where, chapter, frozenset({"explains", "paragraphs"}), ("explains", "paragraphs")):
            continue
        shelf.complaints += dead_families(where, shelf.texts(where, chapter, "explains"), said)
        shown.append(f"{HEADING}{name}")
        for paragraph in chapter["paragraphs"]:
            if shelf.keys(where, paragraph, frozenset({"text", "source"}), ("text", "source")):
                shown.append(shelf.text(where, paragraph, "text"))
                shelf.complaints += dead_evidence(shelf, where, paragraph, evidence)
    shelf.complaints += unplaced(shown, words)
    families = [family for one in chapters.values() for family in one.get("explains", ())]
    for code in sorted(said):
        if not any(code.startswith(family) for family in families):
            shelf.complain(say.no_chapter(FILE, code))


def dead_families(where: str, families: Iterable[str], said: set[str]) -> Iterator[Complaint]:
    for family in families:
        if not any(code.startswith(family) for code in said):
            yield say.not_one_of(where, "finding", family, said)


def dead_evidence(
    shelf: Shelf, where: str, paragraph: Tree, evidence: dict[str, Evidence]
) -> Iterator[Complaint]:
    cites = shelf.texts(where, paragraph, "source")
    if not cites:
        yield say.no_source(f"{where} {paragraph['text']}")
    for one in cites:
        if one not in evidence:
            yield say.not_one_of(where, "evidence", one, evidence)


def unplaced(shown: list[str], words: dict[str, Say]) -> Iterator[Complaint]:
    """Words that are shown and do not exist, words that no chapter shows, and words shown twice."""
    for code in shown:
        if code not in words:
            yield say.not_one_of(FILE, "text", code, words)
        elif not words[code].patient:
            yield say.no_text("text/en/learn.toml", code, "patient")
    for code in words:
        if code.startswith(WORDS) and code not in shown:
            yield say.unused("text/en/learn.toml", "paragraph", code)
    for code in sorted({one for one in shown if shown.count(one) > 1}):
        yield say.twice(FILE, "paragraph", code, FILE)
