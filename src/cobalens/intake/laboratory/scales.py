"""Two scales side by side: a result in pmol/L beside a range, a second result or a published limit in ng/L.

Nothing is converted here; it is said, so that nobody holds a number against the limits of another unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.laboratory.units import Unit
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.textnames import sentences
from cobalens.model.record import Lab, Note
from cobalens.model.ruleset import Analyte, Ruleset

SCALE = "data_quality:unit_conversion"
NEAR = 60
"""How many characters a number without a unit may stand from the word that makes it a limit."""

_FIGURE = pattern(r"(\d(?<![\w.,/]\d)\d{1,4}(?:\.\d+)?)(?![\w/%]|[.,]\d)\s*([^\s\d.,;:()]*)")
_PER = pattern(r"/|\bper\b")
_BEFORE = pattern(r"[^\W\d_]{1,12}\s*\Z")
_AFTER = pattern(r"\s*[^\W\d_]{1,12}")
REACH = 24
"""How many characters before the stroke of a unit are looked at."""
_WORD = pattern(r"[^\W_]+")


class _Text:
    """Some words of a record, looked through once for all tests."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.units = units_in(text)

    def limits(self, words: frozenset[str]) -> list[tuple[str, list[re.Match[str]], list[int]]]:
        """The sentences with a figure and a word that makes it a limit: the figures, and where the words begin."""
        found = []
        for start, end in sentences(self.text) if _FIGURE.search(self.text) else ():
            part = self.text[start:end]
            figures = list(_FIGURE.finditer(part))
            spoken = [m.start() for m in _WORD.finditer(part) if m[0].lower() in words] if figures else []
            if spoken:
                found.append((part, figures, spoken))
        return found


def units_in(text: str) -> list[str]:
    """What is written like a unit, a word per a word: found from the stroke, of which a text has few."""
    found = []
    stop = 0
    for per in _PER.finditer(text):
        start = max(stop, per.start() - REACH)
        before = _BEFORE.search(text[start : per.start()])
        after = _AFTER.match(text, per.end())
        if before and after:
            stop = after.end()
            found.append(text[start + before.start() : stop])
    return found


class _Seen(Struct, frozen=True):
    """A usable result: its test, its place and its unit."""

    analyte: Analyte
    where: str
    unit: Unit


def scale_notes(
    labs: Sequence[Lab],
    own: Mapping[str, Iterable[str]],
    texts: Mapping[str, str],
    ruleset: Ruleset,
    index: AnalyteIndex,
) -> list[Note]:
    """One note for each test whose results stand beside another scale.

    ``own``: what an entry itself says in words, by its place; ``texts``: the notes of the case.
    """
    found: dict[str, Note] = {}
    by_analyte = _by_analyte(labs, index)
    if not by_analyte:
        return []
    words = _limit_words(ruleset.lexicon)
    notes = [_Text(text) for text in texts.values()]
    beside = {where: [_Text(text) for text in said] for where, said in own.items()}
    limits = [one for text in notes for one in text.limits(words)]
    for analyte, results in by_analyte.items():
        accepted = units.dimensions_of(results[0].analyte)
        mixed = len({one.unit.dimension for one in results}) > 1
        # What the notes say is the same for every result of one unit, and is looked for once.
        told: dict[Unit, bool] = {}
        for one in results:
            if not mixed and one.unit not in told:
                told[one.unit] = any(
                    _speaks_of_other(text, one, accepted, index) for text in notes
                ) or _quotes_other(limits, one, index, ruleset)
        place = next(
            (
                one.where
                for one in results
                if mixed
                or any(_names_other(text.units, one, accepted, index) for text in beside.get(one.where, ()))
                or told[one.unit]
                or any(
                    _quotes_other(text.limits(words), one, index, ruleset)
                    for text in beside.get(one.where, ())
                )
            ),
            None,
        )
        if place is not None:
            found[analyte] = Note(SCALE, place, _sentence(results[0].analyte))
    return list(found.values())


