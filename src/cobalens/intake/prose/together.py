"""Tests that are told together: "LFTs normal" of several, "B12, folate and ferritin normal" in a list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex, tokens
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.series import PANEL
from cobalens.intake.prose.textnames import Name, Word
from cobalens.intake.prose.textvalues import Hit, accepts, value_at
from cobalens.model.record import Lab, Span


def of_panel(
    panel: Mapping[str, Mapping[str, str]], hit: Hit, where: str, when: Span, index: AnalyteIndex
) -> list[Lab]:
    """ "LFTs normal" as a result of each of the tests."""
    said = hit.fields["qualitative"]
    word = index.words.qualitative.get(said)
    if word not in panel and said in index.abnormal:
        word = "abnormal"
    return [
        Lab(analyte=analyte, where=where, text=said, when=when, qualitative=one, method=PANEL)
        for analyte, one in panel.get(word or "", {}).items()
        if analyte in index.analytes
    ]


def says(name: str, word: str, index: AnalyteIndex) -> bool:
    """Whether the word means something of this test, or of these tests."""
    known = index.words.qualitative.get(word)
    panel = index.panels.get(name)
    if known in ("positive", "negative") and _is_count(name, index):
        # "Fragmented red cells seen" is no result of the count.
        return False
    return (
        known is not None
        if panel is None
        else known in panel or (word in index.abnormal and "abnormal" in panel)
    )


def _is_count(name: str, index: AnalyteIndex) -> bool:
    of = index.names.get(tokens(name), ())
    return bool(of) and all(index.analytes[one].units[:1] == ("10*12/L",) for one in of)


_JOINS = frozenset({",", "and", "&", "/", "or", "+", ")", "y", "und", "et"})


def group_of(words: Sequence[Word], names: Sequence[Name], place: int, index: AnalyteIndex) -> list[Name]:
    """Names joined by commas and "and", which share what follows: "B12, folate and ferritin normal"."""
    group = [names[place]]
    for later in names[place + 1 :]:
        if later.strict:
            break
        at = group[-1].last + 1
        if at == later.first or after_beside(words, at - 1, index, later.first) != later.first - 1:
            break
        group.append(later)
    return group


def headed(
    words: Sequence[Word], first: int, index: AnalyteIndex, group: Sequence[Name]
) -> tuple[str, int] | None:
    """The verdict that heads a list: "Work-up clean: FBC, LFT, U&E"; none where it is that of a test before it."""
    if first < 2 or words[first - 1].text != ":" or len(group) < 2:
        return None
    for length in range(min(2, first - 1), 0, -1):
        at = first - 1 - length
        said = " ".join(word.text for word in words[at : first - 1])
        if len(said) > 2 and index.words.qualitative.get(said) in ("normal", "low", "high"):
            named = at > 0 and (words[at - 1].text in index.begins or words[at - 1].text in _JOINS)
            negated = at > 0 and words[at - 1].text in index.words.negations
            return None if named or negated else (said, at)
    return None


_APART = pattern(r"\s*(?:,\s|/|;|&|\band\b)\s*(?=[<>≤≥]?\s?\d)", re.IGNORECASE)
_LEAD = pattern(
    r"(?:\s|[:=()]|(?P<day>\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4})(?=\s*[):=])|\b(?:was|were|is|are|of|at|levels?|results?|both|respectively)\b)*",
    re.IGNORECASE,
)


def paired(
    text: str, words: Sequence[Word], group: Sequence[Name], end: int, index: AnalyteIndex
) -> list[Hit]:
    """As many numbers as names, in their order: "B12/folate 140 ng/L / 3.2 ug/L"; nothing where they do not fit."""
    if len(group) < 2 or any(one.name in index.panels for one in group):
        return []
    place = _LEAD.match(text, words[group[-1].last].end, end)
    at = place.end() if place else words[group[-1].last].end
    hits: list[Hit] = []
    for one in group:
        apart = _APART.search(text, at, end)
        stop = apart.start() if apart else end
        hit = value_at(text, at, stop, index, one.name, words[one.first].start)
        last = one is group[-1]
        if hit is None or (not last and hit.end < stop) or (last and apart and hit.end == stop):
            return []
        unit = units.parse(hit.fields.get("unit", ""), index.words.units)
        if unit is not None and not accepts(unit, one.name, index):
            return []
        hits.append(hit._replace(moment=(place and place["day"]) or ""))
        at = apart.end() if apart else end
        if not last and apart is None:
            return []
    return hits


def after_beside(words: Sequence[Word], last: int, index: AnalyteIndex, stop: int | None = None) -> int:
    """The last word of a list that goes on with what is looked at but gives no result: "FBC *and film* normal".

    With ``stop``, where the next name of the list stands, the joins before it count too.
    """
    at = last + 1
    while at < len(words) and (stop is None or at < stop):
        first = at
        while at < len(words) and (words[at].text in _JOINS or _is_with(words, at, index)):
            at += 1
        if at == first:
            break
        if stop is not None and at >= stop:
            return stop - 1
        length = _beside_at(words, at, index)
        if not length:
            break
        at += length
        last = at - 1
    return last if stop is None else at - 1


def _is_with(words: Sequence[Word], at: int, index: AnalyteIndex) -> bool:
    """ "FBC *with* film", "FBC *(with* film)", where no other test may stand."""
    if words[at].text not in ("with", "(") or at + 1 == len(words):
        return False
    return _beside_at(words, at + 1, index) > 0 or _is_with(words, at + 1, index)


def _beside_at(words: Sequence[Word], at: int, index: AnalyteIndex) -> int:
    for length in range(min(3, len(words) - at), 0, -1):
        if " ".join(word.text for word in words[at : at + length]) in index.beside:
            return length
    return 0
