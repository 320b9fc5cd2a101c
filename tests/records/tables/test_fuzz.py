"""A short run of the mutations; `python -m tests.records.fuzz_tables N` is the long one."""

from __future__ import annotations

import pytest

from tests.records.fuzz_tables import one_round


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_mutated_tables_printouts_and_reports_are_read_or_refused(seed: int) -> None:
    assert [wrong for one in range(seed, seed + 20) if (wrong := one_round(one)[2])] == []
