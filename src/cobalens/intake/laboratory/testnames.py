"""Names and codes of laboratory tests: which test does an entry mean?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from cobalens.intake.laboratory.units import Unit, parse, parse_for
from cobalens.intake.laboratory.values import Words, words_of
from cobalens.intake.patterns import pattern
from cobalens.model.ruleset import Analyte, Ruleset

_WORD = pattern(r"[^\W_]+", re.UNICODE)
_BRACKETS = pattern(r"\([^)]*\)|\[[^\]]*\]")
_LONG = pattern(r"(?P<of>.+?)\s*\[[^\]]+\](?:\s+(?:in|of)\s+(?P<where>.+?))?(?:\s+by\s.+)?")
"""LOINC's long names: "Folate [Mass/volume] in Serum or Plasma by …"."""
_SHORT = pattern(
    r"(?P<of>.+?)(?:\s+[VNM]Fr)?\s+(?P<where>SerPlBld|SerPl|Ser|Plas|Bld|RBC|PPP|(?=Auto\b))"
    r"(?:\s*Auto)?(?:-[a-zA-Z]{2,6})?(?:\s+Q[ln])?"
)
"""LOINC's short names: "Folate SerPl-mCnc", "MCV RBC Auto"."""
_AFTER = pattern(r"\s*\([^)]*\)$")
"""A unit in brackets behind a heading."""
_UNIT_BEHIND = pattern(
    r"(?P<name>.*?)\s*(?:[(\[]\s*(?P<inside>[^()\[\]]{1,20}?)\s*[)\]]|[ ,]\s*(?P<bare>[^\s()\[\],]{1,12}/[^\s()\[\],]{1,12}|fL|fl|%))\s*"
)
_RESULT = pattern(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])")
_IN_BLOOD = pattern(
    r"(?:platelet poor )?(?:serum|plasma|venous|arterial|capillary|whole|blood|or|,|\s)+|serplbld|serpl|ser|plas|bld|ppp",
    re.IGNORECASE,
)
_IN_RED_CELLS = pattern(r"red blood cells|rbc", re.IGNORECASE)


Bands = tuple[tuple[Unit, Decimal, Decimal], ...]
IN_WORDS = "@"


class TestNames(Struct, frozen=True):
    """The part of the index that takes time to make, plain enough to be kept on disk."""

    names: dict[tuple[str, ...], tuple[str, ...]]
    loinc: dict[str, str]
    by_first: dict[str, tuple[tuple[str, ...], ...]]
    strict: dict[str, tuple[tuple[str, ...], ...]]


class AnalyteIndex(Struct, frozen=True):
    """Names and codes of all tests, ready to look up; built once for a ruleset."""

    analytes: Mapping[str, Analyte]
    names: dict[tuple[str, ...], tuple[str, ...]]
    """The words of a name -> the analytes that bear it, told apart by their unit."""
    loinc: dict[str, str]
    words: Words
    panels: Mapping[str, Mapping[str, Mapping[str, str]]] = {}
    """Name of several tests -> what a word said of them says of each."""
    abnormal: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    """What stands in a list of tests and is none: a film, a tracing, a picture."""
    titres: Mapping[str, Decimal] = {}
    """The least titre that is a positive test."""
    unitless: Mapping[str, Mapping[str, tuple[str, str]]] = {}
    """Unit -> the least and the most that may be read in it where none is written, as the lexicon has them; and the same
    under the name with `IN_WORDS` for running words alone.
    """
    by_first: dict[str, tuple[tuple[str, ...], ...]] = {}
    """First word -> the names that begin with it, longest first, without those that are ordinary words in a text."""
    strict: dict[str, tuple[tuple[str, ...], ...]] = {}
    """The same for names that are ordinary words: a test only where a number with a unit of that test follows."""
    begins: frozenset[str] = frozenset()
    read_bands: dict[str, Bands] = {}

    def bands(self, analyte: str) -> Bands:
        """The numbers of a test that may be read in a unit where none is written."""
        found = self.read_bands.get(analyte)
        if found is None:
            found = self.read_bands[analyte] = tuple(_bands(self.unitless.get(analyte, {})))
        return found


