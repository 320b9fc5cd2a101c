"""What is only the purpose of something else, or in it: "takes spirulina *for* my B12", "gets her B12 *from* nori"; and how much is taken of it."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.intake.words.lexicon import CompiledLexicon, Unless
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token

_WHOSE = frozenset({"my", "her", "his", "the", "their", "some", "extra", "more"})
_OTHER = frozenset({"drug", "diet"})
_DIVIDE = frozenset(".;,\n") | {"and", "also"}
_FORMS = frozenset(
    "tablet tablets pill pills capsule capsules spray drops injection injections jab jabs shots medication something".split()
)
_FAR = 8


def is_held_by_another(
    tokens: Sequence[Token], hits: Sequence[Hit], hit: Hit, unless: Unless, lexicon: CompiledLexicon
) -> bool:
    """Whether another food or supplement is named that is taken for it or that holds it."""
    at = hit.first - 1
    while at > 0 and tokens[at].norm in _WHOSE:
        at -= 1
    if at > 0 and tokens[at].norm in unless.purpose:
        if tokens[at - 1].norm in _FORMS and not any(one.last == at - 1 and one is not hit for one in hits):
            # "Metformin and *tablets for* B12".
            return False
        begin = next((k + 1 for k in range(at - 1, -1, -1) if tokens[k].norm in _DIVIDE), 0)
        return _names_another(hits, hit, range(max(begin, at - _FAR), at), lexicon)
    if hit.last < len(tokens) and tokens[hit.last].norm in unless.source:
        return _names_another(hits, hit, range(hit.last + 1, hit.last + 3), lexicon)
    return False


def _names_another(hits: Sequence[Hit], hit: Hit, where: range, lexicon: CompiledLexicon) -> bool:
    return any(
        one.first in where
        and any(
            mark == "background" or (mark == "concept" and lexicon.kinds.get(name) in _OTHER)
            for mark, name in one.marks
        )
        for one in hits
        if one is not hit
    )


def is_amount_of_another(name: str, tokens: Sequence[Token], hits: Sequence[Hit], hit: Hit) -> bool:
    """Whether what is told is how much is had of something that is not meant: "*alcohol-free* beer, 3 cans a day"."""
    for one in hits:
        if ("instead", name) not in one.marks:
            continue
        if one.first < hit.last and hit.first < one.last:
            return True
        between = tokens[one.last : hit.first] if one.last <= hit.first else tokens[hit.last : one.first]
        words = [token.norm for token in between]
        if one.last <= hit.first and not _ANOTHER.intersection(words):
            return True
        if hit.last <= one.first and all(word in _OF for word in words):
            return True
    return False


_ANOTHER = frozenset(
    {"and", "plus", "but", "then", "also", "instead", "before", "previously", "or", "used", ";", "."}
)
"""Behind these another thing is told of."""
_OF = frozenset({"of", "all", "only", "always", ",", "(", "the", "-", "just"})
