"""This program's own note and comment among the words of a record: they repeat what it was given, and name what is not known.

Read as evidence they would confirm themselves, so they are set aside as a whole, and that is told.
"""

from __future__ import annotations

import re

from cobalens.intake.patterns import pattern

OWN_WORDS = "data_quality:own_words"
TOLD = "A note or comment that this program wrote earlier was found among the words and set aside: it is no evidence."
_NOTE = pattern(
    r"\bB12:\s[^\n]{3,120}?\.\s+B12\s+deficiency:\s.{0,8000}?\bCobalens\s+\d+\.\d+\.\d+,\s+ruleset\s+[0-9a-f]{12}\."
    r"(?:\s*Decision\s+support,.{0,200}?\bconfirms\s+any\s+treatment\.)?",
    re.DOTALL,
)
_COMMENT = pattern(
    r"\bB12\s+deficiency:\s[^;\n]{3,40};\s.{0,2000}?"
    r"A\s+comment\s+for\s+the\s+requesting\s+clinician,\s+who\s+knows\s+the\s+patient\.",
    re.DOTALL,
)
_RESULT = pattern(
    r"(?:(?!\.\s)[^\n;:]){3,120}:\s(?:(?!\.\s)[^\n;:]){3,120}\((?:[^()\n]|\([^()\n]*\))*\)\.?\s*\Z"
)
"""A result as the comment tells it: "total vitamin B12 212 ng/L: 180 to 350 ng/L (NICE NG239 (2024), secondary)"."""


def own_words(text: str) -> list[tuple[int, int]]:
    """Where they stand, from and up to which letter; nothing in nearly every text."""
    found = []
    if "ruleset" in text:
        found += [one.span() for one in _NOTE.finditer(text)]
    if "requesting" in text:
        found += [(_with_result(text, one.start()), one.end()) for one in _COMMENT.finditer(text)]
    return sorted(found)


def _with_result(text: str, start: int) -> int:
    """Where the line of a comment begins, if nothing but its result stands before; else its own first word."""
    line = text.rfind("\n", 0, start) + 1
    return line if _RESULT.match(text, line, start) else start


def without_own(text: str) -> tuple[str, bool]:
    """The words without them, every other letter in its place; whether there were some."""
    spans = own_words(text)
    for start, end in spans:
        text = f"{text[:start]}{_BLANKED.sub(' ', text[start:end])}{text[end:]}"
    return text, bool(spans)


_BLANKED = pattern(r"[^\n]")
