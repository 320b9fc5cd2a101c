"""Injections that nobody named: "PA, has his *jabs every 3 months*" are B12, "prostate cancer, *3-monthly injections*" need not be.

What makes them B12, and what makes them something else, is data (``[unnamed]`` in ``lexicon/context.toml``). Where
neither is plain they are listed, and not taken for B12.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import BLANK, Hit
from cobalens.intake.words.swapplan import is_for_another, swap_in, then_told, unnamed_in_swap
from cobalens.intake.words.tokens import Token, spell

_LISTS = frozenset({"medications", "supplements"})
Topic = Literal["own", "other", ""]
_SHORT = 2
"""So short a word is an abbreviation and counts in capitals alone: "PA"."""
_STOPS = frozenset({".", ";", "!", "?", "\n"})
_NEAR = 6
"""So many words may stand between an injection and how often it is given."""


def named_by_topic(
    part: list[Token],
    hits: list[Hit],
    gapped: list[Hit],
    tokens: list[Token],
    field: str,
    lexicon: CompiledLexicon,
) -> tuple[list[Hit], list[Hit], list[Hit]]:
    """The hits of a sentence with its unnamed injections named, those with a gap, and injections that stay unnamed."""
    words = lexicon.unnamed
    swapped, unsure = _swapped(part, hits, tokens, lexicon)
    hits = [*hits, *_beside_a_result(part, hits, lexicon), *_instead(part, tokens, lexicon), *swapped]
    hits += _in_micrograms(part, hits, tokens, lexicon)
    hits.sort(key=lambda one: (one.first, one.last))
    if not any(part[i].norm in words.given for i in range(len(part))):
        return hits, gapped, unsure
    out, unclear = [], list(unsure)
    for hit in hits:
        if _is_guess(hit, lexicon):
            topic = _topic(hit, part, tokens, lexicon)
            # In a list of medicines a phrase stands by itself, and other entries may be what is injected.
            if topic == "other" or (not topic and field in _LISTS):
                unclear.append(hit)
                hit = replace(hit, marks=tuple(m for m in hit.marks if m != words.mark))
        elif (
            _is_bare(hit, lexicon)
            and (
                (regular := _is_regular(hit, part, lexicon))
                or _is_owned(hit, part)
                or _is_had(hit, part, lexicon)
            )
            and not _is_named(hit, part, hits, lexicon)
        ):
            topic = _topic(hit, part, tokens, lexicon)
            if topic == "own":
                hit = replace(hit, marks=(*hit.marks, words.mark))
            elif regular or not topic or any(_of(token, lexicon) == "own" for token in part):
                unclear.append(hit)
        if hit.marks:
            out.append(hit)
    kept = [h for h in gapped if not _is_guess(h, lexicon) or _topic(h, part, tokens, lexicon) != "other"]
    return out, kept, unclear


_TAKEN = frozenset({"on", "off"})
_MEANWHILE = frozenset({"while", "whilst", "when", "still", "now", "(", "and"})
_HOW = frozenset({"oral", "regular", "her", "his", "my", "daily", "high", "dose", "the"})


def _swapped(
    part: list[Token], hits: list[Hit], tokens: list[Token], lexicon: CompiledLexicon
) -> tuple[list[Hit], list[Hit]]:
    """What changes places without a name, as B12 where B12 is spoken of; and what stays unnamed."""
    named = [h for h in hits if _is_named_drug(h, lexicon) or ("background", "") in h.marks]
    found = [
        hit for hit in unnamed_in_swap(part, lexicon) if not any(h.first <= hit.first < h.last for h in named)
    ]
    if not found or swap_in(part, [*hits, *found], lexicon) is None:
        return [], []
    own = [hit for hit in found if _topic(hit, part, tokens, lexicon) == "own"]
    lost = [
        hit for hit in found if hit not in own and not named and _topic(hit, part, tokens, lexicon) != "other"
    ]
    return own, lost[:1]


def _beside_a_result(part: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> list[Hit]:
    """What right behind a result of B12 is on or off, and has no name: "B12 620 ng/L *on tablets*"."""
    beside = lexicon.unnamed.beside
    out = []
    for i, token in enumerate(part):
        taken = token.norm in _TAKEN and _follows_b12(part, i, lexicon)
        last = i + 1 if taken else _treated(part, i, hits, lexicon)
        if not last:
            continue
        while last < len(part) and part[last].norm in _HOW:
            last += 1
        name = beside.get(part[last].norm) if last < len(part) else None
        after = part[last + 1].norm if last + 1 < len(part) else ""
        if (
            name
            and not (after in ("for", "of") and not _is_while(part, last + 2, lexicon))
            and not any(h.first <= last < h.last and _is_named_drug(h, lexicon) for h in hits)
        ):
            out.append(Hit(last, last + 1, (("concept", name),), part[last].norm))
    return out


def _instead(part: list[Token], tokens: list[Token], lexicon: CompiledLexicon) -> list[Hit]:
    """What has taken the place of injections of which the sentence before spoke: "Was on B12 injections. *Now on tablets.*"."""
    words = lexicon.unnamed
    at = next((k for k in then_told(part) if k < len(part) and part[k].norm in words.beside), None)
    if at is None or is_for_another(part, at + 1, lexicon):
        return []
    before = [token for token in tokens if token.end <= part[0].start]
    last = {token.norm for token in before[_last_sentence(before) :]}
    if not (last & words.given and last & words.own):
        return []
    return [Hit(at, at + 1, (("concept", words.beside[part[at].norm]),), part[at].norm)]


def _in_micrograms(
    part: list[Token], hits: list[Hit], tokens: list[Token], lexicon: CompiledLexicon
) -> list[Hit]:
    """Tablets without a name of so many micrograms, where B12 is spoken of and nothing else is taken: "*take 1000 mcg tablets* daily"."""
    if any(_is_named_drug(h, lexicon) or ("background", "") in h.marks for h in hits):
        return []
    out = []
    for i in range(2, len(part)):
        at = i - 1
        while at > 1 and part[at].norm in _HOW:
            at -= 1
        name = lexicon.unnamed.beside.get(part[i].norm)
        micrograms = lexicon.dose_units.get(part[at].norm) == _MICROGRAM and part[at - 1].norm[0].isdigit()
        hit = Hit(i, i + 1, (("concept", name),), part[i].norm) if name and micrograms else None
        if hit is None or is_for_another(part, i + 1, lexicon):
            continue
        if _topic(hit, part, tokens, lexicon) == "own":
            out.append(hit)
    return out


_MICROGRAM = "1"


def _is_while(part: list[Token], at: int, lexicon: CompiledLexicon) -> bool:
    """Whether a length of time stands here: "tablets for *6 months*", not "tablets for *his pressure*"."""
    return at < len(part) and (part[at].norm[0].isdigit() or part[at].norm in lexicon.timely)


def _treated(part: list[Token], at: int, hits: list[Hit], lexicon: CompiledLexicon) -> int:
    """Behind what right after the lack itself says that it is treated: "B12 deficiency *treated with* tablets"; nought where nothing does."""
    last = at + 1
    if part[at].norm in lexicon.unnamed.had and last < len(part) and part[last].norm in ("with", "by", "on"):
        last += 1
    elif part[at].norm not in _UNDER and part[at].norm not in lexicon.unnamed.had:
        return 0
    before = at
    while before > 0 and (part[before - 1].norm in _MEANWHILE or part[before - 1].norm in _OF_THE_LACK):
        before -= 1
    lack = any(
        h.last == before and any(m == "concept" and n in lexicon.untreated.of for m, n in h.marks)
        for h in hits
    )
    return last if lack else 0


_UNDER = frozenset({"on", "under"})
_OF_THE_LACK = frozenset(
    {
        ",",
        ":",
        "-",
        "which",
        "is",
        "being",
        "currently",
        "well",
        "she",
        "he",
        "was",
        "has",
        "been",
        "for",
        "who",
    }
)


def _is_named_drug(hit: Hit, lexicon: CompiledLexicon) -> bool:
    return any(
        m == "concept" and n != "unspecified_supplement" and lexicon.kinds.get(n) == "drug"
        for m, n in hit.marks
    )


def _follows_b12(part: list[Token], at: int, lexicon: CompiledLexicon) -> bool:
    """Whether a result of B12 ends before this token."""
    i = at - 1
    while i >= 0 and part[i].norm in _MEANWHILE:
        i -= 1
    if i < 0 or part[i].norm != BLANK:
        return False
    while i >= 0 and part[i].norm == BLANK:
        word = spell(part[i].raw.lower(), lexicon.spelling)
        if word in lexicon.unnamed.own and word in lexicon.tests:
            return True
        i -= 1
    return False


def _is_guess(hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether a phrase that stands for B12 by injection names no medicine: "3 monthly injection"."""
    said = set(hit.key.split())
    return (
        lexicon.unnamed.mark in hit.marks
        and bool(said & lexicon.unnamed.given)
        and not said & lexicon.unnamed.own
    )


