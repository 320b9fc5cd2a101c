"""What somebody meets who runs a population for the first time: odd folders, empty files, and what is said of them."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from cobalens.errors import CobalensError
from cobalens.serve.cli import main
from cobalens.serve.cohort import refusals
from cobalens.serve.cohort import sources as cohort_sources
from cobalens.serve.cohort.account import discreet
from cobalens.serve.cohort.report import Ran, whole
from tests.cohort.lines_of_people import lines_of, worked

FEW = dict(list(worked().items())[:6])
HEADINGS = "patient id,test,result,unit,date\n"
TABLE = (
    HEADINGS
    + "p1,Vitamin B12,150,pg/mL,2026-01-05\np1,Vitamin B12,170,pg/mL,2026-02-05\np2,MCV,108,fL,2026-01-05\n"
)


def invoke(source: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(
        main, ["cohort", "run", str(source), "--out", str(out), "--threads", "1", "--no-report", *more]
    )


def told(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "run.json").read_text())
    return found


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- The folder of the run ------------------------------------------------------------------------------------------


def test_a_stop_before_there_is_a_run_leaves_a_folder_that_does_for_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke(put(tmp_path / "labs.csv", TABLE), tmp_path / "first").exit_code == 0
    source, out = tmp_path / "first/facts.parquet", tmp_path / "out"

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as within:
        within.setattr("cobalens.serve.cohort.runner.query_for", stopped)
        assert invoke(source, out).exit_code == 130
    assert invoke(source, out).exit_code == 0
    assert told(out)["status"] == "done"


@pytest.mark.parametrize("content", ["{}", "[]", "not JSON", '{"status": "\udcff"}'])
@pytest.mark.parametrize("more", [("--resume",), ()])
def test_what_is_called_as_a_run_and_is_none_is_left_alone(
    tmp_path: Path, content: str, more: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    done = invoke(put(tmp_path / "labs.csv", TABLE), out, *more)
    assert done.exit_code == 2
    assert "Give" in done.stderr or "give another folder" in done.stderr
    assert sorted(one.name for one in out.iterdir()) == ["run.json"]


# --- What a folder also holds ---------------------------------------------------------------------------------------


def test_a_run_within_the_folder_of_its_source_reads_neither_itself_nor_an_earlier_run(
    tmp_path: Path,
) -> None:
    put(tmp_path / "data/labs.csv", TABLE)
    for name in ("first", "second"):
        assert invoke(tmp_path / "data", tmp_path / "data" / name).exit_code == 0
        assert (told(tmp_path / "data" / name)["people"], told(tmp_path / "data" / name)["source"]) == (
            2,
            "files",
        )
    # Also where it was stopped, it goes on with the files that it began with.
    (tmp_path / "data/second/run.json").unlink()
    assert invoke(tmp_path / "data", tmp_path / "data/second", "--resume").exit_code == 0


@pytest.mark.parametrize("name", ["._labs.csv", "~$labs.xlsx", ".copies/labs.csv", "__MACOSX/labs.csv"])
def test_what_systems_and_programs_put_beside_a_file_is_nobody(tmp_path: Path, name: str) -> None:
    put(tmp_path / "data/labs.csv", TABLE)
    put(tmp_path / "data" / name, TABLE.replace("p1", "p9"))
    assert invoke(tmp_path / "data", tmp_path / "out").exit_code == 0
    assert told(tmp_path / "out")["people"] == 2
    assert told(tmp_path / "out")["files_not_read"] == {Path(name).suffix: 1}


def test_a_folder_that_is_called_like_a_file_of_lines_is_looked_into(tmp_path: Path) -> None:
    put(tmp_path / "data/all.ndjson/part-0.ndjson", "\n".join(lines_of(FEW)))
    assert invoke(tmp_path / "data", tmp_path / "out").exit_code == 0
    assert told(tmp_path / "out")["people"] == len(FEW)


def test_the_folder_of_a_run_is_no_source_and_its_facts_are_one(tmp_path: Path) -> None:
    assert invoke(put(tmp_path / "labs.csv", TABLE), tmp_path / "out").exit_code == 0
    refused = invoke(tmp_path / "out", tmp_path / "again")
    assert refused.exit_code == 2
    assert "facts.parquet" in refused.stderr
    assert invoke(tmp_path / "out/facts.parquet", tmp_path / "again").exit_code == 0


# --- What holds nobody, or cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("all.ndjson", "", "It holds no line."),
        ("all.ndjson", "\n\n", "It holds no line."),
        ("all.ndjson", '{"resourceType":"Organization","id":"x"}\n{"res', "None of its 2 lines is of a person: 1 not complete JSON."),
        ("all.ndjson", '{"resourceType":"Organization","id":"x"}', "None of its 1 lines is of a person."),
        ("labs.csv", "", "The file is empty."),
        ("labs.csv", HEADINGS, "labs.csv"),
    ],
)  # fmt: skip
def test_a_source_without_people_is_refused_and_the_same_command_begins_anew(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    refused = invoke(put(tmp_path / name, text), tmp_path / "out")
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert name in refused.stderr
    put(tmp_path / name, "\n".join(lines_of(FEW)) if name.endswith("ndjson") else TABLE)
    assert invoke(tmp_path / name, tmp_path / "out").exit_code == 0


def test_a_table_beyond_the_limit_is_told_by_its_name_with_what_helps_those_who_have_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobalens.intake.tables.MAX_BYTES", 60)
    source = tmp_path / "labs.csv.gz"
    source.write_bytes(gzip.compress(TABLE.encode()))
    refused = invoke(source, tmp_path / "out")
    assert refused.exit_code == 2
    assert "labs.csv.gz: The file has" in refused.stderr
    assert "several files" in refused.stderr
    assert "cohort run" not in refused.stderr
    assert not list((tmp_path / "out").iterdir())


def test_a_mapping_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    refused = invoke(put(tmp_path / "labs.csv", TABLE), tmp_path / "out", "--mapping", "nosuch.toml")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("cobalens: nosuch.toml: There is no such file")


def test_a_source_that_may_not_be_read_is_no_trouble_of_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = put(tmp_path / "labs.csv", TABLE), tmp_path / "out"

    def closed(place: Path) -> Any:
        def of(*_: Any, **__: Any) -> None:
            raise PermissionError(13, "Permission denied", str(place))

        return of

    monkeypatch.setattr(cohort_sources, "begun", closed(source))
    refused = invoke(source, out)
    assert "labs.csv: The file cannot be opened." in refused.stderr
    for place in (out / "gathered.json", out, tmp_path):
        monkeypatch.setattr(cohort_sources, "begun", closed(place))
        assert "The output cannot be written there." in invoke(source, out).stderr


# --- What is said ---------------------------------------------------------------------------------------------------


def test_a_summary_counts_people_and_days_apart(tmp_path: Path) -> None:
    source = put(tmp_path / "labs.csv", TABLE)
    said = invoke(source, tmp_path / "each", "--index", "each-result").stdout
    assert said.startswith(
        "People in the source: 2; judged: 1, on 2 days of decision in all.\n  1 not judged: "
    )
    said = invoke(source, tmp_path / "latest").stdout
    assert said.startswith("People in the source: 2; judged: 1.\n")


def test_whoever_has_no_b12_at_all_is_told_how_to_judge_everybody(tmp_path: Path) -> None:
    source = put(tmp_path / "labs.csv", TABLE.replace("Vitamin B12", "MCH").replace("pg/mL", "pg"))
    assert "a date judges everybody" in invoke(source, tmp_path / "latest").stdout
    said = invoke(source, tmp_path / "date", "--index", "2026-03-01").stdout
    assert "a date judges everybody" not in said
    assert told(tmp_path / "date")["people_judged"] == 2


def test_whoever_stops_a_run_is_told_that_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = put(tmp_path / "labs.csv", TABLE)

    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(cohort_sources, "together", stopped)
        assert "--resume" in invoke(source, tmp_path / "out").stderr
    assert invoke(source, tmp_path / "out", "--resume").exit_code == 0


def test_a_report_tells_who_was_not_judged_and_what_was_not_read(tmp_path: Path) -> None:
    source = tmp_path / "data"
    put(source / "labs.csv", TABLE)
    put(source / "notes.bz2", "x")
    (source / "more.csv.gz").write_bytes(gzip.compress(TABLE.encode())[:-9])
    assert invoke(source, tmp_path / "out").exit_code == 0
    done = CliRunner().invoke(main, ["cohort", "report", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out/report.html").read_text()
    for words in (
        "not judged: no dated result to be judged",
        "nothing of them was read: 1",
        "beside the files that were read: 1 .bz2",
    ):
        assert words in page
    assert "more.csv" not in page


def test_a_report_of_lines_counts_them_beside_the_people_and_a_shared_copy_does_not(tmp_path: Path) -> None:
    lines = lines_of(FEW)
    put(tmp_path / "export/all.ndjson", "\n".join(lines))
    assert invoke(tmp_path / "export", tmp_path / "out").exit_code == 0
    for share in ([], ["--share"]):
        done = CliRunner().invoke(main, ["cohort", "report", str(tmp_path / "out"), *share])
        assert done.exit_code == 0, done.output
    assert f"lines read</th><td>{len(lines):,}" in (tmp_path / "out/report.html").read_text()
    shared = (tmp_path / "out/report-shared.html").read_text()
    assert "rows read</th>" in shared
    assert "lines read</th>" not in shared


def test_a_report_counts_those_who_are_not_judged_among_all(tmp_path: Path) -> None:
    ran = msgspec.json.decode(
        b'{"cobalens":"","ruleset":"","pack":"","packs":[],"engine":"","source":"","parts":1,"status":"done","read":5,"used":4,'
        b'"set_aside":{"no person":1},"people_aside":{"empty_input":2,"x":3}}',
        type=Ran,
    )
    found = whole(ran)
    assert found.set_aside == {"no person": 1, "not judged: empty input": 2, "not judged: x": 3}
    assert (found.read, found.used, found.status) == (10, 4, "done")
    assert found.read == found.used + sum(found.set_aside.values())


# --- Nothing of a patient -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        ("set aside: Creatinine of 8.84 umol/L lies outside anything", "set aside: Creatinine of … umol/L lies outside anything"),
        ("Total vitamin B12 of 1,775.06-1,800 pmol/L", "Total vitamin B12 of … pmol/L"),
        ("Ferritin of <-3 ug/L", "Ferritin of … ug/L"),
        ("Platelets of 3E+9 10*9/L", "Platelets of … 10*9/L"),
        ("Platelets of 3E+9 ×10⁹/L", "Platelets of … ×10⁹/L"),
        ("eGFR of 31 mL/min/1.73m2", "eGFR of … mL/min/1.73m2"),
        ('the unit "Mrs Canary" is not known', "the unit … is not known"),
        ('the unit "Mrs Can', "the unit …"),
        ("25-OH vitamin D and B12, in 10^9/L", "25-OH vitamin D and B12, in 10^9/L"),
        ("taken 2026-01-05, pressure 120/80", "taken …, pressure …"),
        ("clearance of 41 mL/min/1.73_m2", "clearance of … mL/min/1.73_m2"),
        ("1,25-dihydroxyvitamin D", "1,25-dihydroxyvitamin D"),
        ("understood: headings", "understood: headings"),
    ],
)  # fmt: skip
def test_a_reason_holds_no_number_and_no_words_of_the_record(reason: str, left: str) -> None:
    assert discreet(reason) == left


def test_no_value_of_anybody_stands_in_the_account_of_a_run(tmp_path: Path) -> None:
    rows = "".join(f"p{n},Vitamin B12,{98765400 + n}.5,pg/mL,2026-01-05\n" for n in range(9))
    rows += "p1,Ferritin,50,Mrs Canary,2026-01-05\n"
    source = put(tmp_path / "labs.csv", HEADINGS + rows)
    run = invoke(source, tmp_path / "out", "--index", "2026-02-01")
    assert run.exit_code == 0
    # One reason, however many values.
    assert [n for reason, n in told(tmp_path / "out")["gathered"].items() if "lies outside" in reason] == [9]
    for text in (
        run.output,
        *((tmp_path / "out" / name).read_text() for name in ("run.json", "quarantine.ndjson")),
    ):
        assert "987654" not in text
        assert "Canary" not in text
    shutil.rmtree(tmp_path / "out")


def test_a_refusal_of_a_file_says_what_it_said_but_for_the_place() -> None:
    error = CobalensError("strange", "input[3]", "It is strange.", "Perhaps.", "Look.")
    found = refusals.of_file(error, "labs.csv")
    assert found.as_dict() == {**error.as_dict(), "where": "labs.csv[3]"}
