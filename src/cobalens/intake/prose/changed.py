"""A change that is told without a date for each result: "went from 180 to 350 pg/mL", "improved to 350", "trend 380/290/190"."""

from __future__ import annotations

import re
from itertools import pairwise

from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.series import DATED, EARLIER, NOW, fits
from cobalens.intake.prose.textvalues import Hit, value_at

_VERB = (
    r"(?:went|gone|going|rose|risen|rising|rises|climb(?:s|ed|ing)?|increas(?:ed|es|ing)|improv(?:ed|es|ing)|dropp?(?:ed|ing|s)?"
    r"|fell|fallen|falling|falls|declin(?:ed|es|ing)|decreas(?:ed|es|ing)|drift(?:ed|ing|s)?|slipp?(?:ed|ing|s)|crept|creeping"
    r"|jump(?:ed|s|ing)|shot|plummet(?:ed|ing)|sank|sunk|came|come|moved|chang(?:ed|ing)|recover(?:ed|ing)"
    r"|normali[sz](?:ed|ing)|trend(?:ed|ing)|rebound(?:ed|ing)|correct(?:ed|ing)|tumbled|dwindled|doubled|halved)"
)
_HOW = r"(?:up|down|back|off|slowly|steadily|gradually|sharply|slightly|markedly|further|again|only|quickly|nicely|significantly)"
_SMALL = r"(?:levels?|results?|values?|readings?|has|have|had|is|was|were|now|then|also|since|already|just|been|it|which|and)"
_BY = r"(?:by\s+)?\d+(?:\.\d+)?\s*(?:points?|units?|%|percent|[gG]/?d?L?|ng/?L|pg/?mL|pmol/?L|fL)"
"""How far it went: "fell *by 20 g/L* to 98"."""
_NUMBER = r"(?:[<>≤≥]\s*)?\d+(?:[.,]\d+)*"
_CHANGED = pattern(
    rf"[\s,]*(?:(?:{_SMALL}|{_HOW})\s+)*(?P<verb>{_VERB}\s+)?(?:{_HOW}\s+)*(?:{_BY}\s+)?"
    rf"(?:from\s+(?:(?:a|an|about|around|just|level|of|low|high)\s+)*(?P<first>{_NUMBER})"
    rf"(?:\s*[^\s,;()\d][^\s,;()]{{0,12}})??(?:\s*+[,(]?\s*+(?:(?:back\s)?(?:in|on|from|at)\s+)?(?P<when>{DATED}|(?:19|20)\d\d)\)?)?,?\s+)?"
    rf"(?:(?:up|down|back)\s+)?to\s+(?:(?:a|an|about|around|just|only|level|of|its|current|low|high|normal|now)\s+)*(?={_NUMBER})",
    re.IGNORECASE,
)
_DATE_BEHIND = pattern(rf"\s*+[,(]?\s*+(?:(?:by|in|on|at)\s+)?(?:{DATED}|(?:19|20)\d\d)", re.IGNORECASE)

_NOW = r"(?:(?:and|but|it|is|then|has|been|by|at)\s+)*(?:now|currently|today)\s+(?:(?:is|at|only|down|up|to|just)\s+)*"
_ROW = pattern(
    rf"[\s:,=(]*(?P<said>(?:(?:the|as|is|was|has|been|of|have|were|over|time|{_HOW})\s+)*(?:trend(?:ed|ing|s)?|serial(?:ly)?|series|progression|sequence|run|{_VERB})\b"
    rf"(?:\s+(?:over\s+time|{_HOW}))?[\s:,=(]*(?:of\s+)?)?"
    rf"(?!{DATED})(?P<row>{_NUMBER}(?:\s*(?:,|/|;|,?\s*(?:and\s+)?then)\s*{_NUMBER})+)(?:(?P<now>\s*+,?\s*+{_NOW})(?={_NUMBER})|(?![\d/]))"
    r"(?P<over>(?:\s*[^\s,;()\d][^\s,;()]{0,12})?\s*+,?\s*+(?:over|across|during|in|within)\s+(?:the\s+)?(?:last\s+|past\s+)?(?:\d|an?\b|two|three|four|five|six|several|few|some)\b)?",
    re.IGNORECASE,
)
_EACH = pattern(_NUMBER)
LEAST_IN_A_ROW = 3
_IS_NOW = pattern(
    rf"(?P<said>[\s,:;–—-]*(?:(?:{_SMALL}|{_HOW}|{_VERB}|on|steady|stable|over|time|years|months|weeks|the|last|few)[\s,:;–—-]+)+)?{_NOW}(?={_NUMBER})",
    re.IGNORECASE,
)
"""Where a test stands behind how it moved: "MCV creeping up, *now* 104"."""
_MOVED_TO = pattern(
    rf"(?P<said>[\s,:;(–—-]*(?:(?:{_SMALL}|{_HOW}|{_VERB}|on|steady|stable|over|time|years|months|weeks|the|last|few)[\s,:;(–—-]+)+)(?={_NUMBER})",
    re.IGNORECASE,
)
"""The same with the *now* behind the number: "Hb drifting down, 98 *now*"."""
_NOW_BEHIND = pattern(r"\s*(?:now|today|currently|at present|this week|this morning)\b", re.IGNORECASE)
_MOVES = pattern(rf"\b(?:{_VERB}|up|down|steady|stable)\b", re.IGNORECASE)


