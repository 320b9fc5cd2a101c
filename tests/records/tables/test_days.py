"""A table that is opened once for many days of decision says on each of them what it says when read for that day alone."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from cobalens.intake import tables
from cobalens.model.record import Record
from tests.records.fhir.build import door

RULES = door().ruleset
DAYS = ("2026-03-02", "2025-01-31", "2026-03-02", "2031-12-01", "2024-06-15")
ODD = (
    "",
    "see comment",
    ">2000",
    "<150",
    "HEMOLYZED",
    "1,245",
    "150 since 2019",
    "low for 3 weeks",
    "99999999",
)


def written(shape: str, seed: int) -> bytes:
    """Rows of many people; some hold more than a plain result."""
    chance = random.Random(seed)
    lines = ["id,birth date,sex,date,test,result,unit,comment"]
    if shape == "wide":
        lines = ["id,birth date,sex,date,B12 pg/mL,MMA umol/L,Hb g/L"]
    elif shape == "few":
        lines = ["id,age,date,B12 pg/mL,numb feet,metformin"]
    for n in range(12 if shape == "few" else 260):
        born = dt.date(1940, 1, 1) + dt.timedelta(days=37 * n)
        for _ in range(3):
            day = dt.date(2023, 1, 1) + dt.timedelta(days=chance.randrange(1200))
            value = chance.choice(ODD) if chance.random() < 0.08 else str(chance.randrange(90, 1500))
            value = f'"{value}"' if "," in value else value
            if shape == "wide":
                lines.append(
                    f"p{n},{born},female,{day},{value},0.{chance.randrange(10, 99)},{chance.randrange(70, 150)}"
                )
            elif shape == "few":
                lines.append(
                    f"p{n},{30 + n},{day},{value},{chance.choice(['yes', 'no', ''])},{chance.choice(['yes', ''])}"
                )
            else:
                note = chance.choice(["", "", "", "numb feet since March", "burning feet for 3 weeks"])
                lines.append(f"p{n},{born},female,{day},Vitamin B12,{value},pg/mL,{note}")
    return "\n".join(lines).encode()  # fmt: skip


@pytest.mark.parametrize("shape", ["long", "wide", "few"])
def test_people_of_a_table_opened_once_are_those_of_the_table_read_anew(shape: str) -> None:
    source = written(shape, 7)
    found = tables.opened(source, RULES)
    assert isinstance(found, tables.Opened)
    for day in DAYS:
        anew = {one.id: one for one in tables.read(source, RULES, day)}
        assert list(anew) == found.names
        some = frozenset(random.Random(day).sample(found.names, len(found.names) // 3))
        again = list(tables.on_day(found, day, some))
        assert {one.id for one in again} == some
        for one in again:
            other = anew[one.id]
            assert one == other
            if isinstance(one, Record) and isinstance(other, Record):
                assert list(one.elements) == list(other.elements)


def test_all_are_told_of_where_nobody_is_named() -> None:
    found = tables.opened(written("long", 8), RULES)
    assert isinstance(found, tables.Opened)
    assert [one.id for one in tables.on_day(found, DAYS[0])] == found.names
