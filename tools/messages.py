"""Brings the translations' catalogues up to date with the English text, or with ``--check`` says what they lack.

A new sentence is added empty; one whose English was changed keeps its translation, marked fuzzy, beside the old English.
What the program says of its own accord, refusals and remarks on what was read, is found in its source.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import write_po

from cobalens.compiler import KNOWLEDGE, KnowledgeError, load_ruleset
from cobalens.compiler.catalogues import (
    LABELS,
    REMARKS,
    REVIEW,
    SOURCE,
    Message,
    catalogue_path,
    chapters,
    languages,
    read_catalogue,
    remark,
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
HOMES = {
    LABELS: "the vocabulary, facts/",
    REMARKS: "the source of the program, where it refuses something or remarks on it",
}

SOURCES = Path(__file__).resolve().parent.parent / "src" / "cobalens"
SPOKEN = ("errors.py", "serve/web/refusals.py", "intake/**/*.py")
HOLE = re.compile(r"\{[a-z_0-9]+\}")
LIST, LETTERS, PATTERN = 3, 5, re.compile(r"\\[A-Za-z]|\(\?|[|?]\)|\w\[\{")
JOINTS = ("{first} or {last}", "{value}, from {basis}")
"""What joins words that are filled in."""
NOT_SAID = {"pattern", "compile", "split", "startswith", "endswith", "removeprefix", "removesuffix", "strip"}
"""Calls whose words are looked for, and not said."""


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
    home = HOMES.get(chapter, f"text/en/{chapter}.toml")
    head = HEAD.format(
        chapter=chapter, language=language, home=home, by=review.get("by", ""), on=review.get("on", "")
    )
    return head.encode() + body.getvalue()


# --- What the program says of its own accord ------------------------------------------------------------------------


def sentences() -> list[str]:
    """Every sentence once, in the order of the files and lines."""
    found: dict[str, None] = {}
    for home in SPOKEN:
        for path in sorted(SOURCES.glob(home)):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= dict.fromkeys(sentence for _, sentence in sorted(said(tree)) if is_said(sentence))
    return [*found, *JOINTS]


def is_said(text: str) -> bool:
    """Whether a string is words for a reader: several, and no name of a field, code or pattern."""
    bare = HOLE.sub("", text)
    return " " in text and sum(map(str.isalpha, bare)) >= LETTERS and not PATTERN.search(text)


def said(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The strings of a piece of source that may reach a reader, with their lines."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value.strip()
    elif isinstance(node, ast.JoinedStr):
        yield node.lineno, sentence_of(node).strip()
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from said(part.value)
    else:
        for child in parts(node):
            yield from said(child)


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """What lies within, without what is explained, looked up or compared."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Set | ast.Compare | ast.Subscript | ast.AnnAssign):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.value
        return
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) >= LIST and all(map(is_plain, node.elts)):
        return
    if isinstance(node, ast.Dict):
        yield from node.values
        return
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in NOT_SAID or called in ("frozenset", "set"):
            return
    yield from ast.iter_child_nodes(node)


def is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Tuple)


def sentence_of(node: ast.JoinedStr) -> str:
    """The words of an f-string, with a name for each thing that is filled in."""
    made, used = "", dict[str, int]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            made += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            name = hole(part.value)
            used[name] = used.get(name, 0) + 1
            made += f"{{{name}{used[name] if used[name] > 1 else ''}}}"
    return made


def hole(value: ast.expr) -> str:
    """A name for what an expression fills in: the last name that it speaks of."""
    if isinstance(value, ast.Name):
        return value.id.strip("_").lower()
    if isinstance(value, ast.Attribute):
        return hole(value.value) if value.attr in ("ucum", "name") else value.attr.strip("_").lower()
    if isinstance(value, ast.Call):
        return next((hole(one) for one in value.args), "what")
    for child in ast.iter_child_nodes(value):
        if isinstance(child, ast.expr) and not isinstance(child, ast.Constant):
            return hole(child)
    return "what"


def main(arguments: list[str]) -> int:
    try:
        ruleset = load_ruleset()
    except KnowledgeError as refused:
        print(refused)
        return 1
    wrong = 0
    for language in (one for one in languages() if one != SOURCE):
        remarks = REMARKS, [remark(sentence) for sentence in sentences()]
        for chapter, messages in (*chapters(KNOWLEDGE, ruleset), remarks):
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
