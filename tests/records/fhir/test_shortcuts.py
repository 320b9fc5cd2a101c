"""The two shortcuts of the reader change nothing: a plain number as `read_lab` reads it, a plain resource as the first of its kind."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.intake import fhir
from cobalens.intake.casefile import tools_for
from cobalens.intake.fhir import results
from cobalens.intake.fhir.coded import Test, _kept, lexis
from cobalens.intake.fhir.person import Person
from cobalens.intake.labs import read_lab
from cobalens.model.record import Span
from tests.records.carried import variants
from tests.records.fhir import writer
from tests.records.fhir.build import AS_OF, door
from tests.records.fhir.mutate import mutated
from tests.records.fhir.test_real import EXAMPLES, FILES

RULES = door().ruleset
CODES = sorted(tools_for(RULES).analytes.loinc)
UNITS = [
    "pg/mL",
    "ng/L",
    "pmol/L",
    "nmol/L",
    "umol/L",
    "g/dL",
    "g/L",
    "fL",
    "10*9/L",
    "10^9/L",
    "10*3/uL",
    "%",
    "U/L",
    "mg/dL",
    "mg/L",
    "ug/L",
    "1",
    "x",
    "mL/min",
]


def person() -> Person:
    tools = tools_for(RULES)
    made: Any = fhir.nothing_yet()
    return Person(tools, lexis(tools), made, None, fhir.directory([]))


@settings(max_examples=600, deadline=None)
@given(
    code=st.sampled_from(CODES), unit=st.sampled_from(UNITS), value=st.one_of(st.integers(-5, 3000), st.decimals("-1", "5000", places=3)),
    flag=st.sampled_from(["", "l", "h", "n", "a", "hh", "zz"]), status=st.sampled_from(["final", "preliminary", "corrected", "cancelled", "unknown", "amended"]),
    low=st.one_of(st.none(), st.integers(0, 400)), high=st.one_of(st.none(), st.integers(0, 1200)),
)  # fmt: skip
def test_a_plain_number_is_read_as_every_number(
    code: str, unit: str, value: int | Decimal, flag: str, status: str, low: int | None, high: int | None
) -> None:  # fmt: skip
    index = tools_for(RULES).analytes
    entry: dict[str, Any] = {
        "value": value,
        "unit": unit,
        "comparator": None,
        "flag": flag or None,
        "status": status,
        "loinc": code,
        "name": "",
    }
    entry |= {key: end for key, end in (("ref_low", low), ("ref_high", high)) if end is not None}
    quick = results.quick(
        entry, Test(index.loinc[code], "", code, (), "", True), "labs[0]", Span(0, 0), person()
    )
    if quick is not None:
        assert (quick, (), ()) == read_lab(entry, "labs[0]", Span(0, 0), index)


def fresh(raw: bytes) -> list[Any]:
    """Read by a reader that remembers nothing."""
    _kept.clear()
    return list(fhir.read(raw, RULES, AS_OF))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:20])
def test_a_file_is_read_the_same_whatever_was_read_before(path: Path) -> None:
    raw = path.read_bytes()
    alone = fresh(raw)
    for other in (EXAMPLES / "us_core.json", FILES[-1]):
        fhir.read(other.read_bytes(), RULES, AS_OF)
    assert fhir.read(raw, RULES, AS_OF) == alone


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_a_strange_input_is_read_the_same_whatever_was_read_before(start: int) -> None:
    inputs = [raw for seed in range(start, start + 20) if (raw := mutated(seed))]
    alone = [outcome(raw, clean=True) for raw in inputs]
    assert [outcome(raw, clean=False) for raw in inputs] == alone


def outcome(raw: bytes, clean: bool) -> Any:
    try:
        return fresh(raw) if clean else list(fhir.read(raw, RULES, AS_OF))
    except fhir.CobalensError as error:
        return error.code


def test_a_case_is_read_the_same_after_all_the_others() -> None:
    bundles = [json.dumps(writer.bundle(case)).encode() for case in list(variants().values())[:60]]
    alone = [fresh(raw) for raw in bundles]
    assert [list(fhir.read(raw, RULES, AS_OF)) for raw in bundles] == alone


def test_plain_resources_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortcut is taken, so that the tests above test something."""
    raw = (EXAMPLES / "us_core.json").read_bytes()
    fresh(raw)
    reads = []
    monkeypatch.setitem(fhir.READERS, "Observation", lambda *_: reads.append(1))
    fhir.read(raw, RULES, AS_OF)
    _kept.clear()
    assert len(reads) == 3
