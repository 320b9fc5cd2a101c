"""What introduces an abbreviation that means several things: "k/c/o *DM*", "?*PA*", "on *pembro*", "*carbo*/pemetrexed"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cobalens.intake.patterns import pattern
from cobalens.intake.words.lexicon import CompiledLexicon, Mark, begun
from cobalens.intake.words.tokens import Token

_BETWEEN = frozenset({":", ",", "had", "has", "have", "with", "of"})
_SMALL = frozenset({":", "of", "the", "her", "his", "my"})
_LISTED = frozenset({":", ",", "/", "&", "+", "-", "and"})
_ENDS = frozenset({".", ";", "\n", "\u2022", "?", "!"})
_TIMES = pattern(r"[x×]\d{1,2}")
"""How often a course was given: "BEP x4"."""
_FOLLOWS = frozenset(
    "with on since diagnosed dx dxd started stopped finished completed given ongoing cycle cycles course courses".split()
)


def introduced(
    tokens: list[Token], first: int, last: int, key: str, fields: Collection[str], lexicon: CompiledLexicon
) -> bool:
    """Whether words beside it say what it is: "k/c/o DM", "?PA", "known PA", "PMH: asthma, PA", "PA on B12", "on pembro"."""
    before = first - 1
    while before >= 0 and tokens[before].norm in _BETWEEN:
        before -= 1
    if before >= 0 and tokens[before].norm in lexicon.introduces:
        return True
    if "medications" in fields and last < len(tokens) and _TIMES.fullmatch(tokens[last].norm):
        return True
    if "medications" in fields and _beside_drug(tokens, first, last, lexicon):
        return True
    if " " in key or key in lexicon.not_introduced:
        return False
    if not first and "conditions" in fields and _opens(tokens, last):
        return True
    near = first - 1
    while near >= 0 and tokens[near].norm in _SMALL:
        near -= 1
    if near >= 0 and any(
        field in fields and tokens[near].norm in words for field, words in lexicon.introduces_as.items()
    ):
        return True
    if "conditions" in fields and _is_reason(tokens, first, last, lexicon):
        return True
    if first == 0 or tokens[first - 1].norm in _LISTED or tokens[first - 1].norm in _ENDS:
        if last < len(tokens) and tokens[last].norm in _FOLLOWS:
            return True
        if first and "conditions" in fields and tokens[first - 1].norm in _LISTED:
            return _in_list(tokens, first, lexicon)
    return False


def _beside_drug(tokens: list[Token], first: int, last: int, lexicon: CompiledLexicon) -> bool:
    """Whether only a stroke or a plus parts it from a medicine: "*pembro*/pemetrexed/*carbo*"."""
    near = [tokens[first - 2].norm] if first > 1 and tokens[first - 1].norm == "/" else []
    near += [tokens[last + 1].norm] if last + 1 < len(tokens) and tokens[last].norm == "/" else []
    return any(
        mark == "concept" and lexicon.kinds.get(name) == "drug"
        for word in near
        for mark, name in _marks_of(word, lexicon)
    )


def _marks_of(word: str, lexicon: CompiledLexicon) -> Sequence[Mark]:
    known = begun(word, lexicon) if word not in lexicon.only else None
    return lexicon.entries[known.phrases[word]] if known is not None and word in known.phrases else ()


def _is_reason(tokens: list[Token], first: int, last: int, lexicon: CompiledLexicon) -> bool:
    """Whether capitals stand alone in brackets behind a medicine, or with their year: "B12 injections (*PA* 2015)", not "J Smith (PA)"."""
    if first < 2 or tokens[first - 1].norm != "(":
        return False
    marks = _marks_of(tokens[first - 2].norm, lexicon)
    if not any(
        mark == "drug_cue" or (mark == "concept" and lexicon.kinds.get(name) == "drug")
        for mark, name in marks
    ):
        return False
    while last < len(tokens) and tokens[last].norm[0].isdigit():
        last += 1
    return tokens[first].raw.isupper() and last < len(tokens) and tokens[last].norm == ")"


def _opens(tokens: list[Token], last: int) -> bool:
    """Whether capitals stand alone at the beginning of a sentence, as a diagnosis does: "*PA*. On injections", "*PA* (IF+)", "*PA*, next jab"."""
    while last < len(tokens) and tokens[last].norm[0].isdigit():
        # "*PA* 2015 - injections": when it was found.
        last += 1
    return (
        len(tokens[0].raw) > 1
        and tokens[0].raw.isupper()
        and tokens[last : last + 1] != []
        and (tokens[last].norm in ".;(," or tokens[last].raw in "-\u2013\u2014")
    )


def _in_list(tokens: list[Token], first: int, lexicon: CompiledLexicon) -> bool:
    """Whether the head of a list of diagnoses stands before it in its sentence."""
    for i in range(first - 1, -1, -1):
        if tokens[i].norm in _ENDS:
            return False
        if tokens[i].norm in lexicon.introduces_list:
            return True
    return False
