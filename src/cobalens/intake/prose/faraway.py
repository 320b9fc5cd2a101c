"""A result that stands far behind the name of its test: "B12 was checked by his GP because of the tingling: 489 ng/L"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.series import DATED
from cobalens.intake.prose.textnames import Name, Word
from cobalens.intake.prose.textvalues import Hit, accepts, value_at

_MOST_WORDS = 24
"""Words between; farther away the number may be of anything."""
_LIMITS = frozenset(
    "above below under over less more than threshold cutoff cut limit limits range reference normal target aim lower upper between desired ideal ideally optimal goal wanted treat treats recommend recommends guideline guidelines defined definition".split()
)
"""Beside these a number is a limit of somebody's, and no result."""
_DAY = pattern(rf"(?:{DATED}|(?:19|20)\d\d\b)", re.IGNORECASE)
_OPENS = pattern(
    r"\s*(?:[-•*(]\s*)?(?:in |on )?(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|(?:\d{1,2}(?:st|nd|rd|th)? )?[^\W\d_]{3,9}\.? (?:19|20)\d\d)\s*[:=–-]?\s*(?=[<>≤≥]?\s*\d)"
)
"""A day at the beginning of a sentence that goes on about the test of the one before: "B12 is checked yearly; *Oct 2025:* 241 ng/L"."""
_AGAIN = pattern(
    rf"[^.;:\n\d]{{0,40}}?(?:\(?(?:{DATED})\)?)?\s*+[,(]\s*+(?:and\s+|then\s+|but\s+)*(?:repeat(?:ed)?|re-?check(?:ed)?|re-?test(?:ed)?|again)\s+(?:level\s+|result\s+)?(?P<when>(?:on\s+|in\s+)?(?:{DATED}))"
    r"\s*+[:=,]?\s*+(?:was\s+|is\s+|at\s+)?(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
"""Right behind a result: the same test again, told by its day: "B12 1500 pg/mL in May, *repeated 02/06/26:* 1480 pg/mL"."""
_IT_WAS = pattern(
    rf"\s*(?:[,;(]\s*)?(?:(?:and|but|then)\s+)*(?P<when>(?:last (?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:on\s+|in\s+)?(?:{DATED})))\s*,?\s+(?:it|this|the level|mine|my level|(?:his|her) level)\s+"
    r"(?:was|is|came back(?: at)?|had (?:gone|risen|fallen|dropped|come) (?:up |down )?to|went (?:up |down )?to|rose to|fell to|dropped to)\s+(?:(?:only|up|down|at|to|still|just)\s+)*(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
"""A later reading of the test named last, told by its time: "*last week it was* 640"; its unit is that of the one before."""


def it_was(
    text: str, at: int, end: int, last: Sequence[str], numbered: Mapping[str, str], index: AnalyteIndex
) -> list[Hit]:
    """Such a reading at one place, where only one test was named before, with a number."""
    opened = _IT_WAS.match(text, at, end) if len(last) == 1 and last[0] in numbered else None
    hit = value_at(text, opened.end(), end, index, last[0], opened.end()) if opened else None
    if opened is None or hit is None:
        return []
    hit.fields.setdefault("unit", numbered[last[0]])
    unit = units.parse(hit.fields["unit"], index.words.units)
    return [hit._replace(moment=opened["when"])] if unit is not None and accepts(unit, last[0], index) else []


def with_far_ones(
    text: str,
    words: Sequence[Word],
    names: Sequence[Name],
    hits: Sequence[Hit],
    end: int,
    index: AnalyteIndex,
) -> list[Hit]:
    """The results of a sentence with those that stand far behind their names, and those told as the same test again, in order.

    The number of a name that has no result stands before the next name.
    """
    found = list(hits)
    for at, name in enumerate(names):
        upto = names[at + 1].first if at + 1 < len(names) else len(words)
        begins, ends = words[name.first].start, words[upto].start if upto < len(words) else end
        taken = any(hit.start < ends and begins < hit.end for hit in hits)
        if not taken and not name.strict and name.name not in index.panels:
            found += _behind(text, words, name, upto, ends, index)
    return _repeated(text, sorted(found, key=lambda hit: hit.start), end, index)


def _behind(
    text: str, words: Sequence[Word], name: Name, upto: int, end: int, index: AnalyteIndex
) -> list[Hit]:
    """The first number behind a name, as far as it is a result: a list of none or one."""
    after = words[name.last + 1 : upto]
    if after and after[0].text in index.words.not_results:
        return []
    passed = 0
    for at, word in enumerate(after[:_MOST_WORDS]):
        if word.start < passed or not (word.text[0].isdigit() or word.text in "<>≤≥"):
            continue
        if day := _DAY.match(text, word.start, end):
            passed = day.end()
            continue
        found = _measured(text, word.start, end, name.name, index)
        if found is None or not _leads(after[:at], index):
            # A number of something else parts them.
            return []
        said = {one.text for one in words[_clause(words, name.first) : name.last + 1 + at]}
        is_limit = said & (_LIMITS | index.words.hedges | index.words.negations)
        return [] if is_limit else [found._replace(moment=text[words[name.last].end : word.start])]
    return []


def _leads(before: Sequence[Word], index: AnalyteIndex) -> bool:
    """Whether a number may be a result behind these words: behind a colon, "was" or "only", not behind another name or "fell"."""
    last = before[-1].text if before else ""
    return last not in _MOVES and (last in _JOINS or last in index.words.fillers)


_MOVES = frozenset("by fell dropped rose up down fallen risen drop rise increase decrease change".split())
_JOINS = frozenset(": = - \u2013 ( was is at only".split())


def _clause(words: Sequence[Word], at: int) -> int:
    """Where the clause begins in which a word stands."""
    return next((i + 1 for i in range(at - 1, -1, -1) if words[i].text in ",;:"), 0)


def _repeated(text: str, hits: Sequence[Hit], end: int, index: AnalyteIndex) -> list[Hit]:
    """Each result with those behind it that are told as the same test again: "B12 1500 pg/mL in May, *repeated 02/06/26: 1480 pg/mL*"."""
    out: list[Hit] = []
    for at, hit in enumerate(hits):
        out.append(hit)
        upto = hits[at + 1].start if at + 1 < len(hits) else end
        again = _AGAIN.match(text, hit.end, upto) if "value" in hit.fields else None
        found = _measured(text, again.end(), upto, hit.fields["analyte"], index) if again else None
        if again and found:
            out.append(found._replace(moment=again["when"]))
    return out


def dated_next(
    text: str,
    words: Sequence[Word],
    names: Sequence[Name],
    last: Sequence[str],
    end: int,
    index: AnalyteIndex,
) -> list[Hit]:
    """The same, where the sentence begins with its day and names none before the number: that of the one test named before."""
    end = words[names[0].first].start if names else end
    opened = _OPENS.match(text, words[0].start, end) if words and len(last) == 1 else None
    found = _measured(text, opened.end(), end, last[0], index) if opened else None
    return [found._replace(moment=opened[0])] if opened and found else []


def _measured(text: str, at: int, end: int, name: str, index: AnalyteIndex) -> Hit | None:
    """A number in a unit in which a laboratory reports the test."""
    hit = value_at(text, at, end, index, name, at)
    unit = units.parse(hit.fields.get("unit", ""), index.words.units) if hit else None
    return hit if unit is not None and accepts(unit, name, index) else None
