"""Numbers written out beside a test ("two hundred and ten nanograms per litre") as digits, each keeping its place in the text.

Only from ten up, or with a decimal point: a bare "one" or "two" is seldom a result.
"""

from __future__ import annotations

import re

from cobalens.intake.patterns import pattern

_ONES = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
} | {"nought": 0, "oh": 0, "a": 1}
_TENS = {
    word: 10 * number
    for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_SCALES = {"hundred": 100, "thousand": 1000}
_LEAST = 10

_PERHAPS = pattern(
    r"hundred|thousand|(?:en|ir|or|if|ix|gh|ne)ty\b|teen\b|\bten\b|eleven|twelve|\bpoint\b", re.IGNORECASE
)
_ONE = "|".join(sorted({*_ONES, *_TENS, *_SCALES}, key=len, reverse=True))
_RUN = pattern(
    rf"(?<![\w.-])(?:{_ONE})(?:(?:\s+and\s+|[\s-]+)(?:{_ONE}))*(?:\s+point(?:[\s-]+(?:{_ONE}))+)?(?![\w-])",
    re.IGNORECASE,
)
_SPAN_BEFORE = pattern(rf"\b(?:{_ONE}|\d+)\s*(?:to|or|-|–|/)\s*$", re.IGNORECASE)
"""The beginning of a guess: "*two to* three hundred"."""


def in_digits(text: str) -> str:
    """The text with its larger written numbers in digits, as long as before."""
    if not _PERHAPS.search(text):
        return text
    return _RUN.sub(lambda found: _digits(text, found).rjust(len(found[0])), text)


def _digits(text: str, found: re.Match[str]) -> str:
    said = found[0].lower().replace("-", " ").split()
    whole, _, part = " ".join(said).partition(" point ")
    number = _whole(whole.split())
    tenths = "".join(str(_ONES.get(word, "?")) for word in part.split())
    unsure = number is None or "?" in tenths or _SPAN_BEFORE.search(text[: found.start()][-24:])
    if number is None or unsure or (number < _LEAST and not tenths):
        return found[0]
    return f"{number}.{tenths}" if tenths else str(number)


def _whole(words: list[str]) -> int | None:
    """What the words come to; nothing for words that are no number in this order ("twenty twenty")."""
    total = group = 0
    room = 1000
    for word in words:
        if word == "and":
            if room < 100:
                return None
        elif word in _SCALES:
            if not 0 < group < 100:
                return None
            total, group, room = total + group * _SCALES[word], 0, min(100, _SCALES[word])
        elif word in _TENS and room >= 100:
            group, room = group + _TENS[word], 10
        elif word in _ONES and (room > _ONES[word]):
            group, room = group + _ONES[word], 0
        else:
            return None
    return total + group
