"""The time of a result in running text: which of the words about it say when it was taken."""

from __future__ import annotations

import re

from msgspec import Struct

from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.shortdays import day_before, placed, short_day
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.moments import FAR_AHEAD, moments
from cobalens.intake.words.tokens import tokenise
from cobalens.model.record import Span

_BRACKET = pattern(r"\s*[(\[]([^()\[\]]{3,60})[)\]]")
_BEHIND = pattern(r"\s*(?:[(\[][^()\[\]]{0,40}[)\]])?\s*,\s*([^,;:|\n()]{3,40}?)\s*(?=[,;\n)]|\.(?:\s|$))")
_PART = pattern(r"[^,;|\n]+")
_RESULT = pattern(r"\d\s*(?:[^\W\d_]{1,4}/[^\W\d_]|fL\b|%)")
_JOIN = pattern(r"[,;:|\n]|\b(?:and|but)\b")
_CLAUSE = pattern(
    r"[,;:(|]|\b(?:and|but|with|before|after|since|while|despite|following|because|although|for)\b"
)


_DATE_BETWEEN = pattern(
    r"\s*+[(\[]?\s*+(\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}|\d{1,2} [^\W\d_]{3,9}\.? \d{4}|[^\W\d_]{3,9}\.? \d{1,2}, ?\d{4})\s*[)\]]?\s*+[:=]?\s*+(?=[<>≤≥]?\s*\d)"
)
_YEAR_BETWEEN = pattern(
    r"\s*[(\[]\s*((?:in |from )?(?:19|20)\d\d)\s*[)\]]\s*+[:=]?\s*+(?:was|is|of|at)?\s*(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
"""The year in brackets between a name and its value: "B12 (*2023*): 389 ng/L"."""
_REMARK_BETWEEN = pattern(
    r"\s*\(\s*([^()]{0,30}?[^\W\d_]{3}[^()]{0,20})\)\s*+[:=]?\s*+(?=(?:was|is|of)?\s*+[<>≤≥]?\s*+\d)"
)
_WORDS_BETWEEN = pattern(
    r"\s+(?:(?:level|result|reading|value)\s+)?((?:on|in|from|at|last|this|to|added|done|taken|sent|drawn|checked|measured)\s+[^,;:()<>=]{2,25}?)"
    r"\s*(?:\bwas\b|\bis\b|[:=])\s*(?=[<>≤≥]?\s*\d)"
)
_CLAUSE_BETWEEN = pattern(
    r"\s*,\s*((?:which|that|done|taken|checked|measured|drawn|sent)\s[^,;:()<>=]{2,40}),\s*(?:was|is|came back(?: at)?|at)?\s*(?=[<>≤≥]?\s*\d)"
)


_WHICH_BETWEEN = pattern(
    r"\s*+,?\s*+(?:which|that|and (?:it|this)|(?:(?:and|which|but)\s+){1,2}(?:(?:the\s+)?(?:he|she|they|gp|doctor|nurse|dr)\s+)?(?:said|says|told (?:me|us|her|him))\s+(?:that\s+)?(?:it|this|the level)?)\s*(?:is|was|came back(?: at)?|has come back(?: at)?|remains)(?P<moment>)\s+(?:(?:normal|fine|ok|okay|low|high|raised|good)\s*+[(,:-]?\s*+)?(?:only |still |just )?(?:at )?(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
"""A result told in a clause of its own: "you checked B12, *which is* 1050 ng/L"."""
_SPECIMEN_BETWEEN = pattern(
    r"\s*,\s*(?:serum|plasma|blood|total|fasting|fasted|non-?fasting|random)(?P<moment>)\s*+[:=]?\s*+(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
_DOSES = r"(?:treatment|therapy|replacement|injections?|jabs?|shots?|loading|supplements?|supplementation|tablets?|doses?)"
_STEP_BETWEEN = pattern(
    r"\s*+(?:(?:level|result|value)\s+)?[(,]?\s*+((?:(?:before|prior to)\s+(?:(?:the|any|all|his|her|my|starting|first|last|oral|stopping)\s+){0,2}"
    rf"(?:{_DOSES}|surgery|operation|chemo(?:therapy)?)|pre-?\s?(?:{_DOSES}|op|chemo)|(?:at|on) (?:the )?(?:diagnosis|presentation|baseline|admission|discharge|start)))"
    r"\s*\)?\s*(?:was|is|of|at|[:=])?\s*(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
"""Where a result stands to treatment or to the first visit, between its name and its value: "B12 *before treatment* 88 ng/L"."""
_DAY_BETWEEN = pattern(
    r"\s+((?:(?:taken|done|checked|sent|drawn|measured|from|on)\s+){0,2}(?:(?:last|this)\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|morning|afternoon|evening))\s*+[:=]?\s*+(?:was|is|of)?\s*(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)


_RECENT_BETWEEN = pattern(
    r"\s+(?:(?:level|result|reading|value)s?\s+)?((?:last|this) (?:week|month|year|spring|summer|autumn|winter|morning)|(?:a|one|two|three|four|six|\d{1,2}) (?:day|week|month|year)s? ago)"
    r"\s+(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)
"""When, with no more between: "B12 level *last month* 1300"."""
_BEFORE_BETWEEN = pattern(
    r"\s+(?:(?:level|result)\s+)?(before|previously|initially|earlier|originally)\s+(?:was|were)\s+(?=[<>≤≥]?\s*\d)",
    re.IGNORECASE,
)


_RANGE = pattern(r"(?<![\d/.-])\d+(?:\.\d+)?\s*[-–]\s*\d+(?:\.\d+)?(?![\d/.-])")
_UP_TO = frozenset({"until", "till", "til", "up"})


class Clock(Struct, frozen=True):
    """Reads the time that a few words name."""

    lexicon: CompiledLexicon | None
    as_of: str | None
    index: AnalyteIndex
    text: str = ""
    """The whole text, whose dates tell of which year a day is."""

    def beside(self, between: str, before: str, after: str, heading: str) -> Span | None:
        """The time of a result: between name and value, right after it, right before it, or heading its sentence.

        A time that belongs to something else in the sentence ("gastrectomy 5 years ago, B12 195") is not taken.
        """
        bracket = _BRACKET.match(after)
        tail = bracket[1] if bracket else _CLAUSE.split(after, maxsplit=1)[0]
        return (
            self.named(between)
            or (None if bracket and self.is_of_another(tail) else self.named(tail))
            or self.named(_JOIN.split(before.rstrip(" :"))[-1], alone=True)
            or self.named(heading.strip(" ,;:"), alone=True)
            or self.behind(before, after)
            or self.short(day_before(between))
            or self.short(short_day(after))
        )

    def behind(self, before: str, after: str) -> Span | None:
        """A time that stands alone behind the result's comma: "B12 1450 pg/mL, *10 Nov 2026*. Feels well."."""
        found = _BEHIND.match(after)
        if found is None:
            return None
        if self.named(found[1], alone=True) is None:
            return None
        # Where times head what follows them, this one is of the next result.
        nearest = [part for part in _JOIN.split(before) if part.strip()][-1:]
        if any(self.named(part, alone=True) for part in nearest) and not self.trails():
            return None
        return self.named(found[1], alone=True)

    def trails(self) -> bool:
        """Whether the first time that stands alone in the text does so behind a result."""
        alone = (part for part in _PART.finditer(self.text) if self.named(part[0].strip(" .:\n"), alone=True))
        first = next(alone, None)
        return first is not None and _RESULT.search(self.text, 0, first.start()) is not None

    def short(self, day: str) -> Span | None:
        """When a day without its year was, as far as the text shows it."""
        if self.lexicon is None or self.as_of == FAR_AHEAD or not day:
            return None
        return placed(day, self.text, self.as_of, self.lexicon.month_first)

    def is_of_another(self, words: str) -> bool:
        """Whether words in brackets hold a number before their time, which then is of that number: "(*0.3 two years ago*)"."""
        if self.lexicon is None:
            return False
        found = tokenise(_RANGE.sub(" ", words), self.lexicon.spelling)
        first = next((m.first for m in moments(found, self.lexicon, self.as_of) if m.role == "at"), 0)
        return any(token.norm[0].isdigit() for token in found[:first])

    def named(self, words: str, alone: bool = False) -> Span | None:
        """The time in some words; with ``alone``, only if they say nothing else."""
        if self.lexicon is None or not words.strip() or len(words) > 90:
            return None
        found = tokenise(words, self.lexicon.spelling)
        loose = [token.norm for token in found]
        for moment in moments(found, self.lexicon, self.as_of):
            if loose[0] in _UP_TO and moment.role in ("until", "at") and moment.span.last is not None:
                # "Until this year": what held then holds no longer.
                return None if alone and moment.last < len(loose) else Span(None, min(moment.span.last, -1))
            if moment.role == "at" and moment.span.known:
                del loose[moment.first : moment.last]
                spare = [
                    word for word in loose if word[:1].isalnum() and word not in self.index.words.around_times
                ]
                return None if spare and alone else moment.span
        if set(loose) & self.index.words.now_words and not (
            alone and set(loose) - self.index.words.around_times
        ):
            return Span(0, 0)
        return None


def past_moment(text: str, at: int, end: int) -> tuple[int, str]:
    """Steps over a date or a remark between the name and its value: "B12 (March 2026): 195", "B12 12/03/2024 195"."""
    for between in (
        _DATE_BETWEEN,
        _YEAR_BETWEEN,
        _REMARK_BETWEEN,
        _WORDS_BETWEEN,
        _CLAUSE_BETWEEN,
        _WHICH_BETWEEN,
        _SPECIMEN_BETWEEN,
        _STEP_BETWEEN,
        _DAY_BETWEEN,
        _RECENT_BETWEEN,
        _BEFORE_BETWEEN,
    ):
        if found := between.match(text, at, end):
            return found.end(), found[1]
    return at, ""
