"""A complaint that the words put down to something local and long known: "*incontinent* since his prostatectomy".

Which complaints and which reasons is data (``explained`` in the lexicon). A reason that is denied or in doubt explains
nothing, nor does any where the complaint is new or worse; and a denied complaint stays denied.
"""

from __future__ import annotations

from cobalens.intake.words.context import Scene, Status, status_of
from cobalens.intake.words.matcher import Hit

_STOPS = frozenset({".", ";", "!", "?"})


def put_down(name: str, hit: Hit, status: Status, gapped: list[Hit], scene: Scene) -> bool:
    if not status.affirmed or _is_new(hit, scene):
        return False
    for around in gapped:
        if ("explained", name) not in around.marks or not (
            around.first <= hit.first and hit.last <= around.last
        ):
            continue
        reason = next((p for p in around.pieces if p[1] <= hit.first or hit.last <= p[0]), None)
        if reason is not None:
            said = status_of(Hit(*reason, (), ""), "condition", scene)
            if said.affirmed and not (said.doubt or said.family or said.spoken_of):
                return True
    return False


def _is_new(hit: Hit, scene: Scene) -> bool:
    """Whether its sentence holds a word that makes the complaint new or worse."""
    stops = [at for at, token in enumerate(scene.tokens) if token.norm in _STOPS]
    first = max((at + 1 for at in stops if at < hit.first), default=0)
    last = min((at for at in stops if at >= hit.last), default=len(scene.tokens))
    return any(token.norm in scene.lexicon.anew for token in scene.tokens[first:last])
