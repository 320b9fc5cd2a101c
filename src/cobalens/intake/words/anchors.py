"""What a denial or a doubt only mentions: that from which a time is counted ("no B12 since her *gastrectomy*"), and the medicine on which a complaint did not come ("no numbness on *oxaliplatin*")."""

from __future__ import annotations

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token

_FROM = frozenset({"since", "after", "before", "until", "till", "despite", "following"})
_DURING = frozenset({"on", "with", "from", "during", "by"})
_COMPLAINTS = frozenset({"symptom", "finding", "condition"})
_TROUBLES = frozenset(
    "problem trouble issue complication reaction effect upset difficulty nausea sickness bloating intolerance symptom toxicity".split()
)
"""Words for what a medicine may do, beside the complaints that are known."""
_STOPS = frozenset({",", ":", "(", ")", ";"})
_JOINS = frozenset({"and", "or", "nor", "&", "/", "with", "plus"})
_TAKEN = frozenset({"drug", "exposure"})


def is_anchor(begin: int, first: int, hit: Hit, kind: str, tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool:  # fmt: skip
    """Whether the phrase only tells from when, or on what; ``begin`` and ``first``: where the denial, or the doubt, begins and ends."""
    if not kind:
        return False
    between = range(first, hit.first)
    at = next((i for i in reversed(between) if tokens[i].norm in _FROM or _is_prior(tokens, i)), None)
    if at is not None:
        return _follows(at, hit, kind, tokens, hits, lexicon)
    if kind not in _TAKEN:
        return False
    at = next((i for i in reversed(range(begin, hit.first)) if tokens[i].norm in _DURING), None)
    return (
        at is not None
        and _troubled(range(begin, at), tokens, hits, lexicon)
        and _follows(at, hit, kind, tokens, hits, lexicon)
    )


def _is_prior(tokens: list[Token], i: int) -> bool:
    return tokens[i].norm == "to" and i > 0 and tokens[i - 1].norm == "prior"


def _kinds(hit: Hit, lexicon: CompiledLexicon) -> set[str]:
    return {lexicon.kinds.get(name, "") for mark, name in hit.marks if mark == "concept"}


def _follows(
    at: int, hit: Hit, kind: str, tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon
) -> bool:
    """Whether it is what the small word speaks of, or the next of a list of such: "since *gastrectomy* and *bypass*"."""
    norms = [tokens[i].norm for i in range(at + 1, hit.first)]
    if any(norm in _STOPS for norm in norms) or norms[:1] in (["or"], ["and"]):
        return False
    if not any(norm in _JOINS for norm in norms):
        return True
    first = next((_kinds(h, lexicon) for h in hits if h.first > at and _kinds(h, lexicon)), set())
    # "No numbness since gastrectomy or weakness": another kind of thing goes on with what is denied.
    return kind in first


def _troubled(before: range, tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether a complaint stands there, so that it is what is denied."""
    return any(tokens[i].norm in _TROUBLES for i in before) or any(
        h.first in before and _kinds(h, lexicon) & _COMPLAINTS for h in hits
    )
