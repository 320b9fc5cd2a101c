"""A sample of the mutants: every twelfth changed piece of knowledge is noticed by a worked patient."""

from __future__ import annotations

from itertools import islice

from cobalens.compiler import load_ruleset
from tests.spec.mutate import excused, mutants
from tests.spec.worked import Bench


def test_a_sample_of_mutants_is_noticed() -> None:
    known = excused()
    sample = list(islice(mutants(Bench(load_ruleset())), 5, None, 12))
    survivors = [m.name for m in sample if not m.notices() and m.name not in known]
    assert not survivors, f"{len(survivors)} of {len(sample)} changes went unnoticed: {survivors}"
