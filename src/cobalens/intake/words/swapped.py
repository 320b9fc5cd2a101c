"""One medicine for another: "metformin was *switched to* gliclazide" ends the first; a new dose or form ends nothing."""

from __future__ import annotations

from itertools import pairwise

from cobalens.intake.words.lexicon import BACKWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.triggers import Trigger

NEAR = 2
"""Words that may stand before the medicine that takes over."""
_FORMS = frozenset(
    "xr xl cr mr sr la er patch patches gel pen soluble solutab mups liquid alternate release solution coated nasal spray".split()
)


def swaps(hits: list[Hit], lexicon: CompiledLexicon) -> list[Trigger]:
    return [
        Trigger("over", BACKWARD, hit.first, hit.last)
        for hit, after in pairwise(hits)
        if ("swapped", "") in hit.marks
        and after.first - hit.last <= NEAR
        and _is_other_drug(after, [h for h in hits if h.last <= hit.first], lexicon)
    ]


def _is_other_drug(hit: Hit, before: list[Hit], lexicon: CompiledLexicon) -> bool:
    if ("background", "") in hit.marks and not _FORMS.intersection(hit.key.split()):
        return True
    drugs = {name for mark, name in hit.marks if mark == "concept" and lexicon.kinds.get(name) == "drug"}
    same = any(name in drugs for one in before for mark, name in one.marks if mark == "concept")
    return bool(drugs) and not same