def change_at(text: str, at: int, end: int, name: str, start: int, index: AnalyteIndex) -> list[Hit]:
    """The older result, where it is told, and the one to which it changed; nothing where no change is told."""
    found = _CHANGED.match(text, at, end)
    now = value_at(text, found.end(), end, index, name, start) if found else None
    if found is None or now is None or not fits(now, name, index):
        return []
    if found["verb"] is None and found["first"] is None:
        return []
    if found["first"] is None:
        return [now]
    then = value_at(text, found.start("first"), found.end(), index, name, start)
    if then is None or not fits(then, name, index):
        return [now]
    for one, other in ((now, then), (then, now)):
        if "unit" in other.fields:
            one.fields.setdefault("unit", other.fields["unit"])
    then = then._replace(moment=found["when"]) if found["when"] else then._replace(when=EARLIER)
    now = now._replace(start=then.end)
    return [then, now if _DATE_BEHIND.match(text, now.end, end) else now._replace(when=NOW)]


def row_at(text: str, at: int, end: int, name: str, start: int, index: AnalyteIndex) -> list[Hit]:
    """Results in a row of which the last is where things stand: "380, 290, 190 pg/mL over three years", "trend 380/290/190"."""
    found = _ROW.match(text, at, end)
    if found is None or not (found["said"] or found["over"] or found["now"]):
        return []
    upto = found.end("now") if found["now"] else found.end("row")
    places = [one.start() for one in _EACH.finditer(text, found.start("row"), upto)]
    if found["now"]:
        places.append(upto)
    last = value_at(text, places[-1], end, index, name, start)
    if len(places) < LEAST_IN_A_ROW or last is None or not fits(last, name, index):
        return []
    hits: list[Hit] = []
    for place, after in pairwise(places):
        one = value_at(text, place, after, index, name, start if not hits else place)
        if one is None or "unit" in one.fields:
            return []
        hits.append(one._replace(end=after, when=EARLIER))
    if "unit" in last.fields:
        for one in hits:
            one.fields["unit"] = last.fields["unit"]
    return [*hits, last._replace(start=places[-1], when=NOW)]


def now_after(text: str, at: int, end: int, name: str, start: int, index: AnalyteIndex) -> list[Hit]:
    """Where a test stands after some movement of which no number is told: "MCV creeping up, *now* 104"."""
    for how in (_IS_NOW, _MOVED_TO):
        found = how.match(text, at, end)
        if found is None or not found["said"] or not _MOVES.search(found["said"]):
            continue
        now = value_at(text, found.end(), end, index, name, start)
        if now is None or not fits(now, name, index):
            continue
        behind = None if how is _IS_NOW else _NOW_BEHIND.match(text, now.end, end)
        if behind is not None or how is _IS_NOW:
            return [now._replace(when=NOW, end=behind.end() if behind else now.end)]
    return []


def is_now(text: str, at: int, end: int) -> bool:
    """Whether a *now* follows a number: "Ferritin low, 9 *now*"."""
    return _NOW_BEHIND.match(text, at, end) is not None
