"""A run on files of HL7 v2 messages: every person of a batch is answered, on a day of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from cobalens.intake.recognise import read_people
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran


def message(number: int, person: str, day: dt.date, b12: int) -> str:
    at = day.strftime("%Y%m%d")
    return "".join(
        f"{segment}\r"
        for segment in (
            rf"MSH|^~\&|LAB|H|EMR|H|{at}0900||ORU^R01|{number}|P|2.5.1",
            f"PID|1||{person}||Example^Ada||19600101|F",
            f"OBR|1|||B12^Vitamin B12|||{at}0800",
            f"OBX|1|NM|2132-9^Vitamin B12^LN||{b12}|pg/mL|200-900|||F",
        )
    )


def batch(people: int) -> str:
    return "".join(
        message(n, f"{n}^^^H^MR", dt.date(2023, 1, 1) + dt.timedelta(days=n), 100 + 3 * n)
        for n in range(people)
    )


def test_everybody_of_a_batch_is_answered_on_the_day_of_the_newest_result(tmp_path: Path) -> None:
    source = tmp_path / "night.hl7"
    source.write_bytes(batch(400).encode())
    run = ran(source, tmp_path / "out", "latest")
    assert (run["people"], run["people_judged"], run["set_aside"]) == (400, 400, {})
    found = duckdb.sql(
        f"SELECT person_id, DATE '1970-01-01' + index_day, answer FROM '{tmp_path / 'out' / 'interpretations.parquet'}'"
    ).fetchall()
    for name, day, answer in found:
        number = int(name)
        assert day == dt.date(2023, 1, 1) + dt.timedelta(days=number)
        if number % 97 == 0:
            one = message(number, f"{name}^^^H^MR", day, 100 + 3 * number)
            assert DOOR.interpret(one.encode(), as_of=str(day)).answer == answer
    assert len(found) == 400


def test_people_of_one_number_from_two_places_are_told_apart() -> None:
    both = message(1, "7^^^A^MR", dt.date(2025, 1, 1), 150) + message(2, "7^^^B^MR", dt.date(2025, 1, 1), 900)
    names = [one.id for one in read_people(both.encode(), DOOR.ruleset, "2025-02-01", "night")]
    assert len(set(names)) == 2
    nameless = message(1, "", dt.date(2025, 1, 1), 150) + message(2, "", dt.date(2025, 1, 1), 900)
    names = [one.id for one in read_people(nameless.encode(), DOOR.ruleset, "2025-02-01", "night")]
    assert names == ["night#1", "night#2"]


def test_one_person_alone_is_called_as_the_file_is() -> None:
    one = message(1, "7^^^A^MR", dt.date(2025, 1, 1), 150).encode()
    assert [who.id for who in read_people(one, DOOR.ruleset, "2025-02-01", "night")] == ["night"]
    assert [who.id for who in read_people(one, DOOR.ruleset, "2025-02-01")] == ["7"]
