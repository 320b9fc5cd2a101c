"""One medicine for another, ahead or done: "GP wants to *switch* injections *to* tablets", "since the *switch* from injections to tablets"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

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
    "from his her my their the your current regular monthly weekly daily existing over this im oral"
    " mg mcg ug µg microgram g high dose strength once twice a day".split()
)
_WAS = frozenset("was were has have had been recently then later since".split())
_NOW = frozenset({"now", "currently", "presently"})
_SINCE = frozenset({"since", "thereafter", "afterwards"})
_UNTIL = frozenset({"until", "till"})
_TAKING = frozenset(
    "on to taking takes take has having have just only managed maintained treated given with".split()
)
_ONCE = frozenset("was were previously formerly used initially originally had".split())
"""Right before what was taken first, where the other is told behind it."""
_FAR = 10
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
    return _changed(tokens, hits, lexicon) or _in_turn(tokens, hits, lexicon)


def _changed(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> SwapPlan | None:
    """By a verb: "switch *injections* to *tablets*", "*injections* were switched to *tablets*"."""
    for i, token in enumerate(tokens):
        if token.norm not in _VERBS or (before := _before(tokens, i)) in _NONE:
            continue
        now = _drug(_past_small(tokens, i + 1, hits, lexicon), hits, lexicon)
        if now is None and token.norm in _DID:
            now = _drug_before(tokens, i, hits, lexicon)
        if now is None:
            continue
        first = max(now.last, i + 1)
        to = next((k for k in range(first, min(first + _NEAR, len(tokens))) if tokens[k].norm in _TO), None)
        if to is None:
            continue
        then = _drug(_past_small(tokens, to + 1, hits, lexicon), hits, lexicon)
        if then is None or _is_same(now, then):
            continue
        unsettled = {t.norm for t in tokens[max(0, i - _NEAR) : i]} & _OPEN or any(
            t.norm in ("?", "if") for t in tokens
        )
        done = before != "not" and (token.norm in _DID or before in _DONE)
        return SwapPlan(now, then, not unsettled, done)
    return None


def _in_turn(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> SwapPlan | None:
    """Told one after the other: "*was* on *injections*, *now* on *tablets*", "had *injections* until 2022, *tablets since*"."""
    for at in then_told(tokens):
        then = _drug(at, hits, lexicon)
        if then is None:
            continue
        earlier = [
            one for hit in hits if hit.last < at and (one := _drug(hit.first, hits, lexicon)) is not None
        ]
        if not earlier or at - earlier[-1].last > _FAR or _is_same(earlier[-1], then):
            continue
        now = earlier[-1]
        before = now.first - 1
        while before >= 0 and (tokens[before].norm in _TAKING or _is_small(tokens[before])):
            if tokens[before].norm in _ONCE:
                break
            before -= 1
        if (before >= 0 and tokens[before].norm in _ONCE) or tokens[now.last].norm in _UNTIL:
            return SwapPlan(now, then, settled=True, done=True)
    return None


def then_told(tokens: list[Token]) -> Iterator[int]:
    """Where what is taken now may be named: behind "now", and before "since"."""
    for i, token in enumerate(tokens):
        if token.norm in _NOW:
            at = i + 1
            while at < len(tokens) and (tokens[at].norm in _TAKING or _is_small(tokens[at])):
                at += 1
            yield at
        elif i and token.norm in _SINCE:
            yield i - 1


def _is_same(now: Hit, then: Hit) -> bool:
    return bool({mark for mark in now.marks if mark[0] == "concept"} & set(then.marks))


def _is_small(token: Token) -> bool:
    """What may stand before a medicine, its strength too: "to *1 mg* tablets"."""
    return token.norm in _SMALL or token.norm[0].isdigit()


def _past_small(tokens: list[Token], at: int, hits: list[Hit], lexicon: CompiledLexicon) -> int:
    while at < len(tokens) and _is_small(tokens[at]) and not _drug(at, hits, lexicon):
        at += 1
    return at


def _drug_before(tokens: list[Token], verb: int, hits: list[Hit], lexicon: CompiledLexicon) -> Hit | None:
    """The medicine of which the verb is said: "her *injections* have been *changed* to"."""
    last = verb
    while last > 0 and tokens[last - 1].norm in _WAS:
        last -= 1
    return next((one for hit in hits if hit.last == last and (one := _drug(hit.first, hits, lexicon))), None)


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
            # "Changed to tablets *in 2024*" says when they began, and of no end.
            one = (event(name, "drug", hit, Status(time=time)) for name in drugs)
            told += (replace(e, route=None, stop=UNDATED, time=time) for e in one)
    return gone, told


def is_for_another(tokens: list[Token], at: int, lexicon: CompiledLexicon) -> bool:
    """Whether what was named is said to be for something: "tablets *for her pressure*", not "tablets *for 6 months*"."""
    if at + 1 >= len(tokens) or tokens[at].norm not in ("for", "of"):
        return False
    behind = tokens[at + 1].norm
    return not (behind[0].isdigit() or behind in lexicon.timely or behind in lexicon.unnamed.own)


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
    out += [
        Hit(k, k + 1, (("concept", words[tokens[k].norm]),), tokens[k].norm)
        for k in then_told(tokens)
        if k < len(tokens) and tokens[k].norm in words and not is_for_another(tokens, k + 1, lexicon)
    ]
    return list({hit.first: hit for hit in out}.values())
