"""A pregnancy that is in doubt or only hoped for: "could be *pregnant*", "wants to get *pregnant*", not "likely PA in *pregnancy*"."""

from __future__ import annotations

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token

_REACHING = frozenset({"doubt", "offered"})
_APART = frozenset(
    {"from", "in", "with", "by", "during", "since", "for", "because", "due", "of", "after", "as", ",", "("}
)
"""Words behind which the pregnancy is only mentioned: "tiredness, possibly *from* pregnancy"."""
_MEANT = frozenset({"concept", "test", "observable", "background", "result"})


def is_of_state(
    trigger: str, first: int, last: int, hit: Hit, tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon
) -> bool:  # fmt: skip
    """Whether the words from ``first`` to ``last`` doubt or wish for the state itself, with nothing else between."""
    if trigger not in _REACHING or not any(m == "concept" and n in lexicon.states for m, n in hit.marks):
        return False
    between = range(last, hit.first) if last <= hit.first else range(hit.last, first)
    if any(tokens[i].norm in _APART for i in between):
        return False
    return not any(h.first in between and any(m in _MEANT for m, _ in h.marks) for h in hits)
