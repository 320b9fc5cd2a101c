"""What a relative has or takes and the patient has not, told without naming it again: "my husband takes B12, *I don't*"."""

from __future__ import annotations

from msgspec.structs import replace

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.model.record import UNDATED, Event

_OWN = frozenset({"i", "im", "me", "patient", "pt"})
_NOT = frozenset(
    "do does des has have did not never am is the myself himself herself though but however any it".split()
)


def denied_of_self(tokens: list[Token], said: list[Event], lexicon: CompiledLexicon) -> list[Event]:
    """What is thereby denied of the patient."""
    others = [one for one in said if one.family and one.affirmed and not one.doubt]
    if not others or len({one.family for one in said}) > 1:
        return []
    last = len(tokens)
    while last and tokens[last - 1].norm in MARKS:
        last -= 1
    first = max((i for i in range(last) if tokens[i].norm in (",", ":", "but", "and")), default=-1) + 1
    clause = [token.norm for token in tokens[first:last]]
    she, he = lexicon.relatives.she, lexicon.relatives.he
    sexes = {sex for token in tokens[:first] if (sex := lexicon.relatives.sexes.get(token.norm))}
    own = _OWN | (she if sexes == {"male"} else he if sexes == {"female"} else frozenset())
    negative = {"not", "never"} & set(clause)
    if not first or not negative or not own & set(clause) or any(word not in own | _NOT for word in clause):
        return []
    return [
        replace(one, family=False, affirmed=False, time="current", start=UNDATED, stop=UNDATED)
        for one in others
    ]
