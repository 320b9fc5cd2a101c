"""A line or sentence that only heads what follows with its day: "Clinic letter 12/02/2026.", "Bloods 5 May 2026:"."""

from __future__ import annotations

from typing import NamedTuple

from cobalens.intake.dates import names_a_day, writes_a_day
from cobalens.intake.laboratory.values import Words
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.texttimes import Clock
from cobalens.intake.words.moments import moments
from cobalens.intake.words.tokens import MARKS, tokenise
from cobalens.model.record import UNDATED, Span

_LONGEST = 120
_WORD = pattern(r"(?<!\d)[^\W\d_]+")
_TITLES = frozenset({"dr", "mr", "prof", "professor", "s"})


class Head(NamedTuple):
    """What a sentence heads: the day of what follows, and whether that is a letter or a visit, whose *today* it is."""

    when: Span
    is_of_paper: bool


def head_of(text: str, clock: Clock, words: Words) -> Head | None:
    """The heading that a sentence is; without a day where it only names a paper, or says when it was written or somebody born."""
    if clock.lexicon is None or len(text) > _LONGEST:
        return None
    known = words.papers | words.of_offices | words.around_times | _TITLES
    timely = clock.lexicon.timely
    if any(word not in known and word not in timely for word in _WORD.findall(text.lower())):
        # Nearly every sentence ends here, before it is taken apart.
        return None
    tokens = tokenise(text, clock.lexicon.spelling)
    told = [one for one in moments(tokens, clock.lexicon, clock.as_of) if one.span.known]
    inside = {i for one in told for i in range(one.first, one.last)}
    said = [
        (token.norm, token.raw.lower())
        for i, token in enumerate(tokens)
        if i not in inside and token.norm not in MARKS and token.norm[0].isalnum()
    ]
    if any(norm not in known and raw not in known for norm, raw in said):
        return None
    of_offices = any(norm in words.of_offices or raw in words.of_offices for norm, raw in said)
    of_paper = any(norm in words.papers or raw in words.papers for norm, raw in said)
    if not told:
        return Head(UNDATED, of_paper) if len(said) > 1 and (of_paper or of_offices) else None
    if of_offices:
        return Head(UNDATED, False)
    day = told[0]
    is_whole = names_a_day(text) or writes_a_day(text)
    if len(told) > 1 or day.role != "at" or not is_whole or (day.span.last or 0) > 0:
        return None
    return Head(day.span, of_paper)
