"""Whose a medicine is that a relative is named with: taken *by* them, or theirs and taken by the patient."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token


def is_taker(tokens: Sequence[Token], hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether the medicine before is the relative's own: "metformin is *taken by* her husband"."""
    near = [t.norm for t in tokens[max(0, hit.first - 3) : hit.first]]
    by = "by" in near and any(word in lexicon.relatives.takers for word in near)
    return by or (bool({"to", "for"} & set(near)) and any(word in _HANDED for word in near))


_HANDED = frozenset({"given", "prescribed", "administered", "dispensed", "belong", "belongs", "belonging"})
_USES = frozenset(
    "share borrow takes take taking took uses use using used borrows borrowed borrowing shares sharing shared has had".split()
)


_LENT = frozenset("share borrow use using used borrows borrowed borrowing sharing shared".split())
_BORROWED = frozenset("borrowed shared used pinched nicked".split())


def is_lent(tokens: Sequence[Token], hit: Hit) -> bool:
    """Whether somebody takes what is a relative's: "shares her *husband's* B12 tablets", "*wife's* omeprazole borrowed"."""
    if not tokens[hit.last - 1].raw.lower().endswith(("'s", "\u2019s")):
        return False
    if any(token.norm in _BORROWED for token in tokens[hit.last + 1 : hit.last + 4]):
        return not {"by", "from", "has", "is", ","} & {t.norm for t in tokens[hit.last : hit.last + 5]}
    if hit.first and tokens[hit.first - 1].norm in _LENT:
        return True
    if hit.first < 2:
        return False
    return tokens[hit.first - 1].norm in ("her", "his", "my", "their") and tokens[hit.first - 2].norm in _USES


def is_owner(tokens: Sequence[Token], hit: Hit) -> bool:
    """Whether only the relative's name stands behind what is theirs: "omeprazole (*husband's*)", "metformin - *wife's*"."""
    if not tokens[hit.last - 1].raw.lower().endswith(("'s", "\u2019s")):
        return False
    first = hit.first
    while first and tokens[first - 1].norm in ("her", "his", "my", "their"):
        first -= 1
    opened = first > 0 and tokens[first - 1].norm in ("(", ":")
    return opened and (hit.last == len(tokens) or tokens[hit.last].norm in (")", ".", ",", ";", "\n"))
