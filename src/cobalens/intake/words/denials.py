"""How far a denial goes: not over what dates it, not over what is excepted, and only until what is denied began."""

from __future__ import annotations

from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token

_ONE_QUESTION = frozenset({"or", "/", ",", "any", "of"})
TIME_WORDS = frozenset({"before", "after", "since", "until", "till", "during", "prior"})
_COMPLAINTS = frozenset({"symptom", "finding", "function"})
_EXCEPT = frozenset({"except", "unless", "apart", "save", "bar"})
_UNTIL = frozenset({"until", "till", "til"})


def is_any_more(first: int, kind: str, tokens: list[Token]) -> bool:
    """Whether words for an end only go on with a denial: "cannot thread a needle *any more*" has not passed."""
    return kind in _COMPLAINTS and tokens[first].norm in ("any", "anymore")


def answers_another(at: int, hit: Hit, tokens: list[Token], hits: list[Hit]) -> bool:
    """Whether a no on a form stands behind the label of something else: "Numbness: Y / Weakness: *N*"."""
    label = at - 1 if tokens[at - 1].norm in (":", "?", "=", "-") else at
    last = next((h for h in hits if h.last == label and h is not hit), None)
    if last is None or hit.last >= label:
        return False
    # "Vegan *or* vegetarian: N" asks one question of both.
    between = [token.norm for token in tokens[hit.last : last.first]]
    return not ({"or", "/"} & set(between) and all(one in _ONE_QUESTION for one in between))


def is_nought(last: int, tokens: list[Token]) -> bool:
    """Whether a word for nothing ends its part, and so answers what stands before it alone: "CP *nil*, numb feet"."""
    return tokens[last - 1].norm in ("nil", "none") and last < len(tokens) and tokens[last].norm == ","


def is_excepted(hit: Hit, kind: str, tokens: list[Token]) -> bool:
    """Whether a complaint is denied with an exception, so that it is there: "no tingling *except* in cold weather"."""
    return kind in _COMPLAINTS and hit.last < len(tokens) - 1 and tokens[hit.last].norm in _EXCEPT


def is_since_then(first: int, hit: Hit, kind: str, tokens: list[Token]) -> bool:
    """Whether it is denied only until some time, so that it has been there since: "never had falls *until* this year".

    A treatment that is withheld until something else is done has not begun: "no B12 *until* bloods are taken".
    """
    if not hit.last < len(tokens) - 1 or tokens[hit.last].norm not in _UNTIL:
        return False
    return (
        kind in _COMPLAINTS
        or tokens[first].norm == "never"
        or any(t.norm == "never" for t in tokens[first : hit.first])
    )


def has_exception(hit: Hit, tokens: list[Token], hits: list[Hit]) -> bool:
    """Whether a list of things is denied with an exception that is not understood: "no gastric surgery *apart from* a banding"."""
    after = [token.norm for token in tokens[hit.last : hit.last + 2]]
    if after[:1] == [] or not (after[0] in _EXCEPT or after == ["other", "than"]):
        return False
    return not any(h.first > hit.last and m in _MEANT for h in hits for m, _ in h.marks)


_MEANT = frozenset({"concept", "observable", "background"})
