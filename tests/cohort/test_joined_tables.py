"""A folder whose tables name the same people: put together by person, they say what one table with all of it says."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from cobalens.intake.tables import bulk
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.command import gathered, killed
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran
from tests.cohort.test_message_runs import message

Row = Sequence[str]
WHO = ["patient id", "sex", "birth date"]
LABS = ["patient id", "date", "test", "result", "unit"]
DIAGNOSES = ["patient id", "diagnosis", "date"]
DRUGS = ["patient id", "drug", "dose", "route", "start", "stop"]
LONG = [*WHO, "category", "test", "result", "unit", "date", "dose", "route", "start", "stop"]
ILLNESSES = [
    "bladder cancer",
    "pernicious anaemia",
    "chronic kidney disease",
    "total gastrectomy",
    "breast cancer",
]
TAKEN = [
    ("metformin", "1 g", "oral"),
    ("hydroxocobalamin", "1 mg", "intramuscular"),
    ("omeprazole", "20 mg", "oral"),
    ("folic acid", "5 mg", "oral"),
]
PEOPLE = [f"{1000 + n}" for n in range(40)]


def who(n: int) -> Row:
    return PEOPLE[n], ("female", "male")[n % 2], f"{1935 + n}-0{1 + n % 9}-11"


def labs(n: int) -> list[Row]:
    found: list[Row] = []
    for k in range(1 + n % 3):
        day = dt.date(2024, 2, 1) + dt.timedelta(days=9 * n + 200 * k)
        found.append((PEOPLE[n], str(day), "Vitamin B12", str(70 + 37 * n % 900 + 20 * k), "pg/mL"))
        if n % 4 == 0:
            found.append((PEOPLE[n], str(day), "MMA", f"0.{11 + n}", "umol/L"))
        if n % 5 == 0:
            found.append((PEOPLE[n], str(day), "Creatinine", str(60 + 6 * n), "umol/L"))
    return found


def diagnoses(n: int) -> list[Row]:
    return [(PEOPLE[n], ILLNESSES[(n + k) % 5], f"201{k}-05-0{1 + n % 9}") for k in range(n % 3)]


def drugs(n: int) -> list[Row]:
    return [
        (PEOPLE[n], *TAKEN[(n + k) % 4], f"2020-0{1 + n % 9}-01", "2023-01-01" if (n + k) % 7 == 0 else "")
        for k in range((n + 1) % 3)
    ]


def as_csv(place: Path, rows: Iterable[Row]) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return place


def as_workbook(place: Path, rows: Iterable[Row]) -> Path:
    with xlsxwriter.Workbook(str(place), {"strings_to_numbers": True}) as book:
        sheet = book.add_worksheet("Export 2")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return place


def hospital(folder: Path) -> Path:
    """Forty people over three tables and a list of who they are, in the order in which ``one_table`` has their rows."""
    people = range(len(PEOPLE))
    folder.mkdir()
    as_csv(folder / "a-diagnoses.csv", [DIAGNOSES, *(row for n in people for row in diagnoses(n))])
    as_csv(folder / "b-labs.csv", [LABS, *(row for n in reversed(people) for row in labs(n))])
    as_workbook(folder / "c-drugs.xlsx", [DRUGS, *(row for n in people for row in drugs(n))])
    as_csv(folder / "d-people.csv", [WHO, *map(who, people)])
    return folder


def one_table(place: Path) -> Path:
    rows: list[Row] = [LONG]
    for n in range(len(PEOPLE)):
        rows += ((*who(n), "diagnosis", name, "", "", day, "", "", "", "") for _, name, day in diagnoses(n))
        rows += (
            (*who(n), "lab", name, value, unit, day, "", "", "", "") for _, day, name, value, unit in labs(n)
        )
        rows += ((*who(n), "medication", one[1], "", "", "", *one[2:]) for one in drugs(n))
    return as_csv(place, rows)


def kept(out: Path, name: str = "facts") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"FROM '{out / f'{name}.parquet'}' ORDER BY ALL").fetchall()


def kept_answers(out: Path) -> list[bytes]:
    return [one.read_bytes() for one in sorted((out / "interpretations.parquet").iterdir())]


def aside(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "quarantine.ndjson").read_text().splitlines()]


@pytest.mark.parametrize(
    ("index", "fewest"), [("latest", 500), ("latest", 40), ("each-result", 40), ("2026-01-01", 500)]
)
def test_people_of_several_tables_are_read_as_if_all_of_it_stood_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: str, fewest: int
) -> None:
    # From so many rows on, plain results are read many at once.
    monkeypatch.setattr(bulk, "FEWEST", fewest)
    whole = ran(one_table(tmp_path / "all.csv"), tmp_path / "one", index)
    run = ran(hospital(tmp_path / "in"), tmp_path / "several", index)
    assert run["people_together"] == run["people"] == whole["people"] == len(PEOPLE)
    assert (run["people_again"], run["used"]) == (0, whole["used"])
    for name in ("facts", "results", "interpretations"):
        assert kept(tmp_path / "several", name) == kept(tmp_path / "one", name), name
    assert {
        word
        for word, *_ in duckdb.sql(
            f"SELECT DISTINCT answer FROM '{tmp_path / 'one' / 'interpretations.parquet'}'"
        ).fetchall()
    } >= {"deficiency", "biomarker", "undetermined"}


@pytest.mark.parametrize(
    "options", [{"partitions": 5}, {"partitions": 3, "threads": 2}, {"complete": ("medications",)}]
)
def test_neither_shares_nor_processes_change_what_is_said(tmp_path: Path, options: dict[str, Any]) -> None:
    source = hospital(tmp_path / "in")
    complete = {name: value for name, value in options.items() if name == "complete"}
    ran(source, tmp_path / "plain", **complete)
    ran(source, tmp_path / "out", **options)
    assert kept(tmp_path / "out") == kept(tmp_path / "plain")
    whole = ran(one_table(tmp_path / "all.csv"), tmp_path / "one", **complete)
    assert kept(tmp_path / "out") == kept(tmp_path / "one")
    assert whole["people_judged"] == len(PEOPLE)


def test_a_run_that_is_killed_while_tables_are_read_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path,
) -> None:
    source = hospital(tmp_path / "in")
    ran(source, tmp_path / "whole", partitions=12)
    for stop in (1, 6):
        out = tmp_path / f"out-{stop}"
        asked = ("--pack", DOOR.pack.name, "--partitions", "12", "--threads", "1")
        assert killed(source, out, *asked, reached=gathered, stop=stop) < 16
        assert not (out / "run.json").exists()
        ran(source, out, partitions=12, resume=True)
        for name in ("facts.parquet", "results.parquet", "quarantine.ndjson"):
            assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
        assert not (out / "gathering").exists()
        assert kept_answers(out) == kept_answers(tmp_path / "whole")


def test_what_a_later_export_says_again_is_counted_once_and_told(tmp_path: Path) -> None:
    first = [
        LABS,
        ("P1", "2024-03-01", "Vitamin B12", "190", "pg/mL"),
        ("P2", "2024-03-01", "Vitamin B12", "900", "pg/mL"),
    ]
    again = [
        LABS,
        ("P1", "2024-03-01", "vitamin B12 (serum)", "190", "pg/ml"),
        ("P1", "2024-06-01", "Vitamin B12", "180", "pg/mL"),
    ]
    as_csv(tmp_path / "in" / "2024.csv", first)
    as_csv(tmp_path / "in" / "2025.csv", again)
    as_csv(
        tmp_path / "in" / "wide.csv",
        [["patient id", "date", "Vitamin B12 pg/mL"], ("P1", "2024-06-01", "180")],
    )
    run = ran(tmp_path / "in", tmp_path / "out")
    assert run["people_together"] == 1
    assert run["gathered"]["set aside: the same line again"] == 2
    assert [(one["file"], one["line"], one["person"]) for one in aside(tmp_path / "out")] == [
        ("2025.csv", 2, "P1"),
        ("wide.csv", 2, "P1"),
    ]
    rows = duckdb.sql(
        f"SELECT person_id, lo FROM '{tmp_path / 'out' / 'results.parquet'}' ORDER BY ALL"
    ).fetchall()
    assert rows == [("P1", 180), ("P1", 190), ("P2", 900)]


def test_files_of_one_name_in_two_folders_are_told_apart_in_places_and_put_together_by_person(
    tmp_path: Path,
) -> None:
    lost = ("P1", "2024-02-01", "Unheard-of test", "3", "furlongs")
    as_csv(
        tmp_path / "in" / "north" / "labs.csv", [LABS, ("P1", "2024-02-01", "Vitamin B12", "120", "pg/mL")]
    )
    as_csv(tmp_path / "in" / "south" / "labs.csv", [LABS, ("P1", "2024-03-01", "MMA", "0.9", "umol/L"), lost])
    run = ran(tmp_path / "in", tmp_path / "out")
    assert (run["people"], run["people_together"]) == (1, 1)
    assert [(one["file"], one["line"]) for one in aside(tmp_path / "out")] == [("south/labs.csv", 3)]
    assert "furlongs" not in (tmp_path / "out" / "quarantine.ndjson").read_text() + json.dumps(run)


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        (("P1", "male", "1950-01-02"), True),
        (("P1", "female", "1951-01-02"), True),
        (("P1", "F", "02.01.1950"), False),
        (("P1", "w", "1950"), False),
    ],
)
def test_two_sexes_or_two_birth_dates_in_two_tables_are_told_as_in_one(
    tmp_path: Path, other: Row, refused: bool
) -> None:
    as_csv(
        tmp_path / "in" / "a.csv",
        [[*WHO, *LABS[1:]], ("P1", "female", "1950-01-02", "2024-02-01", "Vitamin B12", "120", "pg/mL")],
    )
    as_csv(tmp_path / "in" / "b.csv", [[*WHO, *LABS[1:]], (*other, "2024-03-01", "MMA", "0.9", "umol/L")])
    run = ran(tmp_path / "in", tmp_path / "out")
    assert run["people_aside"] == ({"two_people_in_one": 1} if refused else {})
    if refused:
        assert aside(tmp_path / "out")[0]["file"] == "a.csv, b.csv"


def test_identifiers_are_the_same_only_as_text_and_what_looks_alike_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = ["7", "007", "x 9", "5"]
    as_csv(
        tmp_path / "in" / "a.csv",
        [LABS, *((one, "2024-02-01", "Vitamin B12", "120", "pg/mL") for one in ids)],
    )
    others = [" 7 ", "07", "X9", "5"]
    as_csv(
        tmp_path / "in" / "b.csv", [LABS, *((one, "2024-03-01", "MMA", "0.9", "umol/L") for one in others)]
    )
    order = Wanted(
        source=str(tmp_path / "in"), out=str(tmp_path / "out"), pack=DOOR.pack.name, index="2025-01-01"
    )
    assert cohort.run(order) == 0
    run = json.loads((tmp_path / "out" / "run.json").read_bytes())
    assert (run["people"], run["people_together"], run["identifiers_alike"]) == (6, 2, 2)
    told = capsys.readouterr().out
    assert "who stand in several files, now put together: 2" in told
    assert "by blanks, leading zeros or capitals alone: 2;" in told


def test_messages_and_tables_of_one_person_are_put_together(tmp_path: Path) -> None:
    day = dt.date(2024, 2, 1)
    night = (
        message(1, "P1^^^H^MR", day, 120)
        + message(2, "P2^^^H^MR", day, 600)
        + message(3, "P3^^^H^MR", day, 130)
    )
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b-night.hl7").write_bytes(night.encode())
    (tmp_path / "in" / "c-again.hl7").write_bytes(message(1, "P1^^^H^MR", day, 120).encode())
    as_csv(
        tmp_path / "in" / "a.csv",
        [LABS, ("P1", "2024-02-20", "MMA", "0.9", "umol/L"), ("P4", "2024-02-20", "MMA", "0.9", "umol/L")],
    )
    as_csv(tmp_path / "in" / "d.csv", [DIAGNOSES, ("P2", "pernicious anaemia", "2020-01-01")])
    run = ran(tmp_path / "in", tmp_path / "out", "2024-03-01")
    assert (run["people"], run["people_judged"], run["people_together"]) == (4, 4, 2)
    rows = duckdb.sql(
        f"SELECT person_id, analyte, lo FROM '{tmp_path / 'out' / 'results.parquet'}' ORDER BY ALL"
    ).fetchall()
    assert [(person, float(value)) for person, _, value in rows] == [
        ("P1", 0.9), ("P1", 120), ("P2", 600), ("P3", 130), ("P4", 0.9),
    ]  # fmt: skip
    assert run["gathered"]["set aside: a message sent again"] == 4


def test_a_number_that_two_places_gave_joins_nobody_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for place, b12 in (("A", 120), ("B", 600)):
        both = message(1, f"7^^^{place}^MR", dt.date(2024, 2, 1), b12) + message(
            2, f"{place}8^^^{place}^MR", dt.date(2024, 2, 1), b12
        )
        (tmp_path / "in" / f"{place}.hl7").write_bytes(both.encode())
    run = ran(tmp_path / "in", tmp_path / "out", "2024-03-01")
    assert (run["identifiers_of_two_places"], run["people_together"], run["people_again"]) == (1, 0, 1)


def test_a_file_that_cannot_be_read_is_set_aside_and_the_others_still_speak(tmp_path: Path) -> None:
    source = hospital(tmp_path / "in")
    (source / "c-drugs.xlsx").write_bytes((source / "c-drugs.xlsx").read_bytes()[:900])
    run = ran(source, tmp_path / "out", "2026-01-01")
    assert run["people_judged"] == run["people_together"] == len(PEOPLE)
    assert run["people_aside"] == {"broken_workbook": 1}
    (source / "c-drugs.xlsx").unlink()
    ran(source, tmp_path / "without", "2026-01-01")
    assert kept(tmp_path / "out") == kept(tmp_path / "without")


def test_whoever_stands_in_one_file_alone_is_answered_from_it_as_ever(tmp_path: Path) -> None:
    alone = [
        ("Q1", "2024-02-01", "Vitamin B12", "90", "pg/mL"),
        ("Q2", "2024-02-01", "Vitamin B12", "950", "pg/mL"),
    ]
    as_csv(tmp_path / "one.csv", [LABS, *alone])
    ran(tmp_path / "one.csv", tmp_path / "one", "2025-01-01")
    both = [("P1", "2024-02-01", "Vitamin B12", "120", "pg/mL")]
    as_csv(tmp_path / "in" / "a.csv", [LABS, *both, *alone])
    as_csv(
        tmp_path / "in" / "b.csv",
        [
            DRUGS,
            ("P1", "metformin", "1 g", "oral", "2020-01-01", ""),
            ("Q3", "metformin", "1 g", "oral", "2020-01-01", ""),
        ],
    )
    (tmp_path / "in" / "letter.txt").write_text(
        "Seen in clinic. Vitamin B12 145 pg/mL on 2024-01-02. Vegan for six years.\n"
    )
    run = ran(tmp_path / "in", tmp_path / "out", "2025-01-01")
    assert (run["people"], run["people_together"]) == (5, 1)
    found = kept(tmp_path / "out")
    assert [one for one in found if one[0] in ("Q1", "Q2")] == kept(tmp_path / "one")
    assert {one[0] for one in found} == {"P1", "Q1", "Q2", "Q3", "letter"}


@pytest.mark.parametrize(("people", "together"), [(["a-1", "b-2"], 2), (["Anna Example", "Bert Example"], 0)])
def test_a_column_called_patient_joins_where_it_holds_numbers_and_not_where_names(
    tmp_path: Path, people: list[str], together: int
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    results = [f"2025-10-0{n},{one},Vitamin B12,150,pg/mL" for n, one in enumerate(people, 1)]
    (source / "results.csv").write_text("\n".join(("DATE,PATIENT,DESCRIPTION,VALUE,UNITS", *results)))
    (source / "drugs.csv").write_text(
        "\n".join(("START,PATIENT,DRUG", *(f"2020-01-01,{one},metformin" for one in people)))
    )
    assert ran(source, tmp_path / "out")["people_together"] == together
