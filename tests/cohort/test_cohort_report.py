"""The report about many people: every number is right, a shared copy gives no small one away, and a nurse can work with the lists."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from cobalens.api import load
from cobalens.engines.sql.rules import column_name
from cobalens.model.tally import plan_of
from cobalens.serve.cli import main
from tests.cohort.report_people import AS_OF, PEOPLE
from tests.cohort.report_tables import tables

DOOR = load()
PLAN = plan_of(DOOR.ruleset.lexicon["worklists"])


def crossing(table: Sequence[Sequence[str]]) -> dict[tuple[str, str], int]:
    head = table[0][1:]
    return {
        (row[0], column): int(cell.replace(",", ""))
        for row in table[1:]
        for column, cell in zip(head, row[1:], strict=True)
    }


def meets(person: Mapping[str, Any], cells: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether all cells of a condition hold, read from the columns of the answers."""
    for asked, values in cells.items():
        if asked.startswith("finding."):
            said = {"supported": "yes", "not_supported": "no", "not_looked_for": "unknown"}[
                person[column_name(asked.removeprefix("finding."))]
            ]
        else:
            said = person[asked] or "unknown"
        if said not in values:
            return False
    return True


def outcome(person: Mapping[str, Any]) -> str:
    for one in PLAN.outcomes:
        if any(meets(person, condition.cells) for condition in one.conditions):
            return one.name
    return "open"


def newest(labs: Path, analyte: str) -> dict[str, dict[str, Any]]:
    """The newest usable result of each person."""
    found: dict[str, dict[str, Any]] = {}
    for row in pq.read_table(labs).to_pylist():
        if row["analyte"] != analyte or row["problem"] or (row["lo"] is None and row["hi"] is None):
            continue
        best = found.get(row["person_id"])
        if best is None or (row["last_day"], row["place"]) > (best["last_day"], best["place"]):
            found[row["person_id"]] = row
    return found


def with_sums(
    counts: Counter[tuple[str, str]], down: Sequence[str], across: Sequence[str]
) -> dict[tuple[str, str], int]:
    made = {(a, b): counts[a, b] for a in down for b in across}
    made |= {(a, "all"): sum(counts[a, b] for b in across) for a in down}
    made |= {("all", b): sum(counts[a, b] for a in down) for b in across}
    return made | {("all", "all"): counts.total()}


