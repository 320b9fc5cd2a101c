"""A table too large to be read at once, shared out by person: it says what it says when it is read whole, and where."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from cobalens.errors import CobalensError
from cobalens.intake.tables import bulk, pieces, sharing
from cobalens.serve.cohort import people as cohort_people
from cobalens.serve.cohort import pieces as cohort_pieces
from tests.cohort.command import gathered, killed
from tests.cohort.rules_agreement import DOOR
from tests.cohort.test_joined_tables import (
    DIAGNOSES,
    LABS,
    as_csv,
    aside,
    diagnoses,
    hospital,
    kept,
    labs,
    ran,
)

PEOPLE = 40
HEADINGS = ["patient id", "sex", "birth date", "date", "test", "result", "unit"]
MARKS = [*HEADINGS, "metformin"]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes every table too large."""

    def begin(most: int = 600) -> None:
        monkeypatch.setattr(sharing, "LARGE_BYTES", 100)
        monkeypatch.setattr(sharing, "LARGE_ROWS", 10)
        monkeypatch.setattr(cohort_pieces, "LARGE_ROWS", 10)
        monkeypatch.setattr(sharing, "PIECE_BYTES", most)
        monkeypatch.setattr(sharing, "AT_ONCE", 17)

    return begin


def born(n: int) -> str:
    return f"0{1 + n % 9}/0{1 + n % 7}/{1940 + n}"


def long_rows() -> list[list[str]]:
    """Days and decimals that one row alone decides, and rows that stand apart from their person's."""
    rows = [MARKS]
    for turn in range(3):
        for n in range(PEOPLE):
            day = f"0{1 + (n + turn) % 9}/0{1 + turn}/2024"
            rows.append([f"p{n}", "fm"[n % 2], born(n), day, "Vitamin B12", f"{90 + 31 * n}", "ng/L", "yes"])
            if n % 3 == turn:
                rows.append([f"p{n}", "", "", day, "MMA", f"0,{200 + 11 * n}", "umol/L", "no"])
    rows += [
        MARKS,
        ["", "", "", "", "", "", "", ""],
        ["p1", "", "", "25/06/2024", "Creatinine", "88,5", "umol/L", ""],
    ]
    rows.append(["", "", "", "01/06/2024", "Vitamin B12", "100", "ng/L", ""])
    rows.append(["p2", "", "", "02/06/2024", "Unheard-of test", "3", "furlongs", ""])
    rows.append(["p3", "", "", "02/06/2024", "Vitamin B12", "first line\nand second", "ng/L", ""])
    rows.append(["p4", "", "", "02/06/2024", "Vitamin B12", "188", "ng/L", ""])
    return rows


def merged_rows() -> list[list[str]]:
    """A cell with the name stands once for the rows below it."""
    rows = [["Export", "of", "the", "laboratory", "", "", ""], HEADINGS]
    for n in range(PEOPLE):
        for turn in range(1 + n % 3):
            who = [f"p{n}", "f", f"19{40 + n}-02-01"] if not turn else ["", "", ""]
            rows.append([*who, f"2024-0{1 + turn}-11", "Vitamin B12", f"{80 + 17 * n + turn}", "ng/L"])
        if n == 7:
            rows.append(["Total", "", "", "", "", "8", ""])
    return rows


def wide_rows() -> list[list[str]]:
    rows = [
        ["patient id", "date", "Vitamin B12", "MMA", "Haemoglobin"],
        ["Units", "", "ng/L", "umol/L", "g/L"],
    ]
    rows.append(["Reference range", "", "200-900", "0.07-0.27", "120-160"])
    return rows + [
        [f"p{n % PEOPLE}", f"2024-{1 + n % 12:02}-03", str(100 + 9 * n), f"0.{100 + n}", str(95 + n % 60)]
        for n in range(2 * PEOPLE)
    ]


def visits() -> list[list[str]]:
    """A row a person, and no two rows of one."""
    rows = [["name", "diagnoses", "Vitamin B12 (ng/L)"]]
    return rows + [
        [f"Person No {n}", "pernicious anaemia; breast cancer" * (n % 2), str(90 + 23 * n)]
        for n in range(PEOPLE)
    ]


