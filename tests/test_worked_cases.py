"""The worked cases: answer and deficiency right, everything required said, nothing forbidden said."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import pytest

from cobalens import interpret
from tests.judging import judge, supported

ROOT = Path(__file__).parent
OWN = sorted((ROOT / "cases").glob("*.json"))
SHARED = sorted((ROOT.parent.parent / "shared" / "cases").glob("*.json"))
FILES = [*OWN, *SHARED]


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_case(path: Path) -> None:
    case = read(path)
    said = interpret({"patient": case["patient"], "facts": case["facts"]})
    assert not (wrong := judge(said, case["expected"])), "\n".join(wrong)


def test_restraint_over_the_cases() -> None:
    counts = [len(supported(interpret({k: read(p)[k] for k in ("patient", "facts")}))) for p in FILES]
    assert median(counts) <= 12, sorted(counts)
