"""Each worked case, written as a C-CDA document by another hand and in both systems of units, is answered as the case file is."""

from __future__ import annotations

from cobalens.intake import ccda
from tests.records.carried import accounted, differences, of_case, outcome, variants
from tests.records.ccda.writer import count, document
from tests.robustness.cases import RULES

NOT_CARRIED: dict[str, str] = {}
"""Case -> what the format cannot carry of it."""


def test_the_answer_and_every_finding_are_the_same() -> None:
    found = []
    for name, case in variants().items():
        if name.partition(",")[0] in NOT_CARRIED:
            continue
        (record,) = ccda.read(document(case).encode(), RULES)
        accounted(record, count(case))
        found.append((name, of_case(case), outcome(record)))
    assert len(found) > 100
    assert not differences(found)
