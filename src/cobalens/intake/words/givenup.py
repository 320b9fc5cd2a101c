"""What is denied only since some time was there before: "hasn't touched balloons *since August*", "no B12 injections *for 14 months*"."""

from __future__ import annotations

from cobalens.intake.words.context import Scene, Status
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.moments import Moment
from cobalens.intake.words.tokens import Token
from cobalens.model.record import UNDATED, Span

_KINDS = frozenset({"drug", "exposure"})
_NO_END = frozenset(
    {"never", "yet", "in", "within", "over", "during", "denied", "deny", "denying", "past", "last"}
)
"""Beside these nothing is said of an earlier time: "*never* used since", "none *in the last* year"."""


def given_up(
    kind: str, hit: Hit, status: Status, moment: Moment | None, scene: Scene, concept: str = ""
) -> Span | None:
    """When it ended, as far as that is known; nothing where the denial reaches back for ever."""
    if status.affirmed or status.family or status.doubt or status.spoken_of or kind not in _KINDS:
        return None
    if concept in scene.lexicon.never_given_up:
        return None
    tokens = scene.tokens
    first = min(hit.first, status.from_token) if status.from_token >= 0 else hit.first
    since = moment is not None and moment.role in ("since", "for") and moment.first >= hit.last
    upto = moment.first + 1 if moment is not None and since else hit.last
    if any(token.norm in _NO_END for token in tokens[first:upto]):
        return None
    if moment is not None and since:
        return moment.span
    if _since_stopping(tokens, hit.last):
        return moment.span if moment is not None else UNDATED
    # A month whose year nobody told: it is over, and since when is not known.
    after = [token.norm for token in tokens[hit.last : hit.last + 2]]
    if len(after) == 2 and after[0] == "since" and after[1] in scene.lexicon.months:
        return UNDATED
    return UNDATED if kind == "drug" and _is_own(tokens, first, hit.first) else None


_OWN = frozenset({"her", "his", "my", "their"})
_TAKING = frozenset(
    "taking take takes taken collecting collected collect collects picking using use had having injecting".split()
)


def _is_own(tokens: list[Token], first: int, at: int) -> bool:
    """Whether somebody does not take what is theirs, so that it was prescribed: "has not been taking *her* cyanocobalamin"."""
    said = {token.norm for token in tokens[first:at]}
    return at > first and tokens[at - 1].norm in _OWN and bool(said & _TAKING) and "for" not in said


_STOPPING = frozenset(
    {"stop", "stopped", "stopping", "finished", "finishing", "gave", "quit", "discontinued", "lapsed", "last"}
)
_SMALL = 3
"""So many words may stand between: "since *she then* stopped"."""


def _since_stopping(tokens: list[Token], at: int) -> bool:
    """Whether it is denied since it ended: "no supplements *since she stopped* in 2023"."""
    if at >= len(tokens) or tokens[at].norm != "since":
        return False
    return any(token.norm in _STOPPING for token in tokens[at + 1 : at + 2 + _SMALL])
