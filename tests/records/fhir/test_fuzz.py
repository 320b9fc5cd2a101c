"""Inputs with something wrong in them are read or refused with a reason, and every element is accounted for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.fhir.mutate import mutated
from tests.records.fuzz_fhir import checked


@settings(max_examples=150, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_a_mutated_bundle_is_accounted_for(seed: int) -> None:
    assert checked(mutated(seed))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_after_a_bundles_beginning_are_refused_or_read(tail: bytes) -> None:
    assert checked(b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"' + tail)
