"""Every clause of the founding article is answered by questions and words that exist."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cobalens.compiler import load_ruleset

CLAUSES: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "coverage.toml").read_text(encoding="utf-8")
)["clause"]
RULESET = load_ruleset()
QUESTIONS = {f"{table.chapter}/{table.name}" for table in RULESET.tables}


@pytest.mark.parametrize("name", CLAUSES)
def test_clause_is_answered(name: str) -> None:
    clause = CLAUSES[name]
    assert set(clause) <= {"says", "rules", "text", "later"}
    assert clause["rules"] or clause["text"], "nothing answers this clause"
    assert not [q for q in clause["rules"] if q not in QUESTIONS]
    assert not [c for c in clause["text"] if c not in RULESET.text["en"]]
