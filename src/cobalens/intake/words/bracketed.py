"""Of what a trigger in brackets speaks: of what stands right before them, or of a medicine within."""

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
