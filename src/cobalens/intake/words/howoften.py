"""What is said of results as such, beside the results themselves: "B12 1500 ng/L, *persistently raised*" is a number and a rise that lasts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from cobalens.intake.prose.textnames import sentences
from cobalens.intake.words.phrases import Reading

OF_TESTS = "test"
"""The kind of concept that is about results and not about the person."""
_OFTEN = re.compile(
    r"persist|repeat|consistent|sustain|remain|still|again|always|chronic|stay|long[ -]?standing|occasion|twice"
    r"|for (?:\S+ ){0,3}(?:year|month)",
    re.IGNORECASE,
)
_HIGH = re.compile(r"high|raised|elevat|rise|increas|above|over|>|hypercobal", re.IGNORECASE)


def told_to_last(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The sentences with a result that may say that it lasts; only these are read a second time."""
    return "\n".join(
        said
        for start, end in sentences(text)
        if any(first < end and start < stop for first, stop in spans)
        and _OFTEN.search(said := text[start:end])
        and _HIGH.search(said)
    )


def with_tests(
    said: Reading, whole: Reading, kinds: Mapping[str, str], mixed: Callable[[str], bool]
) -> Reading:
    """What was read beside the results, and of the ``whole`` text what is said about results.

    ``mixed``: whether words name several tests, and so may say it of another one.
    """
    known = {event.concept for event in said.events}
    more = [
        event
        for event in whole.events
        if kinds.get(event.concept) == OF_TESTS and event.concept not in known and not mixed(event.text)
    ]
    return replace(said, events=(*said.events, *more)) if more else said
