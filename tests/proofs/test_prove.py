"""The safety invariants hold for every possible patient, and every proof and check can fail."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import z3
from msgspec.structs import replace

from cobalens.compiler import load_ruleset
from cobalens.compiler.catalogues import in_every_language
from cobalens.model.ruleset import Invariant, Ruleset
from cobalens.proofs.counterexample import in_words
from cobalens.proofs.encoding import Encoding
from cobalens.proofs.prover import (
    permitted_answer_exists,
    prove_one,
    rows_that_never_act,
)
from cobalens.proofs.wording import Sentence, check, sentences, uncaught
from tests.proofs.faults import faults

RULES = load_ruleset()
NICE = RULES.packs["nice-ng239"]
PROVED = [one for one in RULES.invariants if one.kind == "proved"]
TEXT = [one for one in RULES.invariants if one.kind == "text"]
ENCODING = Encoding(RULES, NICE)
EVERYTHING_ON = replace(NICE, policies={**NICE.policies, "combined_indicator": "on"})
"""The optional score switched on, so that what is said of it is not true for want of it."""
ROOT = Path(__file__).parents[2]


def test_each_of_the_forty_has_one_home() -> None:
    assert [one.id for one in RULES.invariants] == [str(n) for n in range(1, 41)]
    assert len(PROVED) >= 27
    for one in RULES.invariants:
        homes = [bool(one.never), bool(one.forbid or one.require), bool(one.tested_by)]
        assert homes.count(True) == 1, one.id


@pytest.mark.parametrize("one", PROVED, ids=lambda one: one.id)
def test_invariant_is_proved(one: Invariant) -> None:
    verdict = prove_one(ENCODING, one)
    told = "\n\n".join("\n".join(in_words(RULES, NICE.name, f)) for f in verdict.failures)
    assert verdict.proved, f"{one.sentence}\n{told}"


@pytest.mark.parametrize("one", PROVED, ids=lambda one: one.id)
def test_a_planted_fault_breaks_the_proof(one: Invariant) -> None:
    for pattern in range(len(one.never)):
        planted = list(faults(RULES, one, pattern))
        assert any(breaks(broken, one, pattern) for broken, _ in planted), (
            f"combination {pattern}: {' / '.join(what for _, what in planted)}, and the proof did not notice"
        )


def breaks(broken: Ruleset, one: Invariant, pattern: int) -> bool:
    encoding = Encoding(broken, EVERYTHING_ON)
    return bool(encoding.solver().check(encoding.all_of(one.never[pattern])) == z3.sat)


def test_a_counterexample_reads_as_a_patient() -> None:
    seventeen = next(one for one in PROVED if one.id == "17")
    broken, _ = next(faults(RULES, seventeen, 0))
    verdict = prove_one(Encoding(broken, NICE), seventeen)
    told = "\n".join(in_words(broken, NICE.name, verdict.failures[0]))
    assert told.startswith("A patient of whom this is known")
    assert "Nearest repair" in told
    assert not re.search(r"\b(Not|And|Or)\(|sat\b|z3|_", told.replace("same_day", "").split("because")[0])


def test_every_row_can_act() -> None:
    assert rows_that_never_act(RULES) == []


def test_for_every_patient_a_permitted_answer_exists() -> None:
    assert permitted_answer_exists(RULES, RULES.invariants, NICE) is None


def test_contradicting_invariants_are_found() -> None:
    code = "finding.red_flag:same_day_assessment"
    both = Invariant(
        id="x", sentence="", kind="proved",
        never=((("finding.route:intramuscular", 0b010),), (("finding.route:intramuscular", 0b101),)),
        written=({}, {}),
    )  # fmt: skip
    assert code.removeprefix("finding.") in RULES.codes
    assert permitted_answer_exists(RULES, [both], NICE) is not None


@cache
def every_sentence() -> list[Sentence]:
    return list(sentences(in_every_language(RULES)))


@pytest.mark.parametrize("one", TEXT, ids=lambda one: one.id)
def test_no_sentence_breaks_an_invariant_of_wording(one: Invariant) -> None:
    assert [f"{f.where}: {f.text}" for f in check(one, every_sentence())] == []


@pytest.mark.parametrize("one", TEXT, ids=lambda one: one.id)
def test_each_check_of_wording_refuses_what_it_must(one: Invariant) -> None:
    assert one.caught
    assert {"es"} <= set(one.wording)
    assert all(words.caught for words in one.wording.values())
    assert uncaught(one) == []


@pytest.mark.parametrize("one", [i for i in RULES.invariants if i.kind == "tested"], ids=lambda one: one.id)
def test_the_tests_named_exist(one: Invariant) -> None:
    for name in one.tested_by:
        assert (ROOT / name).exists(), name
