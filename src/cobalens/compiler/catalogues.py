"""Compiles a translation: gettext catalogues beside the English text, one for each chapter, read when a language is asked for.

A message that is missing, that translates an English sentence since changed, or that loses a placeholder is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cobalens.compiler import KNOWLEDGE, cached
from cobalens.compiler import complaints as say
from cobalens.compiler.complaints import Complaint, KnowledgeError
from cobalens.model.ruleset import SAID, Analyte, Concept, Fact, Ruleset, Say, Table

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

SOURCE = "en"
TRANSLATED = ("title", "patient", "plain")
"""What clinicians alone read stays in English."""
CLINICIANS_ALONE = (
    "layout:rulebook",
    "layout:lab_",
    "layout:note_",
    "layout:demo_",
    "layout:fhir_",
    "layout:cohort_",
)
LABELS, LABEL = "labels", "label:"
"""The names of tests, conditions and medicines, which stand in the vocabulary; their code is the English name itself."""
REMARKS = "remarks"
"""The sentences of the program itself, which stand in its source: `tools/messages.py` finds them, and the catalogue alone is read here."""
ASKED_TOGETHER = 3
PENDING = "layout:translation_pending"
"""Shown with every translated page until a health professional has read all catalogues of the language."""
REVIEW = re.compile(r"^# reviewed_(by|on):[ \t]*(\S.*)$", re.MULTILINE)


class Message(Struct, frozen=True):
    """One English sentence to be translated."""

    context: str
    """Code and field: ``answer=both|patient``."""
    text: str

    @property
    def code(self) -> str:
        return self.context.rpartition("|")[0]

    @property
    def field(self) -> str:
        return self.context.rpartition("|")[2]


def languages(folder: Path = KNOWLEDGE) -> list[str]:
    """English, and every language with a folder of catalogues."""
    return sorted(one.name for one in (folder / "text").iterdir() if one.is_dir())


def in_language(ruleset: Ruleset, language: str, folder: Path = KNOWLEDGE) -> Ruleset:
    """The ruleset with the words of one more language; as it is where it has them or where there are none."""
    if language in ruleset.text or language not in languages(folder):
        return ruleset
    words = (
        cached(
            f"text-{language}", ruleset.hash, dict[str, Say], lambda: translated(ruleset, language, folder)
        )
        if folder == KNOWLEDGE
        else translated(ruleset, language, folder)
    )
    return replace(ruleset, text={**ruleset.text, language: words})


def in_every_language(ruleset: Ruleset, folder: Path = KNOWLEDGE) -> Ruleset:
    for language in languages(folder):
        ruleset = in_language(ruleset, language, folder)
    return ruleset


def translated(ruleset: Ruleset, language: str, folder: Path) -> dict[str, Say]:
    """All words in one language, those for clinicians in English; or every complaint about the catalogues."""
    english = ruleset.text[SOURCE]
    words = dict(english)
    complaints: list[Complaint] = []
    reviewed = True
    known = set()
    for chapter, messages in (*chapters(folder, ruleset), (REMARKS, remarks(folder, language))):
        known.add(chapter)
        path = catalogue_path(folder, language, chapter)
        where = path.relative_to(folder).as_posix()
        catalogue = read_catalogue(path)
        complaints += faults(where, catalogue, messages)
        reviewed = reviewed and reviewers(catalogue) == {"by", "on"}
        for one in messages:
            found = catalogue.get(one.text, one.context)
            if found is not None and isinstance(found.string, str):
                words[one.code] = replace(words.get(one.code) or Say(""), **{one.field: found.string})
    for path in sorted((folder / "text" / language).glob("*.po")):
        if path.stem not in known:
            complaints.append(say.catalogue_of_nothing(path.relative_to(folder).as_posix(), path.stem))
    if complaints:
        raise KnowledgeError(complaints)
    if reviewed:
        words.pop(PENDING, None)
    return words


# --- What is to be translated ---------------------------------------------------------------------------------------


def chapters(folder: Path, ruleset: Ruleset) -> Iterator[tuple[str, list[Message]]]:
    """The messages of each chapter, in the order in which they are written, then the names in the vocabulary."""
    import tomli

    english = ruleset.text[SOURCE]
    for path in sorted((folder / "text" / SOURCE).glob("*.toml")):
        codes = tomli.loads(path.read_text(encoding="utf-8"))
        messages = [one for code in codes if code in english for one in messages_of(code, english[code])]
        if messages:
            yield path.stem, messages
    tables: tuple[Iterable[Analyte | Concept | Fact], ...] = (
        ruleset.analytes.values(),
        ruleset.concepts.values(),
        ruleset.facts.values(),
    )
    labels = dict.fromkeys(one.label for table in tables for one in table)
    labels |= dict.fromkeys(table.question for table in ruleset.tables if is_named(table, ruleset.facts))
    yield LABELS, [Message(f"{LABEL}{label}|title", label) for label in labels]


def remarks(folder: Path, language: str) -> list[Message]:
    """What the catalogue of the program's own sentences translates; `make messages` sees to it that it is all of them."""
    catalogue = read_catalogue(catalogue_path(folder, language, REMARKS))
    return [remark(str(one.id)) for one in catalogue if one.id]


def remark(sentence: str) -> Message:
    return Message(f"{SAID}{sentence}|title", sentence)


def is_named(table: Table, facts: dict[str, Fact]) -> bool:
    """Whether a question can stand for the facts that it reads, where a reader is asked for what is missing."""
    return sum(name in facts and not facts[name].lab for name in table.inputs) >= ASKED_TOGETHER


def messages_of(code: str, words: Say) -> Iterator[Message]:
    if code.startswith(CLINICIANS_ALONE):
        return
    for field in TRANSLATED:
        if text := getattr(words, field):
            yield Message(f"{code}|{field}", text)


def catalogue_path(folder: Path, language: str, chapter: str) -> Path:
    return folder / "text" / language / f"{chapter}.po"


# --- What a catalogue says ------------------------------------------------------------------------------------------


def read_catalogue(path: Path) -> Catalog:
    """The catalogue of one chapter; an empty one where there is no file yet."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def reviewers(catalogue: Catalog) -> set[str]:
    """Which of ``by`` and ``on`` the head of a catalogue fills in."""
    return {match.group(1) for match in REVIEW.finditer(catalogue.header_comment)}


def faults(where: str, catalogue: Catalog, messages: list[Message]) -> Iterator[Complaint]:
    written = {one.context: one for one in catalogue if one.id}
    for message in messages:
        found = written.pop(message.context, None)
        if found is None or not found.string:
            yield say.message_missing(where, message.context, message.text)
        elif found.id != message.text:
            yield say.message_stale(where, message.context, str(found.id), message.text)
        elif found.fuzzy:
            yield say.message_unsure(where, message.context)
        elif fields(str(found.string)) != fields(message.text):
            yield say.placeholders_differ(
                where, message.context, fields(message.text), fields(str(found.string))
            )
    for context in written:
        yield say.message_of_nothing(where, str(context))


def fields(text: str) -> list[str]:
    """The placeholders of a sentence: ``{title}``; a brace that closes nothing is one too, so that it is seen."""
    try:
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError as unbalanced:
        return [str(unbalanced)]
