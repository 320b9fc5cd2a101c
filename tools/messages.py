"""Brings the translations' catalogues up to date with the English text, or with ``--check`` says what they lack.

A new sentence is added empty; one whose English was changed keeps its translation, marked fuzzy, beside the old English.
"""

from __future__ import annotations

import sys
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import write_po

from cobalens.compiler import KNOWLEDGE, KnowledgeError, load_ruleset
from cobalens.compiler.catalogues import (
    LABELS,
    REVIEW,
    SOURCE,
    Message,
    catalogue_path,
    chapters,
    languages,
    read_catalogue,
    translated,
)

HEAD = """\
# {chapter}: what is shown in {language}. The English is in {home}; `make messages` keeps
# the two together. Both lines below stay empty until a health professional has read the whole file.
# reviewed_by:{by}
# reviewed_on:{on}
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def renewed(old: Catalog, chapter: str, language: str, messages: list[Message]) -> bytes:
    """A chapter's catalogue with exactly these messages, in their order, and the translations that it had."""
    had = {entry.context: entry for entry in old if entry.id}
    new = Catalog()
    for message in messages:
        entry = Entry(message.text, string="", context=message.context)
        before = had.get(message.context)
        if before is not None and before.string:
            entry.string = before.string
            entry.flags = set(before.flags)
            if before.id != message.text:
                entry.flags.add("fuzzy")
                entry.previous_id = [str(before.id)]
        new[message.text] = entry
    body = BytesIO()
    write_po(body, new, width=0, omit_header=True, include_previous=True)
    review = {match.group(1): f" {match.group(2)}" for match in REVIEW.finditer(old.header_comment)}
    home = "the vocabulary, facts/" if chapter == LABELS else f"text/en/{chapter}.toml"
    head = HEAD.format(
        chapter=chapter, language=language, home=home, by=review.get("by", ""), on=review.get("on", "")
    )
    return head.encode() + body.getvalue()


def main(arguments: list[str]) -> int:
    ruleset = load_ruleset()
    wrong = 0
    for language in (one for one in languages() if one != SOURCE):
        for chapter, messages in chapters(KNOWLEDGE, ruleset):
            path = catalogue_path(KNOWLEDGE, language, chapter)
            wanted = renewed(read_catalogue(path), chapter, language, messages)
            if path.exists() and path.read_bytes() == wanted:
                continue
            if "--check" in arguments:
                wrong += 1
                print(f"{path.relative_to(KNOWLEDGE)}: not as `make messages` writes it")
            else:
                path.write_bytes(wanted)
                print(f"{path.relative_to(KNOWLEDGE)}: written")
        try:
            translated(ruleset, language, KNOWLEDGE)
        except KnowledgeError as refused:
            wrong += 1
            print(refused)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
