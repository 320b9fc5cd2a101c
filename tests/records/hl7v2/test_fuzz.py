"""Mutated and invented messages are read or refused: no crash, no hang, every segment accounted for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.fuzz_hl7 import KINDS, LONGEST, check_ccda, check_hl7, one
from tests.records.hl7v2.messages import HEAD, ORDER, PATIENT

FIELD = st.text(st.sampled_from("|^~\\&0123456789.<>-+ abNULPpgm/L\u00b5\u0000\r\n"), max_size=40)
ROW = st.builds(
    lambda name, fields: "|".join([name, *fields]),
    st.sampled_from(["OBX", "NTE", "DG1", "RXE", "SPM", "OBR", "PID", "ZZZ"]),
    st.lists(FIELD, max_size=20),
)


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_records_are_read_or_refused(kind: str) -> None:
    for seed in range(120):
        _, wrong, seconds = one(kind, seed)
        assert not wrong, f"{kind} {seed}: {wrong}"
        assert seconds < LONGEST


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=8))
def test_invented_segments_are_accounted_for(rows: list[str]) -> None:
    assert not check_hl7("\r".join([HEAD, PATIENT, ORDER, *rows]).encode())


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_after_a_header_are_read_or_refused(rest: bytes) -> None:
    assert not check_hl7(HEAD.encode() + b"\r" + rest)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_after_the_start_of_a_document_are_read_or_refused(rest: bytes) -> None:
    assert not check_ccda(b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + rest)


ENDLESS = {
    "escapes": "\\",
    "brackets": "[",
    "braces": "{",
    "addresses": "a@",
    "one word": "x",
    "digits": "9",
    "intervals": "1-",
    "signs": "<1 ",
    "spaces": " ",
    "quotes": '"',
    "names": "B12 low ",
}


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize(
    "field",
    [
        "OBX|1|TX|A^Hx^L||{}||||||F",
        "OBX|1|ST|2132-9^B12^LN||{}|pg/mL|||||F",
        "OBX|1|NM|A^{}^L||1|{}|{}||||F",
        "NTE|1|L|{}",
    ],
)
def test_endless_repetition_takes_no_endless_time(kind: str, field: str) -> None:
    words = (ENDLESS[kind] * 200_000)[:200_000]
    start = time.perf_counter()
    assert not check_hl7("\r".join([HEAD, PATIENT, ORDER, field.replace("{}", words)]).encode())
    assert time.perf_counter() - start < LONGEST
