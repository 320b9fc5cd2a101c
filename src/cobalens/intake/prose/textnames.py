"""Where sentences stand in running text, and where the names of tests stand in a sentence."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern

_SENTENCE = pattern(r"(?<!\bi\.[sSP])[.;!?](?=\s|$)|\n+")
LONGEST_SENTENCE = 1000


class Word(Struct, frozen=True, gc=False):
    text: str
    start: int
    end: int


class Name(Struct, frozen=True, gc=False):
    name: str
    first: int
    last: int
    strict: bool = False
    """An ordinary word too: a test only with a number and its unit."""


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence or line stands; text without an end is cut at a space, so that the work stays in proportion."""
    cuts = [0, *(m.end() for m in _SENTENCE.finditer(text)), len(text)]
    found: list[tuple[int, int]] = []
    for start, end in pairwise(cuts):
        while end - start > LONGEST_SENTENCE:
            space = text.rfind(" ", start + 1, start + LONGEST_SENTENCE)
            middle = space if space > start else start + LONGEST_SENTENCE
            found.append((start, middle))
            start = middle
        found.append((start, end))
    return [(a, b) for a, b in found if text[a:b].strip()]


def names_in(words: Sequence[Word], index: AnalyteIndex) -> list[Name]:
    """Every name of a test, the longest at each place; hyphens and brackets inside a name do not matter."""
    solid = [at for at, word in enumerate(words) if word.text[0].isalnum()]
    found: list[Name] = []
    place = 0
    while place < len(solid):
        at = solid[place]
        if words[at].text not in index.begins:
            place += 1
            continue
        for strict, table in ((False, index.by_first), (True, index.strict)):
            name = _name_at(words, solid, place, table)
            if name:
                place += len(name) - 1
                more = _specimen(words, solid[place + 1 : place + 4], solid[place], index)
                place += more
                # "i.S. 120": the full stop belongs to it.
                end = solid[place]
                end += (
                    more > 0
                    and len(words[end].text) == 1
                    and [w.text for w in words[end + 1 : end + 2]] == ["."]
                )
                found.append(Name(" ".join(name), at, end, strict))
                break
        place += 1
    return found


TOKEN = pattern(r"[^\W_]+|\S", re.UNICODE)


def names_one(text: str, index: AnalyteIndex) -> bool:
    """Whether a test is named in some words."""
    return bool(_named(text, index))


def names_several(text: str, index: AnalyteIndex) -> bool:
    """Whether more than one test is."""
    names = _named(text, index)
    return len({one for name in names for one in index.names.get(tuple(name.split()), (name,))}) > 1


def _named(text: str, index: AnalyteIndex) -> list[str]:
    words = [Word(m[0].lower(), m.start(), m.end()) for m in TOKEN.finditer(text)]
    return [name.name for name in names_in(words, index) if not name.strict]


_ANTIBODY = ("if", "antibody")
_CAPITALS = pattern(
    r"\b(IF)[ -]?(?=(?:(?:was|is|also|were|came back|strongly|weakly) ){0,2}(?:positive|negative|pos\b|neg\b|[+-] ?ve\b|[+-](?=[\s,.;)]|$)))"
)
"""Abbreviations that are words in small letters: "*IF* positive"."""


def in_capitals(text: str, words: Sequence[Word], found: Sequence[Name], index: AnalyteIndex) -> list[Name]:
    """With the names found, those that only capitals and a verdict behind them make a name: "*IF* +ve"."""
    if not words or _ANTIBODY not in index.names:
        return list(found)
    taken = {i for one in found for i in range(one.first, one.last + 1)}
    starts = {m.start() for m in _CAPITALS.finditer(text, words[0].start, words[-1].end)}
    more = [
        Name(" ".join(_ANTIBODY), i, i) for i, w in enumerate(words) if w.start in starts and i not in taken
    ]
    return sorted([*found, *more], key=lambda one: one.first) if more else list(found)


def _specimen(words: Sequence[Word], after: Sequence[int], last: int, index: AnalyteIndex) -> int:
    """How many words behind a name say in what it was measured: "Vitamin B12 *im Serum*", "Ferritina *nel siero*"."""
    for length in range(len(after), 0, -1):
        upto = after[:length]
        said = " ".join(words[i].text for i in upto)
        if said in index.words.specimens and _joined(words, [last, *upto]):
            return length
    return 0


def _name_at(
    words: Sequence[Word], solid: Sequence[int], place: int, table: Mapping[str, tuple[tuple[str, ...], ...]]
) -> tuple[str, ...]:
    for name in table.get(words[solid[place]].text, ()):
        upto = solid[place : place + len(name)]
        if tuple(words[i].text for i in upto) == name and _joined(words, upto):
            return name
    return ()


def _joined(words: Sequence[Word], upto: Sequence[int]) -> bool:
    """The words follow each other, with at most a hyphen, slash or colon between them."""
    return all(words[i].text in "-–/:'().+&" for a, b in itertools.pairwise(upto) for i in range(a + 1, b))
