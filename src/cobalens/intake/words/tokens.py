"""Free text as tokens: words in one spelling, marks of punctuation, each with its place in the source.

Phrases of the vocabulary go through the same door, so both sides of a comparison are always spelt alike.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from cobalens.intake.patterns import pattern

_PIECE = pattern(
    r"\d{4}-\d{2}(?:-\d{2})?(?!\d)"  # 2021-03, 2021-03-14
    r"|\d{1,4}(?:/\d{1,4}){1,2}(?!\w)"  # 3/12, 5/5, 14/03/2021
    r"|(?<![\d.-])\d{1,2}([.-])\d{1,2}\1(?:19|20)?\d\d(?!\w|[.-]\d)"  # 14.03.21, 14-03-2021
    r"|\d+[.,]\d+(?!\w)"
    r"|(?<!\w)[A-Za-z](?:/[A-Za-z]){1,2}(?!\w)"  # h/o, k/c/o
    r"|(?:(?<=\s)|(?<=^))[-\u2013\u2014](?=\s)"  # a dash between words
    r"|[-\u2013\u2212+]ve\b|\([-+]+\)|\++|[\u2191\u2193\u2192]+"  # -ve, (+), ++, arrows
    r"|[^\W_]+(?:['\u2019\u02bc][^\W_]+)*"
    r"|[?;.,:()\[\]/&%<>=~\n!\u2022]"
)
_WORD = pattern(r"\s?([a-zA-Z]+)")
_BRACKETED = pattern(r"\(([a-zA-Z][a-zA-Z0-9]*)(?:\)|(?=,))")
_STAGING = pattern(
    r"(?:[ycpr]{0,2}t(?:[0-4](?:[a-d]|mi)?|is|x))(?:[ycp]{0,2}n[0-3x][a-c]?)?[ycp]{0,2}m([01x])[a-d]?",
    re.IGNORECASE,
)
"""A tumour stage written as one word: ``pT3N1M1a`` says what its *M* says."""
_GLUED = pattern(r"(\d+(?:\.\d+)?)([a-z\u00b5\u03bc]+)$")

MARKS = frozenset("?;.,:()/&%<>=~\n!\u2022[]")


class Token(Struct, frozen=True, gc=False):
    """One word or mark: as compared, as written, and where."""

    norm: str
    raw: str
    start: int
    end: int


class Spelling(Struct, frozen=True):
    """How words are brought into one spelling."""

    words: dict[str, str] = {}
    """Whole words: ``tumour`` -> ``tumor``; one word may become two."""
    folds: tuple[tuple[str, str], ...] = ()
    """Letters inside words: ``ae`` -> ``e``."""
    keep: tuple[str, ...] = ()
    """Words whose final *s* carries meaning."""
    symbols: dict[str, str] = {}
    """Marks that stand for a word: ``+ve`` -> ``positive``."""
    units: tuple[str, ...] = ()
    """Letters that may be glued to a number: ``10mg``, ``3yrs``."""
    periods: tuple[str, ...] = ()
    """Units of time that may stand after a stroke: ``40 units/week``."""
    memo: dict[str, str] = {}
    plain: dict[str, str] = {}
    """Words seen before that are one token whatever stands around them."""


MOST_WORDS = 20_000
"""Words of which the spelling is remembered."""


def spell(word: str, spelling: Spelling) -> str:
    """The one spelling of a word."""
    known = spelling.memo.get(word)
    if known is not None:
        return known
    said = word.lower()
    if not said.isascii():
        said = unicodedata.normalize("NFKD", said.replace("\u00b5", "u").replace("\u03bc", "u"))
        said = "".join(c for c in said if not unicodedata.combining(c) and c not in "\u2019\u02bc")
    said = said.replace("'", "")
    said = spelling.words.get(said, said)
    if " " not in said:
        for old, new in spelling.folds:
            if old in said:
                said = said.replace(old, new)
        said = spelling.words.get(said, said)
        if said not in spelling.keep:
            said = _singular(said)
            said = spelling.words.get(said, said)
    if len(spelling.memo) < MOST_WORDS:
        spelling.memo[word] = said
    return said


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]


def tokenise(text: str, spelling: Spelling) -> list[Token]:
    """The tokens of a text, in order."""
    out: list[Token] = []
    plain = spelling.plain
    done = 0
    for found in _PIECE.finditer(text):
        raw = found[0]
        start, end = found.span()
        if start < done:
            continue
        known = plain.get(raw)
        if known is not None:
            out.append(Token(known, raw, start, end))
            continue
        first = raw[0]
        if raw == "(" and (alone := _BRACKETED.match(text, start)):
            said = spelling.symbols.get(f"({alone[1].lower()})")
            if said is not None:
                # "Gastrectomy (total)": the word in brackets only says how much.
                done = alone.end()
                out.append(Token(said, alone[0], start, done))
                continue
        if raw == "/" and (after := _WORD.match(text, end)) and spell(after[1], spelling) in spelling.periods:
            out.append(Token("per", raw, start, end))
            continue
        if raw in MARKS:
            out.append(Token(raw, raw, start, end))
            continue
        if not (first.isalnum()):
            said = spelling.symbols.get(raw)
            if raw == "+" and (text[end : end + 1].isalpha() or text[end : end + 2].strip().isalpha()):
                said = "and"
            if said is None:
                said = spelling.symbols.get(first, ":" if first in "-\u2013\u2014" else first)
            out.append(Token(said, raw, start, end))
            continue
        if first.isdigit():
            if found[1]:
                out.append(Token(raw.replace(found[1], "/"), raw, start, end))
                continue
            glued = _GLUED.match(raw.lower())
            if glued and glued.group(2) in spelling.units:
                cut = start + len(glued.group(1))
                out.append(Token(glued.group(1), raw[: len(glued.group(1))], start, cut))
                raw, start = raw[len(glued.group(1)) :], cut
        staged = _STAGING.fullmatch(raw) if first in "tTpPcCyYrR" and len(raw) > 3 else None
        said = f"m{staged[1].lower()}" if staged else spell(raw, spelling)
        if " " in said:
            out.extend(Token(part, raw, start, end) for part in said.split())
        elif said:
            out.append(Token(said, raw, start, end))
            if first.isalpha() and len(plain) < MOST_WORDS:
                plain[raw] = said
    return out


def words_of(phrase: str, spelling: Spelling) -> tuple[str, ...]:
    """A phrase of the vocabulary as the words it is compared by."""
    return tuple(t.norm for t in tokenise(phrase, spelling) if t.norm not in MARKS)
