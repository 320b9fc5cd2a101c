"""A plan under a condition: "*if* nerve signs, start hydroxocobalamin". It is neither taken nor planned, and it is told."""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.intake.words.lexicon import FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import BLANK, Hit
from cobalens.intake.words.tokens import Token

IF_IT_COMES_TO_IT = "whether the condition is met"
_IF = frozenset({"if", "should", "unless"})
_ONLY_IF = frozenset({"if", "unless"})
_GIVEN = frozenset({"drug", "procedure", "exposure"})
_BREAKS = frozenset(".;\n\u2022!?") | {"but", "although"}
_AS_NEEDED = frozenset(
    "needed required necessary possible available tolerated able not so i memory correct anything only".split()
)
"""Behind an *if* these make no condition of a plan: "start tablets *if possible*", "metoclopramide *if needed*"."""
_PARTS = frozenset({",", "and", "(", ":", "with", "for"})
_NO_CONDITION = frozenset(
    "ask asks asked asking wonder wonders wondering know knows see worried unsure sure check clear as even".split()
)
"""Before an *if* these make it a question, or a manner of speaking."""


def opens(first: int, tokens: list[Token]) -> bool:
    """Whether an *if* at ``first`` opens its sentence or what stands behind a colon, so that what follows hangs on it."""
    said = tokens[first].norm
    if said not in _IF and not (
        said == "in" and first + 1 < len(tokens) and tokens[first + 1].norm == "case"
    ):
        return False
    return not any(token.norm[0].isalnum() for token in tokens[:first]) or tokens[first - 1].norm in ":("


def reaches(first: int, hit: Hit, kind: str, tokens: list[Token]) -> bool:
    """Whether a treatment is what is done under the condition that opens at ``first``."""
    if kind not in _GIVEN or not opens(first, tokens):
        return False
    return not any(token.norm in _BREAKS for token in tokens[first : hit.first])


def hangs_on(hit: Hit, kind: str, planned: bool, tokens: list[Token]) -> bool:
    """Whether the condition of a plan stands behind it: "start hydroxocobalamin *if* neurological symptoms develop".

    An operation is none that was done where the *if* stands in its own clause: "gastrectomy *if* the PET is negative".
    """
    if kind == "drug" and not planned and _on_a_result(hit, tokens):
        return True
    if kind not in _GIVEN or not (planned or kind == "procedure"):
        return False
    for i in range(hit.last, len(tokens) - 1):
        norm = tokens[i].norm
        if norm in _BREAKS or (not planned and (norm in _PARTS or norm[0].isdigit())):
            return False
        if norm in _ONLY_IF:
            return tokens[i + 1].norm not in _AS_NEEDED and tokens[i - 1].norm not in _NO_CONDITION
    return False


_RESULTS = frozenset(
    "level levels result results low b12 mma < below deficient confirmed positive raised".split()
)


_GOING_ON = frozenset(
    "continue continuing continues keep on taking takes stay remain remains stop reduce hold".split()
)
"""Before a treatment that is under way, whatever hangs on the result."""


def _on_a_result(hit: Hit, tokens: list[Token]) -> bool:
    """Whether a treatment hangs on a result that is awaited: "B12 injections *if level < 150*", not "antacid *if needed*"."""
    at = hit.last
    if at + 1 >= len(tokens) or tokens[at].norm not in _ONLY_IF:
        return False
    if any(token.norm in _GOING_ON for token in tokens[max(0, hit.first - 3) : hit.first]):
        return False
    return any(token.norm in _RESULTS or token.norm == BLANK for token in tokens[at + 1 : at + 4])


def heads_causes(tokens: list[Token], hits: list[Hit]) -> bool:
    """Whether a sentence is a list of what may be so of anybody: "*Causes to consider*: vegan diet, metformin"."""
    heads = (h for h in hits if ("hypothetical", FORWARD) in h.marks and ("allergy_list", "") not in h.marks)
    head = next((h for h in heads if h.last < len(tokens) and tokens[h.last].norm == ":"), None)
    return head is not None and any(m == "concept" for h in hits if h.first > head.last for m, _ in h.marks)


def is_told(tokens: list[Token], hits: list[Hit], said: Iterable[str], lexicon: CompiledLexicon) -> bool:
    """Whether a sentence names a treatment under a condition, of which nothing has been ``said``."""
    known = set(said)
    if any(token.norm == "?" for token in tokens):
        # "Should he have injections?" asks and plans nothing.
        return False
    given = [
        h
        for h in hits
        for m, n in h.marks
        if m == "concept" and n not in known and lexicon.kinds.get(n) in _GIVEN
    ]
    return any(
        any(opens(i, tokens) and i < h.first for i in range(h.first)) or hangs_on(h, "drug", True, tokens)
        for h in given
    )
