"""The command line: formats, errors that teach, exit codes, ids, and output that is plain where nobody looks at a screen."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import cobalens
from cobalens.api import load
from cobalens.report.pages import clinician_page, patient_page
from cobalens.report.text import plain
from cobalens.serve.cli import main
from cobalens.serve.terminal import draw, draw_tree, plain_tree

EXAMPLE = Path(cobalens.__file__).parent / "examples" / "published-case.json"
GOLDEN = Path(__file__).parent / "demo.txt"
CASE = {
    "patient": {"age": 67, "sex": "female"},
    "facts": {
        "labs": [{"analyte": "vitamin_b12", "value": 150, "unit": "ng/L", "day": 0}],
        "symptoms": ["numb feet"],
    },
}
ESCAPE = "\x1b"


def cobalens_says(*arguments: str, stdin: str | None = None, columns: int = 80) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, env={"COLUMNS": str(columns)})


def written(path: Path, case: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(case if isinstance(case, str) else json.dumps(case), encoding="utf-8")
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path / "in" / "a.json", CASE)
    written(tmp_path / "in" / "ward" / "b.json", {**CASE, "id": "Bed 7"})
    written(tmp_path / "in" / "ward" / "c.json", {**CASE, "id": "Bed 7"})
    written(tmp_path / "in" / "broken.json", '{"patient": {"age": 5')
    return tmp_path / "in"


# --- One person -----------------------------------------------------------------------------------------------------


def test_one_person_is_told_in_text(tmp_path: Path) -> None:
    said = cobalens_says("interpret", written(tmp_path / "p.json", CASE))
    assert said.exit_code == 0
    assert said.stdout.startswith("Answer\n- A deficiency needing replacement")
    assert ESCAPE not in said.stdout


def test_json_on_request(tmp_path: Path) -> None:
    said = cobalens_says("interpret", written(tmp_path / "p.json", CASE), "--format", "json")
    data = json.loads(said.stdout)
    assert data["answer"] == "deficiency"
    assert data["id"] == "p.json"
    assert data["as_of"] is None


def test_the_patient_is_told_in_plain_words(tmp_path: Path) -> None:
    said = cobalens_says("interpret", written(tmp_path / "p.json", CASE), "--audience", "patient")
    assert said.stdout.startswith("What your results suggest")


def test_a_file_is_written_on_request(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "answer.json"
    said = cobalens_says("interpret", str(EXAMPLE), "--format", "json", "--out", str(out))
    assert (said.exit_code, said.stdout) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))["id"] == "published-case"


def test_dated_input_is_judged_on_the_day_given_and_prints_it(tmp_path: Path) -> None:
    lab = {"analyte": "vitamin_b12", "value": 150, "unit": "ng/L", "date": "2026-10-02"}
    path = written(tmp_path / "p.json", {"patient": {"age": 67}, "facts": {"labs": [lab]}})
    given = json.loads(cobalens_says("interpret", path, "--format", "json", "--as-of", "2026-10-05").stdout)
    assert given["as_of"] == "2026-10-05"
    today = json.loads(cobalens_says("interpret", path, "--format", "json").stdout)
    assert len(today["as_of"]) == 10


def test_a_list_declared_complete_turns_silence_into_no(tmp_path: Path) -> None:
    path = written(tmp_path / "p.json", CASE)

    def status(*more: str) -> str:
        data = json.loads(cobalens_says("interpret", path, "--format", "json", *more).stdout)
        return str(next(f["status"] for f in data["findings"] if f["code"] == "cause:metformin"))

    assert status() == "not_looked_for"
    assert status("--complete", "medications,conditions") == "not_supported"


def test_how_the_input_was_read_on_request(tmp_path: Path) -> None:
    said = cobalens_says("interpret", written(tmp_path / "p.json", CASE), "--show-reading")
    assert "How the input was read" in said.stdout
    assert "numb feet" in said.stdout


# --- Several --------------------------------------------------------------------------------------------------------


def test_a_folder_gives_one_line_for_each_with_ids_and_errors(folder: Path) -> None:
    said = cobalens_says("interpret", str(folder))
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["a.json", "broken.json", "Bed 7", "Bed 7~2"]
    assert set(lines[1]["error"]) == {"code", "where", "problem", "likely", "next"}
    assert any(note["code"] == "data_quality:duplicate_id" for note in lines[3]["data_quality"])
    assert said.stderr.splitlines() == [
        "with an id that was met before, judged apart: 1",
        "3 interpreted, 1 could not be read",
    ]
    assert said.exit_code == 0


def test_strict_fails_when_any_person_could_not_be_read(folder: Path) -> None:
    assert cobalens_says("interpret", str(folder), "--strict").exit_code == 1


def test_no_record_at_all_is_a_failure(tmp_path: Path) -> None:
    broken = [written(tmp_path / name, "{") for name in ("a.json", "b.json")]
    assert cobalens_says("interpret", *broken).exit_code == 1


def test_json_for_several_is_one_list(folder: Path) -> None:
    data = json.loads(cobalens_says("interpret", str(folder), "--format", "json").stdout)
    assert len(data) == 4


def test_texts_of_several_are_numbered_files_with_a_map(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cobalens_says("interpret", str(folder), "--format", "text", "--out", str(out)).exit_code == 0
    names = json.loads((out / "map.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in out.iterdir()) == sorted([*names, "map.json"])
    assert not any("Bed" in name for name in names)
    assert names["0003.txt"] == "Bed 7"


def test_standard_input_takes_one_case_or_one_a_line() -> None:
    one = cobalens_says("interpret", "-", "--format", "json", stdin=json.dumps(CASE, indent=1))
    assert json.loads(one.stdout)["id"] == "stdin#1"
    many = cobalens_says("interpret", "-", stdin=f"{json.dumps(CASE)}\n{json.dumps(CASE)}\n")
    assert [json.loads(line)["id"] for line in many.stdout.splitlines()] == ["stdin#1", "stdin#2"]


# --- Refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["interpret", "nowhere.json"], ["nowhere.json", "no such file", "Check the path"]),
        (["interpret", str(EXAMPLE), "--pack", "nice-ng329"], ['Did you mean "nice-ng239"?']),
        (["interpret", str(EXAMPLE), "--language", "fr"], ["no text in the language"]),
        (["explain", str(EXAMPLE), "--finding", "cause:metfornin"], ['Did you mean "cause:metformin"?']),
        (["interpret"], ["Missing argument"]),
        (["interpret", str(EXAMPLE), "--format", "papyrus"], ["papyrus"]),
    ],
)
def test_a_refusal_says_what_and_what_next(arguments: list[str], words: list[str]) -> None:
    said = cobalens_says(*arguments)
    assert said.exit_code == 2
    assert said.stdout == ""
    for word in words:
        assert word in said.stderr


def test_an_amount_of_memory_is_checked_before_anything_is_begun(tmp_path: Path) -> None:
    said = cobalens_says("cohort", "run", "nhanes", "--out", str(tmp_path / "out"), "--memory", "lots")
    assert said.exit_code == 2
    assert "4GB" in said.stderr
    assert not (tmp_path / "out").exists()


def test_one_broken_file_is_refused_by_name_without_its_content(tmp_path: Path) -> None:
    said = cobalens_says(
        "interpret", written(tmp_path / "p.json", '{"patient": {"age": 71, "name": "Jane Roe"')
    )
    assert said.exit_code == 2
    assert "p.json" in said.stderr
    assert "Jane" not in said.stderr
    assert "71" not in said.stderr


# --- The other commands ---------------------------------------------------------------------------------------------


def test_version_and_help_teach() -> None:
    assert cobalens_says("--version").stdout.strip() == f"cobalens {cobalens.__version__}"
    assert "cobalens demo" in cobalens_says("--help").stdout
    for command in ("interpret", "explain"):
        assert "Examples:" in cobalens_says(command, "--help").stdout


@pytest.mark.parametrize("group", [(), ("cohort",)])
def test_what_a_command_does_is_said_in_a_line_that_is_not_cut(group: tuple[str, ...]) -> None:
    told = cobalens_says(*group, "--help").stdout.partition("Commands:\n")[2]
    assert told
    assert "..." not in told


def test_packs_are_listed() -> None:
    said = cobalens_says("packs")
    assert "nice-ng239" in said.stdout
    assert "American Family Physician" in said.stdout


def test_an_explanation_reaches_value_limit_and_source() -> None:
    said = cobalens_says("explain", str(EXAMPLE), "--finding", "deficiency", columns=120)
    for words in ("98 pmol/L", "labs[0]", "limit low: 133 pmol/L", "NICE NG239 (2024)", "[N4]", "secondary"):
        assert words in said.stdout


def demo() -> str:
    return cobalens_says("demo", columns=100).stdout


def test_the_demonstration_answers_first_and_ends_with_what_to_try() -> None:
    text = demo()
    assert (
        text.index("A published case")
        < text.index("\nAnswer\n")
        < text.index("\nWhy\n")
        < text.index("Try next")
    )
    assert "interpret" in text.splitlines()[-1]


def test_the_demonstration_says_what_it_said_before() -> None:
    """Where a change of the knowledge is meant: delete demo.txt, run this test once, and read the difference."""
    stable = demo()[: demo().index("Try next")].rstrip() + "\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(stable, encoding="utf-8")
    assert stable == GOLDEN.read_text(encoding="utf-8")


# --- Pages at several widths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("page", [clinician_page, patient_page])
def test_pages_fit_the_screen(columns: int, page: Any) -> None:
    case, said = load().judged(EXAMPLE)
    sections = page(case, said)
    screen = Console(width=columns, file=StringIO(), force_terminal=True, highlight=False)
    draw(sections, screen)
    assert isinstance(screen.file, StringIO)
    shown = screen.file.getvalue()
    assert ESCAPE in shown
    for text in (strip(shown), plain(sections, columns)):
        assert max(len(line) for line in text.splitlines()) <= columns
        for section in sections:
            assert section.heading in text


@pytest.mark.parametrize("columns", [80, 120])
def test_explanations_fit_the_screen(columns: int) -> None:
    nodes = cobalens.explain(EXAMPLE, "deficiency")
    screen = Console(width=columns, file=StringIO(), force_terminal=True, highlight=False)
    draw_tree(nodes, screen)
    assert isinstance(screen.file, StringIO)
    assert max(len(line) for line in strip(screen.file.getvalue()).splitlines()) <= columns
    assert max(len(line) for line in plain_tree(nodes, columns).splitlines()) <= columns


def strip(text: str) -> str:
    """The text without its colours."""
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    from cobalens.serve import terminal

    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdout", Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.has_screen()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.has_screen()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not terminal.has_screen()


def test_importing_the_library_reads_no_knowledge() -> None:
    import subprocess
    import sys

    code = "import sys, cobalens; print(any(m.startswith(('cobalens.intake', 'cobalens.compiler')) for m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "False"


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), found


def test_every_example_in_the_help_can_be_typed() -> None:
    packs, seen = load().ruleset.packs, 0
    for path, command in commands(main):
        known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        for line in (command.help or "").splitlines():
            if f"cobalens {' '.join(path)}" in line:
                seen += 1
                assert set(re.findall(r"--[a-z-]+", line)) <= known, line
                assert set(re.findall(r"--pack (\S+)", line)) <= set(packs), line
    assert seen > 30
