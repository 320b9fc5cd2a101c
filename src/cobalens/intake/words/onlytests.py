"""Whether a word that is a medicine and a test, such as *B12*, names the test here."""

from __future__ import annotations

from cobalens.intake.words.context import Scene, Status
from cobalens.intake.words.lexicon import denies_drugs
from cobalens.intake.words.matcher import Hit

DRUG_FIELDS = frozenset({"medications", "supplements"})
_OF_A_LEVEL = frozenset(
    {"normal", "fine", "ok", "okay", "good", "low", "high", "level", "result", "borderline"}
)
"""What is said of a blood test, not of a medicine."""
_CHECKS = frozenset(
    "check recheck rechecking checking repeat repeating measure retest test request order send monitor rpt".split()
)
"""Before the name of a test these make it one that is to be done; below, what behind it is a medicine all the same."""
_GIVEN = frozenset({"prescription", "script", "rx", "dose", "course", "loading", "treatment", "replacement"})


def only_a_test(hit: Hit, kind: str, status: Status, field: str, scene: Scene, chunk_of: list[int]) -> bool:
    """Whether a word such as *B12* names a blood test here, not a medicine."""
    if kind != "drug" or field in DRUG_FIELDS or hit.key not in scene.lexicon.tests:
        return False
    after = scene.tokens[hit.last].norm if hit.last < len(scene.tokens) else ""
    before = scene.tokens[max(0, hit.first - 2) : hit.first]
    if after not in _GIVEN and any(token.norm in _CHECKS for token in before):
        # "Recheck B12 next week" plans a test.
        return True
    said = {t.norm for t in scene.tokens[hit.last : max(status.to_token, hit.last)]}
    if said & _OF_A_LEVEL and status.affirmed:
        # "B12 normal until this year" is no medicine that was stopped.
        return True
    if not status.affirmed or status.over or status.time in ("planned", "past"):
        return False
    chunk = chunk_of[hit.first]
    for other in scene.hits:
        marks = {m for m, _ in other.marks}
        if chunk_of[other.first] == chunk and marks & {"drug_cue", "route"}:
            return False
        if other.key not in scene.lexicon.tests and any(
            m == "umbrella" and denies_drugs(n, scene.lexicon) for m, n in other.marks
        ):
            return False
    return True
