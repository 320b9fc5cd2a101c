"""What became of a medicine or an operation, told in a sentence of its own: "Hydroxocobalamin 1 mg IM: prescribed; *not given*", "B12 injections. *Lapsed*."."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cobalens.intake.words.lexicon import BACKWARD, FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit, find
from cobalens.intake.words.moments import moments
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.intake.words.triggers import at_end

Part = tuple[list[Token], frozenset[int]]
"""A sentence, and the places of its tokens that somebody else has read."""

_MOST = 12
"""Longer sentences say more than that alone."""
_CUES = frozenset(
    "not never refused declined omitted nil none uncollected unopened abandoned aborted unconfirmed suspected queried finished completed complete "
    "ended lapsed ran hold held paused suspended withheld longer more missed quit weaned deprescribed ceased discontinued withdrawn dropped available unavailable stock".split()
)
"""One of these is in whatever says so: whoever has none is not looked at."""
_BESIDE = frozenset(
    "it this that these them any all both either one dose doses was were has have had been but and so he she i they we patient pt client mum "
    "dad by the her his my their yet still however in end course prescription now currently since".split()
)
_OF_ALL = frozenset("all both either any none".split())
_ABOUT = {
    "refused": frozenset({"drug", "procedure"}),
    "over": frozenset({"drug"}),
    "undelivered": frozenset({"drug"}),
    "doubt": frozenset({"condition"}),
}
"""Of what kinds of things each speaks."""


def joined(
    parts: list[Part], field: str, lexicon: CompiledLexicon, as_of: str | None
) -> Iterator[tuple[Part, bool]]:
    """The sentences, one that says only what became of something read as the end of the one before.

    Where that one names several such things nobody knows which is meant, unless it says of all: then True stands
    beside the sentence that leaves it open.
    """
    before: Part | None = None
    blank: list[Part] = []
    open_ = False
    for part in parts:
        unclear = False
        if before is not None:
            if all(token.norm in MARKS for token in part[0]):
                blank.append(part)
                continue
            kinds = _speaks_of(part[0], field, lexicon, as_of)
            of = _named(before[0], field, lexicon, kinds) if kinds else 0
            if of == 1 or (of > 1 and any(token.norm in _OF_ALL for token in part[0])):
                before, blank = _one(before, part), []
                continue
            unclear = of > 1
            yield before, open_
            yield from ((one, False) for one in blank)
        before, blank, open_ = part, [], unclear
    if before is not None:
        yield before, open_
    yield from ((one, False) for one in blank)


def _speaks_of(
    tokens: list[Token], field: str, lexicon: CompiledLexicon, as_of: str | None
) -> frozenset[str]:
    """Of what kinds of things a sentence says what became of them, where it says that alone and perhaps when."""
    words = [i for i, token in enumerate(tokens) if token.norm not in MARKS]
    if len(words) > _MOST or not any(tokens[i].norm in _CUES for i in words):
        return frozenset()
    hits, _ = find(tokens, field, lexicon)
    covered = {i for moment in moments(tokens, lexicon, as_of) for i in range(moment.first, moment.last)}
    kinds: set[str] = set()
    for hit in hits:
        back = (BACKWARD, FORWARD) if at_end(tokens, hit.last) else (BACKWARD,)
        of = [_ABOUT[name] for name, direction in hit.marks if direction in back and name in _ABOUT]
        if of:
            covered.update(range(hit.first, hit.last))
            kinds.update(*of)
    alone = all(i in covered or tokens[i].norm in _BESIDE for i in words)
    return frozenset(kinds) if alone else frozenset()


def _named(tokens: list[Token], field: str, lexicon: CompiledLexicon, kinds: frozenset[str]) -> int:
    """How many things of these kinds a sentence names."""
    hits, _ = find(tokens, field, lexicon)
    return sum(
        any(mark == "concept" and lexicon.kinds.get(name) in kinds for mark, name in hit.marks)
        for hit in hits
    )


def _one(first: Part, second: Part) -> Part:
    """Both as one sentence; what parted them counts as a comma."""
    tokens = list(first[0])
    mark = len(tokens) - 1
    while tokens and tokens[-1].norm in MARKS:
        tokens.pop()
    comma = [replace(first[0][mark], norm=",")] if len(tokens) <= mark else []
    moved = len(tokens) + len(comma)
    return [*tokens, *comma, *second[0]], frozenset(first[1] | {place + moved for place in second[1]})


def is_undelivered(hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether of a medicine no more is said than that a dose could not be given: "cyanocobalamin: *not available on ward*"."""
    return any(("undelivered", BACKWARD) in hit.marks for hit in hits) and any(
        mark == "concept" and lexicon.kinds.get(name) == "drug" for hit in hits for mark, name in hit.marks
    )
