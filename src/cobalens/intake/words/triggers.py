"""The triggers in a sentence: the words that deny, doubt, date or move a statement, with the side on which each reaches."""

from __future__ import annotations

from msgspec import Struct

from cobalens.intake.patterns import pattern
from cobalens.intake.words.asides import (
    asks,
    is_answered,
    is_reference,
    is_wanted,
    opening_plan,
    plan_reaches,
    presumes,
    ticks,
)
from cobalens.intake.words.kinds import IN_HEADINGS, MEDICINES
from cobalens.intake.words.lent import is_lent, is_owner, is_taker
from cobalens.intake.words.lexicon import BACKWARD, BOTH, FORWARD, CompiledLexicon, Mark
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.perspective import is_described, is_patient, stands_by
from cobalens.intake.words.tokens import MARKS, Token

_GREETINGS = frozenset({"dear", "hello", "hi", "hey"})
_BLANK = pattern(
    r"[ \t]*(?:\*{2,}|_{2,}|\.{3,}|\u2026|\[[ \t]*(?:blank|not entered)?[ \t]*\])[ \t]*(?:$|[\n,;|.)]|(?=[A-Z]))"
)
"""What stands behind a label on a form that nobody filled in: "Vegan: ***", "Pregnant: ____"."""
_WORRIES = frozenset("worried worry concerned found ask asked asking wonder".split())


class Trigger(Struct, frozen=True, gc=False):
    """A word or phrase that changes what is said near it."""

    name: str
    direction: str
    first: int
    last: int


def triggers_of(
    tokens: list[Token],
    hits: list[Hit],
    used: set[int],
    text: str,
    lexicon: CompiledLexicon,
    patient: frozenset[str] = frozenset(),
) -> list[Trigger]:
    """The triggers among the hits (``used``: places of hits that were read as qualities), and question marks."""
    out: list[Trigger] = []
    ticked = ticks(tokens, hits, text, lexicon)
    answers = {tick.at for tick in ticked}
    informants = {h.first for h in hits if ("informant", "") in h.marks or ("recanted", "") in h.marks}
    # "Daughter worried about his memory": a phrase may begin with what an informant does.
    informants |= {h.first for h in hits if tokens[h.first].norm in _WORRIES}
    for place, hit in enumerate(hits):
        if place in used:
            continue
        ways: dict[str, str] = {}
        marks = _by_form(hit, tokens)
        for name, direction in marks:
            if direction in (FORWARD, BACKWARD, BOTH) and name != "pseudo":
                ways[name] = BOTH if name in ways and ways[name] != direction else direction
        if is_reference(tokens, hit):
            continue
        if ("pseudo", BOTH) in hit.marks and is_described(tokens, hits, hit, lexicon):
            out.append(Trigger("family", FORWARD, hit.last - 1, hit.last))
        for name, direction in ways.items():
            # "his wife says": she is not the patient's illness.
            if name == "family" and (
                any(hit.last <= k <= hit.last + 1 for k in informants)
                or is_patient(tokens, hit, patient, lexicon)
            ):
                continue
            if name == "negation" and hit.first in answers and hit.last == hit.first + 1:
                # "Vegan? No - eats fish": an answer speaks of its question alone.
                continue
            if name == "family" and hit.first and tokens[hit.first - 1].norm in _GREETINGS:
                # "Dear colleague," speaks to somebody, of whom nothing is told.
                continue
            if name == "family" and (is_taker(tokens, hit, lexicon) or is_owner(tokens, hit)):
                out.append(Trigger(name, BACKWARD, hit.first, hit.last))
                continue
            if name == "family" and (stands_by(tokens, hits, place, lexicon) or is_lent(tokens, hit)):
                continue
            if (
                name == "doubt"
                and hit.key.partition(" ")[0] in lexicon.of_fact
                and is_answered(tokens, hit.last, lexicon)
            ):
                # "Is she vegan? Yes": the answer has settled it.
                continue
            if name == "negation" and direction != FORWARD and is_wanted(tokens, hit, lexicon):
                name, direction = "doubt", BACKWARD
            if name in ("over", "refused") and direction != FORWARD and _is_heading(tokens, hit, lexicon):
                direction = FORWARD
            if name in ("over", "refused") and direction == FORWARD and at_end(tokens, hit.last):
                # "Omeprazole 20 mg, *weaned off*": nothing follows of which it could be.
                direction = BACKWARD
            if name == "negation" and ("untreated", "") in hit.marks and _is_for(tokens, hit):
                # "Not on treatment *for* B12 deficiency" does not deny the illness.
                continue
            if name == "doubt" and direction != FORWARD and _is_of_cause(tokens, hits, hit, lexicon):
                direction = FORWARD
            if name == "planned" and direction == FORWARD:
                direction = plan_reaches(tokens, hits, hit, lexicon)
            out.append(Trigger(name, direction, hit.first, hit.last))
    out.extend(_fitted(tokens, hits, lexicon))
    out.extend(Trigger("negation", BACKWARD, tick.at, tick.at + 1) for tick in ticked if tick.no)
    out.extend(Trigger("planned", FORWARD, i, i + 1) for i in opening_plan(tokens, hits, lexicon))
    answered = {tick.at - 1 for tick in ticked}
    out.extend(
        Trigger("unstated", BACKWARD, i, i + 1)
        for i, token in enumerate(tokens)
        if token.raw in ":=" and _BLANK.match(text, token.end)
    )
    for i, token in enumerate(tokens):
        if (
            token.norm == "?"
            and i not in answered
            and not (asks(tokens, lexicon) or presumes(tokens, lexicon))
        ):
            glued = token.end < len(text) and text[token.end].isalnum()
            apart = token.start == 0 or text[token.start - 1] in " (\n,/"
            # "PA ?": nothing follows of which it could be.
            apart = apart and not (i and i + 1 == len(tokens) and tokens[i - 1].norm not in MARKS)
            out.append(Trigger("doubt", FORWARD if glued or apart else BACKWARD, i, i + 1))
    return out


