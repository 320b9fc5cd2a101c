"""Of whom somebody tells who rings, writes or stands by: "Daughter rang: *Mum* has numb feet" is about the mother."""

from __future__ import annotations

from cobalens.intake.words.lexicon import Relatives
from cobalens.intake.words.tokens import MARKS, Token

_CALLS = frozenset(
    "rang rings ringing phoned phones phoning telephoned telephones called calls calling emailed messaged texted wrote writes contacted tells told".split()
)
LETTERS = frozenset(
    "letter email message note call called phone telephone text t/c tc tel voicemail sms".split()
)
"""What somebody may ring, write or leave."""
_AHEAD = frozenset(
    "phone telephone message call note nurse patient pt the a an our eldest youngest elder younger worried concerned".split()
)
"""What may stand before whoever tells, at the beginning of a note."""
_FIRST, _FAR = 10, 30
_CHILDREN = frozenset("daughter son child granddaughter grandson niece nephew".split())


def told_by_kin(tokens: list[Token], words: Relatives) -> int | None:
    """The parent, or other elder, of whom a child tells at the beginning of a note; nobody is named *her mum* or *his mum* so."""
    norms = [token.norm for token in tokens]
    teller = next((i for i, norm in enumerate(norms[:_FIRST]) if norm in words.sexes), None)
    if teller is None or norms[teller] not in _CHILDREN or teller + 1 >= len(norms):
        return None
    if norms[teller + 1] not in _CALLS and norms[teller + 1] not in words.telling:
        return None
    if any(n not in _AHEAD and n not in words.opening and n not in MARKS for n in norms[:teller]):
        return None
    after = range(teller + 2, min(teller + _FAR, len(norms)))
    place = next((i for i in after if norms[i] in words.sexes and norms[i] not in _CHILDREN), None)
    return place if place is not None and norms[place - 1] not in words.pronouns else None


def letter_from(tokens: list[Token], words: Relatives) -> int | None:
    """ "Letter from daughter: *Dad's* B12 was 101": the relative of whom a relative writes."""
    norms = [token.norm for token in tokens]
    at = next((i for i, norm in enumerate(norms[:8]) if norm == "from" and LETTERS & set(norms[:i])), None)
    writer = (
        at
        if at is None
        else next((i for i in range(at + 1, at + 4) if norms[i : i + 1] and norms[i] in words.sexes), None)
    )
    if writer is None:
        return None
    after = range(writer + 1, min(writer + 12, len(norms)))
    place = next((i for i in after if norms[i] in words.sexes), None)
    return place if place is not None and norms[place - 1] not in words.pronouns else None
