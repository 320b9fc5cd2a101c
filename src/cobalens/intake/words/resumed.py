"""What was stopped and is taken again: "stopped her tablets in March, *restarted* in June"."""

from __future__ import annotations

from msgspec.structs import replace

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.moments import Moment
from cobalens.intake.words.tokens import Token
from cobalens.model.record import UNDATED, Event

_AGAIN = frozenset({"restarted", "resumed", "recommenced", "reintroduced", "restarting", "resuming"})
_NEXT = frozenset({"now", "then", "thereafter", "followed"})
_NEAR = 3
_LOOKED_AT = frozenset(
    "blood bloods check test review level follow appointment clinic scan monitoring".split()
)
"""What happens by the month and is no dose."""
_STOPPED = frozenset({"stopped", "stop", "discontinued", "ceased", "withdrawn"})
_NOT = frozenset({"not", "never", "if", "until", "before", "be"})


def resumed(
    said: list[Event], tokens: list[Token], hits: list[Hit], when: list[Moment], lexicon: CompiledLexicon
) -> list[Event]:
    """The statements of a sentence, the last medicine that is over among them taken again where only that is said of it."""
    at = next((i for i in range(len(tokens) - 1, -1, -1) if _is_again(tokens, i, lexicon)), None)
    if at is None or _NOT.intersection(token.norm for token in tokens[max(0, at - 3) : at]):
        return said
    if any(token.norm in _STOPPED for token in tokens[at:]):
        return said
    if any(h.first > at and any(mark == "concept" for mark, _ in h.marks) for h in hits):
        return said
    of = next((i for i in range(len(said) - 1, -1, -1) if _is_over(said[i], lexicon)), None)
    if of is None:
        return said
    start = next((m.span for m in when if m.first > at and m.role in ("at", "since")), UNDATED)
    again = [one.text == said[of].text and _is_over(one, lexicon) for one in said]
    return [
        replace(one, time="current", start=start, stop=UNDATED) if goes_on else one
        for one, goes_on in zip(said, again, strict=True)
    ]


def _is_again(tokens: list[Token], at: int, lexicon: CompiledLexicon) -> bool:
    back_on = tokens[at].norm == "back" and at + 1 < len(tokens) and tokens[at + 1].norm == "on"
    return back_on or _goes_on(tokens, at, lexicon) or tokens[at].norm in _AGAIN


def _goes_on(tokens: list[Token], at: int, lexicon: CompiledLexicon) -> bool:
    """Whether a first course is over and the next doses have their interval: "loading completed last week, *now 3 monthly*"."""
    if tokens[at].norm not in _NEXT or any(token.norm in _STOPPED for token in tokens[:at]):
        return False
    behind = [token.norm for token in tokens[at + 1 : at + 2 + _NEAR]]
    return any(word in lexicon.unnamed.often for word in behind[:_NEAR]) and not _LOOKED_AT.intersection(
        behind
    )


def _is_over(event: Event, lexicon: CompiledLexicon) -> bool:
    drug = lexicon.kinds.get(event.concept) == "drug"
    return drug and event.affirmed and not event.family and event.time == "past"
