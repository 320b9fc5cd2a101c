"""Injections that nobody named: "PA, has his *jabs every 3 months*" are B12, "prostate cancer, *3-monthly injections*" need not be.

What makes them B12, and what makes them something else, is data (``[unnamed]`` in ``lexicon/context.toml``). Where
neither is plain they are listed, and not taken for B12.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token, spell

_LISTS = frozenset({"medications", "supplements"})
Topic = Literal["own", "other", ""]
_SHORT = 2
"""So short a word is an abbreviation and counts in capitals alone: "PA"."""
_STOPS = frozenset({".", ";", "!", "?", "\n"})
_NEAR = 6
"""So many words may stand between an injection and how often it is given."""


def named_by_topic(
    part: list[Token],
    hits: list[Hit],
    gapped: list[Hit],
    tokens: list[Token],
    field: str,
    lexicon: CompiledLexicon,
) -> tuple[list[Hit], list[Hit], list[Hit]]:
    """The hits of a sentence with its unnamed injections named, those with a gap, and injections that stay unnamed."""
    words = lexicon.unnamed
    if not any(part[i].norm in words.given for i in range(len(part))):
        return hits, gapped, []
    out, unclear = [], []
    for hit in hits:
        if _is_guess(hit, lexicon):
            topic = _topic(hit, part, tokens, lexicon)
            # In a list of medicines a phrase stands by itself, and other entries may be what is injected.
            if topic == "other" or (not topic and field in _LISTS):
                unclear.append(hit)
                hit = replace(hit, marks=tuple(m for m in hit.marks if m != words.mark))
        elif (
            _is_bare(hit, lexicon)
            and _is_regular(hit, part, lexicon)
            and not _is_named(hit, part, hits, lexicon)
        ):
            if _topic(hit, part, tokens, lexicon) == "own":
                hit = replace(hit, marks=(*hit.marks, words.mark))
            else:
                unclear.append(hit)
        if hit.marks:
            out.append(hit)
    kept = [h for h in gapped if not _is_guess(h, lexicon) or _topic(h, part, tokens, lexicon) != "other"]
    return out, kept, unclear


def _is_guess(hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether a phrase that stands for B12 by injection names no medicine: "3 monthly injection"."""
    said = set(hit.key.split())
    return (
        lexicon.unnamed.mark in hit.marks
        and bool(said & lexicon.unnamed.given)
        and not said & lexicon.unnamed.own
    )


def _is_bare(hit: Hit, lexicon: CompiledLexicon) -> bool:
    return hit.key in lexicon.unnamed.given


def _is_regular(hit: Hit, part: list[Token], lexicon: CompiledLexicon) -> bool:
    near = part[max(0, hit.first - _NEAR) : hit.last + _NEAR]
    return any(token.norm in lexicon.unnamed.often or _is_interval(token.norm) for token in near)


def _is_interval(norm: str) -> bool:
    """``3/12`` and ``12/52`` behind an injection are its interval."""
    number, stroke, of = norm.partition("/")
    return bool(stroke) and number.isdigit() and of in ("12", "52")


def _is_named(hit: Hit, part: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether a medicine stands right beside it: "*methotrexate* injection", "injection of *insulin*"."""
    after = hit.last < len(part) and part[hit.last].norm == "of"
    beside = [h for h in hits if h.last == hit.first or (after and h.first == hit.last + 1)]
    return any(
        m == "background" or (m == "concept" and lexicon.kinds.get(n) == "drug")
        for one in beside
        if not lexicon.unnamed.own & set(one.key.split())
        for m, n in one.marks
    )


def _topic(hit: Hit, part: list[Token], tokens: list[Token], lexicon: CompiledLexicon) -> Topic:
    """Of what the nearest words speak: in its own sentence, in the one before it, then anywhere."""
    said = [(abs(i - hit.first), _of(token, lexicon)) for i, token in enumerate(part)]
    here = sorted(one for one in said if one[1])
    if here:
        return here[0][1]
    begin, end = part[0].start, part[-1].end
    before = [token for token in tokens if token.end <= begin]
    last = {_of(token, lexicon) for token in before[_last_sentence(before) :]} - {""}
    if len(last) == 1:
        return last.pop()
    others = {_of(token, lexicon) for token in tokens if not begin <= token.start < end}
    return "other" if "other" in others else "own" if "own" in others else ""


def _last_sentence(tokens: list[Token]) -> int:
    """Where the last sentence begins, its own stop apart."""
    stops = [i for i, token in enumerate(tokens[:-1]) if token.norm in _STOPS]
    return stops[-1] + 1 if stops else 0


def _of(token: Token, lexicon: CompiledLexicon) -> Topic:
    # A result that was read before blanks its words; what was written is still there.
    for word in (token.norm, spell(token.raw.lower(), lexicon.spelling)):
        if word in lexicon.unnamed.own and (len(word) > _SHORT or token.raw.isupper()):
            return "own"
        if word in lexicon.unnamed.other:
            return "other"
    return ""
