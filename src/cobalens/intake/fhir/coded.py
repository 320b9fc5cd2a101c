"""Codes of a CodeableConcept: which test or which concepts they mean, and which of them cannot be real codes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from cobalens.intake.coding import concepts_of, system_of
from cobalens.intake.entries import Tools
from cobalens.intake.fhir.shapes import Coding, bare, codings, obj, text
from cobalens.intake.laboratory.testnames import find, luhn_holds
from cobalens.intake.recall import Key, Recall
from cobalens.model.record import Record

KEPT = 20_000
_D = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_P = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


class Test(Struct, frozen=True):
    """What the codes and names of an Observation come to."""

    analyte: str = ""
    """The first test that may be meant."""
    name: str = ""
    code: str = ""
    """The LOINC code that is known."""
    rejected: tuple[str, ...] = ()
    """Codes whose check digit fails."""
    display: str = ""
    """The name that the terminology gives the known code."""
    agrees: bool = False
    """Name and code mean the same test."""
    clash: bool = False
    """Two codes that mean different tests."""


class Scale(Struct, frozen=True):
    """A unit of one test: its UCUM spelling and the least and greatest number that can occur in it."""

    ucum: str | None = None
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(0)


class Lexis(Struct):
    """What has been looked up, so that a population's many equal names are looked up once."""

    tools: Tools
    data: dict[str, Any]
    tests: dict[tuple[Any, ...], Test]
    recalled: dict[Key, Recall]
    scales: dict[tuple[str, str], Scale]
    meant: dict[tuple[Coding, ...], tuple[tuple[str, ...], Coding | None]]
    known: dict[tuple[Any, ...], Any]
    """What plain resources were found to say, by their wording."""
    agreeing: set[tuple[Test, str]]
    """Tests and units whose code says nothing against the unit."""
    mass: frozenset[str] = frozenset()
    molar: frozenset[str] = frozenset()
    pieces: frozenset[str] = frozenset()
    patients: dict[tuple[Any, ...], Record] = {}
    """Birth date, sex, background and day of decision -> what they say."""
    born: dict[tuple[Any, ...], Any] = {}
    """The same of lines, as they were written."""
    timeless: dict[bytes | str, bool] = {}
    """Backgrounds and phrases, and whether they name no day."""


_kept: dict[int, Lexis] = {}


def lexis(tools: Tools) -> Lexis:
    found = _kept.get(id(tools))
    if found is None or found.tools is not tools:
        if len(_kept) >= 8:
            _kept.clear()
        data = dict(tools.ruleset.lexicon.get("fhir", {}))
        unit_of = data.get("property", {})
        pieces = frozenset(data.get("dose_units", {}).get("words", ()))
        found = _kept[id(tools)] = Lexis(
            tools,
            data,
            {},
            {},
            {},
            {},
            {},
            set(),
            frozenset(unit_of.get("mass", ())),
            frozenset(unit_of.get("molar", ())),
            pieces,
        )
    return found


def verhoeff_holds(code: str) -> bool:
    """The check digit of a SNOMED CT code."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_D[check][int(_P[place % 8][int(digit)])])
    return check == 0


def sound(one: Coding) -> bool:
    """Whether a LOINC or SNOMED CT code has the check digit of a real one; other terminologies have none."""
    system = system_of(one.system)
    if system == "loinc":
        body, dash, check = one.code.partition("-")
        return (
            bool(dash)
            and body.isdecimal()
            and check.isdecimal()
            and len(check) == 1
            and one.code.isascii()
            and luhn_holds(one.code)
        )
    if system == "snomed":
        return (
            one.code.isascii()
            and one.code.isdecimal()
            and 6 <= len(one.code) <= 18
            and verhoeff_holds(one.code)
        )
    return True


def test_of(concept: Any, lexis: Lexis) -> Test:
    """The test that an Observation's code names, by code first and by its words second."""
    given = codings(concept)
    said = text(obj(concept).get("text"))
    key = (said, *given)
    found = lexis.tests.get(key)
    if found is None:
        if len(lexis.tests) >= KEPT:
            lexis.tests.clear()
        found = lexis.tests[key] = _test(given, said, lexis.tools)
    return found


def _test(given: list[Coding], said: str, tools: Tools) -> Test:
    index = tools.analytes
    rejected = tuple(
        one.code[:40]
        for one in given
        if one.code and system_of(one.system) in ("loinc", "snomed") and not sound(one)
    )
    known = [
        one for one in given
        if one.code in index.loinc and one.code not in rejected and (not one.system or system_of(one.system) == "loinc")
    ]  # fmt: skip
    meant = list(dict.fromkeys(index.loinc[one.code] for one in known))
    names = [
        said,
        *(one.display for one in known),
        *(one.display for one in given),
        *(one.code for one in given if not system_of(one.system)),
    ]
    name = next((one for one in names if one and find(one, index)), "")
    words = name or next((one for one in names if one), "")
    if len(meant) > 1:
        return Test(meant[0], bare(words), known[0].code, rejected, clash=True)
    if meant:
        agrees = not name or meant[0] in find(name, index)
        return Test(meant[0], name, known[0].code, rejected, known[0].display, agrees)
    bearers = find(name, index) if name else ()
    return Test(
        bearers[0] if bearers else "",
        bare(words),
        "",
        rejected,
        agrees=len(bearers) == 1 and bare(words) == name,
    )


Meant = tuple[tuple[str, ...], Coding | None]


def concepts(given: list[Coding], lexis: Lexis) -> Meant:
    """The concepts behind the first code that has some. Only codes with a terminology are looked up."""
    key = tuple(given)
    found = lexis.meant.get(key)
    if found is None:
        if len(lexis.meant) >= KEPT:
            lexis.meant.clear()
        found = lexis.meant[key] = _meant(given, lexis.tools)
    return found


def _meant(given: list[Coding], tools: Tools) -> Meant:
    for one in given:
        system = system_of(one.system) if one.system else None
        if system and one.code and sound(one) and (found := concepts_of(one.code, system, tools.codes)):
            return found, one
    return (), None


def is_molar_code(code: str, display: str, lexis: Lexis) -> bool | None:
    """Whether a LOINC code is for a molar unit; ``None`` where nothing says so."""
    low = display.lower()
    if code in lexis.molar or "[moles/" in low:
        return True
    return False if code in lexis.mass or "[mass/" in low else None
