"""Whose result a note tells: "her sister's B12 was 90 ng/L" is not the patient's, and is told as not used."""

from __future__ import annotations

import re

from cobalens.intake.lexicon import CompiledLexicon
from cobalens.intake.patterns import pattern
from cobalens.intake.textvalues import Hit
from cobalens.intake.tokens import spell

_OWNER = pattern(
    r"\b([^\W\d_]+)(?:(?:['\u2019]s|s['\u2019])\s+(?:[^\W\d_]+\s+){0,2}"
    r"|\s+(?:has|had)\s+(?:(?:an?|the|very|low|high|raised|normal|serum|plasma|total|active|vitamin)\s+)*)$",
    re.IGNORECASE,
)
"""Whose the test named next is: "his *wife's* serum", "*mother* had a low"."""
_MINE = pattern(
    r"[;.]|\b(?:his|her|hers|mine|my|own|he|she|patient|patients|pt|here|today|now)\b", re.IGNORECASE
)
"""Words with which the note comes back to the patient."""
_WRITERS = pattern(r"\bmine\b", re.IGNORECASE)


def apart(
    text: str, start: int, hits: list[Hit], lexicon: CompiledLexicon | None, patient: frozenset[str]
) -> tuple[list[Hit], list[tuple[int, int]]]:
    """The patient's results, and where those of a relative who is not the patient stand."""
    if lexicon is None:
        return hits, []
    mine: list[Hit] = []
    aside: list[tuple[int, int]] = []
    another = False
    for at, hit in enumerate(hits):
        end = hits[at - 1].end if at else start
        owner = _OWNER.search(text, end, hit.start)
        if owner is not None:
            another = _is_relative(owner[1], lexicon, patient)
        elif patient and (own := _WRITERS.search(text, end, hit.end)):
            # Whoever writes for a relative speaks of their own result, and may come back: "mine was normal, *hers* 112".
            another = _MINE.search(text, own.end(), hit.end) is None
        elif _MINE.search(text, end, hit.end):
            another = False
        if another:
            aside.append((hit.start, hit.end))
        else:
            mine.append(hit)
    return mine, aside


def _is_relative(word: str, lexicon: CompiledLexicon, patient: frozenset[str]) -> bool:
    """Where a carer writes, the patient may go by another name of the same kin: "for my *mother*. *Mum's* B12"."""
    sexes = lexicon.relatives.sexes
    said = spell(word, lexicon.spelling)
    return said in sexes and sexes[said] not in {sexes.get(one) for one in patient}