def _by_analyte(labs: Sequence[Lab], index: AnalyteIndex) -> dict[str, list[_Seen]]:
    """The usable results of each test that is measured by mass and in moles."""
    out: dict[str, list[_Seen]] = {}
    for lab in labs:
        analyte = index.analytes.get(lab.analyte)
        if (
            analyte is None
            or not analyte.used
            or analyte.molar_mass is None
            or lab.problem
            or not lab.unit
            or lab.derived
        ):
            continue
        unit = units.parse_for(lab.unit, units.dimensions_of(analyte), index.words.units)
        if unit is not None:
            out.setdefault(lab.analyte, []).append(_Seen(analyte, lab.where, unit))
    return out


def _sentence(analyte: Analyte) -> str:
    label = analyte.label[:1].upper() + analyte.label[1:]
    return (
        f"{label} stands beside a number on another scale (mass and moles are different numbers for the same amount). "
        "Each was read in its own unit; compare a result only with limits in its own unit."
    )


def _names_other(written: Iterable[str], one: _Seen, accepted: frozenset[str], index: AnalyteIndex) -> bool:
    """Whether one of these is a unit of the other kind."""
    for text in written:
        unit = units.parse_for(text, accepted, index.words.units)
        if unit is not None and unit.dimension in accepted and unit.dimension != one.unit.dimension:
            return True
    return False


def _speaks_of_other(text: _Text, one: _Seen, accepted: frozenset[str], index: AnalyteIndex) -> bool:
    """Whether a sentence names this test, and before the next test a unit of the other kind."""
    if not _names_other(text.units, one, accepted, index):
        return False
    for start, end in sentences(text.text):
        part = text.text[start:end]
        places = _tests_in(part, index)
        for at, (analyte, _begin, stop) in enumerate(places):
            upto = places[at + 1][1] if at + 1 < len(places) else len(part)
            if analyte == one.analyte.name and _names_other(
                _Text(part[stop:upto]).units, one, accepted, index
            ):
                return True
    return False


def _quotes_other(
    limits: Iterable[tuple[str, list[re.Match[str]], list[int]]],
    one: _Seen,
    index: AnalyteIndex,
    ruleset: Ruleset,
) -> bool:
    """Whether a number without a unit, called a limit, is a published limit in the other unit and none in this one."""
    for part, figures, spoken in limits:
        if any(name != one.analyte.name for name, _, _ in _tests_in(part, index)):
            continue
        here, elsewhere = _published(one, ruleset)
        for match in figures:
            number = match[1]
            if (
                number in elsewhere
                and number not in here
                and any(abs(at - match.start()) <= NEAR for at in spoken)
            ):
                after = match[2]
                if not after or units.parse(after, index.words.units) is None:
                    return True
    return False


def _published(one: _Seen, ruleset: Ruleset) -> tuple[set[str], set[str]]:
    """The published limits of a test in the dimension reported, and in the other one."""
    here: set[str] = set()
    elsewhere: set[str] = set()
    names = {
        f.limits_of
        for f in ruleset.facts.values()
        if f.lab and f.limits_of and f.of[:1] == (one.analyte.name,)
    }
    accepted = units.dimensions_of(one.analyte)
    for pack in ruleset.packs.values():
        for name in names:
            for limit in pack.limits.get(name, ()):
                for text, number in limit.values.items():
                    unit = units.parse_for(text, accepted)
                    if unit is not None:
                        (here if unit.dimension == one.unit.dimension else elsewhere).add(number)
    return here, elsewhere


def _tests_in(part: str, index: AnalyteIndex) -> list[tuple[str, int, int]]:
    """The tests that a sentence names: which, from where, to where."""
    words = [(m[0].lower(), m.start(), m.end()) for m in _WORD.finditer(part)]
    out: list[tuple[str, int, int]] = []
    at = 0
    while at < len(words):
        for name in index.by_first.get(words[at][0], ()):
            if tuple(w for w, _, _ in words[at : at + len(name)]) == name and (
                bearers := index.names.get(name)
            ):
                out.append((bearers[0], words[at][1], words[at + len(name) - 1][2]))
                at += len(name) - 1
                break
        at += 1
    return out


def _limit_words(lexicon: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(lexicon.get("units", {}).get("limit_words", {}).get("words", ()))