def strange_rows(seed: int) -> list[list[str]]:
    """Names left out or merged, headings and totals in between, rows too short and too long, days that nothing decides."""
    choose = Random(seed)
    rows, named = [HEADINGS], choose.random()
    for n in range(150):
        who = f"p{choose.randrange(25) if seed % 2 else n}"
        kind = choose.random()
        if kind < 0.03:
            rows.append(
                choose.choice(
                    [HEADINGS, ["Total", "", "", "", "", "9", ""], ["", "", ""], [who], ["---"] * 7]
                )
            )
            continue
        day = f"0{choose.randrange(1, 9)}/0{choose.randrange(1, 9)}/202{choose.randrange(5)}"
        value = choose.choice(["190", "1.250", "0,31", "low", "< 150", ""])
        row = [
            who if choose.random() < named else "",
            "",
            "",
            day,
            choose.choice(["Vitamin B12", "MMA", "Hb"]),
            value,
            "ng/L",
        ]
        rows.append([*row, "more"] if kind > 0.99 else row[:6] if kind > 0.97 else row)
    return rows


def text_of(rows: Sequence[Sequence[str]], mark: str = ",") -> str:
    into = io.StringIO()
    csv.writer(into, delimiter=mark).writerows(rows)
    return into.getvalue()


def written(place: Path, content: bytes) -> Path:
    place.write_bytes(content)
    return place


def same(whole: Path, parted: Path) -> None:
    for name in ("facts", "results", "interpretations"):
        assert kept(parted, name) == kept(whole, name), name
    assert order(aside(parted)) == order(aside(whole))
    first, second = (json.loads((out / "run.json").read_bytes()) for out in (whole, parted))
    for name in ("people", "used", "read", "people_aside", "set_aside", "gathered"):
        assert first[name] == second[name], name


def order(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in found)


TABLES: dict[str, Callable[[], list[list[str]]]] = {
    "long": long_rows, "merged": merged_rows, "wide": wide_rows, "visits": visits,
}  # fmt: skip
WRITTEN: list[tuple[str, Callable[[str], bytes]]] = [
    ("csv", str.encode),
    ("csv", lambda text: text.replace("p1,", "pÉ1,").encode("cp1252")),
    ("csv", lambda text: text.replace("p1,", "pÉ1,").encode("utf-16")),
    ("csv", lambda text: b"\xef\xbb\xbf" + text.replace("\r\n", "\n\n").encode()),
    ("tsv", lambda text: text_of(list(csv.reader(io.StringIO(text))), "\t").encode()),
    ("csv", lambda text: (text + 'p9,"never closed,' + "x" * 60_000 + "\r\n").encode()),
]


@pytest.mark.parametrize(
    ("shape", "ending", "encoded"),
    [*(("long", *one) for one in WRITTEN), *((shape, *WRITTEN[0]) for shape in TABLES)],
)
def test_a_table_that_is_shared_out_says_what_it_says_when_it_is_read_whole(
    tmp_path: Path, small: Callable[[], None], shape: str, ending: str, encoded: Callable[[str], bytes]
) -> None:
    source = written(tmp_path / f"in.{ending}", encoded(text_of(TABLES[shape]())))
    index = "2024-12-01"
    ran(source, tmp_path / "whole", index)
    small()
    folder = tmp_path / "pieces"
    assert sharing.share_out(source, folder, DOOR.ruleset, None, lambda done: None) > 1
    ran(source, tmp_path / "parted", index)
    same(tmp_path / "whole", tmp_path / "parted")


@pytest.mark.parametrize("seed", range(6))
def test_so_does_a_table_of_which_little_is_in_order(
    tmp_path: Path, small: Callable[[], None], seed: int
) -> None:
    source = as_csv(tmp_path / "in.csv", strange_rows(seed))
    ran(source, tmp_path / "whole", "2024-12-01")
    small()
    ran(source, tmp_path / "parted", "2024-12-01")
    same(tmp_path / "whole", tmp_path / "parted")


