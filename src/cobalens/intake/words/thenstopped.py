"""That something ended, told in a sentence of its own: "B12 injections for 5 years. *Stopped in 2024.*"."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.moments import Moment
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.model.record import UNDATED, Event, Span

_ENDED = frozenset({"stopped", "discontinued", "ceased", "withdrawn", "stop", "quit"})
_BESIDE = frozenset(
    "it this that these was were has have had been be being then now since later subsequently by gp her his my our the doctor doctors dr "
    "consultant oncologist hospital team he she i they we but and so again all altogether completely recently eventually finally from on in at "
    "of a an self patient pt last taking himself herself myself also apparently".split()
)
_WHY = frozenset("due because owing after following as when while for secondary when".split())
"""From here on it is told why, or on what occasion."""
_KINDS = frozenset({"drug", "exposure", "diet"})


def stopped_then(
    tokens: Sequence[Token],
    hits: Sequence[Hit],
    when: Sequence[Moment],
    told: Sequence[Event],
    lexicon: CompiledLexicon,
) -> tuple[list[Event], Span] | None:
    """What of the sentence before has ended, and when; empty where it named several and nobody knows which."""
    timed = {i for moment in when for i in range(moment.first, moment.last)}
    words = [
        t.norm
        for i, t in enumerate(tokens)
        if i not in timed and t.norm not in MARKS and not t.norm[0].isdigit()
    ]
    upto = next((k for k, word in enumerate(words) if word in _WHY), len(words))
    said = words[:upto]
    if not _ENDED.intersection(said) or any(word not in _ENDED | _BESIDE for word in said):
        return None
    if any(
        mark == "concept" and lexicon.kinds.get(name) in _KINDS for hit in hits for mark, name in hit.marks
    ):
        return None
    running = [e for e in told if _goes_on(e) and lexicon.kinds.get(e.concept) in _KINDS]
    if not running:
        return None
    if len({event.text for event in running}) > 1 and "all" not in said:
        return [], UNDATED
    moments = [moment for moment in when if moment.role in ("at", "since")]
    return running, moments[0].span if len(moments) == 1 else UNDATED


def _goes_on(event: Event) -> bool:
    return event.affirmed and not event.family and not event.doubt and event.time == "current"
