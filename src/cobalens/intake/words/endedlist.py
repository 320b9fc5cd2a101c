"""A heading of medicines that are over, with its list in the lines below: "*On hold:*", then "- pemetrexed" and "- metformin 1 g bd"."""

from __future__ import annotations

from cobalens.intake.words.allergylist import HEADED, INSIDE, MOST_WORDS
from cobalens.intake.words.kinds import IN_HEADINGS, MEDICINES
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.intake.words.triggers import Trigger

_WHEN = frozenset(
    {
        "now",
        "currently",
        "recently",
        "temporarily",
        "by",
        "gp",
        "at",
        "present",
        "the",
        "following",
        "have",
        "been",
        "were",
        "was",
        "these",
        "are",
        "acute",
        "repeat",
    }
)
_FAR = 4
"""How many words may stand between what heads a list and its colon."""
_ITEM = frozenset({"concept", "background", "drug_cue", "route", "adherence", "ignored"})


def in_ended_list(part: list[Token], hits: list[Hit], before: str, lexicon: CompiledLexicon) -> str:
    """Whether a line heads such a list, or stands in the one that was headed ``before``; else nothing."""
    words = [i for i, token in enumerate(part) if token.norm not in MARKS]
    if not words:
        return before if before == HEADED else ""
    if _is_heading(part, hits, words, lexicon):
        return HEADED
    after = part[words[-1] + 1].norm if words[-1] + 1 < len(part) else ""
    if not before or len(words) > MOST_WORDS or after == ":":
        return ""
    named = [(m, lexicon.kinds.get(n, "")) for h in hits for m, n in h.marks]
    drugs = any(m == "background" or (m == "concept" and kind == "drug") for m, kind in named)
    only = all(m in _ITEM and (m != "concept" or kind == "drug") for m, kind in named)
    return INSIDE if drugs and only else ""


def is_ended_row(part: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether a line names what is over behind such a heading of its own: "*Medications stopped:* metformin"."""
    colon = next((i for i, token in enumerate(part) if token.norm == ":"), None)
    if colon is None:
        return False
    head = part[: colon + 1]
    words = [i for i, token in enumerate(head) if token.norm not in MARKS]
    return bool(words) and _is_heading(head, [h for h in hits if h.last <= colon], words, lexicon)


def _is_heading(part: list[Token], hits: list[Hit], words: list[int], lexicon: CompiledLexicon) -> bool:
    """Whether a line says only that medicines are over, and ends by a colon or names them as such."""
    over = [h for h in hits if any(m == "over" for m, _ in h.marks) and ("allergy_list", "") not in h.marks]
    past = [h for h in hits if any(m == "past" for m, _ in h.marks)]
    nouns = {i for i in words if part[i].norm in MEDICINES}
    said = {i for h in (*over, *(past if nouns else ())) for i in range(h.first, h.last)}
    timed = {i for i in words if part[i].norm in lexicon.timely or part[i].norm[0].isdigit()}
    if not said or any(i not in said | nouns | timed and part[i].norm not in _WHEN for i in words):
        return False
    after = part[words[-1] + 1].norm if words[-1] + 1 < len(part) else ""
    return after == ":" or (bool(nouns) and after == "\n")


def heads(trigger: Trigger, colon: int, kind: str, tokens: list[Token], hits: list[Hit]) -> bool:
    """Whether the words before a colon only head what follows: "*Stopped* by GP: metformin", "*Past* drug history: metformin"."""
    words = (i for i, t in enumerate(tokens) if t.norm[0].isalpha() and t.norm not in IN_HEADINGS)
    first = next(words, 0)
    between = range(trigger.last, colon)
    of_drugs = kind == "drug" and any(tokens[i].norm in MEDICINES for i in between)
    return (
        (trigger.name in ("over", "planned") or (trigger.name == "past" and of_drugs))
        and trigger.first == first
        and len(between) < _FAR
        and not any(h.first in between and any(m == "concept" for m, _ in h.marks) for h in hits)
    )
