"""A short run over all four formats; `make fuzz` is the long one."""

from __future__ import annotations

import pytest

from tests.records import fuzz_text
from tests.records.fuzz import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_broken_records_are_read_or_refused_with_a_reason(kind: str) -> None:
    assert [wrong for seed in range(150) if (wrong := KINDS[kind](seed))] == []


def test_the_check_of_texts_notices_a_line_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    source = b"Vitamin B12  150  pg/mL\nno numbness\n"
    assert fuzz_text.check(source) == ""
    monkeypatch.setattr(fuzz_text, "decoded", lambda raw: raw.decode() + "one more line\n")
    assert "3" in fuzz_text.check(source)
