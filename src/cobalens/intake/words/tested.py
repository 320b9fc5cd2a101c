"""What somebody was tested for, and what came of it: "tested for coeliac - *negative*" denies, "*positive*" says so, "awaiting result" neither."""

from __future__ import annotations

from cobalens.intake.words.lexicon import FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.intake.words.triggers import Trigger

_LIST = frozenset({",", "/", "&", "and", "or"})
_NAMED = frozenset({"concept", "background", "umbrella", "vague"})


def with_outcome(
    triggers: list[Trigger], tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon
) -> list[Trigger]:
    """The triggers, where a test that was found negative denies what it looked for, and one found positive leaves it said."""
    out: list[Trigger] = []
    denied = len(tokens)
    for trigger in triggers:
        said = trigger.name == "hypothetical" and " ".join(
            token.norm for token in tokens[trigger.first : trigger.last]
        )
        if said not in lexicon.tested.words:
            out.append(trigger)
            continue
        found = _outcome(trigger.last, tokens, hits, lexicon)
        if found is None:
            out.append(trigger)
        elif not found:
            out.append(Trigger("negation", FORWARD, trigger.first, trigger.last))
            denied = min(denied, trigger.last)
    # Who gets the all-clear of a test has not recovered from what was not there.
    return [one for one in out if not (one.name == "resolved" and one.first >= denied)]


def _outcome(at: int, tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool | None:
    """Whether it was found; nothing where the words behind the list of what was looked for do not tell."""
    named = {hit.first: hit.last for hit in hits if any(mark in _NAMED for mark, _ in hit.marks)}
    behind = 0
    while at < len(tokens):
        if at in named and not (behind and tokens[at - 1].norm not in _LIST):
            at = behind = named[at]
        elif behind and tokens[at].norm not in _LIST:
            break
        else:
            at += 1
    if not behind:
        return None
    words = lexicon.tested
    for token in tokens[behind:]:
        if token.norm in words.negative:
            return False
        if token.norm in words.positive:
            return True
        timed = token.norm[0].isdigit() or token.norm in lexicon.timely
        if not (timed or token.norm in words.between or token.norm in MARKS):
            return None
    return None
