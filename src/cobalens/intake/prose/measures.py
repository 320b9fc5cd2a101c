"""Numbers with the unit of a concentration that nobody read: each is listed, so that none is dropped in silence.

A result, a printed range, a limit, a dose and the number of a test that no rule needs are read; what is left is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from cobalens.intake.laboratory import units
from cobalens.intake.patterns import pattern
from cobalens.model.record import Event, Unread

_NUMBER = pattern(r"(?<![\w.,/-])\d+(?:[.,]\d+)*(?:\s?(?:-|–|to)\s?\d+(?:[.,]\d+)*)?")
_UNIT = pattern(
    r"\s*(?P<spelt>[^\W\d_]+ per [^\W\d_]+)|\s*(?P<short>(?:[x×*]\s?)?(?:10\S{0,3}/)?[^\s,;()\[\]\d][^\s,;()\[\]]{1,14})"
)
_CONCENTRATIONS = frozenset(
    {units.MASS, units.MOLAR, units.COUNT, units.ACTIVITY, units.ARBITRARY, units.RATE}
)
_CLAUSE = pattern(r"[;\n]|[.,:!?](?=\s|$)")
_STRENGTH = pattern(r"\d\s*(?:mg|mcg|ug|[µμ]g|g|iu|u|units?)\s?/\s?\d*\s?ml$", re.IGNORECASE)
"""How strong a medicine is: "1 mg/mL"."""
LONGEST = 80
BEHIND = 30
"""How far behind a number the name of its medicine may stand: "1 mg/mL *hydroxocobalamin*"."""


def unread_measures(
    text: str, spans: Sequence[tuple[int, int]], listed: Iterable[Unread], understood: Iterable[str],
    events: Iterable[Event], names_a_test: Callable[[str], bool], words: Mapping[str, str], kinds: Mapping[str, str],
) -> tuple[Unread, ...]:  # fmt: skip
    """What is left over. ``names_a_test``: whether words name one that is read; ``kinds``: of concepts, for doses."""
    if "/" not in text and " per " not in text:
        return ()
    told = [one.text for one in listed]
    known = [one.lower() for one in understood]
    doses = [one.text.lower() for one in events if kinds.get(one.concept) == "drug"]
    out: list[Unread] = []
    for number in _NUMBER.finditer(text):
        upto = _unit_end(text, number.end(), words)
        start = number.start()
        if not upto or any(first < upto and start < last for first, last in spans):
            continue
        near = text.find(" ", max(0, start - LONGEST), start) + 1 if start > LONGEST else 0
        begin = max([near, *(m.end() for m in _CLAUSE.finditer(text, max(0, start - LONGEST), start))])
        before = text[begin:start]
        if any(text[start:upto] in one for one in told):
            continue
        if not names_a_test(before) and any(one in before.lower() for one in known):
            continue
        around = text[begin : upto + BEHIND].lower()
        if _STRENGTH.search(text[start:upto]) and any(one in around for one in doses):
            continue
        said = " ".join(text[begin:upto].split())
        if out and said.startswith(out[-1].text):
            out.pop()
        out.append(Unread("", said))
    return tuple(out)


def _unit_end(text: str, at: int, words: Mapping[str, str]) -> int:
    """Where the unit of a concentration ends that begins here; nothing where there is none."""
    found = _UNIT.match(text, at)
    if found is None:
        return 0
    said = (found["spelt"] or found["short"]).rstrip(".:!?")
    unit = units.parse(said, words)
    if unit is None or unit.dimension not in _CONCENTRATIONS or not ("/" in said or found["spelt"]):
        return 0
    return found.end() - (len(found["spelt"] or found["short"]) - len(said))
