"""Several patients in one note, told apart by bed or number, of whom one is marked: "bed 4 PA, bed 5 (*this pt*)"."""

from __future__ import annotations

import re

from cobalens.intake.patterns import pattern

_PLACE = pattern(
    r"\b(bed|bay|room|side ?room|cubicle|pt|patient|case)\s?#?(?:no\.?\s)?(\d{1,3}[a-z]?|[A-F])\b(?!\s?(?:[/%]|[mkµu]?g\b|yrs?\b|years?\b))",
    re.IGNORECASE,
)
_THIS = pattern(
    r"\b(?:this|our|index)\s(?:is\s)?(?:our\s|the\s|my\s)?(?:pt|patient|person|lady|gentleman|man|woman|chap|one|case)\b|\b(?:ours|our own)\b",
    re.IGNORECASE,
)
_NEAR = 30
"""How far behind a bed the mark may stand."""


def of_others(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with blanks where other patients are told of, and what stood there; as it is where nobody is marked."""
    places = list(_PLACE.finditer(text))
    kinds = {one[1].lower() for one in places}
    if len({one[2].lower() for one in places}) < 2 or len(kinds) != 1:
        return text, ()
    ends = [one.start() for one in places[1:]] + [len(text)]
    marked = [
        _THIS.search(text, one.end(), min(end, one.end() + _NEAR)) is not None
        for one, end in zip(places, ends, strict=True)
    ]
    mine = {one[2].lower() for one, own in zip(places, marked, strict=True) if own}
    if len(mine) != 1:
        return text, ()
    said: list[str] = []
    for place, end in zip(places, ends, strict=True):
        if place[2].lower() in mine:
            continue
        line = text.find("\n", place.start(), end)
        end = end if line < 0 else line
        said.append(text[place.start() : end].strip(" ,;.:-\n"))
        text = text[: place.start()] + " " * (end - place.start() - 1) + ";" + text[end:]
    return text, tuple(said)
