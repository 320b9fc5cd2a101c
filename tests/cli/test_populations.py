"""The report of a whole population in one command with its answers, and where it is told of."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cobalens.serve.cohort.command import INTERRUPTED
from cobalens.serve.cohort.hands import hands
from tests.cli.test_cli import cobalens_says, written

TABLE = "id,date,test,value,unit\n1,2026-03-01,Vitamin B12,150,ng/L\n2,2026-03-01,Vitamin B12,960,ng/L\n"


def test_a_run_makes_its_report_at_once(tmp_path: Path) -> None:
    table, out = written(tmp_path / "t.csv", TABLE), tmp_path / "out"
    said = cobalens_says("cohort", "run", table, "--out", str(out), "--threads", "1")
    assert said.exit_code == 0, said.stderr
    assert {"interpretations.parquet", "run.json", "report.html", "worklists.xlsx"} <= {
        path.name for path in out.iterdir()
    }
    assert str(out / "report.html") in said.stdout


def test_a_run_makes_no_report_where_none_is_wanted(tmp_path: Path) -> None:
    table, out = written(tmp_path / "t.csv", TABLE), tmp_path / "out"
    said = cobalens_says("cohort", "run", table, "--out", str(out), "--threads", "1", "--no-report")
    assert said.exit_code == 0, said.stderr
    assert {path.name for path in out.iterdir()}.isdisjoint({"report.html", "worklists.xlsx"})


def test_of_very_many_people_a_report_is_made_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobalens.serve.cohort.command.REPORTED", 1)
    table = written(tmp_path / "t.csv", TABLE)
    for name, more in (("alone", ()), ("asked", ("--report",))):
        out = tmp_path / name
        said = cobalens_says("cohort", "run", table, "--out", str(out), "--threads", "1", *more)
        assert said.exit_code == 0
        assert (out / "report.html").exists() == bool(more)
        assert (f"cobalens cohort report {out}" in said.stderr) == (not more)


def test_where_no_report_can_be_made_the_answers_are_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobalens.serve.drawing.can_draw", lambda: False)
    table, out = written(tmp_path / "t.csv", TABLE), tmp_path / "out"
    said = cobalens_says("cohort", "run", table, "--out", str(out), "--threads", "1")
    assert said.exit_code == 0
    assert "cobalens[pages]" in said.stderr
    assert (out / "interpretations.parquet").exists()
    assert not (out / "report.html").exists()


def test_where_a_report_is_asked_for_and_cannot_be_made_the_run_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobalens.serve.drawing.can_draw", lambda: False)
    table, out = written(tmp_path / "t.csv", TABLE), tmp_path / "out"
    said = cobalens_says("cohort", "run", table, "--out", str(out), "--report")
    assert said.exit_code == 2
    assert "cobalens[pages]" in said.stderr
    assert not out.exists()


def test_a_stop_while_the_database_is_at_work_is_a_stop_and_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> int:
        raise RuntimeError(INTERRUPTED)

    monkeypatch.setattr("cobalens.serve.cohort.runner.run", interrupted)
    out = tmp_path / "out"
    written(out / "run.json", "{}")
    said = cobalens_says("cohort", "run", written(tmp_path / "t.csv", TABLE), "--out", str(out))
    assert said.exit_code == 130
    assert "--resume goes on" in said.stderr


def test_any_other_fault_is_not_taken_for_a_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> int:
        raise RuntimeError("73519 Quetzalcoatl")

    monkeypatch.setattr("cobalens.serve.cohort.runner.run", broken)
    said = cobalens_says("cohort", "run", written(tmp_path / "t.csv", TABLE), "--out", str(tmp_path / "out"))
    assert said.exit_code == 1
    assert "cobalens: RuntimeError\n" in said.stderr
    assert "fault of its own, and stopped" in said.stderr
    assert "--resume" not in said.stderr
    assert "73519" not in said.stderr


def broken_elsewhere() -> None:
    raise ValueError("73519 Quetzalcoatl")


def test_a_fault_in_a_process_that_reads_is_told_by_its_place_there_and_never_by_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_: object) -> int:
        with hands(2) as begun:
            list(begun.each(broken_elsewhere, [(), ()]))
        return 0

    monkeypatch.setattr("cobalens.serve.cohort.runner.run", run)
    said = cobalens_says("cohort", "run", written(tmp_path / "t.csv", TABLE), "--out", str(tmp_path / "out"))
    assert said.exit_code == 1
    assert "cobalens: ValueError\n" in said.stderr
    assert " broken_elsewhere\n" in said.stderr
    assert "73519" not in said.stderr


@pytest.mark.parametrize("command", ["report", "run"])
def test_what_the_machine_refuses_is_told_by_its_place_and_never_by_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def refused(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied", "/ward/Quetzalcoatl.json")

    monkeypatch.setattr("cobalens.serve.cohort.runner.run", refused)
    monkeypatch.setattr("cobalens.serve.cohort.report.run", refused)
    more = ("--out", str(tmp_path / "out")) if command == "run" else ()
    said = cobalens_says("cohort", command, str(tmp_path), *more)
    assert said.exit_code == 1
    assert "cobalens: PermissionError\n" in said.stderr
    assert "Quetzalcoatl" not in said.stderr + said.stdout


def test_processes_that_do_jobs_end_at_once_and_without_a_word_at_a_stop() -> None:
    code = (
        "import os, signal, subprocess, sys\n"
        "from cobalens.serve.cohort.hands import _begin\n"
        "_begin()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "print('went on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_a_run_that_answers_nobody_says_so_and_is_no_error(tmp_path: Path) -> None:
    unmeasured = written(tmp_path / "t.csv", "patient_id,test,value,unit,date\nA,MCV,108,fL,2026-01-05\n")
    run = ("cohort", "run", unmeasured, "--index", "latest", "--out", str(tmp_path / "out"))
    said = cobalens_says(*run)
    assert said.exit_code == 0
    assert "Nobody was answered" in said.stdout
    assert "report" not in said.stderr
    asked = cobalens_says("cohort", "report", str(tmp_path / "out"))
    assert asked.exit_code == 2
    assert "Nobody was answered in this run, so there is nothing to report." in asked.stderr