def _is_bare(hit: Hit, lexicon: CompiledLexicon) -> bool:
    return hit.key in lexicon.unnamed.given


def _is_regular(hit: Hit, part: list[Token], lexicon: CompiledLexicon) -> bool:
    near = part[max(0, hit.first - _NEAR) : hit.last + _NEAR]
    return any(token.norm in lexicon.unnamed.often or _is_interval(token.norm) for token in near)


def _is_owned(hit: Hit, part: list[Token]) -> bool:
    """Whether they are somebody's, as a course is: "they stopped *my* jabs"."""
    return bool(hit.first) and part[hit.first - 1].norm in ("my", "her", "his", "their")


def _is_had(hit: Hit, part: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether somebody has had them: "*started* injections", "*treated with* injections", "jabs *started*"."""
    before = hit.first - 1
    while before >= 0 and part[before].norm in _BETWEEN:
        before -= 1
    if hit.last < len(part) and part[hit.last].norm in _BEGAN:
        return True
    return before >= 0 and part[before].norm in lexicon.unnamed.had


_BEGAN = frozenset({"started", "began", "begun", "commenced", "stopped", "finished"})


_BETWEEN = frozenset(
    "on with a course of some several few couple last two three four five six 2 3 4 5 6 regular by the her his my their".split()
)


def _is_interval(norm: str) -> bool:
    """``3/12`` and ``12/52`` behind an injection are its interval."""
    number, stroke, of = norm.partition("/")
    return bool(stroke) and number.isdigit() and of in ("12", "52")


def _is_named(hit: Hit, part: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether a medicine stands right beside it: "*methotrexate* injection", "injection of *insulin*"."""
    after = hit.last < len(part) and part[hit.last].norm == "of"
    beside = [h for h in hits if h.last == hit.first or (after and h.first == hit.last + 1)]
    return any(
        m == "background" or (m == "concept" and lexicon.kinds.get(n) == "drug")
        for one in beside
        if not lexicon.unnamed.own & set(one.key.split())
        for m, n in one.marks
    )


def _topic(hit: Hit, part: list[Token], tokens: list[Token], lexicon: CompiledLexicon) -> Topic:
    """Of what the nearest words speak: in its own sentence, in the one before it, then anywhere."""
    said = [(abs(i - hit.first), _of(token, lexicon)) for i, token in enumerate(part)]
    here = sorted(one for one in said if one[1])
    if here:
        return here[0][1]
    begin, end = part[0].start, part[-1].end
    before = [token for token in tokens if token.end <= begin]
    last = {_of(token, lexicon) for token in before[_last_sentence(before) :]} - {""}
    if len(last) == 1:
        return last.pop()
    others = {_of(token, lexicon) for token in tokens if not begin <= token.start < end}
    return "other" if "other" in others else "own" if "own" in others else ""


def _last_sentence(tokens: list[Token]) -> int:
    """Where the last sentence begins, its own stop apart."""
    stops = [i for i, token in enumerate(tokens[:-1]) if token.norm in _STOPS]
    return stops[-1] + 1 if stops else 0


def _of(token: Token, lexicon: CompiledLexicon) -> Topic:
    # A result that was read before blanks its words; what was written is still there.
    for word in (token.norm, spell(token.raw.lower(), lexicon.spelling)):
        if word in lexicon.unnamed.own and (len(word) > _SHORT or token.raw.isupper()):
            return "own"
        if word in lexicon.unnamed.other:
            return "other"
    return ""
