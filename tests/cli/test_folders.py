"""What is read: folders as they come from other systems, slips on the command line, and one person where one is asked for."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from cobalens.api import load
from cobalens.report.pages import clinician_page
from cobalens.report.reading import reading_section
from cobalens.serve.cli import main
from cobalens.serve.inputs import Place, inputs, places, read
from cobalens.serve.terminal import draw, draw_tree
from tests.cli.test_cli import CASE, cobalens_says, written
from tests.records.hl7v2.messages import B12, message

FOLDER = {
    "case.json": json.dumps(CASE),
    "ward/CASE.JSON": json.dumps(CASE),
    "result.er7": message(B12).decode(),
    "noending": message(B12).decode(),
    "README.md": "Results of the ward. B12 is 150.",
    "picture.png": "\x89PNG",
    ".hidden/case.json": json.dumps(CASE),
    "._case.json": "rubbish",
    "~$case.xlsx": "rubbish",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FOLDER.items():
        written(tmp_path / "in" / name, content)
    return tmp_path / "in"


def test_a_folder_is_read_by_content_and_what_is_left_out_is_counted_by_its_kind(folder: Path) -> None:
    found = places([str(folder)])
    assert [one.id for one in found.found] == ["case.json", "noending", "result.er7", "ward/CASE.JSON"]
    assert found.left_out == {".md": 1, ".png": 1, "hidden": 3}
    said = cobalens_says("interpret", str(folder))
    assert "4 interpreted, 0 could not be read" in said.stderr
    assert "left out of the folder, by the kind of file: .md 1, .png 1, hidden 3" in said.stderr
    assert "README" not in said.stderr


def test_the_ending_of_a_name_is_never_told_where_it_may_be_that_of_a_person(folder: Path) -> None:
    for name in ("letter to J. Quetzal", "scan.Quetzal-Okonkwo", "Quetzal"):
        written(folder / name, "Seen today.")
    said = cobalens_says("interpret", str(folder / "ward"), str(folder))
    assert "no ending 1, other endings 2" in said.stderr
    assert "uetzal" not in said.stderr


def test_nothing_is_said_of_what_is_left_out_where_nothing_is(folder: Path) -> None:
    assert "left out" not in cobalens_says("interpret", str(folder / "ward")).stderr


def test_a_folder_behind_a_link_is_read_once_and_a_circle_ends(folder: Path, tmp_path: Path) -> None:
    written(tmp_path / "elsewhere" / "b.json", CASE)
    (folder / "ward" / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "ward" / "back").symlink_to(folder)
    ids = [one.id for one in places([str(folder)]).found]
    assert ids == ["case.json", "noending", "result.er7", "ward/CASE.JSON", "ward/linked/b.json"]


def test_a_folder_beside_a_link_to_it_is_read_once_under_its_own_name(folder: Path) -> None:
    (folder / "a-link").symlink_to(folder / "ward")
    (folder / "z-link").symlink_to(folder / "ward")
    ids = [one.id for one in places([str(folder)]).found]
    assert ids == ["case.json", "noending", "result.er7", "ward/CASE.JSON"]


def test_a_folder_of_which_the_names_alone_may_be_seen_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "ward" / "inner").mkdir()
    stat = Path.stat

    def closed(path: Path, **how: bool) -> os.stat_result:
        if (folder / "ward") in path.parents:
            raise PermissionError(13, "no", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", closed)
    found = places([str(folder)]).found
    assert {one.id: one.error.code for one in found if one.error} == dict.fromkeys(
        ("ward", "ward/inner"), "cannot_be_opened"
    )
    assert [one.id for one in found if one.files] == ["case.json", "noending", "result.er7"]


def test_a_folder_that_cannot_be_looked_into_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ward, scandir = str(folder / "ward"), os.scandir

    def closed(path: str) -> object:
        if str(path) == ward:
            raise PermissionError(13, "no", ward)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    told = {one.id: one.error.code for one in places([str(folder)]).found if one.error}
    assert told == {"ward": "cannot_be_opened"}


@pytest.mark.parametrize("kind", [PermissionError, FileNotFoundError])
def test_a_file_that_cannot_be_opened_is_told_and_the_rest_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: type[OSError]
) -> None:
    opened = Path.open

    def closed(path: Path, *arguments: object, **more: object) -> object:
        if path.name == "case.json" and path.parent == folder:
            raise kind(1, "no")
        return opened(path, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", closed)
    said = cobalens_says("interpret", str(folder), "--strict")
    assert said.exit_code == 1
    first = json.loads(said.stdout.splitlines()[0])
    assert (first["id"], first["error"]["code"]) == ("case.json", "cannot_be_opened")
    assert "3 interpreted, 1 could not be read" in said.stderr


def test_a_pipe_is_read_no_further_than_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cobalens.serve.inputs.MAX_BYTES", 100)
    for size, code in ((100, ""), (101, "file_too_large")):
        path = tmp_path / "x.json"
        path.write_bytes(b" " * size)
        (one,) = read(Place("x.json", (path,)))
        assert (one.content.code if not isinstance(one.content, bytes) else "") == code


def test_a_folder_that_holds_nothing_to_read_says_what_would_be(tmp_path: Path) -> None:
    said = cobalens_says("interpret", str(tmp_path))
    assert said.exit_code == 2
    for ending in (".json", ".hl7", ".csv", ".pdf"):
        assert ending in said.stderr


@pytest.mark.parametrize("command", [("interpret",), ("explain",), ("what-if", "--set", "mma=1umol/L")])
def test_an_empty_name_is_not_this_folder(command: tuple[str, ...]) -> None:
    said = cobalens_says(command[0], "", *command[1:])
    assert said.exit_code == 2
    assert "name of a file is empty" in said.stderr


def test_standard_input_is_read_once() -> None:
    case = json.dumps(CASE)
    both = cobalens_says("compare", "-", "-", stdin=case)
    assert both.exit_code == 2
    assert "named twice, and can be read once" in both.stderr
    said = cobalens_says("interpret", "-", "-", stdin=case)
    told = [json.loads(line) for line in said.stdout.splitlines()]
    assert [one.get("error", {}).get("code") for one in told] == [None, "input_named_twice"]


def test_a_name_that_no_file_can_have_is_no_file() -> None:
    assert cobalens_says("interpret", "x" * 5000).exit_code == 2
    assert [one.content.code for one in inputs(["x" * 5000]) if not isinstance(one.content, bytes)] == [
        "no_such_file"
    ]


def test_lists_without_end_are_refused(tmp_path: Path) -> None:
    said = cobalens_says("interpret", written(tmp_path / "deep.json", "[" * 100_000))
    assert said.exit_code == 2
    assert "nested" in said.stderr


TABLE = """id,date,test,value,unit
1,2026-03-01,Vitamin B12,150,ng/L
1,2026-03-01,MCV,104,fL
2,2026-03-01,Vitamin B12,160,ng/L
,2026-03-01,Vitamin B12,170,ng/L
"""


def test_what_was_set_aside_is_counted_and_where_to_look_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", TABLE)
    said = cobalens_says("interpret", path, "--as-of", "2026-03-02")
    assert said.stderr.splitlines() == [
        "pieces of the input set aside: 1; --show-reading says which, and why",
        "2 interpreted, 0 could not be read",
    ]
    shown = cobalens_says("interpret", path, "--as-of", "2026-03-02", "--show-reading")
    assert "set aside" not in shown.stderr
    assert "names no person" in shown.stdout


def test_nobody_is_told_of_what_was_not_set_aside(tmp_path: Path) -> None:
    assert cobalens_says("interpret", written(tmp_path / "a.json", CASE)).stderr == ""


@pytest.mark.parametrize("own", ["p2", 7, "x" * 300])
def test_a_case_that_is_refused_keeps_its_own_id(tmp_path: Path, own: str | int) -> None:
    broken = {**CASE, "id": own, "patient": {"age": -5}}
    paths = [written(tmp_path / "a.json", {**CASE, "id": own}), written(tmp_path / "b.json", broken)]
    first, second = (json.loads(line) for line in cobalens_says("interpret", *paths).stdout.splitlines())
    assert set(second) == {"id", "error"}
    assert (first["id"], second["id"]) == (str(own)[:200], f"{str(own)[:200]}~2")
    alone = cobalens_says("interpret", paths[1])
    assert "cobalens: b.json, " in alone.stderr


@pytest.mark.parametrize("own", [None, "", [1], {"a": 1}])
def test_without_an_id_of_its_own_it_is_called_by_its_file(tmp_path: Path, own: object) -> None:
    path = written(tmp_path / "b.json", {**CASE, "id": own, "patient": {"age": -5}})
    said = cobalens_says("interpret", path, path)
    assert [json.loads(line)["id"] for line in said.stdout.splitlines()] == ["b.json", "b.json~2"]


def test_people_without_an_id_are_called_by_their_file_and_their_place_in_it(tmp_path: Path) -> None:
    nameless = message(B12, patient="PID|1||||Roe^Jane||19590101|F").decode()
    path = written(tmp_path / "in" / "two.hl7", f"{nameless}\r{nameless.replace('|195|', '|150|')}")
    for name in (path, str(tmp_path / "in")):
        lines = cobalens_says("interpret", name, "--format", "ndjson").stdout.splitlines()
        assert all(json.loads(line)["id"].startswith("two.hl7") for line in lines), lines


def test_two_files_about_one_person_are_judged_apart_and_counted(tmp_path: Path) -> None:
    for name in ("a.hl7", "b.hl7"):
        written(tmp_path / "in" / name, message(B12).decode())
    said = cobalens_says("interpret", str(tmp_path / "in"))
    first, second = (json.loads(line) for line in said.stdout.splitlines())
    assert second["id"] == f"{first['id']}~2"
    assert [note["code"] for note in second["data_quality"]].count("data_quality:duplicate_id") == 1
    assert "with an id that was met before, judged apart: 1" in said.stderr


# --- One person where one is asked for ------------------------------------------------------------------------------


@pytest.mark.parametrize("several", ["lines", "list", "folder"])
@pytest.mark.parametrize(
    "command",
    [
        ("explain", "{0}"),
        ("what-if", "{0}", "--set", "mma=0.55umol/L"),
        ("compare", "{0}", "{1}"),
        ("compare", "{1}", "{0}"),
    ],
)
def test_the_first_of_several_is_never_taken_in_silence(
    tmp_path: Path, several: str, command: tuple[str, ...]
) -> None:
    text = json.dumps(CASE)
    one = written(tmp_path / "one.json", CASE)
    many = tmp_path / "many"
    if several == "folder":
        for name in ("a.json", "b.json"):
            written(many / name, CASE)
    else:
        written(many, f"[{text},{text}]" if several == "list" else f"{text}\n{text}\n")
    said = cobalens_says(*(part.format(many, one) for part in command))
    assert said.exit_code == 2
    assert said.stdout == ""
    assert "many: The input holds records of more than one person." in said.stderr


def test_a_list_of_one_and_a_folder_of_one_are_one_person(tmp_path: Path) -> None:
    listed = written(tmp_path / "in" / "one.json", f"[{json.dumps(CASE)}]")
    for name in (listed, str(tmp_path / "in")):
        assert cobalens_says("explain", name, "--finding", "deficiency").exit_code == 0


# --- Slips in the options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["", "today", "2026-10", "02/10/2026", "2026-02-30", "31.31.2026"])
@pytest.mark.parametrize(
    "command",
    [
        ("interpret", "{0}", "{0}"),
        ("explain", "{0}"),
        ("what-if", "{0}", "--set", "mma=0.55umol/L"),
        ("compare", "{0}", "{0}"),
    ],
)
def test_a_day_that_is_none_refuses_the_command_and_not_each_person(
    tmp_path: Path, command: tuple[str, ...], day: str
) -> None:
    path = written(tmp_path / "a.json", CASE)
    said = cobalens_says(*(part.format(path) for part in command), "--as-of", day)
    assert (said.exit_code, said.stdout) == (2, "")
    assert "--as-of: That is no day of decision." in said.stderr


def test_a_list_that_is_none_refuses_the_command(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", CASE)
    said = cobalens_says("interpret", path, path, "--complete", "conditions,medikations")
    assert (said.exit_code, said.stdout) == (2, "")
    assert 'Did you mean "medications"?' in said.stderr
    assert cobalens_says("interpret", path, "--complete", " conditions , medications,").exit_code == 0


def test_a_pack_that_is_none_refuses_the_proof() -> None:
    said = cobalens_says("prove", "--pack", "nice-ng329")
    assert (said.exit_code, said.stdout) == (2, "")
    assert 'Did you mean "nice-ng239"?' in said.stderr


# --- A folder is several, however many files it holds -----------------------------------------------------------------


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    written(tmp_path / "ward" / "a.json", CASE)
    return tmp_path / "ward"


def test_a_program_gets_a_line_or_a_list_from_a_folder_of_one(ward: Path) -> None:
    (line,) = cobalens_says("interpret", str(ward)).stdout.splitlines()
    (listed,) = json.loads(cobalens_says("interpret", str(ward), "--format", "json").stdout)
    assert json.loads(line) == listed
    (bundle,) = cobalens_says("interpret", str(ward), "--format", "fhir").stdout.splitlines()
    assert json.loads(bundle)["resourceType"] == "Bundle"


def test_pages_of_a_folder_of_one_are_files_of_a_folder(ward: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name, pages in (("a.json", ["0001.txt"]), ("b.json", ["0001.txt", "0002.error.json"])):
        if name == "b.json":
            written(ward / name, "{")
        assert cobalens_says("interpret", str(ward), "--format", "text", "--out", str(out)).exit_code == 0
        assert sorted(path.name for path in out.iterdir()) == [*pages, "map.json"]


def test_a_folder_of_one_that_cannot_be_read_is_a_record_and_a_failure(ward: Path) -> None:
    written(ward / "a.json", "{")
    said = cobalens_says("interpret", str(ward))
    assert said.exit_code == 1
    assert json.loads(said.stdout)["error"]["code"] == "broken_syntax"


def test_on_a_terminal_one_person_is_shown_as_a_page(ward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cobalens.serve.batch.piped", lambda _: False)
    assert cobalens_says("interpret", str(ward)).stdout.startswith("Answer\n")


# --- Several in one file ------------------------------------------------------------------------------------------------

LINE = json.dumps(CASE)
PRETTY = json.dumps(CASE, indent=1)
BOM = "\ufeff"


def said_of(content: str | bytes) -> list[tuple[str, str]]:
    """Each id with the answer, or with the code of the refusal."""
    done = CliRunner().invoke(main, ["interpret", "-", "--format", "ndjson"], input=content)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [(one["id"], one["answer"] if "answer" in one else one["error"]["code"]) for one in told]


@pytest.mark.parametrize("mark", ["", BOM])
@pytest.mark.parametrize("content", [f"{LINE}\n{LINE}", f"{LINE}\r\n\r\n{LINE}\r\n", f"[{LINE},\n{PRETTY}]"])
def test_lines_and_lists_are_several_also_behind_a_mark_of_the_order_of_bytes(
    mark: str, content: str
) -> None:
    assert said_of(f"{mark}{content}") == [("stdin#1", "deficiency"), ("stdin#2", "deficiency")]


@pytest.mark.parametrize("broken", ['{"patient":', "rubbish", "B12 150 ng/L", "{", "[1]"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_broken_line_costs_the_person_in_it_and_nobody_else(broken: str, place: int) -> None:
    lines = [LINE, LINE]
    lines.insert(place, broken)
    wanted = [(f"stdin#{number}", "deficiency") for number in (1, 2, 3)]
    wanted[place] = (f"stdin#{place + 1}", "broken_syntax")
    assert said_of("\n".join(lines)) == wanted


@pytest.mark.parametrize("content", [LINE, PRETTY, f"\n\n{PRETTY}\n", f"{BOM}{PRETTY}"])
def test_one_object_is_one_person_over_however_many_lines(content: str) -> None:
    assert said_of(content) == [("stdin#1", "deficiency")]


def test_one_object_that_is_cut_off_is_one_refusal_however_many_of_its_lines_are_whole() -> None:
    lab = json.dumps(CASE["facts"]["labs"][0])  # type: ignore[index]
    assert said_of(f'{{"patient": {{}}, "facts": {{"labs": [\n{lab},\n{lab}\n') == [
        ("stdin#1", "broken_syntax")
    ]


def test_a_broken_first_line_does_not_part_the_records_of_one_person(tmp_path: Path) -> None:
    patient = json.dumps(
        {"resourceType": "Patient", "id": "a", "gender": "female", "birthDate": "1959-05-01"}
    )
    coded = {"coding": [{"system": "http://loinc.org", "code": "2132-9"}]}
    result = json.dumps(
        {
            "resourceType": "Observation", "id": "b", "status": "final", "code": coded, "subject": {"reference": "Patient/a"},
            "effectiveDateTime": "2026-03-01", "valueQuantity": {"value": 150, "unit": "ng/L"},
        }
    )  # fmt: skip
    for lines in ((patient, result), ("rubbish", patient, result), (patient, "rubbish", result)):
        path = written(tmp_path / "in.ndjson", "\n".join(lines))
        said = cobalens_says("interpret", path, "--format", "ndjson", "--as-of", "2026-03-02")
        (one,) = (json.loads(line) for line in said.stdout.splitlines())
        assert (one["id"], one["deficiency"]) == ("a", "probable")
        assert ("set aside: 1" in said.stderr) == ("rubbish" in lines)


def test_standard_input_beyond_the_limit_is_refused_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cobalens.serve.inputs.MAX_BYTES", 2 * len(LINE))
    assert said_of(f"{LINE}\n{LINE}\n") == [("stdin", "file_too_large")]
    assert len(said_of(f"{LINE}\n")) == 1


# --- Words of a record are shown and not obeyed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [("interpret", "--show-reading"), ("interpret", "--audience", "patient"), ("explain",)]
)
@pytest.mark.parametrize("several", [False, True])
def test_a_terminal_obeys_no_record(tmp_path: Path, command: tuple[str, ...], several: bool) -> None:
    case = {**CASE, "id": "x\x1b[2Jy\u202e"}
    case["facts"] = {**CASE["facts"], "symptoms": ["zorb\x1b[31mflim\x07", "numb\x9b31m feet"]}
    path = written(tmp_path / "a.json", case)
    files = [path, path] if several and command[0] == "interpret" else [path]
    said = (
        cobalens_says(command[0], *files, "--format", "text", *command[1:])
        if command[0] == "interpret"
        else cobalens_says(*command, path)
    )
    assert said.exit_code == 0
    assert not set("\x1b\x07\x9b\u202e") & set(said.stdout)


def test_a_screen_obeys_no_record_either() -> None:
    case = {**CASE, "facts": {**CASE["facts"], "symptoms": ["zorb\x1b[31mflim"]}}
    here, said = load().judged(case, show_reading=True)
    screen = Console(width=100, file=StringIO(), force_terminal=True, highlight=False)
    draw([*clinician_page(here, said), reading_section(here)], screen)
    draw_tree(load().explain(case), screen)
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "zorb[31mflim" in shown
    assert "zorb\x1b" not in shown
