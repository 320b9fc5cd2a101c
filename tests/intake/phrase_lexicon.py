"""The shipped vocabulary, read straight from its files, for tests of the phrase reader."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import cobalens
from cobalens.intake.words.lexicography import compile_lexicon
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.model.record import Event
from cobalens.model.ruleset import Concept

KNOWLEDGE = Path(cobalens.__file__).parent / "knowledge"


def trees(folder: str) -> dict[str, dict[str, Any]]:
    return {
        p.stem: tomllib.loads(p.read_text(encoding="utf-8"))
        for p in sorted((KNOWLEDGE / folder).glob("*.toml"))
    }


@cache
def concepts() -> dict[str, Concept]:
    facts = trees("facts")
    regimens: dict[str, list[str]] = {}
    for phrase, parts in facts.get("regimens", {}).get("regimens", {}).items():
        for part in parts:
            regimens.setdefault(part, []).append(phrase)
    return {
        name: Concept(
            name,
            c["kind"],
            c["label"],
            (*c.get("phrases", ()), *regimens.get(name, ())),
            (),
            tuple(c.get("group", ())),
        )
        for tree in facts.values()
        for name, c in tree.get("concept", {}).items()
    }


@cache
def lexicon() -> CompiledLexicon:
    words: dict[str, Any] = trees("lexicon")
    for name, tree in trees("facts").items():
        for section in ("background", "ambiguous"):
            if section in tree:
                words.setdefault(f"{section}_words", {})[name] = tree[section]
    return compile_lexicon(concepts(), words)


def status(event: Event) -> str:
    """One word for how a statement is meant."""
    if event.family:
        return "family" if event.affirmed else "denied of family"
    if not event.affirmed:
        return "no"
    if event.doubt:
        return "doubt"
    return "yes" if event.time == "current" else event.time
