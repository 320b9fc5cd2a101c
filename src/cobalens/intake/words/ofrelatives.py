"""How far what is told of a relative goes on: "my brother, *who has Crohn's*, takes", "her mother, *aged 80*, has", "her sister is diabetic *and vegan*"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cobalens.intake.words.perspective import is_meant
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
    return clause or any(t.norm in verbs for t in tokens[trigger.last - 1 : trigger.last + 2])


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
