"""What of a text was not understood, clause by clause, and what was probably meant. Suggested, never guessed."""

from __future__ import annotations

from collections import Counter

from cobalens.intake.words.lexicon import CompiledLexicon, is_phrase
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import MARKS, Token, spell
from cobalens.model.record import Unread

CLOSE, CLOSE_INSIDE, CLOSE_SHORT, SHORT = 84.0, 88.0, 90.0, 6
"""Likeness in per cent: of a clause, of a word in a clause that was understood, of a short word; and what is short."""
MEMORY, SHARED = 5_000, 0.8
"""Words remembered; the share of a word's letters that a likely name has."""
_ENDINGS = frozenset("s es ed d ing al ally ic ly y like type".split())
"""Behind a known word these make no other word."""
LEFT = 2
"""Unknown words from which the rest of a clause is reported: one alone is mostly an adjective; in a list of medicines
it may be a medicine, and by its ending it may be the name of something.
"""
_DRUGS = frozenset({"medications", "supplements"})
_MEANINGFUL = frozenset(
    {
        "concept",
        "umbrella",
        "stated",
        "observable",
        "background",
        "test",
        "adherence",
        "unstated",
        "undelivered",
        "ignored",
        "taken",
        "result",
        "amount",
        "assay",
    }
)


def unread(
    text: str, where: str, tokens: list[Token], hits: list[Hit], covered: frozenset[int],
    taken: frozenset[int], lexicon: CompiledLexicon, field: str = "note",
) -> tuple[Unread, ...]:  # fmt: skip
    """The clauses without anything recognised, what is left of the others, and words that look like a misspelling."""
    meaningful = {
        k for h in hits if any(m[0] in _MEANINGFUL for m in h.marks) for k in range(h.first, h.last)
    } | taken
    out: list[Unread] = []
    for clause in _clauses(tokens):
        rest = [i for i in clause if i not in covered and _is_content(tokens[i]) and not _is_unit(tokens, i)]
        if not rest:
            continue
        if any(i in meaningful for i in clause):
            misspelt = _misspelt(where, tokens, clause, rest, lexicon)
            out.extend(misspelt)
            left = [i for i in rest if tokens[i].norm not in lexicon.introduces | lexicon.fresh]
            named = any(
                tokens[i].norm.endswith(lexicon.endings) or _is_abbreviation(tokens[i], lexicon) for i in left
            )
            if not misspelt and len(left) >= (1 if named or field in _DRUGS else LEFT):
                out.append(Unread(where, _left(text, tokens, left)))
            continue
        first, last = tokens[clause[0]].start, tokens[clause[-1]].end
        said = text[first:last].strip(" ,;:()")
        out.append(Unread(where, said, _suggestion(said, [tokens[i] for i in rest], lexicon)))
    return tuple(out)


def _left(text: str, tokens: list[Token], rest: list[int]) -> str:
    """The words that are left, neighbours together."""
    runs: list[list[int]] = []
    for i in rest:
        if runs and i == runs[-1][-1] + 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return " \u2026 ".join(text[tokens[run[0]].start : tokens[run[-1]].end] for run in runs)


def _clauses(tokens: list[Token]) -> list[list[int]]:
    out: list[list[int]] = [[]]
    for i, token in enumerate(tokens):
        if token.norm == ",":
            out.append([])
        elif token.norm in ("(", ")"):
            continue
        else:
            out[-1].append(i)
    return [
        [i for i in clause if tokens[i].norm not in MARKS]
        for clause in out
        if any(tokens[i].norm not in MARKS for i in clause)
    ]


def _is_content(token: Token) -> bool:
    return (
        len(token.norm) > 1
        and token.norm not in MARKS
        and not token.norm[0].isdigit()
        and any(c.isalpha() for c in token.norm)
        # "He's" and "she's" say no more than "he" and "she".
        and (token.raw.isalnum() or token.norm not in _PRONOUNS)
    )


_PRONOUNS = frozenset({"hes", "shes", "theyre", "im", "its", "thats", "theres"})


def _is_abbreviation(token: Token, lexicon: CompiledLexicon) -> bool:
    """Whether it is the short form of an illness or a medicine, which here may be something else: "*ET* JAK2 positive"."""
    return token.norm in lexicon.only and token.raw.isupper()


def _is_unit(tokens: list[Token], i: int) -> bool:
    """Whether it is only the unit of a number, "149 *ng*/L": whoever lists numbers that nobody read lists it with them."""
    return 0 < i < len(tokens) - 1 and tokens[i - 1].norm[0].isdigit() and tokens[i + 1].norm in ("/", "per")


def _misspelt(
    where: str, tokens: list[Token], clause: list[int], rest: list[int], lexicon: CompiledLexicon
) -> list[Unread]:
    """In a clause that was understood, only words that nearly are known ones are reported."""
    out = []
    for i in rest:
        word = tokens[i].raw.lower()
        if len(word) >= SHORT:
            # "pernicous anaemia": the pair is a known name, the single word is none.
            pairs = [
                f"{tokens[k].raw} {tokens[k + 1].raw}".lower()
                for k in (i, i - 1)
                if k in clause and k + 1 in clause
            ]
            likely = next((found for pair in pairs if (found := _close(pair, lexicon, CLOSE_SHORT))), None)
            likely = likely or _close(word, lexicon, CLOSE_INSIDE)
            if (
                likely is not None
                and not likely.startswith(word)
                and word.removeprefix(likely) not in _ENDINGS
            ):
                out.append(Unread(where, tokens[i].raw, likely))
    return out


def _suggestion(said: str, rest: list[Token], lexicon: CompiledLexicon) -> str | None:
    whole = _close(said.lower(), lexicon, CLOSE_SHORT if len(said) < SHORT else CLOSE)
    if whole is not None:
        return whole
    for token in sorted(rest, key=lambda t: -len(t.raw)):
        if len(token.raw) >= 5:
            likely = _close(token.raw.lower(), lexicon, CLOSE)
            if likely is not None:
                return likely
    return None


def _close(word: str, lexicon: CompiledLexicon, cutoff: float) -> str | None:
    """The known name most like a word, or ``None``; the first letter is hardly ever wrong."""
    if not word or is_phrase(spell(word, lexicon.spelling), lexicon):
        return None
    key = f"{cutoff:.0f} {word}"
    if key not in lexicon.near:
        size, letters = len(word), set(word)
        # Most words share too few letters with any name; only the rest are worth a measure of likeness.
        near = [
            n
            for n in lexicon.names.get(word[0], ())
            if size - 3 <= len(n) <= size + 3
            and len(letters.intersection(n)) >= SHARED * len(letters)
            and 200 * _in_common(word, n) >= cutoff * (size + len(n))
        ]
        found = None
        if near:
            from rapidfuzz import fuzz, process

            found = process.extractOne(word, near, scorer=fuzz.ratio, score_cutoff=cutoff)
        if len(lexicon.near) > MEMORY:
            lexicon.near.clear()
        lexicon.near[key] = found[0] if found is not None else ""
    return lexicon.near[key] or None


def _in_common(word: str, name: str) -> int:
    """The letters that two words share in any order: no measure finds them more alike than these allow."""
    return (Counter(word) & Counter(name)).total()
