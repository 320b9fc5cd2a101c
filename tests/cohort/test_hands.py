"""Jobs shared between processes give what one process gives, and a process that is lost is said."""

from __future__ import annotations

import operator
import os

import pytest

from cobalens.errors import CobalensError
from cobalens.serve.hands import hands

JOBS = [(1, 2), (3, 4), (5, 6)]


def test_two_processes_give_what_one_gives_each_at_its_place() -> None:
    for most in (1, 2):
        with hands(most) as found:
            assert dict(found.each(operator.add, JOBS)) == {0: 3, 1: 7, 2: 11}
            assert (found.pool is None) == (most == 1)


def test_the_processes_of_one_stage_serve_the_next_and_one_job_needs_none() -> None:
    with hands(2) as found:
        assert list(found.each(operator.add, JOBS[:1])) == [(0, 3)]
        assert found.pool is None
        assert len(list(found.each(operator.add, JOBS))) == 3
        begun = found.pool
        assert len(list(found.each(operator.mul, JOBS))) == 3
        assert found.pool is begun


def test_what_stops_a_job_stops_the_run() -> None:
    with hands(2) as found, pytest.raises(ZeroDivisionError):
        list(found.each(operator.truediv, [(1, 1), (1, 0)]))


def test_a_process_that_is_lost_is_refused_in_words() -> None:
    with hands(2) as found, pytest.raises(CobalensError) as refusal:
        list(found.each(os._exit, [(3,), (3,)]))
    assert refusal.value.code == "worker_lost"
