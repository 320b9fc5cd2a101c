"""A lack of B12 that nobody has treated: "known B12 deficiency, *no treatment yet*" says that no B12 is given."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import BLANK, Hit
from cobalens.intake.words.tokens import MARKS, Token, spell
from cobalens.model.record import Event

_OTHER = frozenset({"condition", "drug", "procedure"})
_IT = frozenset({"it", "this", "that", "her", "his", "my", "their", "the"})


def untreated(
    tokens: list[Token], hits: list[Hit], said: Sequence[Event], before: Sequence[Event], lexicon: CompiledLexicon
) -> Hit | None:  # fmt: skip
    """The words that say so of a lack that is ``said`` in the sentence, or was said in the one ``before`` where nothing else is."""
    words = lexicon.untreated
    named = {e.concept for e in said if e.affirmed and not e.doubt and not e.family}
    lacks = [
        (h.first, h.last) for h in hits if any(m == "concept" and n in named & words.of for m, n in h.marks)
    ] + _low(tokens, lexicon)
    for hit in hits:
        if ("untreated", "") not in hit.marks or _goes_on(tokens, hits, hit, lacks, words.after):
            continue
        if any(not _parted(tokens, hits, hit, lack, lexicon) for lack in lacks):
            return hit
        others = any(h is not hit and h.marks and h.marks[0][0] in ("concept", "background") for h in hits)
        last = {e.concept for e in before if e.affirmed and not e.doubt and not e.family}
        if not lacks and not said and not others and last & words.of and _alone(tokens, hit, lexicon):
            return hit
    return None


def _low(tokens: list[Token], lexicon: CompiledLexicon) -> list[tuple[int, int]]:
    """Where a result was read that is called low or deficient: its words are blank by now."""
    return [
        (i, i + 1)
        for i, token in enumerate(tokens)
        if token.norm == BLANK and spell(token.raw.lower(), lexicon.spelling) in lexicon.untreated.low
    ]


def _goes_on(
    tokens: list[Token], hits: list[Hit], hit: Hit, lacks: Sequence[tuple[int, int]], after: Collection[str]
) -> bool:  # fmt: skip
    """Whether what follows makes it something else: "no treatment *since* 2020", "no treatment *for diabetes*"."""
    following = tokens[hit.last].norm if hit.last < len(tokens) else ""
    if following != "for":
        return following in after
    at = hit.last + 1
    if at < len(tokens) and tokens[at].norm in _IT and not any(first == at + 1 for first, _ in lacks):
        return any(h.first == at + 1 for h in hits)
    return not any(first in (at, at + 1) for first, _ in lacks)


def _parted(
    tokens: list[Token], hits: list[Hit], hit: Hit, lack: tuple[int, int], lexicon: CompiledLexicon
) -> bool:  # fmt: skip
    """Whether another illness, medicine or operation stands between the lack and the words, which may then be said of that."""
    first, last = min(hit.last, lack[1]), max(hit.first, lack[0])
    if hit.last <= lack[0] and any(
        token.norm in MARKS or token.norm in ("and", "or") for token in tokens[first:last]
    ):
        return True
    return any(
        first <= h.first < last
        and any(m == "background" or (m == "concept" and lexicon.kinds.get(n) in _OTHER) for m, n in h.marks)
        for h in hits
    )


def _alone(tokens: list[Token], hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether the sentence says no more than that."""
    return all(
        hit.first <= i < hit.last or t.norm in MARKS or t.norm in lexicon.fillers or t.norm in lexicon.timely
        for i, t in enumerate(tokens)
    )