OUTCOMES = {"treated": "treated", "explained": "explained", "settled": "settled", "retested": "measured again", "open": "open"}  # fmt: skip
SAID = {
    "Answer, and how sure the deficiency is": (lambda p: p["answer"], lambda p: p["deficiency"]),
    "Deficiency, and whether B12 is being given": (lambda p: p["deficiency"], lambda p: p["treatment_state"]),
    "From the result to the answer": (lambda p: p["total_b12_band"], lambda p: p["answer"]),
    "From the answer to what became of it": (lambda p: p["answer"], lambda p: OUTCOMES[outcome(p)]),
    "From the result to what became of it": (lambda p: p["total_b12_band"], lambda p: OUTCOMES[outcome(p)]),
    "Answers by NICE NG239 beside those by American Family Physician 2025": (lambda p: p["answer"], lambda p: p["answer__afp_2025"]),
    "Answers by NICE NG239 beside those by Danish bands for a high B12": (lambda p: p["answer"], lambda p: p["answer__danish_high"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_every_number_of_a_table_is_counted_again_from_the_answers(
    ran: tuple[Path, Path], people: list[dict[str, Any]], name: str
) -> None:
    row, column = SAID[name]
    counts = Counter(
        ((row(p) or "unknown").replace("_", " "), (column(p) or "unknown").replace("_", " ")) for p in people
    )
    table = tables(ran[0])[name]
    down, across = [one[0] for one in table[1:-1]], table[0][1:-1]
    assert {a for a, _ in counts} <= set(down)
    assert {b for _, b in counts} <= set(across)
    assert crossing(table) == with_sums(counts, down, across)
    assert counts.total() == PEOPLE


def test_months_and_places_are_those_of_the_newest_result(
    ran: tuple[Path, Path], people: list[dict[str, Any]]
) -> None:
    import datetime as dt

    results = newest(ran[1], "vitamin_b12")
    found = tables(ran[0])

    def month(result: dict[str, Any]) -> str:
        return (dt.date(1970, 1, 1) + dt.timedelta(result["last_day"])).strftime("%Y-%m")

    for name, axis, of, none in (
        ("Answers by month", "answer", month, "no day"),
        ("Answers by place", "answer", lambda r: r["site"], "no place on record"),
        ("Deficiency by month", "deficiency", month, "no day"),
        ("Deficiency by place", "deficiency", lambda r: r["site"], "no place on record"),
    ):
        counts = Counter(
            (
                of(results[p["person_id"]]) if p["person_id"] in results else none,
                (p[axis] or "unknown").replace("_", " "),
            )
            for p in people
        )
        table = found[name]
        assert len(table) > 4
        assert crossing(table) == with_sums(counts, [one[0] for one in table[1:-1]], table[0][1:-1])


def test_where_no_day_is_known_the_report_says_so_and_names_no_months(tmp_path: Path) -> None:
    (tmp_path / "b12.csv").write_text(
        "person_id,analyte,value,unit,age\nA,vitamin_b12,98,pmol/L,60\nB,vitamin_b12,400,pmol/L,61\n"
    )
    out = tmp_path / "run"
    for asked in (["cohort", "run", str(tmp_path / "b12.csv"), "--out", str(out), "--index", str(AS_OF)],):
        done = CliRunner().invoke(main, asked)
        assert done.exit_code == 0, done.output
    page = (out / "report.html").read_text()
    assert "No day of a B12 result is known" in page
    assert "from none to none" not in page


def test_tests_troubles_and_packs_are_counted_again(
    ran: tuple[Path, Path], people: list[dict[str, Any]]
) -> None:
    found = tables(ran[0])
    words = DOOR.ruleset.text["en"]
    codes = [code for code in DOOR.ruleset.codes if code.startswith("next_test:")]
    asked: Counter[tuple[str, str]] = Counter()
    alone: Counter[str] = Counter({"several tests": 0, "no test is asked for": 0})
    for person in people:
        mine = [code for code in codes if person[column_name(code)] == "supported"]
        for code in mine:
            asked[words[code].title, person["answer"]] += 1
            asked[words[code].title, "all"] += 1
        if person["answer"] == "undetermined":
            alone[
                words[mine[0]].title
                if len(mine) == 1
                else "several tests"
                if mine
                else "no test is asked for"
            ] += 1
    shown = crossing(found["Tests that the rules ask for, by answer"])
    assert {at: count for at, count in shown.items() if count} == dict(asked)
    table = found["Undetermined, and waiting for one test alone"]
    assert {name: int(count) for name, count in table[1:]} == dict(alone)
    for name, count in found["Troubles noticed in the records"][1:]:
        code = next(c for c in DOOR.ruleset.codes if c.startswith("data_quality:") and words[c].title == name)
        assert int(count) == sum(1 for p in people if p[column_name(code)] == "supported")
    rows = found["People for whom another pack reads it otherwise"][1:]
    told = [(int(a), int(d)) for _, a, d in rows]
    assert told == [
        (
            sum(p["answer"] != p[column_name("answer", pack.name)] for p in people),
            sum(p["deficiency"] != p[column_name("deficiency", pack.name)] for p in people),
        )
        for pack in DOOR.others
    ]
    assert any(a for a, _ in told)
    units = Counter(
        r["unit"] or "no unit" for r in pq.read_table(ran[1]).to_pylist() if r["analyte"] == "vitamin_b12"
    )
    assert {name: int(count) for name, count in found["Units in which total B12 was reported"][1:]} == dict(
        units
    )


def test_everybody_of_a_list_stands_on_its_sheet_and_nobody_else(
    ran: tuple[Path, Path], people: list[dict[str, Any]]
) -> None:
    book = CalamineWorkbook.from_path(str(ran[0] / "worklists.xlsx"))
    words = DOOR.ruleset.text["en"]
    sizes = dict(row for row in tables(ran[0])["People in each worklist"][1:])
    filled = 0
    for one in PLAN.lists:
        title = words[f"layout:cohort_list_{one.name}_title"].title
        rows = book.get_sheet_by_name(title[:31]).to_python()
        column = rows[0].index("person")
        expected = {p["person_id"] for p in people if any(meets(p, c.cells) for c in one.conditions)}
        listed = [row[column] for row in rows[1:] if row[column] != "Nobody is in this list."]
        assert sorted(listed) == sorted(expected), one.name
        assert int(sizes[title]) == len(expected)
        filled += bool(expected)
    assert filled >= 6


def test_the_most_urgent_stand_first_then_those_whose_result_is_oldest(ran: tuple[Path, Path]) -> None:
    book = CalamineWorkbook.from_path(str(ran[0] / "worklists.xlsx"))
    ranks = {"immediate": 0, "soon": 1, "routine": 2, "none": 3}
    rows = book.get_sheet_by_name("Low, untreated").to_python()
    urgency, since = rows[0].index("urgency"), rows[0].index("days since")
    order = [(ranks[row[urgency]], -row[since] if row[since] != "" else 1) for row in rows[1:]]
    assert len({one for one, _ in order}) > 1
    assert order == sorted(order)


def test_a_row_shows_the_result_with_its_unit_its_day_and_the_reason(ran: tuple[Path, Path]) -> None:
    book = CalamineWorkbook.from_path(str(ran[0] / "worklists.xlsx"))
    results = newest(ran[1], "vitamin_b12")
    rows = book.get_sheet_by_name("Low, untreated").to_python()
    at = {name: place for place, name in enumerate(rows[0])}
    for row in rows[1:]:
        result = results.get(row[at["person"]])
        assert row[at["why"]]
        assert row[at["next step"]]
        if result is None:
            assert row[at["total B12"]] == ""
            continue
        assert row[at["total B12"]] == f"{result['lo']:g} {result['unit']}"
        assert (AS_OF - row[at["measured on"]]).days == row[at["days since"]]


def test_a_nurse_can_filter_tick_sign_and_note(ran: tuple[Path, Path]) -> None:
    import zipfile

    with zipfile.ZipFile(ran[0] / "worklists.xlsx") as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name]
    assert len(sheets) == len(PLAN.lists) + 1
    for sheet in sheets[1:]:
        assert "<autoFilter" in sheet
        assert 'state="frozen"' in sheet
        assert 'type="list"' in sheet
        assert "yes,no,not needed" in sheet
        assert sheet.count("<col ") >= 10


def test_the_first_sheet_says_who_is_in_each_list(ran: tuple[Path, Path]) -> None:
    rows = CalamineWorkbook.from_path(str(ran[0] / "worklists.xlsx")).get_sheet_by_name("Read me").to_python()
    told = "\n".join(str(cell) for row in rows for cell in row)
    for one in PLAN.lists:
        assert DOOR.ruleset.text["en"][f"layout:cohort_list_{one.name}_title"].title in told
        assert DOOR.ruleset.text["en"][f"layout:cohort_list_{one.name}_means"].title in told
    assert "deficiency: confirmed or probable and treatment state: never or stopped or unknown" in told
    assert DOOR.ruleset.hash in told


def test_the_same_run_gives_the_same_bytes(ran: tuple[Path, Path]) -> None:
    before = {
        name: (ran[0] / name).read_bytes() for name in ("report.html", "worklists.xlsx", "report-shared.html")
    }
    for more in ([], ["--share"]):
        CliRunner().invoke(main, ["cohort", "report", str(ran[0]), "--results", str(ran[1]), *more])
    assert before == {name: (ran[0] / name).read_bytes() for name in before}


# --- What is refused -----------------------------------------------------------------------------------------------


def test_a_folder_without_a_finished_run_has_no_report(ran: tuple[Path, Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["cohort", "report", str(tmp_path)])
    assert done.exit_code == 2
    assert "holds no run" in done.output
    shutil.copy(ran[0] / "run.json", tmp_path)
    text = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").write_text(text.replace('"status": "done"', '"status": "stopped"'))
    done = CliRunner().invoke(main, ["cohort", "report", str(tmp_path)])
    assert done.exit_code == 2
    assert "not complete" in done.output


def test_answers_given_by_other_rules_are_not_reported(ran: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("run.json", "interpretations.parquet"):
        shutil.copy(ran[0] / name, tmp_path)
    text = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").write_text(text.replace(DOOR.ruleset.hash, "sha256:other"))
    done = CliRunner().invoke(main, ["cohort", "report", str(tmp_path)])
    assert done.exit_code == 2
    assert "other rules" in done.output


def test_without_results_the_report_says_so_and_the_lists_are_whole(
    ran: tuple[Path, Path], tmp_path: Path
) -> None:
    for name in ("run.json", "interpretations.parquet"):
        shutil.copy(ran[0] / name, tmp_path)
    assert CliRunner().invoke(main, ["cohort", "report", str(tmp_path)]).exit_code == 0
    assert "Results were not at hand" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert tables(tmp_path)["People in each worklist"] == tables(ran[0])["People in each worklist"]


def test_a_file_of_results_without_its_columns_is_refused(ran: tuple[Path, Path], tmp_path: Path) -> None:
    pq.write_table(pq.read_table(ran[1]).drop_columns(["unit", "lo"]), tmp_path / "labs.parquet")
    done = CliRunner().invoke(
        main, ["cohort", "report", str(ran[0]), "--results", str(tmp_path / "labs.parquet")]
    )
    assert done.exit_code == 2
    assert "lo, unit" in done.output


def test_results_in_a_folder_of_files_are_shown_like_those_in_one(
    ran: tuple[Path, Path], tmp_path: Path
) -> None:
    whole, folder = pq.read_table(ran[1]), tmp_path / "results.parquet"
    for name in ("run.json", "interpretations.parquet"):
        shutil.copy(ran[0] / name, tmp_path)
    folder.mkdir()
    empty = CliRunner().invoke(main, ["cohort", "report", str(tmp_path), "--results", str(folder)])
    assert empty.exit_code == 2
    assert "*.parquet" in empty.output
    half = whole.num_rows // 2
    for number, piece in enumerate((whole.slice(0, half), whole.slice(half))):
        pq.write_table(piece, folder / f"part-{number:05}.parquet")
    shown = []
    for more in ([], ["--results", str(folder)], ["--results", str(ran[1])]):
        assert CliRunner().invoke(main, ["cohort", "report", str(tmp_path), *more]).exit_code == 0
        shown.append(tables(tmp_path))
    assert shown[0] == shown[1] == shown[2]


# --- As it is met --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["report.html", "report-shared.html"])
def test_the_report_asks_for_nothing_fits_a_telephone_and_axe_finds_nothing(
    ran: tuple[Path, Path], browser: Any, name: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": 320, "height": 640}, java_script_enabled=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((ran[0] / name).as_uri())
    assert asked == [(ran[0] / name).as_uri()]
    assert "<script" not in (ran[0] / name).read_text(encoding="utf-8")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


def test_the_workbook_opens_in_libreoffice(ran: tuple[Path, Path], tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    subprocess.run(
        [
            office,
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            str(ran[0] / "worklists.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    from pypdf import PdfReader

    assert len(PdfReader(io.BytesIO((tmp_path / "worklists.pdf").read_bytes())).pages) >= len(PLAN.lists)
