"""The spec tables hold, meet every row, and stand on both sides of every limit."""

from __future__ import annotations

from collections import defaultdict

import pytest

from cobalens.compiler import load_ruleset
from tests.spec.worked import Bench, Patient, patients

ALL = patients()
BENCH = Bench(load_ruleset())


@pytest.mark.parametrize("patient", ALL, ids=str)
def test_worked_patient(patient: Patient) -> None:
    answer, rows = BENCH.ask(patient)
    assert answer == patient.then, f"{patient.file}: {patient.sentence!r} gave {answer!r} by {rows}"
    if patient.row:
        assert patient.row in rows, f"{patient.file}: {patient.sentence!r} fired {rows}"


def test_every_row_of_every_rule_is_met() -> None:
    met: dict[str, set[str]] = defaultdict(set)
    for patient in ALL:
        answer, rows = BENCH.ask(patient)
        if BENCH.tables[patient.table].kind == "choose" or answer == "supported":
            met[patient.table].update(rows)
    missed = [f"{t.name}.{r.name}" for t in BENCH.ruleset.tables for r in t.rows if r.name not in met[t.name]]
    assert not missed, f"{len(missed)} rows have no worked patient: {', '.join(missed)}"


def test_every_question_has_worked_patients() -> None:
    have = {patient.table for patient in ALL}
    assert not [t.name for t in BENCH.ruleset.tables if t.name not in have]
