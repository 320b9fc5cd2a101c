"""Bare numbers behind the name of a test that nobody read: "B12 150 pg/mL in March; *June 148*". Each is listed.

A number that a word or its place shows to be something else, a year, a dose, a count, a stage, is none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.laboratory.values import Words
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.nonresults import YEAR
from cobalens.intake.prose.textnames import TOKEN, Word, names_in, sentences
from cobalens.model.record import Event, Unread

_BARE = pattern(
    r"(?<![\w.,/:+–-])(?<!\d )\d{1,4}(?:\.\d{1,2})?(?:-?ish\b)?(?![\w/:%°'’+]|[.,]\d|\s?[-–x×]\s?\d|\s\d)"
)
_ANY = pattern(r"\d+(?:\.\d+)?(?:-?ish\b)?")
_POINT = pattern(r"(?:^|[\n;.])\s*$")
"""Before a number that only counts the points of a list."""
_MOVES = pattern(
    r"(?:up|down|back|off|slowly|steadily|gradually|stable|steady|(?:ris|fall|drop|climb|creep|drift|declin|improv|increas|decreas|trend|worsen)(?:es|s|ing|ed|e)?|rose|risen|fell|fallen|crept)$"
)
_COUNTS = frozenset(
    "x stage grade cycle ward clinic type room bed day days week weeks month visit aged age no number line lines grades cycles page part point items item"
    " every over under than last past next times each about within until ref range limit cutoff threshold aim target goal above below ckd t g n m bay class".split()
)
"""Words before a number that make it a count, an age, a limit or a place."""
_SMALL = frozenset(
    "since from by so far the a an it at in on to for of and or but he she his her my this that which with level first second third one other mine".split()
)
_SIZES = frozenset("cm mm m kg lb st mmhg bpm".split())
_DOSES = frozenset({units.AMOUNT_MASS, units.AMOUNT_ACTIVITY, units.AGE, units.TIME})
MOST_STRANGE = 3
"""Words that are not known between a test and a number which may still be its own; behind a comma one, and not right before it."""


def bare_numbers(
    text: str, spans: Sequence[tuple[int, int]], listed: Iterable[Unread], events: Sequence[Event], index: AnalyteIndex,
    months: Collection[str], timely: Collection[str],
) -> tuple[Unread, ...]:  # fmt: skip
    """What is left over; ``months`` and ``timely``: the words of time, which may stand between."""
    said = (*(one.text for one in listed), *(one.text for one in events))
    told = {number for words in said for number in _ANY.findall(words)}
    left = [
        (one.start(), one.end())
        for one in _BARE.finditer(text)
        if one[0] not in told
        and not YEAR.fullmatch(one[0])
        and not any(first < one.end() and one.start() < last for first, last in spans)
    ]
    if not left:
        return ()
    known = index.words
    near = (
        known.then_words | known.now_words | known.around_times | known.fillers | known.qualitative.keys() | _SMALL
        | set(months) | set(timely)
    )  # fmt: skip
    out: list[Unread] = []
    before = (0, 0)
    for start, end in sentences(text):
        here = [(at, upto) for at, upto in left if start <= at < end]
        if here:
            sentence = _Sentence(text, start, end, index)
            read = [(first, last) for first, last in spans if start < last <= end]
            goes_on = not sentence.named and (
                any(before[0] < last <= start for _, last in spans)
                or bool(_Sentence(text, *before, index).named)
            )
            for at, upto in here:
                piece = sentence.piece(at, upto, read, goes_on, near, months)
                if piece and not (out and piece in out[-1].text):
                    if out and out[-1].text in piece:
                        out.pop()
                    out.append(Unread("", piece))
        before = (start, end)
    return tuple(out)


_SIGNED = pattern(
    r"(?<![\w.,/-])(?<!\d )([A-Z][A-Za-z]{0,2})\d?[+-]{0,2}\s?[:=]?\s?(?:[<>≤≥]\s?)?\d+(?:[.,]\d+)?(?![\w/%])"
)


def signs_unread(
    text: str, spans: Sequence[tuple[int, int]], listed: Iterable[Unread], known: Words
) -> tuple[Unread, ...]:
    """Chemical signs with a number that nobody read, where the sign alone looks like a unit or a letter: "Mg 0.6"."""
    told = [one.text for one in listed]
    return tuple(
        Unread("", one[0])
        for one in _SIGNED.finditer(text)
        if one[1] in known.unread_signs
        and not any(first < one.end() and one.start() < last for first, last in spans)
        and not any(one[0] in words for words in told)
    )


class _Sentence:
    """The words of a sentence and the tests that it names."""

    def __init__(self, text: str, start: int, end: int, index: AnalyteIndex) -> None:
        self.text, self.start, self.end, self.index = text, start, end, index
        self.words = [
            Word(m[0].lower(), start + m.start(), start + m.end()) for m in TOKEN.finditer(text[start:end])
        ]
        names = (one for one in names_in(self.words, index) if not one.strict)
        self.named = [(self.words[one.first].start, self.words[one.last].end) for one in names]

    def piece(
        self, at: int, upto: int, spans: Sequence[tuple[int, int]], goes_on: bool, near: Collection[str], months: Collection[str]
    ) -> str:  # fmt: skip
        """The clause of a number that can only be a result of the test named before it; else nothing."""
        if any(first < upto and at < last for first, last in self.named):
            return ""
        since = max((last for _, last in self.named if last <= at), default=-1)
        read = max((last for _, last in spans if last <= at), default=-1)
        opened = max(since, read)
        if opened < 0 and not goes_on:
            return ""
        between = [word for word in self.words if max(opened, self.start) <= word.start < at]
        strange = [
            w for w in between if w.text[0].isalpha() and w.text not in near and not _MOVES.match(w.text)
        ]
        parted = any(word.text in ",;" for word in between)
        own_name = parted and bool(strange) and strange[-1] is between[-1]
        most = 0 if opened < 0 or own_name else 1 if parted else MOST_STRANGE
        if len(strange) > most or _is_other(self.text, self.words, at, upto, self.index, months):
            return ""
        clause = max(
            opened if since < read else max(opened - 1, self.start),
            *(m.end for m in between if m.text in ",;:("),
            -1,
        )
        begin = (
            next((first for first, last in self.named if last == since), clause)
            if clause <= since
            else clause
        )
        behind = next((w.start for w in self.words if w.start >= upto and w.text in ",;()"), self.end)
        return " ".join(self.text[begin:behind].split()).strip(" ,;:().")


def _is_other(
    text: str, words: Sequence[Word], at: int, upto: int, index: AnalyteIndex, months: Collection[str]
) -> bool:
    """Whether the words beside a number make it a count, a dose, a limit, an age or the point of a list."""
    before = next((w.text for w in reversed(words) if w.end <= at), "")
    after = next((w.text for w in words if w.start >= upto), "")
    if before in _COUNTS or after in index.words.not_results | _COUNTS | _SIZES or after in months:
        return True
    unit = units.parse(after, index.words.units) if after[:1].isalpha() or after[:1] in "µμ" else None
    if unit is not None and unit.dimension in _DOSES:
        return True
    return _POINT.search(text, 0, at) is not None and text[upto : upto + 1] in (".", ")")
