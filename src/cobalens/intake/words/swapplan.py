"""One medicine for another, ahead or done: "GP wants to *switch* injections *to* tablets", "since the *switch* from injections to tablets"."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.words.context import Status
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.moments import Moment
from cobalens.intake.words.tokens import Token
from cobalens.intake.words.triggers import Trigger
from cobalens.model.record import UNDATED, Event

_DID = frozenset({"switched", "changed", "swapped", "converted", "transitioned"})
_VERBS = _DID | frozenset(
    "switch switching change changing swap swapping convert converting transition".split()
)
_TO = frozenset({"to", "for", "onto", "with"})
_DONE = frozenset({"since", "after", "following"})
"""Before the verb, or its article, these make it a change that came about; below, what makes it none of medicines."""
_NONE = frozenset({"no", "in", "on", "despite", "before", "be", "being"})
_SMALL = frozenset(
    "from his her my their the your current regular monthly weekly daily existing over this im oral".split()
)
_OPEN = frozenset(
    "consider considering considered could can might may whether discuss discussed discussing thinking think ask asked asking if option options suggest suggested"
    " wonder wondering not never declined declines refused refuses reluctant unwilling against dont".split()
)
_NEAR = 6


class SwapPlan(Struct, frozen=True):
    """What is taken first, what then, whether that is settled, and whether it is done."""

    now: Hit
    then: Hit
    settled: bool
    done: bool


def swap_in(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> SwapPlan | None:
    for i, token in enumerate(tokens):
        if token.norm not in _VERBS or (before := _before(tokens, i)) in _NONE:
            continue
        first = i + 1
        while first < len(tokens) and tokens[first].norm in _SMALL and not _drug(first, hits, lexicon):
            first += 1
        now = _drug(first, hits, lexicon)
        if now is None:
            continue
        to = next(
            (k for k in range(now.last, min(now.last + _NEAR, len(tokens))) if tokens[k].norm in _TO), None
        )
        if to is None:
            continue
        second = to + 1
        while second < len(tokens) and tokens[second].norm in _SMALL and not _drug(second, hits, lexicon):
            second += 1
        then = _drug(second, hits, lexicon)
        if then is None or {m for m in now.marks if m[0] == "concept"} & set(then.marks):
            continue
        unsettled = {t.norm for t in tokens[max(0, i - _NEAR) : i]} & _OPEN or any(
            t.norm in ("?", "if") for t in tokens
        )
        done = before != "not" and (token.norm in _DID or before in _DONE)
        return SwapPlan(now, then, not unsettled, done)
    return None


def _before(tokens: list[Token], at: int) -> str:
    """The word before the verb and its article."""
    before = at - 1
    while before >= 0 and tokens[before].norm in (
        "the",
        "a",
        "her",
        "his",
        "my",
        "this",
        "recent",
        "recently",
        "was",
        "were",
    ):
        before -= 1
    return tokens[before].norm if before >= 0 else ""


def _drug(at: int, hits: list[Hit], lexicon: CompiledLexicon) -> Hit | None:
    """The medicine that begins at a token; of one that no rule needs only its place."""
    for hit in hits:
        if hit.first == at and any(
            m == "background" or (m == "concept" and lexicon.kinds.get(n) == "drug") for m, n in hit.marks
        ):
            return hit
    return None


def told_by(
    plan: SwapPlan, kinds: Mapping[str, str], when: Moment | None, event: Callable[[str, str, Hit, Status], Event]
) -> tuple[set[str], list[Event]]:  # fmt: skip
    """What is said of both medicines, and of which nothing else that was read of them stands."""
    gone: set[str] = set()
    told: list[Event] = []
    ended = when.span if when is not None and plan.done else UNDATED
    for hit in (plan.now, plan.then):
        drugs = [name for mark, name in hit.marks if mark == "concept" and kinds.get(name) == "drug"]
        gone.update(drugs)
        if hit is plan.now:
            time = "past" if plan.done else "current"
            one = (event(name, "drug", hit, Status(time=time)) for name in drugs)
            told += (replace(e, route=None, start=UNDATED, stop=ended, time=time) for e in one)
        elif plan.settled:
            time = "current" if plan.done else "planned"
            told += (replace(event(name, "drug", hit, Status(time=time)), route=None) for name in drugs)
    return gone, told


def is_of_another(triggers: list[Trigger], plan: SwapPlan) -> bool:
    return any(one.name == "family" and one.first < plan.now.first for one in triggers)


def unnamed_in_swap(tokens: list[Token], lexicon: CompiledLexicon) -> list[Hit]:
    """Injections and tablets that change places in a sentence of B12 and have no name: "switch *injections* to *tablets*"."""
    words = {word: name for word, name in lexicon.unnamed.beside.items() if name == "b12_tablets"}
    words |= dict.fromkeys(
        (*lexicon.unnamed.given, "im", "intramuscular", "jabs", "shots"), lexicon.unnamed.mark[1]
    )
    out = []
    for i, token in enumerate(tokens):
        if token.norm in _VERBS and _before(tokens, i) not in _NONE:
            out += [
                Hit(k, k + 1, (("concept", words[tokens[k].norm]),), tokens[k].norm)
                for k in range(i + 1, min(i + 1 + 2 * _NEAR, len(tokens)))
                if tokens[k].norm in words
            ]
    return out
