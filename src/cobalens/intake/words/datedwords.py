"""Whether the words of a resource may name a day: what they say then depends on the day of decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cobalens.intake.patterns import pattern
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.tokens import tokenise

ADDRESSES = frozenset({"system", "version", "code", "url", "reference"})
"""What is looked up, and never read as words."""
_DAY = pattern(r"(?<!\d)(?:19|20|21)\d\d(?!\d)|\d[/.-]\d|['\u2019]\d\d")


def names_a_day(wording: tuple[Any, ...], lexicon: CompiledLexicon) -> bool:
    """Whether anything in a wording may be a day, a month or a year; rather too often than not."""
    said = "\n".join(_words(wording))
    return _DAY.search(said) is not None or any(
        token.norm in lexicon.months for token in tokenise(said, lexicon.spelling)
    )


def _words(part: Any) -> Iterator[str]:
    """All words and numbers of what stands in a wording, in JSON or as they are."""
    if isinstance(part, bytes):
        if part:
            yield from _words(msgspec.json.decode(part))
    elif isinstance(part, dict):
        for name, value in part.items():
            if name not in ADDRESSES:
                yield from _words(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _words(one)
    else:
        yield str(part)
