"""Numbers that stand for no answer: a mapping file names them, and such a cell is as good as empty."""

from __future__ import annotations

import pytest

from cobalens.errors import CobalensError
from cobalens.intake.tables import read
from cobalens.model.record import Record
from tests.cohort.rules_agreement import DOOR

RULES = DOOR.ruleset
MAPPING = b'[table]\nmissing = [-9, "999", 9999.0, "nicht bestimmt"]\n'
CODES = ["-9", "-9.00", "999", "999.0", "9999", "Nicht bestimmt"]


def results(source: str, mapping: bytes | None = None) -> dict[str, list[tuple[str, str]]]:
    """Person -> test and number of each result."""
    return {
        one.id: [(lab.analyte, str(lab.lo)) for lab in one.labs]
        for one in read(source.encode(), RULES, "2026-03-01", "table", mapping=mapping)
        if isinstance(one, Record)
    }


@pytest.mark.parametrize("people", [1, 60])
def test_a_code_is_an_empty_cell_in_a_column_for_each_test(people: int) -> None:
    rows = ["Patient ID,age,date,Vitamin B12 (ng/L),Ferritin (ug/L)"]
    rows += [f"{n},50,2026-01-01,{code},{20 + n}" for n in range(people) for code in CODES]
    found = results("\n".join(rows), MAPPING)
    assert len(found) == people
    assert {test for those in found.values() for test, _ in those} == {"ferritin"}
    if people == 1:
        assert ("vitamin_b12", "999") in results("\n".join(rows))["0"]


@pytest.mark.parametrize("people", [1, 60])
def test_a_code_is_an_empty_cell_in_a_row_for_each_result(people: int) -> None:
    rows = ["Patient ID,Test,Result,Unit,Date"]
    for n in range(people):
        rows += [f"{n},Vitamin B12,{code},ng/L,2026-01-01" for code in CODES]
        rows.append(f"{n},Vitamin B12,{200 + n},ng/L,2026-01-02")
    assert results("\n".join(rows), MAPPING) == {
        str(n): [("vitamin_b12", str(200 + n))] for n in range(people)
    }


def test_a_code_of_one_column_is_a_number_in_another() -> None:
    rows = "Patient ID,date,Vitamin B12 (ng/L),Haemoglobin (g/L)\n1,2026-01-01,99,99\n"
    said = b'[missing]\n"Vitamin B12 (ng/L)" = [99]\n'
    assert results(rows, said) == {"1": [("hemoglobin", "99")]}


def test_who_somebody_is_stays_as_it_is_written() -> None:
    rows = "Patient ID,date,Vitamin B12 (ng/L)\n999,2026-01-01,150\n-9,2026-01-01,999\n"
    assert results(rows, MAPPING)["999"] == [("vitamin_b12", "150")]


@pytest.mark.parametrize("said", ["missing = 9", "missing = [[9]]", "missing = [true]"])
def test_what_is_no_list_of_codes_is_refused(said: str) -> None:
    for text in (f"[table]\n{said}\n", f"[missing]\n{said.replace('missing', 'B12')}\n"):
        with pytest.raises(CobalensError, match="-9, 999"):
            results("Patient ID,date,B12 (ng/L)\n1,2026-01-01,150\n", text.encode())
