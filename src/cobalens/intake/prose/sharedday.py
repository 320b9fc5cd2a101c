"""One day behind a list of results, or in the name of its first, is the day of them all: "B12 130 ng/L, MCV 104, *5 May 2026*"."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from cobalens.intake.patterns import pattern
from cobalens.intake.prose.texttimes import Clock
from cobalens.model.record import Lab, Span

_JOINED = pattern(r"\s*(?:,|&|\+|\band\b|\bwith\b|,\s*and\b)\s*")
_BRACKET = pattern(r"\s*[(\[]")
_MONTH = 31


class One(NamedTuple):
    """A result of a sentence: the words before and after it, and the place of what it gave."""

    before: str
    after: str
    at: int


def is_wide(when: Span | None) -> bool:
    """Whether a time is wider than a month: within a year, two results need not be of one sample."""
    return when is None or when.first is None or when.last is None or when.last - when.first > _MONTH


def of_those_behind(
    run: Sequence[One], labs: Sequence[Lab], untold: Collection[int], heads: Collection[int]
) -> Iterator[tuple[int, Span]]:
    """The results of a list that have the day told between the first one's name and value: "B12 (*05/01/26*): 96 ng/L, MMA 4.1"."""
    when, before = None, -1
    for one in run:
        goes_on = one.at == before + 1 and _JOINED.fullmatch(one.before)
        before = one.at
        if one.at in heads:
            when = labs[one.at].when
        elif not goes_on or one.at not in untold or one.at >= len(labs):
            when = None
        elif when is not None:
            yield one.at, when


def of_all(
    run: Sequence[One], labs: Sequence[Lab], untold: Collection[int], clock: Clock
) -> Iterator[tuple[int, Span]]:
    """The results before the last one that have its day; one in brackets belongs to the last alone."""
    last = run[-1] if len(run) > 1 else None
    if last is None or last.at != len(labs) - 1 or _BRACKET.match(last.after) or last.at in untold:
        return
    when = clock.beside("", "", last.after, "")
    if when is None or when != labs[last.at].when or when == Span(0, 0):
        return
    named = {labs[last.at].analyte}
    for one, then in zip(run[-2::-1], run[:0:-1], strict=True):
        if then.at != one.at + 1 or one.at not in untold or not _JOINED.fullmatch(then.before):
            return
        if labs[one.at].analyte in named:
            return
        named.add(labs[one.at].analyte)
        yield one.at, when
