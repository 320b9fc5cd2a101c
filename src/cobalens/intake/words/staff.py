"""What somebody who looks after the patient is or has: "nurse practitioner *is vegan*", "her GP *takes metformin*"; not what they do for the patient."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.intake.words.lexicon import FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token
from cobalens.intake.words.triggers import Trigger

_SMALL = frozenset(
    "a an also herself himself on taking been both now actually themselves still known".split()
)
_TOLD_OF = {
    **dict.fromkeys(("is", "was"), ("diet", "condition", "function")),
    **dict.fromkeys(("has", "had"), ("condition",)),
    **dict.fromkeys(("takes", "took", "uses", "used"), ("drug", "exposure")),
    **dict.fromkeys(("eats", "follows"), ("diet",)),
}
"""By which verb of what kind of thing they tell of themselves: "nurse *has given* B12" tells of the patient."""
_ON_RECORD = frozenset("on down as in listed recorded documented coded noted".split())
_FAR = 4
_WHOSE = frozenset("her his my the their our and but while".split())
_LEADS = frozenset(
    "practice district community specialist social support key care health macmillan ward clinic research link nurse home lead".split()
)


def of_staff(tokens: Sequence[Token], hits: Sequence[Hit], lexicon: CompiledLexicon) -> list[Trigger]:
    """The words by which a sentence goes over to them."""
    out = []
    for i in range(len(tokens) - 2):
        kinds = _TOLD_OF.get(tokens[i + 1].raw.lower(), ())
        if tokens[i].norm not in lexicon.relatives.staff or not kinds or _is_patients_own_work(tokens, i):
            continue
        at = i + 2
        while at < min(len(tokens), i + 2 + _FAR) and tokens[at].norm in _SMALL:
            kinds = ("drug",) if tokens[at].norm in ("on", "taking") and "diet" in kinds else kinds
            at += 1
        told = next((h for h in hits if h.first == at), None)
        if told is None or not any(m == "concept" and lexicon.kinds.get(n) in kinds for m, n in told.marks):
            continue
        after = tokens[told.last].norm if told.last < len(tokens) else ""
        if after not in _ON_RECORD:
            out.append(Trigger("family", FORWARD, i, i + 2))
    return out


def _is_patients_own_work(tokens: Sequence[Token], i: int) -> bool:
    """Whether it is what the patient works as: "52 year old *nurse*", "works as a *nurse*", "office *worker*"."""
    at = i
    while at and tokens[at - 1].norm in _LEADS:
        at -= 1
    if tokens[i].norm == "worker" and at == i:
        return True
    before = tokens[at - 1] if at else None
    return before is not None and before.norm[0].isalnum() and before.norm not in _WHOSE
