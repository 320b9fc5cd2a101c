"""Whose result a note tells: "her sister's B12 was 90 ng/L" is not the patient's, and is told as not used."""

from __future__ import annotations

import re
from typing import NamedTuple

from cobalens.intake.patterns import pattern
from cobalens.intake.prose.textvalues import Hit
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.tokens import spell

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


_PRONOUN = pattern(r"\b(?:she|he|her|his|hers|him)\b", re.IGNORECASE)
_THEIRS = pattern(r"\b(?P<whose>his|her)\s+(?P<who>[^\W\d_]+(?:\s+[^\W\d_]+)?)", re.IGNORECASE)
_WORD = pattern(r"[^\W\d_]+")
_OF = {
    "female": pattern(r"\b(?:she|her|hers|she['\u2019]s)\b", re.IGNORECASE),
    "male": pattern(r"\b(?:he|his|him|he['\u2019]s)\b", re.IGNORECASE),
}


class Other(NamedTuple):
    """A relative of the other sex than the patient's: from where on its pronouns are theirs, and which sex."""

    since: int
    sex: str


def names_by_pronoun(text: str) -> bool:
    return _PRONOUN.search(text) is not None


def somebody_else(
    text: str, sex: str | None, lexicon: CompiledLexicon, patient: frozenset[str]
) -> Other | None:
    """Who is meant by "she" in the note of a man whose wife is named: "Seen with his wife. *She* had her stomach removed"."""
    if not names_by_pronoun(text):
        return None
    sexes = lexicon.relatives.sexes
    if sex is None:
        owners = {
            "male" if one["whose"].lower() == "his" else "female"
            for one in _THEIRS.finditer(text)
            if any(sexes.get(spell(who, lexicon.spelling), "") in _OF for who in one["who"].split())
        }
        # "Her son ... his wife": nobody says whose record it is.
        sex = owners.pop() if len(owners) == 1 else None
    if sex is None or any(sexes.get(one) not in (sex, "either", None) for one in patient):
        return None
    other = "female" if sex == "male" else "male"
    for word in _WORD.finditer(text):
        if sexes.get(said := spell(word[0], lexicon.spelling)) == other and said not in patient:
            return Other(word.end(), other)
    return None


def apart(
    text: str, start: int, hits: list[Hit], lexicon: CompiledLexicon | None, patient: frozenset[str],
    other: Other | None = None,
) -> tuple[list[Hit], list[tuple[int, int]]]:  # fmt: skip
    """The patient's results, and where those of a relative who is not the patient stand."""
    if lexicon is None:
        return hits, []
    mine: list[Hit] = []
    aside: list[tuple[int, int]] = []
    another = False
    for at, hit in enumerate(hits):
        end = hits[at - 1].end if at else start
        owner = _OWNER.search(text, end, hit.start)
        if other is not None and other.since <= start and (_OF[other.sex].search(text, end, hit.end)):
            own = _OF["male" if other.sex == "female" else "female"].search(text, end, hit.end)
            another = own is None
        elif owner is not None:
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
