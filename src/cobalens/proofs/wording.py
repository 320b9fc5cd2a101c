"""Checks every sentence that can be shown, in every language, against the invariants that speak of wording."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from cobalens.model.ruleset import Invariant, Ruleset, Wording

SOURCE = "en"
"""The language in which the knowledge is written, and in which clinicians read it."""
READERS = ("clinician", "patient")
TRANSLATED = ("patient",)
RULEBOOK = "layout:rulebook"
"""Pages that clinicians read; they quote limits."""


class Sentence(Struct, frozen=True):
    """One piece of text that a reader can meet, and where it stands."""

    where: str
    code: str
    reader: str
    text: str
    language: str = SOURCE


class Fault(Struct, frozen=True):
    """A sentence that breaks an invariant, and how."""

    invariant: str
    where: str
    text: str
    how: str


def sentences(ruleset: Ruleset) -> Iterator[Sentence]:
    """Everything a template can render: words by code, reasons of rows, published statements, limits and policies."""
    for language, words in ruleset.text.items():
        for code, say in words.items():
            if language != SOURCE and code.startswith(RULEBOOK):
                continue
            reader = "clinician" if code.startswith(RULEBOOK) else "both"
            yield Sentence(f"text/{language} {code} title", code, reader, say.title, language)
            if say.plain:
                yield Sentence(f"text/{language} {code} plain", code, "both", say.plain, language)
            for reader in READERS if language == SOURCE else TRANSLATED:
                if text := getattr(say, reader):
                    yield Sentence(f"text/{language} {code} {reader}", code, reader, text, language)
    for table in ruleset.tables:
        for row in table.rows:
            yield Sentence(f"rules {table.name}.{row.name} why", row.then[0], "clinician", row.why)


def check(one: Invariant, every: list[Sentence]) -> list[Fault]:
    """The sentences that break one invariant of wording."""
    found = []
    words = in_languages(one)
    patterns = {language: [re.compile(p) for p in said.forbid] for language, said in words.items()}
    for sentence in every:
        if one.audience != "both" and sentence.reader not in {one.audience, "both"}:
            continue
        found += [
            Fault(one.id, sentence.where, sentence.text, f"says {match.group(0)!r}")
            for pattern in patterns[sentence.language]
            if (match := pattern.search(sentence.text))
        ]
        require = words[sentence.language].require
        if sentence.code in require and sentence.where.startswith("text/") and sentence.reader in READERS:
            found += [
                Fault(one.id, sentence.where, sentence.text, f"lacks {wanted!r}")
                for wanted in require[sentence.code]
                if not re.search(wanted, sentence.text)
            ]
    return found


def uncaught(one: Invariant) -> list[str]:
    """Sentences written to be refused that the patterns of their language let pass: a check that cannot fail."""
    return [sentence for words in in_languages(one).values() for sentence in passed(words)]


def passed(words: Wording) -> list[str]:
    missed = []
    for sentence in words.caught:
        asked, _, text = sentence.partition("require: ")
        if not asked and text:
            if all(re.search(wanted, text) for wants in words.require.values() for wanted in wants):
                missed.append(sentence)
        elif not any(re.search(pattern, sentence) for pattern in words.forbid):
            missed.append(sentence)
    return missed


def in_languages(one: Invariant) -> dict[str, Wording]:
    """An invariant's patterns by language."""
    return {SOURCE: Wording(one.forbid, one.require, one.caught), **one.wording}
