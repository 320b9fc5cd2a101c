"""A heading of allergies with its list in the lines below: what stands there is what somebody cannot take, and nothing that is taken."""

from __future__ import annotations

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import MARKS, Token

HEADED, INSIDE = "headed", "inside"
_NONE = frozenset("none nil no not nkda nka unknown never denies".split())
_REACTIONS = frozenset("symptom condition finding allergy".split())


def in_list(part: list[Token], hits: list[Hit], before: str, lexicon: CompiledLexicon) -> str:
    """Whether a line heads a list of allergies, or stands in the one that was headed ``before``; else nothing."""
    words = [i for i, token in enumerate(part) if token.norm not in MARKS]
    if not words:
        return before if before == HEADED else ""
    heads = next((h for h in hits if h.first == words[0] and ("allergy_list", "") in h.marks), None)
    if heads is not None and words[-1] < heads.last:
        return HEADED
    if not before or part[words[0]].norm in _NONE or any(token.norm[0].isdigit() for token in part):
        # What has a dose is taken.
        return ""
    if part[words[-1]] is not part[-1] and part[words[-1] + 1].norm == ":":
        return ""
    named = [
        (mark, lexicon.kinds.get(name, ""))
        for h in hits
        for mark, name in h.marks
        if mark in ("concept", "background", "drug_cue", "adherence")
    ]
    listed = named and all(
        mark == "background" or kind == "drug" or kind in _REACTIONS for mark, kind in named
    )
    return INSIDE if listed and words[-1] - words[0] < MOST_WORDS else ""


MOST_WORDS = 8
"""A longer line is a sentence and no item of a list."""
