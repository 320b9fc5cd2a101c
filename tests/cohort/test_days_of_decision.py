"""On which day everybody is judged where no day is given, and that those who have none are answered as alone."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from cobalens.serve.cli import main
from cobalens.serve.cohort import days as cohort_days
from cobalens.serve.cohort.days import lasts_of
from tests.cohort.lines_of_people import alone, in_run, lines_of, said_in
from tests.cohort.omop_people import omop, write
from tests.cohort.omop_people import people as omop_people
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran
from tests.robustness.cases import cases

MEASURED = {"B12": "Vitamin B12,150,ng/L", "active B12": "Active B12,20,pmol/L", "MMA": "MMA,0.9,umol/L",
            "homocysteine": "Homocysteine,40,umol/L", "haemoglobin": "Haemoglobin,99,g/L"}  # fmt: skip
NO_DAY = "1970-01-01"
"""What the number for no day comes to, counted as a day."""
EMPTY = {
    "symptoms": [],
    "conditions": [],
    "medications": [],
    "supplements": [],
    "procedures": [],
    "diet": None,
}
HEADING = "patient id,age,sex,test,result,unit,date"
B12, MMA = frozenset({3000593, 3040820}), frozenset({3001490})
"""Of these OMOP concepts is what the people of an instance are measured by."""
COUNTS = lasts_of(DOOR.ruleset)
RESULTS = "SELECT MAX(i.index_day), MIN(r.first_day), MAX(r.first_day) FROM '{0}/facts.parquet' i, '{0}/results.parquet' r"
OTHERS = frozenset({"vitamin_b12", "holotc", "mma", "homocysteine"})


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> str:
    day = "2026-03-04"
    monkeypatch.setattr(cohort_days, "today", lambda: day)
    return day


def table(folder: Path, *rows: str, heading: str = HEADING) -> Path:
    place = folder / "results.csv"
    place.write_text("\n".join((heading, *rows)) + "\n")
    return place


# --- No day at all ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", ["latest", "each-result"])
def test_cases_in_relative_days_are_judged_on_day_0_as_alone(tmp_path: Path, index: str) -> None:
    source = tmp_path / "cases"
    source.mkdir()
    found = {Path(name).stem: case for name, case in cases().items()}
    for name, case in found.items():
        (source / f"{name}.json").write_text(json.dumps(case))
    run = ran(source, tmp_path / "out", index)
    assert run["people_aside"] == {}
    said = said_in(tmp_path / "out")
    assert {name for name, _, _ in said} == found.keys()
    assert sum(day == NO_DAY for _, day, _ in said) > len(found) / 2, "a few give dates"
    differ = [
        name for name, day, one in said if one != alone(DOOR, found[name], None if day == NO_DAY else day)
    ]
    assert differ == []


def test_a_table_that_gives_no_days_is_answered_as_it_is_alone(tmp_path: Path) -> None:
    source = table(
        tmp_path,
        "a,66,female,188,0.55,101",
        "b,71,male,1250,,90",
        "c,44,female,,0.9,88",
        "d,39,male,,,",
        heading="id,age,sex,B12 pg/mL,MMA umol/L,MCV fL",
    )
    run = ran(source, tmp_path / "out")
    assert run["people_aside"] == {cohort_days.NO_RESULT: 1}, "nothing is known of d"
    said = in_run(tmp_path / "out")
    assert {day for _, day in said.values()} == {NO_DAY}
    records = {one.id: one for one in DOOR.read_many(source.read_bytes())}
    assert {name: one for name, (one, _) in said.items()} == {
        name: alone(DOOR, records[name], None) for name in "abc"
    }


def test_a_result_without_a_day_stands_for_today_where_the_record_has_others(
    tmp_path: Path, today: str
) -> None:
    source = table(
        tmp_path, f"a,66,female,{MEASURED['B12']},", f"a,66,female,{MEASURED['haemoglobin']},2025-11-01"
    )
    ran(source, tmp_path / "out")
    ((person, day, said),) = said_in(tmp_path / "out")
    assert (person, day) == ("a", today)
    (record,) = DOOR.read_many(source.read_bytes(), today)
    assert said == alone(DOOR, record, None)


def test_the_report_and_the_worklists_give_no_days_to_whoever_has_none(tmp_path: Path) -> None:
    source = table(
        tmp_path,
        "a,66,female,Vitamin B12,88,ng/L,-3",
        "a,66,female,MCV,112,fL,-2",
        "b,50,male,Vitamin B12,90,ng/L,0",
        heading="id,age,sex,test,result,unit,day",
    )
    out = tmp_path / "out"
    made = CliRunner().invoke(main, ["cohort", "run", str(source), "--out", str(out), "--threads", "1"])
    assert made.exit_code == 0, made.output
    page = (out / "report.html").read_text()
    assert "No day of a B12 result is known" in page
    assert "Days of decision" not in page
    assert re.search("19(?:69|70)-", page) is None
    book = CalamineWorkbook.from_path(str(out / "worklists.xlsx"))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    days = [cell for rows in sheets.values() for row in rows for cell in row if isinstance(cell, dt.date)]
    assert days == []
    heads, *rows = sheets["Low, untreated"]
    since = {row[heads.index("person")]: row[heads.index("days since")] for row in rows}
    assert since == {"a": 3, "b": 0}


# --- Which results give a day ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "day"),
    [
        ({"B12": 1, "active B12": 3, "MMA": 5}, 5),
        ({"B12": 4, "active B12": 3, "MMA": 2}, 4),
        ({"B12": 1, "haemoglobin": 7}, 1),
        ({"MMA": 5, "haemoglobin": 7}, 5),
        ({"MMA": 5, "homocysteine": 6}, 6),
        ({"haemoglobin": 7}, None),
    ],
)
def test_the_newest_b12_gives_the_day_or_a_second_line_result_that_followed_it(
    tmp_path: Path, results: dict[str, int], day: int | None
) -> None:
    rows = (f"a,66,female,{MEASURED[name]},2026-02-{at:02}" for name, at in results.items())
    run = ran(table(tmp_path, *rows), tmp_path / "out")
    if day is None:
        assert run["people_aside"] == {cohort_days.NO_RESULT: 1}
        return
    assert in_run(tmp_path / "out")["a"][1] == f"2026-02-{day:02}"


@pytest.mark.parametrize(("later", "seen"), [(COUNTS, True), (COUNTS + 1, False)])
def test_a_second_line_result_counts_for_the_day_as_long_as_the_b12_does(
    tmp_path: Path, later: int, seen: bool
) -> None:
    """In a table, in lines and in an instance of OMOP alike; so whoever had MMA three weeks later is not asked for it."""
    start = dt.date(2024, 1, 10)
    end = start + dt.timedelta(days=later)
    expected = (end if seen else start).isoformat()
    rows = (f"a,66,female,{MEASURED[name]},{day}" for name, day in (("B12", start), ("MMA", end)))
    ran(table(tmp_path, *rows), tmp_path / "table")
    assert in_run(tmp_path / "table")["a"][1] == expected
    labs = [
        {"analyte": "vitamin_b12", "value": 150, "unit": "ng/L", "day": -later},
        {"analyte": "mma", "value": 0.9, "unit": "umol/L", "day": 0},
    ]
    case = {"patient": {"age": 66, "sex": "female"}, "facts": EMPTY | {"labs": labs}}
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "all.ndjson").write_text("\n".join(lines_of({"a": case})) + "\n")
    ran(tmp_path / "lines", tmp_path / "of_lines")
    ((index, first, last),) = duckdb.sql(RESULTS.format(tmp_path / "of_lines")).fetchall()
    assert index == (last if seen else first)
    (one,) = omop_people(1, seed=4)
    told = {3000593: ("2132-9", "pg/mL", 150.0, start), 3001490: ("13964-2", "umol/L", 0.9, end)}
    one["labs"] = [(of, code, "", value, unit, "", day) for of, (code, unit, value, day) in told.items()]
    others = omop_people(3, seed=5)
    for other in others:
        other["id"] += 100
    write(omop([one, *others]), tmp_path / "cdm")
    ran(tmp_path / "cdm", tmp_path / "of_omop")
    assert in_run(tmp_path / "of_omop")[str(one["id"])][1] == expected


@pytest.mark.parametrize("index", ["latest", "each-result"])
def test_lines_and_tables_of_omop_take_the_same_days(tmp_path: Path, index: str) -> None:
    """The one is read by its own SQL, the other too, and both with the days of the reader of one record."""
    measured = {"active": [("holotc", 20, "pmol/L", -3)], "mma": [("mma", 0.9, "umol/L", -9)],
                "both": [("vitamin_b12", 150, "ng/L", -20), ("holotc", 20, "pmol/L", -3), ("mma", 0.9, "umol/L", -1)],
                "neither": [("hemoglobin", 99, "g/L", -4)]}  # fmt: skip
    found = {
        name: {
            "patient": {"age": 66, "sex": "female"},
            "facts": EMPTY
            | {
                "labs": [
                    {"analyte": analyte, "value": value, "unit": unit, "day": day}
                    for analyte, value, unit, day in labs
                ]
            },
        }
        for name, labs in measured.items()
    }
    export = tmp_path / "export"
    export.mkdir()
    (export / "all.ndjson").write_text("\n".join(lines_of(found)) + "\n")
    run = ran(export, tmp_path / "out", index)
    assert run["people_aside"] == {cohort_days.NO_RESULT: 1}
    days = {
        name: sorted(
            day for analyte, *_, day in labs if analyte in OTHERS and (name != "both" or analyte != "mma")
        )
        for name, labs in measured.items()
    }
    zero = dt.date.fromisoformat("2026-02-01")
    met: dict[str, list[int]] = {}
    for person, day, _ in said_in(tmp_path / "out"):
        met.setdefault(person, []).append((dt.date.fromisoformat(day) - zero).days)
    first = met["active"][0] - days["active"][0]
    wanted = {name: own if index == "each-result" else own[-1:] for name, own in days.items() if own}
    if index == "latest":
        # The MMA that followed the active B12.
        wanted["both"] = [-1]
    assert met == {name: [day + first for day in own] for name, own in wanted.items()}


def test_people_of_an_omop_instance_are_judged_on_their_newest_b12_or_else_mma(tmp_path: Path) -> None:
    found = {str(one["id"]): one for one in omop_people(150, seed=31)}
    write(omop(list(found.values())), tmp_path / "cdm")
    ran(tmp_path / "cdm", tmp_path / "out")
    wanted: dict[str, str] = {}
    for name, one in found.items():
        by_b12, by_mma = ([day for of, *_, day in one["labs"] if of in those] for those in (B12, MMA))
        if first := max(by_b12 or by_mma, default=None):
            counted = first + dt.timedelta(days=COUNTS)
            wanted[name] = max(day for day in (*by_b12, *by_mma) if day <= counted).isoformat()
    assert {name: day for name, (_, day) in in_run(tmp_path / "out").items()} == wanted
    by_mma = sum(not any(concept in B12 for concept, *_ in found[name]["labs"]) for name in wanted)
    assert 2 < by_mma < len(wanted)
