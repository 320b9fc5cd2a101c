"""The age of a person of whom a text tells: beside a relative's name ("Mum (58)"), or of *she* and *he* ("She's 12")."""

from __future__ import annotations

from cobalens.intake.words.tokens import Token


def age_beside(tokens: list[Token], place: int) -> int | None:
    """ "Mum (58)", "my husband, 67," , "my wife aged 71"."""
    for i in range(place + 1, min(place + 6, len(tokens))):
        norm = tokens[i].norm
        if norm.isdigit() and len(norm) <= 3:
            plain = tokens[i - 1].norm in ("(", ",", "aged", "age")
            return int(norm) if plain or _is_years(tokens, i) else None
        if (
            norm not in _TO_AGE
            and not is_they(tokens[i])
            and not (i == place + 1 and tokens[i].raw.istitle())
        ):
            return None
    return None


_TO_AGE = frozenset("( , aged age is she he who now just only turned".split())
_WHO_TURNS = frozenset("she he i just has who boy girl lad kid child son daughter recently".split())
_AFTER_AGE = frozenset(", . ; ) ! \n and now year yr y yo next this with but".split())
_AFTER_TURNED = _AFTER_AGE | {"in", "on", "last"}


def is_they(token: Token) -> bool:
    """ "She's", which no longer looks like itself in one spelling."""
    return token.raw.lower().replace("\u2019", "").replace("'", "") in ("shes", "hes")


def _is_years(tokens: list[Token], i: int) -> bool:
    """Whether what follows a number lets it be an age: "she's 12, and", not "she's 12 weeks"."""
    return i + 1 == len(tokens) or tokens[i + 1].norm in _AFTER_AGE


def told_age(tokens: list[Token], letter: str = "") -> int | None:
    """ "She's 12", "he is 71 now", where nobody else is spoken of; ``letter``: with which the pronoun must begin."""
    for i, token in enumerate(tokens):
        if not token.norm.isdigit() or len(token.norm) > 3 or not i:
            continue
        before = [t.norm for t in tokens[max(0, i - 3) : i]]
        if letter and not {t.raw[:1].lower() for t in tokens[max(0, i - 2) : i]} & {letter}:
            continue
        they = is_they(tokens[i - 1]) or before[-2:] in (["she", "is"], ["he", "is"])
        if they and _is_years(tokens, i):
            return int(token.norm)
        after = tokens[i + 1].norm if i + 1 < len(tokens) else "."
        if before[-1] == "turned" and after in _AFTER_TURNED and before[-2:-1] and before[-2] in _WHO_TURNS:
            return int(token.norm)
    return None
