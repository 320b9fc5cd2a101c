"""Of what a trigger in brackets or behind a colon speaks: of what stands right before them, or of a medicine within."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cobalens.intake.words.triggers import Trigger

if TYPE_CHECKING:
    from cobalens.intake.words.context import Scene

DRUG_LIKE = frozenset({"drug", "procedure", "exposure", "diet"})


def in_brackets(trigger: Trigger, comma: int, scene: Scene) -> bool:
    """Whether brackets behind one thing of a list tell only of that: "omeprazole, letrozole (*finished 2006*)"."""
    if trigger.first == 0 or scene.tokens[trigger.first - 1].norm != "(":
        return False
    between = (h for h in scene.hits if comma < h.first and h.last < trigger.first)
    return any(m in ("concept", "background") for h in between for m, _ in h.marks)


def holds_drug(bracket: int, trigger: Trigger, scene: Scene) -> bool:
    """Whether the trigger stands in these brackets behind a medicine of which it speaks."""
    if any(token.norm == ")" for token in scene.tokens[bracket : trigger.first]):
        return False
    kinds = scene.lexicon.kinds
    inside = (h for h in scene.hits if bracket < h.first and h.last <= trigger.first)
    return any(m == "concept" and kinds.get(n) in DRUG_LIKE for h in inside for m, n in h.marks)


def of_what_heads(trigger: Trigger, colon: int, scene: Scene) -> bool:
    """Whether a medicine heads its line, of which it is only told what became of it: "Hydroxocobalamin: prescribed, *not yet given*"."""
    named = (h for h in scene.hits if colon < h.first < trigger.first)
    told = any(mark == "concept" for h in named for mark, _ in h.marks)
    # "Metformin: continues, aspirin: stopped": each label has its own answer.
    told = told or any(token.norm == ":" for token in scene.tokens[colon + 1 : trigger.first])
    return trigger.name in ("planned", "refused", "over") and not told
