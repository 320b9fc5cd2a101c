"""What a first page leaves for later changes nothing of what it says; and no pack that reads somebody otherwise is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cobalens.api import Cobalens, load
from cobalens.model.interpretation import Said
from cobalens.model.record import Record
from cobalens.report.findings import resting, told_of
from cobalens.report.missing import QUESTIONS

CASES = sorted(Path("tests/cases").glob("*.json"))[::4]


@pytest.fixture(scope="module")
def door() -> Cobalens:
    return load()


@pytest.fixture(scope="module")
def records(door: Cobalens) -> list[Record]:
    return [door.read(path, as_of="2026-03-05") for path in CASES]


def test_a_finding_that_does_not_name_its_facts_rests_on_the_same_ones(
    door: Cobalens, records: list[Record]
) -> None:
    for record in records:
        case, said = door.judged(record, look_ahead=False)
        again, glance = door.judged(record, look_ahead=False, whole=False)
        there = {one.code: one for one in glance.supported()}
        assert list(there) == [one.code for one in said.supported()]
        for one in said.supported():
            assert told(one) == told(there[one.code]), one.code
            if one.pack is None:
                assert list(resting(case, one)) == list(resting(again, there[one.code])), one.code


def told(one: Said) -> tuple[object, ...]:
    return one.title, one.why, one.rule, one.row, one.verification, one.sources, one.quiet, one.pack


def test_the_rest_of_what_is_said_at_a_glance_is_the_same(door: Cobalens, records: list[Record]) -> None:
    for record in records:
        said, glance = (door.judged(record, look_ahead=False, whole=whole)[1] for whole in (True, False))
        for name in (
            "answer",
            "deficiency",
            "treatment_state",
            "because",
            "pack_basis",
            "packs",
            "trade_offs",
        ):
            assert getattr(said, name) == getattr(glance, name), (record.id, name)
        assert said.data_quality == glance.data_quality, record.id


def test_each_fact_is_put_into_words_once_for_a_person(door: Cobalens, records: list[Record]) -> None:
    case = door.case(records[0])
    known = [name for name in case.facts.values if told_of(case, name)]
    assert known
    assert all(told_of(case, name) is told_of(case, name) for name in known)


def test_every_pack_that_answers_otherwise_is_read_beside(door: Cobalens, records: list[Record]) -> None:
    # Between the limits of two packs, so that one of them reads it otherwise whatever the worked cases hold.
    lab = {"analyte": "vitamin_b12", "value": 950, "unit": "ng/L", "day": 0}
    between = door.read({"patient": {"age": 60, "sex": "female"}, "facts": {"labs": [lab]}})
    differing = 0
    for record in [*records, between]:
        here = door.case(record)
        beside = [one.pack.name for one in door.read_otherwise(here)]
        there = {pack.name: door.case(record, pack) for pack in door.others}
        otherwise = [
            name for name, one in there.items() if any(one.answer(q) != here.answer(q) for q in QUESTIONS)
        ]
        assert beside == otherwise, record.id
        differing += len(beside)
    assert differing > 0
