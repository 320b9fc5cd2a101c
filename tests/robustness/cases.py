"""The worked cases as input for variants, and the two labels that must not change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import structs

from cobalens.compiler import load_ruleset
from cobalens.engines import reference
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.record import Record
from cobalens.model.ruleset import Concept, Fact
from cobalens.model.trace import Trace

ROOT = Path(__file__).parent.parent
FOLDERS = (ROOT / "cases", ROOT.parent.parent / "shared" / "cases")
RULES = load_ruleset()
PACK = RULES.packs["nice-ng239"]
_EVER = frozenset({"condition", "procedure", "allergy"})


def _askable(concept: Concept) -> Fact:
    """What a fact of this concept alone would be: the reader understands more than the rules ask."""
    timeline = "ever" if concept.kind in _EVER else "current"
    complete = (concept.kind, *concept.group)
    return Fact(
        concept.name, concept.label, ("unknown", "yes", "no"), timeline, (concept.name,), complete=complete
    )


ASKED = structs.replace(
    RULES, facts={name: _askable(one) for name, one in RULES.concepts.items()} | RULES.facts
)
"""The rules with a fact for every concept, so that a test can ask what was read of each."""
ALLOWED = 0.05
"""The share of variants whose answer may change."""

Case = dict[str, Any]


class Variant(NamedTuple):
    of: str
    kind: str
    case: Case


class Changed(NamedTuple):
    variant: Variant
    before: tuple[str, str]
    after: tuple[str, str]

    def __str__(self) -> str:
        return f"{self.variant.of} [{self.variant.kind}]: {' '.join(self.before)} -> {' '.join(self.after)}"


@lru_cache(maxsize=1)
def cases() -> dict[str, Case]:
    """Every case by its file's stem; empty where no folder is there."""
    found: dict[str, Case] = {}
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.json")):
            case = json.loads(path.read_text(encoding="utf-8"))
            found[path.stem] = {"patient": case["patient"], "facts": case["facts"]}
    return found


def copied(case: Case) -> Case:
    fresh: Case = json.loads(json.dumps(case))
    return fresh


def read(case: Case) -> Record:
    return read_case(case, RULES)


def judge(case: Case) -> Trace:
    return reference.run(RULES, facts_of(read(case), RULES, PACK), PACK)


def labels(case: Case) -> tuple[str, str]:
    trace = judge(case)
    return trace.answer("answer"), trace.answer("deficiency")


@lru_cache(maxsize=1)
def labels_before() -> dict[str, tuple[str, str]]:
    return {name: labels(case) for name, case in cases().items()}


@lru_cache(maxsize=32)
def measure(make: Callable[[str, Case], Iterator[Variant]]) -> tuple[int, list[Changed]]:
    """How many variants there were, and those whose answer or deficiency changed. A variant that is its case is none."""
    count, changed = 0, []
    for name, case in cases().items():
        before = labels_before()[name]
        for variant in make(name, case):
            if variant.case == case:
                continue
            count += 1
            after = labels(variant.case)
            if after != before:
                changed.append(Changed(variant, before, after))
    return count, changed