@pytest.mark.parametrize("index", ["latest", "each-result"])
@pytest.mark.parametrize("fewest", [500, 5])
def test_so_it_is_on_each_persons_own_days_and_with_many_rows_read_at_once(
    tmp_path: Path, small: Callable[[], None], monkeypatch: pytest.MonkeyPatch, index: str, fewest: int
) -> None:
    monkeypatch.setattr(bulk, "FEWEST", fewest)
    source = as_csv(tmp_path / "in.csv", long_rows())
    ran(source, tmp_path / "whole", index)
    small()
    ran(source, tmp_path / "parted", index, threads=2)
    same(tmp_path / "whole", tmp_path / "parted")


@pytest.mark.parametrize("shape", ["long", "wide", "visits"])
def test_parquet_keeps_its_numbers_and_dates(tmp_path: Path, small: Callable[[], None], shape: str) -> None:
    plain = as_csv(tmp_path / "plain.csv", TABLES[shape]())
    source = tmp_path / "in.parquet"
    duckdb.sql(f"COPY (FROM read_csv('{plain}', header = true)) TO '{source}'")
    ran(source, tmp_path / "whole", "2024-12-01")
    small()
    assert sharing.share_out(source, tmp_path / "pieces", DOOR.ruleset, None, lambda done: None) > 1
    ran(source, tmp_path / "parted", "2024-12-01")
    same(tmp_path / "whole", tmp_path / "parted")


def test_a_person_of_a_large_table_is_put_together_with_what_other_files_say(
    tmp_path: Path, small: Callable[[], None]
) -> None:
    folder = tmp_path / "in"
    as_csv(folder / "a-labs.csv", [LABS, *(row for n in range(PEOPLE) for row in labs(n))])
    as_csv(folder / "b-diagnoses.csv", [DIAGNOSES, *(row for n in range(PEOPLE) for row in diagnoses(n))])
    whole = ran(folder, tmp_path / "whole")
    small()
    parted = ran(folder, tmp_path / "parted", threads=2)
    same(tmp_path / "whole", tmp_path / "parted")
    assert parted["people_together"] == whole["people_together"] > 0


@pytest.mark.parametrize("index", ["2024-12-01", "each-result"])
@pytest.mark.parametrize("shape", ["long", "merged", "wide", "strange", "several files"])
def test_facts_of_many_people_by_sql_are_those_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, index: str
) -> None:
    source = tmp_path / "in.csv"
    if shape == "several files":
        source = hospital(tmp_path / "in")
    else:
        as_csv(source, strange_rows(4) if shape == "strange" else TABLES[shape]())
    ran(source, tmp_path / "few", index)
    monkeypatch.setattr(cohort_people, "MANY", 3)
    ran(source, tmp_path / "many", index)
    same(tmp_path / "few", tmp_path / "many")
    if shape != "several files":
        # In the order of the source, as ever.
        facts = [tmp_path / out / "facts.parquet" for out in ("few", "many")]
        first, second = (duckdb.sql(f"SELECT person_id, index_day FROM '{one}'").fetchall() for one in facts)
        assert first == second


def test_the_rows_of_each_person_stand_in_one_piece_with_their_own_numbers(
    tmp_path: Path, small: Callable[[], None]
) -> None:
    small()
    rows = long_rows()
    source = as_csv(tmp_path / "in.csv", rows)
    done: list[int] = []
    sharing.share_out(source, tmp_path / "pieces", DOOR.ruleset, None, done.append)
    where: dict[str, set[str]] = {}
    numbers: list[int] = []
    for name in pieces.whole_in(tmp_path / "pieces").pieces:
        place = tmp_path / "pieces" / name
        piece = pieces.piece_at(place)
        with place.open(newline="") as lines:
            held = list(csv.reader(lines))
        assert len(held) == len(piece.numbers)
        for number, row in list(zip(piece.numbers, held, strict=True))[1:]:
            where.setdefault(row[0], set()).add(name)
            numbers.append(number)
            if number < 100:
                assert rows[number - 1] == row
    assert all(len(names) == 1 for person, names in where.items() if person.startswith("p"))
    assert sorted(numbers) == sorted(set(numbers))
    assert len(numbers) == len(rows) - 1
    assert sum(done) == source.stat().st_size


