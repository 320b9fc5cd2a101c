"""What is only hoped for or advised: "wants to get *pregnant*", not "likely PA in *pregnancy*"; "was recommended a *vegan diet*", not "advised B12 as a *vegan*"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.moments import Moment
from cobalens.intake.words.tokens import Token

if TYPE_CHECKING:
    from cobalens.intake.words.context import Scene, Status

_REACHING = frozenset({"doubt", "offered", "planned"})
_APART = frozenset(
    {"from", "in", "with", "by", "during", "since", "for", "because", "due", "of", "after", "as", ",", "("}
)
"""Words behind which the pregnancy is only mentioned: "tiredness, possibly *from* pregnancy"."""
_MEANT = frozenset({"concept", "test", "observable", "background", "result"})


def is_of_state(
    trigger: str, first: int, last: int, hit: Hit, tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon
) -> bool:  # fmt: skip
    """Whether the words from ``first`` to ``last`` doubt or wish for the state itself, with nothing else between, or end it."""
    if trigger == "was":
        drug = any(m == "concept" and lexicon.kinds.get(n) == "drug" for m, n in hit.marks)
        return drug and was_taken(last, hit, tokens)
    if trigger == "planned" and not _is_intended(first, last, hit, tokens):
        return False
    if trigger not in _REACHING or not any(m == "concept" and n in lexicon.states for m, n in hit.marks):
        return False
    between = range(last, hit.first) if last <= hit.first else range(hit.last, first)
    if any(tokens[i].norm in _APART for i in between):
        return False
    return not any(h.first in between and any(m in _MEANT for m, _ in h.marks) for h in hits)


def _is_intended(first: int, last: int, hit: Hit, tokens: list[Token]) -> bool:
    """Whether it is the pregnancy itself that is planned: "pregnancy *planned* for next year", not "a planned pregnancy"."""
    after = tokens[last].norm if last < len(tokens) else "."
    return (
        first >= hit.last
        and tokens[first].norm != "due"
        and (tokens[last - 1].norm == "for" or after in (".", ",", ";", ")", "\n", "in", "for", "next"))
    )


_STOPPED = frozenset("stopped discontinued withdrawn weaned reduced reviewed switched changed held".split())


_OWNED = frozenset({"her", "his", "my", "their"})
_TAKE = frozenset({"take", "taking", "use", "using", "continue", "have", "having"})


def is_beside(trigger: str, first: int, last: int, hit: Hit, kind: str, scene: Scene) -> bool:
    """Whether a trigger changes nothing: of a medicine that is advised to be stopped or kept to, and so is taken ("suggest omeprazole
    *be stopped*", "advised to *continue* B12"), of a complaint that was there at first ("numb *at first*, then burning").
    """
    tokens = scene.tokens
    if trigger == "past":
        return (
            kind != "drug"
            and tokens[first].norm in ("at", "to")
            and tokens[last - 1].norm in ("first", "with")
        )
    if kind != "drug" or trigger not in ("offered", "doubt", "hypothetical"):
        return False
    after = [token.norm for token in tokens[hit.last : hit.last + 2]]
    between = [token.norm for token in tokens[last : hit.first]]
    kept = any(word in scene.lexicon.kept for word in between)
    own = between[-1:] != [] and between[-1] in _OWNED and any(word in _TAKE for word in between)
    return (len(after) == 2 and after[0] in ("be", "is", "should") and after[1] in _STOPPED) or (
        trigger == "offered" and (kept or own)
    )


_TESTED = frozenset(
    "screen screening serology test testing pcr swab marker antibody panel breath mutation gene genotype".split()
)
_TESTED_BY = frozenset(
    {("blood", "test"), ("surface", "antigen"), ("stool", "test"), ("skin", "test"), ("genetic", "test")}
)
_FOUND = frozenset("positive pos reactive detected".split())


def is_no_statement(name: str, kind: str, hit: Hit, status: Status, field: str, scene: Scene) -> bool:
    """Whether an illness only names a test of which no result is told, or a goal is only read into what stands beside B12."""
    if kind == "goal":
        return field != "goal" and not is_wished(name, hit, scene.tokens, scene.lexicon)
    after = [token.norm for token in scene.tokens[hit.last : hit.last + 4]]
    if kind != "condition" or not after or not (after[0] in _TESTED or tuple(after[:2]) in _TESTED_BY):
        return False
    return status.affirmed and not status.doubt and not _FOUND.intersection(after)


_OF_TREATMENTS = frozenset({"planned", "offered", "refused", "over"})


def is_of_treatment(trigger: str, hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether a condition that is a treatment is planned, offered, declined or over: "*not for* dialysis"."""
    return trigger in _OF_TREATMENTS and any(m == "concept" and n in lexicon.treatments for m, n in hit.marks)


_TOWARDS = frozenset(
    "for to help helps helping against will would could can might may should if whether so that cure stop fix improve heal repair protect prevent reverse bring".split()
)
_WISHES = frozenset(
    "want wants wanted wanting hope hopes hoping ask asks asked asking wonder wonders wondering think thinks believe believes keen request requests requested requesting like please heard read".split()
)


def is_wished(name: str, hit: Hit, tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether anything shows that something is hoped for: "B12 *for* numbness", not "B12 deficiency with numbness".

    Only where a medicine and a complaint stand beside each other and nothing else says it.
    """
    together = lexicon.together.get(name)
    if together is None or not hit.pieces or tokens[hit.first].norm not in together.given:
        return True
    between = {token.norm for token in tokens[hit.pieces[0][1] : hit.pieces[-1][0]]}
    return bool(between & _TOWARDS) or any(token.norm in _WISHES for token in tokens)


_ADVICE = frozenset(
    "recommended recommends recommend recommending advised advises advise suggested suggests suggest suggesting told encouraged urged persuaded thinking considering offered"
    " prescribed interested keen wants want wanting like tempted toying proposed".split()
)
"""Of the words of offering those by which a diet is advised or thought of, not asked for because it is kept ("requests *vegan* meals")."""
_TO_EAT = frozenset(
    "a an the to go going try trying start starting follow following adopt adopting become becoming turn turning switch be eat eating on of in about more strict strictly fully her him"
    " me them us she he they i should that be more wholly mainly mostly".split()
)
"""What may stand between the advice and the diet; below, between the diet and that it is advised."""
_IS = frozenset("was were is has have been being also".split())
_KEPT = frozenset(
    "followed follows following adopted adopts stuck sticks keeps kept complied complies did does done since began begun now been became went changed took for".split()
)
"""Behind the diet these say that the advice was taken."""
_DENIED = frozenset("not never hasnt havent didnt doesnt yet cant wont declined refused".split())
_BLAMED = frozenset(
    "cause causes causing caused explain explains reason contributing contribute contributes lacks behind due".split()
)
"""Behind the diet these say that it is what somebody has: "suggested her *vegan* diet was the cause"."""
_OWN = frozenset("her his their my your current long".split())


def is_ahead(last: int, hit: Hit, tokens: list[Token]) -> bool:
    """Whether a diet is only to come: "*will be* vegan"."""
    return last <= hit.first and all(token.norm in _TO_EAT for token in tokens[last : hit.first])


def is_advised(first: int, last: int, hit: Hit, tokens: list[Token]) -> bool:
    """Whether a diet is only advised or thought of by the words from ``first`` to ``last``, and nobody says that it is kept."""
    if not any(tokens[i].norm in _ADVICE for i in range(first, last)):
        return False
    between = tokens[last : hit.first] if last <= hit.first else tokens[hit.last : first]
    if any(token.norm not in (_TO_EAT if last <= hit.first else _IS) for token in between):
        return False
    if hit.first and tokens[hit.first - 1].norm in _OWN:
        return False
    after = [token.norm for token in tokens[max(last, hit.last) :]]
    if _BLAMED.intersection(after):
        return False
    kept = next((i for i, norm in enumerate(after) if norm in _KEPT), None)
    return kept is None or bool(_DENIED.intersection(after[:kept]))


_TAKEN = frozenset("on taking using having receiving getting".split())
_MEANWHILE = frozenset({"when", "while", "whilst", "time"})


def was_taken(behind: int, hit: Hit, tokens: list[Token]) -> bool:
    """Whether behind "was" a medicine is said to have been taken once: "was *on* B12"; beside something else of that time it tells of then."""
    if behind >= len(tokens) or tokens[behind].norm not in _TAKEN or hit.first - behind > 1:
        return False
    return not {token.norm for token in tokens[hit.last : hit.last + 4]} & _MEANWHILE


LONG_GONE = 365
"""Days after which "in 2019" tells of a course that was given then; within them it may have begun then."""
_DURING = frozenset({"in", "during"})
_GIVEN = frozenset(
    "injection tablet im sc oral mg mcg course loading dose jab shot the a of with by mouth weekly monthly".split()
)


_PUT = frozenset({"put", "placed", "established"})


def _is_put_on(hit: Hit, tokens: list[Token]) -> bool:
    """Whether words before a medicine tell that it was begun: "*put on* B12 tablets in 2024"."""
    near = [token.norm for token in tokens[max(0, hit.first - 4) : hit.first]]
    return "on" in near and not _PUT.isdisjoint(near)


def was_then(moment: Moment, kind: str, hit: Hit, tokens: list[Token]) -> bool:
    """Whether something is told of a time that is over: balloons last summer, or "six injections *in 2019*" long after."""
    if moment.role != "at":
        return False
    if kind == "exposure":
        return True
    if kind != "drug" or moment.first < hit.last or (moment.span.last or 0) >= -LONG_GONE:
        return False
    if _is_put_on(hit, tokens):
        return False
    between = [token.norm for token in tokens[hit.last : moment.first]]
    within = tokens[moment.first].norm in _DURING
    if not within and between[-1:] and between[-1] in _DURING:
        within, between = True, between[:-1]
    return within and all(word in _GIVEN or word[0].isdigit() for word in between)
