"""Where sentences stand in running text, and where the names of tests stand in a sentence."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from cobalens.intake.patterns import pattern
from cobalens.intake.testnames import AnalyteIndex

_SENTENCE = pattern(r"[.;!?](?=\s|$)|\n+")
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
                found.append(Name(" ".join(name), at, solid[place + len(name) - 1], strict))
                place += len(name) - 1
                break
        place += 1
    return found


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