_ARTICLES = frozenset({"a", "an", "the", "severe", "mild", "known", "likely"})


def _fitted(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> list[Trigger]:
    """The words by which a picture only fits a lack: "nerve conduction *consistent with* B12 deficiency"."""
    out = []
    for hit in hits:
        if ("resembles", "") not in hit.marks:
            continue
        at = hit.last
        while at < len(tokens) and tokens[at].norm in _ARTICLES:
            at += 1
        if any(
            one.first == at and mark == "concept" and name in lexicon.resembled
            for one in hits
            for mark, name in one.marks
        ):
            out.append(Trigger("doubt", FORWARD, hit.first, hit.last))
    return out


_OBJECTS = frozenset("it them these those this that any either now".split())


def at_end(tokens: list[Token], after: int) -> bool:
    """Whether nothing stands from token ``after`` on but what only points back: "no longer taking *it*."."""
    return all(token.norm in MARKS or token.norm in _OBJECTS for token in tokens[after:])


_BLAMED = frozenset({"due", "from", "secondary", "related", "caused", "because"})
_LENGTH = frozenset({",", "(", ":", "for", "since", "x"})
_THERE = frozenset({"symptom", "finding", "function"})


def _is_of_cause(tokens: list[Token], hits: list[Hit], hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether a complaint is there and only its cause in doubt: "numbness *likely CIPN*", not "neuropathy likely"."""
    before = hit.first
    # "Numb toes 6/12, likely diabetes": how long it has been there may stand between.
    while before and (
        tokens[before - 1].norm in _LENGTH
        or tokens[before - 1].norm[0].isdigit()
        or tokens[before - 1].norm in lexicon.timely
    ):
        before -= 1
    if hit.last >= len(tokens) or not any(
        one.last == before and any(m == "concept" and lexicon.kinds.get(n) in _THERE for m, n in one.marks)
        for one in hits
    ):
        return False
    return tokens[hit.last].norm in _BLAMED or any(
        one.first == hit.last and one.marks[0][0] in ("concept", "background") for one in hits
    )


def _is_for(tokens: list[Token], hit: Hit) -> bool:
    return hit.last < len(tokens) and tokens[hit.last].norm == "for"


def _is_heading(tokens: list[Token], hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether the words head what follows: "*On hold*: pemetrexed", "*Held* this week - methotrexate"."""
    first = next((i for i, t in enumerate(tokens) if t.norm[0].isalpha() and t.norm not in IN_HEADINGS), 0)
    after = hit.last
    while after < min(len(tokens), hit.last + 3) and (
        tokens[after].norm in lexicon.timely
        or tokens[after].norm in MEDICINES
        or tokens[after].norm[0].isdigit()
    ):
        after += 1
    return hit.first == first and after < len(tokens) and tokens[after].norm == ":"


def _by_form(hit: Hit, tokens: list[Token]) -> tuple[Mark, ...]:
    """What "rules out" denies, "rule out" leaves open, though both are spelt alike when they are compared."""
    names = {name for name, _ in hit.marks}
    if not {"negation", "doubt"} <= names:
        return hit.marks
    drop = "doubt" if tokens[hit.first].raw.lower().endswith(("s", "d")) else "negation"
    return tuple(mark for mark in hit.marks if mark[0] != drop)