def _forms(name: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A name as its words stand, and as it is written with a hyphen inside: "active *B-12*"."""
    if "b12" not in name:
        return (name,)
    at = name.index("b12")
    return name, (*name[:at], "b", "12", *name[at + 1 :])


def names_of(
    analytes: Mapping[str, Analyte], words: Words, panels: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> TestNames:
    names: dict[tuple[str, ...], list[str]] = {}
    loinc: dict[str, str] = {}
    for key, analyte in analytes.items():
        for name in (key, analyte.label, *analyte.names):
            for spelt in {form for one in (name, plain(name)) for form in _forms(tokens(one))}:
                bearers = names.setdefault(spelt, [])
                if key not in bearers:
                    bearers.append(key)
        for code in analyte.codes:
            if code.system == "loinc":
                loinc[code.code] = key
    first: dict[str, list[tuple[str, ...]]] = {}
    strict: dict[str, list[tuple[str, ...]]] = {}
    for named in sorted(
        {*names, *(tuple(name.split()) for name in panels)}, key=lambda name: (-len(name), name)
    ):
        if named:
            (strict if " ".join(named) in words.not_names else first).setdefault(named[0], []).append(named)
    return TestNames(
        {named: tuple(keys) for named, keys in names.items() if named},
        loinc,
        {word: tuple(starting) for word, starting in first.items()},
        {word: tuple(starting) for word, starting in strict.items()},
    )


def index_of(
    analytes: Mapping[str, Analyte],
    lexicon: Mapping[str, Any] | None = None,
    together: Mapping[str, Any] | None = None,
    named: TestNames | None = None,
) -> AnalyteIndex:
    """The index of some analytes; ``lexicon`` is the parsed ``lexicon/units.toml``, ``together`` ``lexicon/panels.toml``."""
    words = words_of(lexicon or {})
    together = together or {}
    panels = {
        " ".join(tokens(name)): {word: says for word, says in panel.items() if word != "names"}
        for panel in together.get("panel", {}).values()
        for name in panel["names"]
    }
    named = named or names_of(analytes, words, panels)
    return AnalyteIndex(
        analytes,
        named.names,
        named.loinc,
        words,
        panels,
        frozenset(together.get("abnormal", {}).get("words", ())),
        frozenset(together.get("beside", {}).get("words", ())),
        {key: Decimal(least) for key, least in together.get("titre", {}).items()},
        {
            **together.get("unitless", {}),
            **{f"{key}{IN_WORDS}": one for key, one in together.get("unitless_in_words", {}).items()},
        },
        named.by_first,
        named.strict,
        frozenset(named.by_first) | frozenset(named.strict),
        {},
    )


def _bands(units_of: Mapping[str, tuple[str, str]]) -> Iterable[tuple[Unit, Decimal, Decimal]]:
    for text, (least, most) in units_of.items():
        if unit := parse(text):
            yield unit, Decimal(least), Decimal(most)


def index_for(ruleset: Ruleset, named: TestNames | None = None) -> AnalyteIndex:
    """The index of a ruleset's analytes; ``named``: their names, where these were kept."""
    return index_of(ruleset.analytes, ruleset.lexicon.get("units"), ruleset.lexicon.get("panels"), named)


def plain(name: str) -> str:
    """A name without its accents: "intrínseco" is often written "intrinseco"."""
    if name.isascii():
        return name
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name: lower case, without punctuation."""
    return tuple(_WORD.findall(name.lower()))


def find(name: str, index: AnalyteIndex) -> tuple[str, ...]:
    """The analytes that a name may mean, without words that do not change the test (``serum``, ``level``)."""
    measured = _of_loinc(name)
    if measured is None:
        return ()
    bare = _BRACKETS.sub(" ", name)
    # Beside a number, what stands in brackets is no name of the whole: "Vitamin B12 (cobalamin) 150 pg/mL".
    inner = () if _RESULT.search(bare) else _BRACKETS.findall(name)
    for text in dict.fromkeys((name, *measured, bare, *inner)):
        words = tokens(text)
        if found := index.names.get(words):
            return found
        kept = tuple(word for word in words if word not in index.words.affixes)
        if kept and (found := index.names.get(kept)):
            return found
        # "Vitamine B 12", "Vitamina B-12": a letter and its number are one word.
        joined = tuple(word for word in _joined(words) if word not in index.words.affixes)
        if joined != kept and (found := index.names.get(joined)):
            return found
        # "Vitamin B12 01": the laboratory of a group that did the test.
        numbered = len(kept) > 1 and len(kept[-1]) == 2 and kept[-1][0] == "0"
        if numbered and (found := index.names.get(kept[:-1])):
            return found
    return ()


def _joined(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words, with a single letter and the number behind it as one."""
    made: list[str] = []
    for word in words:
        if made and len(made[-1]) == 1 and made[-1].isalpha() and word.isdecimal():
            made[-1] += word
        else:
            made.append(word)
    return tuple(made)


def and_unit(name: str) -> tuple[str, str]:
    """A name parted from what may be the unit behind it: "Vitamin B12 (pg/mL)", "Hb, g/dL"."""
    found = _UNIT_BEHIND.fullmatch(name) if name.endswith((")", "]")) or "/" in name else None
    return (found["name"], found["inside"] or found["bare"]) if found else (name, "")


def unit_beside(name: str, accepted: frozenset[str], index: AnalyteIndex) -> str:
    """The unit behind a name, where the test is reported in it."""
    behind = and_unit(name)[1]
    found = parse_for(behind, accepted, index.words.units) if behind else None
    return behind if found and found.dimension in accepted else ""


def _of_loinc(name: str) -> tuple[str, ...] | None:
    """What a long or a short LOINC name measures; ``None``: another specimen than blood, which is another test."""
    name = _AFTER.sub("", name.strip())
    said = _LONG.fullmatch(name) or _SHORT.fullmatch(name)
    if said is None:
        return ()
    where = said["where"] or ""
    if _IN_RED_CELLS.fullmatch(where):
        return (f"{said['of']} rbc",)
    return (said["of"],) if not where or _IN_BLOOD.fullmatch(where) else None


def luhn_holds(code: str) -> bool:
    """The check digit of a LOINC code."""
    body, _, check = code.partition("-")
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10 == int(check)
