"""Each worked case, written as HL7 v2 by another hand and in both systems of units, is answered as the case file is."""

from __future__ import annotations

import pytest

from cobalens.intake import hl7v2
from cobalens.model.record import Record
from tests.records.carried import accounted, differences, of_case, outcome, variants
from tests.records.hl7v2.writer import message
from tests.robustness.cases import RULES

NOT_CARRIED: dict[str, str] = {}
"""Case -> what the format cannot carry of it."""


@pytest.mark.parametrize("version", ["2.3", "2.5.1", "2.8"])
def test_the_answer_and_every_finding_are_the_same(version: str) -> None:
    found = []
    whole = version == "2.5.1"
    for place, (name, case) in enumerate(variants().items()):
        if name.partition(",")[0] in NOT_CARRIED or (not whole and place % 8):
            continue
        source = message(case, version).encode()
        (record,) = hl7v2.read(source, RULES)
        assert isinstance(record, Record)
        accounted(record, source.count(b"\r"))
        found.append((name, of_case(case), outcome(record)))
    assert len(found) > (100 if whole else 10)
    assert not differences(found)
