"""Each worked case as a long and as a wide table, in both systems of units, comes to the same answer and the same findings."""

from __future__ import annotations

import re

import pytest

from cobalens.intake import tables
from cobalens.model.record import Record
from tests.records.carried import DAY_ZERO, of_case, outcome, variants
from tests.records.tables.writer import long, wide
from tests.robustness.cases import RULES

NOT_CARRIED: dict[str, str] = {}
"""Case -> what of it has no place in a wide table."""
IDS = sorted(variants())
THOUSANDS = re.compile(r"(?<![\d,])[1-9]\d{0,2},\d{3}(?![\d,])")


def one(source: bytes) -> Record:
    (record,) = tables.read(source, RULES, DAY_ZERO.isoformat())
    assert isinstance(record, Record)
    return record


@pytest.mark.parametrize("name", IDS)
def test_a_case_says_the_same_as_rows_of_results(name: str) -> None:
    case = variants()[name]
    assert outcome(one(long({name: case}))) == of_case(case)


@pytest.mark.parametrize("name", [name for name in IDS if name not in NOT_CARRIED])
def test_a_case_says_the_same_as_rows_of_visits(name: str) -> None:
    case = variants()[name]
    assert outcome(one(wide(case, name))) == of_case(case)


@pytest.mark.parametrize("name", [name for name in IDS if name not in NOT_CARRIED][::5])
def test_a_case_says_the_same_with_semicolons_and_decimal_commas(name: str) -> None:
    case = variants()[name]
    written = wide(case, name, ";", ",")
    record = one(written)
    # "121,737" may be thousands as well: where both can be meant, it is told and not used.
    told = any(lab.problem == "not_a_number" for lab in record.labs)
    assert outcome(record) == of_case(case) or (told and THOUSANDS.search(written.decode()))


def test_many_people_in_one_table_are_each_read_alone() -> None:
    few = {name: variants()[name] for name in IDS[:40]}
    people = tables.read(long(few), RULES, DAY_ZERO.isoformat())
    for name, record in zip(few, people, strict=True):
        assert isinstance(record, Record)
        assert record.id == name
        assert outcome(record) == of_case(few[name])