def test_a_table_that_names_nobody_is_read_whole(tmp_path: Path, small: Callable[[], None]) -> None:
    small()
    rows = [row[1:] for row in wide_rows()]
    source = as_csv(tmp_path / "in.csv", rows)
    assert sharing.share_out(source, tmp_path / "pieces", DOOR.ruleset, None, lambda done: None) == 0
    assert not (tmp_path / "pieces").exists()


def test_a_large_table_that_names_nobody_is_refused_with_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cobalens.intake.tables import grid

    monkeypatch.setattr(grid, "MAX_ROWS", 20)
    source = as_csv(tmp_path / "in.csv", [row[1:] for row in wide_rows()])
    with pytest.raises(CobalensError) as refused:
        ran(source, tmp_path / "out")
    assert "says whose each row is" in str(refused.value)
    assert not (tmp_path / "out" / "gathering").exists()


def test_rows_that_name_nobody_leave_no_piece_without_an_answer(
    tmp_path: Path, small: Callable[[], None]
) -> None:
    """One piece holds nothing but rows that are nobody's, and those before the first name are told by the file."""
    small(200)
    rows = [
        LABS,
        ["", "2024-03-01", "Vitamin B12", "120", "ng/L"],
        *(["p1", f"2024-03-{n:02}", "MMA", "0.2", "umol/L"] for n in range(1, 20)),
    ]
    rows += [["Total", "", "", "20", ""]] * 12
    run = ran(as_csv(tmp_path / "in.csv", rows), tmp_path / "out", "2024-12-01")
    assert run["people_judged"] == 1
    assert (
        sum(count for why, count in run["gathered"].items() if "names no person" in why or "sums up" in why)
        == 13
    )


def test_a_file_that_cannot_be_read_costs_itself_alone(tmp_path: Path, small: Callable[[], None]) -> None:
    small()
    folder = tmp_path / "in"
    as_csv(folder / "a.csv", [LABS, *(row for n in range(PEOPLE) for row in labs(n))])
    (folder / "b.csv").write_bytes(
        b"patient id,test,result\np1,Vitamin B12,\x01\n" * 40 + b"p1,Vitamin B12,\xe9\n"
    )
    run = ran(folder, tmp_path / "out")
    assert run["people_aside"]["not_readable_text"] == 1


def test_what_no_format_reads_at_that_size_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort_pieces, "MAX_BYTES", 100)
    source = as_csv(tmp_path / "in.csv", [row[1:] for row in wide_rows()])
    with pytest.raises(CobalensError) as refused:
        ran(source, tmp_path / "out")
    assert refused.value.code == "file_too_large"


def shared_half(out: Path) -> int:
    return len(list((out / "gathering" / "pieces").glob("*.coming")))


def pieces_kept(out: Path) -> int:
    return len(list((out / "gathering" / "pieces").glob("*/whole")))


def test_a_run_that_is_killed_goes_on_with_the_pieces_that_it_has(
    tmp_path: Path, small: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = range(600)
    days = [str(dt.date(2023, 1, 1) + dt.timedelta(days=n)) for n in range(440)]
    rows = [LABS, *([f"p{n}", day, "Vitamin B12", str(90 + n), "ng/L"] for day in days for n in people)]
    source = as_csv(tmp_path / "in.csv", rows)
    assert len(rows) > sharing.LARGE_ROWS
    out, asked = tmp_path / "out", ("--pack", DOOR.pack.name, "--threads", "1")
    assert killed(source, out, *asked, reached=shared_half, stop=1) == 1
    assert (pieces_kept(out), gathered(out)) == (0, 0)
    assert killed(source, out, *asked, "--resume", reached=gathered, stop=1) < 4
    assert (pieces_kept(out), shared_half(out)) == (1, 0)
    before = {one: one.stat().st_mtime_ns for one in (out / "gathering" / "pieces").rglob("*")}
    assert killed(source, out, *asked, "--resume", reached=gathered, stop=2) >= 2
    assert before == {one: one.stat().st_mtime_ns for one in (out / "gathering" / "pieces").rglob("*")}
    run = ran(source, out, resume=True)
    assert run["people"] == len(people)
    assert not (out / "gathering").exists()
