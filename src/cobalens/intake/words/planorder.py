"""In which order a plan names things: before "was meant to have B12 *after gastrectomy*" lies what was done, behind "for FLOT *then gastrectomy*" what is still to come."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.intake.words.lexicon import BACKWARD, FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.intake.words.triggers import Trigger

_PAST = frozenset({"was", "were", "supposed", "meant"})
_AFTER = frozenset({"after", "since", "following", "post"})
_NEAR = 3


def done_before(
    tokens: Sequence[Token], hits: Sequence[Hit], triggers: Sequence[Trigger], lexicon: CompiledLexicon
) -> frozenset[int]:
    """Where such a plan ends."""
    plans = [
        trigger.last
        for trigger in triggers
        if trigger.name == "planned"
        and _PAST & {token.norm for token in tokens[max(0, trigger.first - 2) : trigger.last]}
    ]
    if not plans:
        return frozenset()
    operations = [
        hit.first
        for hit in hits
        if any(m == "concept" and lexicon.kinds.get(n) == "procedure" for m, n in hit.marks)
    ]
    return frozenset(
        i
        for i, token in enumerate(tokens)
        if token.norm in _AFTER and min(plans) <= i and any(i < place <= i + _NEAR for place in operations)
    )


_GIVEN = frozenset({"drug", "procedure"})
_SMALL = frozenset("and a an the her his my some x".split())


def next_in_plan(
    tokens: Sequence[Token], hits: Sequence[Hit], triggers: Sequence[Trigger], lexicon: CompiledLexicon
) -> list[Trigger]:
    """The *then* behind which a plan goes on, where nothing but what is planned stands before it."""
    plans = [one for one in triggers if one.name == "planned" and one.direction != BACKWARD]
    named = {
        k: bool(_GIVEN & {lexicon.kinds.get(n) for m, n in hit.marks if m == "concept"})
        for hit in hits
        for k in range(hit.first, hit.last)
    }
    out = []
    for i, token in enumerate(tokens):
        if token.norm != "then" or not any(named.get(k, False) for k in (i + 1, i + 2)):
            continue
        for plan in plans:
            between = range(plan.last, i)
            if between and all(
                k in named
                or tokens[k].norm in _SMALL
                or tokens[k].norm[0].isdigit()
                or tokens[k].norm in MARKS - {".", ";"}
                for k in between
            ):
                out.append(Trigger("planned", FORWARD, i, i + 1))
                break
    return out


_TO_DO = frozenset(
    "check discuss give replace measure test recheck repeat load optimise correct treat ensure arrange".split()
)
_FROM_THERE = 8


def to_do_before(tokens: Sequence[Token], hits: Sequence[Hit], lexicon: CompiledLexicon) -> list[Trigger]:
    """The *before* of something to be done, behind which a treatment is still to come: "check B12 *before* FLOT"."""
    given = {
        h.first for h in hits if any(m == "concept" and lexicon.kinds.get(n) in _GIVEN for m, n in h.marks)
    }
    out = []
    for i, token in enumerate(tokens):
        opens = not i or tokens[i - 1].norm in MARKS or tokens[i - 1].norm in ("and", "to", "please")
        if not opens or token.raw.lower() not in _TO_DO:
            continue
        before = (
            k
            for k in range(i + 1, min(i + _FROM_THERE, len(tokens)))
            if tokens[k].norm in ("before", "prior")
        )
        at = next(before, None)
        if at is not None and any(k in given for k in range(at + 1, at + 4)):
            out.append(Trigger("planned", FORWARD, at, at + 1))
    return out
