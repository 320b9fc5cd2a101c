"""How far what is told of a relative goes on: "my brother, *who has Crohn's*, takes", "her mother, *aged 80*, has", "her sister is diabetic *and vegan*"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cobalens.intake.words.lexicon import FORWARD, CompiledLexicon
from cobalens.intake.words.perspective import is_meant
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.intake.words.triggers import Trigger

if TYPE_CHECKING:
    from cobalens.intake.words.context import Scene

_NEAR = 4
"""How many words may stand between a relative and the clause that tells of them."""


def opens_clause(trigger: Trigger, i: int, scene: Scene) -> bool:
    """Whether a clause about the relative begins here: "my brother, *who* has Crohn's"."""
    between = [token.norm for token in scene.tokens[trigger.last : i]]
    return (
        trigger.name == "family"
        and scene.tokens[i].norm == "who"
        and (between in ([], [","], ["("]) or (between[0] == "with" and len(between) <= _NEAR))
    )


_ASIDE = frozenset("a an aged age now also himself herself late".split())
_DOES = frozenset(
    "died dies passed has had takes took is was are were developed suffered suffers gets got uses used lives".split()
)


def is_aside(comma: int, apposed: bool, scene: Scene) -> bool:
    """Whether a comma opens what only describes the relative ("her mother, *aged 80*, has PA"), or ends it."""
    after = scene.tokens[comma + 1].norm if comma + 1 < len(scene.tokens) else ""
    if apposed:
        return after in _DOES or after in scene.lexicon.relatives.doing
    return after in _ASIDE or after.isdigit()


def same_subject(trigger: Trigger, joined: int, i: int, scene: Scene, clause: bool) -> bool:
    """Whether only more is told of the relative: "her husband is diabetic *and takes*", "brother *with* diabetes *on* insulin"."""
    verbs, tokens = scene.lexicon.relatives.doing, scene.tokens
    if i <= joined + 2 and is_meant(
        tokens, range(trigger.first, trigger.last), joined + 1, scene.lexicon.relatives
    ):
        return True
    if tokens[joined].norm in ("and", "&") and i == joined + 1 and _describes(trigger, joined, scene):
        return True
    more = verbs | {"on", "taking"}
    if tokens[joined].norm == "with":
        return joined == trigger.last and tokens[i].norm in more
    if tokens[joined].norm not in ("and", "&") or tokens[joined + 1].norm not in more:
        return False
    # "Her grandson (8) is vegan and on B12".
    bracket = 3 * (trigger.last < len(tokens) and tokens[trigger.last].norm == "(")
    return clause or any(t.norm in verbs for t in tokens[trigger.last - 1 : trigger.last + 2 + bracket])


_IS = frozenset({"is", "was", "are", "were", "being"})


def _describes(trigger: Trigger, joined: int, scene: Scene) -> bool:
    """Whether only what a relative is stands before the *and*: "her sister is diabetic *and* vegan"."""
    tokens = scene.tokens
    first = trigger.last
    if first >= joined or not (tokens[first].norm in _IS or tokens[first - 1].norm in _IS):
        return False
    return all(
        i in scene.covered
        and tokens[i].norm not in scene.lexicon.relatives.pronouns
        and tokens[i].norm != ","
        for i in range(first, joined)
    )


_HEADINGS = frozenset({("fhx",), ("fh",), ("famhx",), ("family", "history"), ("family", "hx"), ("fam", "hx")})
_DIVIDE = frozenset(",;.\n")
_PATIENT = frozenset({"patient", "pt", "she", "he", "i", "herself", "himself", "myself"})
_NOBODY = frozenset({"nil", "none", "no", "nad", "negative", "unremarkable", "unknown"})


def under_heading(tokens: Sequence[Token], lexicon: CompiledLexicon) -> list[Trigger]:
    """The commas of a family history behind which more is told of the relatives: "*FHx:* mother - PA, *on injections*; ..."."""
    names = lexicon.relatives.sexes
    norms = [token.norm for token in tokens]
    begin = next((i for i, norm in enumerate(norms) if norm not in MARKS), 0)
    size = next((n for n in (2, 1) if tuple(norms[begin : begin + n]) in _HEADINGS), 0)
    if not size and names.keys() & set(norms[begin : begin + 2]):
        # "Mother has PA, on injections": what is injected is not named, and hers.
        given = lexicon.unnamed.given
        return [
            Trigger("family", FORWARD, i, i + 1)
            for i in range(begin + 2, len(norms) - 2)
            if norms[i : i + 2] == [",", "on"] and norms[i + 2] in given
        ]
    if not size or _NOBODY & set(norms[begin + size : begin + size + 3]):
        return []
    relative, out = False, []
    verbs = lexicon.relatives.doing | lexicon.relatives.living
    for i in range(begin + size, len(tokens)):
        relative = relative or norms[i] in names
        if tokens[i].raw == ":" and i > begin + size and norms[i - 1] not in names:
            # "FHx: mother PA, DHx: metformin" goes on to something else.
            break
        # A comma right before another heading or a relative needs none.
        if relative and norms[i] in (",", "and") and i + 1 < len(tokens) and norms[i + 1] not in names:
            heads = i + 2 < len(tokens) and tokens[i + 2].raw == ":"
            clause = norms[
                i + 1 : next((k for k in range(i + 1, len(norms)) if norms[k] in _DIVIDE), len(norms))
            ]
            # "FH: mother PA, takes metformin": whoever writes so is back with the patient.
            if not heads and norms[i + 1] not in verbs and not _PATIENT & set(clause):
                out.append(Trigger("family", FORWARD, i, i + 1))
    return out
