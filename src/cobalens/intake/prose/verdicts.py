"""The word that stands for a result, before or after the name of a test: "raised MMA", "IF antibody was strongly positive"."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.laboratory.units import parse
from cobalens.intake.prose.nonresults import YEAR, is_limit
from cobalens.intake.prose.textnames import Name, Word
from cobalens.intake.prose.textvalues import accepts, value_at

MOST_FILLERS, MOST_QUALITATIVE = 6, 7
_IN = frozenset({"in", "en", "from"})
ARROWS = frozenset("↑↓")
_MOVED = frozenset({"up", "down"})
NO_VERDICT = frozenset("dose doses risk intake dietary to from by diet".split())
_SEEKS = frozenset(
    "monitor monitored monitoring screen screened screening look looking looked check checking watch watching test testing".split()
)
"""Before "for low B12": it is looked for, not found."""
_SEVERAL = frozenset(
    "checked tested measured done repeated twice thrice times both all each time , and three two were was on occasions results".split()
)


def after_fillers(words: Sequence[Word], at: int, index: AnalyteIndex) -> int:
    """The first word after the name and small words such as "level was"."""
    used = 0
    while (
        at < len(words)
        and used < MOST_FILLERS
        and (
            words[at].text in index.words.fillers
            or words[at].text in "=:-–()*'\"‘’“”"
            or (words[at - 1].text in _IN and YEAR.fullmatch(words[at].text))
        )
    ):
        if words[at].text in ":=" and used == MOST_FILLERS - 1:
            break
        used += 1
        at += 1
    return at


def past_a_word(text: str, words: Sequence[Word], at: int, end: int, index: AnalyteIndex, name: str) -> int:
    """The number with a unit of the test behind one word that is not known: "B12 was a *measly* 149 ng/L"; else the same place."""
    first, at = at, at + (at < len(words) and words[at].text in ("a", "an"))
    number = at + 1 + (at + 1 < len(words) and words[at + 1].text in _SIGNS)
    if number >= len(words) or not words[at].text.isalpha() or not words[number].text[0].isdigit():
        return first
    if words[first - 1].text in _STEPS:
        # "B12 on treatment 640": at which step it was taken is left to be read.
        return first
    said, known = words[at].text, index.words
    if (
        said in index.begins
        or said in known.hedges | known.negations | known.qualitative.keys() | known.not_results
        or said in known.pictures | NO_VERDICT | _NO_ADJECTIVES
    ):
        return first
    hit = value_at(text, words[at + 1].start, end, index, name, words[at + 1].start)
    unit = parse(hit.fields.get("unit", ""), known.units) if hit else None
    return at + 1 if unit is not None and accepts(unit, name, index) else first


_SIGNS = frozenset("<>≤≥")
_STEPS = frozenset({"on", "off", "after", "since", "during", "without", "before", "despite", "following"})
_NO_ADJECTIVES = frozenset(
    "limit limits cutoff cut threshold thresholds reference chart guideline above below under over or than injection injections deficiency"
    " desired desirable ideal wanted upper lower minimum minimal maximum maximal optimal need needs needed range ranges recommended required usual"
    " average expected mean median level levels for of in with per if when until at least most adult adults".split()
)


def word_after(
    words: Sequence[Word], stop: int, index: AnalyteIndex, group: Sequence[Name]
) -> tuple[str | None, int]:
    """A word of result after a name, and the place after it; ``(None, place)`` when the text says there is none."""
    panels = all(one.name in index.panels for one in group)
    past = after_fillers(words, stop + 1, index)
    if upto := _just_enough(words, stop + 1, past, index):
        return upto
    for at in dict.fromkeys((stop + 1, past, _after_several(words, stop + 1))):
        for length in range(min(MOST_QUALITATIVE, len(words) - at), 0, -1):
            phrase = " ".join(word.text for word in words[at : at + length])
            if phrase in index.words.no_result:
                return None, at + length
            known = phrase in index.words.qualitative or (panels and phrase in index.abnormal)
            following = words[at + length].text if at + length < len(words) else ""
            # "IF Ab +", and no more; in "B12 + folate" it joins.
            # "Folate N" is short for normal where nothing follows; "N" before a word may be anything.
            ticked = phrase in ("+", "n") and (not following or following in ".,;)]")
            if known and (len(phrase) > 1 or phrase in ARROWS or panels or ticked):
                numbered = following[:1].isdigit() and not is_dated(phrase, following, index)
                if numbered and phrase in _MOVED:
                    # "Hb up 20 g/L" tells by how much.
                    return None, 0
                if (
                    numbered and is_limit(words, at + length, index.words.qualitative.get(phrase))
                ) or following in NO_VERDICT:
                    return (None, 0) if phrase not in ARROWS else (phrase, at + length)
                if (
                    following in index.by_first
                    and phrase in ARROWS
                    and at + length < len(words)
                    and words[at].start > words[stop].end
                ):
                    return None, 0
                return phrase, at + length
    return None, 0


def _just_enough(words: Sequence[Word], at: int, past: int, index: AnalyteIndex) -> tuple[str, int] | None:
    """Words for just enough begin with some that elsewhere say nothing: "was *only just within the range*"."""
    for first in range(at, min(past, len(words) - 1) + 1):
        for length in range(min(MOST_QUALITATIVE, len(words) - first), 1, -1):
            phrase = " ".join(word.text for word in words[first : first + length])
            if phrase in index.words.low_normal:
                return phrase, first + length
    return None


def is_dated(word: str, following: str, index: AnalyteIndex) -> bool:
    """Whether the number behind a verdict is its year: "IF Ab positive 2009"."""
    verdict = word == "ve" or index.words.qualitative.get(word) in {"positive", "negative"}
    return verdict and len(following) == 4 and following[:2] in {"19", "20"}


def _after_several(words: Sequence[Word], at: int) -> int:
    """After "checked twice, both": the word that speaks of each of several readings."""
    first = at
    while at < len(words) and at < first + 2 * MOST_FILLERS and words[at].text in _SEVERAL:
        at += 1
    return at if at > first and words[at - 1].text in {"both", "all", "each", "time", "were"} else first


_FOUND = frozenset({"negative", "positive"})


def word_before(
    words: Sequence[Word], first: int, index: AnalyteIndex, group: Sequence[Name]
) -> tuple[str, int] | None:
    """A word of result right before a name: "raised MMA", "negative intrinsic factor antibody"."""
    panels = all(one.name in index.panels for one in group)
    if first > 1 and words[first - 1].text == "for" and words[first - 2].text in _FOUND:
        # "Tested negative for IF antibodies"; "looked for" and the like stand behind no such word.
        denied = any(word.text in index.words.negations for word in words[max(0, first - 4) : first - 2])
        return None if denied else (words[first - 2].text, first - 2)
    for length in range(min(3, first), 0, -1):
        phrase = " ".join(word.text for word in words[first - length : first])
        known = phrase in index.words.qualitative or (panels and phrase in index.abnormal)
        if (
            known
            and (len(phrase) > 2 or phrase in ARROWS)
            and phrase
            not in {"seen", "present", "fine", "not seen", "bad", "poor", "worse", "off", "up", "down"}
        ):
            if (
                phrase in ARROWS
                and first > length
                and words[first - length - 1].end == words[first - length].start
                and words[first - length].end < words[first].start
            ):
                return None
            negated = first > length and words[first - length - 1].text in index.words.negations
            looked_for = [word.text for word in words[max(0, first - length - 4) : first - length]]
            sought = looked_for[-1:] == ["for"] and bool(_SEEKS.intersection(looked_for))
            return None if negated or sought else (phrase, first - length)
    return None


_DENIES = frozenset(
    {"not", "never", "nor", "neither", "unlikely", "isn", "wasn", "aren", "isnt", "wasnt", "longer"}
)
_ON_THE_WAY = frozenset(
    "be been being is was to thought felt considered believed found likely clinically biochemically currently now he she they i vitamin iron folate"
    " or and nor b12 t ' any longer overtly frankly truly in of - /".split()
)
"""Between a denial and the name of a test, where a person is said not to lack it: "*not* thought to be B12 deficient"."""
FAR_BEFORE = 10


def is_denied(words: Sequence[Word], first: int) -> bool:
    """Whether a person is said not to be what the word behind the name says: "*unlikely* to be B12 deficient"."""
    for i in range(first - 1, max(-1, first - FAR_BEFORE), -1):
        if words[i].text in _DENIES:
            return True
        if words[i].text not in _ON_THE_WAY:
            return False
    return False
