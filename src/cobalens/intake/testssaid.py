"""What a diagnosis says of the tests, "iron deficiency": by its code as by its words, and only where it holds of this person now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cobalens.intake.found import Found, Times
from cobalens.intake.prose.series import PANEL
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.phrases import Reading, read_phrase
from cobalens.model.record import Event, Lab, Span

if TYPE_CHECKING:
    from cobalens.intake.entries import Tools


def of_tests(reading: Reading, where: str, lexicon: CompiledLexicon, times: Times) -> Iterator[Lab]:
    """What words such as *anaemia* say of the counts."""
    for one in reading.results:
        words = lexicon.said[one.name][0 if one.affirmed else 1]
        when = times.start if times.start.known else one.start
        for analyte, word in words.items():
            yield Lab(analyte=analyte, where=where, text=one.text, when=when, qualitative=word, method=PANEL)


def of_code(coded: Iterable[Event], beside: Sequence[Lab], tools: Tools, times: Times) -> Iterator[Lab]:
    """What the words of a concept would say, where only its code stands there; ``beside``: what the words that do stand there say."""
    told = {lab.analyte for lab in beside}
    for event in coded:
        phrase = next(iter(tools.ruleset.concepts[event.concept].phrases), "")
        reading = read_phrase(phrase, event.where, "conditions", tools.lexicon, times.start, times.stop)
        for lab in of_tests(reading, event.where, tools.lexicon, times):
            if lab.analyte not in told:
                yield replace(lab, text=event.text)


def holds(event: Event) -> bool:
    """Whether what is said of tests besides is so today: nothing is known of them where it is denied, doubted, over or another's."""
    ended = event.stop.last is not None and event.stop.last <= 0
    return event.affirmed and not event.doubt and not event.family and event.time == "current" and not ended


def take_back(found: Found, told: int) -> None:
    """Takes back what was said of tests without a number since so many of them were known."""
    kept = [lab for lab in found.text_labs[told:] if lab.method != PANEL]
    found.taken_back += len(found.text_labs) - told - len(kept)
    found.text_labs[told:] = kept


def lay(found: Found, told: int, day: Span) -> None:
    """Lays what a reason says of tests on the day of what was done for it; without one, nobody knows when it was so."""
    if not day.known:
        take_back(found, told)
        return
    found.text_labs[told:] = [
        lab if lab.when.known else replace(lab, when=day) for lab in found.text_labs[told:]
    ]
