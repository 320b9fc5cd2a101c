"""Reference ranges printed for women and men side by side: "F: 200-900 M: 210-950", "200-900 (women), 210-950 (men)"."""

from __future__ import annotations

import re

from cobalens.intake.patterns import pattern

_SEXES = {
    **dict.fromkeys("f female females woman women w weiblich frauen femme femmes mujer mujeres donna donne".split(), "female"),
    **dict.fromkeys("m male males man men männlich männer homme hommes hombre hombres uomo uomini".split(), "male"),
}  # fmt: skip
_END = r"(?:[<>≤≥]=?\s*\d[\d.,]*|\d[\d.,]*\s*(?:-|–|—|to|bis|à)\s*\d[\d.,]*)"
_SEX = r"(?:adult\s+)?(?<![^\W\d_])(?:" + "|".join(sorted(_SEXES, key=len, reverse=True)) + r")(?![^\W\d_])"
_UNIT = r"(?:\s*[^\W\d_]{1,6}/[^\W\d_]{1,3}|\s*fL|\s*%)?"
_NAMED_FIRST = pattern(rf"(?P<sex>{_SEX})\s*[:=)\],]?\s*(?P<range>{_END}{_UNIT})", re.IGNORECASE)
_NAMED_LAST = pattern(rf"(?P<range>{_END}{_UNIT})\s*+[(\[]?\s*+(?P<sex>{_SEX})", re.IGNORECASE)
_WHOLE = pattern(
    rf"[(\[]?\s*(?:(?:{_SEX})\s*+[:=,]?\s*+{_END}{_UNIT}(?:\s*+[;,/|]?\s*+(?:{_SEX})\s*+[:=,]?\s*+{_END}{_UNIT})?"
    rf"|{_END}{_UNIT}\s*+[(\[]?\s*+{_SEX}\s*[)\]]?(?:\s*+[;,/|]?\s*+{_END}{_UNIT}\s*+[(\[]?\s*+{_SEX})?)\s*[)\]]?",
    re.IGNORECASE,
)
_LETTER = pattern(r"[(\[]?\s*[FM]\s+[<>≤≥\d]", re.IGNORECASE)
_SAID = pattern(rf'"text"\s*:\s*"[^"]*?{_SEX}', re.IGNORECASE)
_WORD = pattern(r"[^\W\d_]+")
LONGEST = 120


def by_sex(printed: object) -> dict[str, str]:
    """The range of each sex; nothing where no sex is named, or one of them twice."""
    if not isinstance(printed, str) or len(printed) > LONGEST:
        return {}
    first, last = _NAMED_FIRST.search(printed), _NAMED_LAST.search(printed)
    if first is None and last is None:
        return {}
    named_first = first is not None and (last is None or first.start() <= last.start())
    found: dict[str, str] = {}
    for one in (_NAMED_FIRST if named_first else _NAMED_LAST).finditer(printed):
        sex = _SEXES[one["sex"].lower().split()[-1]]
        if sex in found:
            return {}
        found[sex] = one["range"].strip()
    # "F 200-900" alone may be the mark of a final result, with the range of everybody behind it.
    return {} if len(found) == 1 and _LETTER.match(printed) else found


def sexes_in(said: str) -> frozenset[str]:
    """The sexes that words speak of; a letter counts where it is all that is said."""
    words = _WORD.findall(said.lower())
    return frozenset(_SEXES[word] for word in words if word in _SEXES and (len(word) > 1 or len(words) == 1))


def names_a_sex(written: bytes) -> bool:
    """Whether words in a range in JSON say for which sex it is."""
    return b'"text"' in written and _SAID.search(written.decode("utf-8", "replace")) is not None


def prints_by_sex(text: str) -> bool:
    """Whether ranges by sex may stand in a text."""
    return _NAMED_FIRST.search(text) is not None or _NAMED_LAST.search(text) is not None


def length_of(text: str) -> int:
    """How many characters at the beginning of a text are ranges by sex; 0 where it does not begin with them."""
    found = _WHOLE.match(text)
    return found.end() if found and by_sex(text[: found.end()]) else 0
