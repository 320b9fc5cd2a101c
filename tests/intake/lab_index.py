"""The shipped analytes and words, read straight from their files, for tests of the reading of results."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import cobalens
from cobalens.intake.laboratory.testnames import AnalyteIndex, index_of
from cobalens.intake.laboratory.values import Words, words_of
from cobalens.model.ruleset import Analyte, Code

KNOWLEDGE = Path(cobalens.__file__).parent / "knowledge"


def tree(name: str) -> dict[str, Any]:
    return tomllib.loads((KNOWLEDGE / name).read_text(encoding="utf-8"))


@cache
def analytes() -> dict[str, Analyte]:
    return {
        name: Analyte(
            name=name,
            label=entry["label"],
            names=tuple(entry["names"]),
            units=tuple(entry["units"]),
            codes=tuple(Code("loinc", one["code"], one["status"]) for one in entry.get("loinc", ())),
            molar_mass=entry.get("molar_mass"),
            plausible={unit: tuple(ends) for unit, ends in entry.get("plausible", {}).items()},
            qualitative=entry.get("qualitative", {}),
            used=entry.get("used", True),
        )
        for name, entry in tree("facts/analytes.toml")["analyte"].items()
    }


@cache
def words() -> Words:
    return words_of(tree("lexicon/units.toml"))


@cache
def index() -> AnalyteIndex:
    return index_of(analytes(), tree("lexicon/units.toml"), tree("lexicon/panels.toml"))
