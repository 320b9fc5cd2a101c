"""The report about many people: every number is right, a shared copy gives no small one away, and a nurse can work with the lists."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import z3
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from cobalens.api import load
from cobalens.engines.sql.rules import column_name
from cobalens.model.tally import Key, key, plan_of
from cobalens.report.cohort.suppression import hidden
from cobalens.serve.cli import main
from cobalens.serve.cohort_report import report_of
from tests.cohort.report_people import AS_OF, answered

DOOR = load()
PLAN = plan_of(DOOR.ruleset.lexicon["worklists"])
PEOPLE = 500
SMALLEST = PLAN.smallest


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished run with its report and its copy for sharing."""
    out, labs = answered(tmp_path_factory.mktemp("cohort"), PEOPLE)
    for more in ([], ["--share"]):
        done = CliRunner().invoke(main, ["cohort", "report", str(out), "--results", str(labs), *more])
        assert done.exit_code == 0, done.output
    return out, labs


@pytest.fixture(scope="module")
def people(ran: tuple[Path, Path]) -> list[dict[str, Any]]:
    return pq.read_table(ran[0] / "interpretations.parquet").to_pylist()


class Tables(HTMLParser):
    """Every table of a page by the name under which it is read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.name, self.inside = "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        label = dict(attrs).get("aria-label")
        if tag == "div" and label and label.startswith("Table of the figures: "):
            self.name = label.removeprefix("Table of the figures: ")
            self.found[self.name] = []
        elif tag == "tr":
            self.found[self.name].append([])
        elif tag in ("td", "th"):
            self.inside = True
            self.found[self.name][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[self.name][-1][-1] += data


def tables(out: Path, name: str = "report.html") -> dict[str, list[list[str]]]:
    return Tables((out / name).read_text(encoding="utf-8")).found


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
            said = {True: "yes", False: "no", None: "unknown"}[
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
    for name, of, none in (
        ("Answers by month", lambda r: (dt.date(1970, 1, 1) + dt.timedelta(r["last_day"])).strftime("%Y-%m"), "no day"),
        ("Answers by place", lambda r: r["site"], "no place on record"),
    ):  # fmt: skip
        counts = Counter(
            (of(results[p["person_id"]]) if p["person_id"] in results else none, p["answer"]) for p in people
        )
        table = found[name]
        assert len(table) > 4
        assert crossing(table) == with_sums(counts, [one[0] for one in table[1:-1]], table[0][1:-1])


def test_tests_troubles_and_packs_are_counted_again(
    ran: tuple[Path, Path], people: list[dict[str, Any]]
) -> None:
    found = tables(ran[0])
    words = DOOR.ruleset.text["en"]
    codes = [code for code in DOOR.ruleset.codes if code.startswith("next_test:")]
    asked: Counter[tuple[str, str]] = Counter()
    alone: Counter[str] = Counter({"several tests": 0, "no test is asked for": 0})
    for person in people:
        mine = [code for code in codes if person[column_name(code)]]
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
        assert int(count) == sum(1 for p in people if p[column_name(code)])
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


# --- The copy for sharing ------------------------------------------------------------------------------------------


def test_a_shared_copy_names_nobody(ran: tuple[Path, Path]) -> None:
    import zipfile

    told = (ran[0] / "report-shared.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(ran[0] / "worklists-shared.xlsx") as parts:
        told += "".join(parts.read(name).decode() for name in parts.namelist())
        assert sum("worksheets/sheet" in name for name in parts.namelist()) == 1
    assert re.search(r"P\d{5}", told) is None
    assert re.search(r"P\d{5}", (ran[0] / "report.html").read_text(encoding="utf-8")) is None


def test_a_shared_copy_shows_no_small_count_and_no_true_count_is_changed(ran: tuple[Path, Path]) -> None:
    full, shared = tables(ran[0]), tables(ran[0], "report-shared.html")
    small = others = 0
    for name, rows in shared.items():
        if name == "About this run":
            continue
        whole = {row[0]: row[1:] for row in full[name][1:]}
        for row in rows[1:]:
            for cell, true in zip(row[1:], whole[row[0]], strict=True):
                count = int(true.replace(",", ""))
                assert cell in (true, "<10", "(not shown)"), name
                assert (cell == "<10") == (0 < count < SMALLEST), (name, row[0], true, cell)
                small += cell == "<10"
                others += cell == "(not shown)"
    assert small > 10
    assert others > 10
    pictures = re.findall(
        r"<svg.*?</svg>", (ran[0] / "report-shared.html").read_text(encoding="utf-8"), re.DOTALL
    )
    drawn = [int(one) for picture in pictures for one in re.findall(r">(?:[^<>]*: )?(\d+)</text>", picture)]
    axis = {1, 2, 3, 4, 5}
    assert drawn
    assert {one for one in drawn if 0 < one < SMALLEST} <= axis


def can_be(
    counts: Mapping[Key, int], sums: Any, shown: set[Key], wanted: Key, value: int, small: set[Key]
) -> bool:
    """Whether a reader of the shared copy must reckon with this value, by an independent solver over whole numbers."""
    solver = z3.Solver()
    unknown = {one: z3.Int(str(n)) for n, one in enumerate(sorted(counts))}
    for one, count in counts.items():
        if one in shown:
            solver.add(unknown[one] == count)
        elif one in small:
            solver.add(unknown[one] >= 1, unknown[one] < SMALLEST)
        else:
            solver.add(unknown[one] >= SMALLEST)
    for whole, parts in sums:
        solver.add(unknown[whole] == z3.Sum([unknown[part] for part in parts]))
    solver.add(unknown[wanted] == value)
    return bool(solver.check() == z3.sat)


def table_counts(
    cells: Mapping[tuple[str, str], int],
) -> tuple[dict[Key, int], list[tuple[Key, tuple[Key, ...]]]]:
    """A table of two questions with every sum that its reader can form."""
    counts: dict[Key, int] = {key({"a": a, "b": b}): n for (a, b), n in cells.items()}
    down, across = sorted({a for a, _ in cells}), sorted({b for _, b in cells})
    sums = [(key({"a": a}), tuple(key({"a": a, "b": b}) for b in across)) for a in down]
    sums += [(key({"b": b}), tuple(key({"a": a, "b": b}) for a in down)) for b in across]
    for whole, parts in sums:
        counts[whole] = sum(counts[part] for part in parts)
    sums += [((), tuple(key({"a": a}) for a in down)), ((), tuple(key({"b": b}) for b in across))]
    counts[()] = sum(cells.values())
    return counts, sums


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda down: st.integers(1, 4).flatmap(
            lambda across: st.lists(
                st.one_of(st.integers(0, 12), st.integers(0, 300)),
                min_size=down * across,
                max_size=down * across,
            ).map(lambda found: {(f"a{n // across}", f"b{n % across}"): c for n, c in enumerate(found)})
        )
    )
)
def test_no_small_count_can_be_worked_out_from_what_a_shared_table_shows(
    cells: dict[tuple[str, str], int],
) -> None:
    counts, sums = table_counts(cells)
    small, away = hidden(counts, sums, SMALLEST)
    shown = set(counts) - small - away
    assert small == {one for one, count in counts.items() if 0 < count < SMALLEST}
    for one in small:
        others = [value for value in range(1, SMALLEST) if value != counts[one]]
        assert any(can_be(counts, sums, shown, one, value, set(small)) for value in others), (
            one,
            counts[one],
        )


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    counts, sums = table_counts({("a", "x"): 20, ("a", "y"): 0, ("b", "x"): 10, ("b", "y"): 400})
    assert hidden(counts, sums, SMALLEST) == (frozenset(), frozenset())


def test_one_small_count_takes_another_with_it() -> None:
    counts, sums = table_counts({("a", "x"): 4, ("b", "x"): 60, ("c", "x"): 300})
    small, away = hidden(counts, sums, SMALLEST)
    assert key({"a": "a"}) in small
    assert key({"a": "b"}) in away
    assert key({"a": "c"}) not in away


def test_no_small_count_follows_from_all_that_the_real_copy_shows(ran: tuple[Path, Path]) -> None:
    """By another method than the one that chose: rational elimination over everything shown, all tables together."""
    from fractions import Fraction

    report, _ = report_of(ran[0], True, str(ran[1]))
    counts, sums = report.tally.counts, report.tally.sums
    secret = [
        one
        for one in counts
        if one in report.small or one in report.away or (one in report.tally.unsaid and counts[one])
    ]
    place = {one: n for n, one in enumerate(secret)}
    rows: dict[int, dict[int, Fraction]] = {}

    def rest(row: dict[int, Fraction]) -> dict[int, Fraction]:
        row = dict(row)
        while (at := next((n for n in sorted(row) if n in rows), None)) is not None:
            weight = row[at]
            for n, value in rows[at].items():
                row[n] = row.get(n, Fraction(0)) - weight * value
                if not row[n]:
                    del row[n]
        return row

    for whole, parts in sums:
        row = {place[part]: Fraction(1) for part in parts if part in place}
        if whole in place:
            row[place[whole]] = row.get(place[whole], Fraction(0)) - 1
        row = rest({n: v for n, v in row.items() if v})
        if row:
            at = min(row)
            rows[at] = {n: v / row[at] for n, v in row.items()}
    assert report.small
    assert [one for one in report.small if not rest({place[one]: Fraction(1)})] == []


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
