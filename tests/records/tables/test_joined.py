"""One person out of several tables: plain results that are read many at once say what they say row by row."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from cobalens.intake.joined import Joined, _read, people_of, record_on
from cobalens.intake.many import apart_again, apart_of, left_of, named_in, opened, reader_of_many
from cobalens.model.record import Record
from tests.cohort.rules_agreement import DOOR

DAY = "2026-03-01"
PEOPLE = [f"P{n:03}" for n in range(240)]
LABS = "patient id,sex,birth date,test,result,unit,flag,reference range,date,comment"
TESTS = [
    ("Vitamin B12", 1, ("pg/mL", "ng/L", "pmol/L", "", "furlongs")),
    ("MMA", 1000, ("umol/L", "nmol/L")),
    ("Haemoglobin", 50, ("g/dL", "g/L")),
    ("Creatinine", 5, ("umol/L", "mg/dL")),
    ("Unheard-of test", 1, ("x",)),
]
VALUES = ["190", "0.31", "<150", "> 2000", "12.4", "pending", "", "1.234,5", "900", "88", "low", "see note"]
DAYS = ["2025-01-05", "2025-06-07", "2026-02-28", "2027-01-01", "", "05/06/2025", "2024-03", "not known"]
REMARKS = ["", "", "", "haemolysed", "taken after an injection of B12", "MMA 0.5 umol/L elsewhere"]
WORDS = [
    "metformin since 03/04/2020",
    "vegan for six years",
    "no numbness",
    "omeprazole",
    "B12 145 pg/mL in 2024",
]


def labs(rng: random.Random, tidy: float) -> str:
    """A table of results, the more of them plain the nearer ``tidy`` is to 1."""
    rows = [LABS]
    for person in PEOPLE:
        own = rng.random() < tidy
        for _ in range(rng.randrange(6)):
            plain = own or rng.random() < tidy
            test, parts, units = TESTS[rng.randrange(4 if plain else 5)]
            cells = [
                person,
                rng.choice(["female", ""]),
                rng.choice(["1950-01-02", "", "1950"]) if not plain else "1950-01-02",
                test,
                f"{rng.randrange(200, 900) / parts:.2f}" if plain else rng.choice(VALUES),
                units[0] if plain and rng.random() < 0.97 else rng.choice(units),
                "" if plain else rng.choice(["", "L", "H"]),
                rng.choice(["", "150 - 900", "women 120-160; men 130-170"]) if not plain else "",
                rng.choice(DAYS[:3] if plain else DAYS),
                "" if plain else rng.choice(REMARKS),
            ]
            rows.append(",".join(f'"{cell}"' if "," in cell else cell for cell in cells))
    return "\n".join(rows) + "\n"


def words(rng: random.Random, heading: str) -> str:
    rows = [f"patient id,{heading}"]
    rows += [f"{person},{rng.choice(WORDS)}" for person in PEOPLE if rng.random() < 0.7]
    return "\n".join(rows) + "\n"


def joined(files: dict[str, str]) -> list[Joined]:
    kept = []
    for name, content in files.items():
        source = opened(content.encode(), DOOR.ruleset, name, None, beside=True)
        assert source is not None
        if found := apart_of(source, PEOPLE, name):
            kept.append(apart_again(found))
    return people_of(kept, DOOR.ruleset, None)


def said(record: Any) -> tuple[Any, ...]:
    assert isinstance(record, Record)
    elements = Counter((one.where, one.text, one.fate, one.reason) for one in record.elements)
    return (
        record.as_of,
        record.age,
        record.labs,
        record.events,
        sorted(map(repr, record.notes)),
        sorted(map(repr, record.not_understood)),
        elements,
    )


def left_as(found: Any) -> tuple[Any, ...]:
    return said(found)[:4] if isinstance(found, Record) else (found.id, found.error.code)


def people_at_once(seed: int, tidy: float, heading: str) -> Iterator[tuple[Record, Any]]:
    rng = random.Random(seed)
    files = {"a.csv": labs(rng, tidy), "b.csv": words(rng, heading), "c.csv": labs(rng, tidy)}
    for one in joined(files):
        found = _read(one, DOOR.ruleset, DAY, at_once=True)
        if isinstance(found, Record):
            yield found, _read(one, DOOR.ruleset, DAY, at_once=False)


@pytest.mark.parametrize("tidy", [1.0, 0.9, 0.6])
def test_plain_results_of_many_rows_say_what_they_say_row_by_row(
    tidy: float,
) -> None:
    compared = 0
    for seed in range(3):
        for at_once, by_row in people_at_once(seed, tidy, ("drug", "note", "diagnosis")[seed % 3]):
            assert said(at_once) == said(by_row)
            compared += 1
    assert compared > 60, compared


def test_a_source_parts_into_some_people_and_the_others_and_neither_is_read_otherwise() -> None:
    rng = random.Random(3)
    content = labs(rng, 0.7).encode()
    source = opened(content, DOOR.ruleset, "a", None)
    named = named_in(content, DOOR.ruleset, None)
    assert source is not None
    assert named is not None
    whole = {one.id: one for one in reader_of_many(source, DOOR.ruleset, ())(DAY, None)}
    assert {name for name, _ in named.people} == set(whole)
    apart = set(list(whole)[::2])
    left = {one.id: one for one in reader_of_many(left_of(source, apart), DOOR.ruleset, ())(DAY, None)}
    assert set(left) == set(whole) - apart
    for name, one in left.items():
        assert left_as(one) == left_as(whole[name])
    kept = apart_again(apart_of(source, sorted(apart), "a.csv"))
    found = {one.id: record_on(one, DOOR.ruleset, DAY) for one in people_of([kept], DOOR.ruleset, None)}
    assert set(found) == apart
    for name, record in found.items():
        one = whole[name]
        if not isinstance(record, Record):
            assert left_as(record) == left_as(one)
            continue
        assert isinstance(one, Record)
        assert (record.as_of, record.age) == (one.as_of, one.age)
        assert [lab.where for lab in record.labs] == [f"a.csv {lab.where}" for lab in one.labs]
        assert [(lab.lo, lab.unit, lab.when) for lab in record.labs] == [
            (lab.lo, lab.unit, lab.when) for lab in one.labs
        ]
