"""What the program says of its own accord, refusals and remarks on the data, in the reader's language.

They are made in English where something is noticed; the catalogue knows their sentences with a hole for what was filled in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from cobalens.model.ruleset import SAID, Say

HOLE = re.compile(r"\{([a-z_0-9]+)\}")
LABEL = "label:"
SHORT = 5
"""Letters: a sentence with fewer that are fixed joins words within another, and says nothing by itself."""
DEEPEST = 6
"""A remark may hold another, that one a list, and this several names; nothing lies deeper."""
LONGEST = 2_000
"""Characters; what is longer quotes something at length, and is not searched for a sentence."""


class Remarks(Struct, frozen=True):
    """The sentences of the program in one language."""

    known: dict[str, str]
    holed: tuple[str, ...]
    """Those into which something is filled, the longest first: the more of a sentence is fixed, the surer it is the one meant."""
    names: dict[str, str]
    """Tests, conditions and medicines, which are filled in."""

    def say(self, sentence: str) -> str:
        """A sentence of the program; one that is not known stays as it is."""
        return told(self, sentence, 0) if self.known else sentence

    def part(self, words: str) -> str:
        """Words that stand within a sentence, such as a value with what it was calculated from."""
        return told(self, words, 1) if self.known else words

    def own(self, text: str) -> str:
        """Words that are either quoted or the program's own: what is quoted stays, whatever it resembles."""
        return self.known.get(text, text)


def remarks_of(words: Mapping[str, Say]) -> Remarks:
    known = {code.removeprefix(SAID): say.title for code, say in words.items() if code.startswith(SAID)}
    return Remarks(
        known=known,
        holed=tuple(sorted(filter(HOLE.search, known), key=lambda one: -fixed(one))),
        names={code.removeprefix(LABEL): say.title for code, say in words.items() if code.startswith(LABEL)},
    )


def told(remarks: Remarks, sentence: str, depth: int) -> str:
    bare = sentence.strip()
    found = remarks.known.get(bare) or named(remarks.names, bare)
    if found is None and depth < DEEPEST and len(bare) <= LONGEST:
        holed = remarks.holed if depth else [one for one in remarks.holed if fixed(one) >= SHORT]
        made = (filled(remarks, one, bare, depth) for one in holed)
        found = next((one for one in made if one is not None), None)
    return sentence.replace(bare, found, 1) if found else sentence


def fixed(template: str) -> int:
    return sum(map(str.isalpha, HOLE.sub("", template)))


def named(names: Mapping[str, str], name: str) -> str | None:
    """A name as the vocabulary has it, or as it begins a sentence."""
    small = name[:1].lower() + name[1:]
    if name in names or small not in names:
        return names.get(name)
    return names[small][:1].upper() + names[small][1:]


def filled(remarks: Remarks, template: str, sentence: str, depth: int) -> str | None:
    match = pattern_of(template).fullmatch(sentence)
    if match is None:
        return None
    parts = {name: told(remarks, part, depth + 1) for name, part in match.groupdict().items()}
    return HOLE.sub(lambda hole: parts[hole[1]], remarks.known[template])


@lru_cache(maxsize=1024)
def pattern_of(template: str) -> re.Pattern[str]:
    """Finds what was filled into the holes of a sentence."""
    made, end = "", 0
    for hole in HOLE.finditer(template):
        made += re.escape(template[end : hole.start()]) + f"(?P<{hole[1]}>.*?)"
        end = hole.end()
    return re.compile(made + re.escape(template[end:]), re.DOTALL)
